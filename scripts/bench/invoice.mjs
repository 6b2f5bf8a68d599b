const sek = (amount) => ({ amount, currency: 'SEK' })

/** A seller as SetSeller takes it. */
export const seller = {
  name: 'Kliniken AB',
  organisationNumber: '556677-8899',
  vatNumber: 'SE556677889901',
  address: { lines: ['Storgatan 1'], postalCode: '111 22', city: 'Stockholm', country: 'SE' },
  email: 'faktura@example.se',
  bankgiro: '5050-1055',
  fSkatt: true,
  paymentTermsDays: 30,
  pricesIncludeVat: false,
}

/** An invoice of one page, as registered. */
export const sampleInvoice = {
  invoiceNumber: '1001',
  sequence: 1001,
  kind: 'invoice',
  ocr: '10017',
  invoiceDate: '2026-03-31',
  dueDate: '2026-04-30',
  payer: { kind: 'client', id: 'c1' },
  seller,
  buyer: {
    name: 'Åsa Öberg',
    address: { lines: ['Lillgatan 2'], postalCode: '222 33', city: 'Lund', country: 'SE' },
  },
  language: 'sv',
  lines: Array.from({ length: 8 }, (_, i) => ({
    itemId: `booking:b${i}`,
    clientId: 'c1',
    date: `2026-03-${String(i + 10)}`,
    description: 'Samtal, 45 minuter',
    quantity: '1',
    unitPrice: sek(120000),
    vat: { kind: 'exempt', reason: 'healthcare' },
    discountPercent: '0',
    net: sek(120000),
    sourceRevision: 0,
  })),
  vatBreakdown: [{ vat: { kind: 'exempt', reason: 'healthcare' }, taxable: sek(960000), vatAmount: sek(0) }],
  net: sek(960000),
  vatAmount: sek(0),
  rounding: sek(0),
  toPay: sek(960000),
  delivery: 'email',
  templateVersion: 1,
  paid: sek(0),
  credited: sek(0),
  balance: sek(960000),
  status: 'registered',
  creditedBy: [],
  payments: [],
}
