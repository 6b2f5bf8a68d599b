import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openUnderlag } from '../../packages/underlag/dist/src/index.js'
import { accepted, command, right, settings } from './clinic.mjs'
import { inTurns } from './measure.mjs'

const PAYERS = 500
const LINES = 8
const ROUNDS = 5

/** A clinic with 500 clients who came eight times each. */
const clinicWithVisits = async (underlag) => {
  for (const one of settings) await accepted(underlag, [one])
  const clients = Array.from({ length: PAYERS }, (_, i) => `c${i}`)
  await accepted(
    underlag,
    clients.map((clientId) =>
      command('RegisterClient', `client:${clientId}`, { clientId, name: `Klient ${clientId}` }),
    ),
  )
  for (let n = 0; n < LINES; n++)
    await accepted(
      underlag,
      clients.map((clientId) => {
        const bookingId = `${clientId}.${n}`
        const startsAt = `2026-03-${10 + n}T09:00:00Z`
        return command('RecordBooking', bookingId, { bookingId, clientId, treatmentTypeId: 'samtal', startsAt })
      }),
    )
  return () =>
    accepted(underlag, [
      command('RegisterInvoices', 'month-end', { payers: 'all', delivery: 'none', until: '2026-03-31' }),
    ])
}

/** Line 14: what is due of 500 payers registered by one command, against the same events made into JSON and inserted, and nothing else. */
export const registerInvoices = async ({ folder, progress }) => {
  const path = join(folder, 'line14.db')
  const clinics = []
  for (let round = 0; round < ROUNDS; round++) {
    progress(`recording the visits of clinic ${round + 1} of ${ROUNDS}`)
    const underlag = right(await openUnderlag({ store: `sqlite:${path}`, tenant: `clinic${round}` })())
    clinics.push({ underlag, register: await clinicWithVisits(underlag) })
    right(await underlag.caughtUp()())
  }
  let events
  const bare = new DatabaseSync(join(folder, 'line14-bare.db'))
  bare.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (key INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT',
  )
  const insert = bare.prepare('INSERT INTO events (data) VALUES (?)')
  const opened = clinics.map(({ underlag }) => underlag)
  progress('registering')
  const measured = await inTurns({
    rounds: ROUNDS,
    ours: async () => {
      const { register } = clinics.shift()
      const [{ events: registered }] = await register()
      events = registered.filter(({ type }) => type === 'InvoiceRegistered')
      if (events.length !== PAYERS) throw new Error(`${events.length} invoices`)
      return PAYERS
    },
    limit: async () => {
      bare.exec('BEGIN IMMEDIATE')
      for (const { data } of events) {
        const lines = data.lines.map((line) => ({ ...line, unitPrice: { ...line.unitPrice }, net: { ...line.net } }))
        insert.run(JSON.stringify({ ...data, seller: { ...data.seller }, lines }))
      }
      bare.exec('COMMIT')
      return PAYERS
    },
  })
  await Promise.all(opened.map((underlag) => underlag.close()))
  bare.close()
  return measured
}
