import { type Json, type Projection, type RecordedEvent, type SealedRef, sealedIn } from '@underlag/kernel'
import type { BookingFacts } from '../item/booking.js'
import { type EditEvent, type Edits, evolveEdits, isEdit, noEdits } from '../item/edits.js'
import type { JournalEntryFacts } from '../item/journal-entry.js'
import type { LineFacts } from '../item/line.js'
import type { InvoiceLine, ItemId } from '../ledger/invoice.js'
import type { RegisteredCreditNote, RegisteredInvoice } from '../ledger/ledger.js'
import type { Id } from '../values/identifiers.js'
import { payerKey } from '../values/party.js'

/** What every source has: where its stream stands, and the edits laid over it. */
export interface SourceState {
  /** Revision of the last event of its own stream. */
  readonly revision: number
  /** Revision of the last edit, -1: none. */
  readonly editedAt: number
  /** Revision at which it was last put on another time, -1: never. */
  readonly movedAt: number
  readonly edits: Edits
  /** Where the description that was typed in lies sealed: an edit's, or an added line's own. */
  readonly editedDescription: SealedRef | null
}

export type BookingState = BookingFacts & SourceState & { readonly cancelled: boolean; readonly paid: boolean }
export type JournalEntryState = JournalEntryFacts & SourceState & { readonly removed: boolean }
export type LineState = Omit<LineFacts, 'description'> &
  SourceState & { readonly removed: boolean; readonly description: SealedRef | null }

/** An invoice that one of the visit's items is on. */
export interface VisitClaim {
  readonly itemId: ItemId
  readonly invoiceNumber: string
  readonly date: string
  readonly sourceRevision: number
  /** Credited in full, and kept claimed. */
  readonly credited: boolean
}

/**
 * Everything known of one visit: its booking, its journal entries in the order they were recorded, and what was invoiced of it.
 * An added line, and an entry without a booking, are visits of their own. One document a visit means that one read tells all that
 * settles an item, and that no event has to look for the documents it touches.
 */
export interface Visit {
  readonly booking: BookingState | null
  readonly entries: ReadonlyArray<JournalEntryState>
  readonly line: LineState | null
  readonly claims: ReadonlyArray<VisitClaim>
}

/** Where a journal entry with a booking is found. */
export interface VisitAlias {
  readonly visit: string
}

const noVisit: Visit = { booking: null, entries: [], line: null, claims: [] }

/** Key of the visit of an item, as far as the item tells it; a journal entry's may be an alias. */
const visitKey = (itemId: ItemId, bookingId: Id | undefined): string =>
  bookingId === undefined ? itemId : `booking:${bookingId}`

const keys = ({ type, data }: RecordedEvent): ReadonlyArray<string> => {
  switch (type) {
    case 'BookingRecorded':
    case 'BookingRescheduled':
    case 'BookingCancelled':
    case 'BookingMarkedPaid':
    case 'BookingMarkedUnpaid':
      return [`booking:${data.bookingId}`]
    case 'JournalEntryRecorded': {
      const own = `journalEntry:${data.journalEntryId}`
      return data.bookingId === undefined ? [own] : [`booking:${data.bookingId}`, own]
    }
    case 'JournalEntryRemoved':
      return [visitKey(`journalEntry:${data.journalEntryId}`, data.bookingId as Id | undefined)]
    case 'LineAdded':
    case 'LineRemoved':
      return [`line:${data.lineId}`]
    case 'LineChanged':
    case 'ItemExcluded':
    case 'ItemIncluded':
      return [visitKey(data.itemId as ItemId, data.bookingId as Id | undefined)]
    case 'InvoiceRegistered':
    case 'InvoiceCredited':
      return [
        ...new Set(
          (data.lines as unknown as ReadonlyArray<InvoiceLine>).map((line) => visitKey(line.itemId, line.bookingId)),
        ),
      ]
    default:
      return []
  }
}

const fresh = (revision: number): SourceState => ({
  revision,
  editedAt: -1,
  movedAt: -1,
  edits: noEdits,
  editedDescription: null,
})

const evolve = (visit: Visit | VisitAlias | undefined, event: RecordedEvent, key: string): Visit | VisitAlias => {
  const at = Number(event.revision)
  if (event.type === 'JournalEntryRecorded' && event.data.bookingId !== undefined && key.startsWith('journalEntry:'))
    return { visit: `booking:${event.data.bookingId}` }
  const now = visit === undefined || 'visit' in visit ? noVisit : visit
  switch (event.type) {
    case 'BookingRecorded':
      return {
        ...now,
        booking: { ...(event.data as unknown as BookingFacts), ...fresh(at), cancelled: false, paid: false },
      }
    case 'BookingRescheduled':
      return ofBooking(now, { startsAt: event.data.startsAt as string, movedAt: at, revision: at })
    case 'BookingCancelled':
      return ofBooking(now, { cancelled: true, revision: at })
    case 'BookingMarkedPaid':
      return ofBooking(now, { paid: true, revision: at })
    case 'BookingMarkedUnpaid':
      return ofBooking(now, { paid: false, revision: at })
    case 'JournalEntryRecorded':
      return {
        ...now,
        entries: [...now.entries, { ...(event.data as unknown as JournalEntryFacts), ...fresh(at), removed: false }],
      }
    case 'JournalEntryRemoved':
      return ofEntry(now, event.data.journalEntryId as Id, (entry) => ({ ...entry, removed: true, revision: at }))
    case 'LineAdded':
      return {
        ...now,
        line: { ...(event.data as unknown as LineFacts), ...fresh(at), removed: false, description: sealedIn(event) },
      }
    case 'LineRemoved':
      return { ...now, line: now.line && { ...now.line, removed: true, revision: at } }
    case 'InvoiceRegistered':
      return { ...now, claims: [...now.claims, ...claimsOf(event.data as unknown as RegisteredInvoice, key)] }
    case 'InvoiceCredited':
      return { ...now, claims: afterCredit(now.claims, event.data as unknown as RegisteredCreditNote) }
    default:
      return isEdit(event as { type: string }) ? edited(now, event, at) : now
  }
}

const ofBooking = (visit: Visit, change: Partial<BookingState>): Visit => ({
  ...visit,
  booking: visit.booking && { ...visit.booking, ...change },
})

const ofEntry = (visit: Visit, id: Id, change: (entry: JournalEntryState) => JournalEntryState): Visit => ({
  ...visit,
  entries: visit.entries.map((entry) => (entry.journalEntryId === id ? change(entry) : entry)),
})

const edited = (visit: Visit, event: RecordedEvent, at: number): Visit => {
  const edit = event as unknown as EditEvent
  const over = <S extends SourceState>(source: S): S => ({
    ...source,
    edits: evolveEdits(source.edits, edit),
    editedDescription:
      edit.type !== 'LineChanged'
        ? source.editedDescription
        : (sealedIn(event) ?? (edit.data.description === null ? null : source.editedDescription)),
    editedAt: at,
    revision: at,
  })
  const { itemId } = edit.data
  if (itemId.startsWith('booking:')) return { ...visit, booking: visit.booking && over(visit.booking) }
  if (itemId.startsWith('line:')) return { ...visit, line: visit.line && over(visit.line) }
  return ofEntry(visit, itemId.slice('journalEntry:'.length), over)
}

const claimsOf = (invoice: RegisteredInvoice, key: string): ReadonlyArray<VisitClaim> =>
  invoice.lines
    .filter((line) => visitKey(line.itemId, line.bookingId) === key)
    .map(({ itemId, date, sourceRevision }) => ({
      itemId,
      invoiceNumber: invoice.invoiceNumber,
      date,
      sourceRevision,
      credited: false,
    }))

const afterCredit = (
  claims: ReadonlyArray<VisitClaim>,
  { credits, released, settled }: RegisteredCreditNote,
): ReadonlyArray<VisitClaim> =>
  claims
    .filter((claim) => !(claim.invoiceNumber === credits && released.includes(claim.itemId)))
    .map((claim) =>
      claim.invoiceNumber === credits && settled.includes(claim.itemId) ? { ...claim, credited: true } : claim,
    )

/** Whether anything of it may be in the underlag, whatever the settings say. */
const isOpen = ({ booking, entries, line, claims }: Visit): boolean => {
  if (claims.length > 0) return false
  if (line !== null) return !line.removed
  if (booking !== null) return !booking.cancelled && !booking.paid
  return entries.some(({ removed }) => !removed)
}

/** Whether a claim may have met a fact that contradicts it; exactly which is told at the query, where the time zone is known. */
const mayConflict = ({ booking, entries, line, claims }: Visit): boolean =>
  claims.some(({ itemId, credited, sourceRevision }) => {
    if (credited) return false
    if (booking !== null && (booking.paid || booking.cancelled)) return true
    const source = itemId.startsWith('booking:')
      ? booking
      : itemId.startsWith('line:')
        ? line
        : (entries.find(({ journalEntryId }) => `journalEntry:${journalEntryId}` === itemId) ?? null)
    if (source === null) return false
    return (
      ('removed' in source && source.removed) || source.movedAt > sourceRevision || source.editedAt > sourceRevision
    )
  })

const terms = (document: Visit | VisitAlias): ReadonlyArray<readonly [string, string]> => {
  if ('visit' in document) return []
  const found: Array<readonly [string, string]> = []
  if (isOpen(document)) {
    const { booking, entries, line } = document
    if (line !== null) found.push(['open', `payer:${payerKey(line.payer)}`])
    for (const clientId of new Set([
      ...(booking === null ? [] : [booking.clientId]),
      ...entries.map((entry) => entry.clientId),
    ]))
      found.push(['open', `client:${clientId}`])
  }
  if (mayConflict(document)) found.push(['conflict', 'yes'])
  return found
}

/** Visits by key: `booking:ID`, `journalEntry:ID`, `line:ID`. Terms `open` (`client:ID`, `payer:KIND:ID`) and `conflict`. */
export const visits: Projection = {
  table: { name: 'visits', version: 1 },
  keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: terms as unknown as (document: Json) => ReadonlyArray<readonly [string, string]>,
}
