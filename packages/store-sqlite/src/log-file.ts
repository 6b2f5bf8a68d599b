import type { Connection } from './connection.js'
import { type FileKind, rowOf, rowsOf } from './database-file.js'

/**
 * The log of all tenants and their documents: what must never be lost.
 *
 * An event's `key` is its tenant's number times 2³⁴ plus its position, so a tenant's log is one range of the table, as
 * cheap to read among 10 000 tenants as alone. A stream's number is the key of its first event: by number, the index
 * entries of new streams lie side by side at the end, where by name each would change a page of its own somewhere in a
 * large file. `events_by_id` keeps a repeated event out; the first one is found by the stream's number and needs no entry.
 *
 * WARNING: what is written here stays readable forever; change by new versions only.
 */
export const logFile: FileKind = {
  name: 'store',
  applicationId: 0x556e_646c,
  version: 1,
  schema: `
    CREATE TABLE log (id TEXT NOT NULL) STRICT;
    INSERT INTO log VALUES (lower(hex(randomblob(16))));
    CREATE TABLE tenants (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE streams (
      tenant INTEGER NOT NULL,
      name TEXT NOT NULL,
      no INTEGER NOT NULL,
      PRIMARY KEY (tenant, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE events (
      key INTEGER PRIMARY KEY,
      stream_no INTEGER NOT NULL,
      stream TEXT NOT NULL,
      revision INTEGER NOT NULL,
      id TEXT NOT NULL,
      type TEXT NOT NULL,
      data TEXT NOT NULL,
      personal TEXT,
      metadata TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX events_by_stream ON events (stream_no, revision);
    CREATE UNIQUE INDEX events_by_id ON events (stream_no, id) WHERE revision > 0;
    CREATE TABLE documents (
      tenant INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      sealed TEXT NOT NULL,
      UNIQUE (tenant, sha256)
    ) STRICT;
  `,
  // FULL: an acknowledged append survives a power cut, not only the end of the process.
  pragmas: 'PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY',
  journal: 'wal',
  whenDamaged: 'Put back the last backup of it.',
}

/** Positions per tenant: 2³⁴ of them, for 2¹⁹ tenants, within what a JavaScript number holds exactly. */
export const SPAN = 2 ** 34

/** A tenant's number in this file: looked up once, made by the tenant's first write. */
export interface Tenant {
  /** `undefined` while the tenant has written nothing. Outside transactions. */
  readonly find: () => number | undefined
  /** The same within a transaction, where the number may yet be rolled back: it is not remembered. */
  readonly findUncommitted: () => number | undefined
  /** Within a transaction of `Connection.write` only. */
  readonly obtain: () => number
  /** After such a transaction was committed: what it saw stays. */
  readonly remember: () => void
}

export const tenantsOf = (connection: Connection): ((name: string) => Tenant) => {
  const select = connection.prepare('SELECT no FROM tenants WHERE name = ?')
  const insert = connection.prepare(
    'INSERT INTO tenants (no, name) VALUES ((SELECT coalesce(max(no), 0) + 1 FROM tenants), ?) RETURNING no',
  )
  return (name) => {
    let known: number | undefined
    let uncommitted: number | undefined
    const find = (): number | undefined => {
      if (known !== undefined) return known
      const row = rowOf(select, name)
      return row === undefined ? undefined : Number(row[0])
    }
    const findUncommitted = (): number | undefined => {
      uncommitted = find()
      return uncommitted
    }
    return {
      find: () => {
        known = find()
        return known
      },
      findUncommitted,
      obtain: () => {
        uncommitted = findUncommitted() ?? Number(rowsOf(insert, name)[0]?.[0])
        return uncommitted
      },
      remember: () => {
        known ??= uncommitted
      },
    }
  }
}
