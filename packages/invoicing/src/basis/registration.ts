import * as E from 'fp-ts/lib/Either.js'
import { type DeliverySettings, whyNotDeliverable } from '../delivery/possible.js'
import type { Buyer, DeliveryChannel, ItemId } from '../ledger/invoice.js'
import type { Draft, PayerRefused } from '../ledger/ledger.js'
import { isInReach, type Money } from '../values/money.js'
import { documentLanguage, type Payer, payerKey } from '../values/party.js'
import { addDays, type LocalDate } from '../values/time.js'
import { type Candidate, invoiceLines, isDue, isPriced, type UnderlagContext } from './underlag.js'

/** The document template that is in force; it is frozen on the invoice. */
export const TEMPLATE_VERSION = 1

export type RegistrationRefusal =
  | { readonly _tag: 'InvoicingNotActivated' }
  | { readonly _tag: 'SellerMissing' }
  | { readonly _tag: 'UnknownCustomer'; readonly customer: Payer }
  | { readonly _tag: 'UnknownItem'; readonly items: ReadonlyArray<ItemId> }
  /** `invoiceNumber` where all are on one. */
  | { readonly _tag: 'AlreadyInvoiced'; readonly items: ReadonlyArray<ItemId>; readonly invoiceNumber?: string }
  | { readonly _tag: 'NotBillable'; readonly items: ReadonlyArray<ItemId> }
  | { readonly _tag: 'PriceMissing'; readonly items: ReadonlyArray<ItemId> }
  | { readonly _tag: 'NothingToInvoice' }
  | { readonly _tag: 'NegativeTotal'; readonly toPay: Money }
  /** Above ten billion kronor somebody mistyped: it would not be exact any more. */
  | { readonly _tag: 'AmountTooLarge'; readonly toPay: Money }
  | {
      readonly _tag: 'DeliveryNotPossible'
      readonly delivery: DeliveryChannel
      readonly reasons: ReadonlyArray<string>
    }
  | {
      readonly _tag: 'DeliveryNotAllowedInBulk'
      readonly delivery: DeliveryChannel
      readonly allowed: ReadonlyArray<DeliveryChannel>
    }
  | { readonly _tag: 'MalformedCommand'; readonly problems: ReadonlyArray<string> }

/** What one payer's invoice is asked to be. */
export interface RegistrationRequest {
  readonly payer: Payer
  readonly delivery: DeliveryChannel
  readonly items?: ReadonlyArray<ItemId>
  readonly until?: LocalDate
  readonly invoiceDate?: LocalDate
  readonly dueDate?: LocalDate
  readonly reference?: string
  readonly message?: string
}

/** What is known as the command is decided: the caught-up candidates of the payer, and of the items named. */
export interface RegistrationContext extends UnderlagContext {
  readonly deliveries: DeliverySettings
  /** `undefined`: no such customer. */
  readonly buyer: (payer: Payer) => Buyer | undefined
  /** By item id; `undefined`: no such item. */
  readonly item: (itemId: ItemId) => Candidate | undefined
  /** All items that this payer pays for. */
  readonly itemsOf: (payer: Payer) => ReadonlyArray<Candidate>
}

/** Why nothing at all can be registered; `undefined`: it can. */
export const whyNotRegistrable = (
  { invoiceDate, dueDate }: Pick<RegistrationRequest, 'invoiceDate' | 'dueDate'>,
  { settings, today }: Pick<RegistrationContext, 'settings' | 'today'>,
): RegistrationRefusal | undefined => {
  const date = invoiceDate ?? today
  if (dueDate !== undefined && dueDate < date)
    return {
      _tag: 'MalformedCommand',
      problems: [`data.dueDate must not be before the invoice date ${date} (got ${dueDate})`],
    }
  if (!settings.activated) return { _tag: 'InvoicingNotActivated' }
  return settings.seller === null ? { _tag: 'SellerMissing' } : undefined
}

/** The invoice that a request comes to, before its number; or why there is none. */
export const draftInvoice = (
  request: RegistrationRequest,
  context: RegistrationContext,
): E.Either<RegistrationRefusal, Draft> => {
  const refusal = whyNotRegistrable(request, context)
  const { seller } = context.settings
  if (refusal !== undefined || seller === null) return E.left(refusal ?? { _tag: 'SellerMissing' })
  const { payer, delivery } = request
  const buyer = context.buyer(payer)
  if (buyer === undefined) return E.left({ _tag: 'UnknownCustomer', customer: payer })

  const chosen = request.items === undefined ? dueItems(request, context) : namedItems(payer, request.items, context)
  if (E.isLeft(chosen)) return chosen
  const priced = chosen.right.filter(isPriced)
  const { lines, amounts } = invoiceLines(priced, context)
  if (amounts.toPay.amount < 0) return E.left({ _tag: 'NegativeTotal', toPay: amounts.toPay })
  if (![...lines.map(({ net }) => net.amount), amounts.net.amount, amounts.toPay.amount].every(isInReach))
    return E.left({ _tag: 'AmountTooLarge', toPay: amounts.toPay })
  const invoiceDate = request.invoiceDate ?? context.today
  const reference = request.reference ?? sharedReference(priced) ?? buyer.buyerReference
  const document = {
    ...{ payer, seller, buyer, lines, ...amounts },
    ...placed(context.deliveries),
    ...(reference === undefined ? {} : { reference }),
  }
  const reasons = whyNotDeliverable(delivery, document, context.deliveries)
  if (reasons.length > 0) return E.left({ _tag: 'DeliveryNotPossible', delivery, reasons })
  return E.right({
    ...document,
    invoiceDate,
    dueDate: request.dueDate ?? addDays(invoiceDate, seller.paymentTermsDays),
    language: documentLanguage(buyer.language),
    ...(request.message === undefined ? {} : { message: request.message }),
    delivery,
    templateVersion: TEMPLATE_VERSION,
    leftOut: chosen.right.filter((item) => !isPriced(item)).map(({ itemId }) => itemId),
  })
}

/** What a document keeps of where its address stands: nothing where that is to the right. */
export const placed = ({ addressPosition }: DeliverySettings): Pick<Draft, 'addressPosition'> =>
  addressPosition === undefined || addressPosition === 'right' ? {} : { addressPosition }

const dueItems = (
  { payer, until }: RegistrationRequest,
  context: RegistrationContext,
): E.Either<RegistrationRefusal, ReadonlyArray<Candidate>> => {
  const due = context.itemsOf(payer).filter((item) => isDue(item, until ?? context.today))
  if (due.length === 0) return E.left({ _tag: 'NothingToInvoice' })
  return due.some(isPriced)
    ? E.right(due)
    : E.left({ _tag: 'PriceMissing', items: due.map(({ itemId }) => itemId).sort() })
}

const namedItems = (
  payer: Payer,
  named: ReadonlyArray<ItemId>,
  context: RegistrationContext,
): E.Either<RegistrationRefusal, ReadonlyArray<Candidate>> => {
  const found = named.map((itemId) => [itemId, context.item(itemId)] as const)
  const those = (of: (item: Candidate | undefined) => boolean): ReadonlyArray<ItemId> =>
    found.filter(([, item]) => of(item)).map(([itemId]) => itemId)

  const unknown = those((item) => item === undefined)
  if (unknown.length > 0) return E.left({ _tag: 'UnknownItem', items: unknown })
  const invoiced = those((item) => item?.state === 'invoiced')
  if (invoiced.length > 0) {
    const [invoiceNumber, ...others] = new Set(invoiced.map((itemId) => context.item(itemId)?.invoiceNumber))
    const areOnOne = invoiceNumber !== undefined && others.length === 0
    return E.left({ _tag: 'AlreadyInvoiced', items: invoiced, ...(areOnOne ? { invoiceNumber } : {}) })
  }
  const notBillable = those(
    (item) => item?.state !== 'billable' || item.excluded || payerKey(item.payer) !== payerKey(payer),
  )
  if (notBillable.length > 0) return E.left({ _tag: 'NotBillable', items: notBillable })
  const unpriced = those((item) => item !== undefined && !isPriced(item))
  if (unpriced.length > 0) return E.left({ _tag: 'PriceMissing', items: unpriced })
  return E.right(found.flatMap(([, item]) => (item === undefined ? [] : [item])))
}

/** The reference that the payer asked for, where all lines share it. */
const sharedReference = (items: ReadonlyArray<Candidate>): string | undefined => {
  const references = new Set(items.map(({ assignment }) => assignment.reference))
  return references.size === 1 ? [...references][0] : undefined
}

export type BulkRequest = Omit<RegistrationRequest, 'payer' | 'items' | 'reference' | 'message'> & {
  readonly payers: 'all' | ReadonlyArray<Payer>
}

/** The invoices that a bulk comes to, and by payer why one has none; or why there is no bulk. */
export const draftInvoices = (
  request: BulkRequest,
  everyPayer: ReadonlyArray<Payer>,
  context: RegistrationContext,
): E.Either<
  RegistrationRefusal,
  { readonly drafts: ReadonlyArray<Draft>; readonly refused: ReadonlyArray<PayerRefused> }
> => {
  const refusal = whyNotRegistrable(request, context)
  if (refusal !== undefined) return E.left(refusal)
  const { bulk } = context.deliveries
  if (!bulk.includes(request.delivery))
    return E.left({ _tag: 'DeliveryNotAllowedInBulk', delivery: request.delivery, allowed: bulk })
  const { payers, ...each } = request
  const until = request.until ?? context.today
  const chosen =
    payers === 'all' ? everyPayer.filter((payer) => context.itemsOf(payer).some((item) => isDue(item, until))) : payers
  const drafts: Array<Draft> = []
  const refused: Array<PayerRefused> = []
  for (const payer of chosen) {
    const draft = draftInvoice({ ...each, payer }, context)
    if (E.isRight(draft)) drafts.push(draft.right)
    else refused.push({ payer, refusal: draft.left })
  }
  return E.right({ drafts, refused })
}
