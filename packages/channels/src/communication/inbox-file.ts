import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { NOT_ORDINARY } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { LinksUnavailable } from './links.js'

/** Tells our files from other programs' (SQLite's `application_id`). */
const APPLICATION_ID = 0x556e_496e
/** Raised whenever the schema changes. */
const VERSION = 1

/**
 * Ids and times, and messages that say nothing: no name, no amount, no document. The token's hash is what is looked for, so that the
 * time a search takes tells nothing about the tokens there are.
 */
const SCHEMA = `
CREATE TABLE link (
  tenant TEXT NOT NULL,
  message_id TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  token TEXT NOT NULL,
  client_id TEXT NOT NULL,
  invoice_number TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  opened_at TEXT,
  PRIMARY KEY (tenant, message_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX link_by_token ON link (token_hash);
CREATE INDEX link_by_client ON link (tenant, client_id);
CREATE TABLE message (
  position INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  message_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  text TEXT NOT NULL,
  link TEXT NOT NULL,
  posted_at TEXT NOT NULL,
  UNIQUE (tenant, message_id)
) STRICT;
CREATE INDEX message_by_client ON message (tenant, client_id);
`

/** How long SQLite waits for another process that writes, in ms. Writes here take a few. */
const BUSY_TIMEOUT = 2_000

/** The inbox' one file. Opened when it is first needed, so that naming it in a configuration makes nothing yet. */
export interface InboxFile {
  /** Reads; `absent` is the answer while there is no file. */
  readonly read: <A>(absent: A, work: (prepare: Prepare) => A) => E.Either<LinksUnavailable, A>
  /** Reads and writes in one transaction; durable once it is answered. */
  readonly write: <A>(work: (prepare: Prepare) => A) => E.Either<LinksUnavailable, A>
  readonly close: () => void
}

/** A statement, prepared once. */
export type Prepare = (sql: string) => StatementSync

export const inboxFile = (path: string): InboxFile => {
  let database: DatabaseSync | undefined
  let closed = false
  const statements = new Map<string, StatementSync>()

  const opened = (): E.Either<string, DatabaseSync> => {
    if (closed) return E.left('was closed by this program')
    if (database !== undefined) return E.right(database)
    const result = openFile(path)
    if (E.isRight(result)) database = result.right
    return result
  }
  const guarded = <A>(work: (database: DatabaseSync, prepare: Prepare) => A): E.Either<LinksUnavailable, A> => {
    try {
      const file = opened()
      if (E.isLeft(file)) return E.left(unavailable(path, file.left))
      const prepare: Prepare = (sql) => {
        const statement = statements.get(sql) ?? file.right.prepare(sql)
        statements.set(sql, statement)
        return statement
      }
      return E.right(work(file.right, prepare))
    } catch (error) {
      return E.left(unavailable(path, wordsOf(error)))
    }
  }

  return {
    read: (absent, work) =>
      database === undefined && !closed && !existsSync(path)
        ? E.right(absent)
        : guarded((_database, prepare) => work(prepare)),
    write: (work) =>
      guarded((file, prepare) => {
        file.exec('BEGIN IMMEDIATE')
        try {
          const result = work(prepare)
          file.exec('COMMIT')
          return result
        } catch (error) {
          if (file.isTransaction) file.exec('ROLLBACK')
          throw error
        }
      }),
    close: () => {
      closed = true
      statements.clear()
      database?.close()
      database = undefined
    },
  }
}

const openFile = (path: string): E.Either<string, DatabaseSync> => {
  // SQLite would wait for a pipe for ever.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    return E.left(`${NOT_ORDINARY}: name one for the inbox`)
  // For this user's eyes only, whatever the umask says: SQLite keeps the mode that it finds.
  if (path !== ':memory:' && !existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path)
  const given = (answer: E.Either<string, never>): E.Either<string, never> => {
    database.close()
    return answer
  }
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
    database.exec('BEGIN IMMEDIATE')
    const number = (name: string): number => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
    const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
    if (isEmpty) {
      database.exec(SCHEMA)
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`)
    } else if (number('application_id') !== APPLICATION_ID) {
      return given(E.left('is a database of another program: name another path for the inbox'))
    } else if (number('user_version') > VERSION) {
      return given(E.left('was written by a newer version of Underlag: use that one'))
    }
    database.exec('COMMIT')
    // An opening or a posting is answered once it is on the disk.
    database.exec('PRAGMA synchronous = FULL')
    // Who is erased leaves nothing in the pages that come free.
    database.exec('PRAGMA secure_delete = ON')
    return E.right(database)
  } catch (error) {
    database.close()
    throw error
  }
}

const unavailable = (path: string, what: string): LinksUnavailable => ({
  _tag: 'InboxUnavailable',
  detail: `the inbox ${path} ${what}`,
})

/** SQLite's own words for its code, or the system's code: neither holds a value of the statement. */
const wordsOf = (error: unknown): string => {
  const { errstr, code } = error as { readonly errstr?: unknown; readonly code?: unknown }
  return `failed (${String(errstr ?? code ?? 'unknown error')})`
}
