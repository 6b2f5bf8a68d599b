import fc from 'fast-check'
import type { Percent, PricedLine, Quantity, TotalsSettings, Vat } from '../../src/index.js'

export const anyVat: fc.Arbitrary<Vat> = fc.constantFrom<Vat>(
  { kind: 'standard', rate: 25 },
  { kind: 'standard', rate: 12 },
  { kind: 'standard', rate: 6 },
  { kind: 'exempt', reason: 'healthcare' },
  { kind: 'exempt', reason: 'smallBusiness' },
  { kind: 'reverseCharge' },
)

const thousandths: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(1000, 2000, 500, -1000, 0),
  fc.integer({ min: -9000, max: 9000 }),
)
export const anyQuantity: fc.Arbitrary<Quantity> = thousandths.map((n) =>
  (n / 1000)
    .toFixed(3)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0'),
)

export const anyDiscount: fc.Arbitrary<Percent> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('0') },
  fc.constantFrom('10', '12.5', '33.3333', '100', '0.5'),
)

export const anyOre: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 500_000 }),
  fc.constantFrom(120_000, 9_999, 1),
)

export const anyPricedLine: fc.Arbitrary<PricedLine> = fc.record({
  unitPrice: anyOre,
  quantity: anyQuantity,
  discountPercent: anyDiscount,
  vat: anyVat,
})

export const anyTotalsSettings: fc.Arbitrary<TotalsSettings> = fc.record({
  pricesIncludeVat: fc.boolean(),
  wholeKronor: fc.boolean(),
})
