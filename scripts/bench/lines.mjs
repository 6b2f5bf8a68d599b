import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { booking, bookingCodec, decodeEvent } from '@underlag/invoicing'
import { executor, sealing, systemClock } from '@underlag/kernel'
import { memoryEventStore, memoryLog } from '@underlag/kernel/testing'
import { openSqlite } from '@underlag/store-sqlite'
import { eventStoreDB } from './eventstoredb.mjs'
import { growth, growthRows } from './growth.mjs'
import { event, longStream } from './log.mjs'
import { mails } from './mail.mjs'
import { inTurns } from './measure.mjs'
import { monthEnds } from './month-end.mjs'
import { pdfLines } from './pdf.mjs'
import { readModels } from './read-models.mjs'
import { registerInvoices } from './registration.mjs'
import { tenantRows, tenants } from './tenants.mjs'

/** What of `openSqlite` a line works on. */
const storeAt = async (folder, name) => {
  const opened = await openSqlite(join(folder, name))()
  if (opened._tag === 'Left') throw new Error(`${opened.left.reason} ${opened.left.remedy}`)
  return opened.right
}

const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}

let appended = 0
const anEvent = () => event('BookingMarkedUnpaid', { bookingId: 'b1' }, appended++)
const bytesOf = (one) => Buffer.from(JSON.stringify(one))

/** A file that is appended to and made durable, and nothing else: what no store can be faster than. */
const rawFile = (folder) => {
  const file = openSync(join(folder, 'raw'), 'a')
  return {
    append: (bytes) => {
      writeSync(file, bytes)
      fdatasyncSync(file)
    },
    close: () => closeSync(file),
  }
}

const appendOneAtATime = async ({ folder }) => {
  const store = await storeAt(folder, 'line1.db')
  const log = store.eventStore('bench')
  const raw = rawFile(folder)
  const EACH = 300
  let revision = -1n
  const measured = await inTurns({
    ours: async () => {
      for (let i = 0; i < EACH; i++) revision = right(await log.append('booking/b1', revision, [anEvent()])()).revision
      return EACH
    },
    limit: async () => {
      for (let i = 0; i < EACH; i++) raw.append(bytesOf(anEvent()))
      return EACH
    },
  })
  raw.close()
  await store.close()
  return measured
}

/** The store that a page of code would be: one table, the revision looked up, the event inserted, each append a transaction of its own. */
const bareStore = (path) => {
  const bare = new DatabaseSync(path)
  bare.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE events (key INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
      data TEXT NOT NULL, metadata TEXT NOT NULL, UNIQUE (stream, revision)) STRICT`)
  const last = bare.prepare('SELECT max(revision) AS revision FROM events WHERE stream = ?')
  const insert = bare.prepare(
    'INSERT INTO events (stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?)',
  )
  return {
    append: async (stream, expected, { id, type, data, metadata }) => {
      bare.exec('BEGIN IMMEDIATE')
      const actual = last.get(stream).revision ?? -1
      if (actual !== expected) throw new Error(`${stream} is at ${actual}`)
      insert.run(stream, actual + 1, id, type, JSON.stringify(data), JSON.stringify(metadata))
      bare.exec('COMMIT')
      return actual + 1
    },
    close: () => bare.close(),
  }
}

const cpuOfAppend = async ({ folder }) => {
  const store = await storeAt(folder, 'line3.db')
  const log = store.eventStore('bench')
  const bare = bareStore(join(folder, 'line3-bare.db'))
  const EACH = 500
  let [ours, theirs] = [-1n, -1]
  const measured = await inTurns({
    of: 'cpu',
    ours: async () => {
      for (let i = 0; i < EACH; i++) ours = right(await log.append('booking/b1', ours, [anEvent()])()).revision
      return EACH
    },
    limit: async () => {
      for (let i = 0; i < EACH; i++) theirs = await bare.append('booking/b1', theirs, anEvent())
      return EACH
    },
  })
  bare.close()
  await store.close()
  return measured
}

const appendInFlight = async ({ folder }) => {
  const store = await storeAt(folder, 'line2.db')
  const log = store.eventStore('bench')
  const raw = rawFile(folder)
  const CALLERS = 64
  const EACH = 40
  const revisions = Array.from({ length: CALLERS }, () => -1n)
  const measured = await inTurns({
    ours: async () => {
      await Promise.all(
        revisions.map(async (_, caller) => {
          for (let i = 0; i < EACH; i++)
            revisions[caller] = right(await log.append(`booking/b${caller}`, revisions[caller], [anEvent()])()).revision
        }),
      )
      return CALLERS * EACH
    },
    limit: async () => {
      for (let i = 0; i < 300; i++) raw.append(bytesOf(anEvent()))
      return 300
    },
  })
  raw.close()
  await store.close()
  return measured
}

const loadStream =
  (length) =>
  async ({ folder }) => {
    const path = `line4-${length}.db`
    const store = await storeAt(folder, path)
    const log = store.eventStore('bench')
    right(await log.append('booking/b1', -1n, longStream(length))())
    const seal = sealing('bench', store.keys('bench'))
    // The store that a page of code would be: the statement, JSON.parse, the fold.
    const bare = new DatabaseSync(join(folder, path), { readOnly: true })
    const select = bare.prepare(
      "SELECT revision, type, data FROM events WHERE stream_no = (SELECT no FROM streams WHERE name = 'booking/b1') ORDER BY revision",
    )
    const { decider } = booking
    const EACH = Math.ceil(40_000 / length)
    const measured = await inTurns({
      ours: async () => {
        for (let i = 0; i < EACH; i++) {
          const fresh = executor({ tenant: 'bench', store: seal.events(log), sealing: seal, clock: systemClock })
          right(await fresh.load(booking, 'booking/b1')())
        }
        return EACH
      },
      limit: async () => {
        for (let i = 0; i < EACH; i++) {
          const events = select.all().map(({ type, data }) => ({ type, data: JSON.parse(data) }))
          if (decider.fold(decider.initial(), events) === null) throw new Error('nothing was folded')
        }
        return EACH
      },
    })
    bare.close()
    await store.close()
    return measured
  }

/** A log in memory whose appends go to one stream after another. */
const memoryLogOf = async (streams) => {
  const log = memoryEventStore(memoryLog())
  for (let i = 0; i < streams; i++) right(await log.append(`booking/b${i}`, -1n, [anEvent()])())
  let revision = 0n
  return async (count) => {
    for (let i = 0; i < count; i++) {
      const stream = i % streams
      if (stream === 0 && i > 0) revision += 1n
      right(await log.append(`booking/b${stream}`, revision, [anEvent()])())
    }
    revision += 1n
    return count
  }
}

const appendInMemory = async () => {
  const [many, few] = [await memoryLogOf(50_000), await memoryLogOf(1_000)]
  return inTurns({ ours: () => many(50_000), limit: () => few(50_000) })
}

const decodeByType = async () => {
  const stored = longStream(1000).map(({ type, data }) => ({ type, data }))
  const direct = { BookingMarkedPaid: bookingCodec, BookingMarkedUnpaid: bookingCodec, BookingRecorded: bookingCodec }
  const EACH = 200
  const recorded = stored.map(({ type, data }) => ({ type, data, stream: 'booking/b1' }))
  return inTurns({
    ours: async () => {
      for (let i = 0; i < EACH; i++)
        for (const one of recorded) if (decodeEvent(one)._tag === 'Left') throw new Error('unreadable')
      return EACH * recorded.length
    },
    limit: async () => {
      for (let i = 0; i < EACH; i++)
        for (const one of stored) if (direct[one.type].decode(one)._tag === 'Left') throw new Error('unreadable')
      return EACH * stored.length
    },
  })
}

/** `goal` of the ratio ours / limit in operations a second; for line 9, of the cost. */
export const lines = [
  {
    line: '1',
    what: 'append one event, one at a time',
    limit: 'raw append + fdatasync',
    goal: 0.9,
    run: appendOneAtATime,
  },
  {
    line: '2',
    what: 'append, 64 in flight (group commit)',
    limit: 'raw append + fdatasync',
    goal: 6,
    run: appendInFlight,
  },
  {
    line: '3',
    what: 'CPU of such an append, one at a time',
    limit: 'minimal store',
    goal: 1 / 1.3,
    run: cpuOfAppend,
  },
  { line: '4a', what: 'load a stream of 100 events', limit: 'minimal store', goal: 0.85, run: loadStream(100) },
  { line: '4b', what: 'load a stream of 1000 events', limit: 'minimal store', goal: 0.85, run: loadStream(1000) },
  {
    line: ['5', '5b', '6', '7'],
    what: [
      'rebuild the underlag',
      'rebuild the underlag',
      'rebuild, every event decoded',
      'start with the stored underlag, all open read',
    ],
    limit: ['read + JSON.parse', 'read, fold and write by a page of code', 'line 5', 'the rebuild'],
    goal: [0.45, 0.7, 0.6, 4],
    run: readModels,
  },
  {
    line: '8',
    what: 'append in memory, 50 000 streams',
    limit: '1 000 streams',
    goal: 1 / 1.3,
    run: appendInMemory,
  },
  { line: '9', what: 'io-ts: codec looked up by type', limit: 'the direct codec', goal: 1 / 1.3, run: decodeByType },
  ...pdfLines,
  { line: '13', what: 'e-mails with a PDF of 60 kB', limit: "nodemailer's pool", goal: 0.9, run: mails },
  {
    line: '14',
    what: 'register 500 payers of 8 lines, one command',
    limit: 'the same JSON built and inserted',
    goal: 0.7,
    run: registerInvoices,
  },
  {
    line: growthRows.map(() => '15'),
    what: growthRows,
    limit: growthRows.map(() => 'a tenth of that'),
    // An index is a level deeper, and less of the file is in memory.
    goal: growthRows.map(() => 1 / 1.2),
    run: growth,
  },
  {
    line: tenantRows.map(() => '15t'),
    what: tenantRows,
    limit: tenantRows.map(() => 'a hundredth of them'),
    goal: tenantRows.map(() => 1 / 1.2 ** 2),
    run: tenants,
  },
  {
    line: ['16a', '16b', '16c', '16d', '16e', '16f', '16g'],
    what: [
      'EventStoreDB: append one event, one at a time',
      'EventStoreDB: append, 64 in flight',
      'EventStoreDB: load a stream of 1000 events',
      'EventStoreDB: subscribe, 20 000 events behind',
      'EventStoreDB: append one event, one at a time',
      'EventStoreDB: append, 64 in flight',
      'EventStoreDB: load a stream of 1000 events',
    ],
    limit: Array.from({ length: 7 }, (_, i) => (i < 4 ? 'the bare client' : 'emmett-esdb')),
    goal: Array.from({ length: 7 }, (_, i) => (i < 4 ? 0.9 : 0.6)),
    run: eventStoreDB,
  },
  {
    line: ['month', 'month'],
    what: ['the whole month end on memory', 'the whole month end on EventStoreDB'],
    limit: ['on SQLite', 'on SQLite'],
    goal: [0.9, 0.3],
    run: monthEnds,
  },
]
