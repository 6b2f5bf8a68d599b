import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { v5 as uuidv5 } from 'uuid'
import type { Clock } from './clock.js'
import type { EventCodec, UnreadableEvent } from './codec.js'
import type { Decider, DomainEvent } from './decider.js'
import {
  type EventMetadata,
  type NewEvent,
  NO_STREAM,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from './event.js'
import type { Appended, AppendFailure, DecidedBy, EventStore, StoreFailure, TooLarge } from './event-store.js'
import { putFields } from './json.js'
import { recordedFields, type Sealing } from './sealing.js'

/** One kind of stream: how its events read and how it decides. */
export interface Aggregate<State, Command, Event extends DomainEvent, Refusal> {
  readonly decider: Decider<State, Command, Event, Refusal>
  readonly codec: EventCodec<Event>
  /** Whether folding needs the personal parts (small streams); the ledger's does not, and opens nothing. */
  readonly opened: boolean
}

/** A command's own identity, for the metadata of what it causes and to know it again. */
export interface Intent {
  readonly commandId: string
  readonly actor?: string
  readonly correlationId: string
  readonly causationId: string
  readonly at: string
  /** Keyed hash of the command's type and data. */
  readonly fingerprint: string
}

/** What a command led to. */
export interface Executed {
  /**
   * With personal fields in their data. Empty: nothing had to change. The `position` of each is that of the last of them:
   * positions of a log need not count, and an append tells the last alone.
   */
  readonly events: ReadonlyArray<RecordedEvent>
  /** Whether an earlier call did it, and this one only told. */
  readonly repeated: boolean
  /** Revision of the stream after it. */
  readonly revision: Revision
}

/** The same commandId came with other content. */
export interface CommandIdReused {
  readonly _tag: 'CommandIdReused'
  readonly commandId: string
}

export interface Refused<Refusal> {
  readonly _tag: 'Refused'
  readonly refusal: Refusal
}

/** Others were faster, more often than is reasonable: send the command again. */
export interface TooManyConflicts {
  readonly _tag: 'TooManyConflicts'
  readonly stream: StreamName
}

export type LoadFailure = StoreFailure | (UnreadableEvent & { readonly stream?: StreamName })
export type ExecuteFailure<Refusal> = LoadFailure | TooLarge | CommandIdReused | TooManyConflicts | Refused<Refusal>

/** A stream folded up to a revision. The state is only good until the next load of that stream. */
export interface Loaded<State> {
  readonly state: State
  readonly revision: Revision
}

export interface Executor {
  readonly load: <S, C, Ev extends DomainEvent, R>(
    aggregate: Aggregate<S, C, Ev, R>,
    stream: StreamName,
  ) => TE.TaskEither<LoadFailure, Loaded<S>>
  /**
   * Loads, decides and appends at the exact revision; on a conflict loads and decides again, a bounded number of times with jitter.
   * A command that the stream has seen is answered from the stream. Commands on one stream wait for each other within the process.
   */
  readonly execute: <S, C, Ev extends DomainEvent, R, Refusal, Failure = never>(
    aggregate: Aggregate<S, C, Ev, R>,
    stream: StreamName,
    intent: Intent,
    decide: Decision<S, Ev, Refusal, Failure>,
  ) => TE.TaskEither<ExecuteFailure<Refusal> | Failure, Executed>
}

/**
 * What a command comes to at a state. It may look things up first, for it runs alone on its stream; it is asked again after a conflict.
 * To load another stream inside it is safe only where that stream's commands never load this one.
 */
export type Decision<State, Event, Refusal, Failure = LoadFailure> = (
  loaded: Loaded<State>,
) => TE.TaskEither<Failure | Refused<Refusal>, ReadonlyArray<Event> | DecidedEvents<Event>>

/** Events that are only right as long as nothing is recorded anew of what they were decided by; else it is decided again. */
export interface DecidedEvents<Event> {
  readonly events: ReadonlyArray<Event>
  readonly by: DecidedBy
}

/** The pure decision as an answer of `execute`. */
export const decided = <Event, Refusal>(
  decision: E.Either<Refusal, ReadonlyArray<Event>>,
): TE.TaskEither<Refused<Refusal>, ReadonlyArray<Event>> =>
  TE.fromEither(E.isLeft(decision) ? E.left(refused(decision.left)) : decision)

export const refused = <Refusal>(refusal: Refusal): Refused<Refusal> => ({ _tag: 'Refused', refusal })

/** The first events of a long stream as a read model keeps them: what the fold looks at, and whose they are. */
export interface Beginning {
  /** From the first event on, none left out. */
  readonly events: ReadonlyArray<DomainEvent>
  /** Who made them, in the same order: how many in a row. */
  readonly commands: ReadonlyArray<readonly [commandId: string, count: number, fingerprint: string | null]>
  /** Id of the last of them: where the stream has another there, it is not that stream, and is read from its first event. */
  readonly last: string
}

export interface ExecutorOptions {
  readonly tenant: string
  readonly store: EventStore
  readonly sealing: Sealing
  readonly clock: Clock
  /** Streams whose state is kept in memory; only their tail is read again. */
  readonly cachedStreams?: number
  /** How often a command is decided again after a conflict. */
  readonly retries?: number
  /** Where to begin with a stream that is not in memory. `undefined`: at its first event. */
  readonly beginning?: (stream: StreamName) => Promise<Beginning | undefined>
}

interface Seen {
  readonly first: Revision
  count: number
  readonly fingerprint: string | undefined
}

interface Cached {
  state: unknown
  revision: Revision
  readonly seen: Map<string, Seen>
  /** Read, and not yet looked at for its commands: a short stream that is only loaded never pays for parsing metadata. */
  unseen: Array<RecordedEvent>
}

const PAGE = 1_000

export const executor = ({
  tenant,
  store,
  sealing,
  clock,
  cachedStreams = 2_000,
  retries = 12,
  beginning,
}: ExecutorOptions): Executor => {
  const cache = new Map<StreamName, Cached>()
  const turns = new Map<StreamName, Promise<unknown>>()

  /** Runs after everything asked of that stream before. */
  const inTurn = <A>(stream: StreamName, task: () => Promise<A>): Promise<A> => {
    const turn = (turns.get(stream) ?? Promise.resolve()).then(task, task)
    turns.set(stream, turn)
    const clear = (): void => {
      if (turns.get(stream) === turn) turns.delete(stream)
    }
    turn.then(clear, clear)
    return turn
  }

  const remember = (stream: StreamName, entry: Cached): void => {
    cache.delete(stream)
    cache.set(stream, entry)
    if (cache.size > cachedStreams) cache.delete(cache.keys().next().value as StreamName)
  }

  const lookAtCommands = (entry: Cached): void => {
    for (const { revision, metadata } of entry.unseen) see(entry, metadata.commandId, revision, 1, metadata.fingerprint)
    entry.unseen = []
  }

  const see = (
    { seen }: Cached,
    commandId: string,
    first: Revision,
    count: number,
    fingerprint: string | undefined,
  ): void => {
    const before = seen.get(commandId)
    if (before === undefined) seen.set(commandId, { first, count, fingerprint })
    else before.count = Number(first - before.first) + count
  }

  const begun = async <S, C, Ev extends DomainEvent, R>(
    { decider }: Aggregate<S, C, Ev, R>,
    stream: StreamName,
  ): Promise<Cached> => {
    const entry: Cached = { state: decider.initial(), revision: NO_STREAM, seen: new Map(), unseen: [] }
    const begins = await beginning?.(stream)
    if (begins === undefined) return entry
    const revision = BigInt(begins.events.length - 1)
    const there = await store.read(stream, revision - 1n, 1)()
    if (E.isLeft(there) || there.right[0]?.id !== begins.last) return entry
    let first = 0n
    for (const [commandId, count, fingerprint] of begins.commands) {
      see(entry, commandId, first, count, fingerprint ?? undefined)
      first += BigInt(count)
    }
    return { ...entry, state: decider.fold(entry.state as S, begins.events as ReadonlyArray<Ev>), revision }
  }

  const refresh = async <S, C, Ev extends DomainEvent, R>(
    aggregate: Aggregate<S, C, Ev, R>,
    stream: StreamName,
  ): Promise<E.Either<LoadFailure, Cached>> => {
    const { decider, codec, opened } = aggregate
    const entry = cache.get(stream) ?? (await begun(aggregate, stream))
    cache.delete(stream)
    for (;;) {
      const page = await store.read(stream, entry.revision, PAGE)()
      if (E.isLeft(page)) return page
      const readable = opened ? await sealing.openEvents(page.right)() : page
      if (E.isLeft(readable)) return readable
      const decoded: Array<Ev> = []
      for (const event of readable.right) {
        const domain = codec.decode(event)
        if (E.isLeft(domain)) return E.left({ ...domain.left, stream })
        decoded.push(domain.right)
      }
      entry.state = decider.fold(entry.state as S, decoded)
      entry.unseen.push(...page.right)
      // Whole events are not kept for long: those of a long ledger are a gigabyte.
      if (entry.unseen.length > PAGE) lookAtCommands(entry)
      entry.revision = page.right.at(-1)?.revision ?? entry.revision
      if (page.right.length < PAGE) break
    }
    remember(stream, entry)
    return E.right(entry)
  }

  const answerFromStream = async (
    stream: StreamName,
    entry: Cached,
    seen: Seen,
  ): Promise<E.Either<LoadFailure, Executed>> =>
    pipe(
      store.read(stream, seen.first - 1n, seen.count),
      TE.chain((events) => sealing.openEvents(events)),
      TE.map((events) => {
        const position = events.at(-1)?.position
        return {
          events: events.map((event) => ({ ...recordedFields(event), position: position ?? event.position })),
          repeated: true,
          revision: entry.revision,
        }
      }),
    )()

  const executeInTurn = async <S, C, Ev extends DomainEvent, R, Refusal, Failure = never>(
    aggregate: Aggregate<S, C, Ev, R>,
    stream: StreamName,
    intent: Intent,
    decide: Decision<S, Ev, Refusal, Failure>,
  ): Promise<E.Either<ExecuteFailure<Refusal> | Failure, Executed>> => {
    for (let attempt = 0; attempt <= retries; attempt++) {
      const loaded = await refresh(aggregate, stream)
      if (E.isLeft(loaded)) return loaded
      const entry = loaded.right

      lookAtCommands(entry)
      const seen = entry.seen.get(intent.commandId)
      if (seen !== undefined) {
        if (seen.fingerprint !== undefined && seen.fingerprint !== intent.fingerprint)
          return E.left({ _tag: 'CommandIdReused', commandId: intent.commandId })
        return answerFromStream(stream, entry, seen)
      }

      const decision = await decide({ state: entry.state as S, revision: entry.revision })()
      if (E.isLeft(decision)) return decision
      const { events: made, by } = 'by' in decision.right ? decision.right : { events: decision.right, by: undefined }
      if (made.length === 0) return E.right({ events: [], repeated: false, revision: entry.revision })

      const encoded = made.map(aggregate.codec.encode)
      const { fingerprint, commandId, correlationId, causationId, at, actor } = intent
      const metadata: EventMetadata = {
        commandId,
        ...(actor === undefined ? {} : { actor }),
        correlationId,
        causationId,
        at,
        recordedAt: clock(),
        fingerprint,
      }
      const events: Array<NewEvent> = []
      for (const [index, event] of encoded.entries()) {
        const content = await sealing.fingerprint([event.type, event.data, event.personal])()
        if (E.isLeft(content)) return content
        events.push({ id: eventId(tenant, stream, commandId, index, content.right), ...event, metadata })
      }

      const appended = await store.append(stream, entry.revision, events, by)()
      if (E.isRight(appended)) return E.right(recorded(stream, events, appended.right))
      if (!isRetried(appended.left)) return E.left(appended.left)
      await pause(attempt)
    }
    return E.left({ _tag: 'TooManyConflicts', stream })
  }

  return {
    load: (aggregate, stream) => () =>
      inTurn(stream, () => refresh(aggregate, stream) as Promise<E.Either<LoadFailure, Loaded<never>>>),
    execute: (aggregate, stream, intent, decide) => () =>
      inTurn(stream, () => executeInTurn(aggregate, stream, intent, decide)),
  }
}

/**
 * UUIDv5 over tenant, stream, command, index and content. A store that takes a known id for a repeat (EventStoreDB does) is
 * then never given other content under it.
 */
export const eventId = (
  tenant: string,
  stream: StreamName,
  commandId: string,
  index: number,
  contentHash: string,
): string => uuidv5([tenant, stream, commandId, index, contentHash].join('\n'), UNDERLAG_NAMESPACE)

/** Frozen: event ids and idempotency keys are made in it. */
export const UNDERLAG_NAMESPACE = '6f1a2c8e-94d0-5b6b-8f52-3d1c7a90e4b7'

const recorded = (stream: StreamName, stored: ReadonlyArray<NewEvent>, { revision, position }: Appended): Executed => ({
  events: stored.map((event, i) => ({
    ...event,
    // Put together as a reading of the stream would, so that a repeated command is answered to the letter.
    data: event.personal.reduce((data, { fields }) => putFields(data, fields), event.data),
    personal: [],
    stream,
    revision: revision - BigInt(stored.length - 1 - i),
    position,
  })),
  repeated: false,
  revision,
})

/** A conflict is decided again; an unknown outcome too, for the reload shows whether the command was stored. */
const isRetried = (
  failure: AppendFailure,
): failure is Extract<AppendFailure, { _tag: 'Conflict' | 'Outdated' | 'OutcomeUnknown' }> =>
  failure._tag === 'Conflict' || failure._tag === 'Outdated' || failure._tag === 'OutcomeUnknown'

const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(250, 4 * 2 ** attempt)))
