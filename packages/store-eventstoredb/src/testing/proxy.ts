import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy on loopback that can be cut, or swallow everything as a broken network does. */
export interface Proxy {
  readonly port: number
  /** Ends every connection; new ones go through. */
  readonly cut: () => void
  /** Says nothing and passes nothing on, on connections there are and on new ones, until `heal`. */
  readonly blackHole: () => void
  /** New connections go through again; those that were swallowed stay dead, as they do where a firewall forgot them. */
  readonly heal: () => void
  readonly close: () => Promise<void>
}

export const startProxy = async (to: number): Promise<Proxy> => {
  const sockets = new Set<Socket>()
  let swallowing = false
  const dead = new WeakSet<Socket>()
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      if (swallowing) dead.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    const pass = (from: Socket, onto: Socket): void => {
      from.on('data', (chunk) => {
        if (!dead.has(from)) onto.write(chunk)
      })
      from.on('close', () => {
        if (!dead.has(from)) onto.destroy()
      })
    }
    pass(client, upstream)
    pass(upstream, client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    cut,
    blackHole: () => {
      swallowing = true
      for (const socket of sockets) dead.add(socket)
    },
    heal: () => {
      swallowing = false
    },
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
