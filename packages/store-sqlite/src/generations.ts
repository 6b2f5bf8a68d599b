import type { Position, Table } from '@underlag/kernel'
import { START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { Connection } from './connection.js'
import { rowOf, rowsOf } from './database-file.js'

export interface Serving {
  readonly no: number
  readonly position: Position
  /** Of the event at the position, where it was told. */
  readonly mark: string | undefined
}

/** The register of generations: which number a tenant's table has. All within a transaction, or a snapshot. */
export interface Generations {
  readonly serving: (tenant: string, table: Table) => Serving | undefined
  readonly beginServing: (tenant: string, table: Table, position: Position, mark: string | undefined) => number
  readonly beginNext: (tenant: string, table: Table, owner: string, now: number) => number
  readonly move: (no: number, position: Position, mark: string | undefined) => void
  /** Makes `no` serve in the place of what serves the table now, and of its older versions. */
  readonly promote: (tenant: string, table: Table, no: number, position: Position, mark: string | undefined) => void
  /** Leaves the rows of the next generation that `owner` began, and of any begun before `time`, to `sweep`. */
  readonly abandonNext: (tenant: string, table: Table, owner: string, time: number) => void
}

export const generationsOf = ({ prepare }: Connection): Generations => {
  const serving = prepare(
    "SELECT no, position, mark FROM generations WHERE tenant = ? AND name = ? AND version = ? AND generation = 'serving'",
  )
  // Positions of other logs than ours may need 64 bits.
  serving.setReadBigInts(true)
  const insert = prepare(
    'INSERT INTO generations (tenant, name, version, generation, owner, begun, position, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING no',
  )
  const move = prepare('UPDATE generations SET position = ?, mark = ? WHERE no = ?')
  const abandonNext = prepare(
    "UPDATE generations SET tenant = NULL WHERE tenant = ? AND name = ? AND generation = 'next' AND (begun < ? OR (version = ? AND owner = ?))",
  )
  const abandonServing = prepare(
    "UPDATE generations SET tenant = NULL WHERE tenant = ? AND name = ? AND version <= ? AND generation = 'serving'",
  )
  const serve = prepare(
    "UPDATE generations SET generation = 'serving', owner = '', position = ?, mark = ? WHERE no = ?",
  )
  const number = (...values: ReadonlyArray<string | number | bigint | null>): number =>
    Number(rowsOf(insert, ...values)[0]?.[0])
  return {
    serving: (tenant, { name, version }) => {
      const row = rowOf(serving, tenant, name, version)
      return row === undefined
        ? undefined
        : { no: Number(row[0]), position: row[1] as bigint, mark: (row[2] as string | null) ?? undefined }
    },
    beginServing: (tenant, { name, version }, position, mark) =>
      number(tenant, name, version, 'serving', '', 0, position, mark ?? null),
    beginNext: (tenant, { name, version }, owner, now) =>
      number(tenant, name, version, 'next', owner, now, START, null),
    move: (no, position, mark) => {
      move.run(position, mark ?? null, no)
    },
    promote: (tenant, { name, version }, no, position, mark) => {
      abandonServing.run(tenant, name, version)
      serve.run(position, mark ?? null, no)
    },
    abandonNext: (tenant, { name, version }, owner, time) => {
      abandonNext.run(tenant, name, time, version, owner)
    },
  }
}

type Term = readonly [index: string, term: string, key: string]

/** How rows of any generation are written, within a transaction. */
export interface RowWriter {
  /** Documents' texts by key; `null` removes. */
  readonly put: (no: number, documents: ReadonlyArray<readonly [string, string | null]>) => void
  readonly addTerms: (no: number, terms: ReadonlyArray<Term>) => void
  readonly removeTerms: (no: number, terms: ReadonlyArray<Term>) => void
}

/** Rows that one statement takes: to call it costs as much as to write one. */
const AT_ONCE = 32

export const rowWriter = ({ prepare }: Connection): RowWriter => {
  /** Inserts rows of `width` columns, most of them many at once. */
  const inserter = (into: string, width: number, otherwise = '') => {
    const row = `(${Array(width).fill('?').join(', ')})`
    const statement = (rows: number) => prepare(`${into} VALUES ${Array(rows).fill(row).join(', ')} ${otherwise}`)
    const one = statement(1)
    const many = statement(AT_ONCE)
    return (rows: ReadonlyArray<ReadonlyArray<string | number>>): void => {
      let i = 0
      for (; i + AT_ONCE <= rows.length; i += AT_ONCE) many.run(...rows.slice(i, i + AT_ONCE).flat())
      for (const rest of rows.slice(i)) one.run(...rest)
    }
  }
  const insert = inserter(
    'INSERT INTO documents (no, key, document)',
    3,
    'ON CONFLICT (no, key) DO UPDATE SET document = excluded.document',
  )
  const remove = prepare('DELETE FROM documents WHERE no = ? AND key = ?')
  const addTerms = inserter('INSERT OR IGNORE INTO terms (no, name, term, key)', 4)
  const removeTerm = prepare('DELETE FROM terms WHERE no = ? AND name = ? AND term = ? AND key = ?')
  return {
    put: (no, documents) => {
      insert(documents.flatMap(([key, document]) => (document === null ? [] : [[no, key, document]])))
      for (const [key, document] of documents) if (document === null) remove.run(no, key)
    },
    addTerms: (no, terms) => addTerms(terms.map((term) => [no, ...term])),
    removeTerms: (no, terms) => {
      for (const term of terms) removeTerm.run(no, ...term)
    },
  }
}

/** Rows of abandoned generations removed at once: some ms, so that queries have their turn. */
const SLICE = 2000

/** Removes the rows of generations that no tenant uses, a slice at a time, until none is left or the file is closed. */
export const sweep = (connection: Connection): void => {
  if (connection.isClosed()) return
  const abandoned = connection.prepare('SELECT no FROM generations WHERE tenant IS NULL LIMIT 1')
  const generation = connection.prepare('DELETE FROM generations WHERE no = ?')
  const slices = [sliceOf(connection, 'documents', 'key'), sliceOf(connection, 'terms', 'name, term, key')]
  const slice = async (): Promise<void> => {
    const left = await connection.write(() => {
      const no = rowOf(abandoned)?.[0]
      if (typeof no !== 'number') return false
      if (slices.every((remove) => remove(no))) generation.run(no)
      return true
    })()
    // A failure leaves the rest to the next opening.
    if (E.isRight(left) && left.right) setTimeout(() => void slice(), 5).unref()
  }
  void slice()
}

/** Removes the first rows of a generation, as one range: half the cost of one by one. Gives back whether none is left. */
const sliceOf = ({ prepare }: Connection, table: string, columns: string): ((no: number) => boolean) => {
  const values = columns.replaceAll(/\w+/g, '?')
  const bound = prepare(`SELECT ${columns} FROM ${table} WHERE no = ? ORDER BY ${columns} LIMIT 1 OFFSET ?`)
  const below = prepare(`DELETE FROM ${table} WHERE no = ? AND (${columns}) < (${values})`)
  const all = prepare(`DELETE FROM ${table} WHERE no = ?`)
  return (no) => {
    const first = rowOf(bound, no, SLICE)
    if (first === undefined) all.run(no)
    else below.run(no, ...first)
    return first === undefined
  }
}
