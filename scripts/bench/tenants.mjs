import { join } from 'node:path'
import { openSqlite } from '@underlag/store-sqlite'
import { openUnderlag } from '../../packages/underlag/dist/src/index.js'
import { accepted, command, right, settings } from './clinic.mjs'
import { round } from './growth.mjs'
import { inTurns } from './measure.mjs'

const TENANTS = [1, 100, 10_000]

/** What is asked of one of many small clinics: how often a round, and how. */
const ofATenant = [
  {
    what: 'a booking recorded',
    times: 50,
    ask: ({ underlag }, n) => underlag.execute(booking(`n${n}`)),
    isEmpty: ({ ok }) => !ok,
  },
  {
    what: 'the underlag',
    times: 20,
    ask: ({ underlag }) => underlag.basis({ payer: { kind: 'client', id: 'k2' } }),
    isEmpty: ({ payers }) => payers.length === 0,
  },
  {
    what: 'audit about a booking',
    times: 50,
    ask: ({ underlag }) => underlag.audit({ about: 'b1' }),
    isEmpty: (entries) => entries.length === 0,
  },
]

export const tenantRows = TENANTS.slice(1).flatMap((tenants) =>
  ofATenant.map(({ what }) => `${what}, one of ${tenants} tenants`),
)

const booking = (bookingId, clientId = 'k1') =>
  command('RecordBooking', bookingId, {
    bookingId,
    clientId,
    treatmentTypeId: 'samtal',
    startsAt: '2026-03-12T09:00:00Z',
  })

/** One store with so many clinics of a few events each, and one of them, from the middle, opened. */
const oneOf = async (path, tenants, progress) => {
  const store = right(await openSqlite(path)())
  const open = async (n) => {
    const tenant = `clinic${n}`
    const ports = {
      eventStore: store.eventStore(tenant),
      readModels: store.readModels(tenant),
      keys: store.keys(tenant),
      documents: store.documents(tenant),
      close: async () => {},
    }
    return right(await openUnderlag({ store: ports, tenant })())
  }
  const GROUP = 200
  for (let first = 0; first < tenants; first += GROUP) {
    progress?.(`a store of ${tenants} tenants: ${first}`)
    await Promise.all(
      Array.from({ length: Math.min(GROUP, tenants - first) }, async (_, i) => {
        const underlag = await open(first + i)
        for (const one of settings) await accepted(underlag, [one])
        const clients = ['k1', 'k2']
        await accepted(
          underlag,
          clients.map((clientId) => command('RegisterClient', clientId, { clientId, name: `Klient ${clientId}` })),
        )
        await accepted(underlag, [booking('b1'), booking('b2', 'k2')])
        right(await underlag.caughtUp()())
        await underlag.close()
      }),
    )
  }
  const underlag = await open(Math.floor(tenants / 2))
  return { underlag, close: () => underlag.close().then(() => store.close()) }
}

/** Line 15, by tenants: what a question of one clinic costs when a store has a hundred times as many. */
export const tenants = async ({ folder, progress }) => {
  const stores = []
  for (const count of TENANTS) stores.push(await oneOf(join(folder, `line15-tenants-${count}.db`), count, progress))
  const measured = []
  for (const [i, larger] of stores.slice(1).entries())
    for (const question of ofATenant) {
      progress(`${question.what}: one of ${TENANTS[i + 1]} tenants against ${TENANTS[i]}`)
      for (const store of [stores[i], larger]) await round(store, question)()
      measured.push(await inTurns({ ours: round(larger, question), limit: round(stores[i], question) }))
    }
  for (const store of stores) await store.close()
  return measured
}
