import type { RecordedEvent } from '@underlag/kernel'

type Fields = Readonly<Record<string, unknown>>

const oreOf = (amount: unknown): number => Number((amount as { amount?: unknown } | undefined)?.amount ?? 0)

/** Öre as kronor: `1 200.50 SEK`. */
export const kronor = (amount: unknown): string => {
  const ore = oreOf(amount)
  const size = Math.abs(ore)
  const whole = String(Math.trunc(size / 100)).replace(/\B(?=(\d{3})+$)/g, ' ')
  const { currency = 'SEK' } = (amount ?? {}) as { currency?: string }
  return `${ore < 0 ? '−' : ''}${whole}.${String(size % 100).padStart(2, '0')} ${currency}`
}

const payer = (data: Fields): string => {
  const { kind, id } = (data.payer ?? {}) as { kind?: string; id?: string }
  return `${kind} ${id}`
}

const count = (list: unknown, one: string): string => {
  const length = Array.isArray(list) ? list.length : 0
  return `${length} ${one}${length === 1 ? '' : 's'}`
}

const sentences: Readonly<Record<string, (data: Fields) => string>> = {
  InvoicingActivated: () => 'Invoicing was activated',
  InvoicingDeactivated: () => 'Invoicing was deactivated',
  InvoicingBasisSet: ({ basis }) =>
    `The underlag is made of ${basis === 'journal' ? 'journal entries' : 'bookings'} from now on`,
  SellerSet: () => 'The seller was set',
  NumberSeriesSet: ({ prefix, firstNumber }) => `The number series begins at ${prefix ?? ''}${firstNumber}`,
  TreatmentTypePriceSet: ({ treatmentTypeId, price, validFrom }) =>
    `The price of treatment type ${treatmentTypeId} is ${kronor(price)}${validFrom === undefined ? '' : ` from ${validFrom}`}`,
  ContactTypePriceSet: ({ contactTypeId, price, validFrom }) =>
    `The price of contact type ${contactTypeId} is ${kronor(price)}${validFrom === undefined ? '' : ` from ${validFrom}`}`,
  ContactTypeHidden: ({ contactTypeId }) => `Contact type ${contactTypeId} was hidden`,
  ContactTypeShown: ({ contactTypeId }) => `Contact type ${contactTypeId} is shown`,
  ClientRegistered: ({ clientId }) => `Client ${clientId} was registered`,
  ClientChanged: ({ clientId, changed }) =>
    `Client ${clientId} was changed: ${(changed as ReadonlyArray<string>).join(', ')}`,
  CompanyRegistered: ({ companyId }) => `Company ${companyId} was registered`,
  CompanyChanged: ({ companyId, changed }) =>
    `Company ${companyId} was changed: ${(changed as ReadonlyArray<string>).join(', ')}`,
  PayerAssigned: (data) =>
    `${payer(data)} pays for client ${data.clientId}${data.validFrom === undefined ? '' : ` from ${data.validFrom}`}`,
  BookingRecorded: ({ bookingId, clientId, startsAt }) =>
    `Booking ${bookingId} of client ${clientId} at ${startsAt} was recorded`,
  BookingRescheduled: ({ bookingId, startsAt }) => `Booking ${bookingId} was moved to ${startsAt}`,
  BookingCancelled: ({ bookingId }) => `Booking ${bookingId} was cancelled`,
  BookingMarkedPaid: ({ bookingId, method }) => `Booking ${bookingId} was paid (${method})`,
  BookingMarkedUnpaid: ({ bookingId }) => `Booking ${bookingId} is unpaid again`,
  JournalEntryRecorded: ({ journalEntryId, clientId }) =>
    `Journal entry ${journalEntryId} of client ${clientId} was recorded`,
  JournalEntryRemoved: ({ journalEntryId }) => `Journal entry ${journalEntryId} was removed`,
  LineAdded: (data) => `Line ${data.lineId} of ${kronor(data.price)} was added for ${payer(data)}`,
  LineRemoved: ({ lineId }) => `Line ${lineId} was removed`,
  LineChanged: ({ itemId, subject: _, bookingId: __, ...change }) =>
    `${itemId} was changed: ${Object.keys(change).join(', ')}`,
  ItemExcluded: ({ itemId }) => `${itemId} is kept off the invoices`,
  ItemIncluded: ({ itemId }) => `${itemId} may be invoiced again`,
  InvoiceRegistered: (data) =>
    `Invoice ${data.invoiceNumber} of ${kronor(data.toPay)} to ${payer(data)} was registered with ${count(data.lines, 'line')}`,
  InvoiceCredited: (data) =>
    `Credit note ${data.invoiceNumber} of ${kronor(data.toPay)} on invoice ${data.credits} was registered`,
  InvoicesRefused: ({ refused }) => `${count(refused, 'payer')} could not be invoiced`,
  PaymentRecorded: ({ invoiceNumber, amount, receivedOn }) =>
    oreOf(amount) < 0
      ? `${kronor({ amount: -oreOf(amount) })} was paid back on ${receivedOn} for invoice ${invoiceNumber}`
      : `${kronor(amount)} was received on ${receivedOn} for invoice ${invoiceNumber}`,
  DocumentIssued: ({ invoiceNumber, sha256 }) =>
    `The document of invoice ${invoiceNumber} was stored (${String(sha256).slice(0, 12)}…)`,
  DeliveryRequested: ({ invoiceNumber, delivery }) => `Invoice ${invoiceNumber} is to go out by ${delivery}`,
  DeliveryAttemptStarted: ({ deliveryId, attempt }) => `Delivery ${deliveryId}: attempt ${attempt} began`,
  DeliveryAttemptFailed: ({ deliveryId, attempt, retryAt }) =>
    `Delivery ${deliveryId}: attempt ${attempt} failed, again at ${retryAt}`,
  DeliveryAccepted: ({ deliveryId }) => `Delivery ${deliveryId} was accepted`,
  Delivered: ({ deliveryId }) => `Delivery ${deliveryId} reached its recipient`,
  DeliveryFailed: ({ deliveryId, detail }) => `Delivery ${deliveryId} failed: ${detail}`,
  DeliveryInDoubt: ({ deliveryId }) => `Delivery ${deliveryId} is in doubt: a person settles it`,
  DeliveryReported: ({ deliveryId, status, detail }) =>
    `Delivery ${deliveryId} is ${status} at the one who carries it${detail === '' ? '' : `: ${detail}`}`,
  DocumentOpened: ({ deliveryId, openedAt }) => `The document of delivery ${deliveryId} was opened at ${openedAt}`,
  DeliverySettled: ({ deliveryId, as }) => `Delivery ${deliveryId} was settled as ${as}`,
}

/** An event in one sentence, without names or other personal data. */
export const summaryOf = ({ type, data }: Pick<RecordedEvent, 'type' | 'data'>): string =>
  sentences[type]?.(data) ?? type
