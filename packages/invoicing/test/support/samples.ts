import type { BookingFacts, JournalEntryFacts, LineFacts, Money, Seller, Vat } from '../../src/index.js'

export const kr = (kronor: number): Money => ({ amount: Math.round(kronor * 100), currency: 'SEK' })

export const vat25: Vat = { kind: 'standard', rate: 25 }
export const care: Vat = { kind: 'exempt', reason: 'healthcare' }

export const address = { lines: ['Storgatan 1'], postalCode: '111 22', city: 'Stockholm', country: 'SE' }

export const clinic: Seller = {
  name: 'Kliniken AB',
  organisationNumber: '556677-8899',
  address,
  email: 'faktura@kliniken.se',
  bankgiro: '5050-1055',
  fSkatt: true,
  paymentTermsDays: 30,
  pricesIncludeVat: false,
}

export const aBooking: BookingFacts = {
  bookingId: 'b1',
  clientId: 'c1',
  treatmentTypeId: 'therapy',
  startsAt: '2026-03-02T09:00:00Z',
}

export const anEntry: JournalEntryFacts = {
  journalEntryId: 'e1',
  clientId: 'c1',
  contactTypeId: 'visit',
  occurredAt: '2026-03-02T09:00:00Z',
}

export const aLine: LineFacts & { readonly description: string } = {
  lineId: 'l1',
  payer: { kind: 'client', id: 'c1' },
  date: '2026-03-02',
  description: 'Intyg',
  quantity: '1',
  price: kr(500),
  vat: vat25,
}
