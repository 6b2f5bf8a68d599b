import type { RateLimit } from '@underlag/invoicing'
import { type ChannelSettings, channelSettings } from '../channel-config.js'
import type { LetterCommonConfig } from './config-parts.js'

/** What the settings of every letter adapter hold. */
export interface LetterCommon extends ChannelSettings {
  /** Countries letters are sent to (ISO 3166-1); absent: all. */
  readonly countries?: ReadonlyArray<string>
}

/**
 * Over half a day: longer than a printer's bad night, time to put a wrong login right, and within the time for which a provider
 * remembers an idempotency key (commonly a day).
 */
const RETRY = { attempts: 20, firstDelayMs: 30_000, maxDelayMs: 60 * 60_000 }
const TIMEOUT_MS = 120_000

/** The settings every provider has, defaults filled in. */
export const commonSettings = (
  config: LetterCommonConfig,
  rate: RateLimit,
  servedByDefault?: ReadonlyArray<string>,
): LetterCommon => {
  const served = config.countries ?? servedByDefault
  return {
    ...channelSettings(config, { retry: RETRY, timeoutMs: TIMEOUT_MS, rate }),
    ...(served === undefined ? {} : { countries: served }),
  }
}
