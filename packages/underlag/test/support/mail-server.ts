import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What the server says in place of yes; `cut`: it breaks the connection, `hang`: it says nothing any more. */
export type Reply = string | 'cut' | 'hang' | undefined

export interface MailServerOptions {
  readonly port?: number
  readonly greeting?: () => Reply
  readonly rcpt?: (to: string) => Reply
  /** In answer to a whole message. It was taken unless the answer is a code of refusal. */
  readonly end?: (mail: TakenMail) => Reply
  /** How long each whole message is thought about. */
  readonly delayMs?: () => number
  /** Called when a whole message has come, before anything is said. */
  readonly onMail?: (mail: TakenMail) => void | Promise<void>
}

export interface TakenMail {
  readonly messageId: string
  readonly to: string
  readonly raw: string
}

/** A mail server by hand, that can fail where the sink of `@underlag/channels` cannot. */
export interface MailServer {
  readonly port: number
  /** Whole messages that were not refused, whether the client ever heard so or not. */
  readonly taken: ReadonlyArray<TakenMail>
  readonly connections: () => number
  readonly close: () => Promise<void>
}

export const mailServer = async (options: MailServerOptions = {}): Promise<MailServer> => {
  const taken: Array<TakenMail> = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.setEncoding('latin1')
    let rest = ''
    let to = ''
    let inMessage = false
    let turn = Promise.resolve()

    const say = (reply: Reply, otherwise: string): void => {
      if (reply === 'cut') socket.resetAndDestroy()
      else if (reply !== 'hang' && !socket.destroyed) socket.write(`${reply ?? otherwise}\r\n`)
    }
    const message = async (raw: string): Promise<void> => {
      const messageId = /^message-id:\s*(<[^>]*>)/im.exec(raw)?.[1] ?? ''
      const mail = { messageId, to, raw }
      const reply = options.end?.(mail)
      // Taken before anything is said: whoever is killed while waiting for the answer has had its mail sent.
      if (reply === undefined || !/^[45]/.test(reply)) taken.push(mail)
      await options.onMail?.(mail)
      const delay = options.delayMs?.() ?? 0
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
      say(reply, '250 2.0.0 Ok: queued as ABC123')
    }
    const take = (): boolean => {
      if (inMessage) {
        const end = rest.indexOf('\r\n.\r\n')
        if (end === -1) return false
        const raw = rest.slice(0, end)
        rest = rest.slice(end + 5)
        inMessage = false
        turn = turn.then(() => message(raw))
        return true
      }
      const end = rest.indexOf('\r\n')
      if (end === -1) return false
      const line = rest.slice(0, end)
      rest = rest.slice(end + 2)
      switch (line.slice(0, 4).toUpperCase()) {
        case 'EHLO':
          say(undefined, '250-by-hand\r\n250 8BITMIME')
          break
        case 'RCPT':
          to = /<([^>]*)>/.exec(line)?.[1] ?? ''
          say(options.rcpt?.(to), '250 2.1.5 ok')
          break
        case 'DATA':
          inMessage = true
          say(undefined, '354 go on')
          break
        case 'QUIT':
          socket.end('221 bye\r\n')
          break
        default:
          say(undefined, '250 2.0.0 ok')
      }
      return true
    }
    socket.on('data', (chunk: string) => {
      rest += chunk
      while (take());
    })
    say(options.greeting?.(), '220 by hand')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
