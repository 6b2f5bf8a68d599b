import { text } from '@underlag/kernel'

/** A decimal string with at most three decimals: `"1"`, `"1.5"`, `"-2"`. */
export type Quantity = string
export const Quantity = text(
  'a decimal string below ten million with at most three decimals, such as "1" or "1.5"',
  /^(?!-0(\.0*)?$)-?(0|[1-9]\d{0,6})(\.\d{1,3})?$/,
)

/** A decimal string from 0 to 100 with at most four decimals: `"10"`, `"12.5"`. */
export type Percent = string
export const Percent = text(
  'a percentage as a decimal string from "0" to "100", such as "12.5"',
  /^(0|[1-9]\d{0,2})(\.\d{1,4})?$/,
  (value) => Number(value) <= 100,
)

/** A decimal string as an integer of 10^-`decimals`. Total on `Quantity` (3) and `Percent` (4). */
export const scaled = (decimal: string, decimals: number): bigint => {
  const [whole = '0', fraction = ''] = decimal.split('.')
  const digits = BigInt(whole.replace('-', '') + fraction.padEnd(decimals, '0'))
  return decimal.startsWith('-') ? -digits : digits
}

/** Thousandths as the shortest decimal string: 1500n is `"1.5"`. */
export const quantityOf = (thousandths: bigint): Quantity => {
  const size = thousandths < 0n ? -thousandths : thousandths
  const fraction = (size % 1000n).toString().padStart(3, '0').replace(/0+$/, '')
  return `${thousandths < 0n ? '-' : ''}${size / 1000n}${fraction === '' ? '' : `.${fraction}`}`
}

/** `numerator / denominator` rounded once, half away from zero (as every rounding here). */
export const divideRounded = (numerator: bigint, denominator: bigint): bigint => {
  const negative = numerator < 0n !== denominator < 0n
  const n = numerator < 0n ? -numerator : numerator
  const d = denominator < 0n ? -denominator : denominator
  const rounded = (2n * n + d) / (2n * d)
  return negative ? -rounded : rounded
}
