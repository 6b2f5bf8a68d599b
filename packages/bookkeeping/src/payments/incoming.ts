import type { LocalDate, Money } from '@underlag/invoicing'
import type * as E from 'fp-ts/lib/Either.js'

/** The account that was paid to, as the file names it: digits alone, or an IBAN. */
export interface PaidAccount {
  readonly scheme: 'bankgiro' | 'plusgiro' | 'other'
  readonly id: string
}

/** Why a payment cannot be told by itself which invoice it is for, or how much of it. */
export type Unclear =
  /** No digits where a reference belongs. */
  | { readonly _tag: 'NoReference' }
  /** For several invoices, and it is not said how much for which. */
  | { readonly _tag: 'SeveralReferences'; readonly ocrs: ReadonlyArray<string> }
  /** The payer took off something: a credit note, most often. */
  | { readonly _tag: 'Deduction' }
  /** The bank took back what it had told of. */
  | { readonly _tag: 'Reversal' }
  | { readonly _tag: 'ForeignCurrency'; readonly currency: string }
  /** The payments of an entry are not the entry's amount. */
  | { readonly _tag: 'AmountsDiffer' }
  /** Another payment of the file has the same reference of the bank's. */
  | { readonly _tag: 'SameReference' }

/** Money that a bank tells it has received for the clinic. */
export interface IncomingPayment {
  /** By which the payment is known again, in whichever file it comes. Holds nothing of a person. */
  readonly reference: string
  /** Negative: taken off or taken back. In a foreign currency: what the file says, in hundredths. */
  readonly amount: Money
  readonly receivedOn: LocalDate
  /** The recipient's reference, digits alone; absent where it is unclear. */
  readonly ocr?: string
  readonly unclear?: Unclear
  readonly account?: PaidAccount
  /** Who paid, and what that person wrote: for the person who finds out what it is for. */
  readonly payerName?: string
  readonly text?: string
}

/** What a file of a bank tells. */
export interface PaymentFile {
  readonly payments: ReadonlyArray<IncomingPayment>
  /** Entries that tell of no money received: what left the account, and what is not booked yet. */
  readonly ignored: number
}

/** A file that cannot be read as what it was said to be; nothing of it was taken. The reason names the place and holds nothing of a person. */
export interface UnusableFile {
  readonly _tag: 'UnusableFile'
  readonly reason: string
  readonly remedy: string
}

/** Reads a file, whole or not at all. */
export type ReadPayments = (content: Uint8Array) => E.Either<UnusableFile, PaymentFile>

/** A reference as digits, however it was grouped; `undefined`: it is none. */
export const ocrIn = (text: string): string | undefined => {
  const digits = text.replace(/\s/g, '')
  return /^\d{2,25}$/.test(digits) ? digits : undefined
}

/** The reference of a payment, from what was given as such, or else from what the payer wrote. */
export const referenceOf = (
  given: ReadonlyArray<string>,
  written: ReadonlyArray<string>,
): Pick<IncomingPayment, 'ocr' | 'unclear'> => {
  const found = distinct(given).some((one) => ocrIn(one) !== undefined) ? distinct(given) : distinct(written)
  const ocrs = found.flatMap((one) => ocrIn(one) ?? [])
  const [ocr] = ocrs
  if (ocr === undefined) return { unclear: { _tag: 'NoReference' } }
  return found.length === 1 ? { ocr } : { unclear: { _tag: 'SeveralReferences', ocrs } }
}

const distinct = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(texts.map((text) => ocrIn(text) ?? text.trim()).filter((text) => text !== '')),
]

/** Payments that a bank gave the same reference are numbered, and left to a person: nobody could tell them apart when they come again. */
export const apart = (payments: ReadonlyArray<IncomingPayment>): ReadonlyArray<IncomingPayment> => {
  const times = new Map<string, number>()
  for (const { reference } of payments) times.set(reference, (times.get(reference) ?? 0) + 1)
  const seen = new Map<string, number>()
  return payments.map((payment) => {
    const { ocr: _, reference, ...rest } = payment
    if (times.get(reference) === 1) return payment
    const number = (seen.get(reference) ?? 0) + 1
    seen.set(reference, number)
    return { ...rest, reference: `${reference}#${number}`, unclear: { _tag: 'SameReference' } }
  })
}
