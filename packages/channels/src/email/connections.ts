import * as E from 'fp-ts/lib/Either.js'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { loginPause } from '../login-pause.js'
import type { Nodemailer } from './nodemailer.js'
import type { SmtpError } from './outcome.js'
import type { SmtpSettings } from './settings.js'

/** A connection lent to one mail. It comes back by one of `giveBack`, `recycle` and `discard`. */
export interface Lease {
  readonly connection: SMTPConnection
  /** It has served before: the server may have given it up in the meantime, which says nothing about this mail. */
  readonly reused: boolean
  readonly sent: number
}

/**
 * A few connections to one server, kept open between mails.
 *
 * Our own and not nodemailer's pool: that one decides by itself whether a mail is sent again over another connection, and on
 * an abort it does not tell how far the mail had come. Who answers for "never twice" must know both.
 */
export interface SmtpConnections {
  /** `fresh`: one that has not been used. */
  readonly acquire: (
    mailer: Pick<Nodemailer, 'SMTPConnection'>,
    signal: AbortSignal,
    fresh: boolean,
  ) => Promise<E.Either<SmtpError, Lease>>
  readonly giveBack: (lease: Lease) => void
  /** After a mail was refused: given back once the server has forgotten that mail (RSET), discarded where it does not answer. */
  readonly recycle: (lease: Lease) => void
  readonly discard: (lease: Lease) => void
  /** Says goodbye to the server and lends no more. Connections still lent are closed when they come back. */
  readonly close: () => Promise<void>
}

/** Mail servers close a connection after a hundred mails or some minutes of silence; we are a little earlier. */
const MAILS_PER_CONNECTION = 100
const IDLE_MS = 30_000
/** A server that answers neither RSET nor QUIT is not waited for. */
const PATIENCE_MS = 1_000

interface Idle {
  readonly lease: Lease
  readonly timer: NodeJS.Timeout
}

export const smtpConnections = (settings: SmtpSettings): SmtpConnections => {
  let free = settings.maxConnections
  let closed = false
  const login = loginPause<SmtpError>()
  const idle: Array<Idle> = []
  const waiting: Array<() => void> = []
  const speaking = new Set<Promise<boolean>>()

  const takeSlot = (signal: AbortSignal): Promise<boolean> => {
    if (free > 0) {
      free--
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(onSlot), 1)
        resolve(false)
      }
      const onSlot = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve(true)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      waiting.push(onSlot)
    })
  }
  const freeSlot = (): void => {
    const next = waiting.shift()
    if (next !== undefined) {
      next()
      return
    }
    free++
  }

  const forget = (entry: Idle): void => {
    clearTimeout(entry.timer)
    const at = idle.indexOf(entry)
    if (at !== -1) idle.splice(at, 1)
  }
  /** Something is still said to the server: `close` waits for it. */
  const lastWords = (connection: SMTPConnection, say: (done: (well: boolean) => void) => void): Promise<boolean> => {
    const said = new Promise<boolean>((resolve) => {
      const done = (well: boolean): void => {
        clearTimeout(timer)
        connection.removeListener('end', onEnd)
        resolve(well)
      }
      // nodemailer forgets its callbacks when a connection closes.
      const onEnd = (): void => done(false)
      const timer = setTimeout(() => done(false), PATIENCE_MS)
      connection.once('end', onEnd)
      say(done)
    }).finally(() => speaking.delete(said))
    speaking.add(said)
    return said
  }
  const sayGoodbye = (connection: SMTPConnection): void => {
    if (connection.destroyed) return
    void lastWords(connection, () => connection.quit()).then(() => connection.close())
  }
  const takeIdle = (): Lease | undefined => {
    for (let entry = idle.at(-1); entry !== undefined; entry = idle.at(-1)) {
      forget(entry)
      if (!entry.lease.connection.destroyed) return entry.lease
    }
    return undefined
  }

  const giveBack = (lease: Lease): void => {
    const { connection } = lease
    const next: Lease = { connection, reused: true, sent: lease.sent + 1 }
    if (closed || next.sent >= MAILS_PER_CONNECTION) sayGoodbye(connection)
    else if (!connection.destroyed) {
      const entry: Idle = {
        lease: next,
        timer: setTimeout(() => {
          forget(entry)
          sayGoodbye(connection)
        }, IDLE_MS),
      }
      entry.timer.unref()
      idle.push(entry)
    }
    freeSlot()
  }
  const discard = (lease: Lease): void => {
    lease.connection.close()
    freeSlot()
  }

  return {
    acquire: async (mailer, signal, fresh) => {
      if (closed) return E.left({ code: 'ECLOSED' })
      if (signal.aborted) return E.left({ code: 'EABORT' })
      if (!(await takeSlot(signal))) return E.left({ code: 'EBUSY' })
      const ready = takeIdle()
      if (ready !== undefined && !fresh) return E.right(ready)
      // Makes room for the new one: no more are open than were asked for.
      if (ready !== undefined) sayGoodbye(ready.connection)
      const refused = login.refused()
      const opened = refused === undefined ? await open(mailer, settings, signal) : E.left(refused)
      if (E.isLeft(opened)) {
        if (refused === undefined && opened.left.code === 'EAUTH') login.refuse(opened.left)
        freeSlot()
        return opened
      }
      return E.right({ connection: opened.right, reused: false, sent: 0 })
    },

    giveBack,
    discard,
    recycle: (lease) => {
      const { connection } = lease
      if (connection.destroyed) return discard(lease)
      void lastWords(connection, (done) => connection.reset((refused) => done(!refused))).then((fit) =>
        fit ? giveBack(lease) : discard(lease),
      )
    },

    close: async () => {
      closed = true
      for (let lease = takeIdle(); lease !== undefined; lease = takeIdle()) sayGoodbye(lease.connection)
      while (speaking.size > 0) await Promise.all(speaking)
    },
  }
}

/** Connects, encrypts and logs in. */
const open = (
  mailer: Pick<Nodemailer, 'SMTPConnection'>,
  settings: SmtpSettings,
  signal: AbortSignal,
): Promise<E.Either<SmtpError, SMTPConnection>> => {
  const { auth, tls = {} } = settings
  // Whoever must encrypt must know to whom. Where plain text would do as well, a certificate nobody can check
  // (a local relay's own) is no reason to fall back to it.
  const checked = settings.secure || settings.requireTls || tls.ca !== undefined
  const connection = new mailer.SMTPConnection({
    host: settings.host,
    port: settings.port,
    secure: settings.secure,
    requireTLS: settings.requireTls && !settings.secure,
    tls: { ...tls, minVersion: 'TLSv1.2', rejectUnauthorized: checked },
    // Once we close, not one byte more may leave: no lingering on what is still buffered.
    socketCloseTimeout: 0,
  })
  return new Promise((resolve) => {
    const settle = (result: E.Either<SmtpError, SMTPConnection>): void => {
      signal.removeEventListener('abort', onAbort)
      if (E.isLeft(result)) connection.close()
      resolve(result)
    }
    const onAbort = (): void => settle(E.left({ code: 'EABORT' }))
    signal.addEventListener('abort', onAbort, { once: true })
    // Stays on for the connection's life: an idle one that breaks must not throw.
    connection.on('error', (error: SmtpError) => settle(E.left(error)))
    // A close without an error, such as 421 in place of the login's answer. The error, if there is one, comes first.
    connection.once('end', () => setImmediate(() => settle(E.left({ code: 'ECONNECTION' }))))
    connection.connect((error) => {
      if (error) return settle(E.left(error))
      if (auth === undefined) return settle(E.right(connection))
      if (!connection.allowsAuth) return settle(E.left({ code: 'ENOAUTH' }))
      connection.login({ user: auth.user, pass: auth.pass }, (refused) =>
        settle(refused ? E.left({ ...picked(refused), code: 'EAUTH' }) : E.right(connection)),
      )
    })
  })
}

/** The fields we look at; the error itself holds the login. */
const picked = ({ code, originalCode, command, responseCode, response }: SmtpError): SmtpError => ({
  code,
  originalCode,
  command,
  responseCode,
  response,
})
