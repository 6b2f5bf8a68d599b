import type { Json, Projection } from '@underlag/kernel'
import { evolveSettings, noSettings, type Settings, type SettingsEvent, settingsCodec } from './settings.js'

const KEY = 'settings'

/** The clinic's settings, one document: `Settings`. */
export const settingsView: Projection = {
  table: { name: 'settings', version: 1 },
  keys: ({ type }) => (settingsCodec.types.includes(type) ? [KEY] : []),
  evolve: (settings, event) =>
    evolveSettings(
      (settings as unknown as Settings | undefined) ?? noSettings,
      event as unknown as SettingsEvent,
    ) as unknown as Json,
  terms: () => [],
}

export const SETTINGS_KEY = KEY
