/** Jobs that could not be done and wait for somebody. Times in ms, monotonic. */
export interface SetAside {
  readonly put: (id: string, now: number) => void
  /** It could be done. */
  readonly forget: (id: string) => void
  /** Forgets all but these. */
  readonly keep: (ids: ReadonlySet<string>) => void
  /** How long until it is looked at again. */
  readonly freeIn: (id: string, now: number) => number
  /** How long until any of them is. */
  readonly soonest: (now: number) => number
}

const FIRST_MS = 1_000
const LONGEST_MS = 10 * 60_000

/**
 * Looked at again after a second, and then after twice as long each time: each look takes the lease, which is written into the log, and a
 * document that was erased will never be there again. With `again` false, not at all.
 */
export const setAside = (again: boolean): SetAside => {
  const kept = new Map<string, { readonly until: number; readonly waited: number }>()
  return {
    put: (id, now) => {
      const waited = again ? Math.min(LONGEST_MS, 2 * (kept.get(id)?.waited ?? FIRST_MS / 2)) : Number.POSITIVE_INFINITY
      kept.set(id, { until: now + waited, waited })
    },
    forget: (id) => {
      kept.delete(id)
    },
    keep: (ids) => {
      for (const id of kept.keys()) if (!ids.has(id)) kept.delete(id)
    },
    freeIn: (id, now) => Math.max(0, (kept.get(id)?.until ?? 0) - now),
    soonest: (now) => {
      let soonest = Number.POSITIVE_INFINITY
      for (const { until } of kept.values()) soonest = Math.min(soonest, Math.max(0, until - now))
      return soonest
    },
  }
}
