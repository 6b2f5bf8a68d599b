import type { RawDocuments, SealedPart, StoreFailure } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import type { CommitLost, Connection } from './connection.js'
import { rowOf } from './database-file.js'
import { unavailable } from './failure.js'
import type { Tenant } from './log-file.js'

/** The documents of each tenant, in the log's own file: as durable as the events that name them, and in the same backup. */
export const documentTables = (connection: Connection): ((tenant: Tenant) => RawDocuments) => {
  const select = connection.prepare('SELECT sealed FROM documents WHERE tenant = ? AND sha256 = ?')
  const insert = connection.prepare('INSERT OR IGNORE INTO documents (tenant, sha256, sealed) VALUES (?, ?, ?)')
  return (tenant) => ({
    put: (sha256, sealed) => {
      const text = JSON.stringify(sealed)
      return async () =>
        E.mapLeft(failure)(
          await connection.write(() => {
            insert.run(tenant.obtain(), sha256, text)
          })(),
        )
    },
    get: (sha256) =>
      connection.read(() => {
        const no = tenant.find()
        const row = no === undefined ? undefined : rowOf(select, no, sha256)
        return row === undefined ? O.none : O.some(JSON.parse(String(row[0])) as SealedPart)
      }),
    close: async () => {},
  })
}

/** For writes that may be repeated without harm: a lost answer is a failure like others. */
export const failure = (left: StoreFailure | CommitLost): StoreFailure =>
  left._tag === 'CommitLost' ? unavailable(left.reason, "Look at the disk and the system's log, then try again.") : left
