// The bootstrap every root npm script goes through: node scripts/run.mjs TASK [ARGS].
// Runs on any Node from 18 with nothing but npm; brings a suitable Node, pnpm, the dependencies, the build and a
// browser, each only when it is missing. Everything it says goes to stderr: stdout belongs to the task.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import module from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NODE_VERSION = '24.21.0'
const PNPM_VERSION = '11.28.11'
const MINIMUM_NODE = [22, 13]

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => path.join(root, ...parts)
const windows = process.platform === 'win32'
const tools = at('.tools')
const say = (line) => process.stderr.write(`underlag: ${line}\n`)

class Stop extends Error {}
/** Ends the run with one line that says what to do. */
const stop = (line) => {
  throw new Stop(line)
}

// ---------------------------------------------------------------- the tasks

const tasks = {
  demo: { build: true, browser: true, file: () => at('examples', 'month-end', 'dist', 'src', 'main.js') },
  test: { build: true, browser: true, pdfTools: true, sshd: true, file: () => at('scripts', 'test.mjs') },
  bench: { build: true, browser: true, file: () => at('scripts', 'bench.mjs') },
  underlag: { build: true, here: true, file: () => at('packages', 'underlag', 'dist', 'src', 'cli', 'main.js') },
  build: { build: true },
  lint: { file: () => at('scripts', 'checks.mjs') },
  format: { file: () => at('scripts', 'checks.mjs'), first: ['--write'] },
}

// ---------------------------------------------------------------- processes

const children = new Set()
const cleanups = new Set()
const cleanup = () => {
  for (const undo of cleanups) undo()
  cleanups.clear()
}
process.on('exit', cleanup)
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
let told = false
const onSignal = (signal) => {
  // A terminal's Ctrl-C reaches the child by itself; a kill of this process alone does not. The child decides.
  told = true
  for (const child of children) child.kill(signal)
  if (children.size === 0) process.exit(128 + os.constants.signals[signal])
}
for (const signal of signals) process.on(signal, onSignal)

// npm passes a signal on to its shell alone, which dies of it and leaves this process behind: seen with npm 11 and dash.
// Started otherwise, it may well outlive its parent, as with nohup.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    if (!told) process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}

const run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], windowsHide: true, ...options })
    children.add(child)
    child.on('error', (error) => {
      children.delete(child)
      reject(error)
    })
    child.on('exit', (code, signal) => {
      children.delete(child)
      resolve(code ?? 128 + (os.constants.signals[signal] ?? 0))
    })
  })

const answer = (command, args, options = {}) =>
  new Promise((resolve) => {
    let out = ''
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      timeout: 15000,
      ...options,
    })
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.on('error', () => resolve(undefined))
    child.on('close', (code) => resolve(code === 0 ? out.trim() : undefined))
  })

/** What npm sets for the script it runs would steer the npm and pnpm started here; registry, proxy and cafile stay. */
const toolEnv = () => {
  const env = {}
  for (const [key, value] of Object.entries(process.env)) {
    if (/^npm_(lifecycle|package|command|node_execpath|execpath)/i.test(key)) continue
    if (
      /^npm_config_(prefix|local_prefix|global|global_prefix|loglevel|silent|workspace|workspaces|omit|include|production|dry_run|offline)$/i.test(
        key,
      )
    )
      continue
    env[key] = value
  }
  const writable = (dir) => {
    try {
      fs.accessSync(dir, fs.constants.W_OK)
      return true
    } catch {
      return false
    }
  }
  if (!windows && !(env.HOME && writable(env.HOME))) {
    env.HOME = path.join(tools, 'home')
    fs.mkdirSync(env.HOME, { recursive: true })
  }
  return { ...env, CI: 'true', npm_config_yes: 'true', PUPPETEER_SKIP_DOWNLOAD: 'true' }
}

// ---------------------------------------------------------------- the lock

// One preparing process at a time: a directory is made or is not. Whoever holds it touches it; one not touched for a
// minute, or whose process is gone, is taken over.
const lockDir = path.join(tools, 'lock')
const readOwner = (dir) => {
  try {
    return JSON.parse(fs.readFileSync(path.join(dir, 'owner.json'), 'utf8'))
  } catch {
    return undefined
  }
}
const alive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
const takeOver = () => {
  let age
  try {
    age = Date.now() - fs.statSync(lockDir).mtimeMs
  } catch {
    return
  }
  const owner = readOwner(lockDir)
  const gone = owner === undefined ? age > 10_000 : owner.host === os.hostname() && !alive(owner.pid)
  if (!gone && age < 60_000) return
  const aside = `${lockDir}-${randomBytes(6).toString('hex')}`
  try {
    fs.renameSync(lockDir, aside)
  } catch {
    return
  }
  if (readOwner(aside)?.token === owner?.token) return fs.rmSync(aside, { recursive: true, force: true })
  // Someone else took it over and holds it: give it back.
  try {
    fs.renameSync(aside, lockDir)
  } catch {
    fs.rmSync(aside, { recursive: true, force: true })
  }
}
const withLock = async (work) => {
  try {
    fs.mkdirSync(tools, { recursive: true })
    fs.accessSync(tools, fs.constants.W_OK)
  } catch {
    stop('this folder has to be prepared and cannot be written to: run it once as a user who may')
  }
  const token = randomBytes(12).toString('hex')
  let told = false
  for (;;) {
    try {
      fs.mkdirSync(lockDir)
      break
    } catch (error) {
      if (error.code !== 'EEXIST' && !(windows && error.code === 'EPERM')) throw error
    }
    takeOver()
    if (!told && fs.existsSync(lockDir)) {
      told = true
      say('another run is preparing this folder, waiting for it')
    }
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 100))
  }
  fs.writeFileSync(path.join(lockDir, 'owner.json'), JSON.stringify({ pid: process.pid, host: os.hostname(), token }))
  const release = () => {
    if (readOwner(lockDir)?.token === token) fs.rmSync(lockDir, { recursive: true, force: true })
  }
  cleanups.add(release)
  const beat = setInterval(() => {
    try {
      fs.utimesSync(lockDir, new Date(), new Date())
    } catch {
      // taken over after a long pause of this process
    }
  }, 5000)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    cleanups.delete(release)
    release()
  }
}

// ---------------------------------------------------------------- Node and pnpm

const suitable = (version) => {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])
}
const onPath = (name) => {
  const names = windows ? [`${name}.exe`, `${name}.cmd`] : [name]
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const each of names) {
      const file = path.join(dir, each)
      if (dir && isFile(file)) return file
    }
  }
  return undefined
}
const isFile = (file) => {
  try {
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

const ownNodeDir = path.join(tools, `node-${NODE_VERSION}`)
const ownNode = path.join(ownNodeDir, 'bin', windows ? 'node.exe' : 'node')
const pnpmDir = path.join(tools, `pnpm-${PNPM_VERSION}`)
const pnpmMain = path.join(pnpmDir, 'bin', 'pnpm.mjs')

/** A suitable Node without installing anything, the running one first. */
const presentNode = async () => {
  if (suitable(process.version)) return process.execPath
  if (isFile(ownNode)) return ownNode
  const other = onPath('node')
  const version = other && (await answer(other, ['--version']))
  return version && suitable(version) ? other : undefined
}

/** The npm that started this, else the one on the PATH. */
const npm = () => {
  const cli = process.env.npm_execpath
  return cli !== undefined && /npm-cli\.c?js$/.test(cli) && isFile(cli) ? [process.execPath, [cli]] : ['npm', []]
}

/** Where npm is told to find its registry, and how: pnpm reads neither npm's own files nor all of its names. */
const npmSettings = async () => {
  const [command, first] = npm()
  const text = await answer(command, [...first, 'config', 'list', '--json'], {
    cwd: root,
    env: toolEnv(),
    shell: command === 'npm' && windows,
  })
  try {
    const all = JSON.parse(text ?? '{}')
    const set = (value) => (typeof value === 'string' && value !== '' ? value : undefined)
    return {
      args: set(all.registry) ? [`--registry=${all.registry}`] : [],
      env: {
        ...(set(all.cafile) && !process.env.NODE_EXTRA_CA_CERTS ? { NODE_EXTRA_CA_CERTS: all.cafile } : {}),
        ...(set(all['https-proxy']) && !process.env.HTTPS_PROXY ? { HTTPS_PROXY: all['https-proxy'] } : {}),
        ...(set(all.proxy) && !process.env.HTTP_PROXY ? { HTTP_PROXY: all.proxy } : {}),
      },
    }
  } catch {
    return { args: [], env: {} }
  }
}

/** Installs one package without running its scripts and moves it into place whole: a kill leaves only a temporary folder. */
const installTool = async (name, version, target) => {
  for (const left of fs.readdirSync(tools)) {
    if (left.startsWith('tmp-')) fs.rmSync(path.join(tools, left), { recursive: true, force: true })
  }
  const dir = path.join(tools, `tmp-${process.pid}-${randomBytes(4).toString('hex')}`)
  fs.mkdirSync(dir, { recursive: true })
  fs.writeFileSync(path.join(dir, 'package.json'), '{"private":true}\n')
  const args = [
    'install',
    '--prefix',
    dir,
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel',
    'error',
    `${name}@${version}`,
  ]
  const [command, first] = npm()
  const code = await run(command, [...first, ...args], {
    cwd: dir,
    env: toolEnv(),
    shell: command === 'npm' && windows,
  })
  const made = path.join(dir, 'node_modules', name)
  if (code !== 0 || !fs.existsSync(made))
    stop(`cannot install ${name}@${version} with npm: is the npm registry reachable?`)
  fs.rmSync(target, { recursive: true, force: true })
  fs.renameSync(made, target)
  fs.rmSync(dir, { recursive: true, force: true })
}

const ensureNode = async () => {
  const present = await presentNode()
  if (present !== undefined) return present
  const platform = windows ? 'win' : process.platform
  say(`Node ${process.version} is older than ${MINIMUM_NODE.join('.')}: installing ${NODE_VERSION} into .tools`)
  await installTool(`node-${platform}-${process.arch}`, NODE_VERSION, ownNodeDir)
  const works = await answer(ownNode, ['--version'])
  if (works !== `v${NODE_VERSION}`) {
    fs.rmSync(ownNodeDir, { recursive: true, force: true })
    stop(
      `the Node of the npm registry does not run here: install Node ${MINIMUM_NODE.join('.')} or later and try again`,
    )
  }
  return ownNode
}
const ensurePnpm = async () => {
  if (isFile(pnpmMain)) return
  say(`installing pnpm ${PNPM_VERSION} into .tools`)
  await installTool('pnpm', PNPM_VERSION, pnpmDir)
}

// ---------------------------------------------------------------- dependencies and build

const stampDir = at('node_modules', '.underlag')
const readStamp = (name) => {
  try {
    return fs.readFileSync(path.join(stampDir, name), 'utf8')
  } catch {
    return undefined
  }
}
const writeStamp = (name, value) => {
  fs.mkdirSync(stampDir, { recursive: true })
  const temporary = path.join(stampDir, `${name}.${process.pid}`)
  fs.writeFileSync(temporary, value)
  fs.renameSync(temporary, path.join(stampDir, name))
}

const members = () =>
  ['packages', 'examples'].flatMap((group) => {
    try {
      return fs
        .readdirSync(at(group))
        .map((name) => at(group, name))
        .filter((dir) => isFile(path.join(dir, 'package.json')))
    } catch {
      return []
    }
  })

const dependenciesNow = () => {
  const hash = createHash('sha256')
  for (const file of [
    ...['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((name) => at(name)),
    ...members().map((dir) => path.join(dir, 'package.json')),
  ]) {
    hash.update(`${path.relative(root, file)}\0`)
    if (isFile(file)) hash.update(fs.readFileSync(file))
  }
  return hash.digest('hex')
}
const installed = () =>
  readStamp('dependencies') === dependenciesNow() &&
  members().every((dir) => fs.existsSync(path.join(dir, 'node_modules')))

const install = async (node) => {
  await ensurePnpm()
  say('installing the dependencies')
  const settings = await npmSettings()
  const env = { ...toolEnv(), ...settings.env }
  env.PATH = `${path.dirname(node)}${path.delimiter}${env.PATH ?? ''}`
  // No package's own install script runs: none is needed, and none is trusted.
  const args = [
    pnpmMain,
    'install',
    '--frozen-lockfile',
    '--ignore-scripts',
    '--prefer-offline',
    '--reporter=append-only',
    '--loglevel=warn',
    ...settings.args,
  ]
  const before = dependenciesNow()
  const code = await run(node, args, { env })
  if (code !== 0)
    stop(
      'the dependencies could not be installed: see above; after a change of a package.json run pnpm install and commit pnpm-lock.yaml',
    )
  // pnpm leaves out an optional package it cannot fetch and is content; the compiler's own binary is one.
  const compiler = await answer(node, [at('node_modules', 'typescript', 'bin', 'tsc'), '--version'])
  if (compiler === undefined)
    stop('the compiler was not installed whole: is the npm registry reachable? Then try again')
  for (const dir of members()) fs.mkdirSync(path.join(dir, 'node_modules'), { recursive: true })
  writeStamp('dependencies', before)
}

const sourcesNow = () => {
  const hash = createHash('sha1')
  const add = (file) => {
    try {
      const stat = fs.statSync(file)
      hash.update(`${file.slice(root.length)} ${stat.mtimeMs} ${stat.size}\n`)
    } catch {
      hash.update(`${file.slice(root.length)} -\n`)
    }
  }
  const walk = (dir) => {
    let entries
    try {
      entries = fs.readdirSync(dir, { withFileTypes: true })
    } catch {
      return
    }
    for (const entry of entries) {
      const file = path.join(dir, entry.name)
      if (entry.isDirectory()) walk(file)
      else if (/\.[cm]?tsx?$|\.json$/.test(entry.name)) add(file)
    }
  }
  hash.update(`${readStamp('dependencies')}\n`)
  add(at('tsconfig.base.json'))
  add(at('packages', 'tsconfig.json'))
  for (const dir of members()) {
    add(path.join(dir, 'tsconfig.json'))
    walk(path.join(dir, 'src'))
    walk(path.join(dir, 'test'))
    if (!fs.existsSync(path.join(dir, 'dist'))) hash.update('not built\n')
  }
  return hash.digest('hex')
}
const built = () => readStamp('build') === sourcesNow()

const build = async (node) => {
  const code = await run(node, [at('node_modules', 'typescript', 'bin', 'tsc'), '-b', 'packages'])
  if (code !== 0) stop('the build failed: see above')
  // Taken after the compiler made the dist folders; a source written meanwhile has a later time than the compiler read.
  return sourcesNow()
}

// ---------------------------------------------------------------- what the tests and the demo need of the machine

const browserPlaces = () => {
  const names = [
    'chromium-headless-shell',
    'chrome-headless-shell',
    'chromium',
    'google-chrome',
    'google-chrome-stable',
    'chromium-browser',
    'chrome',
    'msedge',
    'microsoft-edge',
  ]
  const places = names.map(onPath)
  if (process.platform === 'darwin') {
    for (const base of ['/Applications', path.join(os.homedir(), 'Applications')]) {
      for (const app of ['Google Chrome', 'Chromium', 'Microsoft Edge'])
        places.push(`${base}/${app}.app/Contents/MacOS/${app}`)
    }
  } else if (windows) {
    for (const base of [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]) {
      if (base)
        places.push(
          `${base}\\Google\\Chrome\\Application\\chrome.exe`,
          `${base}\\Microsoft\\Edge\\Application\\msedge.exe`,
        )
    }
  } else {
    places.push(
      '/usr/bin/chromium-headless-shell',
      '/usr/bin/chromium',
      '/usr/lib/chromium/chromium',
      '/opt/google/chrome/chrome',
      '/snap/bin/chromium',
    )
  }
  return places.filter((place) => place !== undefined)
}
const findBrowser = () => {
  for (const name of ['UNDERLAG_BROWSER', 'PUPPETEER_EXECUTABLE_PATH']) {
    const named = process.env[name]
    if (!named) continue
    if (!isFile(named)) stop(`${name} names ${named}, which is no file: set it to a Chromium or Chrome, or unset it`)
    return named
  }
  return browserPlaces().find(isFile)
}

const isRoot = () => typeof process.getuid === 'function' && process.getuid() === 0
const canApt = () => process.platform === 'linux' && isRoot() && onPath('apt-get') !== undefined
let aptUpdated = false
const apt = async (...packages) => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-q']
  if (!aptUpdated) {
    aptUpdated = true
    await run('apt-get', [...wait, 'update'], { env })
  }
  return (await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], { env })) === 0
}

/** Installed only where that starts no server: nobody's own machine gets one because of our tests. */
const lacksSshd = () => !isFile('/usr/sbin/sshd') && canApt() && isFile('/usr/sbin/policy-rc.d')

const pdfTools = () => ['pdftotext', 'pdfinfo', 'pdffonts', 'qpdf'].filter((name) => onPath(name) === undefined)

const ensureMachine = async (task) => {
  if (task.browser && findBrowser() === undefined) {
    if (canApt()) {
      say('no browser found: installing chromium-headless-shell with apt-get')
      if (!(await apt('chromium-headless-shell'))) await apt('chromium')
    }
    if (findBrowser() === undefined) {
      stop('PDF needs a browser and none was found: install Chromium or Google Chrome, or set UNDERLAG_BROWSER to one')
    }
  }
  if (task.pdfTools && pdfTools().length > 0) {
    if (canApt()) {
      say(`${pdfTools().join(', ')} not found: installing poppler-utils and qpdf with apt-get`)
      await apt('poppler-utils', 'qpdf')
    }
    if (pdfTools().length > 0)
      say(`not found: ${pdfTools().join(', ')}; what they check is skipped (install poppler-utils and qpdf)`)
  }
  if (task.sshd && lacksSshd()) {
    say('sshd not found: installing openssh-server with apt-get, for the tests of letters by SFTP')
    await apt('openssh-server')
  }
}

// ---------------------------------------------------------------- all together

const prepare = async (task) => {
  const machineReady = () =>
    (!task.browser || findBrowser() !== undefined) &&
    (!task.pdfTools || pdfTools().length === 0 || !canApt()) &&
    (!task.sshd || !lacksSshd())
  let node = await presentNode()
  const ready = () => node !== undefined && installed() && (!task.build || built())
  if (machineReady() && ready()) return node
  return withLock(async () => {
    node = await ensureNode()
    if (!installed()) await install(node)
    if (task.build && !built()) writeStamp('build', await build(node))
    if (!machineReady()) await ensureMachine(task)
    return node
  })
}

const main = async () => {
  const [name, ...rest] = process.argv.slice(2)
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined
  if (task === undefined) stop(`usage: node scripts/run.mjs ${Object.keys(tasks).join(' | ')} [arguments]`)
  const node = await prepare(task)
  if (task.pdfTools && pdfTools().length > 0 && !canApt()) {
    say(`not found: ${pdfTools().join(', ')}; what they check is skipped (install poppler-utils and qpdf)`)
  }
  if (task.file === undefined) return 0
  const file = task.file()
  if (!isFile(file)) stop(`${path.relative(root, file)} is not there yet`)

  const browser = task.browser || task.here ? findBrowser() : undefined
  if (browser !== undefined) process.env.UNDERLAG_BROWSER = browser
  const args = [...(task.first ?? []), ...rest]
  // npm moves to the workspace's folder; files named on the command line are the user's, where the user is.
  const here = process.env.INIT_CWD
  const cwd =
    task.here && process.env.npm_lifecycle_event === name && here && fs.existsSync(here)
      ? here
      : task.here
        ? process.cwd()
        : root

  // What is run again and again, above all the command line and each test's own process, is compiled once.
  process.env.NODE_COMPILE_CACHE ??= path.join(stampDir, 'compiled')
  if (node === process.execPath && task.here) {
    // The command line, as fast as it gets: in this very process.
    module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
    process.chdir(cwd)
    process.argv = [process.execPath, file, ...args]
    const warn = process.emitWarning
    process.emitWarning = (warning, ...more) => {
      const kind = typeof more[0] === 'string' ? more[0] : more[0]?.type
      if (kind !== 'ExperimentalWarning') warn.call(process, warning, ...more)
    }
    for (const signal of signals) process.removeAllListeners(signal)
    await import(pathToFileURL(file).href)
    return undefined
  }
  process.env.PATH = `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`
  return run(node, ['--enable-source-maps', '--disable-warning=ExperimentalWarning', file, ...args], {
    cwd,
    stdio: 'inherit',
  })
}

try {
  const code = await main()
  if (code !== undefined) process.exitCode = code
} catch (error) {
  if (!(error instanceof Stop)) throw error
  say(error.message)
  process.exitCode = 2
}
