import type { RateLimit } from '@underlag/invoicing'

/** One channel's place in the process: how many attempts it may have under way, and when the next may begin. Times in ms, monotonic. */
export interface Lane {
  /** How long until one more may begin; `undefined`: not before one that is under way ends. */
  readonly freeIn: (now: number) => number | undefined
  readonly begin: (now: number) => void
  readonly end: () => void
  /** Begins nothing for so long: the counterpart asked for it. */
  readonly pause: (now: number, ms: number) => void
  /** Whether the counterpart asked for a pause that is not over. */
  readonly isPaused: (now: number) => boolean
}

const MINUTE = 60_000

/** Attempts are spread over the minute, and not begun all at its start. */
export const lane = ({ atOnce, perMinute }: RateLimit): Lane => {
  const apart = perMinute === undefined ? 0 : MINUTE / perMinute
  let underWay = 0
  let next = 0
  let pausedUntil = 0
  return {
    freeIn: (now) => (underWay >= atOnce ? undefined : Math.max(0, next - now, pausedUntil - now)),
    begin: (now) => {
      underWay += 1
      next = now + apart
    },
    end: () => {
      underWay -= 1
    },
    pause: (now, ms) => {
      pausedUntil = Math.max(pausedUntil, now + ms)
    },
    isPaused: (now) => pausedUntil > now,
  }
}
