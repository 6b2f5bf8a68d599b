import { randomUUID } from 'node:crypto'
import { eventStoreContract, skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import { openEventStoreDB } from '../src/index.js'
import { NO_SERVER, testServer } from '../src/testing/index.js'

const server = await testServer()

if (server === undefined) suite('event store contract: EventStoreDB')('holds', () => skipped(NO_SERVER))
else {
  eventStoreContract('EventStoreDB', async () => {
    // Tenants of one server: each test's are its own.
    const test = randomUUID().slice(0, 8)
    const opened: Array<{ readonly close: () => Promise<void> }> = []
    return {
      open: async (tenant = 'default') => {
        const store = await openEventStoreDB(server.connection)()
        if (E.isLeft(store)) throw new Error(`${store.left.reason} ${store.left.remedy}`)
        opened.push(store.right)
        const handle = store.right.eventStore(`${test}.${tenant}`)
        return {
          ...handle,
          close: async () => {
            await handle.close()
            await store.right.close()
          },
        }
      },
      cleanup: async () => {
        await Promise.all(opened.map((store) => store.close()))
      },
      maxAppendBytes: 1_100_000,
      consecutivePositions: false,
      refusesRepeatedIds: false,
      histories: 10,
    }
  })
}
