import type { JsonObject, SealedRef } from '@underlag/kernel'
import { type PayerAssignment, payerOn } from '../customer/customer.js'
import { isEdited } from '../item/edits.js'
import type { InvoiceLine, ItemId } from '../ledger/invoice.js'
import { totals } from '../pricing/totals.js'
import { type PriceHistory, priceOn } from '../settings/prices.js'
import { historyOf, isHidden, type Settings } from '../settings/settings.js'
import type { Percent, Quantity } from '../values/decimal.js'
import type { Id } from '../values/identifiers.js'
import { type Money, sek } from '../values/money.js'
import { type Payer, payerKey } from '../values/party.js'
import { type LocalDate, localDate, type TimeZone } from '../values/time.js'
import type { Vat } from '../values/vat.js'
import { isSettled, type LineState, type SourceState, sourceOf, type Visit, type VisitClaim } from './visits.js'

/** Shown in the place of what was erased. */
export const ERASED = '(raderad)'

/** What the underlag is reckoned with: settings and customers as they are now, joined to facts at the query. */
export interface UnderlagContext {
  readonly settings: Settings
  readonly timeZone: TimeZone
  /** Items dated after it are upcoming. */
  readonly today: LocalDate
  readonly payersOf: (clientId: Id) => ReadonlyArray<PayerAssignment>
  readonly nameOf: (customer: Payer) => string
  /** The fields of a sealed part by JSON pointer; `undefined` where the person was erased. */
  readonly open: (ref: SealedRef) => JsonObject | undefined
}

/** One item of the underlag, as `basis` shows it. While `priceMissing` there is no `net`, and `unitPrice` or `vat`, or both, are `null`. */
export interface UnderlagItem {
  readonly itemId: ItemId
  readonly source: 'booking' | 'journalEntry' | 'line'
  readonly clientId: Id | null
  readonly date: LocalDate
  readonly description: string
  readonly quantity: Quantity
  readonly unitPrice: Money | null
  readonly vat: Vat | null
  readonly discountPercent: Percent
  readonly net: Money | null
  readonly edited: boolean
  /** What the source itself says now, of each value that an edit hides. */
  readonly own?: Partial<OwnValues>
  readonly excluded: boolean
  readonly upcoming: boolean
  readonly priceMissing: boolean
}

/** The values of a source that an edit may hide. */
export interface OwnValues {
  readonly description: string
  readonly quantity: Quantity
  readonly unitPrice: Money | null
  readonly vat: Vat | null
}

/** An item with what registration needs of it, whether it can be billed or not. */
export interface Candidate extends Omit<UnderlagItem, 'net'> {
  readonly payer: Payer
  readonly assignment: PayerAssignment
  /** When it took place, for the order within a day: an instant, or the end of the day of an added line. */
  readonly at: string
  readonly bookingId?: Id
  readonly practitioner?: string
  readonly sourceRevision: number
  readonly state: 'billable' | 'notBillable' | 'invoiced'
  /** The invoice that its visit is on. */
  readonly invoiceNumber?: string
}

export interface PayerUnderlag {
  readonly payer: Payer
  readonly name: string
  readonly items: ReadonlyArray<UnderlagItem>
  readonly net: Money
  readonly vatAmount: Money
  readonly toPay: Money
}

export interface UnderlagConflict {
  readonly itemId: ItemId
  readonly invoiceNumber: string
  readonly reason: ConflictReason
  readonly remedy: string
}

export type ConflictReason = 'paid' | 'cancelled' | 'removed' | 'rescheduled' | 'edited'

/** Every item of a visit, billable or not. */
export const candidates = (visit: Visit, context: UnderlagContext): ReadonlyArray<Candidate> => {
  const { settings } = context
  const { booking, entries = [], line, claims = [] } = visit
  const invoiced = claims.length > 0
  const settledAtBooking = booking !== undefined && isSettled(booking)
  const state = (billable: boolean): Candidate['state'] =>
    invoiced ? 'invoiced' : billable ? 'billable' : 'notBillable'
  const found: Array<Candidate> = []

  if (booking !== undefined)
    found.push(
      sourced(context, booking, {
        itemId: `booking:${booking.bookingId}`,
        source: 'booking',
        clientId: booking.clientId,
        bookingId: booking.bookingId,
        at: booking.startsAt,
        prices: historyOf(settings.treatmentTypes, booking.treatmentTypeId),
        typeId: booking.treatmentTypeId,
        practitioner: booking.practitioner,
        state: state(settings.basis === 'bookings' && !settledAtBooking),
      }),
    )

  const standsForVisit = entries.find((entry) => entry.removed !== true && !isHidden(settings, entry.contactTypeId))
  for (const entry of entries)
    found.push(
      sourced(context, entry, {
        itemId: `journalEntry:${entry.journalEntryId}`,
        source: 'journalEntry',
        clientId: entry.clientId,
        bookingId: entry.bookingId,
        at: entry.occurredAt,
        prices: historyOf(settings.contactTypes, entry.contactTypeId),
        typeId: entry.contactTypeId,
        practitioner: entry.practitioner,
        state: state(settings.basis === 'journal' && entry === standsForVisit && !settledAtBooking),
      }),
    )

  if (line !== undefined)
    found.push({
      itemId: `line:${line.lineId}`,
      source: 'line',
      clientId: line.clientId ?? null,
      date: line.date,
      ...laidOver(context, line, {
        description: opened(context, line.description) ?? ERASED,
        quantity: line.quantity,
        unitPrice: line.price,
        vat: line.vat,
      }),
      upcoming: line.date > context.today,
      payer: line.payer,
      // After what took place that day.
      at: `${line.date}T24:00`,
      assignment: lineAssignment(line, context),
      sourceRevision: line.revision,
      state: state(line.removed !== true),
    })
  const [claim] = claims
  return claim === undefined ? found : found.map((item) => ({ ...item, invoiceNumber: claim.invoiceNumber }))
}

/** An added line names its payer; what that payer calls the client follows from whether it pays for the client otherwise. */
const lineAssignment = ({ clientId, payer, date }: LineState, { payersOf }: UnderlagContext): PayerAssignment => {
  if (clientId === undefined) return { payer }
  const assignments = payersOf(clientId).filter((assignment) => payerKey(assignment.payer) === payerKey(payer))
  const inForce = payerOn(clientId, assignments, date)
  return payerKey(inForce.payer) === payerKey(payer) ? inForce : (assignments.at(-1) ?? { payer })
}

interface Source {
  readonly itemId: ItemId
  readonly source: 'booking' | 'journalEntry'
  readonly clientId: Id
  readonly bookingId: Id | undefined
  readonly at: string
  readonly prices: PriceHistory
  readonly typeId: Id
  readonly practitioner: string | undefined
  readonly state: Candidate['state']
}

const sourced = (context: UnderlagContext, stands: SourceState, source: Source): Candidate => {
  const date = localDate(source.at, context.timeZone)
  const listed = priceOn(source.prices, date)
  const assignment = payerOn(source.clientId, context.payersOf(source.clientId), date)
  return {
    itemId: source.itemId,
    source: source.source,
    clientId: source.clientId,
    date,
    ...laidOver(context, stands, {
      description: listed?.name ?? source.prices.at(-1)?.name ?? source.typeId,
      quantity: '1',
      unitPrice: listed?.price ?? null,
      vat: listed?.vat ?? null,
    }),
    upcoming: date > context.today,
    payer: assignment.payer,
    assignment,
    at: source.at,
    ...(source.bookingId === undefined ? {} : { bookingId: source.bookingId }),
    ...(source.practitioner === undefined ? {} : { practitioner: source.practitioner }),
    sourceRevision: stands.revision,
    state: source.state,
  }
}

/** A source's values with the edits laid over them; what an edit hides is told as `own`, so that a late change is shown and not lost. */
const laidOver = (context: UnderlagContext, { edits, editedDescription = null }: SourceState, own: OwnValues) => {
  // Most items have no edit, and there are thousands; a description that was typed in is never there without one.
  if (edits === undefined) return unedited(own)
  const typed = editedDescription === null ? undefined : (opened(context, editedDescription) ?? ERASED)
  const edited = {
    description: edits.description ?? typed,
    quantity: edits.quantity,
    unitPrice: edits.price,
    vat: edits.vat,
  }
  const hidden: Partial<OwnValues> = Object.fromEntries(
    Object.entries(own).filter(([field]) => edited[field as keyof OwnValues] !== undefined),
  )
  const unitPrice = edited.unitPrice ?? own.unitPrice
  const vat = edited.vat ?? own.vat
  return {
    description: edited.description ?? own.description,
    quantity: edited.quantity ?? own.quantity,
    unitPrice,
    vat,
    discountPercent: edits.discountPercent ?? '0',
    edited: isEdited(edits) || editedDescription !== null,
    ...(Object.keys(hidden).length === 0 ? {} : { own: hidden }),
    excluded: edits.excluded,
    priceMissing: unitPrice === null || vat === null,
  }
}

const unedited = ({ description, quantity, unitPrice, vat }: OwnValues) => ({
  description,
  quantity,
  unitPrice,
  vat,
  discountPercent: '0',
  edited: false,
  excluded: false,
  priceMissing: unitPrice === null || vat === null,
})

const opened = (context: UnderlagContext, ref: SealedRef | null): string | undefined => {
  const text = ref === null ? undefined : context.open(ref)?.['/description']
  return typeof text === 'string' ? text : undefined
}

/** A candidate that has both price and VAT. */
export type Priced = Candidate & { readonly unitPrice: Money; readonly vat: Vat }
export const isPriced = (item: Candidate): item is Priced =>
  !item.priceMissing && item.unitPrice !== null && item.vat !== null

/** Whether an item goes onto the next invoice by itself: not kept off, not after `until`. */
export const isDue = (item: Candidate, until: LocalDate): boolean =>
  item.state === 'billable' && !item.excluded && item.date <= until

/** What an invoice to this payer calls the client of a line; absent where the client is the payer. */
export const clientLabel = (
  { clientId, payer, assignment }: Candidate,
  nameOf: UnderlagContext['nameOf'],
): string | undefined => {
  if (clientId === null || (payer.kind === 'client' && payer.id === clientId)) return undefined
  const name = nameOf({ kind: 'client', id: clientId })
  switch (assignment.showAs ?? 'name') {
    case 'name':
      return name
    case 'initials':
      return name === ERASED
        ? name
        : name
            .split(/[\s-]+/u)
            .map((part) => [...part].slice(0, 1).join('').toUpperCase())
            .join('')
    case 'reference':
      return assignment.reference ?? clientId
  }
}

/** The order of an invoice's lines: the payer's own first, then by client; within a client by date. */
export const inLineOrder = <C extends Candidate>(
  items: ReadonlyArray<C>,
  nameOf: UnderlagContext['nameOf'],
): ReadonlyArray<C> => {
  if (items.length < 2) return items
  const keyed = items.map((item) => {
    const label = clientLabel(item, nameOf)
    const client = label === undefined ? ['', ''] : [label, item.clientId ?? '']
    return { item, key: [...client, item.date, item.at, item.itemId] }
  })
  return keyed.sort((a, b) => compareAll(a.key, b.key)).map(({ item }) => item)
}

const compareAll = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? ''
    const right = b[i] ?? ''
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

/** Amounts and lines of an invoice of these items, in line order. */
export const invoiceLines = (items: ReadonlyArray<Priced>, context: Pick<UnderlagContext, 'settings' | 'nameOf'>) => {
  const ordered = inLineOrder(items, context.nameOf)
  const { nets, ...amounts } = totals(
    ordered.map(({ unitPrice, quantity, discountPercent, vat }) => ({
      unitPrice: unitPrice.amount,
      quantity,
      discountPercent,
      vat,
    })),
    totalsSettings(context.settings),
  )
  const lines = ordered.map((item, i): InvoiceLine => {
    const label = clientLabel(item, context.nameOf)
    return {
      itemId: item.itemId,
      clientId: item.clientId,
      date: item.date,
      description: item.description,
      ...(label === undefined ? {} : { clientLabel: label }),
      ...(item.practitioner === undefined ? {} : { practitioner: item.practitioner }),
      quantity: item.quantity,
      unitPrice: item.unitPrice,
      vat: item.vat,
      discountPercent: item.discountPercent,
      net: sek(nets[i] ?? 0),
      ...(item.bookingId === undefined ? {} : { bookingId: item.bookingId }),
      sourceRevision: item.sourceRevision,
    }
  })
  return { lines, amounts }
}

const totalsSettings = ({ seller }: Settings) => ({
  pricesIncludeVat: seller?.pricesIncludeVat ?? false,
  wholeKronor: seller?.wholeKronor ?? false,
})

/** The underlag: every billable item grouped by payer, with the totals of the invoice that would be registered today. */
export const underlagOf = (items: ReadonlyArray<Candidate>, context: UnderlagContext): ReadonlyArray<PayerUnderlag> => {
  const groups = new Map<string, Array<Candidate>>()
  for (const item of items) {
    if (item.state !== 'billable') continue
    const group = groups.get(payerKey(item.payer))
    if (group === undefined) groups.set(payerKey(item.payer), [item])
    else group.push(item)
  }
  return [...groups.values()]
    .map((items) => payerUnderlag(items, context))
    .sort((a, b) => compareAll([a.name, payerKey(a.payer)], [b.name, payerKey(b.payer)]))
}

const payerUnderlag = (items: ReadonlyArray<Candidate>, context: UnderlagContext): PayerUnderlag => {
  const { lines, amounts } = invoiceLines(items.filter((item) => isDue(item, context.today)).filter(isPriced), context)
  const nets = new Map(lines.map(({ itemId, net }) => [itemId, net]))
  const payer = (items[0] as Candidate).payer
  return {
    payer,
    name: context.nameOf(payer),
    items: inLineOrder(items, context.nameOf).map((item) =>
      shown(item, nets.get(item.itemId) ?? ownNet(item, context)),
    ),
    net: amounts.net,
    vatAmount: amounts.vatAmount,
    toPay: amounts.toPay,
  }
}

/** What of an item the underlag shows; the rest is for registration. */
const shown = (item: Candidate, net: Money | null): UnderlagItem => ({
  itemId: item.itemId,
  source: item.source,
  clientId: item.clientId,
  date: item.date,
  description: item.description,
  quantity: item.quantity,
  unitPrice: item.unitPrice,
  vat: item.vat,
  discountPercent: item.discountPercent,
  net,
  edited: item.edited,
  ...(item.own === undefined ? {} : { own: item.own }),
  excluded: item.excluded,
  upcoming: item.upcoming,
  priceMissing: item.priceMissing,
})

/** The net of an item that is not on the next invoice: as if it stood alone. */
const ownNet = (item: Candidate, context: UnderlagContext): Money | null =>
  isPriced(item) ? invoiceLines([item], context).amounts.net : null

/** The facts that contradict an invoice, by item, with the way out. By states, never by the order of events (rule 3). */
export const conflictsOf = (visit: Visit, timeZone: TimeZone): ReadonlyArray<UnderlagConflict> =>
  (visit.claims ?? []).flatMap((claim) => {
    const reason = claim.credited ? undefined : conflictOf(visit, claim, timeZone)
    return reason === undefined
      ? []
      : [
          {
            itemId: claim.itemId,
            invoiceNumber: claim.invoiceNumber,
            reason,
            remedy: `${REMEDY[reason](claim.invoiceNumber)}${mayBeDeduction(visit, claim) ? OF_A_DEDUCTION : ''}`,
          },
        ]
  })

const conflictOf = (visit: Visit, claim: VisitClaim, timeZone: TimeZone): ConflictReason | undefined => {
  if (visit.booking?.paid === true) return 'paid'
  if (visit.booking?.cancelled === true) return 'cancelled'
  const source = sourceOf(visit, claim.itemId)
  if (source === undefined) return undefined
  if ('removed' in source && source.removed === true) return 'removed'
  const at = 'startsAt' in source ? source.startsAt : undefined
  if (at !== undefined && localDate(at, timeZone) !== claim.date) return 'rescheduled'
  return (source.editedAt ?? -1) > claim.sourceRevision ? 'edited' : undefined
}

const mayBeDeduction = (visit: Visit, { itemId }: VisitClaim): boolean => {
  const source = sourceOf(visit, itemId)
  const quantities = [
    source?.edits?.quantity,
    source !== undefined && 'quantity' in source ? source.quantity : undefined,
  ]
  return quantities.some((quantity) => quantity?.startsWith('-'))
}

const OF_A_DEDUCTION =
  ' A deduction cannot be credited alone: name the line that it was deducted from as well, or credit all that is left.'

const REMEDY: Readonly<Record<ConflictReason, (invoiceNumber: string) => string>> = {
  paid: (number) =>
    `The booking was paid and is on invoice ${number}: credit the invoice line (CreditInvoice), or undo the payment (MarkBookingUnpaid) where it was marked by mistake.`,
  cancelled: (number) =>
    `The booking was cancelled and is on invoice ${number}: credit the invoice line (CreditInvoice, releaseItems false).`,
  removed: (number) =>
    `It was removed and is on invoice ${number}: credit the invoice line (CreditInvoice, releaseItems false).`,
  rescheduled: (number) =>
    `It was moved to another day and is on invoice ${number}: credit the invoice line and release it (CreditInvoice, releaseItems true), or move it back (RescheduleBooking).`,
  edited: (number) =>
    `It was edited as invoice ${number} was registered, and the invoice lacks the edit: credit the invoice line and release it (CreditInvoice, releaseItems true).`,
}
