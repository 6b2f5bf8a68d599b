import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { NewEvent, PersonalPart, Position, RecordedEvent, Revision, SealedPart, StreamName } from './event.js'

/**
 * The log of one tenant: append with an explicit expected revision, read, subscribe.
 * A handle is bound to its tenant when it is made; nothing here names tenants.
 *
 * `Part` is `PersonalPart` above the sealing (`sealedEventStore`) and `SealedPart` beneath it, where stores are written.
 * Every store passes the contract in `kernel/testing`.
 */
export interface EventStore<Part = PersonalPart> {
  /**
   * Appends all events or none, where the stream's last event has revision `expected` (`NO_STREAM`: it has none).
   * The answer means durable. A repeat of a batch already stored answers either as the first time or `Conflict`,
   * and never stores twice.
   *
   * `Outdated` where anything of the streams in `by` was recorded after its position. A store that cannot ask this and append as one
   * asks just before.
   */
  readonly append: (
    stream: StreamName,
    expected: Revision,
    events: ReadonlyArray<NewEvent<Part>>,
    by?: DecidedBy,
  ) => TE.TaskEither<AppendFailure, Appended>
  /** The stream's events with a revision above `after` (`NO_STREAM`: from the first), oldest first; none where there is no stream. */
  readonly read: (
    stream: StreamName,
    after: Revision,
    limit?: number,
  ) => TE.TaskEither<StoreFailure, ReadonlyArray<RecordedEvent>>
  /** Events of all streams with a position above `after`, in order of position, at most `limit`. Fewer than `limit` means the end was reached. */
  readonly readAll: (after: Position, limit: number) => TE.TaskEither<StoreFailure, ReadonlyArray<RecordedEvent>>
  /** The events at these positions, in this order; a position where the tenant has none is passed over. */
  readonly readAt: (positions: ReadonlyArray<Position>) => TE.TaskEither<StoreFailure, ReadonlyArray<RecordedEvent>>
  /** The position of the last event of the log, `START` when it is empty. Everything acknowledged before the call is at or before it. */
  readonly end: TE.TaskEither<StoreFailure, Position>
  /**
   * Calls `handle` with every event after `after`, in order, one batch at a time: first what there is, then what comes.
   * It does not end by itself; a failure of the store is retried. When `handle` rejects, the subscription ends with that error.
   */
  readonly subscribe: (after: Position, handle: (batch: Batch) => Promise<void>) => Subscription
  readonly close: () => Promise<void>
}

/** A store as adapters implement it, beneath the sealing. */
export type RawEventStore = EventStore<SealedPart>

/** What events were decided by: other streams, as they were at a position of the log. */
export interface DecidedBy {
  readonly streams: ReadonlySet<StreamName>
  readonly position: Position
}

export interface Appended {
  /** Revision of the last event appended. */
  readonly revision: Revision
  /** Position of the last event appended. */
  readonly position: Position
}

export interface Batch {
  /** May be empty: then only the position moved on. */
  readonly events: ReadonlyArray<RecordedEvent>
  /** Everything at or before it has been handed over. */
  readonly position: Position
  /** Whether the end of the log was reached with this batch. */
  readonly caughtUp: boolean
}

export interface Subscription {
  /** Resolves when the subscription has stopped, rejects when its handler did. */
  readonly done: Promise<void>
  /** Stops after the batch at hand. */
  readonly stop: () => Promise<void>
}

/** The store did not do it and says why and what helps. `reason` and `remedy` hold no personal data and no secret. */
export interface StoreUnavailable {
  readonly _tag: 'StoreUnavailable'
  readonly reason: string
  readonly remedy: string
  /** Whether the same call may go well a little later (locked, busy, restarting). */
  readonly transient: boolean
}
export type StoreFailure = StoreUnavailable

/** The stream is not where the caller thought: load again, decide again. `actual` is `NO_STREAM` where there is none. */
export interface Conflict {
  readonly _tag: 'Conflict'
  readonly stream: StreamName
  readonly expected: Revision
  readonly actual: Revision
}

/** What the events were decided by is older than this stream: decide again. Nothing was stored. */
export interface Outdated {
  readonly _tag: 'Outdated'
  readonly stream: StreamName
}

/** One append is larger than the store takes; `limit` in bytes. Nothing was stored. */
export interface TooLarge {
  readonly _tag: 'TooLarge'
  readonly size: number
  readonly limit: number
}

/** The answer was lost: the events may be stored or not. Settled by reading the stream. */
export interface OutcomeUnknown {
  readonly _tag: 'OutcomeUnknown'
  readonly reason: string
}

export type AppendFailure = StoreUnavailable | Conflict | Outdated | TooLarge | OutcomeUnknown
