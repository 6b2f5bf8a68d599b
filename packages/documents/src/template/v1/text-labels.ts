import type { Texts } from './texts.js'

/** The words that stand on the document, as a theme may change them; the rest is the law's and stays. */
export const TEXT_LABELS = {
  invoice: 'the heading of an invoice',
  creditNote: 'the heading of a credit note',
  number: 'invoice number',
  invoiceDate: 'invoice date',
  dueDate: 'due date',
  credits: 'the number that a credit note credits',
  reason: 'why it was credited',
  reference: 'reference',
  buyerReference: 'the buyer’s reference',
  organisationNumber: 'the seller’s organisation number',
  vatNumber: 'the seller’s VAT number',
  buyerOrganisationNumber: 'the buyer’s organisation number',
  buyerVatNumber: 'the buyer’s VAT number',
  toPay: 'what is to pay',
  toRepay: 'what is credited',
  nothingToPay: 'in place of it where nothing is to pay',
  payment: 'the part on paying, read aloud',
  paymentReference: 'the OCR number',
  recipient: 'the address, read aloud',
  facts: 'the dates and references, read aloud',
  lines: 'the table of lines, read aloud',
  supplied: 'column: date of the visit',
  description: 'column: description',
  quantity: 'column: quantity',
  unitPrice: 'column: price',
  discount: 'column: discount',
  vat: 'column and sum: VAT',
  amount: 'column: amount',
  excludingVat: 'beside price and amount',
  includingVat: 'beside price and amount',
  vatSummary: 'the table of VAT, read aloud',
  taxable: 'column: taxable amount',
  sums: 'the sums, read aloud',
  sum: 'sum',
  sumExcludingVat: 'sum without VAT',
  rounding: 'rounding to kronor, or of öre',
  otherLines: 'heads lines of no client, among lines by client',
  erased: 'in place of what was erased',
  fSkatt: 'the statement of F-tax',
  page: 'page, of “page 1 of 2”',
  of: 'of, of “page 1 of 2”',
} as const satisfies { readonly [K in keyof Texts as Texts[K] extends string ? K : never]: string }

export type TextLabel = keyof typeof TEXT_LABELS

/** The law's own words are no matter of taste. */
const FIXED: ReadonlyArray<TextLabel> = ['fSkatt', 'erased']
export const THEME_LABELS: ReadonlyArray<TextLabel> = (Object.keys(TEXT_LABELS) as Array<TextLabel>).filter(
  (label) => !FIXED.includes(label),
)
