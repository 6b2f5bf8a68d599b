// The runner against every way a run can look good without being good. Each folder under fixtures/ is a small
// workspace with one test file.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'

const here = path.dirname(fileURLToPath(import.meta.url))
const script = path.join(here, '..', 'test.mjs')

const run = (name, { args = [], env = {} } = {}) =>
  new Promise((resolve, reject) => {
    const proc = spawn(process.execPath, [script, '--root', path.join(here, 'fixtures', name), ...args], {
      env: { ...process.env, CI: '', UNDERLAG_TEST_GRACE: '300', ...env },
    })
    let out = ''
    proc.stdout.on('data', (chunk) => {
      out += chunk
    })
    proc.stderr.on('data', (chunk) => {
      out += chunk
    })
    proc.on('error', reject)
    proc.on('close', (code) => resolve({ code, out, last: out.trimEnd().split('\n').at(-1) }))
  })

const fails = async (name, last, pattern, options) => {
  const result = await run(name, options)
  assert.is(result.code, 1, result.out)
  assert.is(result.last, last, result.out)
  assert.match(result.out, pattern)
}

const Runner = suite('test runner')

Runner('counts what passed and what was skipped, with the reason', async () => {
  const result = await run('good')
  assert.is(result.last, '3 passed, 0 failed, 2 skipped', result.out)
  assert.is(result.code, 0)
  assert.match(result.out, /skipped: cannot here: no such server/)
})
Runner('lists without running, and filters by name', async () => {
  const listed = await run('good', { args: ['--list'] })
  assert.is(listed.out, 'scripts/test/good.test.mjs\n')
  const none = await run('good', { args: ['other'] })
  assert.is(none.code, 1)
  assert.is(none.last, '0 passed, 0 failed, 0 skipped')
})
Runner('shows the difference, of bigints too', () =>
  fails('failing', '1 passed, 1 failed, 0 skipped', /differs[\s\S]*position[\s\S]*1n/),
)
Runner('a before that throws fails every test of its suite', () =>
  fails('before-throws', '0 passed, 2 failed, 0 skipped', /no database/),
)
Runner('a before.each that throws fails its tests', () =>
  fails('before-each-throws', '0 passed, 2 failed, 0 skipped', /no fresh database/),
)
Runner('an after.each that throws fails its test, and the others still run', () =>
  fails('after-each-throws', '0 passed, 2 failed, 0 skipped', /left a mess/),
)
Runner('an after that throws is a failure', () =>
  fails('after-throws', '1 passed, 1 failed, 0 skipped', /did not close/),
)
Runner('what is thrown need not be an error', () =>
  fails('throws-no-error', '1 passed, 2 failed, 0 skipped', /only text/),
)
Runner('a file without a test is a failure', () => fails('no-suite', '0 passed, 1 failed, 0 skipped', /no test ran/))
Runner('a suite without a test is a failure', () =>
  fails('empty-suite', '0 passed, 1 failed, 0 skipped', /has no tests/),
)
Runner('an unhandled rejection is a failure', () =>
  fails('unhandled-rejection', '1 passed, 1 failed, 0 skipped', /nobody listened/),
)
Runner('an exception after the last test is a failure', () =>
  fails('late-exception', '1 passed, 1 failed, 0 skipped', /after the end/),
)
Runner('a process that exits in the middle is a failure', () =>
  fails('exits-early', '0 passed, 1 failed, 0 skipped', /ended early \(exit code 0\), in "leaves"/),
)
Runner('a promise that never settles is a failure', () =>
  fails('never-settles', '0 passed, 1 failed, 0 skipped', /ended early/),
)
Runner('a test that hangs is ended and named', () =>
  fails('hangs', '0 passed, 1 failed, 0 skipped', /not done after 1 s, in "hangs"/, { args: ['--timeout', '1'] }),
)
Runner('a test that spins is ended and named', () =>
  fails('spins', '0 passed, 1 failed, 0 skipped', /not done after 1 s, in "spins"/, { args: ['--timeout', '1'] }),
)
Runner('a process that does not go away is a failure', () =>
  fails('left-open', '1 passed, 1 failed, 0 skipped', /something is left open/),
)
Runner('a file that cannot be loaded is a failure', () =>
  fails('cannot-load', '0 passed, 1 failed, 0 skipped', /cannot load/),
)
Runner('an exit code set by a test is a failure', () =>
  fails('exit-code', '1 passed, 1 failed, 0 skipped', /exit code 3/),
)
Runner('only: the rest is skipped, and on CI the run fails', async () => {
  const result = await run('only')
  assert.is(result.last, '1 passed, 0 failed, 1 skipped', result.out)
  assert.is(result.code, 0)
  await fails('only', '1 passed, 1 failed, 1 skipped', /\.only is left/, { env: { CI: 'true' } })
})
Runner('a test file started by hand says how to run it, and exits 1', async () => {
  const proc = spawn(process.execPath, [path.join(here, 'fixtures/good/scripts/test/good.test.mjs')])
  let err = ''
  proc.stderr.on('data', (chunk) => {
    err += chunk
  })
  const code = await new Promise((resolve) => proc.on('close', resolve))
  assert.is(code, 1)
  assert.match(err, /npm test --/)
})
