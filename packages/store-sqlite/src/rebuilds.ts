import { randomUUID } from 'node:crypto'
import type { Fenced, Json, Position, StoreFailure, Table, TableChanges } from '@underlag/kernel'
import { START } from '@underlag/kernel'
import { either as E } from 'fp-ts'
import type { Connection } from './connection.js'
import { rowsOf } from './database-file.js'
import { failure } from './document-table.js'
import { type Generations, rowWriter } from './generations.js'

/**
 * Next generations on their way. A rebuild touches the same documents again and again, batch after batch, and nobody
 * reads them before they are promoted: so they are kept in memory and written when they are many, or promoted. Writing
 * every batch took 23 s for a million events and 350 000 documents, this takes 4.
 *
 * A next generation belongs to the connection that began it: two processes that rebuild do not meet.
 */
export interface Rebuilds {
  readonly begin: (tenant: string, table: Table) => Promise<E.Either<StoreFailure, void>>
  readonly position: (tenant: string, table: Table) => Position
  readonly get: (
    tenant: string,
    table: Table,
    keys: ReadonlyArray<string>,
  ) => Promise<E.Either<StoreFailure, ReadonlyMap<string, Json>>>
  readonly commit: (
    tenant: string,
    from: Position,
    to: Position,
    changes: ReadonlyArray<TableChanges>,
  ) => Promise<E.Either<StoreFailure | Fenced, void>>
  /** Writes what is in memory; gives back the generation's number, `undefined` where none was begun. */
  readonly settle: (tenant: string, table: Table) => Promise<E.Either<StoreFailure, number | undefined>>
  /** Within the transaction that makes it serve. */
  readonly end: (tenant: string, table: Table) => void
}

interface Rebuild {
  readonly no: number
  position: Position
  /** Not yet written; `null`: to be removed. */
  documents: Map<string, Json>
  /** What came and went since the last writing, the last word for each: `[index, term, key, whether it is added]`. */
  terms: Map<string, readonly [string, string, string, boolean]>
  /** Whether documents have been written before, so that one not in memory may be in the file. */
  written: boolean
  bytes: number
}

/** What is kept in memory of one table at most: documents, and their size as JSON (estimated), in bytes. */
const MOST_DOCUMENTS = 200_000
const MOST_BYTES = 96_000_000
/** Rows written in one transaction: some ms, so that queries have their turn between. */
const SLICE = 4000
/** A rebuild begun so many ms ago by a process that never ended it is given up. */
const ORPHANED = 86_400_000

export const rebuilds = (connection: Connection, generations: Generations): Rebuilds => {
  const owner = randomUUID()
  const running = new Map<string, Rebuild>()
  const writer = rowWriter(connection)
  const select = connection.prepare('SELECT document FROM documents WHERE no = ? AND key = ?')

  const nameOf = (tenant: string, { name, version }: Table): string => JSON.stringify([tenant, name, version])

  const begin: Rebuilds['begin'] = async (tenant, table) => {
    const old = running.get(nameOf(tenant, table))
    const begun = await connection.write(() => {
      if (old !== undefined) generations.abandon(old.no)
      generations.abandonBegunBefore(tenant, table, Date.now() - ORPHANED)
      return generations.beginNext(tenant, table, owner, Date.now())
    })()
    if (E.isLeft(begun)) return E.left(failure(begun.left))
    running.set(nameOf(tenant, table), {
      no: begun.right,
      position: START,
      documents: new Map(),
      terms: new Map(),
      written: false,
      bytes: 0,
    })
    return E.right(undefined)
  }

  const flush = async (rebuild: Rebuild): Promise<E.Either<StoreFailure, void>> => {
    // By key, so that neighbours in the index are written together.
    const keys = [...rebuild.documents.keys()].sort()
    for (let i = 0; i < keys.length; i += SLICE) {
      const slice = keys.slice(i, i + SLICE).map((key) => {
        const document = rebuild.documents.get(key) ?? null
        return [key, document === null ? null : JSON.stringify(document)] as const
      })
      const done = await connection.write(() => {
        for (const [key, document] of slice) writer.put(rebuild.no, key, document)
      })()
      if (E.isLeft(done)) return E.left(failure(done.left))
    }
    // In the order of their index too.
    const terms = [...rebuild.terms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, term]) => term)
    for (let i = 0; i < terms.length; i += SLICE) {
      const slice = terms.slice(i, i + SLICE)
      const done = await connection.write(() => {
        for (const [index, term, key, isAdded] of slice) {
          if (isAdded) writer.addTerm(rebuild.no, index, term, key)
          else writer.removeTerm(rebuild.no, index, term, key)
        }
      })()
      if (E.isLeft(done)) return E.left(failure(done.left))
    }
    if (keys.length > 0) rebuild.written = true
    rebuild.documents = new Map()
    rebuild.terms = new Map()
    rebuild.bytes = 0
    return E.right(undefined)
  }

  return {
    begin,
    position: (tenant, table) => running.get(nameOf(tenant, table))?.position ?? START,
    get: async (tenant, table, keys) => {
      const documents = new Map<string, Json>()
      const rebuild = running.get(nameOf(tenant, table))
      if (rebuild === undefined) return E.right(documents)
      const unknown: Array<string> = []
      for (const key of keys) {
        const document = rebuild.documents.get(key)
        if (document === undefined) unknown.push(key)
        else if (document !== null) documents.set(key, document)
      }
      if (unknown.length === 0 || !rebuild.written) return E.right(documents)
      return connection.snapshot(() => {
        for (const key of unknown) {
          const document = rowsOf(select, rebuild.no, key)[0]?.[0]
          if (document !== undefined) documents.set(key, JSON.parse(document as string))
        }
        return documents
      })()
    },
    commit: async (tenant, from, to, changes) => {
      for (const { table } of changes) {
        const position = running.get(nameOf(tenant, table))?.position ?? START
        if (position !== from) return E.left({ _tag: 'Fenced', position })
      }
      for (const { table } of changes) {
        if (running.has(nameOf(tenant, table))) continue
        const begun = await begin(tenant, table)
        if (E.isLeft(begun)) return begun
      }
      for (const { table, documents, added, removed } of changes) {
        const rebuild = running.get(nameOf(tenant, table))
        if (rebuild === undefined) continue
        for (const [key, document] of documents) rebuild.documents.set(key, document)
        for (const [index, term, key] of removed) {
          const name = termName(index, term, key)
          // What nobody has seen leaves no trace: most bookings are open for a while, and few stay so.
          if (rebuild.written || !rebuild.terms.delete(name)) rebuild.terms.set(name, [index, term, key, false])
        }
        for (const [index, term, key] of added) rebuild.terms.set(termName(index, term, key), [index, term, key, true])
        rebuild.bytes += documents.size * sizeOfOne(documents)
        rebuild.position = to
        if (rebuild.documents.size < MOST_DOCUMENTS && rebuild.bytes < MOST_BYTES) continue
        const flushed = await flush(rebuild)
        if (E.isLeft(flushed)) return flushed
      }
      return E.right(undefined)
    },
    settle: async (tenant, table) => {
      const rebuild = running.get(nameOf(tenant, table))
      if (rebuild === undefined) return E.right(undefined)
      const flushed = await flush(rebuild)
      return E.isLeft(flushed) ? flushed : E.right(rebuild.no)
    },
    end: (tenant, table) => {
      running.delete(nameOf(tenant, table))
    },
  }
}

const termName = (index: string, term: string, key: string): string => `${index}\n${term}\n${key}`

/** The first one stands for all of a batch: to measure each would cost as much as to write it. */
const sizeOfOne = (documents: ReadonlyMap<string, Json>): number => {
  for (const document of documents.values()) return JSON.stringify(document).length
  return 0
}
