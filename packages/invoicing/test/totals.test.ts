import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import {
  lineAmount,
  type PricedLine,
  type Totals,
  type TotalsSettings,
  totals,
  type Vat,
  vatKey,
  vatRate,
} from '../src/index.js'
import { anyPricedLine, anyTotalsSettings, anyVat } from './support/arbitrary.js'
import { by, compare, decimal, type Fraction, floor, minus, nearest, over, times, whole } from './support/fraction.js'
import { care, vat25 } from './support/samples.js'

const line = (unitPrice: number, vat: Vat = vat25, quantity = '1', discountPercent = '0'): PricedLine => ({
  unitPrice,
  quantity,
  discountPercent,
  vat,
})
const exclusive: TotalsSettings = { pricesIncludeVat: false }
const inclusive: TotalsSettings = { pricesIncludeVat: true }
const ore = ({ net, vatAmount, rounding, toPay }: Totals) =>
  [net, vatAmount, rounding, toPay].map(({ amount }) => amount)

const Reckoning = suite('totals, reckoned by hand')

Reckoning('exclusive: VAT is reckoned once per rate, never per line', () => {
  // 3 × 0.33 kr: per line 8.25 → 8 öre each would be 24; of 99 öre it is 24.75 → 25.
  const { nets, ...amounts } = totals([line(33), line(33), line(33)], exclusive)
  assert.equal(nets, [33, 33, 33])
  assert.equal(ore(amounts), [99, 25, 0, 124])
})

Reckoning('exclusive: several kinds of VAT, the highest rate first and what bears none last', () => {
  const { vatBreakdown, ...amounts } = totals(
    [line(100_00, care), line(100_00, { kind: 'standard', rate: 6 }), line(80_00)],
    exclusive,
  )
  assert.equal(
    vatBreakdown.map(({ vat, taxable, vatAmount }) => [vatKey(vat), taxable.amount, vatAmount.amount]),
    [
      ['standard:25', 80_00, 20_00],
      ['standard:6', 100_00, 6_00],
      ['exempt:healthcare', 100_00, 0],
    ],
  )
  assert.equal(ore({ ...amounts, vatBreakdown }), [280_00, 26_00, 0, 306_00])
})

Reckoning('a line’s amount is rounded once, half away from zero', () => {
  assert.is(lineAmount(line(9999, vat25, '0.5')), 5000n)
  assert.is(lineAmount(line(9999, vat25, '-0.5')), -5000n)
  assert.is(lineAmount(line(1000, vat25, '1.5', '12.5')), 1313n) // 1312.5
  assert.is(lineAmount(line(1000, vat25, '1', '33.3333')), 667n)
  assert.is(lineAmount(line(1000, vat25, '1', '100')), 0n)
})

Reckoning('inclusive: what is to pay is what was priced', () => {
  const { nets, ...amounts } = totals([line(1000_00), line(250_00)], inclusive)
  assert.equal(nets, [800_00, 200_00])
  assert.equal(ore(amounts), [1000_00, 250_00, 0, 1250_00])
})

Reckoning('inclusive: an öre by which taxable and VAT miss the sum goes into the rounding', () => {
  // 0.10 kr at 6 %: taxable 9.43 → 9, VAT 0.54 → 1. 0.03 at 25 %: taxable 2.4 → 2, VAT 0.5 → 1.
  assert.equal(ore(totals([line(10, { kind: 'standard', rate: 6 })], inclusive)), [9, 1, 0, 10])
  assert.equal(ore(totals([line(3)], inclusive)), [2, 1, 0, 3])
  // 0.07 at 25 %: taxable 5.6 → 6, VAT 1.5 → 2: together an öre too many.
  assert.equal(ore(totals([line(7)], inclusive)), [6, 2, -1, 7])
  assert.equal(ore(totals([line(7, vat25, '-1')], inclusive)), [-6, -2, 1, -7])
})

Reckoning('inclusive: the öre left go by largest remainder, ties in line order', () => {
  // 3 × 1.00 kr: S = 3.00, taxable 2.40, each exactly 0.80. 3 × 0.33: taxable 79.2 → 79, each 26.33.
  assert.equal(totals([line(100), line(100), line(100)], inclusive).nets, [80, 80, 80])
  assert.equal(totals([line(33), line(33), line(33)], inclusive).nets, [27, 26, 26])
  // S = 1.00, taxable 80; shares 26.4, 26.4, 27.2: the first two have the larger remainders, and one öre is left.
  assert.equal(totals([line(33), line(33), line(34)], inclusive).nets, [27, 26, 27])
  // A deduction has a share as well: S = 0.67, taxable 53.6 → 54; shares 80.60 and −26.60: floors 80 and −27, one left, to the first.
  assert.equal(totals([line(100), line(33, vat25, '-1')], inclusive).nets, [81, -27])
})

Reckoning('inclusive: amounts that cancel out', () => {
  const { nets, ...amounts } = totals([line(33), line(33, vat25, '-1')], inclusive)
  assert.equal(nets, [26, -26])
  assert.equal(ore(amounts), [0, 0, 0, 0])
  // 26.4 → 26, 12, −38.4 → −38: together 0.
  assert.equal(totals([line(33), line(15), line(48, vat25, '-1')], inclusive).nets, [26, 12, -38])
  assert.equal(totals([line(1), line(1), line(2, vat25, '-1')], inclusive).nets, [1, 1, -2])
  // 2.4 → 2 twice against −4.8 → −5: the first takes the öre that is missing.
  assert.equal(totals([line(3), line(3), line(6, vat25, '-1')], inclusive).nets, [3, 2, -5])
  assert.equal(totals([line(0), line(0)], inclusive).nets, [0, 0])
})

Reckoning('whole kronor: the rest joins the rounding, alike for a credit', () => {
  const kronor = { pricesIncludeVat: false, wholeKronor: true }
  assert.equal(ore(totals([line(100_49, care)], kronor)), [100_49, 0, -49, 100_00])
  assert.equal(ore(totals([line(100_50, care)], kronor)), [100_50, 0, 50, 101_00])
  assert.equal(ore(totals([line(100_50, care, '-1')], kronor)), [-100_50, 0, -50, -101_00])
  assert.equal(ore(totals([line(7)], { ...inclusive, wholeKronor: true })), [6, 2, -8, 0])
})

Reckoning('no lines come to nothing', () => {
  assert.equal(ore(totals([], exclusive)), [0, 0, 0, 0])
})

const Rule8 = suite('totals, by rule 8 in exact rationals')

const rateOf = (vat: Vat): Fraction => over(vatRate(vat), 100)
const amountOf = ({ unitPrice, quantity, discountPercent }: PricedLine): bigint =>
  nearest(times(times(whole(unitPrice), decimal(quantity)), minus(whole(1), by(decimal(discountPercent), whole(100)))))
const sum = (amounts: ReadonlyArray<bigint>): bigint => amounts.reduce((total, amount) => total + amount, 0n)

Rule8('for any lines, exclusive and inclusive, with whole kronor and without', () => {
  fc.assert(
    fc.property(fc.array(anyPricedLine, { maxLength: 12 }), anyTotalsSettings, (lines, settings) => {
      const result = totals(lines, settings)
      const nets = result.nets.map(BigInt)
      const keys = [...new Set(lines.map(({ vat }) => vatKey(vat)))]
      assert.equal(result.vatBreakdown.map(({ vat }) => vatKey(vat)).sort(), keys.sort())
      let exact = 0n
      for (const { vat, taxable, vatAmount } of result.vatBreakdown) {
        const own = lines.flatMap((each, i) => (vatKey(each.vat) === vatKey(vat) ? [i] : []))
        const amounts = own.map((i) => amountOf(lines[i]!))
        const total = sum(amounts)
        const rate = rateOf(vat)
        const expected = settings.pricesIncludeVat
          ? nearest(by(whole(total), { n: rate.n + rate.d, d: rate.d }))
          : total
        assert.is(BigInt(taxable.amount), expected)
        assert.is(BigInt(vatAmount.amount), nearest(times(whole(expected), rate)))
        assert.is(sum(own.map((i) => nets[i]!)), expected, 'the nets add up to taxable')
        if (settings.pricesIncludeVat && total !== 0n)
          fairlyShared(
            amounts,
            own.map((i) => nets[i]!),
            expected,
            total,
          )
        if (settings.pricesIncludeVat && total === 0n)
          ownNets(
            amounts,
            own.map((i) => nets[i]!),
            rate,
          )
        if (!settings.pricesIncludeVat)
          assert.equal(
            own.map((i) => nets[i]),
            amounts,
          )
        exact += settings.pricesIncludeVat ? total : expected + BigInt(vatAmount.amount)
      }
      const toPay = settings.wholeKronor ? nearest(over(exact, 100)) * 100n : exact
      assert.is(BigInt(result.toPay.amount), toPay)
      assert.is(
        result.net.amount,
        result.vatBreakdown.reduce((total, part) => total + part.taxable.amount, 0),
      )
      assert.is(
        result.vatAmount.amount,
        result.vatBreakdown.reduce((total, part) => total + part.vatAmount.amount, 0),
      )
      assert.is(result.net.amount + result.vatAmount.amount + result.rounding.amount, result.toPay.amount)
    }),
    { numRuns: 2000 },
  )
})

/** Each the floor of its exact share or an öre more, and none got one before another with a larger remainder, or an equal one earlier. */
const fairlyShared = (
  amounts: ReadonlyArray<bigint>,
  nets: ReadonlyArray<bigint>,
  taxable: bigint,
  total: bigint,
): void => {
  const shares = amounts.map((amount) => over(taxable * amount, total))
  const extra = shares.map((share, i) => nets[i]! - floor(share))
  const rest = shares.map((share) => minus(share, whole(floor(share))))
  for (const [i, got] of extra.entries()) {
    assert.ok(got === 0n || got === 1n, `${got}`)
    for (const [j, other] of extra.entries())
      if (got === 1n && other === 0n) {
        const order = compare(rest[i]!, rest[j]!)
        assert.ok(order > 0 || (order === 0 && i < j), 'the larger remainder goes first')
      }
  }
}

const ownNets = (amounts: ReadonlyArray<bigint>, nets: ReadonlyArray<bigint>, rate: Fraction): void => {
  const own = amounts.map((amount) => nearest(by(whole(amount), { n: rate.n + rate.d, d: rate.d })))
  assert.equal(nets.slice(1), own.slice(1))
  assert.is(nets[0], own[0]! - sum(own))
}

Rule8('lines that cancel out, inclusive', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 6 }), anyVat, (prices, vat) => {
      const lines = [
        ...prices.map((price) => line(price, vat)),
        line(
          prices.reduce((a, b) => a + b, 0),
          vat,
          '-1',
        ),
      ]
      const result = totals(lines, inclusive)
      assert.equal(ore(result), [0, 0, 0, 0])
      ownNets(lines.map(amountOf), result.nets.map(BigInt), rateOf(vat))
    }),
  )
})

Rule8('exclusively, a credit of everything is the exact negation', () => {
  fc.assert(
    fc.property(fc.array(anyPricedLine, { maxLength: 8 }), fc.boolean(), (lines, wholeKronor) => {
      const negated = lines.map((each) => ({
        ...each,
        quantity: each.quantity.startsWith('-')
          ? each.quantity.slice(1)
          : each.quantity === '0'
            ? '0'
            : `-${each.quantity}`,
      }))
      const there = totals(lines, { pricesIncludeVat: false, wholeKronor })
      const back = totals(negated, { pricesIncludeVat: false, wholeKronor })
      for (const field of ['net', 'vatAmount', 'rounding', 'toPay'] as const)
        assert.is(back[field].amount + there[field].amount, 0)
    }),
  )
})
