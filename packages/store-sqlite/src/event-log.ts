import { constants } from 'node:buffer'
import type {
  Appended,
  AppendFailure,
  Conflict,
  DecidedBy,
  NewEvent,
  Outdated,
  RawEventStore,
  RecordedEvent,
  Revision,
  SealedPart,
  StoreFailure,
  StreamName,
  TooLarge,
} from '@underlag/kernel'
import { START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CommitLost, Connection } from './connection.js'
import { type Row, rowOf, rowsOf } from './database-file.js'
import { isNotUnique } from './failure.js'
import { SPAN, type Tenant } from './log-file.js'
import { type EncodedEvent, encode, StoredEvent } from './stored-event.js'
import { subscriptions } from './subscription.js'

/** Rows read at once: large enough that the statement's start costs nothing, small enough not to hold the event loop. */
const PAGE = 2000

/**
 * The log of each tenant. An append of no events stores nothing and answers whether the stream is at `expected`.
 * A repeat of a stored batch is answered `Conflict`; so is a batch that holds an id the stream already has.
 */
export const eventLogs = (connection: Connection): ((tenant: Tenant) => RawEventStore) => {
  const stateOf = connection.prepare(
    `SELECT no, (SELECT max(revision) FROM events WHERE stream_no = no), (SELECT id FROM events WHERE key = no)
      FROM streams WHERE tenant = ? AND name = ?`,
  )
  const addStream = connection.prepare('INSERT INTO streams (tenant, name, no) VALUES (?, ?, ?)')
  const last = connection.prepare('SELECT max(key) FROM events WHERE key > ? AND key < ?')
  const insert = connection.prepare(
    'INSERT INTO events (key, stream_no, stream, revision, id, type, data, personal, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const remove = connection.prepare('DELETE FROM events WHERE key > ? AND key <= ?')
  const ofStream = connection.prepare(
    'SELECT revision, key, id, type, data, personal, metadata FROM events WHERE stream_no = (SELECT no FROM streams WHERE tenant = ? AND name = ?) AND revision > ? ORDER BY revision LIMIT ?',
  )
  const ofAll = connection.prepare(
    'SELECT stream, key, id, type, data, personal, metadata, revision FROM events WHERE key > ? AND key < ? ORDER BY key LIMIT ?',
  )

  const streamsAfter = connection.prepare('SELECT stream FROM events WHERE key > ? AND key < ? ORDER BY key')

  const endOf = (no: number): number => {
    const key = rowOf(last, no * SPAN, (no + 1) * SPAN)?.[0]
    return typeof key === 'number' ? key - no * SPAN : 0
  }

  /** The first of these streams that something was recorded of after the position; mostly there is nothing after it at all. */
  const newerOf = (no: number, { streams, position }: DecidedBy): StreamName | undefined =>
    rowsOf(streamsAfter, no * SPAN + Number(position), (no + 1) * SPAN)
      .map(([stream]) => stream as StreamName)
      .find((stream) => streams.has(stream))

  return (tenant) => {
    /** Within the transaction. */
    const store = (
      stream: StreamName,
      expected: Revision,
      events: ReadonlyArray<EncodedEvent>,
      by: DecidedBy | undefined,
    ): E.Either<Conflict | Outdated, Appended> => {
      const known = tenant.findUncommitted()
      const found = known === undefined ? undefined : rowOf(stateOf, known, stream)
      const [own, actual, first] = (found ?? NO_STATE) as readonly [number | undefined, number, string | undefined]
      const conflict = E.left<Conflict>({ _tag: 'Conflict', stream, expected, actual: BigInt(actual) })
      if (BigInt(actual) !== expected || isRepeated(events, first)) return conflict
      const newer = known === undefined || by === undefined ? undefined : newerOf(known, by)
      if (newer !== undefined) return E.left({ _tag: 'Outdated', stream: newer })
      if (events.length === 0) {
        return E.right({ revision: expected, position: known === undefined ? START : BigInt(endOf(known)) })
      }
      const no = known ?? tenant.obtain()
      const before = no * SPAN + endOf(no)
      const streamNo = own ?? before + 1
      let revision = actual
      let key = before
      try {
        for (const [id, type, data, personal, metadata] of events) {
          revision += 1
          key += 1
          insert.run(key, streamNo, stream, revision, id, type, data, personal, metadata)
        }
        if (own === undefined) addStream.run(no, stream, streamNo)
      } catch (error) {
        // An id that the stream already holds. What this batch stored before it must not stay.
        if (!isNotUnique(error)) throw error
        remove.run(before, key)
        return conflict
      }
      return E.right({ revision: BigInt(revision), position: BigInt(key - no * SPAN) })
    }

    const append = (
      stream: StreamName,
      expected: Revision,
      events: ReadonlyArray<NewEvent<SealedPart>>,
      by?: DecidedBy,
    ): TE.TaskEither<AppendFailure, Appended> => {
      const encoded = encodeAll(events)
      if (E.isLeft(encoded)) return TE.left(encoded.left)
      return async () => {
        const written = await connection.write(() => store(stream, expected, encoded.right, by))()
        if (E.isLeft(written)) return E.left(outcome(written.left))
        tenant.remember()
        return written.right
      }
    }

    /** Page after page until `limit` rows are there or a page is not full. The event loop has its turn between pages. */
    const pages =
      (limit: number, page: (last: RecordedEvent | undefined, rows: number) => Array<RecordedEvent>) =>
      async (): Promise<E.Either<StoreFailure, ReadonlyArray<RecordedEvent>>> => {
        const first = await connection.read(() => page(undefined, Math.min(limit, PAGE)))()
        if (E.isLeft(first) || first.right.length < PAGE) return first
        const events = first.right
        let full = true
        while (full && events.length < limit) {
          await new Promise(setImmediate)
          const rows = Math.min(limit - events.length, PAGE)
          const next = await connection.read(() => page(events[events.length - 1], rows))()
          if (E.isLeft(next)) return next
          for (const event of next.right) events.push(event)
          full = next.right.length === rows
        }
        return E.right(events)
      }

    const read: RawEventStore['read'] = (stream, after, limit = Number.POSITIVE_INFINITY) =>
      pages(limit, (previous, rows) => {
        const no = tenant.find()
        if (no === undefined) return []
        const base = no * SPAN
        return rowsOf(ofStream, no, stream, previous?.revision ?? after, rows).map((row) =>
          streamEvent(stream, base, row),
        )
      })

    const readAll: RawEventStore['readAll'] = (after, limit) =>
      pages(limit, (previous, rows) => {
        const no = tenant.find()
        if (no === undefined) return []
        const base = no * SPAN
        return rowsOf(ofAll, base + Number(previous?.position ?? after), base + SPAN, rows).map((row) =>
          logEvent(base, row),
        )
      })

    const readAt: RawEventStore['readAt'] = (positions) =>
      connection.read(() => {
        const no = tenant.find()
        if (no === undefined) return []
        const base = no * SPAN
        return positions.flatMap((position) =>
          rowsOf(ofAll, base + Number(position) - 1, Math.min(base + Number(position) + 1, base + SPAN), 1).map((row) =>
            logEvent(base, row),
          ),
        )
      })

    const end: RawEventStore['end'] = connection.read(() => {
      const no = tenant.find()
      return no === undefined ? START : BigInt(endOf(no))
    })

    const { subscribe, close } = subscriptions(connection, readAll)

    return { append, read, readAll, readAt, end, subscribe, close }
  }
}

/** What `stateOf` would say of a stream that does not exist. */
const NO_STATE = [undefined, -1, undefined] as const

/** What the index of ids does not see: the stream's first event again, or the first of a new stream twice in its batch. */
const isRepeated = (events: ReadonlyArray<EncodedEvent>, first: string | undefined): boolean => {
  const known = first ?? events[0]?.[0]
  for (let i = first === undefined ? 1 : 0; i < events.length; i++) if (events[i]?.[0] === known) return true
  return false
}

/** A text longer than this, in characters, JavaScript cannot make; SQLite's own limit lies above. */
const LONGEST = constants.MAX_STRING_LENGTH

const encodeAll = (events: ReadonlyArray<NewEvent<SealedPart>>): E.Either<TooLarge, ReadonlyArray<EncodedEvent>> => {
  try {
    return E.right(events.map(encode))
  } catch (error) {
    if (error instanceof RangeError) return E.left({ _tag: 'TooLarge', size: LONGEST + 1, limit: LONGEST })
    throw error
  }
}

const streamEvent = (stream: StreamName, base: number, row: Row): RecordedEvent => {
  const [revision, key, id, type, data, personal, metadata] = row as readonly [
    number,
    number,
    string,
    string,
    string,
    string | null,
    string,
  ]
  return new StoredEvent(stream, revision, key - base, id, type, data, personal, metadata)
}

const logEvent = (base: number, row: Row): RecordedEvent => {
  const [stream, key, id, type, data, personal, metadata, revision] = row as readonly [
    StreamName,
    number,
    string,
    string,
    string,
    string | null,
    string,
    number,
  ]
  return new StoredEvent(stream, revision, key - base, id, type, data, personal, metadata)
}

const outcome = (failure: AppendFailure | CommitLost): AppendFailure =>
  failure._tag === 'CommitLost' ? { _tag: 'OutcomeUnknown', reason: failure.reason } : failure
