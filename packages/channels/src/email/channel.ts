import { type Channel, Email, type Sent, type Shipment, type ShipmentFailure } from '@underlag/invoicing'
import { either as E } from 'fp-ts'
import { type SmtpConnections, smtpConnections } from './connections.js'
import { type ComposedMail, composeMail } from './message.js'
import { failureOf, replyCodes } from './outcome.js'
import type { EmailSettings } from './settings.js'
import { transmit } from './transmit.js'

/**
 * Invoices by e-mail, over SMTP.
 *
 * SMTP knows no idempotency: when the answer to a whole message is lost, nobody can tell whether it was taken. Such a mail is
 * in doubt and left to a person; what certainly did not leave is tried again.
 */
export const emailChannel = (settings: EmailSettings): Channel => {
  const connections = smtpConnections(settings.smtp)
  const underWay = new Set<Promise<unknown>>()
  let closed = false
  return {
    name: 'email',
    afterCrash: 'hold',
    retry: settings.retry,
    timeoutMs: settings.timeoutMs,
    preflight: ({ buyer }) =>
      buyer.email === undefined ? ['noEmailAddress'] : Email.is(buyer.email) ? [] : ['invalidEmailAddress'],
    send: (shipment) => () => {
      if (closed) return Promise.resolve(E.left(failureOf({ code: 'ECLOSED' }, 'connecting')))
      const sending = send(connections, settings, shipment)
      underWay.add(sending)
      return sending.finally(() => underWay.delete(sending))
    },
    // What has begun is let to its end: cut off now, a mail that goes well would be in doubt.
    close: async () => {
      closed = true
      await Promise.allSettled(underWay)
      await connections.close()
    },
  }
}

const send = async (
  connections: SmtpConnections,
  settings: EmailSettings,
  shipment: Shipment,
): Promise<E.Either<ShipmentFailure, Sent>> => {
  const mail = await composeMail(shipment, settings)
  if (E.isLeft(mail)) return E.left({ _tag: 'refused', detail: mail.left })

  const timeOut = new AbortController()
  const timer = setTimeout(() => timeOut.abort(), settings.timeoutMs)
  const signal = AbortSignal.any([shipment.signal, timeOut.signal])
  try {
    const result = await attempt(connections, mail.right, signal)
    // Of an attempt that was cut off, the reason is worth more than the code.
    return E.isLeft(result) && timeOut.signal.aborted
      ? E.left({ ...result.left, detail: `${result.left.detail}; not done within ${settings.timeoutMs} ms` })
      : result
  } finally {
    clearTimeout(timer)
  }
}

const attempt = async (
  connections: SmtpConnections,
  mail: ComposedMail,
  signal: AbortSignal,
): Promise<E.Either<ShipmentFailure, Sent>> => {
  for (let fresh = false; ; fresh = true) {
    const lease = await connections.acquire(signal, fresh)
    if (E.isLeft(lease)) return E.left(failureOf(lease.left, 'connecting'))
    const { connection, reused } = lease.right
    const result = await transmit(connection, mail, signal)
    if (E.isRight(result)) {
      connections.giveBack(lease.right)
      return E.right({ status: 'accepted', detail: accepted(result.right.response, mail.messageId) })
    }
    const { error, phase } = result.left
    const failure = failureOf(error, phase)
    if (error.responseCode !== undefined && error.responseCode !== 421 && phase !== 'data') {
      connections.recycle(lease.right)
      return E.left(failure)
    }
    connections.discard(lease.right)
    // The server had given up a connection that was kept open: nothing of this mail was sent, so a new one is opened for it.
    if (reused && !fresh && phase === 'envelope' && failure._tag === 'retry' && !signal.aborted) continue
    return E.left(failure)
  }
}

/** `250 2.0.0, queue id 4XyZ12, message id <…>`: what is asked for when a mail is to be found in the server's log. */
const accepted = (response: string, messageId: string): string => {
  const [, queueId] = /\bqueued as ([A-Za-z0-9-]{4,40})\b/i.exec(response) ?? []
  return [
    replyCodes(response),
    ...(queueId === undefined ? [] : [`queue id ${queueId}`]),
    `message id ${messageId}`,
  ].join(', ')
}
