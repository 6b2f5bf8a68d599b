import { skipped, suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { invoiceUbl } from '../src/ubl/index.js'
import { priceForUbl } from '../src/ubl/line-price.js'
import { anyIssued, type Issued } from './ubl-support/arbitrary.js'
import { official, type Validate } from './ubl-support/official.js'
import { ownFindings } from './ubl-support/own-checks.js'

/** How many documents the official rules see; `UNDERLAG_UBL_RUNS=10000` with `--timeout 7200` is the long run. */
const RUNS = Number(process.env.UNDERLAG_UBL_RUNS ?? 60)
const SEED = process.env.UNDERLAG_UBL_SEED === undefined ? {} : { seed: Number(process.env.UNDERLAG_UBL_SEED) }

const written = ({ invoice, original }: Issued): string => {
  const result = invoiceUbl(invoice, original)
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

const Property = suite('ubl, any document')

Property('is the invoice to the öre, its parts in order, none empty', () => {
  fc.assert(
    fc.property(anyIssued, (issued) => {
      const found = ownFindings(written(issued), issued.invoice)
      assert.ok(found.length === 0, found.join('; '))
    }),
    { numRuns: Math.max(1_000, RUNS), includeErrorInReport: true, ...SEED },
  )
})

const Official = suite('ubl, any document by the official rules')
let validate: Validate = () => []
Official.before(async () => {
  const found = await official()
  if (typeof found === 'string') skipped(found)
  else validate = found
})

Official('they find nothing, no warning either', () => {
  const seen = { documents: 0, ...Object.fromEntries(FEATURES.map(([name]) => [name, 0])) } as Record<string, number>
  fc.assert(
    fc.property(anyIssued, (issued) => {
      seen.documents = (seen.documents ?? 0) + 1
      for (const [name, has] of FEATURES) if (has(issued)) seen[name] = (seen[name] ?? 0) + 1
      if (RUNS > 1_000 && (seen.documents ?? 0) % 500 === 0) process.stderr.write(`${seen.documents} documents\n`)
      assert.equal(validate(written(issued)), [])
    }),
    { numRuns: RUNS, includeErrorInReport: true, ...SEED },
  )
  for (const [name] of FEATURES) if (RUNS >= 500) assert.ok((seen[name] ?? 0) > 0, `none with ${name}`)
  if (RUNS >= 500) console.log(JSON.stringify(seen))
})

const lineHas =
  (has: (line: Issued['invoice']['lines'][number], issued: Issued) => boolean) =>
  (issued: Issued): boolean =>
    issued.invoice.lines.some((line) => has(line, issued))

/** What the documents must have had among them. */
const FEATURES: ReadonlyArray<readonly [string, (issued: Issued) => boolean]> = [
  ['creditNote', ({ invoice }) => invoice.kind === 'creditNote'],
  ['inclusive', ({ invoice }) => invoice.seller.pricesIncludeVat],
  ['mixedVat', ({ invoice }) => invoice.vatBreakdown.length > 1],
  ['standard', lineHas(({ vat }) => vat.kind === 'standard')],
  ['healthcare', lineHas(({ vat }) => vat.kind === 'exempt' && vat.reason === 'healthcare')],
  ['smallBusiness', lineHas(({ vat }) => vat.kind === 'exempt' && vat.reason === 'smallBusiness')],
  ['reverseCharge', lineHas(({ vat }) => vat.kind === 'reverseCharge')],
  ['discount', lineHas(({ discountPercent }) => discountPercent !== '0')],
  ['deduction', lineHas(({ quantity }, { invoice }) => quantity.startsWith('-') === (invoice.kind === 'invoice'))],
  ['rounding', ({ invoice }) => invoice.rounding.amount !== 0],
  ['nothingToPay', ({ invoice }) => invoice.toPay.amount === 0],
  ['wholeKronor', ({ invoice }) => invoice.seller.wholeKronor === true],
  ['fullCredit', ({ invoice, original }) => original !== undefined && -invoice.toPay.amount === original.toPay.amount],
  ['partOfCredit', ({ invoice, original }) => original !== undefined && -invoice.net.amount < original.net.amount],
  ['manyLines', ({ invoice }) => invoice.lines.length > 50],
  ['english', ({ invoice }) => invoice.language === 'en'],
  ['prefix', ({ invoice }) => !/^\d/.test(invoice.invoiceNumber)],
  ['organisationNumberAsAddress', ({ invoice }) => invoice.buyer.eInvoice?.scheme === '0007'],
  ['gln', ({ invoice }) => invoice.buyer.eInvoice?.scheme === '0088'],
  ['noReferenceOfTheBuyer', ({ invoice }) => invoice.buyer.buyerReference === undefined],
  ['bothReferences', ({ invoice }) => invoice.buyer.buyerReference !== undefined && invoice.reference !== undefined],
  ['fTax', ({ invoice }) => invoice.seller.fSkatt],
  ['noFTax', ({ invoice }) => !invoice.seller.fSkatt],
  ['mod10', ({ invoice }) => invoice.seller.ocr === 'mod10'],
  ['mod10WithLength', ({ invoice }) => invoice.seller.ocr === 'mod10WithLength'],
  ['swishAlone', ({ invoice: { seller } }) => seller.swish !== undefined && !(seller.bankgiro ?? seller.plusgiro)],
  ['noAccount', ({ invoice: { seller } }) => !(seller.swish ?? seller.bankgiro ?? seller.plusgiro)],
  ['control', lineHas(({ description = '' }) => /[\u0000-\u0008]/.test(description))],
  ['halfSurrogate', lineHas(({ description = '' }) => /\p{Surrogate}/u.test(description))],
  ['emoji', lineHas(({ description = '' }) => description.includes('😀'))],
  ['noVatNumber', ({ invoice }) => invoice.seller.vatNumber === undefined],
  [
    'bankgiroAndPlusgiro',
    ({ invoice }) => invoice.seller.bankgiro !== undefined && invoice.seller.plusgiro !== undefined,
  ],
  ['foreignBuyer', ({ invoice }) => invoice.buyer.address?.country !== 'SE'],
  [
    'adjustedLine',
    lineHas((line, { invoice }) =>
      priceForUbl(line, invoice.seller.pricesIncludeVat, invoice.kind === 'creditNote' ? -1n : 1n).adjustments.some(
        ({ why }) => why === 'rounding',
      ),
    ),
  ],
]
