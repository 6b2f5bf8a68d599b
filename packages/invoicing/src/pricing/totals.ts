import type { Totals, VatSubtotal } from '../ledger/invoice.js'
import { divideRounded, type Percent, type Quantity, scaled } from '../values/decimal.js'
import { sek } from '../values/money.js'
import { type Vat, vatKey, vatRate } from '../values/vat.js'

/** What a line's amount is reckoned from. */
export interface PricedLine {
  /** Öre per unit, VAT in it where prices include VAT. */
  readonly unitPrice: number
  readonly quantity: Quantity
  readonly discountPercent: Percent
  readonly vat: Vat
}

export interface TotalsSettings {
  readonly pricesIncludeVat: boolean
  readonly wholeKronor?: boolean
}

/** price × quantity × (1 − discount), rounded once to the öre, half away from zero. */
export const lineAmount = ({ unitPrice, quantity, discountPercent }: Omit<PricedLine, 'vat'>): bigint =>
  divideRounded(BigInt(unitPrice) * scaled(quantity, 3) * (WHOLE - scaled(discountPercent, 4)), 1_000n * WHOLE)

const WHOLE = 1_000_000n

/**
 * The amounts of an invoice by rule 8: VAT once per VAT of the document (EN 16931 BR-CO-17), exact to the öre.
 * `nets` are the lines' amounts without VAT, in their order; they add up to `taxable` per VAT.
 */
export const totals = (
  lines: ReadonlyArray<PricedLine>,
  settings: TotalsSettings,
): Totals & { readonly nets: ReadonlyArray<number> } => totalsOfAmounts(lines, lines.map(lineAmount), settings)

/** The same for lines whose amounts are given, as parts of an invoice are. */
export const totalsOfAmounts = (
  lines: ReadonlyArray<{ readonly vat: Vat }>,
  amounts: ReadonlyArray<bigint>,
  { pricesIncludeVat, wholeKronor = false }: TotalsSettings,
): Totals & { readonly nets: ReadonlyArray<number> } => {
  const nets = amounts.map(() => 0n)
  const breakdown: Array<VatSubtotal> = []
  let net = 0n
  let vatAmount = 0n
  let rounding = 0n

  for (const [vat, members] of byVat(lines)) {
    const rate = BigInt(vatRate(vat))
    const sum = members.reduce((total, i) => total + (amounts[i] ?? 0n), 0n)
    const taxable = pricesIncludeVat ? divideRounded(sum * 100n, 100n + rate) : sum
    const tax = divideRounded(taxable * rate, 100n)
    const own = members.map((i) => amounts[i] ?? 0n)
    const shares = pricesIncludeVat ? share(taxable, own, rate) : own
    for (const [at, i] of members.entries()) nets[i] = shares[at] ?? 0n
    if (pricesIncludeVat) rounding += sum - taxable - tax
    net += taxable
    vatAmount += tax
    breakdown.push({ vat, taxable: sek(Number(taxable)), vatAmount: sek(Number(tax)) })
  }

  const exact = net + vatAmount + rounding
  const toPay = wholeKronor ? divideRounded(exact, 100n) * 100n : exact
  rounding += toPay - exact
  return {
    nets: nets.map(Number),
    vatBreakdown: breakdown,
    net: sek(Number(net)),
    vatAmount: sek(Number(vatAmount)),
    rounding: sek(Number(rounding)),
    toPay: sek(Number(toPay)),
  }
}

/** Line numbers per VAT: standard rates from the highest, then what bears no tax. */
const byVat = (lines: ReadonlyArray<{ readonly vat: Vat }>): ReadonlyArray<readonly [Vat, ReadonlyArray<number>]> => {
  const groups = new Map<string, readonly [Vat, Array<number>]>()
  for (const [i, { vat }] of lines.entries()) {
    const group = groups.get(vatKey(vat))
    if (group === undefined) groups.set(vatKey(vat), [vat, [i]])
    else group[1].push(i)
  }
  return [...groups].sort(([a, [x]], [b, [y]]) => vatRate(y) - vatRate(x) || (a < b ? -1 : 1)).map(([, group]) => group)
}

/**
 * Each line's part of `taxable`: the floor of its exact share, the öre left one by one by largest remainder, ties in line order.
 * Where the amounts cancel out there is no share: each its own amount without VAT, and the first takes the difference.
 */
const share = (taxable: bigint, amounts: ReadonlyArray<bigint>, rate: bigint): ReadonlyArray<bigint> => {
  const sum = amounts.reduce((total, amount) => total + amount, 0n)
  if (sum === 0n) {
    const own = amounts.map((amount) => divideRounded(amount * 100n, 100n + rate))
    const missing = taxable - own.reduce((total, amount) => total + amount, 0n)
    return own.map((amount, i) => (i === 0 ? amount + missing : amount))
  }
  const exact = amounts.map((amount) => {
    // Over a positive denominator, so that the remainder is one of the floor.
    const numerator = sum < 0n ? -taxable * amount : taxable * amount
    const denominator = sum < 0n ? -sum : sum
    const remainder = ((numerator % denominator) + denominator) % denominator
    return { floor: (numerator - remainder) / denominator, remainder }
  })
  let left = taxable - exact.reduce((total, { floor }) => total + floor, 0n)
  const shares = exact.map(({ floor }) => floor)
  const order = exact
    .map(({ remainder }, i) => ({ remainder, i }))
    .sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder > b.remainder ? -1 : 1))
  for (const { i } of order) {
    if (left === 0n) break
    shares[i] = (shares[i] ?? 0n) + 1n
    left -= 1n
  }
  return shares
}
