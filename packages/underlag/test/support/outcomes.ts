import type { CommandData, CommandType, Refusal, Warning } from '../../src/index.js'
import { acme, address, anna, bo, care, kr, onDay, clinic as seller, vat25 } from './samples.js'

/** What an answer comes to: its events by name and what it warns of, or the refusal. */
export type Outcome =
  | { readonly events: ReadonlyArray<string>; readonly warnings?: ReadonlyArray<Warning>; readonly refused?: unknown }
  | Refusal

export type Given = { readonly [T in CommandType]: readonly [T, CommandData[T]] }[CommandType]

export interface Row<T extends CommandType> {
  readonly when: CommandData[T]
  readonly outcome: Outcome
  /** What happened in the clinic beside what had happened in each. */
  readonly given?: ReadonlyArray<Given>
  /** In a clinic where nothing else had happened. */
  readonly fresh?: boolean
}

const did = (...events: ReadonlyArray<string>): Outcome => ({ events })
const warned = (event: string, ...warnings: ReadonlyArray<Warning>): Outcome => ({ events: [event], warnings })
const onInvoice1: Warning = { _tag: 'AlreadyInvoiced', invoiceNumber: '1' }

const nobody = { kind: 'client', id: 'nobody' } as const
const unknownCustomer = { _tag: 'UnknownCustomer', customer: nobody }
const unknownItem = (itemId: string) => ({ _tag: 'UnknownItem', items: [itemId] })
const alreadyInvoiced = (itemId: string) => ({ _tag: 'AlreadyInvoiced', items: [itemId], invoiceNumber: '1' })
const notBillable = (...items: ReadonlyArray<string>) => ({ _tag: 'NotBillable', items })
const notToCompanies = {
  _tag: 'DeliveryNotPossible',
  delivery: 'communication',
  reasons: ['notConfigured', 'notToCompanies'],
}
const invalid = (field: string) => ({
  _tag: `Invalid${field.slice(0, 1).toUpperCase()}${field.slice(1)}`,
  field,
})

const booking = (bookingId: string, more: Partial<CommandData['RecordBooking']> = {}) => ({
  bookingId,
  clientId: 'anna',
  treatmentTypeId: 'therapy',
  startsAt: onDay(2),
  ...more,
})
const entry = (journalEntryId: string, more: Partial<CommandData['RecordJournalEntry']> = {}) => ({
  journalEntryId,
  clientId: 'anna',
  contactTypeId: 'visit',
  occurredAt: onDay(3),
  ...more,
})
const line = (lineId: string, more: Partial<CommandData['AddLine']> = {}): CommandData['AddLine'] => ({
  lineId,
  payer: anna,
  description: 'Intyg',
  quantity: '1',
  price: kr(100),
  vat: vat25,
  ...more,
})
const therapy = { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1200), vat: care }
const visit = { contactTypeId: 'visit', name: 'Besök', price: kr(950), vat: care }
const company = { companyId: 'f1', name: 'Skolan AB', organisationNumber: '556016-0680', address }
const register = (more: Partial<CommandData['RegisterInvoice']> = {}) =>
  ({ payer: anna, delivery: 'none', ...more }) as CommandData['RegisterInvoice']
const invoiceAll = { payers: 'all', delivery: 'none' } as const
const credit = (more: Partial<CommandData['CreditInvoice']> = {}) => ({
  invoiceNumber: '2',
  reason: 'Fel',
  releaseItems: true,
  ...more,
})
const paid = { amount: kr(10), receivedOn: '2026-03-10', reference: 'BG 1' }
const payment = { ...paid, invoiceNumber: '1' }

/**
 * What had happened in each clinic. Of Anna there are open: booking b1, the unpriced b4, the upcoming b5, entry e1 and line l1; beside them
 * the paid b2, the cancelled b3, the removed e2 and l2. Invoice 1 is Bo's booking b6, with its entry e6, and line l6; invoice 2 is Acme's
 * lines a1 and a2, of which credit note 3 took a1 back.
 */
export const happened: ReadonlyArray<Given> = [
  ['ChangeClient', { clientId: 'anna', address }],
  ['ChangeClient', { clientId: 'bo', address }],
  ['RecordBooking', booking('b1')],
  ['RecordBooking', booking('b2')],
  ['MarkBookingPaid', { bookingId: 'b2', method: 'card' }],
  ['RecordBooking', booking('b3')],
  ['CancelBooking', { bookingId: 'b3' }],
  ['RecordBooking', booking('b4', { treatmentTypeId: 'unpriced' })],
  ['RecordBooking', booking('b5', { startsAt: onDay(20) })],
  ['RecordBooking', booking('b6', { clientId: 'bo' })],
  ['RecordJournalEntry', entry('e1')],
  ['RecordJournalEntry', entry('e2')],
  ['RemoveJournalEntry', { journalEntryId: 'e2' }],
  ['RecordJournalEntry', entry('e6', { clientId: 'bo', bookingId: 'b6' })],
  ['AddLine', line('l1')],
  ['AddLine', line('l2')],
  ['RemoveLine', { lineId: 'l2' }],
  ['AddLine', line('l6', { payer: bo })],
  ['RegisterInvoice', register({ payer: bo })],
  ['AddLine', line('a1', { payer: acme })],
  ['AddLine', line('a2', { payer: acme, quantity: '2' })],
  ['RegisterInvoice', register({ payer: acme })],
  ['CreditInvoice', credit({ lines: [{ itemId: 'line:a1' }], releaseItems: false })],
]

/** Each command's every outcome: what it comes to, by what had happened. */
export const rows: { readonly [T in CommandType]: ReadonlyArray<Row<T>> } = {
  ActivateInvoicing: [
    { fresh: true, when: {}, outcome: did('InvoicingActivated') },
    { when: {}, outcome: did() },
  ],
  DeactivateInvoicing: [
    { when: {}, outcome: did('InvoicingDeactivated') },
    { fresh: true, when: {}, outcome: did() },
  ],
  SetInvoicingBasis: [
    { when: { basis: 'journal' }, outcome: did('InvoicingBasisSet') },
    { when: { basis: 'bookings' }, outcome: did() },
    { fresh: true, when: { basis: 'journal' }, outcome: { _tag: 'InvoicingNotActivated' } },
  ],
  SetSeller: [
    { when: { ...seller, paymentTermsDays: 20 }, outcome: did('SellerSet') },
    { fresh: true, when: seller, outcome: did('SellerSet') },
    { when: seller, outcome: did() },
    { when: { ...seller, organisationNumber: '556677-8898' }, outcome: invalid('organisationNumber') },
    { when: { ...seller, vatNumber: 'SE556677889801' }, outcome: invalid('vatNumber') },
    { when: { ...seller, bankgiro: '5050-1056' }, outcome: invalid('bankgiro') },
    { when: { ...seller, plusgiro: '123' }, outcome: invalid('plusgiro') },
    { when: { ...seller, swish: '0812345678' }, outcome: invalid('swish') },
  ],
  SetNumberSeries: [
    { fresh: true, when: { prefix: 'F', firstNumber: 7 }, outcome: did('NumberSeriesSet') },
    { fresh: true, when: { firstNumber: 1 }, outcome: did() },
    { when: { firstNumber: 7 }, outcome: { _tag: 'SeriesStarted' } },
  ],
  SetTreatmentTypePrice: [
    { when: { ...therapy, price: kr(1300) }, outcome: did('TreatmentTypePriceSet') },
    { when: therapy, outcome: did() },
  ],
  SetContactTypePrice: [
    { when: { ...visit, validFrom: '2026-03-01' }, outcome: did('ContactTypePriceSet') },
    { when: visit, outcome: did() },
  ],
  HideContactType: [
    { when: { contactTypeId: 'visit' }, outcome: did('ContactTypeHidden') },
    { given: [['HideContactType', { contactTypeId: 'visit' }]], when: { contactTypeId: 'visit' }, outcome: did() },
    { when: { contactTypeId: 'brev' }, outcome: { _tag: 'UnknownContactType', contactTypeId: 'brev' } },
  ],
  ShowContactType: [
    {
      given: [['HideContactType', { contactTypeId: 'visit' }]],
      when: { contactTypeId: 'visit' },
      outcome: did('ContactTypeShown'),
    },
    { when: { contactTypeId: 'visit' }, outcome: did() },
    { when: { contactTypeId: 'brev' }, outcome: { _tag: 'UnknownContactType', contactTypeId: 'brev' } },
  ],
  RegisterClient: [
    { fresh: true, when: { clientId: 'cleo', name: 'Cleo Dahl' }, outcome: did('ClientRegistered') },
    { when: { clientId: 'anna', name: 'Anna Andersson' }, outcome: { _tag: 'CustomerExists', customer: anna } },
    {
      when: { clientId: 'cleo', name: 'Cleo Dahl', personalIdentityNumber: '19811218-9877' },
      outcome: invalid('personalIdentityNumber'),
    },
  ],
  ChangeClient: [
    { when: { clientId: 'anna', email: null }, outcome: did('ClientChanged') },
    { when: { clientId: 'anna', name: 'Anna Andersson' }, outcome: did() },
    { when: { clientId: 'nobody', name: 'Anna' }, outcome: unknownCustomer },
    { when: { clientId: 'anna', personalIdentityNumber: '19811218-9877' }, outcome: invalid('personalIdentityNumber') },
  ],
  RegisterCompany: [
    { fresh: true, when: company, outcome: did('CompanyRegistered') },
    { when: { ...company, companyId: 'acme' }, outcome: { _tag: 'CustomerExists', customer: acme } },
    { when: { ...company, organisationNumber: '556016-0681' }, outcome: invalid('organisationNumber') },
    { when: { companyId: 'f1', name: 'Skolan AB', address }, outcome: invalid('organisationNumber') },
    {
      when: { companyId: 'f1', name: 'Skolen AS', address: { ...address, country: 'NO' } },
      outcome: did('CompanyRegistered'),
    },
    { when: { ...company, vatNumber: 'SE1' }, outcome: invalid('vatNumber') },
  ],
  ChangeCompany: [
    { when: { companyId: 'acme', buyerReference: 'Kim' }, outcome: did('CompanyChanged') },
    { when: { companyId: 'acme', name: 'Acme AB' }, outcome: did() },
    {
      when: { companyId: 'nobody', name: 'Acme AB' },
      outcome: { _tag: 'UnknownCustomer', customer: { kind: 'company', id: 'nobody' } },
    },
    { when: { companyId: 'acme', organisationNumber: null }, outcome: invalid('organisationNumber') },
    { when: { companyId: 'acme', vatNumber: 'SE1' }, outcome: invalid('vatNumber') },
  ],
  AssignPayer: [
    { when: { clientId: 'anna', payer: acme }, outcome: did('PayerAssigned') },
    {
      given: [['AssignPayer', { clientId: 'anna', payer: acme }]],
      when: { clientId: 'anna', payer: acme },
      outcome: did(),
    },
    { when: { clientId: 'nobody', payer: acme }, outcome: unknownCustomer },
    { when: { clientId: 'anna', payer: nobody }, outcome: unknownCustomer },
  ],
  RecordBooking: [
    { when: booking('b9'), outcome: did('BookingRecorded') },
    {
      given: [['DeactivateInvoicing', {}]],
      when: booking('b9'),
      outcome: did('BookingRecorded'),
    },
    { when: booking('b1'), outcome: { _tag: 'BookingExists', bookingId: 'b1' } },
    { when: booking('b3'), outcome: { _tag: 'BookingExists', bookingId: 'b3' } },
    { when: booking('b9', { clientId: 'nobody' }), outcome: unknownCustomer },
  ],
  RescheduleBooking: [
    { when: { bookingId: 'b1', startsAt: onDay(4) }, outcome: did('BookingRescheduled') },
    { when: { bookingId: 'b1', startsAt: onDay(2) }, outcome: did() },
    { when: { bookingId: 'b6', startsAt: onDay(4) }, outcome: warned('BookingRescheduled', onInvoice1) },
    { when: { bookingId: 'b9', startsAt: onDay(4) }, outcome: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b3', startsAt: onDay(4) }, outcome: { _tag: 'BookingCancelled', bookingId: 'b3' } },
  ],
  CancelBooking: [
    { when: { bookingId: 'b1' }, outcome: did('BookingCancelled') },
    { when: { bookingId: 'b2' }, outcome: did('BookingCancelled') },
    { when: { bookingId: 'b6' }, outcome: warned('BookingCancelled', onInvoice1) },
    { when: { bookingId: 'b9' }, outcome: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b3' }, outcome: { _tag: 'BookingCancelled', bookingId: 'b3' } },
  ],
  MarkBookingPaid: [
    { when: { bookingId: 'b1', method: 'benefitCard', note: 'Epassi' }, outcome: did('BookingMarkedPaid') },
    { when: { bookingId: 'b6', method: 'cash' }, outcome: warned('BookingMarkedPaid', onInvoice1) },
    { when: { bookingId: 'b9', method: 'cash' }, outcome: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b2', method: 'cash' }, outcome: { _tag: 'AlreadyPaid', bookingId: 'b2' } },
    { when: { bookingId: 'b3', method: 'cash' }, outcome: { _tag: 'BookingCancelled', bookingId: 'b3' } },
  ],
  MarkBookingUnpaid: [
    { when: { bookingId: 'b2' }, outcome: did('BookingMarkedUnpaid') },
    {
      given: [['CancelBooking', { bookingId: 'b2' }]],
      when: { bookingId: 'b2' },
      outcome: did('BookingMarkedUnpaid'),
    },
    {
      given: [['MarkBookingPaid', { bookingId: 'b6', method: 'cash' }]],
      when: { bookingId: 'b6' },
      outcome: warned('BookingMarkedUnpaid', onInvoice1),
    },
    { when: { bookingId: 'b9' }, outcome: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b1' }, outcome: { _tag: 'NotPaid', bookingId: 'b1' } },
  ],
  RecordJournalEntry: [
    { when: entry('e9'), outcome: did('JournalEntryRecorded') },
    { when: entry('e9', { bookingId: 'not-yet' }), outcome: did('JournalEntryRecorded') },
    { when: entry('e9', { clientId: 'bo', bookingId: 'b6' }), outcome: warned('JournalEntryRecorded', onInvoice1) },
    { when: entry('e1'), outcome: { _tag: 'JournalEntryExists', journalEntryId: 'e1' } },
    { when: entry('e2'), outcome: { _tag: 'JournalEntryExists', journalEntryId: 'e2' } },
    { when: entry('e9', { clientId: 'nobody' }), outcome: unknownCustomer },
  ],
  RemoveJournalEntry: [
    { when: { journalEntryId: 'e1' }, outcome: did('JournalEntryRemoved') },
    { when: { journalEntryId: 'e2' }, outcome: did() },
    { when: { journalEntryId: 'e6' }, outcome: warned('JournalEntryRemoved', onInvoice1) },
    { when: { journalEntryId: 'e9' }, outcome: { _tag: 'UnknownJournalEntry', journalEntryId: 'e9' } },
  ],
  ChangeLine: [
    { when: { itemId: 'booking:b1', quantity: '2' }, outcome: did('LineChanged') },
    { when: { itemId: 'booking:b2', quantity: '2' }, outcome: did('LineChanged') },
    { when: { itemId: 'journalEntry:e1', price: kr(1), vat: vat25 }, outcome: did('LineChanged') },
    { when: { itemId: 'line:l1', description: 'Läkarintyg', discountPercent: '10' }, outcome: did('LineChanged') },
    {
      given: [['ChangeLine', { itemId: 'booking:b1', quantity: '2' }]],
      when: { itemId: 'booking:b1', quantity: null },
      outcome: did('LineChanged'),
    },
    { when: { itemId: 'booking:b1', quantity: null }, outcome: did() },
    { when: { itemId: 'booking:b9', quantity: '2' }, outcome: unknownItem('booking:b9') },
    { when: { itemId: 'booking:b6', quantity: '2' }, outcome: alreadyInvoiced('booking:b6') },
    { when: { itemId: 'journalEntry:e6', quantity: '2' }, outcome: alreadyInvoiced('journalEntry:e6') },
    { when: { itemId: 'line:l6', quantity: '2' }, outcome: alreadyInvoiced('line:l6') },
  ],
  AddLine: [
    { when: line('l9'), outcome: did('LineAdded') },
    {
      when: line('l9', { payer: acme, clientId: 'anna', quantity: '-1', date: '2026-03-01' }),
      outcome: did('LineAdded'),
    },
    { when: line('l1'), outcome: { _tag: 'LineExists', lineId: 'l1' } },
    { when: line('l2'), outcome: { _tag: 'LineExists', lineId: 'l2' } },
    { when: line('l9', { payer: nobody }), outcome: unknownCustomer },
    { when: line('l9', { clientId: 'nobody' }), outcome: unknownCustomer },
  ],
  RemoveLine: [
    { when: { lineId: 'l1' }, outcome: did('LineRemoved') },
    { when: { lineId: 'l2' }, outcome: did() },
    { when: { lineId: 'l9' }, outcome: unknownItem('line:l9') },
    { when: { lineId: 'l6' }, outcome: alreadyInvoiced('line:l6') },
  ],
  ExcludeItem: [
    { when: { itemId: 'booking:b1' }, outcome: did('ItemExcluded') },
    {
      given: [['ExcludeItem', { itemId: 'booking:b1' }]],
      when: { itemId: 'booking:b1' },
      outcome: did(),
    },
    { when: { itemId: 'booking:b9' }, outcome: unknownItem('booking:b9') },
    { when: { itemId: 'booking:b6' }, outcome: alreadyInvoiced('booking:b6') },
  ],
  IncludeItem: [
    {
      given: [['ExcludeItem', { itemId: 'booking:b1' }]],
      when: { itemId: 'booking:b1' },
      outcome: did('ItemIncluded'),
    },
    { when: { itemId: 'booking:b1' }, outcome: did() },
    { when: { itemId: 'booking:b9' }, outcome: unknownItem('booking:b9') },
    { when: { itemId: 'booking:b6' }, outcome: alreadyInvoiced('booking:b6') },
  ],
  RegisterInvoice: [
    { when: register(), outcome: warned('InvoiceRegistered', { _tag: 'PriceMissing', items: ['booking:b4'] }) },
    { when: register({ delivery: 'letter', items: ['booking:b1', 'line:l1'] }), outcome: did('InvoiceRegistered') },
    { when: register({ items: ['booking:b5'] }), outcome: did('InvoiceRegistered') },
    {
      when: register({ until: '2026-03-31' }),
      outcome: warned('InvoiceRegistered', { _tag: 'PriceMissing', items: ['booking:b4'] }),
    },
    {
      given: [['AddLine', line('l9', { quantity: '-1' })]],
      when: register({ items: ['line:l1', 'line:l9'] }),
      outcome: did('InvoiceRegistered'),
    },
    { fresh: true, when: register(), outcome: { _tag: 'InvoicingNotActivated' } },
    { fresh: true, given: [['ActivateInvoicing', {}]], when: register(), outcome: { _tag: 'SellerMissing' } },
    {
      when: register({ dueDate: '2026-03-09' }),
      outcome: {
        _tag: 'MalformedCommand',
        problems: ['data.dueDate must not be before the invoice date 2026-03-10 (got 2026-03-09)'],
      },
    },
    { when: register({ payer: nobody }), outcome: unknownCustomer },
    { when: register({ payer: bo }), outcome: { _tag: 'NothingToInvoice' } },
    { when: register({ until: '2026-03-01' }), outcome: { _tag: 'NothingToInvoice' } },
    { when: register({ items: ['booking:b4'] }), outcome: { _tag: 'PriceMissing', items: ['booking:b4'] } },
    {
      given: [['RegisterInvoice', register()]],
      when: register(),
      outcome: { _tag: 'PriceMissing', items: ['booking:b4'] },
    },
    {
      when: register({ items: ['booking:b1', 'booking:b2', 'booking:b3', 'line:l2'] }),
      outcome: notBillable('booking:b2', 'booking:b3', 'line:l2'),
    },
    { when: register({ items: ['journalEntry:e1'] }), outcome: notBillable('journalEntry:e1') },
    { when: register({ payer: acme, items: ['booking:b1'] }), outcome: notBillable('booking:b1') },
    {
      given: [['ExcludeItem', { itemId: 'booking:b1' }]],
      when: register({ items: ['booking:b1'] }),
      outcome: notBillable('booking:b1'),
    },
    {
      given: [
        ['SetInvoicingBasis', { basis: 'journal' }],
        ['HideContactType', { contactTypeId: 'visit' }],
      ],
      when: register({ items: ['booking:b1', 'journalEntry:e1', 'journalEntry:e2'] }),
      outcome: notBillable('booking:b1', 'journalEntry:e1', 'journalEntry:e2'),
    },
    {
      when: register({ payer: bo, items: ['booking:b6', 'journalEntry:e6'] }),
      outcome: { _tag: 'AlreadyInvoiced', items: ['booking:b6', 'journalEntry:e6'], invoiceNumber: '1' },
    },
    {
      when: register({ payer: bo, items: ['booking:b6', 'line:a2'] }),
      outcome: { _tag: 'AlreadyInvoiced', items: ['booking:b6', 'line:a2'] },
    },
    { when: register({ items: ['booking:b1', 'booking:b9'] }), outcome: unknownItem('booking:b9') },
    {
      given: [['AddLine', line('l9', { quantity: '-2' })]],
      when: register({ items: ['line:l1', 'line:l9'] }),
      outcome: { _tag: 'NegativeTotal', toPay: kr(-125) },
    },
    {
      given: [
        ['AddLine', line('l8', { price: kr(9_999_999_999) })],
        ['AddLine', line('l9', { price: kr(9_999_999_999) })],
      ],
      when: register({ items: ['line:l8', 'line:l9'] }),
      outcome: { _tag: 'AmountTooLarge', toPay: kr(24_999_999_997.5) },
    },
    {
      given: [['AddLine', line('l9', { payer: acme })]],
      when: register({ payer: acme, delivery: 'communication' }),
      outcome: notToCompanies,
    },
  ],
  RegisterInvoices: [
    {
      when: invoiceAll,
      outcome: {
        events: ['InvoiceRegistered'],
        warnings: [{ _tag: 'PriceMissing', items: ['booking:b4'], payer: anna }],
        refused: [],
      },
    },
    {
      given: [['RegisterInvoice', register()]],
      when: invoiceAll,
      outcome: { events: [], refused: [{ payer: anna, refusal: { _tag: 'PriceMissing', items: ['booking:b4'] } }] },
    },
    {
      when: { payers: [bo, anna], delivery: 'none' },
      outcome: {
        events: ['InvoiceRegistered'],
        warnings: [{ _tag: 'PriceMissing', items: ['booking:b4'], payer: anna }],
        refused: [{ payer: bo, refusal: { _tag: 'NothingToInvoice' } }],
      },
    },
    {
      given: [['AddLine', line('l9', { payer: acme, quantity: '-1' })]],
      when: { payers: [nobody, acme], delivery: 'none' },
      outcome: {
        events: [],
        refused: [
          { payer: nobody, refusal: unknownCustomer },
          { payer: acme, refusal: { _tag: 'NegativeTotal', toPay: kr(-125) } },
        ],
      },
    },
    {
      given: [['ChangeClient', { clientId: 'anna', email: null }]],
      when: { payers: [anna], delivery: 'email' },
      outcome: {
        events: [],
        refused: [
          {
            payer: anna,
            refusal: {
              _tag: 'DeliveryNotPossible',
              delivery: 'email',
              reasons: ['notConfigured', 'noEmailAddress'],
            },
          },
        ],
      },
    },
    { fresh: true, when: invoiceAll, outcome: { _tag: 'InvoicingNotActivated' } },
    { fresh: true, given: [['ActivateInvoicing', {}]], when: invoiceAll, outcome: { _tag: 'SellerMissing' } },
    {
      when: { ...invoiceAll, delivery: 'letter' },
      outcome: { _tag: 'DeliveryNotAllowedInBulk', delivery: 'letter', allowed: ['none', 'email'] },
    },
  ],
  SendInvoice: [
    { when: { invoiceNumber: '1', delivery: 'letter' }, outcome: did('DeliveryRequested') },
    { when: { invoiceNumber: '3', delivery: 'letter' }, outcome: did('DeliveryRequested') },
    {
      given: [['SendInvoice', { invoiceNumber: '1', delivery: 'letter' }]],
      when: { invoiceNumber: '1', delivery: 'letter' },
      outcome: warned('DeliveryRequested', { _tag: 'DeliveryUnderWay', deliveryId: '1.2' }),
    },
    { when: { invoiceNumber: '9', delivery: 'letter' }, outcome: { _tag: 'UnknownInvoice', invoiceNumber: '9' } },
    {
      when: { invoiceNumber: '2', delivery: 'communication' },
      outcome: notToCompanies,
    },
  ],
  CreditInvoice: [
    { when: credit(), outcome: did('InvoiceCredited') },
    { when: credit({ lines: [{ itemId: 'line:a2', quantity: '0.5' }] }), outcome: did('InvoiceCredited') },
    { when: credit({ delivery: 'letter' }), outcome: did('InvoiceCredited') },
    { when: credit({ invoiceNumber: '9' }), outcome: { _tag: 'UnknownInvoice', invoiceNumber: '9' } },
    { when: credit({ invoiceNumber: '3' }), outcome: { _tag: 'NotCreditable', invoiceNumber: '3' } },
    { when: credit({ lines: [{ itemId: 'line:l1' }] }), outcome: unknownItem('line:l1') },
    {
      when: credit({ lines: [{ itemId: 'line:a1' }] }),
      outcome: { _tag: 'AlreadyCredited', items: ['line:a1'] },
    },
    {
      when: credit({ lines: [{ itemId: 'line:a2', quantity: '2.001' }] }),
      outcome: { _tag: 'AlreadyCredited', items: ['line:a2'] },
    },
    {
      given: [['CreditInvoice', credit()]],
      when: credit(),
      outcome: { _tag: 'AlreadyCredited', items: ['line:a1', 'line:a2'] },
    },
    {
      given: [
        ['AddLine', line('l9', { quantity: '-0.5' })],
        ['RegisterInvoice', register({ items: ['line:l1', 'line:l9'] })],
      ],
      when: credit({ invoiceNumber: '4', lines: [{ itemId: 'line:l9' }] }),
      outcome: { _tag: 'NegativeTotal', toPay: kr(62.5) },
    },
    {
      when: credit({ delivery: 'communication' }),
      outcome: notToCompanies,
    },
  ],
  RecordPayment: [
    { when: payment, outcome: did('PaymentRecorded') },
    { when: { ...paid, ocr: '18' }, outcome: did('PaymentRecorded') },
    { when: { ...payment, amount: kr(-10) }, outcome: did('PaymentRecorded') },
    { given: [['RecordPayment', payment]], when: payment, outcome: did() },
    { given: [['RecordPayment', payment]], when: { ...payment, reference: 'BG 2' }, outcome: did('PaymentRecorded') },
    { when: { ...payment, invoiceNumber: '9' }, outcome: { _tag: 'UnknownInvoice', invoiceNumber: '9' } },
    { when: { ...payment, invoiceNumber: '3' }, outcome: { _tag: 'NotPayable', invoiceNumber: '3' } },
  ],
}
