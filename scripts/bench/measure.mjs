/**
 * Two things measured in turns, because absolute figures move by a third between machines and moments: only their ratio means something.
 * Each side does `count` operations a round; the median of the rounds' ratios is told, with wall and CPU time per operation. The ratio is
 * of operations a second, or with `of: 'cpu'` of operations a second of CPU time.
 */
export const inTurns = async ({ rounds = 7, of = 'wall', ours, limit }) => {
  const results = []
  for (let round = 0; round < rounds; round++) {
    // The first to run is now one, now the other: whoever comes second finds a warmer disk.
    const pair = round % 2 === 0 ? [ours, limit] : [limit, ours]
    const measured = new Map()
    for (const side of pair) measured.set(side, await timed(side))
    results.push({ ours: measured.get(ours), limit: measured.get(limit) })
  }
  return {
    ratio: median(results.map(({ ours: o, limit: l }) => (of === 'cpu' ? l.cpuUs / o.cpuUs : l.wallUs / o.wallUs))),
    ours: summary(results.map(({ ours: o }) => o)),
    limit: summary(results.map(({ limit: l }) => l)),
  }
}

const timed = async (side) => {
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const count = await side()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { rate: (count / ms) * 1000, cpuUs: (user + system) / count, wallUs: (ms * 1000) / count }
}

const summary = (all) => ({
  rate: median(all.map(({ rate }) => rate)),
  wallUs: median(all.map(({ wallUs }) => wallUs)),
  cpuUs: median(all.map(({ cpuUs }) => cpuUs)),
})

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
