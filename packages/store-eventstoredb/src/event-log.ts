import { constants } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Appended,
  AppendFailure,
  DecidedBy,
  NewEvent,
  Position,
  RawEventStore,
  RecordedEvent,
  Revision,
  SealedPart,
  StoreFailure,
  StoreUnavailable,
  StreamName,
  TooLarge,
} from '@underlag/kernel'
import { NO_STREAM, START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { SentEvent, ServerEvent } from './client.js'
import { CLOSED, PUT_BACK, unavailable } from './failure.js'
import { fromOverflow, moveToOverflow } from './overflow.js'
import { type Server, sizeOf } from './server.js'
import { type Decoded, decode, type EncodedEvent, encode } from './stored-event.js'
import { ownStream, serverStream, streamsOf } from './stream-name.js'
import type { Subscriptions } from './subscriptions.js'

/** The largest count the protocol takes for one reading. */
const ALL = 2_147_483_647

/** Waits until an event is believed to be gone, in ms. */
const MOMENTS = [100, 300, 600, 1_000]

/** Events read by their positions at the same time. */
const AT_ONCE = 16

/** An event, and the id the server has for it, which is a hash of all of it. */
interface Place {
  readonly position: Position
  readonly id: string | undefined
}

/** What all tenants of one connection share. */
export interface Shared {
  readonly server: Server
  readonly subscriptions: Subscriptions
  /** Bytes of an append that the server takes; unknown until it refused one. */
  limit: number
}

/**
 * The log of one tenant. Positions are places in the server's `$all`: they grow, and do not count. Where the last event it knew of is
 * gone, a backup was put back under a program that runs: it is of no more use, for whoever holds it remembers more than there is.
 */
export const eventLog = (shared: Shared, tenant: string): RawEventStore => {
  const { server } = shared
  /** The tenant's last event, `last`, among everything up to `upTo`. */
  let known: { readonly upTo: Position; readonly last: Place } | undefined
  let closed = false
  let isPutBack = false
  /** Why nothing is done any more. */
  const ended = (): StoreUnavailable | undefined =>
    isPutBack ? PUT_BACK : closed || server.isClosed() ? CLOSED : undefined

  const learn = (last: Place, upTo: Position): void => {
    if (known === undefined || upTo > known.upTo) known = { last, upTo }
  }

  const append = async (
    stream: StreamName,
    expected: Revision,
    encoded: ReadonlyArray<EncodedEvent>,
  ): Promise<E.Either<AppendFailure, Appended>> => {
    const over = ended()
    if (over !== undefined) return E.left(over)
    if (encoded.length === 0) return nothing(stream, expected)
    const name = serverStream(tenant, stream)
    let sent: ReadonlyArray<SentEvent> = encoded
    for (;;) {
      if (sent === encoded && sizeOf(encoded) > shared.limit) {
        const moved = await moveToOverflow(server, tenant, encoded, shared.limit)
        if (E.isLeft(moved)) return moved
        sent = moved.right
      }
      const answer = await server.append(name, expected, sent)
      if (E.isLeft(answer)) {
        if (answer.left._tag !== 'TooLarge' || sent !== encoded) return answer
        // Its size was not known to be too large: the server says so, and what it takes.
        shared.limit = Math.min(answer.left.limit, sizeOf(encoded) - 1)
        continue
      }
      if (answer.right._tag === 'WrongRevision') {
        return E.left({ _tag: 'Conflict', stream, expected, actual: answer.right.actual })
      }
      const { revision, position } = answer.right
      learn({ position, id: sent.at(-1)?.id }, position)
      return E.right({ revision, position })
    }
  }

  /** Whether the stream is where it was thought. */
  const nothing = async (stream: StreamName, expected: Revision): Promise<E.Either<AppendFailure, Appended>> => {
    const from = expected < 0n ? 0n : expected
    const found = await server.read(2, (last, left) => ({
      of: 'stream',
      stream: serverStream(tenant, stream),
      from: last === undefined ? from : last.revision + 1n,
      count: left,
    }))
    if (E.isLeft(found)) return found
    const actual = found.right.at(-1)?.revision ?? NO_STREAM
    if (actual !== expected) return E.left({ _tag: 'Conflict', stream, expected, actual })
    const position = await end()
    return E.isLeft(position) ? position : E.right({ revision: expected, position: position.right })
  }

  const opened = async (
    read: E.Either<StoreUnavailable, ReadonlyArray<ServerEvent>>,
  ): Promise<E.Either<StoreUnavailable, ReadonlyArray<RecordedEvent>>> => {
    if (E.isLeft(read)) return read
    const decoded: Array<Decoded> = []
    let refers = false
    for (const event of read.right) {
      const one = decode(event)
      if (E.isLeft(one)) return one
      decoded.push(one.right)
      refers ||= one.right.ref !== undefined
    }
    return refers ? fromOverflow(server, tenant, decoded) : E.right(decoded.map(({ event }) => event))
  }

  const readStream = async (
    stream: StreamName,
    after: Revision,
    limit: number,
  ): Promise<E.Either<StoreUnavailable, ReadonlyArray<RecordedEvent>>> => {
    const over = ended()
    if (over !== undefined) return E.left(over)
    const read = await server.read(Math.min(limit, ALL), (last, left) => ({
      of: 'stream',
      stream: serverStream(tenant, stream),
      from: (last?.revision ?? after) + 1n,
      count: left,
    }))
    if (E.isLeft(read)) return read
    // Where somebody set $maxCount, $maxAge or $tb the server leaves events out and says nothing: numbers would be given again.
    const gap = read.right.findIndex(({ revision }, i) => revision !== after + 1n + BigInt(i))
    return gap < 0 ? opened(read) : E.left(cutOff(stream, after + 1n + BigInt(gap)))
  }

  const ofAll = (after: Position, limit: number): ReturnType<Server['read']> =>
    server.read(limit, (last, left) => {
      const from = last?.position ?? after
      return { of: 'all', streams, count: left, ...(from === START ? {} : { after: from }) }
    })
  const streams = streamsOf(tenant)

  const readAll = async (
    after: Position,
    limit: number,
  ): Promise<E.Either<StoreUnavailable, ReadonlyArray<RecordedEvent>>> => {
    const over = ended()
    return over !== undefined ? E.left(over) : opened(await ofAll(after, Math.min(limit, ALL)))
  }

  const readAt = async (
    positions: ReadonlyArray<Position>,
  ): Promise<E.Either<StoreUnavailable, ReadonlyArray<RecordedEvent>>> => {
    const found: Array<ServerEvent> = []
    for (let i = 0; i < positions.length; i += AT_ONCE) {
      const over = ended()
      if (over !== undefined) return E.left(over)
      const reads = positions.slice(i, i + AT_ONCE).map((at) => server.read(1, () => ({ of: 'position', at })))
      for (const read of await Promise.all(reads)) {
        if (E.isLeft(read)) return read
        found.push(...read.right.filter(({ stream }) => ownStream(stream)?.tenant === tenant))
      }
    }
    return opened(E.right(found))
  }

  const end = async (): Promise<E.Either<StoreUnavailable, Position>> => {
    const over = ended()
    if (over !== undefined) return E.left(over)
    const before = known
    const [everything, there] = await Promise.all([
      server.read(1, () => ({ of: 'all', backwards: true, count: 1 })),
      before === undefined ? E.right(true) : isThere(before.last),
    ])
    if (E.isLeft(everything)) return everything
    if (E.isLeft(there)) return there
    isPutBack ||= !there.right
    if (isPutBack) return E.left(PUT_BACK)
    const upTo = everything.right[0]?.position ?? START
    if (known !== undefined) {
      // Only what came since is looked at, however long ago this tenant wrote something.
      if (upTo <= known.upTo) return E.right(known.last.position)
      const since = await ofAll(known.upTo, 1)
      if (E.isLeft(since)) return since
      if (since.right.length === 0) {
        learn(known.last, upTo)
        return E.right(known.last.position)
      }
    }
    const newest = await server.read(1, () => ({ of: 'all', backwards: true, streams, count: 1 }))
    if (E.isLeft(newest)) return newest
    const { position, id } = newest.right[0] ?? { position: START, id: undefined }
    // Some of it may be newer still.
    if (position > upTo) learn({ position, id }, position)
    else learn({ position, id }, upTo)
    return E.right(position)
  }

  const isThere = async ({ position, id }: Place): Promise<E.Either<StoreUnavailable, boolean>> => {
    if (position === START) return E.right(true)
    // A leader that was elected this moment may need another to have it.
    for (const pause of MOMENTS) {
      const read = await server.read(1, () => ({ of: 'position', at: position }))
      if (E.isLeft(read)) return read
      if (read.right[0]?.position === position) return E.right(read.right[0].id === id)
      await sleep(pause)
    }
    return E.right(false)
  }

  /** The server appends to one stream and knows nothing of others: it is asked just before. */
  const newerOf = async ({ streams, position }: DecidedBy): Promise<E.Either<StoreFailure, StreamName | undefined>> => {
    for (let after = position; ; ) {
      const events = await readAll(after, LATEST)
      if (E.isLeft(events)) return events
      const newer = events.right.find(({ stream }) => streams.has(stream))
      if (newer !== undefined || events.right.length < LATEST) return E.right(newer?.stream)
      after = events.right.at(-1)?.position ?? after
    }
  }

  const live = shared.subscriptions.ofTenant(tenant, { readAll, opened: (events) => opened(E.right(events)) })

  return {
    append: (stream, expected, events, by) => {
      const encoded = encodeAll(serverStream(tenant, stream), events)
      if (E.isLeft(encoded)) return TE.left(encoded.left)
      return async () => {
        const newer = by === undefined ? E.right(undefined) : await newerOf(by)
        if (E.isLeft(newer)) return newer
        if (newer.right !== undefined) return E.left({ _tag: 'Outdated', stream: newer.right })
        return append(stream, expected, encoded.right)
      }
    },
    read:
      (stream, after, limit = ALL) =>
      () =>
        readStream(stream, after, limit),
    readAll: (after, limit) => () => readAll(after, limit),
    readAt: (positions) => () => readAt(positions),
    end,
    subscribe: live.subscribe,
    close: async () => {
      closed = true
      await live.close()
    },
  }
}

/** Events read at once to see what came meanwhile: mostly none. */
const LATEST = 100

const cutOff = (stream: StreamName, revision: Revision): StoreUnavailable =>
  unavailable(
    `Event ${revision} of ${stream} is not read any more.`,
    'Take $maxCount, $maxAge and $tb off the metadata of streams that begin with underlag. and restore the last backup if the server was scavenged meanwhile.',
  )

/** A text longer than this, in characters, JavaScript cannot make. */
const LONGEST = constants.MAX_STRING_LENGTH

const encodeAll = (
  stream: string,
  events: ReadonlyArray<NewEvent<SealedPart>>,
): E.Either<TooLarge, ReadonlyArray<EncodedEvent>> => {
  try {
    return E.right(events.map((event) => encode(stream, event)))
  } catch (error) {
    if (error instanceof RangeError) return E.left({ _tag: 'TooLarge', size: LONGEST + 1, limit: LONGEST })
    throw error
  }
}
