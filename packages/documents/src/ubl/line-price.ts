import { divideRounded, type InvoiceLine, scaled, vatRate } from '@underlag/invoicing'

/** Something taken off a line (or, `charge`, put on it) between quantity × price and its net amount. Öre, never negative. */
export interface Adjustment {
  readonly why: 'discount' | 'rounding'
  readonly charge: boolean
  readonly amount: bigint
  /** What the percentage is taken of; with `percent`. */
  readonly base?: bigint
  readonly percent?: string
}

/** A line as UBL reckons it: quantity × price, rounded to the öre, − allowances + charges = net, exactly. */
export interface PricedForUbl {
  /** Thousandths. */
  readonly quantity: bigint
  /** Unit price without VAT, never negative, in units of 10^-`decimals` kronor. */
  readonly price: bigint
  readonly decimals: number
  readonly adjustments: ReadonlyArray<Adjustment>
  readonly net: bigint
}

/**
 * The line's price without VAT and its discount, so that they come out at its net amount (PEPPOL-EN16931-R120 and R040 allow two
 * öre; here it is exact). `sign` is −1 for a credit note, whose amounts UBL writes positive.
 *
 * Where prices include VAT, the price without it seldom ends on a whole öre, and the net amount is a share of what all lines of that
 * VAT come to (rule 8), an öre beside the line's own amount at times. The first that fits is taken:
 * 1. the price without VAT with as few decimals, two to four, as reproduce the net amount;
 * 2. without a discount, and where VAT was in the price: the price that does, where it moves the line by at most two öre;
 * 3. the price to four decimals or more, and what is missing as an allowance or a charge of its own. That is for lines whose net amount is not
 *    theirs alone: where deductions all but cancel out their VAT, or on the last of several credit notes, which takes what is left.
 */
export const priceForUbl = (
  line: Pick<InvoiceLine, 'quantity' | 'unitPrice' | 'discountPercent' | 'vat' | 'net'>,
  pricesIncludeVat: boolean,
  sign: 1n | -1n,
): PricedForUbl => {
  const quantity = sign * scaled(line.quantity, 3)
  const net = sign * BigInt(line.net.amount)
  const discount = scaled(line.discountPercent, 4)
  const rate = pricesIncludeVat ? BigInt(vatRate(line.vat)) : 0n
  const priceWith = (decimals: number): bigint =>
    divideRounded(BigInt(line.unitPrice.amount) * 100n * 10n ** BigInt(decimals - 2), 100n + rate)
  const grossAt = (price: bigint, decimals: number): bigint =>
    divideRounded(price * quantity, 1_000n * 10n ** BigInt(decimals - 2))
  const found = (price: bigint, decimals: number, ...adjustments: ReadonlyArray<Adjustment>): PricedForUbl => ({
    quantity,
    price,
    decimals,
    adjustments,
    net,
  })

  const candidates = rate === 0n ? [2] : [2, 3, 4]
  for (const decimals of candidates) {
    const price = priceWith(decimals)
    const gross = grossAt(price, decimals)
    if (gross === net && discount === 0n) return found(price, decimals)
    const off = gross - net
    const isThatDiscount =
      discount > 0n && off * gross >= 0n && size(off * WHOLE - gross * discount) <= WHOLE && size(off) <= size(gross)
    if (isThatDiscount)
      return found(price, decimals, ...(off === 0n ? [] : [discounted(off, gross, line.discountPercent)]))
  }

  // As many as keep the line within half an öre of quantity × price.
  const decimals = rate === 0n ? 2 : 3 + (size(quantity) / 1_000n).toString().length
  const price = priceWith(decimals)
  const gross = grossAt(price, decimals)
  if (rate > 0n && discount === 0n && quantity !== 0n && size(gross - net) <= 2n && net * quantity >= 0n)
    for (let more = 2; more <= MOST_DECIMALS; more++) {
      const exact = divideRounded(size(net) * 1_000n * 10n ** BigInt(more - 2), size(quantity))
      if (grossAt(exact, more) === net) return found(exact, more)
    }

  const off = divideRounded(gross * discount, WHOLE)
  const missing = net - (gross - off)
  return found(
    price,
    decimals,
    ...(off === 0n ? [] : [discounted(off, gross, line.discountPercent)]),
    ...(missing === 0n ? [] : [{ why: 'rounding' as const, charge: missing > 0n, amount: size(missing) }]),
  )
}

/** Percent are kept to four decimals. */
const WHOLE = 1_000_000n
/** Enough for the largest quantity there can be. */
const MOST_DECIMALS = 14

const size = (n: bigint): bigint => (n < 0n ? -n : n)

/** A discount; on a deduction it makes less of what is taken off, and is a charge. */
const discounted = (off: bigint, gross: bigint, percent: string): Adjustment => ({
  why: 'discount',
  charge: gross < 0n,
  amount: size(off),
  base: size(gross),
  percent,
})

/** A number of 10^-`decimals` as an XML decimal. */
export const decimal = (value: bigint, decimals: number): string => {
  const digits = size(value)
    .toString()
    .padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = decimals === 0 ? '' : `.${digits.slice(-decimals)}`
  return `${value < 0n ? '-' : ''}${whole}${fraction}`
}
