import { type Address, type InvoiceLine, type IssuedInvoice, type Vat, vatRate } from '@underlag/invoicing'
import { compactVatNumber, giroDigits, organisationDigits } from './identifiers.js'
import { type Adjustment, decimal, priceForUbl } from './line-price.js'
import { references } from './references.js'
import { type UblTexts, ublTexts } from './texts.js'
import { cac, cbc, type Maybe, render } from './xml.js'
import { onOneLine } from './xml-text.js'

/** What the invoice that a credit note credits is known by, beside its number. */
export interface OriginalInvoice {
  readonly invoiceDate: string
}

/**
 * The document as it is written, whether its rules hold or not: `invoiceUbl` asks them first. Children stand in the order of the
 * OASIS UBL 2.1 schemas.
 */
export const ublDocument = (invoice: IssuedInvoice, original?: OriginalInvoice): string => {
  const isNote = invoice.kind === 'creditNote'
  const sign = isNote ? -1n : 1n
  const texts = ublTexts(invoice.language)
  const { seller, buyer, lines } = invoice
  const amount = (name: string, ore: bigint | number): Maybe => money(name, sign * BigInt(ore))
  const { buyerReference, orderReference } = references(invoice)
  const dates = lines.map(({ date }) => date).sort()
  const [from] = dates
  const to = dates.at(-1)

  return render(isNote ? 'CreditNote' : 'Invoice', [
    cbc('CustomizationID', 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0'),
    cbc('ProfileID', 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0'),
    cbc('ID', onOneLine(invoice.invoiceNumber)),
    cbc('IssueDate', invoice.invoiceDate),
    isNote ? null : cbc('DueDate', invoice.dueDate),
    isNote ? cbc('CreditNoteTypeCode', '381') : cbc('InvoiceTypeCode', '380'),
    cbc('Note', [invoice.reason, invoice.message].filter((text) => text !== undefined).join('\n')),
    cbc('DocumentCurrencyCode', 'SEK'),
    cbc('BuyerReference', buyerReference),
    from === to ? null : cac('InvoicePeriod', cbc('StartDate', from), cbc('EndDate', to)),
    cac('OrderReference', cbc('ID', orderReference)),
    invoice.credits === undefined
      ? null
      : cac(
          'BillingReference',
          cac(
            'InvoiceDocumentReference',
            cbc('ID', onOneLine(invoice.credits)),
            cbc('IssueDate', original?.invoiceDate),
          ),
        ),
    cac(
      'AccountingSupplierParty',
      cac(
        'Party',
        cbc('EndpointID', organisationDigits(seller.organisationNumber), { schemeID: '0007' }),
        postalAddress(seller.address),
        vatRegistration(seller.vatNumber),
        seller.fSkatt ? taxScheme('GODKÄND FÖR F-SKATT', 'TAX') : null,
        cac(
          'PartyLegalEntity',
          cbc('RegistrationName', onOneLine(seller.name)),
          cbc('CompanyID', organisationDigits(seller.organisationNumber), { schemeID: '0007' }),
        ),
        cac('Contact', cbc('ElectronicMail', onOneLine(seller.email))),
      ),
    ),
    cac(
      'AccountingCustomerParty',
      cac(
        'Party',
        cbc('EndpointID', buyer.eInvoice?.id, { schemeID: buyer.eInvoice?.scheme ?? '' }),
        postalAddress(buyer.address),
        vatRegistration(buyer.vatNumber),
        cac(
          'PartyLegalEntity',
          cbc('RegistrationName', onOneLine(buyer.name)),
          buyer.organisationNumber === undefined
            ? null
            : buyer.address?.country === 'SE'
              ? cbc('CompanyID', organisationDigits(buyer.organisationNumber), { schemeID: '0007' })
              : cbc('CompanyID', onOneLine(buyer.organisationNumber)),
        ),
      ),
    ),
    from === to ? cac('Delivery', cbc('ActualDeliveryDate', from)) : null,
    ...paymentMeans(invoice),
    cac(
      'TaxTotal',
      amount('TaxAmount', invoice.vatAmount.amount),
      taxSubtotals(invoice).map(({ category, taxable, vatAmount, reason, code }) =>
        cac(
          'TaxSubtotal',
          amount('TaxableAmount', taxable),
          amount('TaxAmount', vatAmount),
          taxCategory('TaxCategory', category, { code, reason: reason(texts) }),
        ),
      ),
    ),
    cac(
      'LegalMonetaryTotal',
      amount('LineExtensionAmount', invoice.net.amount),
      amount('TaxExclusiveAmount', invoice.net.amount),
      amount('TaxInclusiveAmount', invoice.net.amount + invoice.vatAmount.amount),
      invoice.rounding.amount === 0 ? null : amount('PayableRoundingAmount', invoice.rounding.amount),
      amount('PayableAmount', invoice.toPay.amount),
    ),
    ...lines.map((line, i) => invoiceLine(line, i, invoice, texts)),
  ])
}

const money = (name: string, ore: bigint): Maybe => cbc(name, decimal(ore, 2), { currencyID: 'SEK' })

/** UBL has two lines for the street, and one more. */
const postalAddress = (address: Address | undefined): Maybe => {
  if (address === undefined) return null
  const [street, second, ...more] = address.lines.map(onOneLine).filter((line) => line !== '')
  return cac(
    'PostalAddress',
    cbc('StreetName', street),
    cbc('AdditionalStreetName', second),
    cbc('CityName', onOneLine(address.city)),
    cbc('PostalZone', onOneLine(address.postalCode)),
    cac('AddressLine', cbc('Line', more.join(', '))),
    cac('Country', cbc('IdentificationCode', address.country)),
  )
}

const taxScheme = (companyId: string, scheme: 'VAT' | 'TAX'): Maybe =>
  cac('PartyTaxScheme', cbc('CompanyID', companyId), cac('TaxScheme', cbc('ID', scheme)))

const vatRegistration = (vatNumber: string | undefined): Maybe => {
  const compact = compactVatNumber(vatNumber)
  return compact === '' ? null : taxScheme(compact, 'VAT')
}

/**
 * How to pay: bankgiro and plusgiro as Swedish credit transfers (code 30) with the OCR number, or Swish where there is neither (code 68,
 * an online payment service). Nothing where nothing is owed.
 */
const paymentMeans = ({ kind, toPay, seller, ocr }: IssuedInvoice): ReadonlyArray<Maybe> => {
  if (kind === 'creditNote' || toPay.amount <= 0) return []
  const giro = (number: string | undefined, branch: string): Maybe =>
    number === undefined
      ? null
      : cac(
          'PaymentMeans',
          cbc('PaymentMeansCode', '30'),
          cbc('PaymentID', ocr),
          cac(
            'PayeeFinancialAccount',
            cbc('ID', giroDigits(number)),
            cac('FinancialInstitutionBranch', cbc('ID', branch)),
          ),
        )
  const giros = [giro(seller.bankgiro, 'SE:BANKGIRO'), giro(seller.plusgiro, 'SE:PLUSGIRO')]
  if (seller.swish === undefined || giros.some((means) => means !== null)) return giros
  return [
    cac(
      'PaymentMeans',
      cbc('PaymentMeansCode', '68', { name: 'Swish' }),
      cbc('PaymentID', ocr),
      cac('PayeeFinancialAccount', cbc('ID', giroDigits(seller.swish))),
    ),
  ]
}

interface Category {
  readonly id: 'S' | 'E' | 'AE'
  readonly percent: number
}

const categoryOf = (vat: Vat): Category =>
  vat.kind === 'standard' ? { id: 'S', percent: vatRate(vat) } : { id: vat.kind === 'exempt' ? 'E' : 'AE', percent: 0 }

const taxCategory = (
  name: 'TaxCategory' | 'ClassifiedTaxCategory',
  { id, percent }: Category,
  exemption: { readonly code?: string | undefined; readonly reason?: string | undefined } = {},
): Maybe =>
  cac(
    name,
    cbc('ID', id),
    cbc('Percent', String(percent)),
    cbc('TaxExemptionReasonCode', exemption.code),
    cbc('TaxExemptionReason', exemption.reason),
    cac('TaxScheme', cbc('ID', 'VAT')),
  )

interface TaxSubtotal {
  readonly category: Category
  readonly taxable: number
  readonly vatAmount: number
  readonly code?: string
  readonly reason: (texts: UblTexts) => string
}

/** VAT per category. EN 16931 knows one exemption per document (BR-E-01): two of them are one subtotal that states both. */
const taxSubtotals = ({ vatBreakdown }: IssuedInvoice): ReadonlyArray<TaxSubtotal> => {
  const subtotals: Array<TaxSubtotal> = []
  for (const { vat, taxable, vatAmount } of vatBreakdown) {
    const own: TaxSubtotal = {
      category: categoryOf(vat),
      taxable: taxable.amount,
      vatAmount: vatAmount.amount,
      ...exemptionOf(vat),
    }
    const same = subtotals.findIndex(({ category }) => category.id === 'E' && own.category.id === 'E')
    const other = subtotals[same]
    if (other === undefined) subtotals.push(own)
    else
      subtotals[same] = {
        category: own.category,
        taxable: other.taxable + own.taxable,
        vatAmount: other.vatAmount + own.vatAmount,
        reason: (texts) => `${other.reason(texts)} ${own.reason(texts)}`,
      }
  }
  return subtotals
}

/** VATEX has no code for Sweden's small enterprises: there the words alone say it. */
const exemptionOf = (vat: Vat): Pick<TaxSubtotal, 'code' | 'reason'> => {
  switch (vat.kind) {
    case 'standard':
      return { reason: () => '' }
    case 'reverseCharge':
      return { code: 'VATEX-EU-AE', reason: (texts) => texts.reverseCharge }
    case 'exempt':
      return vat.reason === 'healthcare'
        ? { code: 'VATEX-EU-132-1C', reason: (texts) => texts.healthcare }
        : { reason: (texts) => texts.smallBusiness }
  }
}

const invoiceLine = (line: InvoiceLine, index: number, { kind, seller }: IssuedInvoice, texts: UblTexts): Maybe => {
  const isNote = kind === 'creditNote'
  const priced = priceForUbl(line, seller.pricesIncludeVat, isNote ? -1n : 1n)
  return cac(
    isNote ? 'CreditNoteLine' : 'InvoiceLine',
    cbc('ID', String(index + 1)),
    cbc('Note', line.clientLabel === undefined ? undefined : texts.client(onOneLine(line.clientLabel))),
    cbc(isNote ? 'CreditedQuantity' : 'InvoicedQuantity', shortest(priced.quantity), { unitCode: 'C62' }),
    money('LineExtensionAmount', priced.net),
    cac('InvoicePeriod', cbc('StartDate', line.date), cbc('EndDate', line.date)),
    priced.adjustments.map((adjustment) => allowanceCharge(adjustment, texts)),
    cac(
      'Item',
      cbc(
        'Description',
        line.practitioner === undefined ? undefined : texts.practitioner(onOneLine(line.practitioner)),
      ),
      cbc('Name', onOneLine(line.description) || texts.erased),
      taxCategory('ClassifiedTaxCategory', categoryOf(line.vat)),
    ),
    cac('Price', cbc('PriceAmount', decimal(priced.price, priced.decimals), { currencyID: 'SEK' })),
  )
}

const shortest = (thousandths: bigint): string => decimal(thousandths, 3).replace(/\.?0+$/, '')

/** Code 95 of UNCL 5189 is a discount. A charge gives its reason in words alone. */
const allowanceCharge = ({ why, charge, amount, base, percent }: Adjustment, texts: UblTexts): Maybe =>
  cac(
    'AllowanceCharge',
    cbc('ChargeIndicator', String(charge)),
    why === 'discount' && !charge ? cbc('AllowanceChargeReasonCode', '95') : null,
    cbc(
      'AllowanceChargeReason',
      why === 'rounding' ? texts.rounding : charge ? texts.discountOnDeduction : texts.discount,
    ),
    cbc('MultiplierFactorNumeric', percent),
    money('Amount', amount),
    base === undefined ? null : money('BaseAmount', base),
  )
