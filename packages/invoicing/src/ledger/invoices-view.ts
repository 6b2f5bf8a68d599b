import {
  type Json,
  type JsonObject,
  type Projection,
  putFields,
  type RecordedEvent,
  type SealedRef,
} from '@underlag/kernel'
import type { Payment } from '../payment/payment.js'
import { sek } from '../values/money.js'
import { payerKey } from '../values/party.js'
import type { LocalDate } from '../values/time.js'
import type { Invoice, InvoiceStatus, IssuedInvoice, ReceivedPayment } from './invoice.js'
import type { RegisteredCreditNote } from './ledger.js'

/** An invoice as read models keep one: what was issued, its personal parts sealed, and what became of it. */
export interface InvoiceDocument {
  readonly issued: JsonObject
  readonly parts: ReadonlyArray<SealedRef>
  /** Öre, payments less refunds. */
  readonly paid: number
  /** Öre taken off by credit notes. */
  readonly credited: number
  readonly creditedBy: ReadonlyArray<string>
  readonly payments: ReadonlyArray<ReceivedPayment>
  readonly nothingLeft: boolean
}

const keys = ({ type, data }: RecordedEvent): ReadonlyArray<string> => {
  switch (type) {
    case 'InvoiceRegistered':
    case 'PaymentRecorded':
      return [data.invoiceNumber as string]
    case 'InvoiceCredited':
      return [data.invoiceNumber as string, data.credits as string]
    default:
      return []
  }
}

const evolve = (
  document: InvoiceDocument | undefined,
  event: RecordedEvent,
  key: string,
): InvoiceDocument | undefined => {
  if (event.type !== 'PaymentRecorded' && event.data.invoiceNumber === key)
    return {
      issued: event.data,
      parts: event.personal.map((part) => ({ stream: event.stream, eventId: event.id, part })),
      paid: 0,
      credited: 0,
      creditedBy: [],
      payments: [],
      nothingLeft: false,
    }
  if (document === undefined) return undefined
  if (event.type === 'PaymentRecorded') {
    const { amount, receivedOn, reference } = event.data as unknown as Payment
    return {
      ...document,
      paid: document.paid + amount.amount,
      payments: [...document.payments, { amount, receivedOn, reference }],
    }
  }
  const note = event.data as unknown as RegisteredCreditNote
  return {
    ...document,
    credited: document.credited - note.toPay.amount,
    creditedBy: [...document.creditedBy, note.invoiceNumber],
    nothingLeft: note.nothingLeft,
  }
}

/**
 * Invoices and credit notes by number; under `payer` those of one payer, under `sequence` the one of that number in the series, under
 * `status` those that are it before their due date, under `paymentReference` those that a payment was recorded on.
 */
export const invoicesView: Projection = {
  table: { name: 'invoices', version: 3 },
  keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: (document: Json) => {
    const found = document as unknown as InvoiceDocument
    const { payer, sequence } = issuedIn(found)
    const payments = found.payments.map(({ reference }) => ['paymentReference', reference] as const)
    return [
      ['payer', payerKey(payer)],
      ['sequence', String(sequence).padStart(12, '0')],
      ['status', statusOn(found, NO_DAY)],
      ...payments,
    ]
  },
}

const issuedIn = ({ issued }: InvoiceDocument): IssuedInvoice => issued as unknown as IssuedInvoice

const NO_DAY: LocalDate = ''

/** Its status on a day. */
export const statusOn = (document: InvoiceDocument, today: LocalDate): InvoiceStatus => {
  const issued = issuedIn(document)
  return statusOf(issued, document, balanceIn(document), today)
}

/** Under which terms of the index `status` the invoices stand that may have a status on some day. */
export const statusTerms = (status: InvoiceStatus): ReadonlyArray<InvoiceStatus> =>
  status === 'overdue' ? ['registered', 'partlyPaid'] : [status]

/** The invoice as it stands on a day. */
export const openInvoice = (
  { issued, parts, ...after }: InvoiceDocument,
  open: (ref: SealedRef) => JsonObject | undefined,
  today: LocalDate,
): Invoice => {
  const whole = parts.reduce<JsonObject>((data, part) => putFields(data, open(part) ?? {}), issued)
  return standing(whole as unknown as IssuedInvoice, after, today)
}

/** What became of an invoice, with what it was. */
export const standing = (
  issued: IssuedInvoice &
    Partial<Pick<RegisteredCreditNote, 'released' | 'settled' | 'nothingLeft'>> & { leftOut?: unknown },
  after: Omit<InvoiceDocument, 'issued' | 'parts'>,
  today: LocalDate,
): Invoice => {
  const { released: _, settled: __, nothingLeft: ___, leftOut: ____, ...invoice } = issued
  const balance = balanceOf(issued, after)
  return {
    ...invoice,
    paid: sek(after.paid),
    credited: sek(after.credited),
    balance: sek(balance),
    status: statusOf(invoice, after, balance, today),
    creditedBy: after.creditedBy,
    payments: after.payments,
  }
}

/** What is left to pay of the invoice, in öre; negative: to be paid back. */
export const balanceIn = (document: InvoiceDocument): number => balanceOf(issuedIn(document), document)

const balanceOf = (
  { toPay }: Pick<IssuedInvoice, 'toPay'>,
  { paid, credited }: Pick<InvoiceDocument, 'paid' | 'credited'>,
): number => toPay.amount - paid - credited

export const asIssued = { paid: 0, credited: 0, creditedBy: [], payments: [], nothingLeft: false } as const

/** The first that fits. */
const statusOf = (
  { kind, dueDate }: IssuedInvoice,
  { paid, nothingLeft }: Pick<InvoiceDocument, 'paid' | 'nothingLeft'>,
  balance: number,
  today: LocalDate,
): InvoiceStatus => {
  if (kind === 'creditNote') return 'registered'
  if (nothingLeft) return 'credited'
  if (balance <= 0) return 'paid'
  if (dueDate < today) return 'overdue'
  return paid > 0 ? 'partlyPaid' : 'registered'
}
