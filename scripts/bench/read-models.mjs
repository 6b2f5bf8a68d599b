import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { decodeEvent, visits } from '@underlag/invoicing'
import { catchUp, rebuild } from '@underlag/kernel'
import { openSqlite } from '@underlag/store-sqlite'
import { fill } from './log.mjs'
import { inTurns } from './measure.mjs'

const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}

const PAGE = 2000

/** The rebuild that a page of code would be: one file of documents, made in one transaction, that nobody reads meanwhile. */
const bareRebuild = (bare, path) => {
  const read = bare.prepare('SELECT key, type, data, revision FROM events WHERE key > ? ORDER BY key LIMIT ?')
  const documents = new Map()
  for (let after = 0; ; ) {
    const rows = read.all(after, PAGE)
    for (const { type, data, revision } of rows) {
      const event = { type, data: JSON.parse(data), revision, personal: [] }
      for (const key of visits.keys(event)) documents.set(key, visits.evolve(documents.get(key), event, key))
    }
    if (rows.length < PAGE) break
    after = rows.at(-1).key
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  const file = new DatabaseSync(path)
  file.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE documents (key TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE terms (name TEXT NOT NULL, term TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (name, term, key)) STRICT, WITHOUT ROWID;
    BEGIN`)
  const addDocument = file.prepare('INSERT INTO documents VALUES (?, ?)')
  const addTerm = file.prepare('INSERT INTO terms VALUES (?, ?, ?)')
  for (const key of [...documents.keys()].sort()) {
    const document = documents.get(key)
    addDocument.run(key, JSON.stringify(document))
    for (const [name, term] of visits.terms(document, key)) addTerm.run(name, term, key)
  }
  file.exec('COMMIT')
  file.close()
}

/** Lines 5, 5b, 6 and 7: the underlag made anew, and the program started with the one that is stored. */
export const readModels = async ({ folder, events: wanted, progress }) => {
  const path = join(folder, 'line5.db')
  const open = async () => right(await openSqlite(path)())
  const filling = await open()
  const count = await fill(filling.eventStore('bench'), wanted, (written) =>
    progress(`writing the log: ${written} of ${wanted} events`),
  )
  await filling.close()

  const store = await open()
  const bare = new DatabaseSync(path, { readOnly: true })
  const readAll = bare.prepare('SELECT key, data FROM events WHERE key > ? ORDER BY key LIMIT ?')
  const once = (decode) => async () => {
    const options = decode ? { decode: decodeEvent } : {}
    right(await rebuild(store.eventStore('bench'), store.readModels('bench'), [visits], options)())
    return count
  }
  const parse = async () => {
    let read = 0
    for (let after = 0; ; ) {
      const rows = readAll.all(after, PAGE)
      for (const { data } of rows) JSON.parse(data)
      read += rows.length
      if (rows.length < PAGE) return read
      after = rows.at(-1).key
    }
  }
  const bareOnce = async () => {
    bareRebuild(bare, join(folder, 'line5.read'))
    return count
  }
  /** Open, catch up and read all that is open, as the first question about the underlag does. */
  const start = async () => {
    const started = await open()
    const models = started.readModels('bench')
    right(await catchUp(started.eventStore('bench'), models, [visits], BigInt(count))())
    if (right(await models.find(visits.table, 'open')()).size === 0) throw new Error('nothing is open')
    await started.close()
    return count
  }

  progress('rebuilding')
  const plain = await inTurns({ ours: once(false), limit: parse })
  progress('rebuilding by a page of code')
  const written = await inTurns({ ours: once(false), limit: bareOnce })
  progress('rebuilding, every event decoded')
  const decoded = await inTurns({ rounds: 3, ours: once(true), limit: once(false) })
  progress('starting with what is stored')
  const started = await inTurns({ rounds: 5, ours: start, limit: once(false) })
  bare.close()
  await store.close()
  return [plain, written, decoded, started]
}
