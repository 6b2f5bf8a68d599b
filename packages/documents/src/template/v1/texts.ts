import type { Vat } from '@underlag/invoicing'

/** Every word that stands on the document, in one language. `texts-sv.ts` and `texts-en.ts` are the only places with wording. */
export interface Texts {
  readonly invoice: string
  readonly creditNote: string
  readonly number: string
  readonly invoiceDate: string
  readonly dueDate: string
  readonly credits: string
  readonly reason: string
  readonly reference: string
  readonly buyerReference: string
  readonly organisationNumber: string
  readonly vatNumber: string
  readonly buyerOrganisationNumber: string
  readonly buyerVatNumber: string
  readonly toPay: string
  readonly toRepay: string
  readonly nothingToPay: string
  readonly payment: string
  readonly paymentReference: string
  readonly recipient: string
  readonly facts: string
  readonly lines: string
  readonly supplied: string
  readonly description: string
  readonly quantity: string
  readonly unitPrice: string
  readonly discount: string
  readonly vat: string
  readonly amount: string
  readonly excludingVat: string
  readonly includingVat: string
  readonly vatSummary: string
  readonly taxable: string
  readonly sums: string
  readonly sum: string
  readonly sumExcludingVat: string
  readonly rounding: string
  readonly otherLines: string
  readonly erased: string
  readonly fSkatt: string
  readonly page: string
  readonly of: string
  readonly paymentCode: (how: 'bank' | 'swish') => string
  /** The VAT of one line in as few letters as a column has room for. */
  readonly lineVat: (vat: Vat) => string
  /** Names a group of lines with equal VAT where taxable amounts are summed up. */
  readonly vatGroup: (vat: Vat) => string
  /** The statement that the act asks for where no VAT is charged (mervärdesskattelagen 2023:200, 17:24 and 17:28); none where it is. */
  readonly vatStatement: (vat: Vat) => string | null
}
