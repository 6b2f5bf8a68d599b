import { type Buyer, type IssuedInvoice, type Seller, sek } from '@underlag/invoicing'
import { skipped, suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { ID_CHECKS } from '../src/ubl/codes.js'
import { ublDocument } from '../src/ubl/document.js'
import { ublPreflight } from '../src/ubl/index.js'
import { anyIssued, type Issued } from './ubl-support/arbitrary.js'
import { official, type Validate } from './ubl-support/official.js'

const RUNS = Number(process.env.UNDERLAG_UBL_RUNS ?? 30)
const SEED = process.env.UNDERLAG_UBL_SEED === undefined ? {} : { seed: Number(process.env.UNDERLAG_UBL_SEED) }

type Change = (invoice: IssuedInvoice) => IssuedInvoice

const seller =
  (change: Partial<Seller>): Change =>
  (invoice) => ({ ...invoice, seller: { ...invoice.seller, ...change } })
const buyer =
  (change: Partial<Buyer>): Change =>
  (invoice) => ({ ...invoice, buyer: { ...invoice.buyer, ...change } })
const without = <T extends object, K extends keyof T>(from: T, ...keys: ReadonlyArray<K>): T => {
  const rest = { ...from }
  for (const key of keys) delete rest[key]
  return rest
}
const withoutOfSeller =
  (...keys: ReadonlyArray<keyof Seller>): Change =>
  (invoice) => ({ ...invoice, seller: without(invoice.seller, ...keys) })
const withoutOfBuyer =
  (...keys: ReadonlyArray<keyof Buyer>): Change =>
  (invoice) => ({ ...invoice, buyer: without(invoice.buyer, ...keys) })
const buyerIn =
  (country: string): Change =>
  (invoice) => ({
    ...invoice,
    buyer: { ...invoice.buyer, address: { lines: ['a'], postalCode: '111 22', city: 'b', country } },
  })
const reached = (scheme: string, id: string): Change => buyer({ eInvoice: { scheme, id } })
/** 200 kronor off: the official rules forgive almost one. */
const off = (money: { readonly amount: number }) => sek(money.amount + 20_000)
const both =
  (...changes: ReadonlyArray<Change>): Change =>
  (invoice) =>
    changes.reduce((changed, change) => change(changed), invoice)

/** What goes wrong with an invoice, by name. */
const CHANGES: Readonly<Record<string, Change>> = {
  nothing: (invoice) => invoice,
  'no reference': (invoice) => ({ ...without(invoice, 'reference'), buyer: without(invoice.buyer, 'buyerReference') }),
  'a reference of nothing': both(withoutOfBuyer('buyerReference'), (invoice) => ({
    ...invoice,
    reference: ' \u0007 ',
  })),
  'no electronic address': withoutOfBuyer('eInvoice'),
  'scheme taken out of use': reached('9955', 'SE556677889901'),
  'scheme of nobody': reached('1234', 'x'),
  'organisation number of a wrong digit': reached('0007', '5560360794'),
  'organisation number with a hyphen': reached('0007', '556036-0793'),
  'personal number in twelve digits': reached('0007', '198112189876'),
  'GLN of a wrong digit': reached('0088', '7365565781111'),
  'GLN of letters': reached('0088', '73655X'),
  'Danish number too short': reached('0184', 'DK1358562'),
  'Danish SE number': reached('0198', '13585628'),
  'Danish P number': reached('0096', '123'),
  'Norwegian number of a wrong digit': reached('0192', '923609017'),
  'Belgian number of a wrong digit': reached('0208', '0202239952'),
  'Australian number': reached('0151', '51824753557'),
  'Dutch KVK': reached('0106', '1234567'),
  'Dutch OIN': reached('0190', '123'),
  'Dutch VAT as address': reached('9944', 'NL123'),
  'Dutch establishment': reached('0217', '123'),
  'Italian IPA': reached('0201', 'ABCDE'),
  'Italian tax code': reached('0210', '123'),
  'Italian tax code of eleven': reached('0210', '12345678901'),
  'Italian tax code of sixteen': reached('0210', 'RSSMRA85T10A562S'),
  'Italian VAT': reached('0211', 'IT12345678901'),
  'Italian VAT that is one': reached('0211', 'IT00743110157'),
  'buyer without a name': withoutOfBuyer('name'),
  'buyer of an empty name': buyer({ name: '\u0001' }),
  'buyer without an address': withoutOfBuyer('address'),
  'buyer in no country': buyerIn('ZZ'),
  'buyer in Sweden with a bad number': both(buyerIn('SE'), buyer({ organisationNumber: '556677-8890' })),
  'buyer abroad with a number of its own': both(buyerIn('DK'), buyer({ organisationNumber: '13585628' })),
  'buyer’s VAT number of no country': buyer({ vatNumber: 'ZZ1234' }),
  'buyer’s Dutch VAT number': buyer({ vatNumber: 'NL1234' }),
  'buyer without any number': withoutOfBuyer('vatNumber', 'organisationNumber'),
  'seller without a name': seller({ name: ' ' }),
  'seller abroad': (invoice) => ({
    ...invoice,
    seller: { ...invoice.seller, address: { ...invoice.seller.address, country: 'DK' } },
  }),
  'seller’s number of a wrong digit': seller({ organisationNumber: '5560360794' }),
  'seller’s number too short': seller({ organisationNumber: '556036' }),
  'seller’s number of letters': seller({ organisationNumber: 'inget' }),
  'no VAT number': withoutOfSeller('vatNumber'),
  'no VAT number and no F-tax': both(withoutOfSeller('vatNumber'), seller({ fSkatt: false })),
  'VAT number too short': seller({ vatNumber: 'SE5560360793' }),
  'VAT number with a letter': seller({ vatNumber: 'SE5560X6079301' }),
  'VAT number of another country': seller({ vatNumber: 'FI12345678' }),
  'bankgiro too short': seller({ bankgiro: '123-456' }),
  'bankgiro too long': seller({ bankgiro: '123456789' }),
  'bankgiro of a wrong digit': seller({ bankgiro: '5050-1056' }),
  'plusgiro too short': seller({ plusgiro: '4' }),
  'plusgiro too long': seller({ plusgiro: '123456789' }),
  'plusgiro of a wrong digit': seller({ plusgiro: '4123456-7' }),
  'no way to pay': withoutOfSeller('bankgiro', 'plusgiro', 'swish'),
  'Swish alone': both(withoutOfSeller('bankgiro', 'plusgiro'), seller({ swish: '1231231231' })),
  'no lines': (invoice) => ({ ...invoice, lines: [] }),
  'net off': (invoice) => ({ ...invoice, net: off(invoice.net) }),
  'VAT off': (invoice) => ({ ...invoice, vatAmount: off(invoice.vatAmount) }),
  'to pay off': (invoice) => ({ ...invoice, toPay: off(invoice.toPay) }),
  'rounding off': (invoice) => ({ ...invoice, rounding: off(invoice.rounding) }),
  'taxable of one off': (invoice) => ({
    ...invoice,
    vatBreakdown: invoice.vatBreakdown.map((part, i) => (i === 0 ? { ...part, taxable: off(part.taxable) } : part)),
  }),
  'VAT of one off': (invoice) => ({
    ...invoice,
    vatBreakdown: invoice.vatBreakdown.map((part, i) => (i === 0 ? { ...part, vatAmount: off(part.vatAmount) } : part)),
  }),
  // A rate on which nothing was charged is missed by ours alone, and so is one of two exemptions that nothing falls under.
  'a VAT left out': (invoice) => ({
    ...invoice,
    vatBreakdown: invoice.vatBreakdown.filter(
      ({ vat, vatAmount, taxable }, i, all) =>
        i > 0 ||
        (vat.kind === 'standard'
          ? Math.abs(vatAmount.amount) < 100
          : Math.abs(taxable.amount) < 100 && all.some((other, j) => j > 0 && other.vat.kind === vat.kind)),
    ),
  }),
  'a line off': (invoice) => ({
    ...invoice,
    lines: invoice.lines.map((line, i) => (i === 0 ? { ...line, net: off(line.net) } : line)),
  }),
  'credits nothing': (invoice) => without(invoice, 'credits'),
  'to a person': (invoice) => ({ ...invoice, payer: { kind: 'client', id: 'c1' } }),
}

/** Rules that stand for one of ours: the same thing is wrong, and another of them may be the one that sees it. */
const SAME: Readonly<Record<string, RegExp>> = {
  'BR-S-08': /^BR-(S-0[18]|CO-14)$/,
  'BR-E-08': /^BR-E-0[18]$/,
  'BR-AE-08': /^BR-AE-0[18]$/,
  'PEPPOL-COMMON-R049': /^PEPPOL-EN16931-R020$/,
  'BR-CO-14': /^BR-CO-1[48]$/,
}
const isOurs = (rule: string): boolean => /^(ML|UNDERLAG)-/.test(rule)

/** The rules that are not those of an address scheme, each with the field that it is told at. */
const RULES = `
  BR-06 seller.name
  BR-07 buyer.name
  BR-10 buyer.address
  BR-16 lines
  BR-AE-02 buyer.vatNumber
  BR-AE-02 seller.vatNumber
  BR-AE-08 vatBreakdown
  BR-CL-14 buyer.address.country
  BR-CO-09 buyer.vatNumber
  BR-CO-10 net
  BR-CO-14 vatAmount
  BR-CO-16 toPay
  BR-CO-17 vatBreakdown
  BR-E-02 seller.vatNumber
  BR-E-08 vatBreakdown
  BR-S-02 seller.vatNumber
  BR-S-08 vatBreakdown
  ML-17-22 credits
  ML-17-24-3 seller.vatNumber
  ML-17-24-4 buyer.vatNumber
  PEPPOL-COMMON-R049 buyer.organisationNumber
  PEPPOL-COMMON-R049 seller.organisationNumber
  PEPPOL-COMMON-R056-2 buyer.vatNumber
  PEPPOL-EN16931-CL008 buyer.eInvoice.scheme
  PEPPOL-EN16931-R003 reference
  PEPPOL-EN16931-R010 buyer.eInvoice
  SE-R-001 seller.vatNumber
  SE-R-002 seller.vatNumber
  SE-R-009 seller.bankgiro
  SE-R-010 seller.plusgiro
  UNDERLAG-BANKGIRO seller.bankgiro
  UNDERLAG-PERSON payer
  UNDERLAG-PLUSGIRO seller.plusgiro
  UNDERLAG-SELLER-ABROAD seller.address.country
  UNDERLAG-SELLER-VAT seller.vatNumber
`

const Own = suite('ubl, own rules')

Own('each of them is broken by something that goes wrong, told once by its id, with a remedy', () => {
  const seen = new Set<string>()
  const invoices = fc.sample(
    anyIssued.filter(({ invoice }) => invoice.toPay.amount !== 0),
    { numRuns: 60, seed: 7 },
  )
  for (const { invoice } of invoices)
    for (const change of Object.values(CHANGES)) {
      const reasons = ublPreflight(change(invoice))
      const told = reasons.map(({ rule, field }) => `${rule} ${field}`)
      assert.is(new Set(told).size, told.length, told.join(', '))
      for (const { rule, field, remedy } of reasons) {
        assert.match(remedy, /^[A-Z].*\.$/)
        assert.not.match(`${rule} ${field}`, /undefined/)
      }
      for (const each of told) seen.add(each)
    }
  const schemes = Object.values(ID_CHECKS).map(({ rule }) => `${rule} buyer.eInvoice.id`)
  assert.equal([...seen].sort(), [...new Set([...RULES.trim().split(/\n\s*/), ...schemes])].sort())
})

const Differential = suite('ubl, own rules against the official ones')
let validate: Validate = () => []
Differential.before(async () => {
  const found = await official()
  if (typeof found === 'string') skipped(found)
  else validate = found
})

const compare = ({ invoice, original }: Issued): void => {
  const own = ublPreflight(invoice).map(({ rule }) => rule)
  const theirs = validate(ublDocument(invoice, original)).map(({ rule }) => rule)
  const verdicts = `own: ${own.join(' ')}; official: ${theirs.join(' ')}`
  assert.ok(theirs.length === 0 || own.length > 0, `missed by our own rules. ${verdicts}`)
  for (const rule of own)
    if (!isOurs(rule))
      assert.ok(
        theirs.some((other) => other === rule || SAME[rule]?.test(other)),
        `${rule} is not theirs. ${verdicts}`,
      )
}

const mutated = fc
  .tuple(anyIssued, fc.uniqueArray(fc.constantFrom(...Object.keys(CHANGES)), { minLength: 1, maxLength: 2 }))
  .map(([issued, names]) => ({
    names,
    issued: {
      ...issued,
      invoice: names.reduce((invoice, name) => (CHANGES[name] ?? ((same) => same))(invoice), issued.invoice),
    },
  }))

Differential('agree on each way to go wrong', () => {
  const [issued] = fc.sample(
    anyIssued.filter(
      ({ invoice }) => invoice.kind === 'invoice' && invoice.toPay.amount > 0 && invoice.vatAmount.amount > 0,
    ),
    { numRuns: 1, ...SEED },
  )
  assert.ok(issued !== undefined)
  for (const [name, change] of Object.entries(CHANGES)) {
    try {
      compare({ ...issued, invoice: change(issued.invoice) })
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
})

Differential('agree on any document with any two of them', () => {
  fc.assert(
    fc.property(mutated, ({ issued }) => compare(issued)),
    { numRuns: RUNS, includeErrorInReport: true, ...SEED },
  )
})
