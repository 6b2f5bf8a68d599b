import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** One request as it came in, whole. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer, or none: `hang` says nothing for ever, `cut` resets the connection. */
export type Move = Reply | 'hang' | 'cut'

/** What goes wrong at a step of a protocol. */
export interface StepFault<Step extends string> {
  readonly step: Step
  /** The step is carried out, and then this is answered in place of the truth. */
  readonly after?: Move
  /** This is answered, and nothing done. */
  readonly instead?: Move
  /** How many times. Default: once. */
  readonly times?: number
}

/** Carries steps out, or does as the next fault says that is left for one. */
export const faultsAt = <Step extends string>(
  faults: ReadonlyArray<StepFault<Step>>,
): ((step: Step, work: () => Move) => Move) => {
  const left = faults.map((fault) => ({ ...fault, left: fault.times ?? 1 }))
  return (step, work) => {
    const fault = left.find((one) => one.step === step && one.left > 0)
    if (fault === undefined) return work()
    fault.left--
    if (fault.instead !== undefined) return fault.instead
    const truth = work()
    return fault.after ?? truth
  }
}

export interface TestServer {
  readonly url: string
  readonly seen: ReadonlyArray<Seen>
  readonly close: () => Promise<void>
}

export const json = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  type = 'application/json',
): Reply => ({ status, headers: { 'Content-Type': type, ...headers }, body: JSON.stringify(body) })

/** A small HTTP server on loopback that answers by hand, and that can fall silent at any point. */
export const testServer = async (answer: (seen: Seen) => Move): Promise<TestServer> => {
  const seen: Array<Seen> = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    const chunks: Array<Buffer> = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => {})
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const request: Seen = { method, path: url, headers, body: Buffer.concat(chunks) }
      seen.push(request)
      const move = answer(request)
      if (move === 'hang') return
      if (move === 'cut') {
        incoming.socket.resetAndDestroy()
        return
      }
      outgoing.writeHead(move.status, move.headers)
      outgoing.end(move.body)
    })
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
