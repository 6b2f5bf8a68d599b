import { vatRate } from '@underlag/invoicing'
import type { Texts } from './texts.js'

/** English. Where Swedish law asks for certain words, the Swedish ones stand beside the English. */
export const english: Texts = {
  invoice: 'Invoice',
  creditNote: 'Credit note',
  number: 'Invoice number',
  invoiceDate: 'Invoice date',
  dueDate: 'Due date',
  credits: 'Credits invoice',
  reason: 'Reason',
  reference: 'Reference',
  buyerReference: 'Your reference',
  organisationNumber: 'Reg. no.',
  vatNumber: 'VAT no.',
  buyerOrganisationNumber: 'Your reg. no.',
  buyerVatNumber: 'Your VAT no.',
  toPay: 'To pay',
  toRepay: 'Total credited',
  nothingToPay: 'Nothing to pay',
  payment: 'Payment',
  paymentReference: 'Payment reference (OCR)',
  recipient: 'Recipient',
  facts: 'About this invoice',
  lines: 'Invoice lines',
  supplied: 'Supplied',
  description: 'Description',
  quantity: 'Quantity',
  unitPrice: 'Unit price',
  discount: 'Discount',
  vat: 'VAT',
  amount: 'Amount',
  excludingVat: 'excl. VAT',
  includingVat: 'incl. VAT',
  vatSummary: 'VAT summary',
  taxable: 'Taxable',
  sums: 'Totals',
  sum: 'Total',
  sumExcludingVat: 'Total excl. VAT',
  rounding: 'Rounding',
  otherLines: 'Other',
  erased: '(erased)',
  fSkatt: 'Approved for F-tax (Godkänd för F-skatt)',
  page: 'Page',
  of: 'of',
  paymentCode: (how) =>
    how === 'bank' ? 'QR code for payment in a Swedish bank app' : 'QR code for payment with Swish',
  lineVat: (vat) => (vat.kind === 'standard' ? `${vatRate(vat)}%` : vat.kind === 'exempt' ? 'Exempt' : 'Reverse'),
  vatGroup: (vat) =>
    vat.kind === 'standard'
      ? `VAT ${vatRate(vat)}%`
      : vat.kind === 'reverseCharge'
        ? 'Reverse charge'
        : 'Exempt from VAT',
  vatStatement: (vat) => {
    switch (vat.kind) {
      case 'standard':
        return null
      case 'reverseCharge':
        return 'Reverse charge (omvänd betalningsskyldighet): the buyer accounts for the VAT.'
      case 'exempt':
        return vat.reason === 'healthcare'
          ? 'Exempt from VAT under Chapter 10, Section 6 of the Swedish VAT Act (mervärdesskattelagen 2023:200).'
          : 'Exempt from VAT under Chapter 18, Section 4 of the Swedish VAT Act (mervärdesskattelagen 2023:200), small businesses.'
    }
  },
}
