import type { Invoice, Vat } from '@underlag/invoicing'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type SampleLine, sample, samples, seller, standard } from '../src/testing/sample-invoices.js'
import { invoiceUbl, ublPreflight } from '../src/ubl/index.js'
import { official, type Validate } from './ubl-support/official.js'
import { ownFindings } from './ubl-support/own-checks.js'
import { all, one, type Read, read } from './ubl-support/read.js'

const smallBusiness: Vat = { kind: 'exempt', reason: 'smallBusiness' }
const reverseCharge: Vat = { kind: 'reverseCharge' }
const exclusive = { ...seller, pricesIncludeVat: false }

/** Made out to a company that Peppol reaches. */
const toCompany = (invoice: Invoice): Invoice => ({
  ...invoice,
  payer: { kind: 'company', id: 'k1' },
  reference: invoice.reference ?? 'KST-4410',
  seller: { ...invoice.seller, ...(invoice.seller.plusgiro === undefined ? {} : { plusgiro: '41234568' }) },
  buyer: {
    name: 'Göteborgs Hamn & Logistik AB',
    address: { lines: ['Box 2553'], postalCode: '403 17', city: 'Göteborg', country: 'SE' },
    ...invoice.buyer,
    eInvoice: { scheme: '0007', id: '5560360793' },
  },
})
const invoiced = (lines: ReadonlyArray<SampleLine>, changes: Partial<Invoice> = {}): Invoice =>
  toCompany(sample(lines, changes))
const line = (price: number, more: Partial<SampleLine> = {}): SampleLine => ({
  date: '2026-03-12',
  description: 'Handledning',
  price,
  ...more,
})

const documents: ReadonlyArray<readonly [string, Invoice]> = [
  ...Object.entries(samples).map(([name, invoice]) => [name, toCompany(invoice)] as const),
  ['two exemptions', invoiced([line(100_00), line(50_00, { vat: smallBusiness })])],
]

const written = (invoice: Invoice): string => {
  const result = invoiceUbl(invoice, { invoiceDate: '2026-03-01' })
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}
const seen = (invoice: Invoice): Read => read(written(invoice))
const texts = (from: Read, path: string): ReadonlyArray<string> => all(from, path).map(({ text }) => text)
const rules = (invoice: Invoice): ReadonlyArray<string> => ublPreflight(invoice).map(({ rule }) => rule)

const Ubl = suite('ubl')

Ubl('is the invoice, element by element and to the öre', () => {
  for (const [name, invoice] of documents) assert.equal(ownFindings(written(invoice), invoice), [], name)
})

Ubl('an invoice: 380, due, to be paid by bankgiro and plusgiro with its OCR number', () => {
  const root = seen(
    invoiced([line(1000_00)], { seller: { ...seller, plusgiro: '4 12 34 56-8', bankgiro: '5050-1055' } }),
  )
  assert.is(root.name, 'Invoice')
  assert.is(one(root, 'InvoiceTypeCode'), '380')
  assert.is(one(root, 'IssueDate'), '2026-03-31')
  assert.is(one(root, 'DueDate'), '2026-04-30')
  assert.equal(texts(root, 'PaymentMeans/PaymentMeansCode'), ['30', '30'])
  assert.equal(texts(root, 'PaymentMeans/PaymentID'), ['10421', '10421'])
  assert.equal(texts(root, 'PaymentMeans/PayeeFinancialAccount/ID'), ['50501055', '41234568'])
  assert.equal(texts(root, 'PaymentMeans/PayeeFinancialAccount/FinancialInstitutionBranch/ID'), [
    'SE:BANKGIRO',
    'SE:PLUSGIRO',
  ])
})

Ubl('a credit note: 381, positive, with the number and the date of what it credits, and nothing to pay by', () => {
  const root = seen(
    invoiced([line(1000_00), line(200_00, { quantity: '2', vat: standard(25) })], {
      kind: 'creditNote',
      invoiceNumber: '1043',
      credits: '1042',
      reason: 'Fel pris.',
      message: 'Ring oss.',
    }),
  )
  assert.is(root.name, 'CreditNote')
  assert.is(one(root, 'CreditNoteTypeCode'), '381')
  assert.is(one(root, 'Note'), 'Fel pris.\nRing oss.')
  assert.is(one(root, 'BillingReference/InvoiceDocumentReference/ID'), '1042')
  assert.is(one(root, 'BillingReference/InvoiceDocumentReference/IssueDate'), '2026-03-01')
  assert.equal(texts(root, 'CreditNoteLine/CreditedQuantity'), ['1', '2'])
  assert.equal(texts(root, 'CreditNoteLine/LineExtensionAmount'), ['1000.00', '320.00'])
  assert.is(one(root, 'LegalMonetaryTotal/PayableAmount'), '1400.00')
  assert.is(all(root, 'PaymentMeans').length, 0)
  assert.is(all(root, 'DueDate').length, 0)
})

Ubl('a deduction has a negative quantity; its discount is a charge', () => {
  const root = seen(
    invoiced([line(1000_00, { discount: '10' }), line(200_00, { quantity: '-1', discount: '25' })], {
      seller: exclusive,
    }),
  )
  assert.equal(texts(root, 'InvoiceLine/InvoicedQuantity'), ['1', '-1'])
  assert.equal(texts(root, 'InvoiceLine/Price/PriceAmount'), ['1000.00', '200.00'])
  assert.equal(texts(root, 'InvoiceLine/LineExtensionAmount'), ['900.00', '-150.00'])
  assert.equal(texts(root, 'InvoiceLine/AllowanceCharge/ChargeIndicator'), ['false', 'true'])
  assert.equal(texts(root, 'InvoiceLine/AllowanceCharge/Amount'), ['100.00', '50.00'])
  assert.equal(texts(root, 'InvoiceLine/AllowanceCharge/BaseAmount'), ['1000.00', '200.00'])
  assert.equal(texts(root, 'InvoiceLine/AllowanceCharge/MultiplierFactorNumeric'), ['10', '25'])
})

Ubl('a price with VAT in it is written without, with the decimals that reproduce the line', () => {
  const prices = (...lines: ReadonlyArray<SampleLine>) => texts(seen(invoiced(lines)), 'InvoiceLine/Price/PriceAmount')
  assert.equal(prices(line(1250_00, { vat: standard(25) })), ['1000.00'])
  assert.equal(prices(line(339_00, { vat: standard(6), quantity: '3' })), ['319.81'])
  assert.equal(prices(line(339_00, { vat: standard(6), quantity: '30' })), ['319.8113'])
  // Three shares of 0.79 kr: the price is the line's where an öre was moved to it.
  assert.equal(
    prices(line(33, { vat: standard(25) }), line(33, { vat: standard(25) }), line(33, { vat: standard(25) })),
    ['0.27', '0.26', '0.26'],
  )
})

Ubl('exempt care and reverse charge state why, and who registered the seller', () => {
  const root = seen(
    invoiced([line(1000_00), line(500_00, { vat: reverseCharge })], {
      buyer: {
        name: 'Fjordklinikken AS',
        vatNumber: 'DK 13585628',
        organisationNumber: '13585628',
        address: { lines: ['Havnegade 12'], postalCode: '1058', city: 'København K', country: 'DK' },
      },
    }),
  )
  const category = 'TaxTotal/TaxSubtotal/TaxCategory'
  assert.equal(texts(root, `${category}/ID`), ['E', 'AE'])
  assert.equal(texts(root, `${category}/TaxExemptionReasonCode`), ['VATEX-EU-132-1C', 'VATEX-EU-AE'])
  assert.equal(texts(root, `${category}/TaxExemptionReason`), [
    'Undantagen från moms enligt 10 kap. 6 § mervärdesskattelagen (2023:200).',
    'Omvänd betalningsskyldighet',
  ])
  const supplier = 'AccountingSupplierParty/Party'
  assert.equal(texts(root, `${supplier}/PartyTaxScheme/CompanyID`), ['SE556677889901', 'GODKÄND FÖR F-SKATT'])
  assert.equal(texts(root, `${supplier}/PartyTaxScheme/TaxScheme/ID`), ['VAT', 'TAX'])
  assert.equal(all(root, `${supplier}/EndpointID`)[0]?.attributes, { schemeID: '0007' })
  const [legal] = all(root, 'AccountingCustomerParty/Party/PartyLegalEntity/CompanyID')
  assert.equal([legal?.text, legal?.attributes], ['13585628', {}])
  assert.is(one(root, 'AccountingCustomerParty/Party/PartyTaxScheme/CompanyID'), 'DK13585628')
})

Ubl('two exemptions are one subtotal that states both, since EN 16931 knows one', () => {
  const root = seen(invoiced([line(100_00), line(50_00, { vat: smallBusiness })]))
  assert.is(one(root, 'TaxTotal/TaxSubtotal/TaxableAmount'), '150.00')
  assert.is(all(root, 'TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReasonCode').length, 0)
  assert.match(one(root, 'TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReason') ?? '', /10 kap\. 6 §.*18 kap\. 4 §/)
})

Ubl('a clinic of exempt care alone needs no VAT number, and may have Swish alone', () => {
  const { vatNumber: _, bankgiro: __, ...unregistered } = seller
  const root = seen(invoiced([line(1000_00)], { seller: { ...unregistered, swish: '123 678 56 90' } }))
  assert.equal(texts(root, 'AccountingSupplierParty/Party/PartyTaxScheme/CompanyID'), ['GODKÄND FÖR F-SKATT'])
  const [code] = all(root, 'PaymentMeans/PaymentMeansCode')
  assert.equal([code?.text, code?.attributes], ['68', { name: 'Swish' }])
  assert.is(one(root, 'PaymentMeans/PayeeFinancialAccount/ID'), '1236785690')
})

Ubl('the buyer’s standing reference comes first, then the invoice’s own as the order’s', () => {
  const references = (buyerReference: string | undefined, reference: string) => {
    const { buyer, ...rest } = invoiced([line(100_00)], { reference })
    const root = seen({ ...rest, buyer: { ...buyer, ...(buyerReference === undefined ? {} : { buyerReference }) } })
    return [one(root, 'BuyerReference'), one(root, 'OrderReference/ID')]
  }
  assert.equal(references(undefined, 'PO 7'), ['PO 7', undefined])
  assert.equal(references('KST-1', 'KST-1'), ['KST-1', undefined])
  assert.equal(references('KST-1', 'PO 7'), ['KST-1', 'PO 7'])
})

Ubl('the day of supply stands on each line, and on the document as one day or as a period', () => {
  const single = seen(invoiced([line(100_00), line(200_00)]))
  assert.is(one(single, 'Delivery/ActualDeliveryDate'), '2026-03-12')
  const several = seen(invoiced([line(100_00), line(200_00, { date: '2026-03-02' })]))
  assert.equal(
    [one(several, 'InvoicePeriod/StartDate'), one(several, 'InvoicePeriod/EndDate')],
    ['2026-03-02', '2026-03-12'],
  )
  assert.equal(texts(several, 'InvoiceLine/InvoicePeriod/StartDate'), ['2026-03-12', '2026-03-02'])
})

Ubl('words are written as they were given: nothing in them is markup, and what XML cannot carry is left out', () => {
  const root = seen(
    invoiced([
      line(100_00, {
        description: 'R&amp;D &kaka; <b>]]>\u0007 😀\ud800\u001b\udc00',
        clientLabel: 'A. L.',
        practitioner: 'Ellen Sand',
      }),
    ]),
  )
  assert.is(one(root, 'InvoiceLine/Item/Name'), 'R&amp;D &kaka; <b>]]> 😀')
  assert.is(one(root, 'InvoiceLine/Item/Description'), 'Behandlare: Ellen Sand')
  assert.is(one(root, 'InvoiceLine/Note'), 'Klient: A. L.')
})

Ubl('the same invoice gives the same text, whatever became of it', () => {
  const invoice = invoiced([line(100_00)])
  assert.is(written(invoice), written({ ...invoice, status: 'paid', paid: invoice.toPay, creditedBy: ['9'] }))
})

const Preflight = suite('ubl preflight')

Preflight('a person is not reached by Peppol, whatever address was given', () => {
  const invoice: Invoice = { ...invoiced([line(100_00)]), payer: { kind: 'client', id: 'c1' } }
  const result = invoiceUbl(invoice)
  assert.ok(E.isLeft(result))
  assert.is(result.left._tag, 'UblNotPossible')
  assert.equal(
    result.left.reasons.map(({ rule, field }) => [rule, field]),
    [['UNDERLAG-PERSON', 'payer']],
  )
})

Preflight('the law asks for VAT numbers where the official rules do not', () => {
  const { vatNumber: _, ...unregistered } = seller
  assert.equal(rules(invoiced([line(100_00, { vat: standard(25) })], { seller: unregistered })), ['ML-17-24-3'])
  assert.equal(rules(invoiced([line(100_00)], { seller: unregistered })), [])
  const buyer = { name: 'Köparen AB', organisationNumber: '5560360793' }
  assert.equal(rules(invoiced([line(100_00, { vat: reverseCharge })], { buyer })), ['ML-17-24-4'])
  assert.equal(rules({ ...invoiced([line(100_00)]), kind: 'creditNote' }), ['ML-17-22'])
})

Preflight('sums are held to the öre, where the official rules forgive almost a krona', () => {
  const invoice = invoiced([line(100_00, { vat: standard(25) })])
  const [part] = invoice.vatBreakdown
  assert.ok(part !== undefined)
  const taxable = { ...part.taxable, amount: part.taxable.amount + 1 }
  assert.equal(rules({ ...invoice, vatBreakdown: [{ ...part, taxable }] }), ['BR-S-08'])
})

Preflight('a giro number whose last digit is wrong reaches somebody else', () => {
  assert.equal(rules(invoiced([line(100_00)], { seller: { ...seller, bankgiro: '5050-1056' } })), ['UNDERLAG-BANKGIRO'])
  const wrong = { ...seller, plusgiro: '41234567' }
  assert.equal(rules({ ...invoiced([line(100_00)]), seller: wrong }), ['UNDERLAG-PLUSGIRO'])
  assert.equal(rules({ ...invoiced([line(0)]), seller: wrong }), [])
})

Preflight('asks a seller and a buyer alone, before there is anything to invoice', () => {
  const buyer = { name: 'Köparen AB' }
  assert.equal(
    ublPreflight({ payer: { kind: 'company', id: 'k1' }, seller, buyer }).map(({ rule, field }) => [rule, field]),
    [
      ['PEPPOL-EN16931-R003', 'reference'],
      ['BR-10', 'buyer.address'],
      ['PEPPOL-EN16931-R010', 'buyer.eInvoice'],
    ],
  )
  for (const { remedy } of ublPreflight({
    payer: { kind: 'client', id: 'k1' },
    seller: { ...seller, name: '' },
    buyer,
  }))
    assert.match(remedy, /^[A-Z].*\.$/)
})

const Official = suite('ubl, official rules')
let validate: Validate = () => []
Official.before(async () => {
  const found = await official()
  if (typeof found === 'string') skipped(found)
  else validate = found
})

Official('find nothing in the samples, no warning either', () => {
  for (const [name, invoice] of documents) assert.equal(validate(written(invoice)), [], name)
})

Official('do find what is wrong', () => {
  const [, invoice] = documents[0] ?? []
  assert.ok(invoice !== undefined)
  const findings = validate(written(invoice).replace('SE:BANKGIRO', 'SE:PLUSGIRO').replace('>50501055<', '>505010550<'))
  assert.equal(
    findings.map(({ rule, flag }) => [rule, flag]),
    [['SE-R-010', 'warning']],
  )
})
