import { type Aggregate, type Decider, eventCodec, record, type StreamName, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { Id } from '../values/identifiers.js'
import { Instant } from '../values/time.js'
import {
  decideEdit,
  type EditCommand,
  type EditEvent,
  type EditRefusal,
  type Edits,
  editCodecs,
  editPersonal,
  evolveEdits,
  isEdit,
  noEdits,
} from './edits.js'

export interface JournalEntryFacts {
  readonly journalEntryId: Id
  readonly clientId: Id
  readonly contactTypeId: Id
  readonly occurredAt: Instant
  readonly practitioner?: string
  /** The booking of the same visit, known here or not: the visit is billed once (rule 2). */
  readonly bookingId?: Id
}

// Events. Names and shapes are stored: another shape is another version.
export type JournalEntryEvent =
  | { readonly type: 'JournalEntryRecorded'; readonly data: JournalEntryFacts }
  | { readonly type: 'JournalEntryRemoved'; readonly data: { readonly journalEntryId: Id; readonly bookingId?: Id } }
  | EditEvent

export const journalEntryCodec = eventCodec<JournalEntryEvent>(
  {
    JournalEntryRecorded: record(
      { journalEntryId: Id, clientId: Id, contactTypeId: Id, occurredAt: Instant },
      { practitioner: text('text', /^[\s\S]*$/, undefined, true), bookingId: Id },
    ),
    JournalEntryRemoved: record({ journalEntryId: Id }, { bookingId: Id }),
    ...editCodecs,
  },
  (event) => (isEdit(event) ? editPersonal(event) : []),
)

/** `null`: not recorded. A removed entry's id stays taken. */
export interface JournalEntry extends JournalEntryFacts {
  readonly removed: boolean
  readonly edits: Edits
}
type State = JournalEntry | null

const evolve = (entry: State, event: JournalEntryEvent): State => {
  if (event.type === 'JournalEntryRecorded') return { ...event.data, removed: false, edits: noEdits }
  if (entry === null) return null
  return event.type === 'JournalEntryRemoved'
    ? { ...entry, removed: true }
    : { ...entry, edits: evolveEdits(entry.edits, event) }
}

export type JournalEntryRefusal =
  | { readonly _tag: 'JournalEntryExists'; readonly journalEntryId: Id }
  | { readonly _tag: 'UnknownJournalEntry'; readonly journalEntryId: Id }
  | EditRefusal

export type JournalEntryCommand =
  | { readonly type: 'RecordJournalEntry'; readonly data: JournalEntryFacts }
  | { readonly type: 'RemoveJournalEntry'; readonly data: { readonly journalEntryId: Id } }
  | EditCommand

const decide =
  (command: JournalEntryCommand) =>
  (entry: State): E.Either<JournalEntryRefusal, ReadonlyArray<JournalEntryEvent>> => {
    const visit = entry?.bookingId === undefined ? {} : { bookingId: entry.bookingId }
    switch (command.type) {
      case 'RecordJournalEntry':
        return entry === null
          ? E.right([{ type: 'JournalEntryRecorded', data: command.data }])
          : E.left({ _tag: 'JournalEntryExists', journalEntryId: entry.journalEntryId })
      case 'RemoveJournalEntry': {
        const { journalEntryId } = command.data
        if (entry === null) return E.left({ _tag: 'UnknownJournalEntry', journalEntryId })
        return E.right(entry.removed ? [] : [{ type: 'JournalEntryRemoved', data: { journalEntryId, ...visit } }])
      }
      default: {
        const { itemId } = command.data
        if (entry === null) return E.left({ _tag: 'UnknownItem', items: [itemId] })
        return E.right(decideEdit(command, { itemId, ...visit, subject: `client:${entry.clientId}` }, entry.edits))
      }
    }
  }

export const journalEntryDecider: Decider<State, JournalEntryCommand, JournalEntryEvent, JournalEntryRefusal> = {
  initial: () => null,
  fold: (entry, events) => events.reduce(evolve, entry),
  decide,
}

export const journalEntry: Aggregate<State, JournalEntryCommand, JournalEntryEvent, JournalEntryRefusal> = {
  decider: journalEntryDecider,
  codec: journalEntryCodec,
  opened: true,
}

export const journalEntryStream = (journalEntryId: Id): StreamName => `journalEntry/${journalEntryId}`
