import { otherReference } from '@underlag/bookkeeping'
import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Recorded, standingsOf, type Told } from '../src/commands/known-payments.js'

const Known = suite('payments that are recorded already')

/** The payment at a place of what the bank booked as `B`. */
const told = (ore: number, i: number, invoiceNumber: string) => ({
  payment: {
    ...{ reference: `B.${i + 1}`, bookedAs: 'B', receivedOn: '2026-03-20' },
    amount: { amount: ore, currency: 'SEK' },
  },
  invoiceNumber,
})
const oreOf = ({ payment }: Told): number => payment.amount.amount
const sumOf = (payments: ReadonlyArray<Told>): number => payments.reduce((sum, one) => sum + oreOf(one), 0)

const anyPayment = fc.record({ ore: fc.integer({ min: 1, max: 500 }), invoiceNumber: fc.constantFrom('1', '2', '3') })
const anyBooked = fc
  .array(anyPayment, { minLength: 1, maxLength: 5 })
  .map((payments) => payments.map(({ ore, invoiceNumber }, i) => told(ore, i, invoiceNumber)))

const on = (ore: number, ...invoiceNumbers: ReadonlyArray<string>): Recorded => ({ invoiceNumbers, amount: ore })
const tagsOf = (payments: ReadonlyArray<Told>, known: ReadonlyMap<string, Recorded>) =>
  standingsOf(payments, known).map(({ _tag }) => _tag)

Known(
  'are those whose money is recorded with their reference, or with the other that was named; the rest is new',
  () => {
    fc.assert(
      fc.property(anyBooked, fc.array(fc.constantFrom('no', 'own', 'other')), (payments, how) => {
        const known = new Map<string, Recorded>()
        payments.forEach((one, i) => {
          const recorded = on(oreOf(one), one.invoiceNumber)
          if (how[i] === 'own') known.set(one.payment.reference, recorded)
          if (how[i] === 'other') known.set(otherReference(one.payment), recorded)
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
      const first = seed % (sumOf(payments) + 1)
      const invoices = payments.map(({ invoiceNumber }) => invoiceNumber)
      const known = new Map([
        ['B.7', on(first, ...invoices)],
        ['B', on(sumOf(payments) - first, ...invoices)],
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
        const recorded = isElsewhere ? on(oreOf(one), 'other') : on(oreOf(one) + by, one.invoiceNumber)
        const tags = tagsOf(payments, new Map([[one.payment.reference, recorded]]))
        // By chance it may be what all of them come to: then it was told of whole.
        const isWhole = payments.every(({ invoiceNumber }) => recorded.invoiceNumbers.includes(invoiceNumber))
        if (!isWhole || recorded.amount !== sumOf(payments)) assert.ok(tags.every((tag) => tag === 'otherwise'))
      },
    ),
  )
})

Known('of another currency are whatever a person recorded', () => {
  const { payment } = told(100, 0, '1')
  const euro: Told = {
    payment: { ...payment, unclear: { _tag: 'ForeignCurrency', currency: 'EUR' } },
    invoiceNumber: undefined,
  }
  assert.equal(tagsOf([euro], new Map([['B.1', on(1150, '1')]])), ['recorded'])
  assert.equal(tagsOf([euro], new Map()), ['new'])
})
