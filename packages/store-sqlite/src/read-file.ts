import type { Fenced, Json, Position, ReadModels, StoreFailure, Table, TableChanges } from '@underlag/kernel'
import { START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Connection } from './connection.js'
import { type FileKind, rowOf, rowsOf } from './database-file.js'
import { failure } from './document-table.js'
import { generationsOf, rowWriter, sweep } from './generations.js'
import { rebuilds, textOf } from './rebuilds.js'

/**
 * Read models, in a file that may be deleted at any time: the log makes it again.
 *
 * Every generation of a tenant's table has a number `no`; its documents and terms are one range of two tables. So a swap
 * is the change of one row, and thousands of tenants need no tables of their own. One that is no longer used has no
 * tenant, and its rows are removed bit by bit.
 *
 * NORMAL: a power cut may take the last batches, and then the checkpoint goes with them.
 */
export const readFile: FileKind = {
  name: 'file of read models',
  applicationId: 0x556e_6472,
  version: 2,
  schema: `
    CREATE TABLE source (log TEXT NOT NULL) STRICT;
    CREATE TABLE generations (
      no INTEGER PRIMARY KEY AUTOINCREMENT,
      tenant TEXT,
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      generation TEXT NOT NULL CHECK (generation IN ('serving', 'next')),
      owner TEXT NOT NULL,
      begun INTEGER NOT NULL,
      position INTEGER NOT NULL,
      mark TEXT,
      UNIQUE (tenant, name, version, generation, owner)
    ) STRICT;
    CREATE TABLE documents (
      no INTEGER NOT NULL,
      key TEXT NOT NULL,
      document TEXT NOT NULL,
      PRIMARY KEY (no, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE terms (
      no INTEGER NOT NULL,
      name TEXT NOT NULL,
      term TEXT NOT NULL,
      key TEXT NOT NULL,
      PRIMARY KEY (no, name, term, key)
    ) STRICT, WITHOUT ROWID;
  `,
  // The larger log of writes lets a page that changes in batch after batch reach the file once: twice as fast.
  pragmas:
    'PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000; PRAGMA temp_store = MEMORY',
  journal: 'wal',
  whenDamaged: 'Stop the program and delete the file: it is made again from the log.',
  disposable: true,
}

/** The read models of each tenant: one handle a tenant, so that whoever fills its next generations finds who does already. */
export const readTables = (connection: Connection): ((tenant: string) => ReadModels) => {
  const { prepare } = connection
  const generations = generationsOf(connection)
  const writer = rowWriter(connection)
  const next = rebuilds(connection, generations)

  // In the order of the keys: the left side of a cross join is gone through as it stands.
  const byKeys = prepare(
    'SELECT documents.key, document FROM json_each(?) CROSS JOIN documents WHERE no = ? AND documents.key = json_each.value',
  )
  const firstPage = prepare('SELECT key, document FROM documents WHERE no = ? ORDER BY key LIMIT ?')
  const nextPage = prepare('SELECT key, document FROM documents WHERE no = ? AND key > ? ORDER BY key LIMIT ?')
  // Plain question marks: Node before 22.15 takes numbered ones for names.
  const underTerms = prepare(
    `SELECT key, document FROM documents WHERE no = ? AND key IN
      (SELECT key FROM terms WHERE no = ? AND name = ? AND term IN (SELECT value FROM json_each(?))) ORDER BY key`,
  )
  const underIndex = prepare(
    `SELECT key, document FROM documents WHERE no = ? AND key IN
      (SELECT key FROM terms WHERE no = ? AND name = ?) ORDER BY key`,
  )
  const firstKeys = prepare('SELECT key FROM terms WHERE no = ? AND name = ? AND term = ? ORDER BY key LIMIT ?')
  const nextKeys = prepare(
    'SELECT key FROM terms WHERE no = ? AND name = ? AND term = ? AND key > ? ORDER BY key LIMIT ?',
  )
  const betweenTerms = prepare(
    'SELECT term, key FROM terms WHERE no = ? AND name = ? AND term >= ? AND term <= ? ORDER BY term, key',
  )

  const page = (no: number, after: string | undefined, limit: number): ReadonlyArray<readonly [string, Json]> => [
    ...parsed(after === undefined ? rowsOf(firstPage, no, limit) : rowsOf(nextPage, no, after, limit)),
  ]

  const handles = new Map<string, ReadModels>()
  return (tenant) => {
    const known = handles.get(tenant)
    if (known !== undefined) return known
    /** Looks the generation up and reads from it in one view of the file: another process may swap it at any time. */
    const reading = <A>(table: Table, none: A, work: (no: number) => A): TE.TaskEither<StoreFailure, A> =>
      connection.snapshot(() => {
        const found = generations.serving(tenant, table)
        return found === undefined ? none : work(found.no)
      })

    const commit = (
      from: Position,
      to: Position,
      changes: ReadonlyArray<TableChanges>,
      mark: string | undefined,
    ): TE.TaskEither<StoreFailure | Fenced, void> => {
      // To text before the transaction begins, so that the file is locked no longer than it takes to write.
      const encoded = changes.map(({ documents }) =>
        Array.from(documents, ([key, document]) => [key, textOf(document)] as const),
      )
      const work = (): E.Either<Fenced, void> => {
        const found = changes.map(({ table }) => generations.serving(tenant, table))
        // All fences before the first write, because a fenced commit writes nothing.
        for (const one of found) {
          const position = one?.position ?? START
          if (position !== from) return E.left({ _tag: 'Fenced', position })
        }
        changes.forEach(({ table, added, removed }, i) => {
          const one = found[i]
          const no = one?.no ?? generations.beginServing(tenant, table, to, mark)
          if (one !== undefined) generations.move(no, to, mark)
          writer.put(no, encoded[i] ?? [])
          writer.removeTerms(no, removed)
          writer.addTerms(no, added)
        })
        return E.right(undefined)
      }
      return async () => {
        const written = await connection.write(work)()
        return E.isRight(written) ? written.right : E.left(failure(written.left))
      }
    }

    const promote = async (tables: ReadonlyArray<Table>): Promise<E.Either<StoreFailure | Fenced, void>> => {
      const filled = tables.filter((table) => next.find(tenant, table) !== undefined)
      const promoted = await connection.write((): E.Either<Fenced, void> => {
        for (const table of filled) {
          const position = generations.serving(tenant, table)?.position ?? START
          if (next.position(tenant, table) < position) return E.left({ _tag: 'Fenced', position })
        }
        for (const table of filled) {
          const no = next.find(tenant, table)
          if (no !== undefined) {
            const [position, mark] = [next.position(tenant, table), next.mark(tenant, table)]
            generations.promote(tenant, table, no, position, mark)
          }
        }
        return E.right(undefined)
      })()
      if (E.isLeft(promoted)) return E.left(failure(promoted.left))
      if (E.isLeft(promoted.right)) return promoted.right
      for (const table of filled) next.end(tenant, table)
      sweep(connection)
      return E.right(undefined)
    }

    const handle: ReadModels = {
      checkpoint: (table, generation) =>
        generation === 'next'
          ? async () => E.right(next.position(tenant, table))
          : connection.read(() => generations.serving(tenant, table)?.position ?? START),
      get: (table, keys, generation) =>
        generation === 'next'
          ? () => next.get(tenant, table, keys)
          : reading(table, new Map(), (no) => parsed(rowsOf(byKeys, JSON.stringify(keys), no))),
      find: (table, index, terms) =>
        reading(table, new Map(), (no) =>
          parsed(
            terms === undefined
              ? rowsOf(underIndex, no, no, index)
              : rowsOf(underTerms, no, no, index, JSON.stringify(terms)),
          ),
        ),
      keys: (table, index, term, { after, limit = -1 } = {}) =>
        reading(table, [], (no) =>
          (after === undefined
            ? rowsOf(firstKeys, no, index, term, limit)
            : rowsOf(nextKeys, no, index, term, after, limit)
          ).map((row) => row[0] as string),
        ),
      between: (table, index, ranges) =>
        reading(table, [], (no) =>
          ranges.flatMap(([first, last]) =>
            rowsOf(betweenTerms, no, index, first, last).map(([term, key]) => [term as string, key as string] as const),
          ),
        ),
      page: (table, after, limit, generation) =>
        generation === 'next'
          ? async () => {
              const no = next.find(tenant, table)
              return no === undefined ? E.right([]) : connection.read(() => page(no, after, limit))()
            }
          : reading(table, [], (no) => page(no, after, limit)),
      commit: (from, to, changes, generation, mark) =>
        generation === 'next' ? () => next.commit(tenant, from, to, changes, mark) : commit(from, to, changes, mark),
      beginRebuild: (table) => async () => {
        const begun = await next.begin(tenant, table)
        sweep(connection)
        return begun
      },
      promote: (tables) => () => promote(tables),
      close: async () => {},
    }
    handles.set(tenant, handle)
    return handle
  }
}

const parsed = (rows: ReadonlyArray<ReadonlyArray<unknown>>): Map<string, Json> =>
  new Map(rows.map(([key, document]) => [key as string, JSON.parse(document as string) as Json]))

/**
 * Empties a file that was filled from another log, or from more of this log than there is: a backup was put back.
 * `endOf` is the end of a tenant's log, `undefined` where that cannot be known.
 */
export const reconcile = (
  connection: Connection,
  log: string,
  endOf: (tenant: string) => Position | undefined,
): TE.TaskEither<StoreFailure, void> => {
  const sql = connection.prepare
  const source = sql('SELECT log FROM source')
  const setSource = sql('INSERT INTO source (log) VALUES (?)')
  const clearSource = sql('DELETE FROM source')
  const furthest = sql('SELECT tenant, max(position) FROM generations WHERE tenant IS NOT NULL GROUP BY tenant')
  furthest.setReadBigInts(true)
  const abandonTenant = sql('UPDATE generations SET tenant = NULL WHERE tenant = ?')
  const abandonAll = sql('UPDATE generations SET tenant = NULL')
  const ahead = (): ReadonlyArray<string> =>
    rowsOf(furthest).flatMap(([tenant, position]) => {
      const end = endOf(String(tenant))
      return end !== undefined && (position as bigint) > end ? [String(tenant)] : []
    })
  return async () => {
    const state = await connection.read(() => ({ known: rowOf(source)?.[0], ahead: ahead() }))()
    if (E.isLeft(state)) return state
    if (state.right.known === log && state.right.ahead.length === 0) return E.right(undefined)
    const done = await connection.write(() => {
      if (rowOf(source)?.[0] !== log) {
        abandonAll.run()
        clearSource.run()
        setSource.run(log)
      }
      for (const tenant of ahead()) abandonTenant.run(tenant)
    })()
    sweep(connection)
    return E.mapLeft(failure)(done)
  }
}
