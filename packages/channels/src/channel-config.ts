import type { RateLimit, RetryPolicy } from '@underlag/invoicing'
import { Refined, record } from '@underlag/kernel'

/** What every channel's section of the configuration may hold. */
export interface ChannelConfig {
  /** How often one delivery is tried, and how long is waited between. */
  readonly retry?: { readonly attempts?: number; readonly firstDelayMs?: number; readonly maxDelayMs?: number }
  /** Longest time one attempt may take, in milliseconds. */
  readonly timeoutMs?: number
  /** Attempts under way at once, and begun within any minute. */
  readonly rate?: { readonly atOnce?: number; readonly perMinute?: number }
}

export const Bool = new Refined('true or false', (u): u is boolean => typeof u === 'boolean')

export const whole = (remedy: string, least: number, most: number): Refined<number> =>
  new Refined(remedy, (u): u is number => Number.isInteger(u) && (u as number) >= least && (u as number) <= most)

/** The codecs of `ChannelConfig`. */
export const channelFields = {
  retry: record(
    {},
    {
      attempts: whole('a whole number from 1 to 100', 1, 100),
      firstDelayMs: whole('a whole number of milliseconds, at most a day', 0, 86_400_000),
      maxDelayMs: whole('a whole number of milliseconds, at most a week', 0, 604_800_000),
    },
  ),
  timeoutMs: whole('a whole number of milliseconds from 100 to 3 600 000', 100, 3_600_000),
  rate: record(
    {},
    {
      atOnce: whole('a whole number from 1 to 100', 1, 100),
      perMinute: whole('a whole number from 1 to 100 000', 1, 100_000),
    },
  ),
}

/** What every channel runs on. */
export interface ChannelSettings {
  readonly retry: RetryPolicy
  /** Longest time one attempt may take, in milliseconds. */
  readonly timeoutMs: number
  readonly rate: RateLimit
}

/** What is not said is as the channel has it. */
export const channelSettings = (
  { retry, timeoutMs, rate }: ChannelConfig,
  defaults: ChannelSettings,
): ChannelSettings => ({
  retry: { ...defaults.retry, ...retry },
  timeoutMs: timeoutMs ?? defaults.timeoutMs,
  rate: { ...defaults.rate, ...rate },
})
