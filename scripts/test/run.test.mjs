// The bootstrap's promises that need no network: what it says goes to stderr, and its exit codes.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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

/** A prepared folder with tasks of one program, that tells its id, goes on until it is told to end, and writes how. */
const withProgram = async (work) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'underlag-run-'))
  const program = `
    import fs from 'node:fs'
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(signal, () => { fs.appendFileSync('ended', signal); setTimeout(() => process.exit(0), 50) })
    setInterval(() => {}, 1000)
    console.log(process.pid)`
  const put = (text, ...parts) => {
    fs.mkdirSync(path.join(dir, ...parts.slice(0, -1)), { recursive: true })
    fs.writeFileSync(path.join(dir, ...parts), text)
  }
  try {
    put(fs.readFileSync(bootstrap), 'scripts', 'run.mjs')
    put('{}', 'package.json')
    put('', 'node_modules', 'typescript', 'bin', 'tsc')
    const dependencies = createHash('sha256').update('pnpm-lock.yaml\0pnpm-workspace.yaml\0package.json\0{}')
    put(dependencies.digest('hex'), 'node_modules', '.underlag', 'dependencies')
    put(program, 'scripts', 'checks.mjs')
    put(program, 'packages', 'underlag', 'dist', 'src', 'cli', 'main.js')
    await work(dir)
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

/** Started as npm does, by a shell that passes no signal on; once the task's program runs. */
const started = async (dir, task, env) => {
  const line = `"${process.execPath}" scripts/run.mjs ${task}; exit $?`
  const shell = spawn('sh', ['-c', line], { cwd: dir, env: { ...process.env, ...env } })
  let program
  shell.stdout.once('data', (data) => {
    program = Number(data)
  })
  for (let tries = 0; program === undefined; tries++) {
    if (tries > 1000) throw new Error('the program was not started')
    await sleep(20)
  }
  return { shell, program }
}

const there = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const gone = async (pid, tries = 500) => {
  for (; there(pid) && tries > 0; tries--) await sleep(20)
  return !there(pid)
}

for (const [task, how] of [
  ['lint', 'a process of its own'],
  ['underlag', 'this very process'],
])
  Bootstrap(`a kill of npm ends the task in ${how}, and by its own means`, () =>
    withProgram(async (dir) => {
      const { shell, program } = await started(dir, task, { npm_lifecycle_event: task, INIT_CWD: dir })
      shell.kill('SIGTERM')
      const ended = await gone(program)
      if (!ended) process.kill(program, 'SIGKILL')
      assert.ok(ended, 'it outlived npm')
      assert.is(fs.readFileSync(path.join(dir, 'ended'), 'utf8'), 'SIGTERM')
    }),
  )

Bootstrap('a task that npm did not start outlives its parent, as with nohup', () =>
  withProgram(async (dir) => {
    const { shell, program } = await started(dir, 'lint', { npm_lifecycle_event: undefined })
    shell.kill('SIGTERM')
    const ended = await gone(program, 60)
    process.kill(program, 'SIGKILL')
    assert.not.ok(ended)
  }),
)

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  Bootstrap(`${signal} is the child's to obey, and its exit code is the answer`, () =>
    withProgram(async (dir) => {
      const child = spawn(process.execPath, ['scripts/run.mjs', 'lint'], { cwd: dir })
      const ended = new Promise((resolve) => child.on('exit', resolve))
      await new Promise((resolve) => child.stdout.once('data', resolve))
      child.kill(signal)
      assert.is(await ended, 0)
      assert.is(fs.readFileSync(path.join(dir, 'ended'), 'utf8'), signal)
    }),
  )
