import * as E from 'fp-ts/lib/Either.js'
import type { EventMetadata, NewEvent, Position, RecordedEvent, Revision, SealedPart, StreamName } from '../event.js'
import type { Appended, Batch, Conflict, DecidedBy, Outdated, RawEventStore, Subscription } from '../event-store.js'
import type { JsonObject } from '../json.js'
import { frozenCopy } from './frozen.js'

/** What several handles, as of several processes, share: the logs of all tenants. */
export interface MemoryLog {
  readonly tenants: Map<string, TenantLog>
}

interface TenantLog {
  /** By position, from 1. */
  readonly events: Array<MemoryEvent>
  readonly streams: Map<StreamName, MemoryStream>
  readonly waiting: Set<() => void>
}

interface MemoryStream {
  /** By revision, from 0. */
  readonly events: Array<MemoryEvent>
  readonly ids: Set<string>
}

export const memoryLog = (): MemoryLog => ({ tenants: new Map() })

/**
 * The log of one tenant in memory, for tests and trials: lost with the process. An append costs the same however many
 * streams there are. Events handed out are frozen; as with other stores, `personal` and `metadata` are getters that
 * `{ ...event }` leaves out, so that a test finds code which relies on it.
 */
export const memoryEventStore = (log: MemoryLog = memoryLog(), tenant = 'default'): RawEventStore => {
  let closed = false
  const live = new Set<Subscription>()

  /** Every answer comes in a later turn, as from a disk: who forgets to wait is found out. */
  const later = <A>(work: () => A): Promise<A> => Promise.resolve().then(work)
  const open = <L, A>(work: () => E.Either<L, A>): Promise<E.Either<L | typeof CLOSED, A>> =>
    later(() => (closed ? E.left(CLOSED) : work()))

  const append: RawEventStore['append'] = (stream, expected, events, by) => {
    const copies = events.map(frozenCopy)
    return () => open(() => store(tenantLog(log, tenant), stream, expected, copies, by))
  }

  const readAll: RawEventStore['readAll'] = (after, limit) => () =>
    open(() => E.right(slice(log.tenants.get(tenant)?.events, Number(after), limit)))

  const subscribe = (after: Position, handle: (batch: Batch) => Promise<void>): Subscription => {
    const own = tenantLog(log, tenant)
    let stopped = false
    let wake = (): void => {}
    const run = async (): Promise<void> => {
      let position = after
      let caughtUp = false
      while (!stopped) {
        await Promise.resolve()
        const events = slice(own.events, Number(position), BATCH)
        if (events.length > 0 || !caughtUp) {
          position = events.at(-1)?.position ?? position
          caughtUp = events.length < BATCH
          await handle({ events, position, caughtUp })
        }
        if (stopped || Number(position) < own.events.length) continue
        await new Promise<void>((resolve) => {
          wake = resolve
          own.waiting.add(resume)
        })
      }
    }
    const resume = (): void => wake()
    const done = run().finally(() => {
      own.waiting.delete(resume)
      live.delete(subscription)
    })
    done.catch(() => {})
    const subscription: Subscription = {
      done,
      stop: async () => {
        stopped = true
        wake()
        await done.catch(() => {})
      },
    }
    live.add(subscription)
    return subscription
  }

  return {
    append,
    read:
      (stream, after, limit = Number.POSITIVE_INFINITY) =>
      () =>
        open(() => E.right(slice(log.tenants.get(tenant)?.streams.get(stream)?.events, Number(after) + 1, limit))),
    readAll,
    readAt: (positions) => () =>
      open(() => E.right(positions.flatMap((position) => log.tenants.get(tenant)?.events[Number(position) - 1] ?? []))),
    end: () => open(() => E.right(BigInt(log.tenants.get(tenant)?.events.length ?? 0))),
    subscribe,
    close: async () => {
      closed = true
      await Promise.all([...live].map((subscription) => subscription.stop()))
    },
  }
}

/** Events handed over at once: few, so that tests meet batches that are not the last. */
const BATCH = 100

const CLOSED = {
  _tag: 'StoreUnavailable',
  reason: 'The store in memory was closed.',
  remedy: 'Open another.',
  transient: false,
} as const

const tenantLog = ({ tenants }: MemoryLog, tenant: string): TenantLog => {
  const found = tenants.get(tenant)
  if (found !== undefined) return found
  const made: TenantLog = { events: [], streams: new Map(), waiting: new Set() }
  tenants.set(tenant, made)
  return made
}

const slice = (
  events: ReadonlyArray<RecordedEvent> | undefined,
  from: number,
  limit: number,
): ReadonlyArray<RecordedEvent> => events?.slice(from, from + limit) ?? []

const store = (
  log: TenantLog,
  stream: StreamName,
  expected: Revision,
  events: ReadonlyArray<NewEvent<SealedPart>>,
  by: DecidedBy | undefined,
): E.Either<Conflict | Outdated, Appended> => {
  const found = log.streams.get(stream)
  const actual = BigInt(found?.events.length ?? 0) - 1n
  if (actual !== expected || holdsOneOf(found, events)) return E.left({ _tag: 'Conflict', stream, expected, actual })
  const newer = by && log.events.slice(Number(by.position)).find((event) => by.streams.has(event.stream))
  if (newer !== undefined) return E.left({ _tag: 'Outdated', stream: newer.stream })
  if (events.length === 0) return E.right({ revision: actual, position: BigInt(log.events.length) })
  const target = found ?? { events: [], ids: new Set<string>() }
  if (found === undefined) log.streams.set(stream, target)
  for (const event of events) {
    const revision = BigInt(target.events.length)
    const position = BigInt(log.events.length + 1)
    const recorded = new MemoryEvent(event, stream, revision, position)
    target.events.push(recorded)
    target.ids.add(event.id)
    log.events.push(recorded)
  }
  const woken = [...log.waiting]
  log.waiting.clear()
  for (const resume of woken) resume()
  return E.right({ revision: BigInt(target.events.length - 1), position: BigInt(log.events.length) })
}

/** An id that the stream has already, or that the batch itself repeats. */
const holdsOneOf = (stream: MemoryStream | undefined, events: ReadonlyArray<NewEvent<SealedPart>>): boolean =>
  events.some(({ id }) => stream?.ids.has(id)) ||
  (events.length > 1 && new Set(events.map(({ id }) => id)).size < events.length)

class MemoryEvent implements RecordedEvent {
  readonly id: string
  readonly type: string
  readonly data: JsonObject
  readonly #personal: ReadonlyArray<SealedPart>
  readonly #metadata: EventMetadata

  constructor(
    event: NewEvent<SealedPart>,
    readonly stream: StreamName,
    readonly revision: Revision,
    readonly position: Position,
  ) {
    this.id = event.id
    this.type = event.type
    this.data = event.data
    this.#personal = event.personal
    this.#metadata = event.metadata
    Object.freeze(this)
  }

  get personal(): ReadonlyArray<SealedPart> {
    return this.#personal
  }

  get metadata(): EventMetadata {
    return this.#metadata
  }
}
