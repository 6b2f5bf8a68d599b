import { otherReference } from '@underlag/bookkeeping'
import type { IncomingPayment } from '@underlag/bookkeeping/payments'
import { type InvoiceDocument, invoicesView } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import type { OperationFailure, Runtime } from '../runtime.js'

/** What is recorded with one reference, or with several: on which invoices, and the öre that it comes to. */
export interface Recorded {
  readonly invoiceNumbers: ReadonlyArray<string>
  readonly amount: number
}

/** By what the bank booked, then by the payment's reference. */
export type KnownPayments = ReadonlyMap<string, ReadonlyMap<string, Recorded>>

/** Whether a payment is recorded already. `otherwise`: its reference stands for something else, or what was booked was told of in other parts. */
export type Standing =
  | { readonly _tag: 'new' }
  | { readonly _tag: 'recorded'; readonly recorded: Recorded }
  | { readonly _tag: 'otherwise'; readonly recorded: Recorded }

/** A payment of the file, with the number of its invoice where that is clear. */
export interface Told {
  readonly payment: IncomingPayment
  readonly invoiceNumber: string | undefined
}

/** What is recorded of all that the bank booked as one of these. */
export const knownPayments = async (
  { readModels }: Runtime,
  bookedAs: ReadonlySet<string>,
): Promise<E.Either<OperationFailure, KnownPayments>> => {
  // All that begin so: `#` and `.` stand first among the characters that may follow.
  const ranges = [...bookedAs].map((begin) => [begin, `${begin}/`] as const)
  const found = await readModels.between(invoicesView.table, 'paymentReference', ranges)()
  if (E.isLeft(found)) return found
  const documents = await readModels.get(invoicesView.table, [...new Set(found.right.map(([, number]) => number))])()
  if (E.isLeft(documents)) return documents
  // In several ranges, where one begins as another.
  const numbers = new Map<string, Set<string>>()
  for (const [reference, number] of found.right)
    numbers.set(reference, (numbers.get(reference) ?? new Set()).add(number))
  const known = new Map<string, Map<string, Recorded>>()
  for (const [reference, some] of numbers) {
    const begin = beginningsOf(reference).find((one) => bookedAs.has(one))
    if (begin === undefined) continue
    const recorded = [...some].map((number): Recorded => {
      const { payments = [] } = (documents.right.get(number) ?? {}) as Partial<InvoiceDocument>
      const ore = payments.reduce((sum, one) => sum + (one.reference === reference ? one.amount.amount : 0), 0)
      return { invoiceNumbers: [number], amount: ore }
    })
    known.set(begin, (known.get(begin) ?? new Map()).set(reference, together(recorded)))
  }
  return E.right(known)
}

/** All that a reference may have been booked as: itself, and what stands before each of its marks. */
const beginningsOf = (reference: string): ReadonlyArray<string> => [
  reference,
  ...[...reference.matchAll(/[.#]/g)].map(({ index }) => reference.slice(0, index)).reverse(),
]

const at = (known: ReadonlyMap<string, Recorded>, ...references: ReadonlyArray<string>): ReadonlyArray<Recorded> =>
  references.flatMap((reference) => known.get(reference) ?? [])

const together = (all: ReadonlyArray<Recorded>): Recorded => ({
  invoiceNumbers: [...new Set(all.flatMap(({ invoiceNumbers }) => invoiceNumbers))],
  amount: all.reduce((sum, { amount }) => sum + amount, 0),
})

/** How the payments that the bank booked as one stand, in their order. */
export const standingsOf = (
  payments: ReadonlyArray<Told>,
  known: ReadonlyMap<string, Recorded> = new Map(),
): ReadonlyArray<Standing> => {
  if (known.size === 0) return payments.map(() => ({ _tag: 'new' }))
  const recorded = together([...known.values()])
  const distinct = [...new Map(payments.map((one) => [one.payment.reference, one])).values()]
  // Told of whole and then in parts, or the other way round, it is the same money.
  const isAll =
    distinct.every(isComparable) &&
    distinct.reduce((sum, { payment }) => sum + payment.amount.amount, 0) === recorded.amount &&
    distinct.every((one) => isOn(one, recorded))
  if (isAll) return payments.map((one) => ({ _tag: 'recorded', recorded: ownOf(one, known) ?? recorded }))
  const own = payments.map((one): Standing => {
    const mine = ownOf(one, known)
    if (mine === undefined) return { _tag: 'new' }
    const { amount, reference } = one.payment
    const isThat =
      !isComparable(one) ||
      [...at(known, reference), ...at(known, otherReference(one.payment)), mine].some(
        (some) => some.amount === amount.amount && isOn(one, some),
      )
    return { _tag: isThat ? 'recorded' : 'otherwise', recorded: mine }
  })
  const references = new Set(payments.flatMap(({ payment }) => [payment.reference, otherReference(payment)]))
  const isOtherwise =
    own.some(({ _tag }) => _tag === 'otherwise') || [...known.keys()].some((reference) => !references.has(reference))
  return own.map((one) => (one._tag === 'new' && isOtherwise ? { _tag: 'otherwise', recorded } : one))
}

/** What is recorded with the payment's reference, and with the other that it has where that is another's. */
const ownOf = ({ payment }: Told, known: ReadonlyMap<string, Recorded>): Recorded | undefined => {
  const own = at(known, payment.reference, otherReference(payment))
  return own.length === 0 ? undefined : together(own)
}

/** What another currency comes to, a person has found out. */
const isComparable = ({ payment }: Told): boolean => payment.unclear?._tag !== 'ForeignCurrency'

const isOn = ({ invoiceNumber }: Told, { invoiceNumbers }: Recorded): boolean =>
  invoiceNumber === undefined || invoiceNumbers.includes(invoiceNumber)
