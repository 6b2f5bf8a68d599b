import type { Position, Table } from '@underlag/kernel'
import { START } from '@underlag/kernel'
import { either as E } from 'fp-ts'
import type { Connection } from './connection.js'
import { rowOf, rowsOf } from './database-file.js'

export interface Serving {
  readonly no: number
  readonly position: Position
}

/** The register of generations: which number a tenant's table has. All within a transaction, or a snapshot. */
export interface Generations {
  readonly serving: (tenant: string, table: Table) => Serving | undefined
  readonly beginServing: (tenant: string, table: Table, position: Position) => number
  readonly beginNext: (tenant: string, table: Table, owner: string, now: number) => number
  readonly move: (no: number, position: Position) => void
  /** Makes `no` serve in the place of what serves the table now, and of its older versions. */
  readonly promote: (tenant: string, table: Table, no: number, position: Position) => void
  /** Leaves its rows to `sweep`. */
  readonly abandon: (no: number) => void
  readonly abandonBegunBefore: (tenant: string, table: Table, time: number) => void
}

export const generationsOf = ({ prepare }: Connection): Generations => {
  const serving = prepare(
    "SELECT no, position FROM generations WHERE tenant = ? AND name = ? AND version = ? AND generation = 'serving'",
  )
  // Positions of other logs than ours may need 64 bits.
  serving.setReadBigInts(true)
  const insert = prepare(
    'INSERT INTO generations (tenant, name, version, generation, owner, begun, position) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING no',
  )
  const move = prepare('UPDATE generations SET position = ? WHERE no = ?')
  const abandon = prepare('UPDATE generations SET tenant = NULL WHERE no = ?')
  const abandonBegun = prepare(
    "UPDATE generations SET tenant = NULL WHERE tenant = ? AND name = ? AND generation = 'next' AND begun < ?",
  )
  const abandonServing = prepare(
    "UPDATE generations SET tenant = NULL WHERE tenant = ? AND name = ? AND version <= ? AND generation = 'serving'",
  )
  const serve = prepare("UPDATE generations SET generation = 'serving', owner = '', position = ? WHERE no = ?")
  const number = (...values: ReadonlyArray<string | number | bigint>): number =>
    Number(rowsOf(insert, ...values)[0]?.[0])
  return {
    serving: (tenant, { name, version }) => {
      const row = rowOf(serving, tenant, name, version)
      return row === undefined ? undefined : { no: Number(row[0]), position: row[1] as bigint }
    },
    beginServing: (tenant, { name, version }, position) => number(tenant, name, version, 'serving', '', 0, position),
    beginNext: (tenant, { name, version }, owner, now) => number(tenant, name, version, 'next', owner, now, START),
    move: (no, position) => {
      move.run(position, no)
    },
    promote: (tenant, { name, version }, no, position) => {
      abandonServing.run(tenant, name, version)
      serve.run(position, no)
    },
    abandon: (no) => {
      abandon.run(no)
    },
    abandonBegunBefore: (tenant, { name }, time) => {
      abandonBegun.run(tenant, name, time)
    },
  }
}

/** How rows of any generation are written, within a transaction. */
export interface RowWriter {
  /** `null` removes. */
  readonly put: (no: number, key: string, document: string | null) => void
  readonly addTerm: (no: number, index: string, term: string, key: string) => void
  readonly removeTerm: (no: number, index: string, term: string, key: string) => void
}

export const rowWriter = ({ prepare }: Connection): RowWriter => {
  const upsert = prepare(
    'INSERT INTO documents (no, key, document) VALUES (?, ?, ?) ON CONFLICT (no, key) DO UPDATE SET document = excluded.document',
  )
  const remove = prepare('DELETE FROM documents WHERE no = ? AND key = ?')
  const addTerm = prepare('INSERT OR IGNORE INTO terms (no, name, term, key) VALUES (?, ?, ?, ?)')
  const removeTerm = prepare('DELETE FROM terms WHERE no = ? AND name = ? AND term = ? AND key = ?')
  return {
    put: (no, key, document) => {
      if (document === null) remove.run(no, key)
      else upsert.run(no, key, document)
    },
    addTerm: (no, index, term, key) => {
      addTerm.run(no, index, term, key)
    },
    removeTerm: (no, index, term, key) => {
      removeTerm.run(no, index, term, key)
    },
  }
}

/** Rows of abandoned generations removed at once: some ms, so that queries have their turn. */
const SLICE = 2000

/** Removes the rows of generations that no tenant uses, a slice at a time, until none is left or the file is closed. */
export const sweep = (connection: Connection): void => {
  if (connection.isClosed()) return
  const abandoned = connection.prepare('SELECT no FROM generations WHERE tenant IS NULL LIMIT 1')
  const documents = connection.prepare(
    'DELETE FROM documents WHERE no = ? AND key IN (SELECT key FROM documents WHERE no = ? LIMIT ?)',
  )
  const terms = connection.prepare(
    'DELETE FROM terms WHERE no = ? AND (name, term, key) IN (SELECT name, term, key FROM terms WHERE no = ? LIMIT ?)',
  )
  const generation = connection.prepare('DELETE FROM generations WHERE no = ?')
  const slice = async (): Promise<void> => {
    const left = await connection.write(() => {
      const no = rowOf(abandoned)?.[0]
      if (typeof no !== 'number') return false
      const removed = Number(documents.run(no, no, SLICE).changes) + Number(terms.run(no, no, SLICE).changes)
      if (removed === 0) generation.run(no)
      return true
    })()
    // A failure leaves the rest to the next opening.
    if (E.isRight(left) && left.right) setTimeout(() => void slice(), 5).unref()
  }
  void slice()
}
