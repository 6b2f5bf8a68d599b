import type { IssuedInvoice, Vat } from '@underlag/invoicing'
import { compactVatNumber } from '../ubl/identifiers.js'

/** Something that an invoice lacks. `rule`: of the act (`ML` mervärdesskattelagen 2023:200, chapter and section) or our own (`UNDERLAG`). */
export interface Advice {
  readonly rule: string
  /** Path in the invoice. */
  readonly field: string
  /** What to do about it. */
  readonly remedy: string
}

export interface AdviceRule<Parts> extends Advice {
  readonly broken: (parts: Parts) => boolean
}

type Parts = Pick<IssuedInvoice, 'payer' | 'seller' | 'buyer'> & Partial<Pick<IssuedInvoice, 'lines' | 'toPay'>>

export const has = ({ lines = [] }: Pick<Parts, 'lines'>, kind: Vat['kind']): boolean =>
  lines.some(({ vat }) => vat.kind === kind)
export const vatOf = ({ vatNumber }: { readonly vatNumber?: string }): string => compactVatNumber(vatNumber)

/** The seller's VAT number on an invoice with VAT or reverse charge. */
export const sellerVatNumber: AdviceRule<Parts> = {
  rule: 'ML-17-24-3',
  field: 'seller.vatNumber',
  remedy: 'Set the seller’s vatNumber (SetSeller): an invoice with VAT or reverse charge states it.',
  broken: (parts) => (has(parts, 'standard') || has(parts, 'reverseCharge')) && vatOf(parts.seller) === '',
}

/** The buyer's VAT number on reverse charge. */
export const buyerVatNumber: AdviceRule<Parts> = {
  rule: 'ML-17-24-4',
  field: 'buyer.vatNumber',
  remedy: 'Set the company’s vatNumber (ChangeCompany): reverse charge states it.',
  broken: (parts) => has(parts, 'reverseCharge') && vatOf(parts.buyer) === '',
}

const isSmallBusiness = ({ vat }: { readonly vat: Vat }): boolean =>
  vat.kind === 'exempt' && vat.reason === 'smallBusiness'

const RULES: ReadonlyArray<AdviceRule<Parts>> = [
  sellerVatNumber,
  { ...buyerVatNumber, broken: (parts) => parts.payer.kind === 'company' && buyerVatNumber.broken(parts) },
  {
    rule: 'UNDERLAG-REVERSE-CHARGE',
    field: 'lines',
    remedy:
      'Give the lines another VAT (ChangeLine, or the price): reverse charge is between businesses, and this is a person.',
    broken: (parts) => parts.payer.kind === 'client' && has(parts, 'reverseCharge'),
  },
  {
    rule: 'UNDERLAG-SMALL-BUSINESS',
    field: 'lines',
    remedy:
      'Give all lines the same (ChangeLine, or the price): who is exempt as a small business charges no VAT on anything.',
    broken: ({ lines = [] }) => lines.some(isSmallBusiness) && lines.some(({ vat }) => vat.kind === 'standard'),
  },
  {
    rule: 'UNDERLAG-ACCOUNT',
    field: 'seller.bankgiro',
    remedy: 'Set the seller’s bankgiro, plusgiro or swish (SetSeller): the invoice does not say where to pay.',
    broken: ({ seller: { bankgiro, plusgiro, swish }, toPay }) =>
      toPay !== undefined && toPay.amount > 0 && (bankgiro ?? plusgiro ?? swish) === undefined,
  },
]

/**
 * What an invoice lacks by law, or to be paid, whichever way it goes. Registering does not refuse it: the host may know better, and what is
 * registered can only be credited. The rest of what mervärdesskattelagen 17:24 asks for is on every invoice.
 */
export const legalAdvice = (parts: Parts): ReadonlyArray<Advice> =>
  RULES.flatMap(({ broken, ...advice }) => (broken(parts) ? [advice] : []))
