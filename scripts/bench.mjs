import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chart } from './bench/chart.mjs'
import { lines } from './bench/lines.mjs'

// Measures the lines of the performance goals against the limit, in turns and as ratios; writes a table, JSON and a chart.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { events: { type: 'string', default: '1000000' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help) {
  console.log(`npm run bench [-- LINE...] [-- --events N]

  LINE      only these lines (1 2 3 4a 4b 5 8 9 10 10b 10c 10d 11 11b 11c 12 13 14 15 15t 16a month); 5 measures 5b, 6 and 7 as well, 16a all of 16
  --events  size of the logs of lines 5 and 15 (default 1000000)

Example:
  npm run bench -- 5 --events 100000`)
  process.exit(0)
}

const folder = mkdtempSync(join(process.env.UNDERLAG_BENCH_FOLDER ?? tmpdir(), 'underlag-bench-'))
const progress = (text) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`)
const rows = []
try {
  for (const entry of lines) {
    const names = [entry.line].flat()
    if (positionals.length > 0 && !names.some((name) => positionals.includes(name))) continue
    progress(`line ${[...new Set(names)].join(' and ')}`)
    const results = [await entry.run({ folder, events: Number(values.events), progress })].flat()
    for (const [i, result] of results.entries()) {
      if (result.skipped !== undefined) {
        progress(`line ${[entry.line].flat()[i]} left out: ${result.skipped}\n`)
        continue
      }
      const of = (field) => [entry[field]].flat()[i]
      rows.push({
        line: of('line'),
        what: of('what'),
        limit: of('limit'),
        goal: of('goal'),
        ...result,
        limitRate: result.limit.rate,
        met: result.ratio >= of('goal'),
        limitName: of('limit'),
      })
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')

const per = (rate) => (rate >= 1000 ? Math.round(rate).toLocaleString('en').replaceAll(',', ' ') : rate.toPrecision(3))
const cells = rows.map((row) => [
  row.line,
  row.what,
  row.limitName,
  `${per(row.ours.rate)}${row.unit ?? '/s'}`,
  `${per(row.limitRate)}${row.unit ?? '/s'}`,
  row.unit === undefined ? `${row.ours.cpuUs.toPrecision(3)} µs` : '',
  row.ratio.toFixed(2),
  `≥ ${row.goal.toFixed(2)}`,
  row.met ? 'met' : 'missed',
])
const heads = ['line', 'what', 'limit', 'ours', 'limit', 'CPU each', 'ratio', 'goal', '']
const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i].length)))
const line = (row) => row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')
console.log([line(heads), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n'))

const out = join(import.meta.dirname, '..', 'bench-results')
mkdirSync(out, { recursive: true })
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: availableParallelism() }
writeFileSync(
  join(out, 'bench.json'),
  `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, lines: rows }, null, 2)}\n`,
)
writeFileSync(join(out, 'bench.svg'), chart(rows))
console.error('\nbench-results/bench.json and bench-results/bench.svg written.')
