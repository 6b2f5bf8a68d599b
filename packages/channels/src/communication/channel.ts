import type { Channel, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { attempts } from '../attempts.js'
import { refused, retry, unsure } from '../failures.js'
import type { Inbox, InboxFailure } from './inbox.js'
import type { Links } from './links.js'
import type { CommunicationSettings } from './settings.js'
import { inboxTexts } from './texts.js'

/**
 * Invoices via the host's communication with its clients: a message that there is one, with a link that opens after a login.
 *
 * Both steps know an intent again by its idempotency key, so whatever is not certain is simply done again.
 */
export const communicationChannel = (inbox: Inbox, links: Links, settings: CommunicationSettings): Channel => {
  const { run, close } = attempts(settings.timeoutMs)
  return {
    name: 'communication',
    afterCrash: 'resend',
    retry: settings.retry,
    timeoutMs: settings.timeoutMs,
    rate: settings.rate,
    preflight: ({ payer }) => (payer.kind === 'company' ? ['notToCompanies'] : []),
    send: (shipment) => () => run(shipment, (limit) => send(inbox, links, settings, shipment, limit)),
    close,
  }
}

const send = async (
  inbox: Inbox,
  links: Links,
  { documentsUrl }: CommunicationSettings,
  { deliveryId, idempotencyKey, invoice, signal }: Shipment,
  limit: AbortSignal,
): Promise<E.Either<ShipmentFailure, Sent>> => {
  // Asked before the attempt too; a document never goes to a client who is not its payer.
  if (invoice.payer.kind !== 'client') return refused('notToCompanies')
  const clientId = invoice.payer.id
  const silence = () => (signal.aborted ? 'the attempt was stopped' : 'the inbox did not answer in time')
  let posting = false
  try {
    const token = await within(
      limit,
      links.issue({ messageId: idempotencyKey, clientId, invoiceNumber: invoice.invoiceNumber, deliveryId }),
    )
    if (token === undefined) return retry(silence())
    if (E.isLeft(token)) {
      return token.left._tag === 'LinkTaken'
        ? refused('the message has a link to another document already')
        : retry(token.left.detail)
    }
    posting = true
    const text = inboxTexts[invoice.language][invoice.kind]
    const posted = await within(
      limit,
      inbox.post({ messageId: idempotencyKey, clientId, text, link: `${documentsUrl}${token.right}` }, limit),
    )
    if (posted === undefined) return unsure(`${silence()}; ${MAYBE}`)
    if (E.isLeft(posted)) return notPosted(posted.left)
    const already = posted.right === 'alreadyPosted' ? ', posted already' : ''
    return E.right({ status: 'accepted', detail: `message ${idempotencyKey}${already}` })
  } catch {
    // A host's inbox that throws: what it says may be about the client, so it is not repeated here.
    return posting ? unsure(`the inbox failed; ${MAYBE}`) : retry('the inbox failed')
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

const notPosted = (failure: InboxFailure): E.Either<ShipmentFailure, never> => {
  if (failure._tag === 'ClientUnreachable') return refused('the client has no inbox')
  return failure.notPosted ? retry(failure.detail) : unsure(`${failure.detail}; ${MAYBE}`)
}
