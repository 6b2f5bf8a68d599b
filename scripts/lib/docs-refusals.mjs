// A command for every refusal that the reference lists: each is run, and what is refused is what the reference shows.
// They run after the examples of commands.md on the same store; those with `given` on an empty one, after the commands in it.
const sek = (amount) => ({ amount, currency: 'SEK' })
const k1 = { kind: 'client', id: 'k1' }
const k9 = { kind: 'client', id: 'k9' }
const acme = { kind: 'company', id: 'acme' }
const care = { kind: 'exempt', reason: 'healthcare' }
const seller = {
  name: 'Psykologhuset AB',
  organisationNumber: '556677-8899',
  address: { lines: ['Storgatan 1'], postalCode: '111 22', city: 'Stockholm', country: 'SE' },
  email: 'faktura@psykologhuset.example',
  fSkatt: true,
  paymentTermsDays: 30,
  pricesIncludeVat: false,
}
const activated = { type: 'ActivateInvoicing' }
const line = (lineId, amount, quantity = '1') => ({
  type: 'AddLine',
  data: { lineId, payer: acme, description: 'Rad', quantity, price: sek(amount), vat: care, date: '2026-03-31' },
})
const booked = (bookingId, startsAt) => ({
  type: 'RecordBooking',
  data: { bookingId, clientId: 'k1', treatmentTypeId: 'samtal', startsAt },
})
const entered = (journalEntryId) => ({
  type: 'RecordJournalEntry',
  data: { journalEntryId, clientId: 'k1', contactTypeId: 'telefon', occurredAt: '2026-03-30T09:00:00Z' },
})

/** Done before the refusals: what they need beside the examples. */
export const prepared = [
  booked('paid', '2026-03-30T09:00:00Z'),
  { type: 'MarkBookingPaid', data: { bookingId: 'paid', method: 'cash' } },
  booked('cancelled', '2026-03-30T11:00:00Z'),
  { type: 'CancelBooking', data: { bookingId: 'cancelled' } },
  line('l9', 30000),
  line('minus', 20000, '-1'),
  line('minus-2', 20000, '-1'),
  line('huge-1', 1_000_000_000_000),
  line('huge-2', 1_000_000_000_000),
  { type: 'RegisterInvoice', data: { payer: acme, delivery: 'none', items: ['line:l9', 'line:minus'] } },
]

/** `[command, refusal, when, data, given?]` */
const rows = [
  ['SetInvoicingBasis', 'InvoicingNotActivated', 'invoicing is not activated', { basis: 'journal' }, []],
  [
    'SetSeller',
    'InvalidOrganisationNumber',
    '`organisationNumber` fails its check digit',
    { ...seller, organisationNumber: '556677-8890' },
  ],
  ['SetSeller', 'InvalidVatNumber', '`vatNumber` is wrong', { ...seller, vatNumber: 'SE556677889001' }],
  ['SetSeller', 'InvalidBankgiro', '`bankgiro` fails its check digit', { ...seller, bankgiro: '5050-1054' }],
  ['SetSeller', 'InvalidPlusgiro', '`plusgiro` fails its check digit', { ...seller, plusgiro: '28 65 43-5' }],
  ['SetSeller', 'InvalidSwish', '`swish` is no Swish number', { ...seller, swish: '0812345678' }],
  ['SetNumberSeries', 'SeriesStarted', 'an invoice was registered', { firstNumber: 2000 }],
  ['HideContactType', 'UnknownContactType', 'no price was ever set for it', { contactTypeId: 'brev' }],
  ['ShowContactType', 'UnknownContactType', 'no price was ever set for it', { contactTypeId: 'brev' }],
  ['RegisterClient', 'CustomerExists', 'the client is registered', { clientId: 'k1', name: 'Karin Ek' }],
  [
    'RegisterClient',
    'InvalidPersonalIdentityNumber',
    'its date or check digit is wrong',
    { clientId: 'k8', name: 'Ida Berg', personalIdentityNumber: '19121212-1213' },
  ],
  ['ChangeClient', 'UnknownCustomer', 'there is no such client', { clientId: 'k9', name: 'Ida Berg' }],
  [
    'ChangeClient',
    'InvalidPersonalIdentityNumber',
    'its date or check digit is wrong',
    { clientId: 'k1', personalIdentityNumber: '19121212-1213' },
  ],
  [
    'RegisterCompany',
    'CustomerExists',
    'the company is registered',
    { companyId: 'acme', name: 'Acme AB', address: seller.address, organisationNumber: '556016-0680' },
  ],
  [
    'RegisterCompany',
    'InvalidOrganisationNumber',
    'a company in Sweden has none, or a wrong one',
    { companyId: 'c8', name: 'Berg AB', address: seller.address },
  ],
  [
    'RegisterCompany',
    'InvalidVatNumber',
    '`vatNumber` is wrong',
    { companyId: 'c8', name: 'Berg AB', address: seller.address, organisationNumber: '556016-0680', vatNumber: 'SE1' },
  ],
  ['ChangeCompany', 'UnknownCustomer', 'there is no such company', { companyId: 'c9', name: 'Berg AB' }],
  [
    'ChangeCompany',
    'InvalidOrganisationNumber',
    'a company in Sweden would have none, or a wrong one',
    { companyId: 'acme', organisationNumber: null },
  ],
  ['ChangeCompany', 'InvalidVatNumber', '`vatNumber` is wrong', { companyId: 'acme', vatNumber: 'SE1' }],
  ['AssignPayer', 'UnknownCustomer', 'the client or the payer is not known', { clientId: 'k1', payer: k9 }],
  [
    'RecordBooking',
    'UnknownCustomer',
    'the client is not known',
    { bookingId: 'b9', clientId: 'k9', treatmentTypeId: 'samtal', startsAt: '2026-03-31T09:00:00Z' },
  ],
  [
    'RecordBooking',
    'BookingExists',
    'the booking is recorded',
    { bookingId: 'b1', clientId: 'k1', treatmentTypeId: 'samtal', startsAt: '2026-03-31T09:00:00Z' },
  ],
  [
    'RescheduleBooking',
    'UnknownBooking',
    'there is no such booking',
    { bookingId: 'b9', startsAt: '2026-03-31T09:00:00Z' },
  ],
  ['RescheduleBooking', 'BookingCancelled', 'it is cancelled', { bookingId: 'b2', startsAt: '2026-03-31T09:00:00Z' }],
  ['CancelBooking', 'UnknownBooking', 'there is no such booking', { bookingId: 'b9' }],
  ['CancelBooking', 'BookingCancelled', 'it is cancelled already', { bookingId: 'b2' }],
  ['MarkBookingPaid', 'UnknownBooking', 'there is no such booking', { bookingId: 'b9', method: 'cash' }],
  ['MarkBookingPaid', 'AlreadyPaid', 'it is paid already', { bookingId: 'paid', method: 'cash' }],
  ['MarkBookingPaid', 'BookingCancelled', 'it is cancelled', { bookingId: 'b2', method: 'cash' }],
  ['MarkBookingUnpaid', 'UnknownBooking', 'there is no such booking', { bookingId: 'b9' }],
  ['MarkBookingUnpaid', 'NotPaid', 'it is not paid', { bookingId: 'b3' }],
  [
    'RecordJournalEntry',
    'UnknownCustomer',
    'the client is not known',
    { journalEntryId: 'e8', clientId: 'k9', contactTypeId: 'telefon', occurredAt: '2026-03-31T09:00:00Z' },
  ],
  ['RecordJournalEntry', 'JournalEntryExists', 'the entry is recorded, or was removed', entered('e2').data],
  ['RemoveJournalEntry', 'UnknownJournalEntry', 'there is no such entry', { journalEntryId: 'e8' }],
  ['ChangeLine', 'UnknownItem', 'there is no such item', { itemId: 'booking:b9', quantity: '2' }],
  ['ChangeLine', 'AlreadyInvoiced', 'it, or its visit, is on an invoice', { itemId: 'booking:b1', price: sek(100000) }],
  ['AddLine', 'UnknownCustomer', 'the payer or the client is not known', { ...line('l8', 10000).data, payer: k9 }],
  ['AddLine', 'LineExists', 'the line was added, or removed since', line('l2', 10000).data],
  ['RemoveLine', 'UnknownItem', 'there is no such line', { lineId: 'l8' }],
  ['RemoveLine', 'AlreadyInvoiced', 'it is on an invoice', { lineId: 'l1' }],
  ['ExcludeItem', 'UnknownItem', 'there is no such item', { itemId: 'line:l8' }],
  ['ExcludeItem', 'AlreadyInvoiced', 'it, or its visit, is on an invoice', { itemId: 'booking:b1' }],
  ['IncludeItem', 'UnknownItem', 'there is no such item', { itemId: 'line:l8' }],
  ['IncludeItem', 'AlreadyInvoiced', 'it, or its visit, is on an invoice', { itemId: 'booking:b1' }],
  ['RegisterInvoice', 'InvoicingNotActivated', 'invoicing is not activated', { payer: k1, delivery: 'none' }, []],
  ['RegisterInvoice', 'SellerMissing', 'there is no seller', { payer: k1, delivery: 'none' }, [activated]],
  ['RegisterInvoice', 'UnknownCustomer', 'the payer is not known', { payer: k9, delivery: 'none' }],
  [
    'RegisterInvoice',
    'NothingToInvoice',
    'nothing of the payer is due',
    { payer: { kind: 'client', id: 'k2' }, delivery: 'none' },
  ],
  [
    'RegisterInvoice',
    'PriceMissing',
    'an item named has no price or VAT, or nothing due has',
    { payer: k1, delivery: 'none', items: ['booking:b4'] },
  ],
  [
    'RegisterInvoice',
    'NotBillable',
    "an item named is paid, cancelled, hidden, removed, excluded, not of the basis, or another payer's",
    { payer: k1, delivery: 'none', items: ['booking:paid', 'booking:cancelled'] },
  ],
  [
    'RegisterInvoice',
    'AlreadyInvoiced',
    'an item named, or its visit, is on an invoice',
    { payer: k1, delivery: 'none', items: ['booking:b1'] },
  ],
  [
    'RegisterInvoice',
    'UnknownItem',
    'an item named is not known',
    { payer: k1, delivery: 'none', items: ['booking:b9'] },
  ],
  [
    'RegisterInvoice',
    'NegativeTotal',
    'the invoice would come to less than 0',
    { payer: acme, delivery: 'none', items: ['line:minus-2'] },
  ],
  [
    'RegisterInvoice',
    'AmountTooLarge',
    'an amount would be above ten billion kronor',
    { payer: acme, delivery: 'none', items: ['line:huge-1', 'line:huge-2'] },
  ],
  [
    'RegisterInvoice',
    'DeliveryNotPossible',
    'it cannot go that way to this payer',
    { payer: acme, delivery: 'communication', items: ['line:huge-1'] },
  ],
  ['RegisterInvoices', 'InvoicingNotActivated', 'invoicing is not activated', { payers: 'all', delivery: 'none' }, []],
  ['RegisterInvoices', 'SellerMissing', 'there is no seller', { payers: 'all', delivery: 'none' }, [activated]],
  [
    'RegisterInvoices',
    'DeliveryNotAllowedInBulk',
    'neither `none` nor `email`, and not in `bulkDeliveries`',
    { payers: 'all', delivery: 'letter' },
  ],
  ['SendInvoice', 'UnknownInvoice', 'there is no such invoice', { invoiceNumber: 'F9999', delivery: 'email' }],
  [
    'SendInvoice',
    'DeliveryNotPossible',
    'it cannot go that way to this buyer',
    { invoiceNumber: 'F1001', delivery: 'letter' },
  ],
  [
    'CreditInvoice',
    'UnknownInvoice',
    'there is no such invoice',
    { invoiceNumber: 'F9999', reason: 'Fel', releaseItems: true },
  ],
  [
    'CreditInvoice',
    'NotCreditable',
    'it is a credit note',
    { invoiceNumber: 'F1003', reason: 'Fel', releaseItems: true },
  ],
  [
    'CreditInvoice',
    'AlreadyCredited',
    'less is left of a line than asked for',
    {
      invoiceNumber: 'F1002',
      lines: [{ itemId: 'line:l1', quantity: '0.75' }],
      reason: 'Fel',
      releaseItems: true,
    },
  ],
  [
    'CreditInvoice',
    'UnknownItem',
    'a line is not on the invoice',
    { invoiceNumber: 'F1002', lines: [{ itemId: 'booking:b1' }], reason: 'Fel', releaseItems: true },
  ],
  [
    'CreditInvoice',
    'NegativeTotal',
    'the note would charge: a deduction alone cannot be credited',
    { invoiceNumber: 'F1005', lines: [{ itemId: 'line:minus' }], reason: 'Fel', releaseItems: true },
  ],
  [
    'CreditInvoice',
    'DeliveryNotPossible',
    '`delivery` cannot go that way to this buyer',
    { invoiceNumber: 'F1002', reason: 'Fel', releaseItems: true, delivery: 'eInvoice' },
  ],
  [
    'RecordPayment',
    'UnknownInvoice',
    'no invoice has that number, or that OCR reference',
    { ocr: '18', amount: sek(100), receivedOn: '2026-04-20', reference: 'x' },
  ],
  [
    'RecordPayment',
    'NotPayable',
    'it is a credit note',
    { invoiceNumber: 'F1003', amount: sek(100), receivedOn: '2026-04-20', reference: 'x' },
  ],
]

/** Beside the table: refusals of the command line's other calls and of every command. */
export const others = ['MalformedCommand', 'CommandIdReused', 'UnknownDelivery', 'NotInDoubt']

export const refusals = rows.map(([type, tag, when, data, given]) => ({ type, tag, when, data, given }))
