import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { NOT_ORDINARY, type StoreUnavailable } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { describe, isDamaged, unavailable } from './failure.js'

/** What a file of ours is: how to know it, and how to make it. */
export interface FileKind {
  /** For people: `store`, `key file`. */
  readonly name: string
  /** SQLite's `application_id`: tells our files from others'. */
  readonly applicationId: number
  /** SQLite's `user_version`: raised whenever the schema changes. */
  readonly version: number
  /** The schema of an empty file. */
  readonly schema: string
  /** Per connection, after the file was found to be ours. `journal_mode` belongs to `journal`. */
  readonly pragmas: string
  readonly journal: 'wal' | 'truncate'
  /** Mode of a file made by us, e.g. 0o600; by default what the process' umask leaves. */
  readonly mode?: number
  /** What to do when its content is broken. */
  readonly whenDamaged: string
  /** Can be made again from elsewhere: one that is broken or of an older version is thrown away when it is opened. */
  readonly disposable?: boolean
}

export interface FileOptions {
  /** Make the file where there is none. Default: true. */
  readonly create?: boolean
  readonly readOnly?: boolean
}

/**
 * SQLite's own wait for a lock, in ms. It blocks the event loop, so it only bridges another process' commit;
 * whoever waits longer does so by timers, see `patience.ts`.
 */
const BLOCKING_WAIT = 10

/**
 * Opens a file of this kind, once: throws SQLite's error where it is locked, so that the caller can wait and try again.
 * A file that is not of this kind, or is newer, is left exactly as it was.
 */
export const openFile = (
  path: string,
  kind: FileKind,
  options: FileOptions,
): E.Either<StoreUnavailable, DatabaseSync> => {
  const { create = true, readOnly = false } = options
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory() === true)
    return E.left(unavailable(`${path} is a folder, not a file.`, 'Name a file in it.'))
  // SQLite would wait for a pipe for ever.
  if (found?.isFile() === false) return E.left(unavailable(`${path} ${NOT_ORDINARY}.`, 'Name one for it.'))
  if (found === undefined) {
    if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
      return E.left(
        unavailable(`The folder ${dirname(path)} of ${path} does not exist.`, 'Make the folder, or name another path.'),
      )
    }
    if (readOnly || !create) {
      return E.left(
        unavailable(`There is no ${kind.name} at ${path}.`, 'Check the path; the first command that writes makes it.'),
      )
    }
    if (kind.mode !== undefined && path !== ':memory:') makeEmpty(path, kind.mode)
  }
  const database = new DatabaseSync(path, { readOnly })
  try {
    database.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT}`)
    if (kind.disposable === true && !readOnly && isOutdated(database, kind)) {
      database.close()
      throwAway(path)
      return openFile(path, kind, options)
    }
    // One view of the file: while it is being made by another process, its parts would not fit together.
    database.exec('BEGIN')
    const refused = refusal(database, path, kind)
    database.exec('ROLLBACK')
    if (refused !== undefined) {
      database.close()
      return E.left(refused)
    }
    if (!readOnly) {
      // Once in the file it stays, so the common open takes no lock here.
      if (kind.journal !== 'truncate' && pragma(database, 'journal_mode') !== kind.journal)
        database.exec(`PRAGMA journal_mode = ${kind.journal}`)
      if (isEmpty(database)) {
        database.exec('BEGIN IMMEDIATE')
        // Another process may have been first while this one waited for the lock.
        if (isEmpty(database)) {
          database.exec(kind.schema)
          database.exec(`PRAGMA application_id = ${kind.applicationId}; PRAGMA user_version = ${kind.version}`)
        }
        database.exec('COMMIT')
      }
    } else if (isEmpty(database)) {
      database.close()
      return E.left(
        unavailable(`There is no ${kind.name} at ${path}.`, 'Check the path; the first command that writes makes it.'),
      )
    }
    database.exec(kind.pragmas)
    return E.right(database)
  } catch (error) {
    if (database.isOpen) database.close()
    if (kind.disposable === true && !readOnly && isDamaged(error)) {
      throwAway(path)
      return openFile(path, kind, options)
    }
    throw error
  }
}

const isOutdated = (database: DatabaseSync, kind: FileKind): boolean =>
  pragma(database, 'application_id') === kind.applicationId && Number(pragma(database, 'user_version')) < kind.version

const throwAway = (path: string): void => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

const refusal = (database: DatabaseSync, path: string, kind: FileKind): StoreUnavailable | undefined => {
  const application = pragma(database, 'application_id')
  if (application !== kind.applicationId && !(application === 0 && isEmpty(database))) {
    return unavailable(
      `${path} is an SQLite database of another program, not a ${kind.name} of Underlag.`,
      'Name another path: nothing in the file was changed.',
    )
  }
  const version = Number(pragma(database, 'user_version'))
  if (version > kind.version) {
    return unavailable(
      `${path} was written by a newer version of Underlag (its format is ${version}, this program knows ${kind.version}).`,
      'Use that version: nothing in the file was changed.',
    )
  }
  return undefined
}

/** A file made just now, or one whose maker died before its first commit. */
const isEmpty = (database: DatabaseSync): boolean =>
  rowsOf(database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1')).length === 0

const pragma = (database: DatabaseSync, name: string): unknown => rowsOf(database.prepare(`PRAGMA ${name}`))[0]?.[0]

const makeEmpty = (path: string, mode: number): void => {
  try {
    closeSync(openSync(path, 'wx', mode))
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'EEXIST') throw Object.assign(new Error(), { errcode: 14 })
  }
}

export type Value = null | number | bigint | string | Uint8Array
export type Row = ReadonlyArray<Value>

const asArrays = new WeakSet<StatementSync>()

/** All rows of a statement as arrays, which is twice as fast as objects where Node can (22.16 and later). */
export const rowsOf = (statement: StatementSync, ...parameters: Array<Value>): ReadonlyArray<Row> => {
  if (typeof statement.setReturnArrays === 'function') {
    if (!asArrays.has(statement)) {
      statement.setReturnArrays(true)
      asArrays.add(statement)
    }
    return statement.all(...parameters) as unknown as ReadonlyArray<Row>
  }
  return statement.all(...parameters).map((row) => Object.values(row) as Array<Value>)
}

/** The first row of a statement, if any. */
export const rowOf = (statement: StatementSync, ...parameters: Array<Value>): Row | undefined => {
  if (typeof statement.setReturnArrays === 'function') {
    if (!asArrays.has(statement)) {
      statement.setReturnArrays(true)
      asArrays.add(statement)
    }
    return statement.get(...parameters) as unknown as Row | undefined
  }
  const row = statement.get(...parameters)
  return row === undefined ? undefined : (Object.values(row) as Array<Value>)
}

/** Whatever opening threw that is no lock, as a failure. */
export const describeOpening = (path: string, kind: FileKind, error: unknown): StoreUnavailable => {
  const failure = describe(path, error)
  if (isDamaged(error)) return { ...failure, remedy: `${kind.whenDamaged} If it is another file, name the right one.` }
  return failure.reason.startsWith('SQLite failed') && (error as { errcode?: unknown }).errcode === undefined
    ? unavailable(
        `${path} cannot be opened as a ${kind.name}.`,
        'Let this user read and write the file and its folder.',
      )
    : failure
}
