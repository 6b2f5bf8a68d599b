import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Answer } from '../../src/index.js'

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
    env: { ...process.env, FORCE_COLOR: undefined, ...env },
  })

/** The command line, from its arguments to its exit code. */
export const runCli = (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawnCli(args, options)
    let out = ''
    let err = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000)
    child.stdout.on('data', (data) => {
      out += data
    })
    child.stderr.on('data', (data) => {
      err += data
    })
    child.on('error', reject)
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
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
