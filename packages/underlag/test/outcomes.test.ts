import { suite } from '@underlag/kernel/testing'
import { either as E, taskEither as TE } from 'fp-ts'
import * as assert from 'uvu/assert'
import type { Answer, Channel, CommandData, CommandType, Refusal, Warning } from '../src/index.js'
import { type Clinic, inClinic, settled } from './support/clinic.js'
import { acme, address, anna, bo, care, kr, onDay, clinic as seller, vat25 } from './support/samples.js'
import { stores } from './support/stores.js'

/** What an answer comes to: its events by name and what it warns of, or the refusal. */
type Outcome =
  | { readonly events: ReadonlyArray<string>; readonly warnings?: ReadonlyArray<Warning>; readonly refused?: unknown }
  | Refusal

type Given = { readonly [T in CommandType]: readonly [T, CommandData[T]] }[CommandType]

interface Row<T extends CommandType> {
  readonly when: CommandData[T]
  readonly then: Outcome
  /** What happened in the clinic beside what had happened in each; `nothing`: its first command. */
  readonly given?: ReadonlyArray<Given> | 'nothing'
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
const happened: ReadonlyArray<Given> = [
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

const rows: { readonly [T in CommandType]: ReadonlyArray<Row<T>> } = {
  ActivateInvoicing: [
    { given: 'nothing', when: {}, then: did('InvoicingActivated') },
    { when: {}, then: did() },
  ],
  DeactivateInvoicing: [
    { when: {}, then: did('InvoicingDeactivated') },
    { given: 'nothing', when: {}, then: did() },
  ],
  SetInvoicingBasis: [
    { when: { basis: 'journal' }, then: did('InvoicingBasisSet') },
    { when: { basis: 'bookings' }, then: did() },
    { given: 'nothing', when: { basis: 'journal' }, then: { _tag: 'InvoicingNotActivated' } },
  ],
  SetSeller: [
    { when: { ...seller, paymentTermsDays: 20 }, then: did('SellerSet') },
    { given: 'nothing', when: seller, then: did('SellerSet') },
    { when: seller, then: did() },
    { when: { ...seller, organisationNumber: '556677-8898' }, then: invalid('organisationNumber') },
    { when: { ...seller, vatNumber: 'SE556677889801' }, then: invalid('vatNumber') },
    { when: { ...seller, bankgiro: '5050-1056' }, then: invalid('bankgiro') },
    { when: { ...seller, plusgiro: '123' }, then: invalid('plusgiro') },
    { when: { ...seller, swish: '0812345678' }, then: invalid('swish') },
  ],
  SetNumberSeries: [
    { given: 'nothing', when: { prefix: 'F', firstNumber: 7 }, then: did('NumberSeriesSet') },
    { given: 'nothing', when: { firstNumber: 1 }, then: did() },
    { when: { firstNumber: 7 }, then: { _tag: 'SeriesStarted' } },
  ],
  SetTreatmentTypePrice: [
    { when: { ...therapy, price: kr(1300) }, then: did('TreatmentTypePriceSet') },
    { when: therapy, then: did() },
  ],
  SetContactTypePrice: [
    { when: { ...visit, validFrom: '2026-03-01' }, then: did('ContactTypePriceSet') },
    { when: visit, then: did() },
  ],
  HideContactType: [
    { when: { contactTypeId: 'visit' }, then: did('ContactTypeHidden') },
    { given: [['HideContactType', { contactTypeId: 'visit' }]], when: { contactTypeId: 'visit' }, then: did() },
    { when: { contactTypeId: 'brev' }, then: { _tag: 'UnknownContactType', contactTypeId: 'brev' } },
  ],
  ShowContactType: [
    {
      given: [['HideContactType', { contactTypeId: 'visit' }]],
      when: { contactTypeId: 'visit' },
      then: did('ContactTypeShown'),
    },
    { when: { contactTypeId: 'visit' }, then: did() },
    { when: { contactTypeId: 'brev' }, then: { _tag: 'UnknownContactType', contactTypeId: 'brev' } },
  ],
  RegisterClient: [
    { given: 'nothing', when: { clientId: 'cleo', name: 'Cleo Dahl' }, then: did('ClientRegistered') },
    { when: { clientId: 'anna', name: 'Anna Andersson' }, then: { _tag: 'CustomerExists', customer: anna } },
    {
      when: { clientId: 'cleo', name: 'Cleo Dahl', personalIdentityNumber: '19811218-9877' },
      then: invalid('personalIdentityNumber'),
    },
  ],
  ChangeClient: [
    { when: { clientId: 'anna', email: null }, then: did('ClientChanged') },
    { when: { clientId: 'anna', name: 'Anna Andersson' }, then: did() },
    { when: { clientId: 'nobody', name: 'Anna' }, then: unknownCustomer },
    { when: { clientId: 'anna', personalIdentityNumber: '19811218-9877' }, then: invalid('personalIdentityNumber') },
  ],
  RegisterCompany: [
    { given: 'nothing', when: company, then: did('CompanyRegistered') },
    { when: { ...company, companyId: 'acme' }, then: { _tag: 'CustomerExists', customer: acme } },
    { when: { ...company, organisationNumber: '556016-0681' }, then: invalid('organisationNumber') },
    { when: { companyId: 'f1', name: 'Skolan AB', address }, then: invalid('organisationNumber') },
    {
      when: { companyId: 'f1', name: 'Skolen AS', address: { ...address, country: 'NO' } },
      then: did('CompanyRegistered'),
    },
    { when: { ...company, vatNumber: 'SE1' }, then: invalid('vatNumber') },
  ],
  ChangeCompany: [
    { when: { companyId: 'acme', buyerReference: 'Kim' }, then: did('CompanyChanged') },
    { when: { companyId: 'acme', name: 'Acme AB' }, then: did() },
    {
      when: { companyId: 'nobody', name: 'Acme AB' },
      then: { _tag: 'UnknownCustomer', customer: { kind: 'company', id: 'nobody' } },
    },
    { when: { companyId: 'acme', organisationNumber: null }, then: invalid('organisationNumber') },
    { when: { companyId: 'acme', vatNumber: 'SE1' }, then: invalid('vatNumber') },
  ],
  AssignPayer: [
    { when: { clientId: 'anna', payer: acme }, then: did('PayerAssigned') },
    {
      given: [['AssignPayer', { clientId: 'anna', payer: acme }]],
      when: { clientId: 'anna', payer: acme },
      then: did(),
    },
    { when: { clientId: 'nobody', payer: acme }, then: unknownCustomer },
    { when: { clientId: 'anna', payer: nobody }, then: unknownCustomer },
  ],
  RecordBooking: [
    { when: booking('b9'), then: did('BookingRecorded') },
    {
      given: [['DeactivateInvoicing', {}]],
      when: booking('b9'),
      then: did('BookingRecorded'),
    },
    { when: booking('b1'), then: { _tag: 'BookingExists', bookingId: 'b1' } },
    { when: booking('b3'), then: { _tag: 'BookingExists', bookingId: 'b3' } },
    { when: booking('b9', { clientId: 'nobody' }), then: unknownCustomer },
  ],
  RescheduleBooking: [
    { when: { bookingId: 'b1', startsAt: onDay(4) }, then: did('BookingRescheduled') },
    { when: { bookingId: 'b1', startsAt: onDay(2) }, then: did() },
    { when: { bookingId: 'b6', startsAt: onDay(4) }, then: warned('BookingRescheduled', onInvoice1) },
    { when: { bookingId: 'b9', startsAt: onDay(4) }, then: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b3', startsAt: onDay(4) }, then: { _tag: 'BookingCancelled', bookingId: 'b3' } },
  ],
  CancelBooking: [
    { when: { bookingId: 'b1' }, then: did('BookingCancelled') },
    { when: { bookingId: 'b2' }, then: did('BookingCancelled') },
    { when: { bookingId: 'b6' }, then: warned('BookingCancelled', onInvoice1) },
    { when: { bookingId: 'b9' }, then: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b3' }, then: { _tag: 'BookingCancelled', bookingId: 'b3' } },
  ],
  MarkBookingPaid: [
    { when: { bookingId: 'b1', method: 'benefitCard', note: 'Epassi' }, then: did('BookingMarkedPaid') },
    { when: { bookingId: 'b6', method: 'cash' }, then: warned('BookingMarkedPaid', onInvoice1) },
    { when: { bookingId: 'b9', method: 'cash' }, then: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b2', method: 'cash' }, then: { _tag: 'AlreadyPaid', bookingId: 'b2' } },
    { when: { bookingId: 'b3', method: 'cash' }, then: { _tag: 'BookingCancelled', bookingId: 'b3' } },
  ],
  MarkBookingUnpaid: [
    { when: { bookingId: 'b2' }, then: did('BookingMarkedUnpaid') },
    {
      given: [['CancelBooking', { bookingId: 'b2' }]],
      when: { bookingId: 'b2' },
      then: did('BookingMarkedUnpaid'),
    },
    {
      given: [['MarkBookingPaid', { bookingId: 'b6', method: 'cash' }]],
      when: { bookingId: 'b6' },
      then: warned('BookingMarkedUnpaid', onInvoice1),
    },
    { when: { bookingId: 'b9' }, then: { _tag: 'UnknownBooking', bookingId: 'b9' } },
    { when: { bookingId: 'b1' }, then: { _tag: 'NotPaid', bookingId: 'b1' } },
  ],
  RecordJournalEntry: [
    { when: entry('e9'), then: did('JournalEntryRecorded') },
    { when: entry('e9', { bookingId: 'not-yet' }), then: did('JournalEntryRecorded') },
    { when: entry('e9', { clientId: 'bo', bookingId: 'b6' }), then: warned('JournalEntryRecorded', onInvoice1) },
    { when: entry('e1'), then: { _tag: 'JournalEntryExists', journalEntryId: 'e1' } },
    { when: entry('e2'), then: { _tag: 'JournalEntryExists', journalEntryId: 'e2' } },
    { when: entry('e9', { clientId: 'nobody' }), then: unknownCustomer },
  ],
  RemoveJournalEntry: [
    { when: { journalEntryId: 'e1' }, then: did('JournalEntryRemoved') },
    { when: { journalEntryId: 'e2' }, then: did() },
    { when: { journalEntryId: 'e6' }, then: warned('JournalEntryRemoved', onInvoice1) },
    { when: { journalEntryId: 'e9' }, then: { _tag: 'UnknownJournalEntry', journalEntryId: 'e9' } },
  ],
  ChangeLine: [
    { when: { itemId: 'booking:b1', quantity: '2' }, then: did('LineChanged') },
    { when: { itemId: 'booking:b2', quantity: '2' }, then: did('LineChanged') },
    { when: { itemId: 'journalEntry:e1', price: kr(1), vat: vat25 }, then: did('LineChanged') },
    { when: { itemId: 'line:l1', description: 'Läkarintyg', discountPercent: '10' }, then: did('LineChanged') },
    {
      given: [['ChangeLine', { itemId: 'booking:b1', quantity: '2' }]],
      when: { itemId: 'booking:b1', quantity: null },
      then: did('LineChanged'),
    },
    { when: { itemId: 'booking:b1', quantity: null }, then: did() },
    { when: { itemId: 'booking:b9', quantity: '2' }, then: unknownItem('booking:b9') },
    { when: { itemId: 'booking:b6', quantity: '2' }, then: alreadyInvoiced('booking:b6') },
    { when: { itemId: 'journalEntry:e6', quantity: '2' }, then: alreadyInvoiced('journalEntry:e6') },
    { when: { itemId: 'line:l6', quantity: '2' }, then: alreadyInvoiced('line:l6') },
  ],
  AddLine: [
    { when: line('l9'), then: did('LineAdded') },
    { when: line('l9', { payer: acme, clientId: 'anna', quantity: '-1', date: '2026-03-01' }), then: did('LineAdded') },
    { when: line('l1'), then: { _tag: 'LineExists', lineId: 'l1' } },
    { when: line('l2'), then: { _tag: 'LineExists', lineId: 'l2' } },
    { when: line('l9', { payer: nobody }), then: unknownCustomer },
    { when: line('l9', { clientId: 'nobody' }), then: unknownCustomer },
  ],
  RemoveLine: [
    { when: { lineId: 'l1' }, then: did('LineRemoved') },
    { when: { lineId: 'l2' }, then: did() },
    { when: { lineId: 'l9' }, then: unknownItem('line:l9') },
    { when: { lineId: 'l6' }, then: alreadyInvoiced('line:l6') },
  ],
  ExcludeItem: [
    { when: { itemId: 'booking:b1' }, then: did('ItemExcluded') },
    {
      given: [['ExcludeItem', { itemId: 'booking:b1' }]],
      when: { itemId: 'booking:b1' },
      then: did(),
    },
    { when: { itemId: 'booking:b9' }, then: unknownItem('booking:b9') },
    { when: { itemId: 'booking:b6' }, then: alreadyInvoiced('booking:b6') },
  ],
  IncludeItem: [
    {
      given: [['ExcludeItem', { itemId: 'booking:b1' }]],
      when: { itemId: 'booking:b1' },
      then: did('ItemIncluded'),
    },
    { when: { itemId: 'booking:b1' }, then: did() },
    { when: { itemId: 'booking:b9' }, then: unknownItem('booking:b9') },
    { when: { itemId: 'booking:b6' }, then: alreadyInvoiced('booking:b6') },
  ],
  RegisterInvoice: [
    { when: register(), then: warned('InvoiceRegistered', { _tag: 'PriceMissing', items: ['booking:b4'] }) },
    { when: register({ delivery: 'letter', items: ['booking:b1', 'line:l1'] }), then: did('InvoiceRegistered') },
    { when: register({ items: ['booking:b5'] }), then: did('InvoiceRegistered') },
    {
      when: register({ until: '2026-03-31' }),
      then: warned('InvoiceRegistered', { _tag: 'PriceMissing', items: ['booking:b4'] }),
    },
    {
      given: [['AddLine', line('l9', { quantity: '-1' })]],
      when: register({ items: ['line:l1', 'line:l9'] }),
      then: did('InvoiceRegistered'),
    },
    { given: 'nothing', when: register(), then: { _tag: 'InvoicingNotActivated' } },
    { when: register({ payer: nobody }), then: unknownCustomer },
    { when: register({ payer: bo }), then: { _tag: 'NothingToInvoice' } },
    { when: register({ until: '2026-03-01' }), then: { _tag: 'NothingToInvoice' } },
    { when: register({ items: ['booking:b4'] }), then: { _tag: 'PriceMissing', items: ['booking:b4'] } },
    {
      given: [['RegisterInvoice', register()]],
      when: register(),
      then: { _tag: 'PriceMissing', items: ['booking:b4'] },
    },
    {
      when: register({ items: ['booking:b1', 'booking:b2', 'booking:b3', 'line:l2'] }),
      then: notBillable('booking:b2', 'booking:b3', 'line:l2'),
    },
    { when: register({ items: ['journalEntry:e1'] }), then: notBillable('journalEntry:e1') },
    { when: register({ payer: acme, items: ['booking:b1'] }), then: notBillable('booking:b1') },
    {
      given: [['ExcludeItem', { itemId: 'booking:b1' }]],
      when: register({ items: ['booking:b1'] }),
      then: notBillable('booking:b1'),
    },
    {
      given: [
        ['SetInvoicingBasis', { basis: 'journal' }],
        ['HideContactType', { contactTypeId: 'visit' }],
      ],
      when: register({ items: ['booking:b1', 'journalEntry:e1', 'journalEntry:e2'] }),
      then: notBillable('booking:b1', 'journalEntry:e1', 'journalEntry:e2'),
    },
    {
      when: register({ payer: bo, items: ['booking:b6', 'journalEntry:e6'] }),
      then: { _tag: 'AlreadyInvoiced', items: ['booking:b6', 'journalEntry:e6'] },
    },
    { when: register({ items: ['booking:b1', 'booking:b9'] }), then: unknownItem('booking:b9') },
    {
      given: [['AddLine', line('l9', { quantity: '-2' })]],
      when: register({ items: ['line:l1', 'line:l9'] }),
      then: { _tag: 'NegativeTotal', toPay: kr(-125) },
    },
    {
      given: [
        ['AddLine', line('l8', { price: kr(9_999_999_999) })],
        ['AddLine', line('l9', { price: kr(9_999_999_999) })],
      ],
      when: register({ items: ['line:l8', 'line:l9'] }),
      then: { _tag: 'AmountTooLarge', toPay: kr(24_999_999_997.5) },
    },
    {
      given: [['AddLine', line('l9', { payer: acme })]],
      when: register({ payer: acme, delivery: 'communication' }),
      then: notToCompanies,
    },
  ],
  RegisterInvoices: [
    {
      when: invoiceAll,
      then: {
        events: ['InvoiceRegistered'],
        warnings: [{ _tag: 'PriceMissing', items: ['booking:b4'], payer: anna }],
        refused: [],
      },
    },
    {
      given: [['RegisterInvoice', register()]],
      when: invoiceAll,
      then: { events: [], refused: [{ payer: anna, refusal: { _tag: 'PriceMissing', items: ['booking:b4'] } }] },
    },
    {
      when: { payers: [bo, anna], delivery: 'none' },
      then: {
        events: ['InvoiceRegistered'],
        warnings: [{ _tag: 'PriceMissing', items: ['booking:b4'], payer: anna }],
        refused: [{ payer: bo, refusal: { _tag: 'NothingToInvoice' } }],
      },
    },
    { given: 'nothing', when: invoiceAll, then: { _tag: 'InvoicingNotActivated' } },
    {
      when: { ...invoiceAll, delivery: 'letter' },
      then: { _tag: 'DeliveryNotAllowedInBulk', delivery: 'letter', allowed: ['none', 'email'] },
    },
  ],
  SendInvoice: [
    { when: { invoiceNumber: '1', delivery: 'letter' }, then: did('DeliveryRequested') },
    { when: { invoiceNumber: '3', delivery: 'letter' }, then: did('DeliveryRequested') },
    {
      given: [['SendInvoice', { invoiceNumber: '1', delivery: 'letter' }]],
      when: { invoiceNumber: '1', delivery: 'letter' },
      then: warned('DeliveryRequested', { _tag: 'DeliveryUnderWay', deliveryId: '1.2' }),
    },
    { when: { invoiceNumber: '9', delivery: 'letter' }, then: { _tag: 'UnknownInvoice', invoiceNumber: '9' } },
    {
      when: { invoiceNumber: '2', delivery: 'communication' },
      then: notToCompanies,
    },
  ],
  CreditInvoice: [
    { when: credit(), then: did('InvoiceCredited') },
    { when: credit({ lines: [{ itemId: 'line:a2', quantity: '0.5' }] }), then: did('InvoiceCredited') },
    { when: credit({ delivery: 'letter' }), then: did('InvoiceCredited') },
    { when: credit({ invoiceNumber: '9' }), then: { _tag: 'UnknownInvoice', invoiceNumber: '9' } },
    { when: credit({ invoiceNumber: '3' }), then: { _tag: 'NotCreditable', invoiceNumber: '3' } },
    { when: credit({ lines: [{ itemId: 'line:l1' }] }), then: unknownItem('line:l1') },
    {
      when: credit({ lines: [{ itemId: 'line:a1' }] }),
      then: { _tag: 'AlreadyCredited', items: ['line:a1'] },
    },
    {
      when: credit({ lines: [{ itemId: 'line:a2', quantity: '2.001' }] }),
      then: { _tag: 'AlreadyCredited', items: ['line:a2'] },
    },
    {
      given: [['CreditInvoice', credit()]],
      when: credit(),
      then: { _tag: 'AlreadyCredited', items: ['line:a1', 'line:a2'] },
    },
    {
      given: [
        ['AddLine', line('l9', { quantity: '-0.5' })],
        ['RegisterInvoice', register({ items: ['line:l1', 'line:l9'] })],
      ],
      when: credit({ invoiceNumber: '4', lines: [{ itemId: 'line:l9' }] }),
      then: { _tag: 'NegativeTotal', toPay: kr(62.5) },
    },
    {
      when: credit({ delivery: 'communication' }),
      then: notToCompanies,
    },
  ],
  RecordPayment: [
    { when: payment, then: did('PaymentRecorded') },
    { when: { ...paid, ocr: '18' }, then: did('PaymentRecorded') },
    { when: { ...payment, amount: kr(-10) }, then: did('PaymentRecorded') },
    { given: [['RecordPayment', payment]], when: payment, then: did() },
    { given: [['RecordPayment', payment]], when: { ...payment, reference: 'BG 2' }, then: did('PaymentRecorded') },
    { when: { ...payment, invoiceNumber: '9' }, then: { _tag: 'UnknownInvoice', invoiceNumber: '9' } },
    { when: { ...payment, invoiceNumber: '3' }, then: { _tag: 'NotPayable', invoiceNumber: '3' } },
  ],
}

const outcome = (answer: Answer): Outcome =>
  answer.ok
    ? {
        events: answer.events.map(({ type }) => type),
        ...(answer.warnings === undefined ? {} : { warnings: answer.warnings }),
        ...(answer.refused === undefined ? {} : { refused: answer.refused }),
      }
    : answer.refusal

const letters: Channel = {
  name: 'letter',
  afterCrash: 'hold',
  retry: { attempts: 1, firstDelayMs: 1_000, maxDelayMs: 1_000 },
  timeoutMs: 5_000,
  preflight: () => [],
  send: () => TE.fromEither(E.right({ status: 'accepted', detail: 'posted' })),
  close: async () => {},
}

const say = ({ accept }: Clinic, [type, data]: Given) => accept(type, data as CommandData[typeof type])

const [memory] = stores
if (memory === undefined) throw new Error('there is no store to test on')
for (const [type, cases] of Object.entries(rows) as ReadonlyArray<[CommandType, ReadonlyArray<Row<CommandType>>]>) {
  const Outcomes = suite(`outcomes of ${type}`)
  for (const [i, { given = [], when, then }] of cases.entries())
    Outcomes(
      `${i + 1}: ${'events' in then ? (then.events as ReadonlyArray<string>).join(' ') || 'nothing' : (then as Refusal)._tag}`,
      inClinic(
        memory,
        async (clinic) => {
          if (given !== 'nothing') {
            await settled(clinic)
            for (const command of [...happened, ...given]) await say(clinic, command)
          }
          assert.equal(outcome(await clinic.send(type, when)), then)
        },
        { channels: [letters] },
      ),
    )
}
