// One test file in a process of its own, started by scripts/test.mjs: node test-child.mjs FILE.
// What happened goes to the parent as JSON lines on file descriptor 3; stdout and stderr belong to the tests.
import fs from 'node:fs'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'

const tell = (message) => {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(3, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}
const text = (error) => (error instanceof Error ? (error.stack ?? String(error)) : inspect(error))

process.on('unhandledRejection', (reason) => tell({ type: 'problem', text: `unhandled rejection: ${text(reason)}` }))
process.on('uncaughtException', (error) => tell({ type: 'problem', text: `uncaught exception: ${text(error)}` }))

// uvu/diff shows values by JSON.stringify, which throws on a bigint and so hides the difference. Only there it may.
Object.defineProperty(BigInt.prototype, 'toJSON', {
  configurable: true,
  enumerable: false,
  value: function toJSON() {
    if (/uvu[\\/]diff[\\/]/.test(new Error().stack ?? '')) return `${this}n`
    throw new TypeError('Do not know how to serialize a BigInt')
  },
})

// Both before anything of the test is loaded: uvu must not start by itself, and suites must find the registry.
globalThis.UVU_DEFER = 1
globalThis.UVU_INDEX = 0
globalThis.UVU_QUEUE = []
const registry = {
  suites: [],
  onStart: (suite, test) => tell({ type: 'start', suite, test }),
}
globalThis[Symbol.for('underlag.testing.registry')] = registry

const file = process.argv[2]
process.argv.splice(1, 2, file)

try {
  await import(pathToFileURL(file).href)
} catch (error) {
  tell({ type: 'problem', text: `cannot be loaded: ${text(error)}` })
  tell({ type: 'end' })
  process.exit(1)
}

for (const suite of registry.suites) {
  globalThis.UVU_QUEUE = [[]]
  suite.queue()
  const [run] = globalThis.UVU_QUEUE[0]
  let errors = ''
  let passedByUvu = 0
  try {
    const [found, passed] = await run()
    if (typeof found === 'string') errors = found
    passedByUvu = passed
  } catch (error) {
    errors = `  uvu stopped: ${text(error)}\n`
  }
  const only = suite.tests.some((t) => t.only)
  const count = { passed: 0, failed: 0, skipped: 0 }
  const notes = []
  for (const { hook, test, error } of suite.hookFailures) {
    notes.push(`  ${hook} of ${test === undefined ? `suite "${suite.name}"` : `"${test}"`} threw: ${text(error)}`)
  }
  const reasons = []
  let unaccounted = 0
  let skippedInside = 0
  for (const test of suite.tests) {
    const outcome = test.outcome?._tag ?? (only && !test.only ? 'skipped' : 'failed')
    count[outcome]++
    if (test.outcome === undefined && outcome === 'failed') {
      unaccounted++
      notes.push(`  "${test.name}" did not run`)
    }
    if (outcome === 'skipped' && test.outcome?.reason) {
      skippedInside++
      reasons.push({ name: test.name, reason: test.outcome.reason })
    }
  }
  // A hook's failure that no test carries (before of an empty suite, after) counts by itself.
  if (count.failed === 0 && suite.hookFailures.length > 0) count.failed = 1
  if (suite.tests.length === 0) {
    count.failed++
    notes.push(`  suite "${suite.name}" has no tests`)
  }
  if (count.failed === 0 && errors !== '' && skippedInside === 0) {
    count.failed++
    notes.push('  uvu reports a failure that no test carries')
  }
  if (passedByUvu < count.passed) notes.push(`  uvu counts ${passedByUvu} passed`)
  tell({
    type: 'suite',
    name: suite.name,
    ...count,
    only,
    reasons,
    unaccounted,
    text: [errors, ...notes].filter(Boolean).join('\n'),
  })
}
tell({ type: 'end' })
