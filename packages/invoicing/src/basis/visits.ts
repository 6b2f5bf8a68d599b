import { type Json, type Projection, type RecordedEvent, type SealedRef, sealedIn } from '@underlag/kernel'
import type { BookingFacts } from '../item/booking.js'
import { type EditEvent, type Edits, evolveEdits, isEdit, noEdits } from '../item/edits.js'
import type { JournalEntryFacts } from '../item/journal-entry.js'
import type { LineFacts } from '../item/line.js'
import type { InvoiceLine, ItemId } from '../ledger/invoice.js'
import type { RegisteredCreditNote, RegisteredInvoice } from '../ledger/ledger.js'
import type { Id } from '../values/identifiers.js'
import { payerKey } from '../values/party.js'

/**
 * What every source has: where its stream stands, and the edits laid over it. Of most nothing happened but that they were recorded,
 * and there are very many: so what did not happen is absent.
 */
export interface SourceState {
  /** Revision of the last event of its own stream. */
  readonly revision: number
  /** Revision of the last edit. */
  readonly editedAt?: number
  /** Revision at which it was last put on another time. */
  readonly movedAt?: number
  readonly edits?: Edits
  /** Where the description that was typed in lies sealed; `null`: it was taken back. */
  readonly editedDescription?: SealedRef | null
}

export type BookingState = BookingFacts & SourceState & { readonly cancelled?: boolean; readonly paid?: boolean }
export type JournalEntryState = JournalEntryFacts & SourceState & { readonly removed?: boolean }
export type LineState = Omit<LineFacts, 'description'> &
  SourceState & { readonly removed?: boolean; readonly description: SealedRef | null }

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
  readonly booking?: BookingState
  readonly entries?: ReadonlyArray<JournalEntryState>
  readonly line?: LineState
  readonly claims?: ReadonlyArray<VisitClaim>
}

/** Where a journal entry with a booking is found. */
export interface VisitAlias {
  readonly visit: string
}

const noVisit: Visit = {}

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

const evolve = (visit: Visit | VisitAlias | undefined, event: RecordedEvent, key: string): Visit | VisitAlias => {
  const at = Number(event.revision)
  if (event.type === 'JournalEntryRecorded' && event.data.bookingId !== undefined && key.startsWith('journalEntry:'))
    return { visit: `booking:${event.data.bookingId}` }
  const now = visit === undefined || 'visit' in visit ? noVisit : visit
  switch (event.type) {
    case 'BookingRecorded':
      return { ...now, booking: { ...(event.data as unknown as BookingFacts), revision: at } }
    case 'BookingRescheduled':
      return ofBooking(now, (booking) => ({
        ...booking,
        startsAt: event.data.startsAt as string,
        movedAt: at,
        revision: at,
      }))
    case 'BookingCancelled':
      return ofBooking(now, (booking) => ({ ...booking, cancelled: true, revision: at }))
    case 'BookingMarkedPaid':
      return ofBooking(now, (booking) => ({ ...booking, paid: true, revision: at }))
    case 'BookingMarkedUnpaid':
      return ofBooking(now, (booking) => ({ ...booking, paid: false, revision: at }))
    case 'JournalEntryRecorded': {
      const entry = { ...(event.data as unknown as JournalEntryFacts), revision: at }
      return { ...now, entries: [...(now.entries ?? []), entry] }
    }
    case 'JournalEntryRemoved':
      return ofEntry(now, event.data.journalEntryId as Id, (entry) => ({ ...entry, removed: true, revision: at }))
    case 'LineAdded': {
      const line = { ...(event.data as unknown as LineFacts), description: sealedIn(event), revision: at }
      return { ...now, line }
    }
    case 'LineRemoved':
      return ofLine(now, (line) => ({ ...line, removed: true, revision: at }))
    case 'InvoiceRegistered':
      return { ...now, claims: [...(now.claims ?? []), ...claimsOf(event.data as unknown as RegisteredInvoice, key)] }
    case 'InvoiceCredited':
      return { ...now, claims: afterCredit(now.claims ?? [], event.data as unknown as RegisteredCreditNote) }
    default:
      return isEdit(event as { type: string }) ? edited(now, event, at) : now
  }
}

const ofBooking = (visit: Visit, change: (booking: BookingState) => BookingState): Visit =>
  visit.booking === undefined ? visit : { ...visit, booking: change(visit.booking) }

const ofLine = (visit: Visit, change: (line: LineState) => LineState): Visit =>
  visit.line === undefined ? visit : { ...visit, line: change(visit.line) }

const ofEntry = (visit: Visit, id: Id, change: (entry: JournalEntryState) => JournalEntryState): Visit =>
  visit.entries === undefined
    ? visit
    : { ...visit, entries: visit.entries.map((entry) => (entry.journalEntryId === id ? change(entry) : entry)) }

const edited = (visit: Visit, event: RecordedEvent, at: number): Visit => {
  const edit = event as unknown as EditEvent
  const typed =
    edit.type === 'LineChanged' ? (sealedIn(event) ?? (edit.data.description === null ? null : undefined)) : undefined
  const over = <S extends SourceState>(source: S): S => ({
    ...source,
    edits: evolveEdits(source.edits ?? noEdits, edit),
    ...(typed === undefined ? {} : { editedDescription: typed }),
    editedAt: at,
    revision: at,
  })
  const { itemId } = edit.data
  if (itemId.startsWith('booking:')) return ofBooking(visit, over)
  if (itemId.startsWith('line:')) return ofLine(visit, over)
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
export const isOpen = ({ booking, entries = [], line, claims = [] }: Visit): boolean => {
  if (claims.length > 0) return false
  if (line !== undefined) return line.removed !== true
  if (booking !== undefined) return !isSettled(booking)
  return entries.some(({ removed }) => removed !== true)
}

/** Whether nothing is left to pay, so that nothing of the visit is billable. */
export const isSettled = ({ paid, cancelled }: BookingState): boolean => paid === true || cancelled === true

/** Whether a claim may have met a fact that contradicts it; exactly which is told at the query, where the time zone is known. */
export const mayConflict = (visit: Visit): boolean =>
  (visit.claims ?? []).some(({ itemId, credited, sourceRevision }) => {
    if (credited) return false
    if (visit.booking !== undefined && isSettled(visit.booking)) return true
    const source = sourceOf(visit, itemId)
    if (source === undefined) return false
    const { movedAt = -1, editedAt = -1 } = source
    return ('removed' in source && source.removed === true) || movedAt > sourceRevision || editedAt > sourceRevision
  })

/** The source of one of the visit's items. */
export const sourceOf = (
  { booking, entries = [], line }: Visit,
  itemId: ItemId,
): BookingState | JournalEntryState | LineState | undefined =>
  itemId.startsWith('booking:')
    ? booking
    : itemId.startsWith('line:')
      ? line
      : entries.find(({ journalEntryId }) => `journalEntry:${journalEntryId}` === itemId)

/** Whose it is, as its source says: `client:ID` of whom it was done for, `payer:KIND:ID` of whoever an added line was added for. */
export const whose = ({ booking, entries = [], line }: Visit): ReadonlyArray<string> => {
  const clients = entries.map(({ clientId }) => clientId)
  const own = new Set(booking === undefined ? clients : [booking.clientId, ...clients])
  return [
    ...(line === undefined ? [] : [`payer:${payerKey(line.payer)}`]),
    ...[...own].map((clientId) => `client:${clientId}`),
  ]
}

/** Whether the underlag has to look at it. */
export const isShown = (visit: Visit): boolean => isOpen(visit) || mayConflict(visit)

const terms = (visit: Visit | VisitAlias): ReadonlyArray<readonly [string, string]> => {
  if ('visit' in visit) return []
  const lists = [...(isOpen(visit) ? ['open'] : []), ...(mayConflict(visit) ? ['conflict'] : [])]
  return lists.flatMap((list) => whose(visit).map((term) => [list, term] as const))
}

/** Visits by key: `booking:ID`, `journalEntry:ID`, `line:ID`. Terms `open` and `conflict`: `client:ID`, `payer:KIND:ID`. */
export const visits: Projection = {
  table: { name: 'visits', version: 3 },
  keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: terms as unknown as (document: Json) => ReadonlyArray<readonly [string, string]>,
}
