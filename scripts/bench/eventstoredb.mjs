import { EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client'
import { openEventStoreDB } from '@underlag/store-eventstoredb'
import { NO_SERVER, testServer } from '@underlag/store-eventstoredb/testing'
import { event, longStream } from './log.mjs'
import { inTurns } from './measure.mjs'
import { peersIn } from './peers.mjs'

const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}

/** The unary path of the client, with explicit revisions: the batch path can end the process. */
const credentials = { username: 'none', password: 'none' }

const bareEvent = ({ id, type, data, metadata }) => jsonEvent({ id, type, data, metadata })

const EMMETT = '0.20.0'
const PEERS = {
  '@event-driven-io/emmett-esdb': EMMETT,
  '@event-driven-io/emmett': EMMETT,
  '@eventstore/db-client': '6.2.1',
}

/** Line 16, against the vendor's bare client and against a peer on the same server; nothing where there is no server. */
export const eventStoreDB = async ({ folder, progress }) => {
  const server = await testServer()
  if (server === undefined) {
    progress(`line 16 is left out: ${NO_SERVER}`)
    return []
  }
  const store = right(await openEventStoreDB(server.connection)())
  const client = EventStoreDBClient.connectionString(server.connection)
  const run = Date.now().toString(36)
  const peers = peersIn(folder, PEERS)
  const emmett = typeof peers === 'string' ? undefined : await emmettOn(peers, server.connection)
  const left = { skipped: peers }
  try {
    return [
      await one(store, bareOn(client), run),
      await inFlight(store, bareOn(client), run),
      await load(store, bareOn(client), run),
      await subscribe(store, client, run),
      ...(emmett === undefined
        ? [left, left, left]
        : [
            await one(store, emmett, `${run}-peer`),
            await inFlight(store, emmett, `${run}-peer`),
            await load(store, emmett, `${run}-peer`),
          ]),
    ]
  } finally {
    await store.close()
    await client.dispose()
    await emmett?.close()
  }
}

/** The vendor's client and nothing else. */
const bareOn = (client) => ({
  append: async (stream, at, one) => {
    const expectedRevision = at < 0n ? 'no_stream' : at
    const appended = await client.appendToStream(stream, [bareEvent(one)], { expectedRevision, credentials })
    return appended.nextExpectedRevision
  },
  count: async (stream) => {
    let count = 0
    for await (const { event: read } of client.readStream(stream)) if (read.data.bookingId === 'b1') count += 1
    return count
  },
})

/** Emmett as it comes: it appends on the batch path. Its store types its own client, and so gets one. */
const emmettOn = async ({ imported }, connection) => {
  const { EventStoreDBClient: Client } = await imported('@eventstore/db-client')
  const { getEventStoreDBEventStore } = await imported('@event-driven-io/emmett-esdb')
  const client = Client.connectionString(connection)
  const store = getEventStoreDBEventStore(client)
  return {
    append: async (stream, at, { type, data, metadata }) => {
      const expectedStreamVersion = at < 0n ? 'STREAM_DOES_NOT_EXIST' : at
      const appended = await store.appendToStream(stream, [{ type, data, metadata }], { expectedStreamVersion })
      return appended.nextExpectedStreamVersion
    },
    count: async (stream) => (await store.readStream(stream)).events.length,
    close: () => client.dispose(),
  }
}

const anEvent = () => event('BookingMarkedUnpaid', { bookingId: 'b1' })

const one = async (store, other, run) => {
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
      for (let i = 0; i < EACH; i++) theirs = await other.append(`bare.${run}-one`, theirs, anEvent())
      return EACH
    },
  })
}

const inFlight = async (store, other, run) => {
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
          for (let i = 0; i < EACH; i++) stream.at = await other.append(`${stream.name}.${run}`, stream.at, anEvent())
        }),
      )
      return CALLERS * EACH
    },
  })
}

const LENGTH = 1_000

const load = async (store, other, run) => {
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
      for (let i = 0; i < EACH; i++) if ((await other.count(name)) !== LENGTH) throw new Error('not all was read')
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
