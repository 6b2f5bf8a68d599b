import type { RetryPolicy } from '@underlag/invoicing'
import type { EInvoiceCommonConfig } from './config-parts.js'

/** What the settings of every access point hold. */
export interface EInvoiceCommon {
  readonly retry: RetryPolicy
  /** Longest time one attempt may take, in milliseconds. */
  readonly timeoutMs: number
  /** After a lost answer, when it is asked for again within the attempt: how long each time, in milliseconds. */
  readonly askAgainAfterMs: ReadonlyArray<number>
}

/** Ten attempts over a day and a half: longer than an access point is down, shorter than terms of payment. */
const RETRY: RetryPolicy = { attempts: 10, firstDelayMs: 60_000, maxDelayMs: 8 * 60 * 60_000 }
const TIMEOUT_MS = 120_000
/** Not at once: what was under way when the answer was lost shall have come to its end. */
const ASK_AGAIN_AFTER_MS = [5_000, 10_000, 20_000]

export const commonSettings = ({ retry, timeoutMs }: EInvoiceCommonConfig): EInvoiceCommon => ({
  retry: { ...RETRY, ...retry },
  timeoutMs: timeoutMs ?? TIMEOUT_MS,
  askAgainAfterMs: ASK_AGAIN_AFTER_MS,
})
