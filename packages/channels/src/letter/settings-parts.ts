import type { RetryPolicy } from '@underlag/invoicing'
import type { LetterCommon } from './adapter.js'
import type { LetterCommonConfig } from './config-parts.js'

/**
 * Eight attempts over about an hour: printers' bad moments are shorter, and well within the time for which a provider
 * remembers an idempotency key (commonly a day).
 */
const RETRY: RetryPolicy = { attempts: 8, firstDelayMs: 30_000, maxDelayMs: 60 * 60_000 }
const TIMEOUT_MS = 120_000

/** The settings every provider has, defaults filled in. */
export const commonSettings = (
  { countries, retry, timeoutMs }: LetterCommonConfig,
  servedByDefault?: ReadonlyArray<string>,
): LetterCommon => {
  const served = countries ?? servedByDefault
  return {
    retry: { ...RETRY, ...retry },
    timeoutMs: timeoutMs ?? TIMEOUT_MS,
    ...(served === undefined ? {} : { countries: served }),
  }
}
