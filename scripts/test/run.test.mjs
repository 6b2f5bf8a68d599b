// The bootstrap's promises that need no network: what it says goes to stderr, and its exit codes.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const bootstrap = path.join(root, 'scripts', 'run.mjs')
const run = (args, options = {}) =>
  spawnSync(process.execPath, [options.script ?? bootstrap, ...args], {
    encoding: 'utf8',
    env: process.env,
    ...options,
  })

const Bootstrap = suite('bootstrap')

Bootstrap('an unknown task is named bad usage, with nothing on stdout', () => {
  const { status, stdout, stderr } = run(['nonsense'])
  assert.is(status, 2)
  assert.is(stdout, '')
  assert.match(stderr, /usage: .*demo \| test/)
})

Bootstrap('a browser that is named but not there is one clear line', () => {
  const { status, stdout, stderr } = run(['bench'], { env: { ...process.env, UNDERLAG_BROWSER: '/no/such/browser' } })
  assert.is(status, 2)
  assert.is(stdout, '')
  assert.match(stderr, /UNDERLAG_BROWSER names \/no\/such\/browser/)
})

Bootstrap('a dead holder loses the lock, a living one keeps it', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'underlag-run-'))
  try {
    fs.mkdirSync(path.join(dir, 'scripts'))
    fs.copyFileSync(bootstrap, path.join(dir, 'scripts', 'run.mjs'))
    fs.writeFileSync(path.join(dir, 'package.json'), '{}')
    const lock = path.join(dir, '.tools', 'lock')
    const hold = (pid) => {
      fs.mkdirSync(lock, { recursive: true })
      fs.writeFileSync(path.join(lock, 'owner.json'), JSON.stringify({ pid, host: os.hostname(), token: 'other' }))
    }
    // Without npm the preparation ends at once; that it came so far shows that the lock was taken.
    const env = { ...process.env, PATH: dir, npm_execpath: '' }
    const start = (timeout) => run(['build'], { script: path.join(dir, 'scripts', 'run.mjs'), env, timeout })

    const gone = spawnSync(process.execPath, ['-e', '']).pid
    hold(gone)
    const after = start(20_000)
    assert.match(after.stderr, /installing pnpm/)
    assert.not.ok(fs.existsSync(lock))

    hold(process.pid)
    const waits = start(1500)
    assert.match(waits.stderr, /another run is preparing/)
    assert.not.match(waits.stderr, /installing pnpm/)
    assert.ok(fs.existsSync(lock))
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
})
