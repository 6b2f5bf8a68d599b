import type { Invoice } from '@underlag/invoicing'
import { skipped, suite } from '@underlag/kernel/testing'
import { either as E } from 'fp-ts'
import * as assert from 'uvu/assert'
import { samples } from '../src/testing/sample-invoices.js'
import { invoiceUbl } from '../src/ubl/index.js'
import { official, type Validate } from './ubl-support/official.js'
import { ownFindings } from './ubl-support/own-checks.js'

/** The samples, made out to a company that Peppol reaches. */
const documents: ReadonlyArray<readonly [string, Invoice]> = Object.entries(samples).map(([name, invoice]) => [
  name,
  {
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
  },
])

const written = (invoice: Invoice): string => {
  const result = invoiceUbl(invoice, { invoiceDate: '2026-03-01' })
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

const Ubl = suite('ubl')

Ubl('is the invoice, element by element and to the öre', () => {
  for (const [name, invoice] of documents) assert.equal(ownFindings(written(invoice), invoice), [], name)
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
