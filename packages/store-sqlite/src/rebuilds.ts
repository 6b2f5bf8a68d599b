import { randomUUID } from 'node:crypto'
import type { Fenced, Json, Position, StoreFailure, Table, TableChanges } from '@underlag/kernel'
import { START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { Connection } from './connection.js'
import { rowOf } from './database-file.js'
import { failure } from './document-table.js'
import { type Generations, rowWriter } from './generations.js'

/**
 * Next generations on their way. Nobody reads them before they are promoted, so a commit of many documents is written in
 * short transactions, in the order of the table, and queries have their turn between.
 *
 * A next generation belongs to the connection that began it: two processes that rebuild do not meet.
 */
export interface Rebuilds {
  readonly begin: (tenant: string, table: Table) => Promise<E.Either<StoreFailure, void>>
  readonly position: (tenant: string, table: Table) => Position
  readonly mark: (tenant: string, table: Table) => string | undefined
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
    mark: string | undefined,
  ) => Promise<E.Either<StoreFailure | Fenced, void>>
  /** The generation's number, `undefined` where none was begun. */
  readonly find: (tenant: string, table: Table) => number | undefined
  /** After it was promoted. */
  readonly end: (tenant: string, table: Table) => void
}

/** Rows written in one transaction: some ms, so that queries have their turn between. */
const SLICE = 4000
/** A rebuild begun so many ms ago by a process that never ended it is given up. */
const ORPHANED = 86_400_000

export const rebuilds = (connection: Connection, generations: Generations): Rebuilds => {
  const owner = randomUUID()
  const running = new Map<
    string,
    { readonly no: number; readonly position: Position; readonly mark?: string | undefined }
  >()
  const writer = rowWriter(connection)
  const select = connection.prepare('SELECT document FROM documents WHERE no = ? AND key = ?')

  const nameOf = (tenant: string, { name, version }: Table): string => JSON.stringify([tenant, name, version])

  const begin: Rebuilds['begin'] = async (tenant, table) => {
    const now = Date.now()
    const begun = await connection.write(() => {
      generations.abandonNext(tenant, table, owner, now - ORPHANED)
      return generations.beginNext(tenant, table, owner, now)
    })()
    if (E.isLeft(begun)) return E.left(failure(begun.left))
    running.set(nameOf(tenant, table), { no: begun.right, position: START })
    return E.right(undefined)
  }

  const write = async (
    no: number,
    { documents, removed, added }: TableChanges,
  ): Promise<E.Either<StoreFailure, void>> => {
    /** `prepare` makes the texts before the transaction begins, so that the file is locked no longer than it takes to write. */
    const inSlices = async <A>(all: ReadonlyArray<A>, prepare: (slice: ReadonlyArray<A>) => () => void) => {
      for (let i = 0; i < all.length; i += SLICE) {
        const done = await connection.write(prepare(all.slice(i, i + SLICE)))()
        if (E.isLeft(done)) return E.left(failure(done.left))
      }
      return E.right(undefined)
    }
    const put = await inSlices([...documents].sort(byKey), (slice) => {
      const rows = slice.map(([key, document]) => [key, textOf(document)] as const)
      return () => writer.put(no, rows)
    })
    if (E.isLeft(put)) return put
    const gone = await inSlices(removed, (terms) => () => writer.removeTerms(no, terms))
    return E.isLeft(gone) ? gone : inSlices([...added].sort(byTerm), (terms) => () => writer.addTerms(no, terms))
  }

  return {
    begin,
    position: (tenant, table) => running.get(nameOf(tenant, table))?.position ?? START,
    mark: (tenant, table) => running.get(nameOf(tenant, table))?.mark,
    find: (tenant, table) => running.get(nameOf(tenant, table))?.no,
    get: async (tenant, table, keys) => {
      const documents = new Map<string, Json>()
      const rebuild = running.get(nameOf(tenant, table))
      if (rebuild === undefined) return E.right(documents)
      return connection.snapshot(() => {
        for (const key of keys) {
          const document = rowOf(select, rebuild.no, key)?.[0]
          if (document !== undefined) documents.set(key, JSON.parse(document as string))
        }
        return documents
      })()
    },
    commit: async (tenant, from, to, changes, mark) => {
      for (const { table } of changes) {
        const position = running.get(nameOf(tenant, table))?.position ?? START
        if (position !== from) return E.left({ _tag: 'Fenced', position })
      }
      for (const change of changes) {
        const name = nameOf(tenant, change.table)
        if (!running.has(name)) {
          const begun = await begin(tenant, change.table)
          if (E.isLeft(begun)) return begun
        }
        const no = running.get(name)?.no ?? 0
        // What is half written is nobody's: it is begun anew.
        running.delete(name)
        const written = await write(no, change)
        if (E.isLeft(written)) return written
        running.set(name, { no, position: to, mark })
      }
      return E.right(undefined)
    },
    end: (tenant, table) => {
      running.delete(nameOf(tenant, table))
    },
  }
}

/** A document's text, `null` where there is none. */
export const textOf = (document: Json): string | null => (document === null ? null : JSON.stringify(document))

const byKey = ([a]: readonly [string, Json], [b]: readonly [string, Json]): number => (a < b ? -1 : 1)

type Term = TableChanges['added'][number]

const byTerm = (a: Term, b: Term): number => {
  const at = a[0] !== b[0] ? 0 : a[1] !== b[1] ? 1 : 2
  return a[at] < b[at] ? -1 : 1
}
