import type { Invoice } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'

/** Why no UBL document can be made of an invoice: rules and fields, as `invoiceUbl` of `@underlag/documents/ubl` tells them. */
export interface NoUbl {
  readonly reasons: ReadonlyArray<{ readonly rule: string; readonly field: string }>
}

/** It could not be made just now, as when the store did not answer: nothing is sent, and it is tried again. */
export interface UblNotNow {
  readonly _tag: 'UblNotNow'
}

export const ublNotNow: E.Either<UblNotNow, never> = E.left({ _tag: 'UblNotNow' })

type Made = E.Either<NoUbl | UblNotNow, string>

/** Writes an invoice as UBL, the same text at every attempt. */
export type MakeUbl = (invoice: Invoice) => Made | Promise<Made>

/** What comes of it. A maker that throws has not made it, and what it says may quote the invoice. */
export const madeUbl = async (makeUbl: MakeUbl, invoice: Invoice): Promise<Made> => {
  try {
    return await makeUbl(invoice)
  } catch {
    return ublNotNow
  }
}

export const isNotNow = (left: NoUbl | UblNotNow): left is UblNotNow => '_tag' in left && left._tag === 'UblNotNow'

/** Which rules and fields stand against it, for the detail of an attempt: none of the invoice's own words. */
export const rulesOf = ({ reasons }: NoUbl): string => reasons.map(({ rule, field }) => `${rule} ${field}`).join(', ')

/** For the detail of an attempt. */
export const UBL_NOT_NOW = 'the UBL document could not be made just now'
