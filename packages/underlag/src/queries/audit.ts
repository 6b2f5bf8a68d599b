import {
  auditKey,
  auditView,
  type Day,
  type DeliveryDocument,
  daysView,
  deliveriesView,
  deliveryStream,
  LEDGER_STREAM,
  type Payer,
} from '@underlag/invoicing'
import { type JsonObject, type Position, type RecordedEvent, START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { type Operation, type OperationFailure, type Runtime, sync } from '../runtime.js'
import { isAfter, isBefore } from './period.js'
import { summaryOf } from './summary.js'

/** Who did what and why, one entry an event. */
export interface AuditEntry {
  readonly position: number
  readonly recordedAt: string
  readonly at: string
  readonly actor: string | null
  readonly commandId: string
  readonly correlationId: string
  readonly causationId: string
  readonly stream: string
  readonly type: string
  readonly summary: string
  readonly data: JsonObject
}

export interface AuditQuery {
  /** Any id of the domain (a booking, a client, `client:c1`, an item), an invoice number, a command. */
  readonly about?: string
  readonly actor?: string
  /** From and to when it was recorded: instants or dates (`to` inclusive). */
  readonly from?: string
  readonly to?: string
}

const PAGE = 2_000

type Result<A> = Promise<E.Either<OperationFailure, A>>

/** The audit trail, oldest first. */
export const audit =
  (runtime: Runtime, query: AuditQuery = {}): Operation<ReadonlyArray<AuditEntry>> =>
  async () => {
    const span = await spanOf(runtime, query)
    if (E.isLeft(span)) return span
    if (span.right === undefined) return E.right([])
    const found =
      query.about === undefined && query.actor === undefined
        ? await everything(runtime, span.right)
        : await indexed(runtime, query, span.right)
    if (E.isLeft(found)) return found
    const asked = found.right.filter((event) => isWithin(runtime, event, query) && !event.stream.startsWith('lease/'))
    const opened = await runtime.sealing.openEvents(asked)()
    return E.isLeft(opened) ? opened : E.right(opened.right.map(entryOf))
  }

/** A part of the log, with the events at both its ends; absent: from the log's beginning, or to its end. */
interface Span {
  readonly first?: Position
  readonly last?: Position
}

const DAY_MS = 86_400_000

/** Where in the log all that was recorded in a period lies (`undefined`: nothing was), with a day before and after it: a date begins and ends with the seller's clock. */
const spanOf = async (runtime: Runtime, { from, to }: AuditQuery): Result<Span | undefined> => {
  if (from === undefined && to === undefined) return E.right({})
  const synced = await sync(runtime, [daysView])()
  if (E.isLeft(synced)) return synced
  const [earliest, latest] = [dayBeside(from, -1), dayBeside(to, 1)]
  const days: Array<Day> = []
  for (let after: string | undefined; ; ) {
    const page = await runtime.readModels.page(daysView.table, after, PAGE)()
    if (E.isLeft(page)) return page
    for (const [day, document] of page.right)
      if ((earliest === undefined || day >= earliest) && (latest === undefined || day <= latest))
        days.push(document as unknown as Day)
    after = page.right.at(-1)?.[0]
    if (page.right.length < PAGE) break
  }
  if (days.length === 0) return E.right(undefined)
  const span = days.reduce((a, b) => ({ first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) }))
  // What came after the days were read is of today, and no day yet.
  return E.right({ first: BigInt(span.first), ...(to === undefined ? {} : { last: BigInt(span.last) }) })
}

/** The day before or after that of a time; none where it is no time, or beyond what a log can hold. */
const dayBeside = (time: string | undefined, by: -1 | 1): string | undefined => {
  const day = new Date(Date.parse(String(time).slice(0, 10)) + by * DAY_MS)
  return Number.isNaN(day.getTime()) ? undefined : /^\d{4}-\d\d-\d\d/.exec(day.toISOString())?.[0]
}

const everything = async ({ store }: Runtime, { first, last }: Span): Result<ReadonlyArray<RecordedEvent>> => {
  // A page begins after an event: the first is read by itself, since EventStoreDB knows no place just before it.
  const begin = first === undefined ? E.right([]) : await store.readAt([first])()
  if (E.isLeft(begin)) return begin
  const events = [...begin.right]
  for (let from = first ?? START; last === undefined || from < last; ) {
    const page = await store.readAll(from, PAGE)()
    if (E.isLeft(page)) return page
    for (const event of page.right) if (last === undefined || event.position <= last) events.push(event)
    const end = page.right.at(-1)
    if (end === undefined || page.right.length < PAGE) break
    from = end.position
  }
  return E.right(events)
}

const indexed = async (
  runtime: Runtime,
  { about, actor }: AuditQuery,
  span: Span,
): Result<ReadonlyArray<RecordedEvent>> => {
  const synced = await sync(runtime, [auditView])()
  if (E.isLeft(synced)) return synced
  const byId = about === undefined ? undefined : await eventsAbout(runtime, about)
  if (byId !== undefined && E.isLeft(byId)) return byId
  if (actor === undefined) return byId ?? E.right([])
  if (byId !== undefined) return E.right(byId.right.filter(({ metadata }) => metadata.actor === actor))
  return byActor(runtime, actor, span)
}

const byActor = async (
  runtime: Runtime,
  actor: string,
  { first, last }: Span,
): Result<ReadonlyArray<RecordedEvent>> => {
  const positions: Array<string> = []
  const end = last === undefined ? undefined : auditKey(last)
  for (let after = auditKey(first === undefined ? START : first - 1n); ; ) {
    const page = await runtime.readModels.keys(auditView.table, 'actor', actor, { after, limit: PAGE })()
    if (E.isLeft(page)) return page
    for (const key of page.right) if (end === undefined || key <= end) positions.push(key)
    after = page.right.at(-1) ?? after
    if (page.right.length < PAGE || (end !== undefined && after > end)) break
  }
  return eventsAt(runtime, positions)
}

/**
 * What speaks of an id; of an item also what its source says under the bare id, of an invoice also what became of its deliveries,
 * of a client also all that happened to the client's items, of a payer also what was paid and sent of the payer's invoices.
 */
const eventsAbout = async (runtime: Runtime, about: string): Result<ReadonlyArray<RecordedEvent>> => {
  const keys = await runtime.readModels.keys(auditView.table, 'about', about)()
  if (E.isLeft(keys)) return keys
  const asked = await askedWithItsInvoice(runtime, about)
  if (E.isLeft(asked)) return asked
  const named = await eventsAt(runtime, [...new Set([...asked.right, ...keys.right])])
  if (E.isLeft(named)) return named
  const numbers = new Set(
    named.right.flatMap(({ stream, data: { payer, invoiceNumber } }) =>
      stream === LEDGER_STREAM && isPayer(payer, about) ? [String(invoiceNumber)] : [],
    ),
  )
  const ofInvoices = await othersAbout(runtime, numbers, named.right)
  if (E.isLeft(ofInvoices)) return ofInvoices
  const events = [...named.right, ...ofInvoices.right.filter(({ data }) => numbers.has(String(data.invoiceNumber)))]
  const streams = new Set<string>([
    ...(/^(booking|journalEntry|line):[A-Za-z0-9_.:-]+$/.test(about) ? [about.replace(':', '/')] : []),
    ...events
      .filter(({ type }) => type === 'DeliveryRequested')
      .map(({ data }) => deliveryStream(String(data.deliveryId))),
    ...events
      .filter(
        ({ type, data }) => BEGINNINGS.includes(type) && [data.clientId, `client:${data.clientId}`].includes(about),
      )
      .map(({ stream }) => stream),
  ])
  // Every event speaks of the id of its stream.
  const ids = [...streams].map((stream) => stream.slice(stream.indexOf('/') + 1))
  const ofStreams = await othersAbout(runtime, new Set(ids), events)
  if (E.isLeft(ofStreams)) return ofStreams
  return E.right(
    [...events, ...ofStreams.right.filter(({ stream }) => streams.has(stream))].sort((a, b) =>
      a.position < b.position ? -1 : 1,
    ),
  )
}

const isPayer = (payer: unknown, about: string): boolean => {
  const { kind, id } = (payer ?? {}) as Partial<Payer>
  return about === id || about === `${kind}:${id}`
}

/** What speaks of one of these ids, beside what is known already. */
const othersAbout = async (
  runtime: Runtime,
  ids: ReadonlySet<string>,
  known: ReadonlyArray<RecordedEvent>,
): Result<ReadonlyArray<RecordedEvent>> => {
  const found = await runtime.readModels.between(
    auditView.table,
    'about',
    [...ids].map((id) => [id, id] as const),
  )()
  if (E.isLeft(found)) return found
  const knownKeys = new Set(known.map(({ position }) => auditKey(position)))
  return eventsAt(
    runtime,
    [...new Set(found.right.map(([, key]) => key))].filter((key) => !knownKeys.has(key)),
  )
}

/** Of a delivery that an invoice was registered with, where that was recorded: the invoice asked for it, and no event of its own. */
const askedWithItsInvoice = async (runtime: Runtime, about: string): Result<ReadonlyArray<string>> => {
  if (!/^[1-9]\d*\.1$/.test(about)) return E.right([])
  const synced = await sync(runtime, [deliveriesView])()
  if (E.isLeft(synced)) return synced
  const found = await runtime.readModels.get(deliveriesView.table, [about])()
  if (E.isLeft(found)) return found
  const delivery = found.right.get(about) as unknown as DeliveryDocument | undefined
  if (delivery === undefined) return E.right([])
  const { invoiceNumber } = delivery
  const keys = await runtime.readModels.keys(auditView.table, 'about', invoiceNumber)()
  if (E.isLeft(keys)) return keys
  const events = await eventsAt(runtime, keys.right)
  if (E.isLeft(events)) return events
  const issued = events.right.find(
    ({ stream, data }) => stream === LEDGER_STREAM && data.invoiceNumber === invoiceNumber,
  )
  return E.right(issued === undefined ? [] : [auditKey(issued.position)])
}

/** Events that begin an item's stream and say whose it is; what follows in it does not say it again. */
const BEGINNINGS: ReadonlyArray<string> = ['BookingRecorded', 'JournalEntryRecorded', 'LineAdded']

const eventsAt = ({ store }: Runtime, positions: ReadonlyArray<string>): Result<ReadonlyArray<RecordedEvent>> =>
  store.readAt(positions.map(BigInt))()

const isWithin = (
  { timeZone }: Runtime,
  { metadata: { recordedAt } }: RecordedEvent,
  { from, to }: AuditQuery,
): boolean =>
  (from === undefined || !isBefore(recordedAt, from, timeZone)) &&
  (to === undefined || !isAfter(recordedAt, to, timeZone))

const entryOf = (event: RecordedEvent): AuditEntry => {
  const { recordedAt, at, actor, commandId, correlationId, causationId } = event.metadata
  return {
    position: Number(event.position),
    recordedAt,
    at,
    actor: actor ?? null,
    commandId,
    correlationId,
    causationId,
    stream: event.stream,
    type: event.type,
    summary: summaryOf(event),
    data: event.data,
  }
}
