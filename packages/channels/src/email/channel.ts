import { type Channel, Email, type Invoice, type Sent, type ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { attempts } from '../attempts.js'
import { refused, retry } from '../failures.js'
import { isNotNow, type MakeUbl, madeUbl, rulesOf, UBL_NOT_NOW } from '../ubl.js'
import { type SmtpConnections, smtpConnections } from './connections.js'
import { type ComposedMail, composeMail } from './message.js'
import { loadNodemailer, type Nodemailer } from './nodemailer.js'
import { failureOf, replyCodes } from './outcome.js'
import type { EmailSettings } from './settings.js'
import { transmit } from './transmit.js'

/**
 * Invoices by e-mail, over SMTP.
 *
 * SMTP knows no idempotency: when the answer to a whole message is lost, nobody can tell whether it was taken. Such a mail is
 * in doubt and left to a person; what certainly did not leave is tried again. `makeUbl` is asked where `attachUbl` is set.
 */
export const emailChannel = (settings: EmailSettings, makeUbl?: MakeUbl): Channel => {
  const { run, close } = attempts(settings.timeoutMs)
  const connections = smtpConnections(settings.smtp)
  return {
    name: 'email',
    afterCrash: 'hold',
    retry: settings.retry,
    timeoutMs: settings.timeoutMs,
    rate: settings.rate,
    preflight: ({ buyer }) =>
      buyer.email === undefined ? ['noEmailAddress'] : Email.is(buyer.email) ? [] : ['invalidEmailAddress'],
    send: (shipment) => () =>
      run(shipment, async (signal) => {
        const mailer = await loadNodemailer()
        if (E.isLeft(mailer)) return retry(mailer.left)
        const ubl = await attachedUbl(shipment.invoice, settings, makeUbl)
        if (E.isLeft(ubl)) return ubl
        const mail = await composeMail(mailer.right, shipment, settings, ubl.right.attached)
        if (E.isLeft(mail)) return refused(mail.left)
        const sent = await attempt(mailer.right, connections, mail.right, signal)
        const { without } = ubl.right
        return without === undefined
          ? sent
          : E.map((yes: Sent): Sent => ({ ...yes, detail: `${yes.detail}, without the UBL: ${without}` }))(sent)
      }),
    close: async () => {
      await close()
      await connections.close()
    },
  }
}

interface AttachedUbl {
  readonly attached?: string
  /** Why there is none where one was asked for. */
  readonly without?: string
}

/** The UBL to attach. Not every invoice can be one, such as that of a person; the PDF is the invoice all the same. */
const attachedUbl = async (
  invoice: Invoice,
  { attachUbl, disclosure }: EmailSettings,
  makeUbl: MakeUbl | undefined,
): Promise<E.Either<ShipmentFailure, AttachedUbl>> => {
  if (!attachUbl || makeUbl === undefined || disclosure === 'notice') return E.right({})
  const made = await madeUbl(makeUbl, invoice)
  if (E.isRight(made)) return E.right({ attached: made.right })
  return isNotNow(made.left) ? retry(UBL_NOT_NOW) : E.right({ without: rulesOf(made.left) })
}

const attempt = async (
  mailer: Nodemailer,
  connections: SmtpConnections,
  mail: ComposedMail,
  signal: AbortSignal,
): Promise<E.Either<ShipmentFailure, Sent>> => {
  for (let fresh = false; ; fresh = true) {
    const lease = await connections.acquire(mailer, signal, fresh)
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
