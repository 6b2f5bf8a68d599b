import type { Fenced, Generation, Json, Position, ReadModels, StoreFailure, Table } from '@underlag/kernel'
import { START } from '@underlag/kernel'
import { either as E, type taskEither as TE } from 'fp-ts'
import type { CommitLost, Connection } from './connection.js'
import { type FileKind, rowOf, rowsOf } from './database-file.js'
import { failure } from './document-table.js'

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
  version: 1,
  schema: `
    CREATE TABLE source (log TEXT NOT NULL) STRICT;
    CREATE TABLE generations (
      no INTEGER PRIMARY KEY AUTOINCREMENT,
      tenant TEXT,
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      generation TEXT NOT NULL,
      position INTEGER NOT NULL,
      UNIQUE (tenant, name, version, generation)
    ) STRICT;
    CREATE TABLE documents (
      no INTEGER NOT NULL,
      key TEXT NOT NULL,
      document TEXT NOT NULL,
      UNIQUE (no, key)
    ) STRICT;
    CREATE TABLE terms (
      no INTEGER NOT NULL,
      name TEXT NOT NULL,
      term TEXT NOT NULL,
      key TEXT NOT NULL,
      PRIMARY KEY (no, name, term, key)
    ) STRICT, WITHOUT ROWID;
  `,
  pragmas: 'PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY',
  journal: 'wal',
  whenDamaged: 'Stop the program and delete the file: it is made again from the log.',
  disposable: true,
}

interface Known {
  readonly no: number
  readonly position: Position
}

/** The read models of one tenant. */
export const readTables = (connection: Connection, tenant: string): ReadModels => {
  const sql = connection.prepare
  const generationOf = sql(
    'SELECT no, position FROM generations WHERE tenant = ? AND name = ? AND version = ? AND generation = ?',
  )
  generationOf.setReadBigInts(true)
  const addGeneration = sql(
    'INSERT INTO generations (tenant, name, version, generation, position) VALUES (?, ?, ?, ?, ?) RETURNING no',
  )
  const move = sql('UPDATE generations SET position = ? WHERE no = ?')
  const abandon = sql('UPDATE generations SET tenant = NULL WHERE no = ?')
  const abandonOlder = sql('UPDATE generations SET tenant = NULL WHERE tenant = ? AND name = ? AND version < ?')
  const serve = sql("UPDATE generations SET generation = 'serving' WHERE no = ?")

  const select = sql('SELECT document FROM documents WHERE no = ? AND key = ?')
  const upsert = sql(
    'INSERT INTO documents (no, key, document) VALUES (?, ?, ?) ON CONFLICT (no, key) DO UPDATE SET document = excluded.document',
  )
  const remove = sql('DELETE FROM documents WHERE no = ? AND key = ?')
  const firstPage = sql('SELECT key, document FROM documents WHERE no = ? ORDER BY key LIMIT ?')
  const nextPage = sql('SELECT key, document FROM documents WHERE no = ? AND key > ? ORDER BY key LIMIT ?')

  const addTerm = sql('INSERT OR IGNORE INTO terms (no, name, term, key) VALUES (?, ?, ?, ?)')
  const removeTerm = sql('DELETE FROM terms WHERE no = ? AND name = ? AND term = ? AND key = ?')
  const underTerms = sql(
    `SELECT key, document FROM documents WHERE no = ?1 AND key IN
      (SELECT key FROM terms WHERE no = ?1 AND name = ?2 AND term IN (SELECT value FROM json_each(?3))) ORDER BY key`,
  )
  const underIndex = sql(
    `SELECT key, document FROM documents WHERE no = ?1 AND key IN
      (SELECT key FROM terms WHERE no = ?1 AND name = ?2) ORDER BY key`,
  )
  const firstKeys = sql('SELECT key FROM terms WHERE no = ? AND name = ? AND term = ? ORDER BY key LIMIT ?')
  const nextKeys = sql('SELECT key FROM terms WHERE no = ? AND name = ? AND term = ? AND key > ? ORDER BY key LIMIT ?')

  const known = (table: Table, generation: Generation): Known | undefined => {
    const row = rowOf(generationOf, tenant, table.name, table.version, generation)
    return row === undefined ? undefined : { no: Number(row[0]), position: row[1] as bigint }
  }

  const begin = (table: Table, generation: Generation, position: Position): number =>
    Number(rowsOf(addGeneration, tenant, table.name, table.version, generation, position)[0]?.[0])

  /** Looks the generation up and reads from it in one view of the file: another process may swap it at any time. */
  const reading = <A>(
    table: Table,
    generation: Generation,
    none: A,
    work: (no: number) => A,
  ): TE.TaskEither<StoreFailure, A> =>
    connection.snapshot(() => {
      const found = known(table, generation)
      return found === undefined ? none : work(found.no)
    })

  const commit: ReadModels['commit'] = (from, to, changes, generation = 'serving') => {
    // To text before the transaction begins, so that the file is locked no longer than it takes to write.
    const encoded = changes.map(({ documents }) =>
      Array.from(documents, ([key, document]) => [key, document === null ? null : JSON.stringify(document)] as const),
    )
    const work = (): E.Either<Fenced, void> => {
      const found = changes.map(({ table }) => known(table, generation))
      // All fences before the first write, because a fenced commit writes nothing.
      for (const one of found) {
        const position = one?.position ?? START
        if (position !== from) return E.left({ _tag: 'Fenced', position })
      }
      changes.forEach(({ table, added, removed }, i) => {
        const one = found[i]
        const no = one?.no ?? begin(table, generation, to)
        if (one !== undefined) move.run(to, no)
        for (const [key, document] of encoded[i] ?? []) {
          if (document === null) remove.run(no, key)
          else upsert.run(no, key, document)
        }
        for (const [index, term, key] of removed) removeTerm.run(no, index, term, key)
        for (const [index, term, key] of added) addTerm.run(no, index, term, key)
      })
      return E.right(undefined)
    }
    return async () => flatten(await connection.write(work)())
  }

  return {
    checkpoint: (table, generation = 'serving') => connection.read(() => known(table, generation)?.position ?? START),
    get: (table, keys, generation = 'serving') =>
      reading(table, generation, new Map(), (no) => {
        const documents = new Map<string, Json>()
        for (const key of keys) {
          const row = rowOf(select, no, key)
          if (row !== undefined) documents.set(key, JSON.parse(row[0] as string))
        }
        return documents
      }),
    find: (table, index, terms) =>
      reading(table, 'serving', new Map(), (no) =>
        parsed(
          terms === undefined ? rowsOf(underIndex, no, index) : rowsOf(underTerms, no, index, JSON.stringify(terms)),
        ),
      ),
    keys: (table, index, term, { after, limit = -1 } = {}) =>
      reading(table, 'serving', [], (no) =>
        (after === undefined
          ? rowsOf(firstKeys, no, index, term, limit)
          : rowsOf(nextKeys, no, index, term, after, limit)
        ).map((row) => row[0] as string),
      ),
    page: (table, after, limit, generation = 'serving') =>
      reading(table, generation, [], (no) => [
        ...parsed(after === undefined ? rowsOf(firstPage, no, limit) : rowsOf(nextPage, no, after, limit)),
      ]),
    commit,
    beginRebuild: (table) => async () => {
      const begun = await connection.write(() => {
        const old = known(table, 'next')
        if (old !== undefined) abandon.run(old.no)
        begin(table, 'next', START)
      })()
      sweep(connection)
      return E.mapLeft(failure)(begun)
    },
    promote: (tables) => async () => {
      const promoted = await connection.write(() => {
        for (const table of tables) {
          const next = known(table, 'next')
          // None: another process promoted the one it rebuilt.
          if (next === undefined) continue
          const serving = known(table, 'serving')
          if (serving !== undefined) abandon.run(serving.no)
          abandonOlder.run(tenant, table.name, table.version)
          serve.run(next.no)
        }
      })()
      sweep(connection)
      return E.mapLeft(failure)(promoted)
    },
    close: async () => {},
  }
}

const parsed = (rows: ReadonlyArray<ReadonlyArray<unknown>>): Map<string, Json> =>
  new Map(rows.map(([key, document]) => [key as string, JSON.parse(document as string) as Json]))

const flatten = (
  written: E.Either<StoreFailure | CommitLost, E.Either<Fenced, void>>,
): E.Either<StoreFailure | Fenced, void> => (E.isRight(written) ? written.right : E.left(failure(written.left)))

/** Rows of abandoned generations removed at once: some ms, so that queries have their turn. */
const SLICE = 2000

/** Removes the rows of generations that no tenant uses, a slice at a time, until none is left or the file is closed. */
export const sweep = (connection: Connection): void => {
  const sql = connection.prepare
  if (connection.isClosed()) return
  const abandoned = sql('SELECT no FROM generations WHERE tenant IS NULL LIMIT 1')
  const documents = sql('DELETE FROM documents WHERE rowid IN (SELECT rowid FROM documents WHERE no = ? LIMIT ?)')
  const terms = sql(
    'DELETE FROM terms WHERE no = ?1 AND (name, term, key) IN (SELECT name, term, key FROM terms WHERE no = ?1 LIMIT ?2)',
  )
  const generation = sql('DELETE FROM generations WHERE no = ?')
  const slice = async (): Promise<void> => {
    const left = await connection.write(() => {
      const no = rowOf(abandoned)?.[0]
      if (typeof no !== 'number') return false
      const removed = Number(documents.run(no, SLICE).changes) + Number(terms.run(no, SLICE).changes)
      if (removed === 0) generation.run(no)
      return true
    })()
    // A failure leaves the rest to the next opening.
    if (E.isRight(left) && left.right) setTimeout(() => void slice(), 5).unref()
  }
  void slice()
}

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
