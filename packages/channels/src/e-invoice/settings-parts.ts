import type { RateLimit } from '@underlag/invoicing'
import { type ChannelConfig, type ChannelSettings, channelSettings } from '../channel-config.js'

/** What the settings of every access point hold. */
export interface EInvoiceCommon extends ChannelSettings {
  /** After a lost answer, when it is asked for again within the attempt: how long each time, in milliseconds. */
  readonly askAgainAfterMs: ReadonlyArray<number>
}

/** Twenty hours at least, forty at most: longer than an access point is down, shorter than terms of payment. */
const RETRY = { attempts: 14, firstDelayMs: 60_000, maxDelayMs: 8 * 60 * 60_000 }
/** Some access points answer when the recipient's has. */
const TIMEOUT_MS = 120_000
/** Not at once: what was under way when the answer was lost shall have come to its end. */
const ASK_AGAIN_AFTER_MS = [5_000, 10_000, 20_000]

export const commonSettings = (config: ChannelConfig, rate: RateLimit): EInvoiceCommon => ({
  ...channelSettings(config, { retry: RETRY, timeoutMs: TIMEOUT_MS, rate }),
  askAgainAfterMs: ASK_AGAIN_AFTER_MS,
})
