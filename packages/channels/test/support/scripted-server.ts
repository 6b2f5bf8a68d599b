import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What the server does at one point: says a line, says nothing for ever, cuts the connection, or says something and then cuts it. */
export type Move = string | 'hang' | 'cut' | { readonly cutAfter: string }
/** Moves may depend on the number of the connection and of the mail on it, both from 1. */
type Moves = Move | ((connection: number, mail: number) => Move)

export interface Script {
  readonly greeting?: Moves
  readonly ehlo?: Moves
  readonly login?: Moves
  readonly mail?: Moves
  readonly rcpt?: Moves
  /** In answer to DATA. */
  readonly data?: Moves
  /** Once so many bytes of the message have come. */
  readonly during?: { readonly bytes: number; readonly move: Move }
  /** In answer to the final dot, when the whole message has come. */
  readonly end?: Moves
  readonly reset?: Moves
}

/** A mail server that speaks SMTP by hand, so that it can fail at any point of it. */
export interface ScriptedServer {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Messages of which the end was seen, whatever was answered. */
  readonly seen: ReadonlyArray<string>
  readonly commands: ReadonlyArray<string>
  readonly connections: () => number
  readonly close: () => Promise<void>
}

export const scriptedServer = async (script: Script = {}, pipelining = true): Promise<ScriptedServer> => {
  const seen: Array<string> = []
  const commands: Array<string> = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    const connection = ++connections
    let mail = 0
    let recipients = 0
    let buffered = ''
    let inData = false
    let lastSaid = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.setEncoding('latin1')

    /** Whether the dialogue goes on. */
    const make = (moves: Moves): boolean => {
      const move = typeof moves === 'function' ? moves(connection, mail) : moves
      if (move === 'hang') socket.pause()
      else if (move === 'cut') socket.resetAndDestroy()
      else if (typeof move === 'object') socket.end(move.cutAfter)
      else {
        lastSaid = move
        socket.write(`${move}\r\n`)
        return true
      }
      return false
    }

    socket.on('data', (chunk: string) => {
      buffered += chunk
      for (;;) {
        if (inData) {
          const { during } = script
          if (during !== undefined && buffered.length >= during.bytes && !make(during.move)) return
          const empty = buffered.startsWith('.\r\n')
          const end = empty ? 0 : buffered.indexOf('\r\n.\r\n')
          if (end === -1) return
          if (!empty) seen.push(buffered.slice(0, end))
          buffered = buffered.slice(empty ? 3 : end + 5)
          inData = false
          if (!make(script.end ?? '250 2.0.0 Ok: queued as ABC123')) return
          continue
        }
        const end = buffered.indexOf('\r\n')
        if (end === -1) return
        const command = buffered.slice(0, end)
        buffered = buffered.slice(end + 2)
        commands.push(command)
        const verb = command.slice(0, 4).toUpperCase()
        if (verb === 'MAIL') {
          mail++
          recipients = 0
        }
        if (verb === 'DATA') {
          const moves = script.data ?? (recipients > 0 ? '354 go on' : '554 5.5.1 no valid recipients')
          const move = typeof moves === 'function' ? moves(connection, mail) : moves
          // A hanging server has taken the command and reads on, or not: it says nothing.
          inData = typeof move === 'string' && move.startsWith('354')
          if (!make(move)) return
          continue
        }
        const moves: Moves =
          verb === 'EHLO'
            ? (script.ehlo ??
              `250-scripted\r\n${script.login === undefined ? '' : '250-AUTH PLAIN\r\n'}${pipelining ? '250-PIPELINING\r\n' : ''}250 8BITMIME`)
            : verb === 'AUTH'
              ? (script.login ?? '235 2.7.0 welcome')
              : verb === 'MAIL'
                ? (script.mail ?? '250 2.1.0 ok')
                : verb === 'RCPT'
                  ? (script.rcpt ?? '250 2.1.5 ok')
                  : verb === 'QUIT'
                    ? { cutAfter: '221 bye\r\n' }
                    : verb === 'RSET'
                      ? (script.reset ?? '250 2.0.0 ok')
                      : '502 5.5.1 not known'
        if (!make(moves)) return
        if (verb === 'RCPT' && lastSaid.startsWith('250')) recipients++
      }
    })
    make(script.greeting ?? '220 scripted ESMTP')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    seen,
    commands,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
