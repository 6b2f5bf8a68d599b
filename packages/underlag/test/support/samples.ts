import type { CommandData, Payer } from '../../src/index.js'

type Seller = CommandData['SetSeller']
type Money = { readonly amount: number; readonly currency: 'SEK' }

export const kr = (kronor: number): Money => ({ amount: Math.round(kronor * 100), currency: 'SEK' })

export const vat25 = { kind: 'standard', rate: 25 } as const
export const care = { kind: 'exempt', reason: 'healthcare' } as const

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

export const anna: Payer = { kind: 'client', id: 'anna' }
export const bo: Payer = { kind: 'client', id: 'bo' }
export const acme: Payer = { kind: 'company', id: 'acme' }

/** A booking before noon on a day of March 2026. */
export const onDay = (day: number): string => `2026-03-${String(day).padStart(2, '0')}T09:00:00Z`
