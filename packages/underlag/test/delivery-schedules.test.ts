import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import type { Channel, Ports } from '../src/index.js'
import { openClinic, right, settled } from './support/clinic.js'
import { onDay } from './support/samples.js'
import { stores } from './support/stores.js'

const [memory] = stores
if (memory === undefined) throw new Error('there is no store')

/** What the counterpart does with one attempt. `lost`: it takes it, and its answer is lost. */
const WORDS = ['taken', 'lost', 'down', 'busy', 'refused', 'throws'] as const
type Word = (typeof WORDS)[number]

/**
 * A counterpart that keeps what it took, by key and for whom. Where it is `keyed`, it knows an intent again and the channel sends again
 * after a crash; where it is not, the channel leaves what is unclear to a person.
 */
const counterpart = (words: ReadonlyArray<Word>, keyed: boolean) => {
  const taken: Array<{ readonly key: string; readonly invoice: string; readonly payer: string }> = []
  let asked = 0
  const channel: Channel = {
    name: 'letter',
    afterCrash: keyed ? 'resend' : 'hold',
    retry: { attempts: 4, firstDelayMs: 1_000, maxDelayMs: 1_000 },
    timeoutMs: 5_000,
    preflight: () => [],
    send:
      ({ idempotencyKey: key, invoice }) =>
      async () => {
        const word = words[asked++ % words.length] ?? 'taken'
        const take = (): void => {
          if (!keyed || !taken.some((one) => one.key === key))
            taken.push({ key, invoice: invoice.invoiceNumber, payer: invoice.payer.id })
        }
        switch (word) {
          case 'taken':
            take()
            return E.right({ status: 'accepted', detail: 'taken' })
          case 'lost':
            take()
            return keyed
              ? E.left({ _tag: 'retry', detail: 'no answer', unsure: true })
              : E.left({ _tag: 'inDoubt', detail: 'no answer' })
          case 'down':
            return E.left({ _tag: 'retry', detail: 'down' })
          case 'busy':
            return E.left({ _tag: 'retry', detail: '429', notBefore: '2026-03-10T10:00:05.000Z' })
          case 'refused':
            return E.left({ _tag: 'refused', detail: '422' })
          case 'throws':
            take()
            throw new Error('a fault of the host')
        }
      },
    close: async () => {},
  }
  return { channel, taken }
}

/** The store of a process that dies as it appends for the last time: before the event is stored, or just after. */
const dying = (ports: Ports, appends: number, after: boolean): Ports => {
  let left = appends
  const dead = TE.left({ _tag: 'StoreUnavailable', reason: 'dead', remedy: '', transient: false } as const)
  const { eventStore } = ports
  return {
    ...ports,
    eventStore: {
      ...eventStore,
      append: (stream, expected, events) => {
        if (left <= 0) return dead
        left -= 1
        if (left > 0) return eventStore.append(stream, expected, events)
        return after
          ? async () => {
              await eventStore.append(stream, expected, events)()
              return dead()
            }
          : dead
      },
      read: (...args) => (left <= 0 ? dead : eventStore.read(...args)),
      readAll: (...args) => (left <= 0 ? dead : eventStore.readAll(...args)),
      end: async () => (left <= 0 ? dead() : eventStore.end()),
    },
  }
}

const Schedules = suite('deliveries under any schedule of faults and crashes')

Schedules('end sent once, failed visibly or in doubt visibly: never lost, never twice, never to another', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 8 }),
      fc.array(fc.record({ appends: fc.integer({ min: 1, max: 14 }), after: fc.boolean() }), { maxLength: 4 }),
      fc.boolean(),
      async (words, crashes, keyed) => {
        const { channel, taken } = counterpart(words, keyed)
        const place = await memory.place()
        const clinic = await openClinic(place, { channels: [channel] })
        try {
          await settled(clinic)
          const people = ['anna', 'bo']
          for (const clientId of people)
            await clinic.accept('ChangeClient', {
              clientId,
              address: { lines: ['Storgatan 1'], postalCode: '111 22', city: 'Stockholm', country: 'SE' },
            })
          for (const [n, clientId] of [...people, 'anna'].entries()) {
            await clinic.accept('RecordBooking', {
              bookingId: `b${n}`,
              clientId,
              treatmentTypeId: 'therapy',
              startsAt: onDay(2),
            })
            await clinic.accept('RegisterInvoice', {
              payer: { kind: 'client', id: clientId },
              delivery: 'letter',
              items: [`booking:b${n}`],
            })
          }

          for (const { appends, after } of crashes) {
            const process = await clinic.open({ store: dying(await place.ports(), appends, after) })
            await process.underlag.deliver({ leaseTtlMs: 20 })()
            // Dead: nothing of it is closed or released.
            clinic.clock.now = new Date(Date.parse(clinic.clock.now) + 700).toISOString()
          }
          for (let round = 0; round < 8; round++) {
            await right(clinic.underlag.deliver({ leaseTtlMs: 20 }))
            clinic.clock.now = new Date(Date.parse(clinic.clock.now) + 6_000).toISOString()
          }

          const ended = await right(clinic.underlag.deliveries())
          assert.is(ended.length, 3)
          for (const { invoiceNumber, status } of ended) {
            const received = taken.filter(({ invoice }) => invoice === invoiceNumber)
            assert.ok(['accepted', 'failed', 'inDoubt'].includes(status), `${invoiceNumber} ${status}`)
            assert.ok(received.length <= 1, `${invoiceNumber} was sent ${received.length} times`)
            if (status === 'accepted') assert.is(received.length, 1)
            if (status === 'failed') assert.is(received.length, 0)
            for (const { payer } of received) assert.is(payer, invoiceNumber === '2' ? 'bo' : 'anna')
          }
          const { ok, checks } = await right(clinic.underlag.verify())
          assert.ok(ok, JSON.stringify(checks))
        } finally {
          await clinic.close()
          await place.cleanup()
        }
      },
    ),
    { numRuns: Number(process.env.UNDERLAG_SCHEDULE_RUNS ?? 60), endOnFailure: true },
  )
})
