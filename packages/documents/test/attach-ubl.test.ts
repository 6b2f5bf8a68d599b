import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { attachUbl } from '../src/pdf/attach-ubl.js'
import { findBrowser } from '../src/pdf/find-browser.js'
import { pdfRenderer } from '../src/pdf/renderer.js'
import { samples } from '../src/testing/sample-invoices.js'
import { inspect, missingTools } from './pdf-tools.js'

const Attached = suite('ubl inside the pdf')

let pdf: Uint8Array
Attached.before(async () => {
  if (E.isLeft(findBrowser())) skipped('no browser to print with')
  const missing = missingTools()
  if (missing.length > 0) skipped(`not on this machine: ${missing.join(', ')} (Debian: poppler-utils, qpdf)`)
  const renderer = pdfRenderer({ pages: 1 })
  const invoice = samples['company-clients']
  if (invoice === undefined) throw new Error('no such sample')
  const printed = await renderer.render(invoice)()
  await renderer.close()
  if (E.isLeft(printed)) throw new Error(JSON.stringify(printed.left))
  pdf = printed.right
})

const xml = '<?xml version="1.0" encoding="UTF-8"?><Invoice>Åsa &amp; Örjan</Invoice>'
const file = { fileName: 'faktura-1042.xml', description: 'Peppol BIS Billing 3.0 (UBL 2.1)', date: '2026-03-31' }

Attached('leaves the pdf as it was, tags and all, and the file comes out as it went in', async () => {
  const whole = await attachUbl(pdf, xml, file)
  assert.ok(Buffer.from(whole).subarray(0, pdf.length).equals(Buffer.from(pdf)))
  inspect('qpdf', whole, '--check')
  const [before, after] = [pdf, whole].map((one) => inspect('pdfinfo', one, '-struct-text'))
  assert.is(after, before)
  assert.match(inspect('pdfinfo', whole), /Tagged: +yes/)
  assert.is(inspect('pdftotext', whole, '-layout'), inspect('pdftotext', pdf, '-layout'))
  assert.is(inspect('qpdf', whole, '--show-attachment=faktura-1042.xml'), xml)
})

Attached('says its kind, its date and that it is the same invoice in another form', async () => {
  const whole = await attachUbl(pdf, xml, file)
  const listed = inspect('qpdf', whole, '--list-attachments', '--verbose')
  assert.match(listed, /mime type: application\/xml/)
  assert.match(listed, /creation date: D:20260331000000Z/)
  assert.match(listed, /description: Peppol BIS Billing 3\.0 \(UBL 2\.1\)/)
  const added = Buffer.from(whole).subarray(pdf.length).toString('latin1')
  const [, spec = ''] = /\/AF \[ (\d+ 0) R \]/.exec(added) ?? []
  assert.ok(spec !== '' && added.includes(`\n${spec} obj`), 'the document names it as associated')
  assert.match(added, '/AFRelationship /Alternative')
})

Attached('is the same bytes each time', async () => {
  const [one, other] = [await attachUbl(pdf, xml, file), await attachUbl(pdf, xml, file)]
  assert.ok(Buffer.from(one).equals(Buffer.from(other)))
})
