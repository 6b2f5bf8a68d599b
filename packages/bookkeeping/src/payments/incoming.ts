import type { LocalDate, TimeZone } from '@underlag/invoicing'
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
  | { readonly _tag: 'SeveralReferences'; readonly references: ReadonlyArray<string> }
  /** The payer took off something: a credit note, most often. */
  | { readonly _tag: 'Deduction' }
  /** The bank reversed what it had told of, or a refund came back. */
  | { readonly _tag: 'Reversal' }
  | { readonly _tag: 'ForeignCurrency'; readonly currency: string }
  /** The payments of an entry are not the entry's amount. */
  | { readonly _tag: 'AmountsDiffer' }
  /** An earlier payment of the file has the same reference of the bank's, and is another. */
  | { readonly _tag: 'SameReference' }

/** Money that a bank tells it has received for the clinic. */
export interface IncomingPayment {
  /** By which the payment is known again, in whichever file it comes. Holds nothing of a person. */
  readonly reference: string
  /** The bank's reference of what it booked as one, such as a deposit: those of its payments begin with it, and `.` or nothing. */
  readonly bookedAs: string
  /** In hundredths (öre); negative: taken off or taken back. */
  readonly amount: { readonly amount: number; readonly currency: string }
  readonly receivedOn: LocalDate
  /** The recipient's reference, digits alone; absent where it is unclear. */
  readonly ocr?: string
  /** It stood in no field for it, but was all that the payer wrote: an invoice's number, perhaps. */
  readonly isWritten?: true
  readonly unclear?: Unclear
  readonly account?: PaidAccount
  /** Who paid, and what that person wrote, on one line: for the person who finds out what it is for. */
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

/** Reads a file, whole or not at all; days are those of the time zone. */
export type ReadPayments = (content: Uint8Array, timeZone: TimeZone) => E.Either<UnusableFile, PaymentFile>

/** A reference as digits, however it was grouped; `undefined`: it is none. */
export const ocrIn = (text: string): string | undefined => {
  const digits = text.replace(/\s/g, '')
  return /^\d{2,25}$/.test(digits) ? digits : undefined
}

/** The reference of a payment, from what was given as such, or else from what the payer wrote, where that is nothing else. */
export const referenceOf = (
  given: ReadonlyArray<string>,
  written: ReadonlyArray<string>,
): Pick<IncomingPayment, 'ocr' | 'isWritten' | 'unclear'> => {
  const isGiven = given.some((one) => ocrIn(one) !== undefined)
  const found = distinct(isGiven ? given : written)
  const [ocr, ...others] = found
  if (ocr === undefined || (!isGiven && !found.every((one) => ocrIn(one) !== undefined)))
    return { unclear: { _tag: 'NoReference' } }
  if (others.length > 0) return { unclear: { _tag: 'SeveralReferences', references: found } }
  return isGiven ? { ocr } : { ocr, isWritten: true }
}

const distinct = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(texts.map((text) => ocrIn(text) ?? oneLine(text)).filter((text) => text !== '')),
]

/** What a stranger wrote as one line of text, without what steers a terminal or turns the direction of writing. */
export const oneLine = (text: string): string => text.replace(/\p{C}/gu, ' ').replace(/\s+/g, ' ').trim()

/** Who paid and what that person wrote, as far as it is there. */
export const said = (
  name: string | undefined,
  texts: ReadonlyArray<string>,
): Pick<IncomingPayment, 'payerName' | 'text'> => {
  const [payerName, text] = [oneLine(name ?? ''), oneLine(texts.join(' '))]
  return { ...(payerName === '' ? {} : { payerName }), ...(text === '' ? {} : { text }) }
}

/**
 * Of payments that a bank gave one reference the first has it, and so has whatever tells of the very same once more; any other
 * has one of its own, and is left to a person.
 */
export const apart = (payments: ReadonlyArray<IncomingPayment>): ReadonlyArray<IncomingPayment> => {
  const known = new Map<string, string>()
  return payments.map((payment) => {
    const { ocr: _, isWritten: __, ...rest } = payment
    const content = JSON.stringify(payment)
    const first = known.get(payment.reference) ?? content
    known.set(payment.reference, first)
    return first === content
      ? payment
      : { ...rest, reference: otherReference(payment), unclear: { _tag: 'SameReference' } }
  })
}

/** What a payment is known by whose reference is another's. */
export const otherReference = ({ reference, receivedOn, amount, ocr }: IncomingPayment): string =>
  `${reference}#${receivedOn}.${amount.amount}${ocr === undefined ? '' : `.${ocr}`}`
