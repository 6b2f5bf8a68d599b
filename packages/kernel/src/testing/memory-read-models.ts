import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Position, START } from '../event.js'
import type { Json } from '../json.js'
import type { Fenced, Generation, ReadModels, Table } from '../read-models.js'
import { byCodePoint, frozenCopy } from './frozen.js'

interface Filled {
  position: Position
  readonly documents: Map<string, Json>
  /** Keys by index and term. */
  readonly terms: Map<string, Map<string, Set<string>>>
}

/** Tables by tenant, name, version and generation, shared by handles. */
export type MemoryTables = Map<string, Filled>

/** The read models of one tenant in memory: lost with the process, and made again from the log. */
export const memoryReadModels = (all: MemoryTables = new Map(), tenant = 'default'): ReadModels => {
  const nameOf = ({ name, version }: Table, generation: Generation): string =>
    JSON.stringify([tenant, name, version, generation])
  const found = (table: Table, generation: Generation = 'serving'): Filled | undefined =>
    all.get(nameOf(table, generation))
  const obtain = (table: Table, generation: Generation): Filled => {
    const filled = found(table, generation) ?? { position: START, documents: new Map(), terms: new Map() }
    all.set(nameOf(table, generation), filled)
    return filled
  }

  const commit: ReadModels['commit'] = (from, to, changes, generation = 'serving') => {
    const copies = changes.map((change) => ({
      ...change,
      documents: Array.from(change.documents, ([key, document]) => [key, frozenCopy(document)] as const),
    }))
    return async (): Promise<E.Either<Fenced, void>> => {
      for (const { table } of changes) {
        const position = found(table, generation)?.position ?? START
        if (position !== from) return E.left({ _tag: 'Fenced', position })
      }
      for (const { table, documents, added, removed } of copies) {
        const filled = obtain(table, generation)
        filled.position = to
        for (const [key, document] of documents) {
          if (document === null) filled.documents.delete(key)
          else filled.documents.set(key, document)
        }
        for (const [index, term, key] of removed) filled.terms.get(index)?.get(term)?.delete(key)
        for (const [index, term, key] of added) {
          const terms = filled.terms.get(index) ?? new Map<string, Set<string>>()
          filled.terms.set(index, terms)
          const keys = terms.get(term) ?? new Set<string>()
          terms.set(term, keys)
          keys.add(key)
        }
      }
      return E.right(undefined)
    }
  }

  return {
    checkpoint: (table, generation) => TE.fromIO(() => found(table, generation)?.position ?? START),
    get: (table, keys, generation) => TE.fromIO(() => pick(found(table, generation), keys)),
    find: (table, index, terms) =>
      TE.fromIO(() => {
        const filled = found(table)
        const under = filled?.terms.get(index)
        const named = terms ?? [...(under?.keys() ?? [])]
        const keys = new Set(named.flatMap((term) => [...(under?.get(term) ?? [])]))
        return pick(filled, [...keys].sort(byCodePoint))
      }),
    keys: (table, index, term, { after, limit } = {}) =>
      TE.fromIO(() => sorted(found(table)?.terms.get(index)?.get(term) ?? [], after).slice(0, limit)),
    between: (table, index, ranges) =>
      TE.fromIO(() => {
        const under = [...(found(table)?.terms.get(index) ?? [])].sort(([a], [b]) => byCodePoint(a, b))
        return ranges.flatMap(([first, last]) =>
          under
            .filter(([term]) => byCodePoint(first, term) <= 0 && byCodePoint(term, last) <= 0)
            .flatMap(([term, keys]) => sorted(keys, undefined).map((key) => [term, key] as const)),
        )
      }),
    page: (table, after, limit, generation) =>
      TE.fromIO(() => {
        const filled = found(table, generation)
        return [...pick(filled, sorted(filled?.documents.keys() ?? [], after).slice(0, limit))]
      }),
    commit,
    beginRebuild: (table) =>
      TE.fromIO(() => {
        all.delete(nameOf(table, 'next'))
        obtain(table, 'next')
      }),
    promote: (tables) =>
      TE.fromIOEither(() => {
        for (const table of tables) {
          const next = found(table, 'next')
          const { position } = found(table) ?? { position: START }
          if (next !== undefined && next.position < position) return E.left({ _tag: 'Fenced', position })
        }
        for (const table of tables) {
          const next = found(table, 'next')
          if (next === undefined) continue
          all.set(nameOf(table, 'serving'), next)
          all.delete(nameOf(table, 'next'))
        }
        return E.right(undefined)
      }),
    close: async () => {},
  }
}

const sorted = (keys: Iterable<string>, after: string | undefined): ReadonlyArray<string> =>
  [...keys].filter((key) => after === undefined || byCodePoint(key, after) > 0).sort(byCodePoint)

const pick = (filled: Filled | undefined, keys: ReadonlyArray<string>): ReadonlyMap<string, Json> => {
  const documents = new Map<string, Json>()
  for (const key of keys) {
    const document = filled?.documents.get(key)
    if (document !== undefined) documents.set(key, document)
  }
  return documents
}
