import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server for tests, reached at `connection`. Its signals and restarts are only there where the tests started it. */
export interface TestServer {
  readonly connection: string
  readonly own?: OwnServer
}

/** One process on a loopback port, with data of its own that are gone with the test's process. */
export interface OwnServer {
  readonly port: number
  readonly signal: (signal: NodeJS.Signals) => void
  /** Waits until the process that was killed is gone, at most for so long. */
  readonly ended: (patienceMs?: number) => Promise<void>
  /** Starts it again, on the data and the port it had. */
  readonly start: () => Promise<void>
  /** Makes a backup, while it is stopped for a moment; what comes back puts that in the place of what there is then. */
  readonly backUp: () => Promise<() => Promise<void>>
  readonly stop: () => Promise<void>
}

/** Why there is none, where there is none. */
export const NO_SERVER =
  'there is no EventStoreDB: name one by UNDERLAG_TEST_ESDB (a connection string), or put eventstored on the PATH'

/** Why tests that kill their server cannot run. */
export const NO_OWN_SERVER = 'servers are started and killed here: put eventstored on the PATH'

/** How long a server may take to become the leader, in ms. */
const STARTING = 180_000

const isOnPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** Whether tests can start servers of their own. */
export const canStartServers = (): boolean => isOnPath('eventstored')

let shared: Promise<TestServer | undefined> | undefined

/** The one at `UNDERLAG_TEST_ESDB`, else one that is started; one a process. `undefined`: there is none. */
export const testServer = (): Promise<TestServer | undefined> => {
  shared ??= (async () => {
    const named = process.env.UNDERLAG_TEST_ESDB
    if (named !== undefined && named !== '') return { connection: named }
    if (!canStartServers()) return undefined
    const own = await startServer()
    return { connection: connectionTo(own.port), own }
  })()
  return shared
}

export const connectionTo = (...ports: ReadonlyArray<number>): string =>
  `esdb://${ports.map((port) => `127.0.0.1:${port}`).join(',')}?tls=false`

/** A single server; without TLS, unless given the arguments for it. */
export const startServer = async (security: ReadonlyArray<string> = ['--insecure']): Promise<OwnServer> => {
  const [port = 0, internal = 0] = await freePorts(2)
  const server = serverProcess(port, [...security, '--int-tcp-port', String(internal), '--cluster-size', '1'])
  await server.start()
  return server
}

/** Nodes on loopback that know each other, without TLS. Answers once they have a leader. */
export const startCluster = async (size: number): Promise<ReadonlyArray<OwnServer>> => {
  const ports = await freePorts(2 * size)
  const http = ports.slice(0, size)
  const nodes = http.map((port, i) =>
    serverProcess(port, [
      '--insecure',
      '--int-tcp-port',
      String(ports[size + i]),
      '--cluster-size',
      String(size),
      '--discover-via-dns',
      'false',
      '--gossip-seed',
      http
        .filter((other) => other !== port)
        .map((other) => `127.0.0.1:${other}`)
        .join(','),
    ]),
  )
  await Promise.all(nodes.map((node) => node.start()))
  return nodes
}

/** The state of a node, as it tells: `leader`, `follower` … `undefined`: it does not answer. */
export const stateOf = async (port: number): Promise<string | undefined> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/info`, { signal: AbortSignal.timeout(1000) })
    const { state } = (await response.json()) as { state?: unknown }
    return String(state)
  } catch {
    return undefined
  }
}

const serverProcess = (port: number, args: ReadonlyArray<string>): OwnServer => {
  const folder = mkdtempSync(join(tmpdir(), 'underlag-esdb-'))
  let child: ChildProcess | undefined
  let stopped = false
  const launch = (): void => {
    const launched = spawn(
      'eventstored',
      [
        '--http-port',
        String(port),
        '--node-ip',
        '127.0.0.1',
        '--replication-ip',
        '127.0.0.1',
        ...['db', 'index', 'log'].flatMap((part) => [`--${part}`, join(folder, part)]),
        '--run-projections',
        'None',
        '--disable-log-file',
        // Small, for what is in them is small: less than the default to write at every start.
        '--stream-existence-filter-size',
        '10000000',
        ...args,
      ],
      { stdio: 'ignore' },
    )
    // The test's process ends when its work is done, and takes the server with it.
    launched.unref()
    // A node that has to cut off what the others do not have ends by itself, with 0, and expects to be started again.
    launched.on('exit', (code) => {
      if (code === 0 && child === launched && !stopped) launch()
    })
    child = launched
  }
  const signal = (name: NodeJS.Signals): void => void child?.kill(name)
  const ended = async (patienceMs = STARTING): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    // Nothing else may be going on in this process: the timer keeps it alive as long as it waits, and no longer.
    const waiting = new AbortController()
    const over = sleep(patienceMs, undefined, waiting).catch(() => {})
    await Promise.race([once(child, 'exit'), over])
    waiting.abort()
  }
  process.on('exit', () => {
    signal('SIGKILL')
    // It may write for a moment yet.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  })
  const start = async (): Promise<void> => {
    await ended()
    launch()
    const deadline = performance.now() + STARTING
    const ready = args.includes('--insecure')
      ? async () => ['leader', 'follower'].includes((await stateOf(port))?.toLowerCase() ?? '')
      : () => listens(port)
    while (!(await ready())) {
      if ((child?.exitCode ?? 0) !== 0) throw new Error(`eventstored ended with ${child?.exitCode}`)
      if (performance.now() > deadline) throw new Error(`eventstored was not ready within ${STARTING} ms`)
      await sleep(50)
    }
  }
  const kept = join(folder, 'kept')
  /** Does something to the data, which nobody writes meanwhile. */
  const whileStopped = async (work: () => void): Promise<void> => {
    signal('SIGKILL')
    await ended()
    work()
    await start()
  }
  const parts = (of: string) => ['db', 'index'].map((part) => join(of, part))
  const replace = (from: string, to: string): void => {
    for (const [i, part] of parts(to).entries()) {
      rmSync(part, { recursive: true, force: true })
      cpSync(parts(from)[i] as string, part, { recursive: true })
    }
  }
  return {
    port,
    signal,
    ended,
    start,
    backUp: async () => {
      await whileStopped(() => replace(folder, kept))
      return () => whileStopped(() => replace(kept, folder))
    },
    stop: async () => {
      stopped = true
      signal('SIGKILL')
      await ended()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** Ports that nobody has, all held until all are found, so that none is given twice. */
const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const listener = createServer().listen(0, '127.0.0.1')
      await once(listener, 'listening')
      return listener
    }),
  )
  const ports = held.map((listener) => (listener.address() as { port: number }).port)
  await Promise.all(held.map((listener) => new Promise((resolve) => listener.close(resolve))))
  return ports
}
