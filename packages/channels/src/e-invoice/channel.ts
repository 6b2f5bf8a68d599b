import type { Channel, Invoice, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import { either as E } from 'fp-ts'
import type { AccessPoint, InDoubt, Routing } from './access-point.js'
import { pause } from './pause.js'
import { isSameParticipant } from './peppol.js'
import { registrations } from './registrations.js'
import type { EInvoiceCommon } from './settings-parts.js'
import { limited } from './time-limit.js'
import { ublParties } from './ubl-parties.js'

/** Why no UBL document can be made of an invoice: rules and fields, as `invoiceUbl` of `@underlag/documents/ubl` tells them. */
export interface NoUbl {
  readonly reasons: ReadonlyArray<{ readonly rule: string; readonly field: string }>
}

/** Writes an invoice as UBL, the same text at every attempt. */
export type MakeUbl = (invoice: Invoice) => E.Either<NoUbl, string> | Promise<E.Either<NoUbl, string>>

/**
 * Invoices to companies through the Peppol network, by an access point.
 *
 * The recipient is looked up first: only who takes e-invoices gets one. Where the access point knows an intent again, a lost answer
 * is asked for within the same attempt; what then is still open is in doubt, and never called failed.
 */
export const eInvoiceChannel = (accessPoint: AccessPoint, makeUbl: MakeUbl, settings: EInvoiceCommon): Channel => {
  const registered = registrations(accessPoint)
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  const attempt = async (shipment: Shipment, limit: AbortSignal): Promise<Outcome> => {
    const made = await routed(accessPoint, makeUbl, shipment.invoice)
    if (E.isLeft(made)) return made
    const { ubl, routing } = made.right
    const found = await registered(routing.receiver, routing.document, limit)
    if (E.isLeft(found)) {
      const { detail } = found.left
      return found.left._tag === 'rejected' ? refused(detail) : again(detail, found.left.notBefore)
    }
    if (found.right === 'notRegistered') return refused(NOT_REGISTERED)
    return handOver(accessPoint, ubl, shipment.idempotencyKey, routing, settings, limit)
  }

  return {
    name: 'eInvoice',
    afterCrash: accessPoint.idempotent ? 'resend' : 'hold',
    retry: settings.retry,
    timeoutMs: settings.timeoutMs,
    preflight: (invoice) => whyNot(accessPoint, invoice),
    send: (shipment) => () => {
      if (closed || shipment.signal.aborted) return Promise.resolve(again('the attempt was stopped before it began'))
      const sending = limited(shipment.signal, settings.timeoutMs, (limit) => attempt(shipment, limit))
      underWay.add(sending)
      return sending.finally(() => underWay.delete(sending))
    },
    // What has begun is let to its end: cut off now, a document that is taken would be in doubt.
    close: async () => {
      closed = true
      await Promise.allSettled(underWay)
    },
  }
}

type Outcome = E.Either<ShipmentFailure, Sent>

const NOT_REGISTERED = 'the recipient is not registered for this document in the network'

const whyNot = (
  { serves }: AccessPoint,
  { payer, buyer }: Parameters<Channel['preflight']>[0],
): ReadonlyArray<string> => [
  // Peppol is between businesses: a person's invoice goes another way.
  ...(payer.kind === 'company' ? [] : ['notToPersons']),
  ...(buyer.eInvoice === undefined
    ? ['noElectronicAddress']
    : serves(buyer.eInvoice)
      ? []
      : ['electronicAddressNotServed']),
]

interface Routed {
  readonly ubl: string
  readonly routing: Routing
}

/** The document and where it goes; refused where the two do not belong together. */
const routed = async (
  accessPoint: AccessPoint,
  makeUbl: MakeUbl,
  invoice: Invoice,
): Promise<E.Either<ShipmentFailure, Routed>> => {
  const reasons = whyNot(accessPoint, invoice)
  const receiver = invoice.buyer.eInvoice
  if (reasons.length > 0 || receiver === undefined) return refused(reasons.join(', '))
  let made: E.Either<NoUbl, string>
  try {
    made = await makeUbl(invoice)
  } catch {
    // What it says may quote the invoice.
    return refused('the document could not be made')
  }
  if (E.isLeft(made))
    return refused(`no e-invoice: ${made.left.reasons.map(({ rule, field }) => `${rule} ${field}`).join(', ')}`)
  const parties = ublParties(made.right)
  if (parties === undefined) return refused('the document does not say from whom to whom it goes')
  // The last look before it leaves: a document is only ever sent to the one it is made out to.
  if (!isSameParticipant(parties.receiver, receiver)) return refused('the document is made out to another recipient')
  if (parties.document !== invoice.kind || onOneLine(parties.documentId) !== onOneLine(invoice.invoiceNumber))
    return refused('the document is of another invoice')
  return E.right({ ubl: made.right, routing: { ...parties, country: invoice.seller.address.country } })
}

/** UBL has no line breaks and no runs of blanks in a number. */
const onOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** Submits, and where the answer is lost asks again under the same key while there is time. */
const handOver = async (
  accessPoint: AccessPoint,
  ubl: string,
  key: string,
  routing: Routing,
  { askAgainAfterMs, timeoutMs }: EInvoiceCommon,
  limit: AbortSignal,
): Promise<Outcome> => {
  // An answer that does not come leaves time to ask again.
  const answerMs = accessPoint.idempotent ? timeoutMs / 2 : timeoutMs
  let doubt: InDoubt | undefined
  for (const wait of [0, ...askAgainAfterMs]) {
    if (wait > 0) await pause(wait, limit)
    if (limit.aborted) break
    const result = await limited(limit, answerMs, (signal) => accessPoint.submit(ubl, key, routing, signal)())
    if (E.isRight(result)) return accepted(result.right, false)
    const failure = result.left
    switch (failure._tag) {
      case 'duplicate':
        return accepted(failure.transportId, true)
      case 'rejected':
        return refused(failure.detail)
      case 'retryable':
        // That this try was not taken says nothing of the one before.
        if (doubt === undefined) return again(failure.detail, failure.notBefore)
        break
      case 'inDoubt':
        doubt = failure
        if (!accessPoint.idempotent) return E.left(doubt)
    }
  }
  return doubt === undefined ? again('the attempt was stopped') : E.left(doubt)
}

const accepted = (transportId: string | undefined, already: boolean): Outcome =>
  E.right({
    status: 'accepted',
    detail: [
      ...(transportId === undefined ? [] : [`transport ${transportId}`]),
      ...(already ? ['taken by an earlier attempt'] : []),
    ].join(', '),
  })

const again = (detail: string, notBefore?: string): E.Either<ShipmentFailure, never> =>
  E.left({ _tag: 'retry', detail, ...(notBefore === undefined ? {} : { notBefore }) })

const refused = (detail: string): E.Either<ShipmentFailure, never> => E.left({ _tag: 'refused', detail })
