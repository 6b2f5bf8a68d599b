import { existsSync } from 'node:fs'
import type {
  Keys,
  Position,
  RawDocuments,
  RawEventStore,
  ReadModels,
  StoreFailure,
  StoreUnavailable,
  Table,
} from '@underlag/kernel'
import { START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { type Connection, type ConnectionOptions, connect } from './connection.js'
import { rowOf, rowsOf } from './database-file.js'
import { documentTables, failure } from './document-table.js'
import { eventLogs } from './event-log.js'
import { generationsOf, sweep } from './generations.js'
import { type Integrity, integrity } from './integrity.js'
import { keyFile, keyTables } from './key-file.js'
import { logFile, SPAN, tenantsOf } from './log-file.js'
import { readFile, readTables, reconcile } from './read-file.js'

export interface SqliteOptions extends ConnectionOptions {
  /** Where the keys are. Default: the path with `.keys` after it. */
  readonly keysPath?: string
}

/**
 * Every port on SQLite. A handle is bound to its tenant; handles of one store share a connection and its group commits,
 * and closing a handle ends its subscriptions, no more.
 */
export interface SqliteStore {
  readonly eventStore: (tenant: string) => RawEventStore
  readonly documents: (tenant: string) => RawDocuments
  readonly readModels: (tenant: string) => ReadModels
  readonly keys: (tenant: string) => Keys
  /**
   * Whether the key file was made just now although the log holds events: it was lost, or is elsewhere. What was sealed
   * before reads as erased, so whoever operates the host should be told at once.
   */
  readonly keysWereMissing: boolean
  /** The tenants that have written something, by name. */
  readonly tenants: TE.TaskEither<StoreFailure, ReadonlyArray<string>>
  /** Reads the whole log file: some seconds for a million events, during which this process does nothing else. */
  readonly integrity: TE.TaskEither<StoreFailure, Integrity>
  /** Writes what is waiting, ends all subscriptions and closes the files. */
  readonly close: () => Promise<void>
}

/**
 * Opens the store at `path`: events and documents there, read models in `PATH.read`, keys in `PATH.keys`.
 * Missing files are made, unless told otherwise. One file per machine, never on a network drive.
 */
export const openSqlite =
  (path: string, options: SqliteOptions = {}): TE.TaskEither<StoreUnavailable, SqliteStore> =>
  async () => {
    const { keysPath = `${path}.keys`, readOnly = false } = options
    const opened: Array<Connection> = []
    const close = async (): Promise<void> => {
      await Promise.all(opened.map((one) => one.close()))
    }
    const open = async (...of: Parameters<typeof connect>): ReturnType<typeof connect> => {
      const connection = await connect(...of)
      if (E.isRight(connection)) opened.push(connection.right)
      else await close()
      return connection
    }
    // A log that may not be made is not read either from beside files made for it; read-only, what is missing is empty.
    const beside = (name: string): string => (readOnly && !existsSync(name) ? ':memory:' : name)
    const besideOptions = (name: string): ConnectionOptions => ({
      ...options,
      create: true,
      readOnly: readOnly && existsSync(name),
    })

    const hadKeys = existsSync(keysPath)
    const log = await open(path, logFile, options)
    if (E.isLeft(log)) return log
    const keys = await open(beside(keysPath), keyFile, besideOptions(keysPath))
    if (E.isLeft(keys)) return keys
    const models = await open(beside(`${path}.read`), readFile, besideOptions(`${path}.read`))
    if (E.isLeft(models)) return models

    const keysWereMissing = !hadKeys && rowOf(log.right.prepare('SELECT 1 FROM tenants LIMIT 1')) !== undefined
    const tenants = log.right.prepare('SELECT name FROM tenants ORDER BY name')
    if (!readOnly) {
      const reconciled = await reconcileWith(log.right, models.right)
      if (E.isLeft(reconciled)) {
        await close()
        return reconciled
      }
      sweep(models.right)
    }

    const tenantOf = tenantsOf(log.right)
    const events = eventLogs(log.right)
    const documents = documentTables(log.right)
    return E.right({
      eventStore: (tenant) => events(tenantOf(tenant)),
      documents: (tenant) => documents(tenantOf(tenant)),
      readModels: readTables(models.right),
      keys: keyTables(keys.right),
      keysWereMissing,
      tenants: log.right.read(() => rowsOf(tenants).map(([name]) => String(name))),
      integrity: integrity(log.right),
      close,
    })
  }

const reconcileWith = (log: Connection, models: Connection): Promise<E.Either<StoreFailure, void>> => {
  const id = log.prepare('SELECT id FROM log')
  const end = log.prepare(
    `SELECT max(key) - no * ${SPAN} FROM events JOIN tenants ON name = ? WHERE key > no * ${SPAN} AND key < (no + 1) * ${SPAN}`,
  )
  const endOf = (tenant: string): bigint => {
    const position = rowOf(end, tenant)?.[0]
    return typeof position === 'number' ? BigInt(position) : START
  }
  return reconcile(models, String(rowOf(id)?.[0]), endOf)()
}

/** Read models alone, for a log kept elsewhere. Where `log`, any name for that log, is another than before, the file is emptied. */
export const openReadModels =
  (path: string, log: string, options: ConnectionOptions = {}): TE.TaskEither<StoreUnavailable, SqliteReadModels> =>
  async () => {
    const models = await connect(path, readFile, options)
    if (E.isLeft(models)) return models
    const reconciled = await reconcile(models.right, log, () => undefined)()
    if (E.isLeft(reconciled)) {
      await models.right.close()
      return reconciled
    }
    sweep(models.right)
    const connection = models.right
    const tables = readTables(connection)
    const generations = generationsOf(connection)
    // Somebody may open the file for another log while this one is in use: they must not take each other's for theirs.
    const own = (tenant: string): string => `${log}/${tenant}`
    const abandon = connection.prepare('UPDATE generations SET tenant = NULL WHERE tenant = ?')
    return E.right({
      readModels: (tenant) => tables(own(tenant)),
      taken: (tenant, table) =>
        connection.read(() => {
          const { position = START, mark } = generations.serving(own(tenant), table) ?? {}
          return { position, mark }
        }),
      empty: (tenant) => async () => {
        const done = await connection.write(() => void abandon.run(own(tenant)))()
        sweep(connection)
        return E.mapLeft(failure)(done)
      },
      close: connection.close,
    })
  }

export interface SqliteReadModels {
  readonly readModels: (tenant: string) => ReadModels
  /** Up to where the table has seen the log, and what the event there is known by (`markOf`), where it was told. */
  readonly taken: (
    tenant: string,
    table: Table,
  ) => TE.TaskEither<StoreFailure, { readonly position: Position; readonly mark: string | undefined }>
  /** Forgets everything of a tenant: its log is not what it was made of, for a backup was put back. */
  readonly empty: (tenant: string) => TE.TaskEither<StoreFailure, void>
  readonly close: () => Promise<void>
}

/** Keys alone, for a log kept elsewhere. */
export const openKeys =
  (path: string, options: ConnectionOptions = {}): TE.TaskEither<StoreUnavailable, SqliteKeys> =>
  async () => {
    const keys = await connect(path, keyFile, options)
    if (E.isLeft(keys)) return keys
    return E.right({ keys: keyTables(keys.right), close: keys.right.close })
  }

export interface SqliteKeys {
  readonly keys: (tenant: string) => Keys
  readonly close: () => Promise<void>
}

/** Documents alone, for a log kept elsewhere. */
export const openDocuments =
  (path: string, options: ConnectionOptions = {}): TE.TaskEither<StoreUnavailable, SqliteDocuments> =>
  async () => {
    const file = await connect(path, logFile, options)
    if (E.isLeft(file)) return file
    const tenantOf = tenantsOf(file.right)
    const documents = documentTables(file.right)
    return E.right({ documents: (tenant) => documents(tenantOf(tenant)), close: file.right.close })
  }

export interface SqliteDocuments {
  readonly documents: (tenant: string) => RawDocuments
  readonly close: () => Promise<void>
}
