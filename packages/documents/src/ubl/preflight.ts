import { type IssuedInvoice, isBankgiro, isPlusgiro, vatKey, vatRate } from '@underlag/invoicing'
import { type Advice, type AdviceRule, buyerVatNumber, has, sellerVatNumber, vatOf } from '../law/advice.js'
import { ADDRESS_SCHEMES, COUNTRIES, ID_CHECKS, VAT_PREFIXES } from './codes.js'
import { giroDigits, organisationDigits } from './identifiers.js'
import { references } from './references.js'
import { tidy } from './xml-text.js'

/**
 * Why an invoice cannot be sent by Peppol. `rule` is the official rule where there is one (EN 16931, PEPPOL, SE), else the law's
 * (`ML` mervärdesskattelagen 2023:200, chapter and section) or our own (`UNDERLAG`); `field` is the path in the invoice.
 */
export type UblReason = Advice

/** What is asked of an invoice, a draft of one, or a seller and a buyer alone: what is absent is not asked about. */
export type UblParts = Pick<IssuedInvoice, 'payer' | 'seller' | 'buyer'> &
  Partial<
    Pick<
      IssuedInvoice,
      'kind' | 'lines' | 'vatBreakdown' | 'net' | 'vatAmount' | 'rounding' | 'toPay' | 'reference' | 'credits'
    >
  >

/** What is missing before an invoice can be sent by Peppol; empty: nothing. */
export const ublPreflight = (parts: UblParts): ReadonlyArray<UblReason> =>
  RULES.flatMap(({ broken, ...rule }) => (broken(parts) ? [rule] : [])).concat(addressReasons(parts))

type Rule = AdviceRule<UblParts>

const isNote = ({ kind, credits }: UblParts): boolean => kind === 'creditNote' || credits !== undefined
const isPaid = (parts: UblParts): boolean => isNote(parts) || (parts.toPay !== undefined && parts.toPay.amount <= 0)
const isUnregistered = ({ seller }: UblParts): boolean => vatOf(seller) === '' && !seller.fSkatt
// The Swedish rules are for sellers there; one elsewhere has UNDERLAG-SELLER-ABROAD.
const isSwedish = ({ seller }: UblParts): boolean => seller.address.country === 'SE'
const isTenDigits = (number: string): boolean => ID_CHECKS['0007']?.fits(organisationDigits(number)) ?? false

const REGISTER = 'Set the seller’s vatNumber, or fSkatt where it is approved for F-tax (SetSeller).'

const RULES: ReadonlyArray<Rule> = [
  // Who it is for
  {
    rule: 'UNDERLAG-PERSON',
    field: 'payer',
    remedy: 'Peppol reaches companies only: send it to a person by email, letter or communication.',
    broken: ({ payer }) => payer.kind === 'client',
  },
  {
    rule: 'PEPPOL-EN16931-R003',
    field: 'reference',
    remedy: 'Ask the buyer for its reference and set buyerReference (ChangeCompany), or give the invoice a reference.',
    broken: (parts) => references(parts).buyerReference === '',
  },
  {
    rule: 'BR-07',
    field: 'buyer.name',
    remedy: 'Set the company’s name (ChangeCompany).',
    broken: ({ buyer }) => tidy(buyer.name) === '',
  },
  {
    rule: 'BR-10',
    field: 'buyer.address',
    remedy: 'Set the company’s address (ChangeCompany).',
    broken: ({ buyer }) => buyer.address === undefined,
  },
  {
    rule: 'BR-CL-14',
    field: 'buyer.address.country',
    remedy: 'Set the address’s country to its code in ISO 3166-1, such as SE (ChangeCompany).',
    broken: ({ buyer }) => buyer.address !== undefined && !COUNTRIES.has(buyer.address.country),
  },
  {
    rule: 'PEPPOL-COMMON-R049',
    field: 'buyer.organisationNumber',
    remedy:
      'Correct the company’s organisationNumber: ten digits, of which the last checks the others (ChangeCompany).',
    broken: ({ buyer }) =>
      tidy(buyer.organisationNumber) !== '' &&
      buyer.address?.country === 'SE' &&
      !isTenDigits(buyer.organisationNumber ?? ''),
  },
  {
    rule: 'BR-CO-09',
    field: 'buyer.vatNumber',
    remedy: 'Correct the company’s vatNumber: it begins with the code of a country (ChangeCompany).',
    broken: ({ buyer }) => vatOf(buyer) !== '' && !VAT_PREFIXES.has(vatOf(buyer).slice(0, 2)),
  },
  {
    rule: 'PEPPOL-COMMON-R056-2',
    field: 'buyer.vatNumber',
    remedy: 'Correct the company’s vatNumber: Dutch ones are NL, nine digits, B and two digits (ChangeCompany).',
    broken: ({ buyer }) => vatOf(buyer).startsWith('NL') && !/^NL\d{9}B\d{2}$/.test(vatOf(buyer)),
  },
  // Who it is from
  {
    rule: 'BR-06',
    field: 'seller.name',
    remedy: 'Set the seller’s name (SetSeller).',
    broken: ({ seller }) => tidy(seller.name) === '',
  },
  {
    rule: 'UNDERLAG-SELLER-ABROAD',
    field: 'seller.address.country',
    remedy: 'Set the seller’s Swedish address (SetSeller): other countries have Peppol rules of their own.',
    broken: ({ seller }) => seller.address.country !== 'SE',
  },
  {
    rule: 'PEPPOL-COMMON-R049',
    field: 'seller.organisationNumber',
    remedy: 'Correct the seller’s organisationNumber: ten digits, of which the last checks the others (SetSeller).',
    broken: ({ seller }) => !isTenDigits(seller.organisationNumber),
  },
  {
    rule: 'SE-R-001',
    field: 'seller.vatNumber',
    remedy: 'Correct the seller’s vatNumber: SE, the organisation number and 01 (SetSeller).',
    broken: (parts) => isSwedish(parts) && vatOf(parts.seller).startsWith('SE') && vatOf(parts.seller).length !== 14,
  },
  {
    rule: 'SE-R-002',
    field: 'seller.vatNumber',
    remedy: 'Correct the seller’s vatNumber: SE, the organisation number and 01 (SetSeller).',
    broken: (parts) =>
      isSwedish(parts) && /^SE.{12}$/.test(vatOf(parts.seller)) && !/^SE\d{12}$/.test(vatOf(parts.seller)),
  },
  {
    rule: 'UNDERLAG-SELLER-VAT',
    field: 'seller.vatNumber',
    remedy: 'Set the seller’s Swedish vatNumber: SE, the organisation number and 01 (SetSeller).',
    broken: ({ seller }) => vatOf(seller) !== '' && !vatOf(seller).startsWith('SE'),
  },
  sellerVatNumber,
  {
    rule: 'BR-S-02',
    field: 'seller.vatNumber',
    remedy: REGISTER,
    broken: (parts) => has(parts, 'standard') && isUnregistered(parts),
  },
  {
    rule: 'BR-AE-02',
    field: 'seller.vatNumber',
    remedy: REGISTER,
    broken: (parts) => has(parts, 'reverseCharge') && isUnregistered(parts),
  },
  {
    rule: 'BR-E-02',
    field: 'seller.vatNumber',
    remedy: REGISTER,
    broken: (parts) => has(parts, 'exempt') && isUnregistered(parts),
  },
  // Reverse charge
  buyerVatNumber,
  {
    rule: 'BR-AE-02',
    field: 'buyer.vatNumber',
    remedy: 'Set the company’s vatNumber (ChangeCompany): reverse charge states it.',
    broken: (parts) =>
      has(parts, 'reverseCharge') && vatOf(parts.buyer) === '' && tidy(parts.buyer.organisationNumber) === '',
  },
  // How it is paid
  {
    rule: 'SE-R-009',
    field: 'seller.bankgiro',
    remedy: 'Correct the seller’s bankgiro: seven or eight digits (SetSeller).',
    broken: (parts) =>
      isSwedish(parts) &&
      !isPaid(parts) &&
      parts.seller.bankgiro !== undefined &&
      !/^\d{7,8}$/.test(giroDigits(parts.seller.bankgiro)),
  },
  {
    rule: 'SE-R-010',
    field: 'seller.plusgiro',
    remedy: 'Correct the seller’s plusgiro: two to eight digits (SetSeller).',
    broken: (parts) =>
      isSwedish(parts) &&
      !isPaid(parts) &&
      parts.seller.plusgiro !== undefined &&
      !/^\d{2,8}$/.test(giroDigits(parts.seller.plusgiro)),
  },
  {
    rule: 'UNDERLAG-BANKGIRO',
    field: 'seller.bankgiro',
    remedy: 'Correct the seller’s bankgiro: its last digit does not check the others (SetSeller).',
    broken: (parts) =>
      !isPaid(parts) &&
      /^\d{7,8}$/.test(giroDigits(parts.seller.bankgiro ?? '')) &&
      !isBankgiro(parts.seller.bankgiro ?? ''),
  },
  {
    rule: 'UNDERLAG-PLUSGIRO',
    field: 'seller.plusgiro',
    remedy: 'Correct the seller’s plusgiro: its last digit does not check the others (SetSeller).',
    broken: (parts) =>
      !isPaid(parts) &&
      /^\d{2,8}$/.test(giroDigits(parts.seller.plusgiro ?? '')) &&
      !isPlusgiro(parts.seller.plusgiro ?? ''),
  },
  // What it says
  {
    rule: 'BR-16',
    field: 'lines',
    remedy: 'Invoice at least one line.',
    broken: ({ lines }) => lines?.length === 0,
  },
  {
    rule: 'ML-17-22',
    field: 'credits',
    remedy: 'A credit note names the invoice it credits.',
    broken: (parts) => parts.kind === 'creditNote' && tidy(parts.credits) === '',
  },
  {
    rule: 'BR-CO-10',
    field: 'net',
    remedy: 'The lines’ net amounts do not add up to the invoice’s: it was not reckoned by Underlag.',
    broken: ({ lines, net }) =>
      lines !== undefined && net !== undefined && sum(lines.map((line) => line.net.amount)) !== net.amount,
  },
  {
    rule: 'BR-CO-14',
    field: 'vatAmount',
    remedy: 'VAT per rate does not add up to the invoice’s: it was not reckoned by Underlag.',
    broken: ({ vatBreakdown, vatAmount }) =>
      vatBreakdown !== undefined &&
      vatAmount !== undefined &&
      sum(vatBreakdown.map((part) => part.vatAmount.amount)) !== vatAmount.amount,
  },
  {
    rule: 'BR-CO-16',
    field: 'toPay',
    remedy: 'Net, VAT and rounding do not add up to what is to pay: it was not reckoned by Underlag.',
    broken: ({ net, vatAmount, rounding, toPay }) =>
      net !== undefined &&
      vatAmount !== undefined &&
      rounding !== undefined &&
      toPay !== undefined &&
      net.amount + vatAmount.amount + rounding.amount !== toPay.amount,
  },
  ...(
    [
      ['BR-S-08', 'standard'],
      ['BR-E-08', 'exempt'],
      ['BR-AE-08', 'reverseCharge'],
    ] as const
  ).map(
    ([rule, kind]): Rule => ({
      rule,
      field: 'vatBreakdown',
      remedy: 'The lines of a VAT do not add up to its taxable amount: it was not reckoned by Underlag.',
      broken: ({ lines, vatBreakdown }) =>
        lines !== undefined &&
        vatBreakdown !== undefined &&
        [...lines, ...vatBreakdown]
          .map(({ vat }) => vat)
          .filter((vat) => vat.kind === kind)
          .some(
            (vat) =>
              vatBreakdown.filter((part) => vatKey(part.vat) === vatKey(vat)).length !== 1 ||
              sum(lines.filter((line) => vatKey(line.vat) === vatKey(vat)).map((line) => line.net.amount)) !==
                sum(vatBreakdown.filter((part) => vatKey(part.vat) === vatKey(vat)).map((part) => part.taxable.amount)),
          ),
    }),
  ),
  {
    rule: 'BR-CO-17',
    field: 'vatBreakdown',
    remedy: 'A VAT amount is not its rate of the taxable amount: it was not reckoned by Underlag.',
    // Half an öre is each document's own rounding; the last of several credit notes takes what the others rounded (rule 8).
    broken: ({ vatBreakdown = [] }) =>
      vatBreakdown.some(
        ({ vat, taxable, vatAmount }) => Math.abs(taxable.amount * vatRate(vat) - vatAmount.amount * 100) >= 100 * 100,
      ),
  },
]

const sum = (amounts: ReadonlyArray<number>): number => amounts.reduce((total, amount) => total + amount, 0)

/** The buyer's address in the network: there, of a known scheme, and formed as that scheme is. */
const addressReasons = ({ buyer: { eInvoice } }: UblParts): ReadonlyArray<UblReason> => {
  if (eInvoice === undefined)
    return [
      {
        rule: 'PEPPOL-EN16931-R010',
        field: 'buyer.eInvoice',
        remedy:
          'Set the company’s eInvoice address, scheme and id (ChangeCompany); an organisation number alone is none.',
      },
    ]
  if (!ADDRESS_SCHEMES.has(eInvoice.scheme))
    return [
      {
        rule: 'PEPPOL-EN16931-CL008',
        field: 'buyer.eInvoice.scheme',
        remedy:
          'Correct the scheme of the company’s eInvoice address: 0007 (organisationsnummer), 0088 (GLN) or another of the EAS code list (ChangeCompany).',
      },
    ]
  const check = ID_CHECKS[eInvoice.scheme]
  return check === undefined || check.fits(eInvoice.id)
    ? []
    : [
        {
          rule: check.rule,
          field: 'buyer.eInvoice.id',
          remedy: `Correct the id of the company’s eInvoice address: it is not one of scheme ${eInvoice.scheme} (ChangeCompany).`,
        },
      ]
}
