import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Keys, START } from '@underlag/kernel'
import {
  type MemoryDocuments,
  type MemoryKeys,
  type MemoryTables,
  memoryDocuments,
  memoryEventStore,
  memoryKeys,
  memoryLog,
  memoryReadModels,
} from '@underlag/kernel/testing'
import { type TestServer, testServer } from '@underlag/store-eventstoredb/testing'
import { openSqlite } from '@underlag/store-sqlite'
import * as E from 'fp-ts/lib/Either.js'
import { type EventStoreDBConnection, eventStoreDBPorts } from '../../src/event-store-db.js'
import type { Ports, UnderlagOptions } from '../../src/index.js'

/** Where one test keeps its store; every opening is as of another process. */
export interface Place {
  readonly store: (tenant: string) => UnderlagOptions['store'] | Promise<UnderlagOptions['store']>
  /** The ports of the tenant `default`, to put something between. */
  readonly ports: () => Promise<Ports>
  /** The keys themselves, to erase a person. */
  readonly withKeys: <A>(tenant: string, use: (keys: Keys) => Promise<A>) => Promise<A>
  readonly cleanup: () => Promise<void>
}

export interface StoreKind {
  readonly name: string
  /** Whether a tenant's positions are 1, 2, 3 … */
  readonly consecutivePositions: boolean
  readonly place: () => Promise<Place>
}

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'underlag-'))

const memory: StoreKind = {
  name: 'memory',
  consecutivePositions: true,
  place: async () => {
    const log = memoryLog()
    const tables: MemoryTables = new Map()
    const keys: MemoryKeys = new Map()
    const documents: MemoryDocuments = new Map()
    const store = (tenant: string): Ports => {
      const eventStore = memoryEventStore(log, tenant)
      return {
        eventStore,
        readModels: memoryReadModels(tables, tenant),
        keys: memoryKeys(keys, tenant),
        documents: memoryDocuments(documents, tenant),
        close: () => eventStore.close(),
      }
    }
    return {
      store,
      ports: async () => store('default'),
      withKeys: (tenant, use) => use(memoryKeys(keys, tenant)),
      cleanup: async () => {},
    }
  },
}

const sqlite: StoreKind = {
  name: 'SQLite',
  consecutivePositions: true,
  place: async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'underlag.db')
    return {
      store: () => `sqlite:${path}`,
      ports: async () => {
        const opened = await openSqlite(path)()
        if (E.isLeft(opened)) throw new Error(opened.left.reason)
        const { eventStore, readModels, keys, documents, close } = opened.right
        return {
          eventStore: eventStore('default'),
          readModels: readModels('default'),
          keys: keys('default'),
          documents: documents('default'),
          close,
        }
      },
      withKeys: async (tenant, use) => {
        const opened = await openSqlite(path)()
        if (E.isLeft(opened)) throw new Error(opened.left.reason)
        try {
          return await use(opened.right.keys(tenant))
        } finally {
          await opened.right.close()
        }
      },
      cleanup: () => rm(folder, { recursive: true, force: true }),
    }
  },
}

const server = await testServer()

/** The server is one for all tests: each place's tenants have names of their own there. */
const eventStoreDB = ({ connection }: TestServer): StoreKind => ({
  name: 'EventStoreDB',
  consecutivePositions: false,
  place: async () => {
    const folder = await temporaryFolder()
    const place = randomUUID().slice(0, 8)
    const ports = async (tenant: string): Promise<Ports> => {
      const opened = await eventStoreDBPorts(
        {
          connection: connection as EventStoreDBConnection,
          config: { eventStoreDB: { files: join(folder, 'underlag') } },
          env: {},
          create: true,
        },
        `${place}.${tenant}`,
      )()
      if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
      return opened.right
    }
    return {
      store: ports,
      ports: () => ports('default'),
      withKeys: async (tenant, use) => {
        const { keys, close } = await ports(tenant)
        try {
          return await use(keys)
        } finally {
          await close()
        }
      },
      cleanup: () => rm(folder, { recursive: true, force: true }),
    }
  },
})

/** What every test of the facade runs on; where there is a server, on that too. */
export const stores: ReadonlyArray<StoreKind> = [
  memory,
  sqlite,
  ...(server === undefined ? [] : [eventStoreDB(server)]),
]
export const onSqlite = sqlite
export const onMemory = memory

/** A store that never saw more than what was recorded by then, in the log's order; its own but for the keys. */
export const onlyUpTo = async (place: Place, instant: string): Promise<Ports> => {
  const { eventStore: whole, keys, close } = await place.ports()
  const read = await whole.readAll(START, Number.MAX_SAFE_INTEGER)()
  if (E.isLeft(read)) throw new Error(read.left.reason)
  const eventStore = memoryEventStore(memoryLog(), 'default')
  for (const event of read.right) {
    if (event.metadata.recordedAt > instant) continue
    const { id, type, data, personal, metadata, stream, revision } = event
    const appended = await eventStore.append(stream, revision - 1n, [{ id, type, data, personal, metadata }])()
    if (E.isLeft(appended)) throw new Error(appended.left._tag)
  }
  return { eventStore, readModels: memoryReadModels(), keys, documents: memoryDocuments(), close }
}
