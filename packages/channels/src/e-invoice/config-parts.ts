import { Refined, record } from '@underlag/kernel'

/** What every access point's section may hold. */
export interface EInvoiceCommonConfig {
  readonly retry?: { readonly attempts?: number; readonly firstDelayMs?: number; readonly maxDelayMs?: number }
  /** Longest time one attempt may take. Default 120 000: some access points answer when the recipient's has. */
  readonly timeoutMs?: number
}

export const whole = (remedy: string, least: number, most: number): Refined<number> =>
  new Refined(remedy, (u): u is number => Number.isInteger(u) && (u as number) >= least && (u as number) <= most)

/** The codecs of `EInvoiceCommonConfig`. */
export const commonFields = {
  retry: record(
    {},
    {
      attempts: whole('a whole number from 1 to 100', 1, 100),
      firstDelayMs: whole('a whole number of milliseconds', 0, 86_400_000),
      maxDelayMs: whole('a whole number of milliseconds', 0, 604_800_000),
    },
  ),
  timeoutMs: whole('a whole number of milliseconds from 100 to 3 600 000', 100, 3_600_000),
}
