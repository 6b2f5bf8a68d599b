import { Readable } from 'node:stream'
import * as E from 'fp-ts/lib/Either.js'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { ComposedMail } from './message.js'
import type { Phase, SmtpError } from './outcome.js'

/** A mail that was not answered with a yes, and how far it had come. */
export interface NotTransmitted {
  readonly error: SmtpError
  readonly phase: Exclude<Phase, 'connecting'>
}

/** The server's yes, whole. */
export interface Transmitted {
  readonly response: string
}

const CHUNK = 16_384

/** Hands one mail to the server over one connection, once. Never tries again by itself. */
export const transmit = (
  connection: SMTPConnection,
  { envelope, bytes }: ComposedMail,
  signal: AbortSignal,
): Promise<E.Either<NotTransmitted, Transmitted>> =>
  new Promise((resolve) => {
    let phase: NotTransmitted['phase'] = 'envelope'
    let offset = 0
    const source = new Readable({
      highWaterMark: CHUNK,
      // nodemailer first reads when the server has answered DATA with 354.
      read() {
        phase = 'data'
        if (offset >= bytes.length) {
          // The final dot is written when the source ends. Said before it can happen, so never too late.
          phase = 'ended'
          this.push(null)
          return
        }
        const chunk = bytes.subarray(offset, offset + CHUNK)
        offset += chunk.length
        this.push(chunk)
      },
    })
    let settled = false
    const settle = (result: E.Either<NotTransmitted, Transmitted>): void => {
      if (settled) return
      settled = true
      signal.removeEventListener('abort', onAbort)
      connection.removeListener('end', onEnd)
      resolve(result)
    }
    const fail = (error: SmtpError): void => settle(E.left({ error, phase }))
    const onAbort = (): void => {
      fail({ code: 'EABORT' })
      connection.close()
    }
    // Some ways of closing leave the callback uncalled; where it is called, that is before this.
    const onEnd = (): void => {
      setImmediate(() => fail({ code: 'ECONNECTION' }))
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    connection.once('end', onEnd)
    connection.send({ from: envelope.from, to: [...envelope.to], size: bytes.length }, source, (error, info) => {
      if (error || info === undefined) return fail(error ?? {})
      // A yes to a message whose end was not sent yet is no answer to that message.
      if (phase !== 'ended') {
        phase = 'ended'
        return fail({ code: 'EEARLY' })
      }
      settle(E.right({ response: info.response }))
    })
  })
