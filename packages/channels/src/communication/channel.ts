import type { Channel, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import { either as E } from 'fp-ts'
import type { Inbox, InboxFailure } from './inbox.js'
import type { Links } from './links.js'
import type { CommunicationSettings } from './settings.js'
import { inboxTexts } from './texts.js'

/**
 * Invoices via the host's communication with its clients: a message that there is one, with a link that opens after a login.
 *
 * Both steps know an intent again by its idempotency key, so whatever is not certain is simply done again: nothing is ever in doubt.
 */
export const communicationChannel = (inbox: Inbox, links: Links, settings: CommunicationSettings): Channel => {
  const underWay = new Set<Promise<unknown>>()
  let closed = false
  return {
    name: 'communication',
    afterCrash: 'resend',
    retry: settings.retry,
    timeoutMs: settings.timeoutMs,
    preflight: ({ payer }) => (payer.kind === 'company' ? ['notToCompanies'] : []),
    send: (shipment) => () => {
      if (closed) return Promise.resolve(again('the channel was closed'))
      const sending = send(inbox, links, settings, shipment)
      underWay.add(sending)
      return sending.finally(() => underWay.delete(sending))
    },
    close: async () => {
      closed = true
      await Promise.allSettled(underWay)
    },
  }
}

type Outcome = E.Either<ShipmentFailure, Sent>

const send = async (
  inbox: Inbox,
  links: Links,
  { documentsUrl, timeoutMs }: CommunicationSettings,
  { deliveryId, idempotencyKey, invoice, signal }: Shipment,
): Promise<Outcome> => {
  // Asked before the attempt too; a document never goes to a client who is not its payer.
  if (invoice.payer.kind !== 'client') return refused('notToCompanies')
  const clientId = invoice.payer.id
  if (signal.aborted) return again('the attempt was stopped')
  // Not AbortSignal.timeout: that lets a process end while it waits for this.
  const timeOut = new AbortController()
  const timer = setTimeout(() => timeOut.abort(), timeoutMs)
  const limit = AbortSignal.any([signal, timeOut.signal])
  let posting = false
  try {
    const token = await within(
      limit,
      links.issue({ messageId: idempotencyKey, clientId, invoiceNumber: invoice.invoiceNumber, deliveryId }),
    )
    if (token === undefined) return again(stopped(signal, timeoutMs))
    if (E.isLeft(token)) {
      return token.left._tag === 'LinkTaken'
        ? refused('the message has a link to another document already')
        : again(token.left.detail)
    }
    posting = true
    const text = inboxTexts[invoice.language][invoice.kind]
    const posted = await within(
      limit,
      inbox.post({ messageId: idempotencyKey, clientId, text, link: `${documentsUrl}${token.right}` }, limit),
    )
    if (posted === undefined) return again(`${stopped(signal, timeoutMs)}; ${MAYBE}`)
    if (E.isLeft(posted)) return notPosted(posted.left)
    const already = posted.right === 'alreadyPosted' ? ', posted already' : ''
    return E.right({ status: 'accepted', detail: `message ${idempotencyKey}${already}` })
  } catch {
    // A host's inbox that throws: what it says may be about the client, so it is not repeated here.
    return again(posting ? `the inbox failed; ${MAYBE}` : 'the inbox failed')
  } finally {
    clearTimeout(timer)
  }
}

const MAYBE = 'it may have been posted, and the message id makes posting again safe'

/** The result, or `undefined` where it did not come in time. It may still come to pass: then the next attempt finds it done. */
const within = <A>(limit: AbortSignal, task: () => Promise<A>): Promise<A | undefined> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined)
    limit.addEventListener('abort', onAbort, { once: true })
    task()
      .then(resolve, reject)
      .finally(() => limit.removeEventListener('abort', onAbort))
  })

const stopped = (signal: AbortSignal, timeoutMs: number): string =>
  signal.aborted ? 'the attempt was stopped' : `the inbox did not answer within ${timeoutMs} ms`

const again = (detail: string): Outcome => E.left({ _tag: 'retry', detail })
const refused = (detail: string): Outcome => E.left({ _tag: 'refused', detail })

const notPosted = (failure: InboxFailure): Outcome =>
  failure._tag === 'InboxUnavailable' ? again(failure.detail) : refused('the client has no inbox')
