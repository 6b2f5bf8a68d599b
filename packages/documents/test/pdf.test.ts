import { execFileSync } from 'node:child_process'
import type { Buyer, Invoice } from '@underlag/invoicing'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import jsqr from 'jsqr'
import puppeteer from 'puppeteer-core'
import * as assert from 'uvu/assert'
import { invoiceHtml } from '../src/invoice-html.js'
import { launchBrowser } from '../src/pdf/browser.js'
import type { RenderFailure } from '../src/pdf/failure.js'
import { findBrowser } from '../src/pdf/find-browser.js'
import { type HtmlPage, type PdfRenderer, pdfRenderer } from '../src/pdf/renderer.js'
import { addressRows } from '../src/template/address-rows.js'
import { type AddressPosition, addressZones } from '../src/template/layout.js'
import { sample, samples, seller } from '../src/testing/sample-invoices.js'
import type { Look } from '../src/theme/look.js'
import { inspect, missingTools, pictureOfFirstPage, wordsOfFirstPage } from './pdf-tools.js'
import { png } from './pictures.js'

const Pdf = suite('pdf')

let renderer: PdfRenderer = pdfRenderer()

Pdf.before(() => {
  const found = findBrowser()
  if (E.isLeft(found) && found.left._tag === 'BrowserNotFound')
    skipped(`no browser to print with. ${found.left.remedy}`)
  const missing = missingTools()
  if (missing.length > 0) skipped(`not on this machine: ${missing.join(', ')} (Debian: poppler-utils, qpdf)`)
  renderer = pdfRenderer()
})
Pdf.after(() => renderer.close())

const given = (name: string): Invoice => {
  const invoice = samples[name]
  if (invoice === undefined) throw new Error(`no sample ${name}`)
  return invoice
}

const right = (result: E.Either<RenderFailure, Uint8Array>): Uint8Array => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

const print = async (document: Invoice | HtmlPage): Promise<Uint8Array> => right(await renderer.render(document)())

/** Processes on this machine whose command line has `text` in it. */
const running = (text: string): number =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text)).length

Pdf('is tagged, titled, dated by the invoice, one A4 page with its own fonts, at most 75 kB', async () => {
  for (const name of ['one-line', 'full-page', 'english', 'credit-note']) {
    const pdf = await print(given(name))
    const info = inspect('pdfinfo', pdf)
    assert.match(info, /Tagged: +yes/)
    assert.match(info, /Pages: +1\n/)
    assert.match(info, /Page size: +59[45].* \(A4\)/)
    assert.match(info, /CreationDate: +Tue Mar 31/)
    assert.match(info, /JavaScript: +no/)
    const fonts = inspect('pdffonts', pdf).trim().split('\n').slice(2)
    assert.ok(fonts.length >= 2)
    for (const font of fonts) assert.match(font, /SourceSans3\S* +CID TrueType +Identity-H +yes yes yes/)
    assert.ok(pdf.length <= 75_000, `${name}: ${pdf.length} bytes`)
    inspect('qpdf', pdf, '--check')
  }
  assert.match(
    inspect('pdfinfo', await print(given('one-line'))),
    'Title:           Faktura 1042 – Lindgården Psykologmottagning AB',
  )
})

Pdf('says its language and can be read aloud in order', async () => {
  const pdf = await print(given('one-line'))
  assert.match(Buffer.from(pdf).toString('latin1'), '/Lang (sv)')
  const structure = inspect('pdfinfo', pdf, '-struct')
  for (const tag of ['H1', 'Table', 'TH', 'Figure']) assert.match(structure, tag)
  assert.match(Buffer.from(pdf).toString('latin1'), '/Alt ')
})

Pdf('has the text in it, in both languages', async () => {
  const swedish = inspect('pdftotext', await print(given('one-line')), '-layout')
  for (const text of [
    'Att betala',
    '1 200,00 kr',
    'Märta Åkerström',
    'Sida 1 av 1',
    '556677-8899',
    'Godkänd för F-skatt',
    '10 kap. 6 §',
  ]) {
    assert.ok(swedish.replaceAll('\u00a0', ' ').includes(text), text)
  }
  const english = inspect('pdftotext', await print(given('english')), '-layout')
  for (const text of ['Łukasz Wiśniewski', 'Page 1 of 1', '30 Apr 2026'])
    assert.ok(english.replaceAll('\u00a0', ' ').includes(text), text)
})

Pdf('repeats head and foot on every page and leaves no total alone', async () => {
  const pdf = await print(given('many-lines'))
  const pages = inspect('pdftotext', pdf, '-layout').split('\f').slice(0, -1)
  assert.ok(pages.length > 2)
  pages.forEach((page, index) => {
    assert.match(page, `Sida ${index + 1} av ${pages.length}`)
    assert.match(page, /Utfört +Beskrivning/)
    assert.match(page, '556677-8899')
    assert.match(page, /2026-03-\d\d +\S/)
  })
  // However many lines there are, the sums stand on a page with at least one of them.
  for (let lines = 8; lines <= 20; lines++) {
    const invoice = sample(
      Array.from({ length: lines }, () => ({ date: '2026-03-12', description: 'Samtal', price: 100 })),
    )
    const last =
      inspect('pdftotext', await print(invoice), '-layout')
        .split('\f')
        .at(-2) ?? ''
    assert.match(last, /2026-03-12 +Samtal/)
    assert.match(last, 'Summa exkl. moms')
  }
})

Pdf('says at the head of each page whose lines run on there, and keeps the few of a client together', async () => {
  const line = (client: string, clientLabel: string) => ({
    date: '2026-03-12',
    description: 'Krissamtal',
    price: 1000,
    ...{ client, clientLabel },
  })
  const of = (count: number, client: string, label: string) => Array.from({ length: count }, () => line(client, label))
  for (let few = 1; few <= 6; few++) {
    const invoice = {
      ...given('company-clients'),
      ...sample([...of(few, 'a', 'A. L.'), ...of(40, 'b', 'Bo Ek'), ...of(6, 'c', 'C. D.')]),
    }
    const pages = inspect('pdftotext', await print(invoice), '-layout')
      .split('\f')
      .slice(0, -1)
    for (const page of pages.slice(1, -1)) assert.match(page, /Utfört[^\n]*\n\s*Bo Ek\n/)
    const last = pages.filter((page) => page.includes('C. D.'))
    assert.is(last.length, 1)
    assert.is(last[0]?.split('C. D.')[1]?.split('Krissamtal').length, 7)
  }
})

Pdf('has a payment code that an app reads, in every colour', async () => {
  const { bankgiro: _, ...without } = seller
  const read = async (invoice: Invoice, look: Look = {}): Promise<string | undefined> => {
    const { data, width, height } = pictureOfFirstPage(right(await renderer.render(invoice, { theme: look })()))
    return (jsqr as unknown as typeof jsqr.default)(data, width, height)?.data
  }
  const facts = { uqr: 1, tp: 1, nme: seller.name, cid: '556677-8899', iref: '10421', idt: '20260331', ddt: '20260430' }
  for (const look of [{}, { colour: '#7a1f3d', logo: `data:image/png;base64,${png(80, 20).toString('base64')}` }])
    assert.equal(JSON.parse((await read(given('one-line'), look)) ?? 'null'), {
      ...facts,
      ...{ due: 1200, pt: 'BG', acc: '5050-1055' },
    })
  const plusgiro = await read({ ...given('all-vat-kinds'), seller: { ...without, plusgiro: '12345674' } })
  assert.equal(JSON.parse(plusgiro ?? 'null'), { ...facts, due: 5109, pt: 'PG', acc: '1234567-4' })
  assert.is(await read(given('small-business')), 'C1231112223;900,00;10421;0')
  assert.is(await read(given('credit-note')), undefined)
})

Pdf('has the recipient, and nothing else, in the window of the envelope', async () => {
  const positions: ReadonlyArray<AddressPosition> = ['right', 'left']
  for (const addressPosition of positions) {
    const zone = addressZones[addressPosition]
    const other = pdfRenderer({ template: { addressPosition }, pages: 1 })
    try {
      for (const name of ['one-line', 'english', 'long-names', 'company-clients']) {
        const invoice = given(name)
        const words = wordsOfFirstPage(right(await other.render(invoice)()))
        const inZone = words.filter(
          (word) =>
            word.right > zone.x &&
            word.left < zone.x + zone.width &&
            word.bottom > zone.y &&
            word.top < zone.y + zone.height,
        )
        const text = inZone.map((word) => word.text).join(' ')
        const { address } = invoice.buyer
        assert.ok(
          text.startsWith((invoice.buyer.name ?? '').split(/[ -]/)[0] ?? ''),
          `${addressPosition} ${name}: ${text}`,
        )
        for (const line of address?.lines ?? [])
          assert.ok(text.replaceAll('&amp;', '&').includes(line), `${addressPosition} ${name}: ${text}`)
        for (const word of inZone) {
          const where = `${addressPosition} ${name}: ${JSON.stringify(word)}`
          assert.ok(word.left >= zone.x - 0.1 && word.right <= zone.x + zone.width + 0.1, where)
          assert.ok(word.top >= zone.y - 0.5 && word.bottom <= zone.y + zone.height + 0.5, where)
        }
        assert.not.ok(/Fakturadatum|Fakturanummer|betala|Invoice|To pay/.test(text), text)
      }
    } finally {
      await other.close()
    }
  }
})

Pdf(
  'counts the rows of an address as they are set, and leaves room on the page for more than the window shows',
  async () => {
    const region =
      'Region Västra Götaland, Sahlgrenska Universitetssjukhuset, Område 5, Barn- och ungdomspsykiatriska öppenvården'
    const address = (...lines: ReadonlyArray<string>) => ({
      lines,
      postalCode: '405 44',
      city: 'Göteborg',
      country: 'SE',
    })
    const buyers: ReadonlyArray<Buyer> = [
      { name: 'Åsa Öberg', address: address('Storgatan 1') },
      { name: 'Stiftelsen Kognitiva Specialistmottagningen i Väst', address: address('Box 3') },
      { name: region, address: address('Regionservice, Ekonomiavdelningen, leverantörsfakturor', 'Box 3') },
      { name: region, address: address('Ansvar 4021-BUP-17', 'beställare Anna-Karin Bergström', 'Box 3', 'Plan 4') },
      { name: 'W'.repeat(200), address: address('M'.repeat(200), 'i'.repeat(200), 'å'.repeat(90), '7'.repeat(60)) },
      { name: 'MOTTAGNINGEN FÖR WÅRD '.repeat(9).slice(0, 200), address: address(...Array(4).fill('Wäg-'.repeat(50))) },
    ]
    const positions: ReadonlyArray<AddressPosition> = ['right', 'left']
    for (const addressPosition of positions)
      for (const [i, buyer] of buyers.entries()) {
        const invoice: Invoice = { ...given('one-line'), buyer, addressPosition }
        const words = wordsOfFirstPage(right(await renderer.render(invoice)()))
        const zone = addressZones[addressPosition]
        const box = words.find(({ text, top }) => text === 'betala' && top > zone.y)
        const inColumn = words.filter(
          ({ left, right: end, top }) =>
            left >= zone.x - 0.5 && end <= zone.x + zone.width + 0.5 && top >= zone.y - 1 && top < (box?.top ?? 0) - 6,
        )
        const rows = new Set(inColumn.map(({ top }) => Math.round(top * 2))).size
        const where = `${addressPosition}, buyer ${i}: ${rows} rows`
        // Widths are rounded up, which shows where letters come by the hundred.
        const counted = addressRows(buyer, addressPosition)
        assert.ok(counted >= rows && counted <= rows + (rows > 10 ? 2 : 0), `${where}, counted ${counted}`)
        const bottom = Math.max(...inColumn.map((word) => word.bottom))
        assert.ok((box?.top ?? 0) > bottom + 3, `${where}; the payment at ${box?.top}, the address until ${bottom}`)
        if (rows <= 7) assert.ok(bottom <= zone.y + zone.height + 0.5, where)
      }
  },
)

Pdf('is one column on a telephone, nothing wider than its screen, each figure with its name', async () => {
  const found = findBrowser()
  if (E.isLeft(found)) throw new Error('no browser')
  const browser = await puppeteer.launch({
    executablePath: found.right,
    headless: 'shell',
    pipe: true,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  try {
    const page = await browser.newPage()
    const logo = `data:image/png;base64,${png(800, 200).toString('base64')}`
    await page.setViewport({ width: 360, height: 740, isMobile: true })
    for (const [name, invoice] of Object.entries(samples))
      for (const addressPosition of ['left', 'right'] satisfies ReadonlyArray<AddressPosition>) {
        await page.setContent(invoiceHtml(invoice, { addressPosition, theme: { logo } }))
        assert.equal(await page.evaluate('[innerWidth, document.documentElement.scrollWidth]'), [360, 360], name)
        const names = await page.evaluate(
          `[...document.querySelectorAll('.lines td:not(:empty)')].map((cell) => getComputedStyle(cell, '::before').content)`,
        )
        assert.ok((names as ReadonlyArray<string>).includes(invoice.language === 'sv' ? '"Antal: "' : '"Quantity: "'))
      }
  } finally {
    await browser.close()
  }
})

Pdf('gives the same bytes for the same invoice, whatever was printed before and from any browser', async () => {
  const invoice = given('all-vat-kinds')
  const first = await print(invoice)
  await print(given('many-lines'))
  assert.equal(Buffer.from(await print(invoice)).equals(first), true)
  const other = pdfRenderer({ pages: 1 })
  const again = right(await other.render(invoice)())
  await other.close()
  assert.equal(Buffer.from(again).equals(first), true)
})

Pdf('never falls back to another font, over many prints at once', async () => {
  const prints = await Promise.all(
    Array.from({ length: 60 }, (_, index) => print({ ...given('english'), invoiceNumber: `${index + 1}` })),
  )
  for (const [index, pdf] of prints.entries()) {
    const fonts = inspect('pdffonts', pdf).trim().split('\n').slice(2)
    assert.ok(fonts.length > 0 && fonts.every((font) => font.includes('SourceSans3')), fonts.join('\n'))
    assert.match(inspect('pdfinfo', pdf), `Invoice ${index + 1} –`)
  }
})

Pdf('prints a page of the host as it is, with script off and no network', async () => {
  const html = `<title>Eget</title><p id="a">före</p><img src="http://127.0.0.1:9/x.png"><script>document.getElementById('a').textContent='efter'</script>`
  const pdf = await print({ html, date: '2026-01-02' })
  assert.match(inspect('pdftotext', pdf), 'före')
  assert.match(inspect('pdfinfo', pdf), /Title: +Eget/)
})

Pdf('prints again when the browser was killed during the print', async () => {
  const other = pdfRenderer({ pages: 2 })
  try {
    right(await other.render(given('one-line'))())
    const many = Array.from({ length: 12 }, () => other.render(given('many-lines'))())
    await new Promise((resolve) => setTimeout(resolve, 150))
    killChildren()
    const results = await Promise.all(many)
    assert.is(results.filter(E.isRight).length, 12)
    right(await other.render(given('one-line'))())
  } finally {
    await other.close()
  }
})

Pdf('prints again at once when its pages run out of memory, and the browser lives on or not', async () => {
  const other = pdfRenderer({ pages: 2 })
  try {
    right(await other.render(given('one-line'))())
    // While a page is being opened, and while all print.
    for (const delay of [0, 15, 30, 200]) {
      const many = Array.from({ length: 6 }, () => other.render(given('many-lines'))())
      await new Promise((resolve) => setTimeout(resolve, delay))
      // What the machine does to a process that takes too much memory.
      for (const pid of pagesOf(children())) process.kill(pid, 'SIGKILL')
      const before = Date.now()
      const results = await Promise.all(many)
      assert.is(results.filter(E.isRight).length, 6, JSON.stringify(results.filter(E.isLeft)))
      assert.ok(Date.now() - before < 25_000, 'it was not waited for until the print was late')
    }
  } finally {
    await other.close()
  }
  assert.is(pagesOf(children()).length, 0)
})

Pdf('ends a browser that hangs, and prints with another', async () => {
  const other = pdfRenderer({ pages: 2, timeoutMs: 4_000 })
  try {
    const first = right(await other.render(given('one-line'))())
    const hanging = children()
    for (const pid of hanging) process.kill(-pid, 'SIGSTOP')
    const results = await Promise.all([other.render(given('one-line'))(), other.render(given('one-line'))()])
    for (const result of results) assert.ok(Buffer.from(right(result)).equals(first))
    for (const pid of hanging) assert.not.ok(children().includes(pid))
  } finally {
    await other.close()
  }
})

Pdf('opens a page only when it is needed', async () => {
  const other = pdfRenderer({ pages: 3 })
  try {
    for (let i = 0; i < 3; i++) right(await other.render(given('one-line'))())
    assert.is(pagesOf(children()).length, 1)
    await Promise.all(Array.from({ length: 9 }, async () => right(await other.render(given('one-line'))())))
    assert.is(pagesOf(children()).length, 3)
  } finally {
    await other.close()
  }
})

Pdf('ends a print that takes too long, and says so', async () => {
  const slow = pdfRenderer({ timeoutMs: 1_500, pages: 1 })
  try {
    right(await slow.render(given('one-line'))())
    const rows = '<table>'.repeat(30) + '<tr><td>x'.repeat(400_000)
    const result = await slow.render({ html: rows, date: '2026-01-02' })()
    assert.equal(result, E.left({ _tag: 'RenderTimedOut', timeoutMs: 1_500 }))
    right(await slow.render(given('one-line'))())
  } finally {
    await slow.close()
  }
})

Pdf('leaves no process behind, and fails what is asked after close', async () => {
  const other = pdfRenderer()
  right(await other.render(given('one-line'))())
  const pending = Array.from({ length: 6 }, () => other.render(given('many-lines'))())
  await other.close()
  for (const result of await Promise.all(pending)) {
    assert.ok(E.isRight(result) || result.left._tag === 'RendererClosed', JSON.stringify(result))
  }
  assert.equal(await other.render(given('one-line'))(), E.left({ _tag: 'RendererClosed' }))
  await other.close()
  await renderer.close()
  assert.is(children().length, 0)
  renderer = pdfRenderer()
})

Pdf('leaves no process behind when this process dies', async () => {
  const here = new URL('../src/index.js', import.meta.url).href
  const there = new URL('../src/testing/sample-invoices.js', import.meta.url).href
  const marker = `--underlag-test=${process.pid}`
  const script = `
    const { pdfRenderer, findBrowser } = await import(${JSON.stringify(here)})
    const { samples } = await import(${JSON.stringify(there)})
    await pdfRenderer().render(samples['one-line'])()
    process.kill(process.pid, 'SIGKILL')`
  const before = running('--type=renderer')
  assert.throws(() =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script, marker], { stdio: 'ignore' }),
  )
  for (let tries = 0; tries < 50 && running('--type=renderer') > before; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.ok(running('--type=renderer') <= before)
})

Pdf('fails when the browser does not start', async () => {
  const other = pdfRenderer({ executablePath: '/bin/false' })
  const result = await other.render(given('one-line'))()
  assert.is(E.isLeft(result) && result.left._tag, 'BrowserFailed')
  const none = pdfRenderer({ executablePath: '/nowhere' })
  const notFound = await none.render(given('one-line'))()
  assert.is(E.isLeft(notFound) && notFound.left._tag, 'BrowserNotFound')
  await Promise.all([other.close(), none.close()])
})

Pdf('keeps the fonts in its pages with this browser', async () => {
  const found = findBrowser()
  if (E.isLeft(found)) throw new Error('no browser')
  const browser = await launchBrowser(found.right, 30_000)
  const page = await browser.openPage()
  await browser.kill()
  assert.is(page.fonts, 'installed')
})

/** Browsers that this process started. */
const children = (): ReadonlyArray<number> =>
  execFileSync('ps', ['-eo', 'pid,ppid,stat,args'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, parent, state, ...args]) =>
        Number(parent) === process.pid && state !== 'Z' && !args.join(' ').startsWith('ps '),
    )
    .map(([pid]) => Number(pid))

/** Processes of pages, one each, in the groups of these browsers. */
const pagesOf = (browsers: ReadonlyArray<number>): ReadonlyArray<number> =>
  execFileSync('ps', ['-eo', 'pid,pgid,args'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, group, ...args]) => browsers.includes(Number(group)) && args.includes('--type=renderer'))
    .map(([pid]) => Number(pid))

const killChildren = (): void => {
  for (const pid of children()) process.kill(-pid, 'SIGKILL')
}
