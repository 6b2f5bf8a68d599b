import { auditView, decodeEvent, invoicesView, visitHistories, visits } from '@underlag/invoicing'
import { canonicalJson, type Json, type Position, type Projection, START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { type OperationFailure, projections, type Runtime, sync } from '../runtime.js'
import { takeInto } from './replay.js'

/** What differs between the read models and the log, a sentence each, and how many documents were compared. */
export interface ReadModelsProof {
  readonly documents: number
  readonly problems: ReadonlyArray<string>
}

type Result<A> = Promise<E.Either<OperationFailure, A>>

/** One table made anew in memory, up to a position. */
interface Fresh {
  readonly projection: Projection
  readonly documents: Map<string, Json>
  position: Position
}

/** What was not equal: documents by key, and index terms as `index\nterm`. */
interface Differing {
  readonly keys: ReadonlySet<string>
  readonly terms: ReadonlySet<string>
}

const PAGE = 2_000

/** How often what differs is looked at again while others go on writing. */
const ROUNDS = 50

/**
 * Compares every read model with a fresh replay. The clinic may be at work meanwhile: what differs is looked at again at one and
 * the same position of both, and only what differs there is wrong.
 */
export const readModelsProof = async (
  runtime: Runtime,
  onProgress?: (events: number) => void,
): Result<ReadModelsProof> => {
  const problems: Array<string> = []
  let documents = 0
  let events = 0
  for (const together of rounds) {
    const end = await runtime.store.end()
    if (E.isLeft(end)) return end
    const tables = together.map((projection): Fresh => ({ projection, documents: new Map(), position: START }))
    const before = events
    const replayed = await advance(runtime, tables, end.right, (count) => {
      events = before + count
      onProgress?.(events)
    })
    if (E.isLeft(replayed)) return replayed
    const synced = await sync(runtime, together, end.right)()
    if (E.isLeft(synced)) return synced
    for (const fresh of tables) {
      const compared = await compareAll(runtime, fresh)
      if (E.isLeft(compared)) return compared
      documents += compared.right.documents
      const differing = await differingStill(runtime, fresh, compared.right.differing)
      if (E.isLeft(differing)) return differing
      problems.push(...sentences(fresh, differing.right))
    }
  }
  return E.right({ documents, problems })
}

/** What is made anew together: of a long log the large ones do not all fit into memory. */
const large: ReadonlyArray<Projection> = [invoicesView, auditView, visits, visitHistories]
const rounds = [...large.map((one) => [one]), projections.filter((one) => !large.includes(one))]

/** Takes tables that stand at one position on to another. */
const advance = async (
  { store }: Pick<Runtime, 'store'>,
  tables: ReadonlyArray<Fresh>,
  to: Position,
  onProgress?: (events: number) => void,
): Result<void> => {
  let from = tables[0]?.position ?? to
  for (let done = 0; from < to; ) {
    const page = await store.readAll(from, PAGE)()
    if (E.isLeft(page)) return page
    const events = page.right.filter(({ position }) => position <= to)
    for (const event of events) {
      const decoded = decodeEvent(event)
      if (E.isLeft(decoded)) return E.left({ ...decoded.left, stream: event.stream })
      for (const { projection, documents } of tables) takeInto(projection, documents, event)
    }
    done += events.length
    onProgress?.(done)
    from = events.length < PAGE ? to : (events.at(-1)?.position ?? to)
  }
  for (const fresh of tables) if (fresh.position < to) fresh.position = to
  return E.right(undefined)
}

const compareAll = async (
  { readModels }: Runtime,
  { projection: { table, terms }, documents }: Fresh,
): Result<{ readonly documents: number; readonly differing: Differing }> => {
  const unseen = new Set(documents.keys())
  const keys = new Set<string>()
  let count = 0
  for (let after: string | undefined; ; ) {
    const page = await readModels.page(table, after, PAGE)()
    if (E.isLeft(page)) return page
    for (const [key, document] of page.right) {
      count += 1
      unseen.delete(key)
      if (!same(documents.get(key), document)) keys.add(key)
    }
    const last = page.right.at(-1)
    if (last === undefined || page.right.length < PAGE) break
    after = last[0]
  }
  for (const key of unseen) keys.add(key)
  const expected = keysByTerm(terms, documents)
  const differing = await differingTerms({ readModels }, table, expected, expected.keys())
  return E.isLeft(differing) ? differing : E.right({ documents: count, differing: { keys, terms: differing.right } })
}

/** What still differs where both stand at the same position, before and after it was looked at. */
const differingStill = async (runtime: Runtime, fresh: Fresh, first: Differing): Result<Differing> => {
  const { projection, documents } = fresh
  const { table, terms } = projection
  let differing = first
  for (let round = 0; round < ROUNDS && differing.keys.size + differing.terms.size > 0; round++) {
    const synced = await sync(runtime, [projection])()
    if (E.isLeft(synced)) return synced
    const before = await runtime.readModels.checkpoint(table)()
    if (E.isLeft(before)) return before
    const advanced = await advance(runtime, [fresh], before.right)
    if (E.isLeft(advanced)) return advanced
    const stored = await runtime.readModels.get(table, [...differing.keys])()
    if (E.isLeft(stored)) return stored
    const found = await differingTerms(runtime, table, keysByTerm(terms, documents), differing.terms)
    if (E.isLeft(found)) return found
    const after = await runtime.readModels.checkpoint(table)()
    if (E.isLeft(after)) return after
    differing = {
      keys: new Set([...differing.keys].filter((key) => !same(documents.get(key), stored.right.get(key)))),
      terms: found.right,
    }
    if (after.right === before.right && fresh.position === before.right) break
  }
  return E.right(differing)
}

/** The terms under which other documents are found than the log says. */
const differingTerms = async (
  { readModels }: Pick<Runtime, 'readModels'>,
  table: Projection['table'],
  expected: ReadonlyMap<string, ReadonlySet<string>>,
  asked: Iterable<string>,
): Result<ReadonlySet<string>> => {
  const differing = new Set<string>()
  for (const indexed of asked) {
    const [index = '', term = ''] = indexed.split('\n')
    const found = await readModels.keys(table, index, term)()
    if (E.isLeft(found)) return found
    const keys = expected.get(indexed) ?? new Set<string>()
    if (found.right.length !== keys.size || found.right.some((key) => !keys.has(key))) differing.add(indexed)
  }
  return E.right(differing)
}

const keysByTerm = (
  terms: Projection['terms'],
  documents: ReadonlyMap<string, Json>,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const keys = new Map<string, Set<string>>()
  for (const [key, document] of documents)
    for (const [index, term] of terms(document, key)) {
      const indexed = `${index}\n${term}`
      keys.set(indexed, (keys.get(indexed) ?? new Set()).add(key))
    }
  return keys
}

const sentences = ({ projection: { table }, documents }: Fresh, { keys, terms }: Differing): ReadonlyArray<string> => [
  ...[...keys].map((key) =>
    documents.has(key)
      ? `${table.name} differs from the log at ${key}`
      : `${table.name} has ${key}, which the log does not make`,
  ),
  ...[...terms].map(
    (indexed) => `${table.name} is indexed otherwise than the log says at ${indexed.replace('\n', ' ')}`,
  ),
]

const same = (a: Json | undefined, b: Json | undefined): boolean =>
  a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b)
