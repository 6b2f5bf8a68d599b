import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
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
  /** Whether no two events touch the same document: none is looked for then. */
  readonly once?: boolean
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
  /** Events read at once, and applied to the serving tables in one transaction. */
  readonly batch?: number
  /** Documents kept in memory while tables are filled aside, before they are written. */
  readonly kept?: number
  /** Checks an event before any projection sees it: a boundary is a boundary. */
  readonly decode?: (event: RecordedEvent) => E.Either<UnreadableEvent, unknown>
  /** Called after each batch: taken by the serving tables; or on its way into those that a rebuild fills. */
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

type Failure = StoreFailure | Parked

const DEFAULT_BATCH = 2_000

/** What is kept in memory at most, of all tables that are filled aside together: documents, and bytes of them as JSON. */
const MOST_DOCUMENTS = 400_000
const MOST_BYTES = 96_000_000

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
    { batch = DEFAULT_BATCH, kept = MOST_DOCUMENTS, decode, onProgress, signal }: ProjectionOptions,
  ): TE.TaskEither<Failure, Position> =>
  async () => {
    let done = 0
    for (;;) {
      const stands = await checkpointsOf(readModels, projections, generation)
      if (E.isLeft(stands)) return stands
      const checkpoints = stands.right
      const lowest = [...checkpoints].sort(byPosition)[0] ?? target
      if (lowest >= target || aborted(signal)) return E.right(lowest)

      // Those that lag go first, alone, until all stand at the same position and share one read.
      const lagging = projections.filter((_, i) => checkpoints[i] === lowest)
      const next = checkpoints.filter((at) => at > lowest).sort(byPosition)[0]
      let folds = lagging.map(emptyFold)
      let from = lowest
      for (let at = lowest; at < target && (next === undefined || at < next); ) {
        if (aborted(signal)) return E.right(from)
        const limit = next === undefined ? batch : Math.min(batch, Number(next - at))
        const read = await store.readAll(at, limit)()
        if (E.isLeft(read)) return read
        const events = next === undefined ? read.right : read.right.filter(({ position }) => position <= next)
        const taken = await take(readModels, folds, events, from, generation, decode)
        if (E.isLeft(taken)) return taken
        at = events.at(-1)?.position ?? next ?? target
        done += events.length
        // Nobody reads the next generation yet: what is touched again and again is written once, when it is many, or at the end.
        if (generation === 'serving' || at >= target || at === next || isMuch(folds, kept)) {
          const last = events.at(-1)
          const mark = last?.position === at ? markOf(last) : undefined
          const committed = await readModels.commit(from, at, folds.map(changesOf), generation, mark)()
          if (E.isLeft(committed)) {
            if (committed.left._tag === 'Fenced') break
            return E.left(committed.left)
          }
          from = at
          folds = lagging.map(emptyFold)
        }
        onProgress?.({ position: at, end: target, events: done })
        // Whoever else works in this process has a turn.
        await new Promise(setImmediate)
      }
    }
  }

/** What an event is known by, also beside another of the same command: where a log was put back, what was lost may be sent again. */
export const markOf = ({ id, metadata }: RecordedEvent): string => `${metadata.recordedAt} ${id}`

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

/** What events made of one table since the last commit. */
interface Fold {
  readonly projection: Projection
  readonly documents: Map<string, Folded>
  /** Size of the documents as JSON, estimated. */
  bytes: number
}

interface Folded {
  readonly key: string
  /** As stored. */
  before: Json | undefined
  after: Json | undefined
}

const emptyFold = (projection: Projection): Fold => ({ projection, documents: new Map(), bytes: 0 })

const isMuch = (folds: ReadonlyArray<Fold>, kept: number): boolean =>
  folds.reduce((sum, { documents }) => sum + documents.size, 0) >= kept ||
  folds.reduce((sum, { bytes }) => sum + bytes, 0) >= MOST_BYTES

const take = async (
  readModels: ReadModels,
  folds: ReadonlyArray<Fold>,
  events: ReadonlyArray<RecordedEvent>,
  from: Position,
  generation: Generation,
  decode: ProjectionOptions['decode'],
): Promise<E.Either<Failure, void>> => {
  const parked = (
    { projection: { table } }: Fold,
    { position, type }: RecordedEvent,
    problems: ReadonlyArray<string>,
  ): E.Either<Failure, never> => E.left({ _tag: 'Parked', table: table.name, position, type, problems })

  for (const [i, fold] of folds.entries()) {
    const { projection, documents } = fold
    const steps: Array<readonly [RecordedEvent, Folded]> = []
    const unknown: Array<Folded> = []
    for (const event of events) {
      const decoded = i === 0 ? decode?.(event) : undefined
      if (decoded !== undefined && E.isLeft(decoded)) return parked(fold, event, decoded.left.problems)
      for (const key of projection.keys(event)) {
        let folded = documents.get(key)
        if (folded === undefined) {
          folded = { key, before: undefined, after: undefined }
          documents.set(key, folded)
          unknown.push(folded)
        }
        steps.push([event, folded])
      }
    }

    // A table at the start is empty.
    if (unknown.length > 0 && from > START && projection.once !== true) {
      const stored = await readModels.get(
        projection.table,
        unknown.map(({ key }) => key),
        generation,
      )()
      if (E.isLeft(stored)) return stored
      for (const folded of unknown) folded.after = folded.before = stored.right.get(folded.key)
    }

    for (const [event, folded] of steps) {
      try {
        folded.after = projection.evolve(folded.after, event, folded.key)
      } catch (error) {
        return parked(fold, event, [error instanceof Error ? error.name : 'failed'])
      }
    }
    // One stands for all: to measure each would cost as much as to write it.
    fold.bytes += unknown.length * JSON.stringify(unknown[0]?.after ?? null).length
  }
  return E.right(undefined)
}

const changesOf = ({ projection: { table, terms }, documents }: Fold): TableChanges => {
  const changed: Array<readonly [string, Json]> = []
  const added: Array<readonly [string, string, string]> = []
  const removed: Array<readonly [string, string, string]> = []
  for (const { key, before, after } of documents.values()) {
    if (before === after) continue
    changed.push([key, after ?? null])
    const old = before === undefined ? [] : terms(before, key)
    const now = after === undefined ? [] : terms(after, key)
    for (const [index, term] of now) if (!has(old, index, term)) added.push([index, term, key])
    for (const [index, term] of old) if (!has(now, index, term)) removed.push([index, term, key])
  }
  return { table, documents: changed, added, removed }
}

const has = (terms: ReadonlyArray<readonly [string, string]>, index: string, term: string): boolean =>
  terms.some(([i, t]) => i === index && t === term)

const aborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true

const byPosition = (a: Position, b: Position): number => (a < b ? -1 : a > b ? 1 : 0)
