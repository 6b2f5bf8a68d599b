// The one test runner. Every file runs in a process of its own; a file counts as good only when its process said
// how each test ended, said that it was done, and went away by itself with exit code 0.
//
//   npm test                      the checks, then every test
//   npm test -- ledger money      only files whose path contains one of the words (and checks of that name)
//   npm test -- --list            the files, without running them
//   --timeout SECONDS (600)  --jobs N  --root DIR  --verbose
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const home = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const child = path.join(home, 'scripts', 'lib', 'test-child.mjs')

const usage = (line) => {
  console.error(line)
  process.exit(2)
}
const options = { root: home, timeout: 600, jobs: Math.min(2, os.availableParallelism()), list: false, verbose: false }
const words = []
const args = process.argv.slice(2)
for (let i = 0; i < args.length; i++) {
  const arg = args[i]
  if (arg === '--list') options.list = true
  else if (arg === '--verbose') options.verbose = true
  else if (arg === '--root') options.root = path.resolve(args[++i] ?? '.')
  else if (arg === '--timeout' || arg === '--jobs') {
    const value = Number(args[++i])
    if (!(value > 0)) usage(`${arg} needs a positive number`)
    options[arg.slice(2)] = value
  } else if (arg.startsWith('-')) usage(`unknown option ${arg}; known are --list --verbose --timeout --jobs --root`)
  else words.push(arg)
}
const { root } = options

const folders = (dir) => {
  try {
    return fs
      .readdirSync(dir, { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => path.join(dir, e.name))
  } catch {
    return []
  }
}
const walk = (dir) => {
  let entries
  try {
    entries = fs.readdirSync(dir, { withFileTypes: true })
  } catch {
    return []
  }
  return entries.flatMap((e) => {
    const full = path.join(dir, e.name)
    if (e.isDirectory()) return e.name === 'node_modules' || e.name === 'fixtures' ? [] : walk(full)
    return [full]
  })
}
const slashes = (file) => path.relative(root, file).split(path.sep).join('/')

// The sources decide, not what lies in dist: a test that was not compiled is an error, a stale one is not run.
const discover = () => {
  const found = []
  for (const pkg of [...folders(path.join(root, 'packages')), ...folders(path.join(root, 'examples'))]) {
    for (const source of walk(path.join(pkg, 'test'))) {
      if (!source.endsWith('.test.ts')) continue
      const js = `${path.join(pkg, 'dist', path.relative(pkg, source)).slice(0, -3)}.js`
      found.push({ name: slashes(source), file: js })
    }
  }
  for (const file of walk(path.join(root, 'scripts', 'test'))) {
    if (file.endsWith('.test.mjs')) found.push({ name: slashes(file), file })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const checks = async () => {
  const file = path.join(root, 'scripts', 'checks.mjs')
  return fs.existsSync(file) ? (await import(pathToFileURL(file).href)).checks : []
}

const wanted = (name) => words.length === 0 || words.some((word) => name.includes(word))
const running = new Set()
const killTree = (proc) => {
  try {
    if (process.platform === 'win32') proc.kill('SIGKILL')
    else process.kill(-proc.pid, 'SIGKILL')
  } catch {
    // gone already
  }
}
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
]) {
  process.on(signal, () => {
    for (const proc of running) killTree(proc)
    process.exit(128 + number)
  })
}

const grace = Number(process.env.UNDERLAG_TEST_GRACE ?? 10_000)
const runFile = ({ name, file }) =>
  new Promise((resolve) => {
    const began = Date.now()
    const result = { name, passed: 0, failed: 0, skipped: 0, only: false, reasons: [], texts: [], output: '', ms: 0 }
    const problem = (text) => {
      result.failed++
      result.texts.push(`  ${text}`)
    }
    if (!fs.existsSync(file)) {
      problem('is not compiled: run npm run build')
      return resolve(result)
    }
    const proc = spawn(
      process.execPath,
      ['--enable-source-maps', '--disable-warning=ExperimentalWarning', child, file],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
        env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
      },
    )
    running.add(proc)
    const output = []
    proc.stdout.on('data', (chunk) => output.push(chunk))
    proc.stderr.on('data', (chunk) => output.push(chunk))

    let doing = 'loading'
    let ended = false
    let why
    let last
    const kill = (reason) => {
      why = reason
      killTree(proc)
    }
    const timer = setTimeout(() => kill(`not done after ${options.timeout} s, in ${doing}`), options.timeout * 1000)
    const hear = (message) => {
      if (message.type === 'start') doing = `"${message.test}" of suite "${message.suite}"`
      else if (message.type === 'problem') problem(`${message.text}\n    (in ${doing})`)
      else if (message.type === 'suite') {
        result.passed += message.passed
        result.failed += message.failed
        result.skipped += message.skipped
        result.only ||= message.only
        result.reasons.push(...message.reasons)
        if (message.failed > 0) result.texts.push(message.text)
        doing = `what follows suite "${message.name}"`
      } else if (message.type === 'end') {
        ended = true
        clearTimeout(timer)
        last = setTimeout(() => kill('its process did not end by itself: something is left open'), grace)
      }
    }
    let rest = ''
    proc.stdio[3].setEncoding('utf8')
    proc.stdio[3].on('data', (chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      for (const line of lines) if (line) hear(JSON.parse(line))
    })

    let settled = false
    const finish = (code, signal) => {
      if (settled) return
      settled = true
      running.delete(proc)
      clearTimeout(timer)
      clearTimeout(last)
      if (why) problem(why)
      else if (!ended) problem(`its process ended early (${signal ?? `exit code ${code}`}), in ${doing}`)
      else if (code !== 0 && result.failed === 0) problem(`its process ended with ${signal ?? `exit code ${code}`}`)
      if (result.passed + result.failed + result.skipped === 0) problem('no test ran')
      if (result.only && process.env.CI && result.failed === 0) problem('.only is left in it')
      result.output = Buffer.concat(output).toString('utf8')
      result.ms = Date.now() - began
      resolve(result)
    }
    proc.on('error', (error) => {
      problem(String(error))
      finish(1)
    })
    // Grandchildren may hold the pipes open: they are ended with the file, then a moment for what was written.
    proc.on('exit', (code, signal) => {
      killTree(proc)
      const late = setTimeout(() => finish(code, signal), 2000)
      proc.on('close', () => {
        clearTimeout(late)
        finish(code, signal)
      })
    })
  })

const colour = process.stdout.isTTY ? (code, s) => `\x1b[${code}m${s}\x1b[0m` : (_code, s) => s
const total = { passed: 0, failed: 0, skipped: 0 }
const failures = []
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`
const report = (result) => {
  for (const key of ['passed', 'failed', 'skipped']) total[key] += result[key]
  const bad = result.failed > 0
  const counts = ['passed', 'failed', 'skipped'].filter((k) => result[k] > 0).map((k) => `${result[k]} ${k}`)
  console.log(
    `${bad ? colour(31, 'FAIL') : colour(32, 'ok  ')} ${result.name}  ${counts.join(', ') || 'nothing'}  ${seconds(result.ms)}`,
  )
  for (const { name, reason } of result.reasons) console.log(`     skipped: ${name}: ${reason}`)
  if (result.only) console.log('     only: the rest of its suite was skipped')
  if (bad) {
    const detail = result.texts.join('\n').replace(/\n+$/, '')
    if (detail) console.log(detail)
    if (result.output.trim()) console.log(`  -- what it printed --\n${result.output.trimEnd()}\n  --`)
    failures.push(result.name)
  } else if (options.verbose && result.output.trim()) console.log(result.output.trimEnd())
}

const files = discover().filter((f) => wanted(f.name))
const wantedChecks = (await checks()).filter((c) => wanted(c.name))

if (options.list) {
  for (const { name } of [...wantedChecks, ...files]) console.log(name)
  process.exit(0)
}

for (const check of wantedChecks) {
  const began = Date.now()
  const problemText = await check.run()
  report({
    name: check.name,
    passed: problemText === undefined ? 1 : 0,
    failed: problemText === undefined ? 0 : 1,
    skipped: 0,
    reasons: [],
    texts: problemText === undefined ? [] : [problemText],
    output: '',
    ms: Date.now() - began,
  })
}

const queue = [...files]
const worker = async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) report(await runFile(next))
}
await Promise.all(Array.from({ length: options.jobs }, worker))

if (failures.length > 0) console.log(`\nFailed: ${failures.join('  ')}`)
const none = total.passed + total.failed + total.skipped === 0
if (none) console.error(words.length ? `no test file matches ${words.join(' ')}` : 'no test file found')
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || none ? 1 : 0
