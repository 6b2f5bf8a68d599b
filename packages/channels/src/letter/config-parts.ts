import { Refined, record, text } from '@underlag/kernel'
import { readonlyArray } from 'io-ts'

/** What every provider's section may hold. */
export interface LetterCommonConfig {
  /** Countries letters are sent to, such as `["SE","NO"]`. */
  readonly countries?: ReadonlyArray<string>
  readonly retry?: { readonly attempts?: number; readonly firstDelayMs?: number; readonly maxDelayMs?: number }
  /** Longest time one attempt may take. */
  readonly timeoutMs?: number
}

export const Bool = new Refined('true or false', (u): u is boolean => typeof u === 'boolean')

export const whole = (remedy: string, least: number, most: number): Refined<number> =>
  new Refined(remedy, (u): u is number => Number.isInteger(u) && (u as number) >= least && (u as number) <= most)

/** The codecs of `LetterCommonConfig`. */
export const commonFields = {
  countries: readonlyArray(text('a country as two capital letters (ISO 3166-1)', /^[A-Z]{2}$/)),
  retry: record(
    {},
    {
      attempts: whole('a whole number from 1 to 100', 1, 100),
      firstDelayMs: whole('a whole number of milliseconds', 0, 86_400_000),
      maxDelayMs: whole('a whole number of milliseconds', 0, 86_400_000),
    },
  ),
  timeoutMs: whole('a whole number of milliseconds, 1000 or more', 1_000, 3_600_000),
}
