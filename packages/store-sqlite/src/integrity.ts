import type { StoreFailure } from '@underlag/kernel'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Connection } from './connection.js'
import { rowsOf } from './database-file.js'
import { SPAN } from './log-file.js'

export interface Integrity {
  readonly ok: boolean
  /** One sentence each, without personal data; empty where all is well. */
  readonly problems: ReadonlyArray<string>
}

/** Whether the file's pages are sound, and every tenant's positions and every stream's revisions run without gap. */
export const integrity = (connection: Connection): TE.TaskEither<StoreFailure, Integrity> => {
  const check = connection.prepare('PRAGMA quick_check(20)')
  const positions = connection.prepare(
    `SELECT name, count(*), max(key) - no * ${SPAN} FROM tenants JOIN events ON key > no * ${SPAN} AND key < (no + 1) * ${SPAN}
      GROUP BY no HAVING count(*) <> max(key) - no * ${SPAN}`,
  )
  const revisions = connection.prepare(
    `SELECT tenants.name, streams.name, count(*), max(revision) + 1
      FROM events JOIN streams ON streams.tenant = key / ${SPAN} AND streams.name = stream JOIN tenants ON tenants.no = streams.tenant
      GROUP BY stream_no HAVING count(*) <> max(revision) + 1`,
  )
  const strays = connection.prepare(
    `SELECT count(*) FROM events LEFT JOIN streams ON tenant = key / ${SPAN} AND name = stream
      WHERE no IS NULL OR no <> stream_no`,
  )
  return connection.read(() => {
    const problems: Array<string> = []
    for (const [line] of rowsOf(check)) if (line !== 'ok') problems.push(`SQLite finds: ${line}.`)
    for (const [tenant, count, last] of rowsOf(positions)) {
      problems.push(`The log of tenant ${tenant} has ${count} events, but its last position is ${last}.`)
    }
    for (const [tenant, stream, count, expected] of rowsOf(revisions)) {
      problems.push(`Stream ${stream} of tenant ${tenant} has ${count} events where there should be ${expected}.`)
    }
    const stray = Number(rowsOf(strays)[0]?.[0])
    if (stray > 0) problems.push(`${stray} events belong to no stream of their tenant.`)
    return { ok: problems.length === 0, problems }
  })
}
