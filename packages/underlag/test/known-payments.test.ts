import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Recorded, standingsOf, type Told } from '../src/commands/known-payments.js'

const Known = suite('payments that are recorded already')

const anyPayment = fc.record({ ore: fc.integer({ min: 1, max: 500 }), invoiceNumber: fc.constantFrom('1', '2', '3') })
const anyBooked = fc.array(anyPayment, { minLength: 1, maxLength: 5 }).map((payments) =>
  payments.map(({ ore, invoiceNumber }, i): Told & { readonly invoiceNumber: string } => ({
    ...{ reference: `B.${i + 1}`, bookedAs: 'B', otherReference: `B.${i + 1}#${ore}`, ore, invoiceNumber },
  })),
)
const on = (ore: number, ...invoiceNumbers: ReadonlyArray<string>): Recorded => ({ invoiceNumbers, amount: ore })
const tagsOf = (payments: ReadonlyArray<Told>, known: ReadonlyMap<string, Recorded>) =>
  standingsOf(payments, known).map(({ _tag }) => _tag)

Known(
  'are those whose money is recorded with their reference, or with the other that was named; the rest is new',
  () => {
    fc.assert(
      fc.property(anyBooked, fc.array(fc.constantFrom('no', 'own', 'other')), (payments, how) => {
        const known = new Map<string, Recorded>()
        payments.forEach(({ reference, otherReference, ore, invoiceNumber }, i) => {
          if (how[i] === 'own') known.set(reference, on(ore, invoiceNumber))
          if (how[i] === 'other') known.set(otherReference, on(ore, invoiceNumber))
        })
        assert.equal(
          tagsOf(payments, known),
          payments.map((_, i) => (['own', 'other'].includes(how[i] ?? '') ? 'recorded' : 'new')),
        )
      }),
    )
  },
)

Known('are all of them where they come to what is recorded, in whatever parts', () => {
  fc.assert(
    fc.property(anyBooked, fc.nat(), (payments, seed) => {
      const sum = payments.reduce((total, { ore }) => total + ore, 0)
      const first = seed % (sum + 1)
      const invoices = payments.map(({ invoiceNumber }) => invoiceNumber)
      const known = new Map([
        ['B.7', on(first, ...invoices)],
        ['B', on(sum - first, ...invoices)],
      ])
      assert.ok(tagsOf(payments, known).every((tag) => tag === 'recorded'))
    }),
  )
})

Known('are never taken for new, nor for recorded, where other money is recorded of what the bank booked', () => {
  fc.assert(
    fc.property(
      anyBooked,
      fc.nat(),
      fc.integer({ min: 1, max: 500 }),
      fc.boolean(),
      (payments, at, by, isElsewhere) => {
        const one = payments[at % payments.length] as (typeof payments)[number]
        const known = new Map([
          isElsewhere ? [one.reference, on(one.ore, 'other')] : [one.reference, on(one.ore + by, one.invoiceNumber)],
        ])
        const sum = payments.reduce((total, { ore }) => total + ore, 0)
        const tags = tagsOf(payments, known)
        // By chance it may be what all of them come to: then it was told of whole.
        if (
          isElsewhere ||
          one.ore + by !== sum ||
          payments.some(({ invoiceNumber }) => invoiceNumber !== one.invoiceNumber)
        )
          assert.ok(tags.every((tag) => tag === 'otherwise'))
      },
    ),
  )
})

Known('of another currency are whatever a person recorded', () => {
  const euro: Told = {
    ...{ reference: 'B.1', bookedAs: 'B', otherReference: 'B.1#100', ore: 100 },
    unclear: { _tag: 'ForeignCurrency', currency: 'EUR' },
  }
  assert.equal(tagsOf([euro], new Map([['B.1', on(1150, '1')]])), ['recorded'])
  assert.equal(tagsOf([euro], new Map()), ['new'])
})
