import type { Language } from '@underlag/invoicing'

/** The words that the document itself adds, in the invoice's language. */
export interface UblTexts {
  /** mervärdesskattelagen (2023:200) 10:6–9. */
  readonly healthcare: string
  /** mervärdesskattelagen (2023:200) 18:4 and 17:28 p. 6. */
  readonly smallBusiness: string
  readonly reverseCharge: string
  readonly discount: string
  readonly discountOnDeduction: string
  readonly rounding: string
  readonly erased: string
  readonly client: (label: string) => string
  readonly practitioner: (name: string) => string
}

const swedish: UblTexts = {
  healthcare: 'Undantagen från moms enligt 10 kap. 6 § mervärdesskattelagen (2023:200).',
  smallBusiness: 'Undantagen från moms enligt 18 kap. 4 § mervärdesskattelagen (2023:200), små företag.',
  reverseCharge: 'Omvänd betalningsskyldighet',
  discount: 'Rabatt',
  discountOnDeduction: 'Rabatt på avdraget',
  rounding: 'Utjämning mot momsunderlaget',
  erased: '(raderad)',
  client: (label) => `Klient: ${label}`,
  practitioner: (name) => `Behandlare: ${name}`,
}

const english: UblTexts = {
  healthcare: 'Exempt from VAT under chapter 10, section 6 of the Swedish VAT Act (2023:200), medical care.',
  smallBusiness: 'Exempt from VAT under chapter 18, section 4 of the Swedish VAT Act (2023:200), small enterprises.',
  reverseCharge: 'Reverse charge (omvänd betalningsskyldighet)',
  discount: 'Discount',
  discountOnDeduction: 'Discount on the deduction',
  rounding: 'Adjustment to the taxable amount',
  erased: '(erased)',
  client: (label) => `Client: ${label}`,
  practitioner: (name) => `Practitioner: ${name}`,
}

export const ublTexts = (language: Language): UblTexts => (language === 'sv' ? swedish : english)
