import * as E from 'fp-ts/lib/Either.js'
import { totals } from '../pricing/totals.js'
import { type Quantity, quantityOf, scaled } from '../values/decimal.js'
import { type Money, sek } from '../values/money.js'
import type { LocalDate } from '../values/time.js'
import { vatKey } from '../values/vat.js'
import type { DeliveryChannel, InvoiceLine, IssuedInvoice, ItemId, Totals } from './invoice.js'
import type { CreditDraft } from './ledger.js'

export interface CreditRequest {
  readonly invoiceNumber: string
  /** Quantities are positive, a deduction's too; absent: all that is left. */
  readonly lines?: ReadonlyArray<{ readonly itemId: ItemId; readonly quantity?: Quantity }>
  readonly reason: string
  readonly releaseItems: boolean
  readonly delivery?: DeliveryChannel
}

export type CreditRefusal =
  | { readonly _tag: 'UnknownInvoice'; readonly invoiceNumber: string }
  | { readonly _tag: 'NotCreditable'; readonly invoiceNumber: string }
  | { readonly _tag: 'AlreadyCredited'; readonly items: ReadonlyArray<ItemId> }
  | { readonly _tag: 'UnknownItem'; readonly items: ReadonlyArray<ItemId> }
  | { readonly _tag: 'NegativeTotal'; readonly toPay: Money }

/** The credit note that a request comes to, before its number. `notes`: every note on the invoice so far, oldest first. */
export const draftCredit = (
  request: CreditRequest,
  invoice: IssuedInvoice,
  notes: ReadonlyArray<IssuedInvoice>,
  today: LocalDate,
  templateVersion: number,
): E.Either<CreditRefusal, CreditDraft> => {
  if (invoice.kind === 'creditNote') return E.left({ _tag: 'NotCreditable', invoiceNumber: invoice.invoiceNumber })
  const left = new Map(invoice.lines.map((line) => [line.itemId, leftOf(line, notes)]))

  // A line of quantity 0 has nothing to credit, but may have to be given back: when it is named, or with the note that leaves nothing.
  const noted = new Set(notes.flatMap(({ lines }) => lines.map(({ itemId }) => itemId)))
  const zeros = new Set(
    invoice.lines
      .filter(({ itemId, quantity }) => scaled(quantity, 3) === 0n && !noted.has(itemId))
      .map(({ itemId }) => itemId),
  )

  const asked: NonNullable<CreditRequest['lines']> =
    request.lines ?? [...left].filter(([, thousandths]) => thousandths > 0n).map(([itemId]) => ({ itemId }))
  const unknown = asked.filter(({ itemId }) => !left.has(itemId)).map(({ itemId }) => itemId)
  if (unknown.length > 0) return E.left({ _tag: 'UnknownItem', items: unknown })
  const taken = new Map(
    asked.map(
      ({ itemId, quantity }) =>
        [itemId, quantity === undefined ? (left.get(itemId) ?? 0n) : scaled(quantity, 3)] as const,
    ),
  )
  const exceeding = [...taken].filter(([itemId, quantity]) =>
    zeros.has(itemId) ? quantity !== 0n : quantity <= 0n || quantity > (left.get(itemId) ?? 0n),
  )
  if (exceeding.length > 0) return E.left({ _tag: 'AlreadyCredited', items: exceeding.map(([itemId]) => itemId) })

  const after = (itemId: ItemId): bigint => (left.get(itemId) ?? 0n) - (taken.get(itemId) ?? 0n)
  const nothingLeft = invoice.lines.every(({ itemId }) => after(itemId) === 0n)
  const credited = invoice.lines
    .filter((line) => taken.has(line.itemId) || (nothingLeft && zeros.has(line.itemId)))
    .map((line): InvoiceLine => ({ ...line, quantity: signed(line, taken.get(line.itemId) ?? 0n) }))

  if (credited.length === 0)
    return E.left({ _tag: 'AlreadyCredited', items: invoice.lines.map(({ itemId }) => itemId) })

  const { lines, amounts } = nothingLeft ? everythingLeft(invoice, notes, credited) : reckoned(credited, invoice)
  if (amounts.toPay.amount > 0) return E.left({ _tag: 'NegativeTotal', toPay: amounts.toPay })
  const gone = credited.map(({ itemId }) => itemId).filter((itemId) => after(itemId) === 0n)
  return E.right({
    invoiceDate: today,
    dueDate: today,
    payer: invoice.payer,
    seller: invoice.seller,
    buyer: invoice.buyer,
    language: invoice.language,
    lines,
    ...amounts,
    credits: invoice.invoiceNumber,
    reason: request.reason,
    ...(invoice.reference === undefined ? {} : { reference: invoice.reference }),
    delivery: request.delivery ?? 'none',
    templateVersion,
    released: request.releaseItems ? gone : [],
    settled: request.releaseItems ? [] : gone,
    nothingLeft,
  })
}

/** How much of a line is not credited, in thousandths and positive, of a deduction too. */
const leftOf = (line: InvoiceLine, notes: ReadonlyArray<IssuedInvoice>): bigint =>
  notes
    .flatMap((note) => note.lines)
    .filter(({ itemId }) => itemId === line.itemId)
    .reduce((rest, { quantity }) => rest - size(scaled(quantity, 3)), size(scaled(line.quantity, 3)))

const size = (n: bigint): bigint => (n < 0n ? -n : n)

/** The quantity of a note's line: against the sign of the line it credits. */
const signed = (line: InvoiceLine, thousandths: bigint): Quantity =>
  quantityOf(line.quantity.startsWith('-') ? thousandths : -thousandths)

/** A part is reckoned as an invoice is (rule 8). */
const reckoned = (credited: ReadonlyArray<InvoiceLine>, { seller }: IssuedInvoice) => {
  const { nets, ...amounts } = totals(
    credited.map(({ unitPrice, quantity, discountPercent, vat }) => ({
      unitPrice: unitPrice.amount,
      quantity,
      discountPercent,
      vat,
    })),
    { pricesIncludeVat: seller.pricesIncludeVat, wholeKronor: seller.wholeKronor ?? false },
  )
  return { lines: credited.map((line, i) => ({ ...line, net: sek(nets[i] ?? 0) })), amounts }
}

/**
 * The note that leaves nothing takes exactly what is left: per line, per VAT and in all, so that invoice and notes cancel out to the öre.
 * Öre that earlier parts left of a VAT without lines go into `rounding`; those of a line that is gone to the first line of its VAT.
 */
const everythingLeft = (
  invoice: IssuedInvoice,
  notes: ReadonlyArray<IssuedInvoice>,
  credited: ReadonlyArray<InvoiceLine>,
): { lines: ReadonlyArray<InvoiceLine>; amounts: Totals } => {
  const all = [invoice, ...notes]
  const rest = (amountOf: (document: IssuedInvoice) => number): number =>
    -all.reduce((sum, document) => sum + amountOf(document), 0)
  const lineRest = (itemId: ItemId): number =>
    rest(({ lines }) => lines.filter((line) => line.itemId === itemId).reduce((sum, { net }) => sum + net.amount, 0))

  const nets = new Map(credited.map(({ itemId }) => [itemId, lineRest(itemId)]))
  const vatBreakdown = invoice.vatBreakdown.flatMap(({ vat }) => {
    const own = credited.filter((line) => vatKey(line.vat) === vatKey(vat))
    const [first] = own
    if (first === undefined) return []
    const subtotal = (field: 'taxable' | 'vatAmount'): number =>
      rest(({ vatBreakdown: parts }) => parts.find((part) => vatKey(part.vat) === vatKey(vat))?.[field].amount ?? 0)
    const taxable = subtotal('taxable')
    const missing = taxable - own.reduce((sum, { itemId }) => sum + (nets.get(itemId) ?? 0), 0)
    nets.set(first.itemId, (nets.get(first.itemId) ?? 0) + missing)
    return [{ vat, taxable: sek(taxable), vatAmount: sek(subtotal('vatAmount')) }]
  })
  const sum = (field: 'taxable' | 'vatAmount'): number =>
    vatBreakdown.reduce((total, part) => total + part[field].amount, 0)
  const toPay = rest((document) => document.toPay.amount)
  return {
    lines: credited.map((line) => ({ ...line, net: sek(nets.get(line.itemId) ?? 0) })),
    amounts: {
      vatBreakdown,
      net: sek(sum('taxable')),
      vatAmount: sek(sum('vatAmount')),
      rounding: sek(toPay - sum('taxable') - sum('vatAmount')),
      toPay: sek(toPay),
    },
  }
}
