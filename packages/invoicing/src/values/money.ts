import { Refined, record } from '@underlag/kernel'
import type * as t from 'io-ts'

/** An amount in minor units (öre): an integer, never a float. */
export interface Money {
  readonly amount: number
  readonly currency: 'SEK'
}

/** Ten billion kronor: far above any invoice, and far below where integers of a double end. */
const MOST = 1_000_000_000_000

/** Whether an amount is one that may be asked for or registered; what is stored may be more, so that it always reads again. */
export const isInReach = (ore: number): boolean => Math.abs(ore) <= MOST

const isOre = (u: unknown): u is number => Number.isSafeInteger(u) && !Object.is(u, -0)

const Currency = new Refined('"SEK", the only currency for now', (u): u is 'SEK' => u === 'SEK')

export const Money: t.Type<Money, unknown, unknown> = record({
  amount: new Refined('a whole number of öre', isOre),
  currency: Currency,
})

/** Money that is not negative: a deduction is a line with a negative quantity. */
export type Price = Money
export const Price: t.Type<Price, unknown, unknown> = record({
  amount: new Refined(
    'a whole number of öre from 0 to 1000000000000',
    (u): u is number => isOre(u) && u >= 0 && isInReach(u),
  ),
  currency: Currency,
})

/** Öre as money. */
export const sek = (amount: number): Money => ({ amount: amount === 0 ? 0 : amount, currency: 'SEK' })
