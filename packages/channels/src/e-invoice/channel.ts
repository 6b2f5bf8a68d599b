import type { Channel, Invoice, Sent, ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { attempts } from '../attempts.js'
import { inDoubt, refused, retry, unsure } from '../failures.js'
import { limited } from '../time-limit.js'
import { isNotNow, type MakeUbl, madeUbl, rulesOf, UBL_NOT_NOW } from '../ubl.js'
import type { AccessPoint, InDoubt, Routing } from './access-point.js'
import { pause } from './pause.js'
import { isSameParticipant } from './peppol.js'
import { registrations } from './registrations.js'
import type { EInvoiceCommon } from './settings-parts.js'
import { ublParties } from './ubl-parties.js'

/**
 * Invoices to companies through the Peppol network, by an access point.
 *
 * The recipient is looked up first: only who takes e-invoices gets one. Where the access point knows an intent again, a lost answer
 * is asked for within the same attempt, and what is then still open is tried again later; where it does not, it is in doubt.
 */
export const eInvoiceChannel = (accessPoint: AccessPoint, makeUbl: MakeUbl, settings: EInvoiceCommon): Channel => {
  const { run, close } = attempts(settings.timeoutMs)
  const registered = registrations(accessPoint)
  const { status, verifyWebhook, idempotent } = accessPoint
  return {
    name: 'eInvoice',
    afterCrash: idempotent ? 'resend' : 'hold',
    retry: settings.retry,
    timeoutMs: settings.timeoutMs,
    rate: settings.rate,
    preflight: (invoice) => whyNot(accessPoint, invoice),
    send: (shipment) => () =>
      run(shipment, async (limit) => {
        const made = await routed(accessPoint, makeUbl, shipment.invoice)
        if (E.isLeft(made)) return made
        const { ubl, routing } = made.right
        const found = await registered(routing.receiver, routing.document, limit)
        if (E.isLeft(found)) {
          const { detail } = found.left
          return found.left._tag === 'rejected' ? refused(detail) : retry(detail, found.left.notBefore)
        }
        if (found.right === 'notRegistered') return refused(NOT_REGISTERED)
        return handOver(accessPoint, ubl, shipment.idempotencyKey, routing, settings, limit)
      }),
    ...(status === undefined ? {} : { report: status }),
    ...(verifyWebhook === undefined ? {} : { verifyWebhook }),
    close,
  }
}

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
  const made = await madeUbl(makeUbl, invoice)
  if (E.isLeft(made)) {
    if (isNotNow(made.left)) return retry(UBL_NOT_NOW)
    return refused(`no e-invoice: ${rulesOf(made.left)}`)
  }
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
): Promise<E.Either<ShipmentFailure, Sent>> => {
  // An answer that does not come leaves time to ask again.
  const answerMs = accessPoint.idempotent ? timeoutMs / 2 : timeoutMs
  let doubt: InDoubt | undefined
  for (const wait of [0, ...askAgainAfterMs]) {
    if (wait > 0) await pause(wait, limit)
    if (limit.aborted) break
    const result = await limited(limit, answerMs, (signal) => accessPoint.submit(ubl, key, routing, signal)())
    if (E.isRight(result)) return E.right(accepted(result.right, false))
    const failure = result.left
    switch (failure._tag) {
      case 'duplicate':
        return E.right(accepted(failure.transportId, true))
      case 'rejected':
        return doubt === undefined || failure.ofKey
          ? refused(failure.detail)
          : inDoubt(`${failure.detail}; before that ${doubt.detail}`)
      case 'retryable':
        // That this try was not taken says nothing of the one before.
        if (doubt === undefined) return retry(failure.detail, failure.notBefore)
        break
      case 'inDoubt':
        doubt = failure
        if (!accessPoint.idempotent) return inDoubt(doubt.detail)
    }
  }
  return doubt === undefined ? retry('the attempt was stopped') : unsure(doubt.detail)
}

const accepted = (transportId: string | undefined, already: boolean): Sent => ({
  status: 'accepted',
  detail: [
    ...(transportId === undefined ? [] : [`transport ${transportId}`]),
    ...(already ? ['taken by an earlier attempt'] : []),
  ].join(', '),
  ...(transportId === undefined ? {} : { transportId }),
})
