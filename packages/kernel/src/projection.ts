import { either as E, type taskEither as TE } from 'fp-ts'
import type { UnreadableEvent } from './codec.js'
import { type Position, type RecordedEvent, START } from './event.js'
import type { EventStore, StoreFailure } from './event-store.js'
import type { Json } from './json.js'
import type { Generation, ReadModels, Table, TableChanges } from './read-models.js'

/**
 * What the log makes of one table: pure, and a function of the log alone, so that any replay gives the same documents.
 * Nothing that depends on today or on a setting is stored; such things join at the query.
 */
export interface Projection<Document extends Json = Json> {
  readonly table: Table
  /** The documents an event touches; none: it passes by. */
  readonly keys: (event: RecordedEvent) => ReadonlyArray<string>
  /** The document after the event; `undefined` removes it. A new value each time: the old one is compared with. */
  readonly evolve: (document: Document | undefined, event: RecordedEvent, key: string) => Document | undefined
  /** `[index, term]` pairs under which a document is found. */
  readonly terms: (document: Document, key: string) => ReadonlyArray<readonly [string, string]>
}

/** An event that a projection cannot take: the tenant's read models stay where they are until it can be read. */
export interface Parked {
  readonly _tag: 'Parked'
  readonly table: string
  readonly position: Position
  readonly type: string
  readonly problems: ReadonlyArray<string>
}

export interface Progress {
  readonly position: Position
  readonly end: Position
  readonly events: number
}

export interface ProjectionOptions {
  /** Events read and applied in one transaction. */
  readonly batch?: number
  /** Checks an event before any projection sees it: a boundary is a boundary. */
  readonly decode?: (event: RecordedEvent) => E.Either<UnreadableEvent, unknown>
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

type Failure = StoreFailure | Parked

const DEFAULT_BATCH = 2_000

/** A new table this far behind is filled aside and put in its place whole: six times as fast as batch by batch. */
const FAR = 20_000n

/** Brings the serving tables up to `target` at least: whoever has seen that position answered reads its own writes after this. */
export const catchUp =
  (
    store: Pick<EventStore, 'readAll'>,
    readModels: ReadModels,
    projections: ReadonlyArray<Projection>,
    target: Position,
    options: ProjectionOptions = {},
  ): TE.TaskEither<Failure, Position> =>
  async () => {
    if (target > FAR) {
      const fresh: Array<Projection> = []
      for (const projection of projections) {
        const checkpoint = await readModels.checkpoint(projection.table)()
        if (E.isLeft(checkpoint)) return checkpoint
        if (checkpoint.right === START) fresh.push(projection)
      }
      const filled = fresh.length === 0 ? undefined : await fillAside(store, readModels, fresh, target, options, true)
      if (filled !== undefined && E.isLeft(filled)) return filled
    }
    return run(store, readModels, projections, target, 'serving', options)()
  }

/** Makes the tables anew from the first event while the old ones serve, then puts them in their place. */
export const rebuild =
  (
    store: Pick<EventStore, 'readAll' | 'end'>,
    readModels: ReadModels,
    projections: ReadonlyArray<Projection>,
    options: ProjectionOptions = {},
  ): TE.TaskEither<Failure, Position> =>
  async () => {
    const end = await store.end()
    return E.isLeft(end) ? end : fillAside(store, readModels, projections, end.right, options, false)
  }

/** Who fills now, by handle: two on one next generation would take each other's documents for their own. */
const turns = new WeakMap<ReadModels, Promise<unknown>>()

/** `orServed`: whether it is enough that somebody else made the tables serve meanwhile. */
const fillAside = (
  ...[store, readModels, ...rest]: Parameters<typeof fillAsideInTurn>
): ReturnType<typeof fillAsideInTurn> => {
  const fill = () => fillAsideInTurn(store, readModels, ...rest)
  const turn = (turns.get(readModels) ?? Promise.resolve()).then(fill, fill)
  turns.set(readModels, turn)
  return turn
}

const fillAsideInTurn = async (
  store: Pick<EventStore, 'readAll'>,
  readModels: ReadModels,
  projections: ReadonlyArray<Projection>,
  target: Position,
  options: ProjectionOptions,
  orServed: boolean,
): Promise<E.Either<Failure, Position>> => {
  if (orServed) {
    const served = await checkpointsOf(readModels, projections, 'serving')
    if (E.isLeft(served)) return served
    if (served.right.every((position) => position > START)) return E.right(target)
  }
  for (const { table } of projections) {
    const begun = await readModels.beginRebuild(table)()
    if (E.isLeft(begun)) return begun
  }
  for (let goal = target; ; ) {
    const filled = await run(store, readModels, projections, goal, 'next', options)()
    // Cut off by the signal: the old tables are whole and go on serving.
    if (E.isLeft(filled) || filled.right < goal) return filled
    const promoted = await readModels.promote(projections.map(({ table }) => table))()
    if (E.isRight(promoted)) return filled
    if (promoted.left._tag !== 'Fenced') return E.left(promoted.left)
    if (orServed) return filled
    // The old ones went on meanwhile, and their readers with them.
    goal = promoted.left.position
  }
}

const run =
  (
    store: Pick<EventStore, 'readAll'>,
    readModels: ReadModels,
    projections: ReadonlyArray<Projection>,
    target: Position,
    generation: Generation,
    { batch = DEFAULT_BATCH, decode, onProgress, signal }: ProjectionOptions,
  ): TE.TaskEither<Failure, Position> =>
  async () => {
    let done = 0
    let lowest = START
    for (;;) {
      const read = await checkpointsOf(readModels, projections, generation)
      if (E.isLeft(read)) return read
      const checkpoints = read.right
      lowest = [...checkpoints].sort(byPosition)[0] ?? target
      if (lowest >= target || aborted(signal)) return E.right(lowest)

      // Those that lag go first, alone, until all stand at the same position and share one read.
      const lagging = projections.filter((_, i) => checkpoints[i] === lowest)
      const next = checkpoints.filter((at) => at > lowest).sort(byPosition)[0]
      for (let from = lowest; from < target && (next === undefined || from < next); ) {
        if (aborted(signal)) return E.right(from)
        const limit = next === undefined ? batch : Math.min(batch, Number(next - from))
        const read = await store.readAll(from, limit)()
        if (E.isLeft(read)) return read
        const events = next === undefined ? read.right : read.right.filter(({ position }) => position <= next)
        const to = events.at(-1)?.position ?? next ?? target
        const changes: Array<TableChanges> = []
        for (const projection of lagging) {
          const applied = await apply(readModels, projection, events, generation, decode)
          if (E.isLeft(applied)) return applied
          changes.push(applied.right)
        }
        const committed = await readModels.commit(from, to, changes, generation)()
        if (E.isLeft(committed)) {
          if (committed.left._tag === 'Fenced') break
          return E.left(committed.left)
        }
        from = to
        done += events.length
        onProgress?.({ position: to, end: target, events: done })
      }
    }
  }

const checkpointsOf = async (
  readModels: ReadModels,
  projections: ReadonlyArray<Projection>,
  generation: Generation,
): Promise<E.Either<StoreFailure, ReadonlyArray<Position>>> => {
  const checkpoints: Array<Position> = []
  for (const { table } of projections) {
    const checkpoint = await readModels.checkpoint(table, generation)()
    if (E.isLeft(checkpoint)) return checkpoint
    checkpoints.push(checkpoint.right)
  }
  return E.right(checkpoints)
}

const apply = async (
  readModels: ReadModels,
  { table, keys, evolve, terms }: Projection,
  events: ReadonlyArray<RecordedEvent>,
  generation: Generation,
  decode: ProjectionOptions['decode'],
): Promise<E.Either<Failure, TableChanges>> => {
  const touched: Array<readonly [RecordedEvent, ReadonlyArray<string>]> = []
  const wanted = new Set<string>()
  const parked = (event: RecordedEvent, problems: ReadonlyArray<string>): E.Either<Failure, never> =>
    E.left({ _tag: 'Parked', table: table.name, position: event.position, type: event.type, problems })

  for (const event of events) {
    const decoded = decode?.(event)
    if (decoded !== undefined && E.isLeft(decoded)) return parked(event, decoded.left.problems)
    const of = keys(event)
    if (of.length === 0) continue
    touched.push([event, of])
    for (const key of of) wanted.add(key)
  }

  const stored = await readModels.get(table, [...wanted], generation)()
  if (E.isLeft(stored)) return stored
  const documents = new Map<string, Json | undefined>(stored.right)
  for (const [event, of] of touched) {
    for (const key of of) {
      try {
        documents.set(key, evolve(documents.get(key), event, key))
      } catch (error) {
        return parked(event, [error instanceof Error ? error.name : 'failed'])
      }
    }
  }

  const changed = new Map<string, Json>()
  const added: Array<readonly [string, string, string]> = []
  const removed: Array<readonly [string, string, string]> = []
  for (const key of wanted) {
    const before = stored.right.get(key)
    const after = documents.get(key)
    if (before === after) continue
    changed.set(key, after ?? null)
    const old = before === undefined ? [] : terms(before, key)
    const now = after === undefined ? [] : terms(after, key)
    for (const [index, term] of now) if (!has(old, index, term)) added.push([index, term, key])
    for (const [index, term] of old) if (!has(now, index, term)) removed.push([index, term, key])
  }
  return E.right({ table, documents: changed, added, removed })
}

const has = (terms: ReadonlyArray<readonly [string, string]>, index: string, term: string): boolean =>
  terms.some(([i, t]) => i === index && t === term)

const aborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true

const byPosition = (a: Position, b: Position): number => (a < b ? -1 : a > b ? 1 : 0)
