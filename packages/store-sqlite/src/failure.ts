import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StoreUnavailable } from '@underlag/kernel'

/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
const PERM = 3
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const SCHEMA = 17
const NOTADB = 26

/** What node:sqlite throws: `errcode` is SQLite's extended result code, its low byte the primary one. */
const primaryCode = (error: unknown): number | undefined => {
  const code = (error as { readonly errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Another connection holds what is needed: the same call may go well in a moment. */
export const isBusy = (error: unknown): boolean => {
  const code = primaryCode(error)
  return code === BUSY || code === LOCKED || code === SCHEMA
}

/** What a unique index refuses (SQLITE_CONSTRAINT_UNIQUE). */
export const isNotUnique = (error: unknown): boolean =>
  (error as { readonly errcode?: unknown } | null)?.errcode === 2067

/** The file's content is broken, as distinct from the file being out of reach. */
export const isDamaged = (error: unknown): boolean => {
  const code = primaryCode(error)
  return code === CORRUPT || code === NOTADB
}

/** The disk failed while it was told to make something durable: whether it is, only reading after a restart can tell. */
export const isDiskFailure = (error: unknown): boolean => primaryCode(error) === IOERR

export const unavailable = (reason: string, remedy: string, transient = false): StoreUnavailable => ({
  _tag: 'StoreUnavailable',
  reason,
  remedy,
  transient,
})

/**
 * Why SQLite did not do it, in words for whoever operates the host.
 * Only the path and SQLite's own words are named: values bound to a statement may be personal data.
 */
export const describe = (path: string, error: unknown): StoreUnavailable => {
  switch (primaryCode(error)) {
    case BUSY:
    case LOCKED:
    case SCHEMA:
      return unavailable(
        `${path} is locked by another process.`,
        'Wait until that process is done or end it, then try again.',
        true,
      )
    case FULL:
      return unavailable(`The disk that holds ${path} is full.`, 'Free some space on it, then try again.')
    case READONLY:
      return unavailable(
        `${path} cannot be written to.`,
        'Let this user write to the file and to its folder, or move the file off the read-only disk.',
      )
    case PERM:
    case CANTOPEN:
      return describeUnopened(path)
    case NOTADB:
      return unavailable(
        `${path} is not an SQLite database.`,
        'Put back the last backup of it, or name the right file.',
      )
    case CORRUPT:
      return unavailable(`${path} is damaged.`, 'Put back the last backup of it.')
    case IOERR:
      return unavailable(
        `The disk failed to read or write ${path}.`,
        "Look at the disk and the system's log, then start again.",
      )
    default:
      return unavailable(
        `SQLite failed on ${path}: ${wordsOf(error)}.`,
        'Report this with the version of Underlag and Node.',
      )
  }
}

const describeUnopened = (path: string): StoreUnavailable => {
  if (!existsSync(dirname(path))) {
    return unavailable(
      `The folder ${dirname(path)} of ${path} does not exist.`,
      'Make the folder, or name another path.',
    )
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    return unavailable(`${path} is a folder, not a file.`, 'Name a file in it.')
  }
  return unavailable(
    existsSync(path) ? `${path} cannot be opened.` : `${path} cannot be made.`,
    'Let this user read and write the file and its folder.',
  )
}

/** SQLite's text for the result code, which holds no values; other errors are named by their code alone. */
const wordsOf = (error: unknown): string => {
  const { errstr, code } = error as { readonly errstr?: unknown; readonly code?: unknown }
  return String(errstr ?? code ?? 'unknown error')
}
