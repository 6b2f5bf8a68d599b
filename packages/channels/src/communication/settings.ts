import { type ChannelSettings, channelSettings } from '../channel-config.js'
import type { CommunicationConfig } from './config.js'

/** What the channel runs on: every default filled in. Made by `communicationSettings`. */
export interface CommunicationSettings extends ChannelSettings {
  readonly documentsUrl: string
  /** Path of the embedded inbox. */
  readonly inboxFile: string
}

/** An inbox is near: tried often at first, and given up after some two hours. */
const DEFAULTS: ChannelSettings = {
  retry: { attempts: 12, firstDelayMs: 5_000, maxDelayMs: 6 * 60 * 60_000 },
  timeoutMs: 10_000,
  // A file, or a service of the host's own: as many as it takes.
  rate: { atOnce: 8 },
}

/** The settings of a decoded configuration; `besideStore` is the inbox' path where the configuration names none. */
export const communicationSettings = (config: CommunicationConfig, besideStore: string): CommunicationSettings => ({
  ...channelSettings(config, DEFAULTS),
  documentsUrl: config.documentsUrl,
  inboxFile: config.inbox?.file ?? besideStore,
})
