import type { UblNotPossible } from '@underlag/documents/ubl'
import type { Refusal } from './commands/answer.js'
import { kronor } from './queries/summary.js'
import type { OperationFailure } from './runtime.js'

const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value))
const customer = (value: unknown): string => {
  const { kind, id } = (value ?? {}) as { kind?: string; id?: string }
  return `${kind} ${id}`
}

const said: Readonly<Record<string, (refusal: Refusal) => string>> = {
  MalformedCommand: ({ problems }) => `Malformed: ${Array.isArray(problems) ? problems.join('; ') : ''}`,
  CommandIdReused: ({ commandId }) =>
    `The commandId ${commandId} was used for another command: give each intent its own.`,
  InvoicingNotActivated: () => 'Invoicing is not activated: send ActivateInvoicing first.',
  SellerMissing: () => 'The seller is not known: send SetSeller first.',
  SeriesStarted: () => 'Invoices have been issued: the number series can no longer be changed.',
  UnknownContactType: ({ contactTypeId }) =>
    `There is no contact type ${contactTypeId}: set its price first (SetContactTypePrice).`,
  CustomerExists: (refusal) =>
    `There is a ${customer(refusal.customer)} already: change it with ChangeClient or ChangeCompany.`,
  UnknownCustomer: (refusal) => `There is no ${customer(refusal.customer)}: register it first.`,
  InvalidPersonalIdentityNumber: () => 'The personal identity number has a wrong date or check digit.',
  InvalidOrganisationNumber: () =>
    'The organisation number must be ten digits with a right check digit, such as 556677-8899.',
  InvalidVatNumber: () => 'The VAT number is wrong: a Swedish one is SE, the organisation number and 01.',
  InvalidBankgiro: () => 'The bankgiro number must be 7 or 8 digits with a right check digit.',
  InvalidPlusgiro: () => 'The plusgiro number must be 2 to 8 digits with a right check digit.',
  InvalidSwish: () => 'The Swish number must be 123 and seven digits, or a mobile number.',
  BookingExists: ({ bookingId }) => `Booking ${bookingId} is recorded already.`,
  UnknownBooking: ({ bookingId }) => `There is no booking ${bookingId}.`,
  BookingCancelled: ({ bookingId }) => `Booking ${bookingId} is cancelled.`,
  AlreadyPaid: ({ bookingId }) => `Booking ${bookingId} is paid already.`,
  NotPaid: ({ bookingId }) => `Booking ${bookingId} is not paid.`,
  JournalEntryExists: ({ journalEntryId }) => `Journal entry ${journalEntryId} is recorded already.`,
  UnknownJournalEntry: ({ journalEntryId }) => `There is no journal entry ${journalEntryId}.`,
  LineExists: ({ lineId }) => `Line ${lineId} was added already.`,
  UnknownItem: ({ items }) => `There is no item ${list(items)}.`,
  AlreadyInvoiced: ({ items, invoiceNumber }) =>
    `${list(items)} is invoiced already${invoiceNumber === undefined ? '' : ` (invoice ${invoiceNumber})`}: credit the invoice first.`,
  NothingToInvoice: () => 'There is nothing to invoice to this payer.',
  PriceMissing: ({ items }) =>
    `${list(items)} lacks a price or its VAT: set the price of its type, or give it both with ChangeLine.`,
  NotBillable: ({ items }) =>
    `${list(items)} cannot be billed to this payer: it is paid, cancelled, hidden, excluded or another's.`,
  AmountTooLarge: () => 'The amount is above ten billion kronor: look for a mistyped price or quantity.',
  NegativeTotal: () =>
    'The deductions outweigh the rest: an invoice must not come to less than 0, nor a credit note to more.',
  DeliveryNotPossible: ({ delivery, reasons }) => `Delivery by ${delivery} is not possible: ${list(reasons)}.`,
  DeliveryNotAllowedInBulk: ({ delivery, allowed }) =>
    `Delivery by ${delivery} is not allowed for many at once (allowed: ${list(allowed)}).`,
  UnknownInvoice: ({ invoiceNumber, ocr, sameNumber }) =>
    invoiceNumber === undefined
      ? `No invoice has the OCR reference ${ocr}${sameNumber === undefined ? '' : `; there is an invoice ${sameNumber}`}.`
      : `There is no invoice ${invoiceNumber}.`,
  NotCreditable: ({ invoiceNumber }) => `${invoiceNumber} is a credit note.`,
  AlreadyCredited: ({ items }) => `Of ${list(items)} less is left than is to be credited.`,
  NotPayable: ({ invoiceNumber }) => `${invoiceNumber} is a credit note: record the refund on the invoice it credits.`,
  NoReference: () => 'It names no OCR reference.',
  SeveralReferences: ({ references }) =>
    `It names several references (${list(references)}), and not how much is for which.`,
  OtherAccount: ({ invoiceNumber, account }) =>
    `It came to the account ${account}, which invoice ${invoiceNumber} did not ask to be paid to.`,
  AmbiguousReference: ({ ocr, invoiceNumbers }) =>
    `${ocr} is the OCR reference of one invoice and the number of another (${list(invoiceNumbers)}), and was written as text.`,
  RecordedOtherwise: ({ invoiceNumbers, amount, otherReference }) =>
    `With its reference ${kronor(amount)} is recorded (invoice ${list(invoiceNumbers)}), which is not this payment. Where it is a part of it, record what is missing; where the bank gave one reference twice, record it with the reference ${otherReference}.`,
  Deduction: () => 'The payer took it off, most often for a credit note.',
  Reversal: () => 'The bank reversed it.',
  ForeignCurrency: ({ currency }) => `It is in ${currency}, and invoices are in SEK.`,
  AmountsDiffer: () => 'The payments of its entry are not the entry’s amount.',
  SameReference: () => 'Another payment of the file has the same reference of the bank’s.',
  UnknownDelivery: ({ deliveryId }) => `There is no delivery ${deliveryId}.`,
  DocumentErased: ({ invoiceNumber }) => `The document of invoice ${invoiceNumber} was erased.`,
  UblNotPossible: ({ invoiceNumber, reasons }) =>
    `Invoice ${invoiceNumber} cannot be an e-invoice. ${(reasons as UblNotPossible['reasons'])
      .map(({ rule, field, remedy }) => `${field} (${rule}): ${remedy}`)
      .join(' ')}`,
  NotInDoubt: ({ deliveryId, status }) => `Delivery ${deliveryId} is not in doubt (${status}).`,
}

/** A refusal as a sentence for a person. */
export const refusalSentence = (refusal: Refusal): string => said[refusal._tag]?.(refusal) ?? refusal._tag

/** A failure as one line that says what to do. */
export const failureSentence = (failure: OperationFailure): string => {
  switch (failure._tag) {
    case 'StoreUnavailable':
      return `${reasonSentence(failure.reason)} ${sentence(failure.remedy)}`
    case 'UnreadableEvent':
      return `An event of type ${failure.type} in ${failure.stream ?? 'the log'} cannot be read (${failure.problems.join('; ')}): use the version of Underlag that wrote it, or a newer one.`
    case 'Parked':
      return `The read model ${failure.table} stopped at position ${failure.position}: an event of type ${failure.type} cannot be read (${failure.problems.join('; ')}). Use the version of Underlag that wrote it, or a newer one.`
    case 'TooLarge':
      return `One append of ${failure.size} bytes is more than the store takes (${failure.limit}): register fewer at once.`
    case 'TooManyConflicts':
      return `Others kept writing to ${failure.stream}: send the command again.`
    case 'BrowserNotFound':
      return sentence(failure.remedy)
    case 'BrowserFailed':
      return `The browser that prints the PDF failed (${failure.detail}): try again, or name another with browser.executablePath in the configuration.`
    case 'RenderTimedOut':
      return `The PDF was not printed within ${failure.timeoutMs} ms: try again when the machine is less busy.`
    case 'ThemeMissing':
      return `The theme ${failure.sha256} that the invoice was issued with is not in the store: put back the store and its key file from the same backup.`
    case 'RendererClosed':
      return 'The library was closed before the PDF was printed: try again.'
  }
}

const sentence = (text: string): string => {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(whole) ? whole : `${whole}.`
}

/** A reason may begin with the name of a file, which is left as it is. */
const reasonSentence = (text: string): string =>
  /^an? /.test(text) ? sentence(text) : /[.!?]$/.test(text) ? text : `${text}.`
