import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Answer } from '../../src/index.js'

const compiled = join(tmpdir(), 'underlag-test-compiled')
const bin = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url))
const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly input?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly timeoutMs?: number
}

export const spawnCli = (
  args: ReadonlyArray<string>,
  { cwd, env }: Pick<RunOptions, 'cwd' | 'env'> = {},
): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    // Compiled once: a call takes a third less.
    env: { ...process.env, FORCE_COLOR: undefined, NODE_COMPILE_CACHE: compiled, ...env },
  })

/** The command line, from its arguments to its exit code. */
export const runCli = (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ran> =>
  collected(spawnCli(args, options), options)

const collected = (
  child: ChildProcessWithoutNullStreams,
  { input = '', timeoutMs = 60_000 }: Pick<RunOptions, 'input' | 'timeoutMs'>,
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    let out = ''
    let err = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    child.stdout.setEncoding('utf8').on('data', (data) => {
      out += data
    })
    child.stderr.setEncoding('utf8').on('data', (data) => {
      err += data
    })
    child.on('error', reject)
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, out, err })
    })
  })

/** An `underlag execute` that stays open: commands in, answers out, one at a time. */
export interface Executing {
  readonly send: (command: object) => Promise<Answer>
  readonly end: () => Promise<number | null>
}

export const executing = (args: ReadonlyArray<string>): Executing => {
  const child = spawnCli(['execute', '-', ...args])
  const waiting: Array<(line: string | undefined) => void> = []
  let err = ''
  child.stderr.on('data', (data) => {
    err += data
  })
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line))
  const closed = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      for (const resume of waiting.splice(0)) resume(undefined)
      resolve(code)
    })
  })
  return {
    send: (command) =>
      new Promise((resolve, reject) => {
        waiting.push((line) =>
          line === undefined ? reject(new Error(`execute ended: ${err}`)) : resolve(JSON.parse(line) as Answer),
        )
        child.stdin.write(`${JSON.stringify(command)}\n`)
      }),
    end: () => {
      child.stdin.end()
      return closed
    },
  }
}

/** What `npx underlag` runs, with options of Node itself. */
export const runBin = (
  nodeOptions: ReadonlyArray<string>,
  args: ReadonlyArray<string>,
  { env, cwd, uid, ...options }: RunOptions & { readonly uid?: number } = {},
): Promise<Ran> =>
  collected(
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...nodeOptions, bin, ...args], {
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid }),
    }),
    options,
  )

/** The command line as one line of a shell. */
export const cliLine = (args: ReadonlyArray<string>): string =>
  [process.execPath, '--disable-warning=ExperimentalWarning', program, ...args]
    .map((arg) => `'${arg.replaceAll("'", "'\\''")}'`)
    .join(' ')

export const shell = (line: string): Promise<Ran> => collected(spawn('sh', ['-c', line]), {})

/** Runs another program; its exit code, or -1 where there is none. */
export const runProgram = (name: string, args: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(name, args, { stdio: 'ignore' })
    child.on('error', () => resolve(-1))
    child.on('close', (code) => resolve(code ?? -1))
  })
