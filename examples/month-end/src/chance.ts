/** Chance that falls the same way on every machine and in every run: mulberry32. */
export const chance = (seed: number): ((percent: number) => boolean) => {
  let state = seed
  return (percent) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 < percent / 100
  }
}
