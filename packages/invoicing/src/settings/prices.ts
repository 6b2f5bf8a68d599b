import { text } from '@underlag/kernel'
import { Price } from '../values/money.js'
import { LocalDate } from '../values/time.js'
import { Vat } from '../values/vat.js'

/** A price as the clinic set it, for services from `validFrom` on (absent: always). */
export interface PriceEntry {
  readonly name: string
  readonly price: Price
  readonly vat: Vat
  readonly validFrom?: LocalDate
}

/** Fields of a price, for the codecs that add what it is the price of. */
export const priceFields = {
  required: { name: text('text', /^[\s\S]+$/), price: Price, vat: Vat },
  optional: { validFrom: LocalDate },
} as const

/** The prices of one type in the order they were set. */
export type PriceHistory = ReadonlyArray<PriceEntry>

/** The price in force on a day of service: the latest `validFrom` not after it; of two for the same day the later set (rule 6). */
export const priceOn = (history: PriceHistory, date: LocalDate): PriceEntry | undefined => {
  let best: PriceEntry | undefined
  for (const entry of history) {
    const from = entry.validFrom ?? ''
    if (from <= date && from >= (best?.validFrom ?? '')) best = entry
  }
  return best
}
