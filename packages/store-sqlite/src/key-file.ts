import { randomBytes, randomUUID } from 'node:crypto'
import type { Key, KeySubject, Keys } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import type { Connection } from './connection.js'
import { type FileKind, rowOf, rowsOf } from './database-file.js'
import { failure } from './document-table.js'

/**
 * Keys, in a file of their own that is backed up apart from the log: an erased key must not come back with the log's backup.
 *
 * No write-ahead log here: an erased secret would linger in it, and a copy of the one file would lack the newest keys.
 * `secure_delete` overwrites what is erased; `EXTRA` also makes the journal's end durable.
 */
export const keyFile: FileKind = {
  name: 'key file',
  applicationId: 0x556e_646b,
  version: 1,
  schema: `
    CREATE TABLE keys (
      id TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      subject TEXT NOT NULL,
      purpose TEXT NOT NULL,
      secret BLOB NOT NULL,
      UNIQUE (tenant, subject, purpose)
    ) STRICT;
    CREATE TABLE erased (id TEXT PRIMARY KEY) STRICT;
  `,
  pragmas:
    'PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY',
  journal: 'truncate',
  mode: 0o600,
  whenDamaged: 'Put back its last backup: what was sealed with a lost key cannot be read again.',
}

/** The keys of each tenant. Several processes that ask for a new subject's key at once get the same one. */
export const keyTables = (connection: Connection): ((tenant: string) => Keys) => {
  const current = connection.prepare('SELECT id, secret FROM keys WHERE tenant = ? AND subject = ? AND purpose = ?')
  const byIds = connection.prepare(
    'SELECT keys.id, secret FROM json_each(?) CROSS JOIN keys WHERE keys.id = json_each.value AND tenant = ?',
  )
  const insert = connection.prepare('INSERT INTO keys (id, tenant, subject, purpose, secret) VALUES (?, ?, ?, ?, ?)')
  const bury = connection.prepare(
    'INSERT OR IGNORE INTO erased SELECT id FROM keys WHERE tenant = ? AND subject = ? AND purpose = coalesce(?, purpose)',
  )
  const buried = connection.prepare('SELECT 1 FROM erased WHERE id = ?')
  const remove = connection.prepare(
    'DELETE FROM keys WHERE tenant = ? AND subject = ? AND purpose = coalesce(?, purpose)',
  )

  return (tenant) => {
    const find = ({ subject, purpose }: KeySubject): Key | undefined => {
      const row = rowOf(current, tenant, subject, purpose)
      return row === undefined ? undefined : { id: String(row[0]), secret: row[1] as Uint8Array }
    }

    const make = ({ subject, purpose }: KeySubject): Key => {
      const key = { id: randomUUID(), secret: new Uint8Array(randomBytes(32)) }
      insert.run(key.id, tenant, subject, purpose, key.secret)
      return key
    }

    return {
      obtain: (subjects) => async () => {
        const found = await connection.read(() => subjects.map(find))()
        if (E.isLeft(found)) return found
        const keys = found.right.filter((key) => key !== undefined)
        if (keys.length === subjects.length) return E.right(keys)
        // Looked for again with the lock held: another process may have made it meanwhile.
        return E.mapLeft(failure)(
          await connection.write(() => subjects.map((subject) => find(subject) ?? make(subject)))(),
        )
      },
      find: (ids) =>
        connection.read(() => {
          const rows = rowsOf(byIds, JSON.stringify([...new Set(ids)]), tenant)
          const secrets = new Map(rows.map(([id, secret]) => [id as string, secret as Uint8Array]))
          return ids.map((id) => O.fromNullable(secrets.get(id)))
        }),
      isErased: (ids) => connection.read(() => ids.map((id) => rowOf(buried, id) !== undefined)),
      erase: (subject, purpose) => async () =>
        E.mapLeft(failure)(
          await connection.write(() => {
            bury.run(tenant, subject, purpose ?? null)
            remove.run(tenant, subject, purpose ?? null)
          })(),
        ),
      close: async () => {},
    }
  }
}
