import type { Command } from 'underlag'
import { firstDayOf, instant } from './calendar.js'

/** Who works with Underlag, as the audit trail names them. */
export const ANNA = 'user:anna'
export const CALENDAR = 'system:calendar'

export const SELLER = {
  name: 'Kliniken Björkhagen AB',
  organisationNumber: '556677-8899',
  vatNumber: 'SE556677889901',
  address: { lines: ['Malmövägen 51'], postalCode: '121 53', city: 'Johanneshov', country: 'SE' },
  email: 'faktura@kliniken.example.com',
  bankgiro: '5050-1055',
  swish: '1231181189',
  fSkatt: true,
  paymentTermsDays: 30,
  pricesIncludeVat: true,
  wholeKronor: true,
} as const

/** Care by licensed staff is exempt from VAT; supervision and certificates are not. */
const CARE = { kind: 'exempt', reason: 'healthcare' } as const
const TAXED = { kind: 'standard', rate: 25 } as const

const kronor = (amount: number) => ({ amount: amount * 100, currency: 'SEK' }) as const

/** The price list. Group therapy is new, and nobody has set its price yet. */
const prices = (month: string) => [
  { treatmentTypeId: 'fysioterapi', name: 'Fysioterapi, 30 min', price: kronor(690), vat: CARE },
  { treatmentTypeId: 'psykoterapi', name: 'Psykoterapi, 45 min', price: kronor(1_250), vat: CARE },
  {
    treatmentTypeId: 'psykoterapi',
    name: 'Psykoterapi, 45 min',
    price: kronor(1_295),
    vat: CARE,
    validFrom: `${month}-16`,
  },
  { treatmentTypeId: 'handledning', name: 'Handledning, 60 min', price: kronor(1_500), vat: TAXED },
  { treatmentTypeId: 'intyg', name: 'Intyg till försäkringsbolag', price: kronor(1_150), vat: TAXED },
]

/**
 * The clinic starts with Underlag on the first of the month: who sells, and at what prices.
 * Every command has an id of its own, so that it can be sent again and again and happens once.
 */
export const clinic = (month: string): ReadonlyArray<Command> => {
  const opening = { actor: ANNA, at: instant(firstDayOf(month), '07:00') }
  return [
    { type: 'ActivateInvoicing', commandId: FIRST_COMMAND, ...opening, data: {} },
    { type: 'SetSeller', commandId: 'seller', ...opening, data: SELLER },
    ...prices(month).map(
      (data): Command => ({
        type: 'SetTreatmentTypePrice',
        commandId: `price:${data.treatmentTypeId}${'validFrom' in data ? `:${data.validFrom}` : ''}`,
        ...opening,
        data,
      }),
    ),
  ]
}

/** By it a store is known to be the demo's, and its month. */
export const FIRST_COMMAND = 'month-end:activate'
