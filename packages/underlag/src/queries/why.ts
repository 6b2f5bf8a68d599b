import {
  bookingStream,
  type Candidate,
  conflictsOf,
  customerStream,
  type InvoiceLine,
  type IssuedInvoice,
  type ItemId,
  invoicesView,
  isHidden,
  isPriced,
  type JournalEntryState,
  journalEntryStream,
  LEDGER_STREAM,
  lineStream,
  type PayerAssignment,
  type PriceEntry,
  payerKey,
  SETTINGS_STREAM,
  type Settings,
  sourceOf as sourceIn,
  type Vat,
  type Visit,
  type VisitClaim,
  vatRate,
} from '@underlag/invoicing'
import { type JsonObject, NO_STREAM, type RecordedEvent, type StreamName } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { readUnderlag } from '../commands/execute.js'
import { type Operation, type OperationFailure, type Runtime, sync, today } from '../runtime.js'
import { eventsAbout } from './about.js'
import { kronor, summaryOf } from './summary.js'

/** The event that a reason rests on: when, by whom and in which intent. */
export interface Grounds {
  readonly position: number
  readonly recordedAt: string
  readonly actor: string | null
  readonly commandId: string
  readonly type: string
  readonly summary: string
}

/** One reason: the rule, what it comes to here, and the event it rests on where there is one. */
export interface Reason {
  readonly rule:
    | 'source'
    | 'basis'
    | 'visit'
    | 'date'
    | 'payer'
    | 'price'
    | 'vat'
    | 'edit'
    | 'state'
    | 'invoice'
    | 'amount'
    | 'total'
  readonly says: string
  readonly event: Grounds | null
}

export interface Explained {
  readonly itemId: ItemId
  readonly because: ReadonlyArray<Reason>
}

/** Why an item stands in the underlag as it does, or why an invoice says what it says. */
export interface Explanation {
  readonly about: string
  readonly kind: 'item' | 'invoice'
  readonly items: ReadonlyArray<Explained>
  readonly because: ReadonlyArray<Reason>
}

type Result<A> = Promise<E.Either<OperationFailure, A>>

/** Explains an item (`booking:ID`, `journalEntry:ID`, `line:ID`) as it is now, or an invoice as it was registered; `none`: there is neither. */
export const why =
  (runtime: Runtime, about: string): Operation<O.Option<Explanation>> =>
  async () => {
    const issue = await issueOf(runtime, about)
    if (E.isLeft(issue)) return issue
    if (issue.right !== undefined) return whyInvoice(runtime, issue.right)
    return /^(booking|journalEntry|line):/.test(about) ? whyItem(runtime, about) : E.right(O.none)
  }

/** The event by which an invoice was issued, and its credit notes, oldest first. */
interface Issue {
  readonly issued: RecordedEvent
  readonly notes: ReadonlyArray<RecordedEvent>
}

/** `undefined`: there is no such invoice. */
const issueOf = async (runtime: Runtime, invoiceNumber: string): Result<Issue | undefined> => {
  const synced = await sync(runtime, [invoicesView])()
  if (E.isLeft(synced)) return synced
  const known = await runtime.readModels.get(invoicesView.table, [invoiceNumber])()
  if (E.isLeft(known)) return known
  if (known.right.size === 0) return E.right(undefined)
  const events = await eventsAbout(runtime, [invoiceNumber])()
  if (E.isLeft(events)) return events
  const own = events.right.filter(({ stream }) => stream === LEDGER_STREAM)
  const issued = own.find(({ data }) => data.invoiceNumber === invoiceNumber)
  return E.right(
    issued === undefined ? undefined : { issued, notes: own.filter(({ data }) => data.credits === invoiceNumber) },
  )
}

const whyItem = async (runtime: Runtime, itemId: ItemId): Result<O.Option<Explanation>> => {
  const reading = await readUnderlag(runtime, [], [itemId], today(runtime))()
  if (E.isLeft(reading)) return reading
  const { context, visits } = reading.right
  const item = context.item(itemId)
  const visit = visits.find((one) => sourceIn(one, itemId) !== undefined)
  if (item === undefined || visit === undefined) return E.right(O.none)
  const grounds = await groundsOf(runtime, item, undefined)
  if (E.isLeft(grounds)) return grounds
  const claim = visit.claims?.find((one) => one.itemId === itemId) ?? visit.claims?.[0]
  const issue = claim === undefined ? E.right(undefined) : await issueOf(runtime, claim.invoiceNumber)
  if (E.isLeft(issue)) return issue
  const invoiced =
    issue.right === undefined ? E.right(undefined) : await asInvoiced(runtime, itemId, issue.right.issued)
  if (E.isLeft(invoiced)) return invoiced
  const state =
    claim === undefined || issue.right === undefined
      ? await stateReasons(runtime, item, visit, context.settings, grounds.right)
      : E.right([
          claimReason(itemId, claim, issue.right),
          ...conflictsOf(visit, runtime.timeZone)
            .filter((conflict) => conflict.itemId === itemId)
            .map(({ remedy }) => reason('state', remedy)),
        ])
  if (E.isLeft(state)) return state
  const because: ReadonlyArray<Reason> = [
    ...grounds.right.source,
    ...(invoiced.right ?? [
      ...basisReason(item, grounds.right),
      reason(
        'date',
        `It is dated ${item.date}, in the time zone ${runtime.timeZone}${item.upcoming ? ': upcoming, and only invoiced when named or reached by until' : ''}.`,
      ),
      payerReason(item.payer, item, grounds.right),
      ...priceReasons(item, item.unitPrice, item.vat, grounds.right),
      ...amountReasons(item),
    ]),
    ...state.right,
  ]
  return E.right(O.some({ about: itemId, kind: 'item', items: [{ itemId, because }], because: [] }))
}

/** What an invoice froze of an item, by the settings and customers it had seen; `undefined`: only its visit is on it. */
const asInvoiced = async (
  runtime: Runtime,
  itemId: ItemId,
  issued: RecordedEvent,
): Result<ReadonlyArray<Reason> | undefined> => {
  const opened = await runtime.sealing.openEvents([issued])()
  if (E.isLeft(opened)) return opened
  const invoice = (opened.right[0] ?? issued).data as unknown as IssuedInvoice
  const line = invoice.lines.find((one) => one.itemId === itemId)
  if (line === undefined) return E.right(undefined)
  const item = { ...line, source: sourceOf(itemId) }
  const grounds = await groundsOf(runtime, item, issued)
  return E.isLeft(grounds)
    ? grounds
    : E.right([...basisReason(item, grounds.right), ...lineReasons(item, invoice, grounds.right)])
}

const whyInvoice = async (runtime: Runtime, { issued, notes }: Issue): Result<O.Option<Explanation>> => {
  const opened = await runtime.sealing.openEvents([issued])()
  if (E.isLeft(opened)) return opened
  const [event = issued] = opened.right
  const invoice = event.data as unknown as IssuedInvoice
  const { invoiceNumber } = invoice
  // What a note says was frozen by the invoice that it credits.
  const frozen = invoice.credits === undefined ? E.right(undefined) : await issueOf(runtime, invoice.credits)
  if (E.isLeft(frozen)) return frozen
  const takesRest = isLastOfSeveral(event, frozen.right?.notes ?? [])
  const items: Array<Explained> = []
  for (const line of invoice.lines) {
    const item = { ...line, source: sourceOf(line.itemId) }
    const grounds = await groundsOf(runtime, item, frozen.right?.issued ?? event)
    if (E.isLeft(grounds)) return grounds
    items.push({
      itemId: line.itemId,
      because: [...grounds.right.source, ...lineReasons(item, invoice, grounds.right, takesRest)],
    })
  }
  const kind =
    invoice.kind === 'creditNote'
      ? `Credit note ${invoiceNumber} on invoice ${invoice.credits}`
      : `Invoice ${invoiceNumber}`
  const because: ReadonlyArray<Reason> = [
    {
      ...reason('invoice', `${kind} took the next number of the series as it was registered.`),
      event: groundsFrom(event),
    },
    ...invoice.vatBreakdown.map(({ vat, taxable, vatAmount }) =>
      reason(
        'vat',
        `${vatText(vat)} Of ${kronor(taxable)} that is ${kronor(vatAmount)}, ${takesRest ? REST : 'reckoned once for all its lines'}.`,
      ),
    ),
    ...(invoice.rounding.amount === 0
      ? []
      : [
          reason(
            'total',
            `${kronor(invoice.rounding)} is rounding${invoice.seller.wholeKronor === true ? ' to whole kronor' : ''}.`,
          ),
        ]),
    reason(
      'total',
      `${kronor(invoice.net)} + ${kronor(invoice.vatAmount)} VAT + ${kronor(invoice.rounding)} rounding = ${kronor(invoice.toPay)} to pay.`,
    ),
    ...notes.map((note) => reason('invoice', `${summaryOf(note)}.`, note)),
  ]
  return E.right(O.some({ about: invoiceNumber, kind: 'invoice', items, because }))
}

type Line = InvoiceLine & Pick<Candidate, 'source'>

/** Said of amounts that are not reckoned, but are what was left. */
const REST = 'what the notes before it left of the invoice'

/** Whether it is the note that leaves nothing after others: it takes exactly the rest (rule 8). */
const isLastOfSeveral = ({ data, position }: RecordedEvent, notes: ReadonlyArray<RecordedEvent>): boolean =>
  data.nothingLeft === true && notes.some((note) => note.position < position)

const lineReasons = (
  item: Line,
  { payer }: IssuedInvoice,
  grounds: Grounded,
  takesRest = false,
): ReadonlyArray<Reason> => [
  reason('date', `It was dated ${item.date}.`),
  payerReason(payer, item, grounds),
  ...priceReasons(item, item.unitPrice, item.vat, grounds),
  reason('amount', `${amountText(item)} is ${kronor(item.net)} without VAT${takesRest ? `: ${REST}` : ''}.`),
]

const sourceOf = (itemId: ItemId): Candidate['source'] =>
  itemId.startsWith('booking:') ? 'booking' : itemId.startsWith('line:') ? 'line' : 'journalEntry'

interface Grounded {
  /** The item's own events, oldest first. */
  readonly events: ReadonlyArray<RecordedEvent>
  readonly source: ReadonlyArray<Reason>
  readonly settings: ReadonlyArray<RecordedEvent>
  readonly client: ReadonlyArray<RecordedEvent>
}

/** The events that an item rests on: all of them, or those that an invoice had seen. */
const groundsOf = async (
  { store, sealing }: Runtime,
  item: Pick<Candidate, 'itemId' | 'clientId' | 'source' | 'sourceRevision'>,
  invoice: RecordedEvent | undefined,
): Result<Grounded> => {
  const id = item.itemId.slice(item.itemId.indexOf(':') + 1)
  const stream =
    item.source === 'booking' ? bookingStream(id) : item.source === 'line' ? lineStream(id) : journalEntryStream(id)
  const read = async (name: StreamName): Result<ReadonlyArray<RecordedEvent>> => {
    const events = await store.read(name, NO_STREAM)()
    if (E.isLeft(events)) return events
    const seen = events.right.filter(({ position }) => invoice === undefined || position < invoice.position)
    return sealing.openEvents(seen)()
  }
  const own = await read(stream)
  if (E.isLeft(own)) return own
  const settings = await read(SETTINGS_STREAM)
  if (E.isLeft(settings)) return settings
  const client =
    item.clientId === null ? E.right([]) : await read(customerStream({ kind: 'client', id: item.clientId }))
  if (E.isLeft(client)) return client
  const events = own.right.filter(({ revision }) => invoice === undefined || revision <= BigInt(item.sourceRevision))
  return E.right({
    events,
    source: events.map((event) => ({
      rule: isEdit(event) ? 'edit' : 'source',
      says: editText(event) ?? `${summaryOf(event)}.`,
      event: groundsFrom(event),
    })),
    settings: settings.right,
    client: client.right,
  })
}

const isEdit = ({ type }: RecordedEvent): boolean =>
  type === 'LineChanged' || type === 'ItemExcluded' || type === 'ItemIncluded'

/** What an edit says, with its values: an edit outlives replays and later changes of the source (rule 4). */
const editText = ({ type, data }: RecordedEvent): string | undefined => {
  if (type !== 'LineChanged') return undefined
  const { itemId: _, bookingId: __, subject: ___, ...change } = data
  const said = Object.entries(change).map(
    ([field, value]) => `${field} ${value === null ? 'back to the source’s own' : shown(value)}`,
  )
  return `Edited: ${said.join(', ')}.`
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? `“${value}”` : 'amount' in (value as object) ? kronor(value) : vatName(value as Vat)

const groundsFrom = (event: RecordedEvent): Grounds => {
  const { recordedAt, actor, commandId } = event.metadata
  return {
    position: Number(event.position),
    recordedAt,
    actor: actor ?? null,
    commandId,
    type: event.type,
    summary: summaryOf(event),
  }
}

const reason = (rule: Reason['rule'], says: string, event: RecordedEvent | null = null): Reason => ({
  rule,
  says,
  event: event === null ? null : groundsFrom(event),
})

const basisReason = (item: Pick<Candidate, 'source' | 'bookingId'>, { settings }: Grounded): ReadonlyArray<Reason> => {
  if (item.source === 'line') return []
  const set = basisSet(settings)
  const made = set?.data.basis === 'journal' ? 'journal entries' : 'bookings'
  const visit: ReadonlyArray<Reason> =
    item.bookingId === undefined || item.source === 'booking'
      ? []
      : [reason('visit', `It belongs to the visit of booking ${item.bookingId}, which is billed once.`)]
  return [reason('basis', `The underlag is made of ${made}${set === null ? ' (the default)' : ''}.`, set), ...visit]
}

const basisSet = (settings: ReadonlyArray<RecordedEvent>): RecordedEvent | null => lastOf(settings, 'InvoicingBasisSet')

const lastOf = (
  events: ReadonlyArray<RecordedEvent>,
  type: string,
  holds: (event: RecordedEvent) => boolean = () => true,
): RecordedEvent | null => events.findLast((event) => event.type === type && holds(event)) ?? null

const payerReason = (
  payer: PayerAssignment['payer'],
  { source, date }: Pick<Candidate, 'source' | 'date'>,
  { client }: Grounded,
): Reason => {
  if (source === 'line') return reason('payer', `${payerKey(payer)} was named as payer of the line.`)
  let best: RecordedEvent | undefined
  for (const event of client) {
    if (event.type !== 'PayerAssigned') continue
    const from = String(event.data.validFrom ?? '')
    if (from <= date && from >= String(best?.data.validFrom ?? '')) best = event
  }
  return best === undefined
    ? reason('payer', `${payerKey(payer)} pays: nobody else was assigned for ${date}.`)
    : reason('payer', `${payerKey(payer)} pays: the latest assignment that is not after ${date}.`, best)
}

const priceReasons = (
  item: Pick<Candidate, 'itemId' | 'source' | 'date'>,
  unitPrice: JsonObject | Candidate['unitPrice'],
  vat: Vat | null,
  grounds: Grounded,
): ReadonlyArray<Reason> => {
  const edited = (field: string): RecordedEvent | undefined => {
    const last = grounds.events.findLast(({ type, data }) => type === 'LineChanged' && data[field] !== undefined)
    return last?.data[field] === null ? undefined : last
  }
  const listed = priceEvent(item, grounds)
  const priceEdit = edited('price')
  const vatEdit = edited('vat')
  const own = item.source === 'line' ? (grounds.events.find(({ type }) => type === 'LineAdded') ?? null) : null
  const price: Reason =
    unitPrice === null
      ? reason('price', `No price is in force on ${item.date}: set one for its type, or give it one with ChangeLine.`)
      : priceEdit !== undefined
        ? reason('price', `${kronor(unitPrice)} a unit, as edited.`, priceEdit)
        : own !== null
          ? reason('price', `${kronor(unitPrice)} a unit, as the line was added.`, own)
          : reason(
              'price',
              `${kronor(unitPrice)} a unit: the latest price whose validFrom is not after ${item.date}.`,
              listed ?? null,
            )
  return [
    price,
    vat === null
      ? reason('vat', `No VAT is in force on ${item.date}: set a price for its type, or give it one with ChangeLine.`)
      : reason('vat', vatText(vat), vatEdit ?? own ?? listed ?? null),
  ]
}

/** The event that set the price in force on the day of the item. */
const priceEvent = (
  { source, date }: Pick<Candidate, 'source' | 'date'>,
  { events, settings }: Grounded,
): RecordedEvent | undefined => {
  const recorded = events[0]?.data
  const [type, field] =
    source === 'booking' ? ['TreatmentTypePriceSet', 'treatmentTypeId'] : ['ContactTypePriceSet', 'contactTypeId']
  let best: RecordedEvent | undefined
  for (const event of settings) {
    if (event.type !== type || event.data[field] !== recorded?.[field]) continue
    const from = (event.data as unknown as PriceEntry).validFrom ?? ''
    if (from <= date && from >= String(best?.data.validFrom ?? '')) best = event
  }
  return best
}

const vatName = (vat: Vat): string => {
  switch (vat.kind) {
    case 'standard':
      return `${vatRate(vat)} %`
    case 'exempt':
      return vat.reason === 'healthcare' ? 'exempt (care)' : 'exempt (small business)'
    case 'reverseCharge':
      return 'reverse charge'
  }
}

const vatText = (vat: Vat): string => {
  switch (vat.kind) {
    case 'standard':
      return `VAT is ${vatRate(vat)} %.`
    case 'exempt':
      return vat.reason === 'healthcare'
        ? 'Exempt: care, mervärdesskattelagen (2023:200) 10 kap. 6 §.'
        : 'Exempt: small business, mervärdesskattelagen (2023:200) 18 kap.'
    case 'reverseCharge':
      return 'The buyer accounts for the VAT (reverse charge).'
  }
}

const amountText = ({
  quantity,
  unitPrice,
  discountPercent,
}: Pick<InvoiceLine, 'quantity' | 'unitPrice' | 'discountPercent'>): string =>
  `${quantity} × ${kronor(unitPrice)}${discountPercent === '0' ? '' : ` less ${discountPercent} %`}`

const amountReasons = (item: Candidate): ReadonlyArray<Reason> =>
  isPriced(item) ? [reason('amount', `The amount is ${amountText(item)}, rounded once to the öre.`)] : []

/** Which invoice an item, or its visit, is on, and since when it is on none any more and billed no more either. */
const claimReason = (itemId: ItemId, claim: VisitClaim, { issued, notes }: Issue): Reason => {
  const { invoiceNumber, credited } = claim
  const it = claim.itemId === itemId ? 'It' : `Its visit, with ${claim.itemId},`
  if (!credited) return reason('state', `${it} is on invoice ${invoiceNumber}.`, issued)
  const note = notes.findLast(({ data }) => (data.settled as ReadonlyArray<string>).includes(claim.itemId))
  return reason(
    'state',
    `${it} was on invoice ${invoiceNumber}, is credited in full and not released: it is billed no more.`,
    note ?? issued,
  )
}

const stateReasons = async (
  { store }: Runtime,
  item: Candidate,
  visit: Visit,
  settings: Settings,
  grounds: Grounded,
): Result<ReadonlyArray<Reason>> => {
  if (item.state === 'billable')
    return E.right([
      item.excluded
        ? reason(
            'state',
            'It is kept off the invoices until it is included again.',
            lastOf(grounds.events, 'ItemExcluded'),
          )
        : reason(
            'state',
            item.priceMissing
              ? 'It is neither paid nor invoiced: it is in the underlag, and cannot be invoiced until it has both price and VAT.'
              : 'It is neither paid nor invoiced: it is in the underlag.',
          ),
    ])
  const { booking, entries = [] } = visit
  const ofBooking =
    item.source === 'booking' || booking === undefined
      ? E.right(grounds.events)
      : await store.read(bookingStream(booking.bookingId), NO_STREAM)()
  if (E.isLeft(ofBooking)) return ofBooking
  const causes: Array<readonly [string, RecordedEvent | null]> = []
  const source = sourceIn(visit, item.itemId)
  if (source !== undefined && 'removed' in source && source.removed === true)
    causes.push([
      'it was removed',
      lastOf(grounds.events, item.source === 'line' ? 'LineRemoved' : 'JournalEntryRemoved'),
    ])
  const its = item.source === 'booking' ? 'it' : `its booking ${booking?.bookingId}`
  if (booking?.paid === true) causes.push([`${its} is paid`, lastOf(ofBooking.right, 'BookingMarkedPaid')])
  if (booking?.cancelled === true) causes.push([`${its} is cancelled`, lastOf(ofBooking.right, 'BookingCancelled')])
  if (item.source === 'booking' && settings.basis === 'journal')
    causes.push(['the underlag is made of journal entries', basisSet(grounds.settings)])
  if (item.source === 'journalEntry') {
    const { contactTypeId } = (source ?? {}) as Partial<JournalEntryState>
    if (contactTypeId !== undefined && isHidden(settings, contactTypeId))
      causes.push([
        `contact type ${contactTypeId} is hidden`,
        lastOf(grounds.settings, 'ContactTypeHidden', ({ data }) => data.contactTypeId === contactTypeId),
      ])
    const stands = entries.find((entry) => entry.removed !== true && !isHidden(settings, entry.contactTypeId))
    if (settings.basis === 'bookings') causes.push(['the underlag is made of bookings', basisSet(grounds.settings)])
    else if (causes.length === 0 && stands !== undefined)
      causes.push([`journalEntry:${stands.journalEntryId} stands for the visit`, null])
  }
  return E.right(causes.map(([cause, event]) => reason('state', `It is not billable: ${cause}.`, event)))
}
