import { EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client'
import { openEventStoreDB } from '@underlag/store-eventstoredb'
import { NO_SERVER, testServer } from '@underlag/store-eventstoredb/testing'
import { event, longStream } from './log.mjs'
import { inTurns } from './measure.mjs'

const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}

/** The unary path of the client, with explicit revisions: the batch path can end the process. */
const credentials = { username: 'none', password: 'none' }

const bareEvent = ({ id, type, data, metadata }) => jsonEvent({ id, type, data, metadata })

/** Line 16, against the vendor's bare client on the same server; nothing where there is no server. */
export const eventStoreDB = async ({ progress }) => {
  const server = await testServer()
  if (server === undefined) {
    progress(`line 16 is left out: ${NO_SERVER}`)
    return []
  }
  const store = right(await openEventStoreDB(server.connection)())
  const client = EventStoreDBClient.connectionString(server.connection)
  const run = Date.now().toString(36)
  try {
    return [
      await one(store, client, run),
      await inFlight(store, client, run),
      await load(store, client, run),
      await subscribe(store, client, run),
    ]
  } finally {
    await store.close()
    await client.dispose()
  }
}

const anEvent = () => event('BookingMarkedUnpaid', { bookingId: 'b1' })

const one = async (store, client, run) => {
  const log = store.eventStore(`${run}-one`)
  const EACH = 300
  let ours = -1n
  let theirs = -1n
  return inTurns({
    ours: async () => {
      for (let i = 0; i < EACH; i++) ours = right(await log.append('booking/b1', ours, [anEvent()])()).revision
      return EACH
    },
    limit: async () => {
      for (let i = 0; i < EACH; i++) {
        const expectedRevision = theirs < 0n ? 'no_stream' : theirs
        const appended = await client.appendToStream(`bare.${run}-one`, [bareEvent(anEvent())], {
          expectedRevision,
          credentials,
        })
        theirs = appended.nextExpectedRevision
      }
      return EACH
    },
  })
}

const inFlight = async (store, client, run) => {
  const log = store.eventStore(`${run}-flight`)
  const CALLERS = 64
  const EACH = 20
  const revisions = (side) => Array.from({ length: CALLERS }, (_, n) => ({ name: `${side}${n}`, at: -1n }))
  const [ours, theirs] = [revisions('b'), revisions('bare')]
  return inTurns({
    ours: async () => {
      await Promise.all(
        ours.map(async (stream) => {
          for (let i = 0; i < EACH; i++)
            stream.at = right(await log.append(`booking/${stream.name}`, stream.at, [anEvent()])()).revision
        }),
      )
      return CALLERS * EACH
    },
    limit: async () => {
      await Promise.all(
        theirs.map(async (stream) => {
          for (let i = 0; i < EACH; i++) {
            const expectedRevision = stream.at < 0n ? 'no_stream' : stream.at
            const appended = await client.appendToStream(`${stream.name}.${run}`, [bareEvent(anEvent())], {
              expectedRevision,
              credentials,
            })
            stream.at = appended.nextExpectedRevision
          }
        }),
      )
      return CALLERS * EACH
    },
  })
}

const LENGTH = 1_000

const load = async (store, client, run) => {
  const log = store.eventStore(`${run}-load`)
  right(await log.append('booking/b1', -1n, longStream(LENGTH))())
  const EACH = 15
  const name = `underlag.booking-${run}-load/b1`
  return inTurns({
    ours: async () => {
      for (let i = 0; i < EACH; i++) {
        const events = right(await log.read('booking/b1', -1n)())
        if (events.length !== LENGTH) throw new Error('not all was read')
      }
      return EACH
    },
    limit: async () => {
      for (let i = 0; i < EACH; i++) {
        let count = 0
        for await (const { event: read } of client.readStream(name)) if (read.data.bookingId === 'b1') count += 1
        if (count !== LENGTH) throw new Error('not all was read')
      }
      return EACH
    },
  })
}

/** From the first event of a log until all of it was handed over. */
const subscribe = async (store, client, run) => {
  const tenant = `${run}-subscribe`
  const log = store.eventStore(tenant)
  const COUNT = 20_000
  const start = right(await store.eventStore(`${run}-load`).end())
  for (let n = 0; n < COUNT / LENGTH; n++) right(await log.append(`booking/s${n}`, -1n, longStream(LENGTH))())
  return inTurns({
    ours: async () => {
      let seen = 0
      await new Promise((resolve) => {
        const subscription = log.subscribe(start, async ({ events }) => {
          seen += events.length
          if (seen === COUNT) resolve(subscription.stop())
        })
      })
      return COUNT
    },
    limit: async () => {
      let seen = 0
      const subscription = client.subscribeToAll({
        fromPosition: { commit: start, prepare: start },
        filter: streamNameFilter({ prefixes: [`underlag.booking-${tenant}/`] }),
      })
      for await (const _ of subscription) {
        seen += 1
        if (seen === COUNT) break
      }
      return COUNT
    },
  })
}
