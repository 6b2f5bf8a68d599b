import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findBrowser, pdfRenderer } from '@underlag/documents'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import * as assert from 'uvu/assert'
import { decodeConfig, type Invoice, openUnderlag, type UnderlagConfig } from '../src/index.js'
import { type Clinic, inClinic, openClinic, right, settled } from './support/clinic.js'
import { onDay } from './support/samples.js'
import { onSqlite, stores, temporaryFolder } from './support/stores.js'

const config = (colour: string, invoice: string): UnderlagConfig => ({
  documents: { colour, texts: { sv: { invoice, note: `${invoice}: tack.` } } },
})
const red = config('#8a1538', 'Röd faktura')
const blue = config('#123c7a', 'Blå faktura')

const register = async ({ accept }: Clinic, bookingId: string): Promise<Invoice> => {
  await accept('RecordBooking', { bookingId, clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(2) })
  const { events } = await accept('RegisterInvoice', { payer: { kind: 'client', id: 'anna' }, delivery: 'none' })
  return events[0]?.data as Invoice
}
const html = async ({ underlag }: Clinic, number: string): Promise<string> => {
  const found = await right(underlag.invoiceHtml(number))
  return O.isSome(found) ? found.value : 'no such invoice'
}

for (const kind of stores) {
  const Theme = suite(`themes on ${kind.name}`)

  Theme(
    'an invoice keeps the looks it was issued with, whatever theme is in force when it is shown',
    inClinic(
      kind,
      async (clinic) => {
        await settled(clinic)
        const first = await register(clinic, 'b1')
        assert.match(first.theme ?? '', /^[0-9a-f]{64}$/)
        const asIssued = await html(clinic, '1')
        assert.ok(asIssued.includes('Röd faktura') && asIssued.includes('#8a1538'))

        const later = await clinic.open({ config: blue })
        assert.is(await html(later, '1'), asIssued)
        const second = await register(later, 'b2')
        assert.is.not(second.theme, first.theme)
        assert.ok((await html(later, '2')).includes('Blå faktura: tack.'))

        const plain = await clinic.open({ config: {} })
        assert.is(await html(plain, '1'), asIssued)
        const third = await register(plain, 'b3')
        assert.is(third.theme, undefined)
        assert.not.ok((await html(plain, '3')).includes('faktura: tack.'))
        assert.ok((await right(plain.underlag.verify())).ok)
      },
      { config: red },
    ),
  )

  Theme(
    'a credit note has the looks of its own day, and a preview those of today',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      await register(clinic, 'b1')
      const later = await clinic.open({ config: blue })
      const command = {
        type: 'CreditInvoice',
        commandId: 'k1',
        data: { invoiceNumber: '1', reason: 'fel', releaseItems: true },
      }
      const { invoices } = await right(later.underlag.preview(command))
      assert.ok((await right(later.underlag.execute(command))).ok)
      const note = await right(later.underlag.invoice('2'))
      assert.ok(O.isSome(note) && note.value.theme !== undefined)
      assert.is(O.isSome(note) && note.value.theme, invoices[0]?.theme)
      const invoice = await right(later.underlag.invoice('1'))
      assert.is(O.isSome(invoice) && invoice.value.theme, undefined)
    }),
  )
}

const Config = suite('themes in the configuration')

Config('what cannot be rendered is refused as the library is opened, with file, line and reason', async () => {
  const folder = await temporaryFolder()
  try {
    const template = join(folder, 'own.hbs')
    writeFileSync(template, '<h1>{{heading}}</h1>\n<script>alert(1)</script>\n')
    const opened = await openUnderlag({
      store: `sqlite:${join(folder, 'underlag.db')}`,
      config: { documents: { colour: '#ffee00', template: { file: template } } },
    })()
    assert.ok(E.isLeft(opened) && opened.left._tag === 'UnusableConfig')
    if (!E.isLeft(opened) || opened.left._tag !== 'UnusableConfig') return
    assert.match(opened.left.problems[0] ?? '', /^documents\.colour: #ffee00 has a contrast of 1\.\d:1/)
    assert.is(
      opened.left.problems[1],
      `documents.template.file ${template} line 2: <script> has no place in a document: it is read, and nothing in it runs`,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
  const decoded = decodeConfig({ documents: { colour: 'red', font: 'Arial' } })
  assert.equal(E.isLeft(decoded) && decoded.left.problems, [
    'documents.colour must be a colour as #rrggbb (got "red")',
    'documents.font must be left out: it is no field here (known: colour, logo, texts, template)',
  ])
})

Config('a theme that is lost is told, and only its own invoices wait for it', async () => {
  const place = await onSqlite.place()
  const clinic = await openClinic(place, { config: red })
  try {
    await settled(clinic)
    await register(clinic, 'b1')
    const ports = await place.ports()
    const without = await clinic.open({
      config: {},
      store: { ...ports, documents: { ...ports.documents, get: () => async () => E.right(O.none) } },
    })
    const lost = await without.underlag.invoiceHtml('1')()
    assert.is(E.isLeft(lost) && lost.left._tag, 'ThemeMissing')
    const checked = await right(without.underlag.verify())
    assert.match(checked.checks.find(({ ok }) => !ok)?.detail ?? '', 'the theme of 1 is missing')
    await register(without, 'b2')
    assert.match(await html(without, '2'), '<h1>Faktura')
  } finally {
    await clinic.close()
    await place.cleanup()
  }
})

Config('the PDF of an invoice that is printed after the theme changed has the bytes it would have had', async () => {
  if (E.isLeft(findBrowser())) skipped('no browser to print with')
  const pdfs: Array<Uint8Array> = []
  for (const printedUnder of [red, blue]) {
    const place = await onSqlite.place()
    const clinic = await openClinic(place, { config: red })
    try {
      await settled(clinic)
      await register(clinic, 'b1')
      const renderer = pdfRenderer({ pages: 1 })
      const printing = await clinic.open({ config: printedUnder, renderer })
      const pdf = await right(printing.underlag.invoicePdf('1'))
      if (O.isSome(pdf)) pdfs.push(pdf.value)
      await renderer.close()
    } finally {
      await clinic.close()
      await place.cleanup()
    }
  }
  const [before, after] = pdfs
  assert.ok(before !== undefined && after !== undefined && Buffer.from(before).equals(after))
})
