import type { Invoice } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { documentHtml, invoiceHtml } from '../src/invoice-html.js'
import { sample, samples, seller, standard } from '../src/testing/sample-invoices.js'
import { assertGolden } from './golden-files.js'

const Html = suite('invoice html')

const given = (name: string): Invoice => {
  const invoice = samples[name]
  if (invoice === undefined) throw new Error(`no sample ${name}`)
  return invoice
}

/** What a reader sees, without tags and style; a table's cells are apart. */
const textOf = (html: string): string =>
  html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replace(/<[^>]+>/g, '|')
    .replaceAll('&amp;', '&')
    .replace(/\s*\|[\s|]*/g, '|')

const seen = (invoice: Invoice): string => textOf(invoiceHtml(invoice))

const says = (invoice: Invoice, ...texts: ReadonlyArray<string>): void => {
  const text = seen(invoice)
  for (const each of texts) assert.ok(text.includes(each), `"${each}" is not in ${text}`)
}

const footerOf = (html: string): string =>
  [...html.matchAll(/@bottom-(?:left|center|right) \{ content: ([^;]*);/g)]
    .map(([, content = '']) =>
      content.replace(/\\([0-9a-f]+) /g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))),
    )
    .join('\n')

Html('says what the act lists, on exempt care (17:24)', () => {
  says(
    given('one-line'),
    'Faktura|Fakturanummer|1042',
    'Fakturadatum|2026-03-31',
    'Förfallodatum|2026-04-30',
    'Lindgården Psykologmottagning AB|Lindgatan 14|413\u00a019 Göteborg',
    'Märta Åkerström|Örtagårdsvägen 3 B, lgh 1203|412\u00a055 Göteborg',
    '2026-03-12|Samtalsterapi, 45 minuter|Leg. psykolog Ellen Sand|1|1\u00a0200,00|1\u00a0200,00',
    'Undantaget från moms|1\u00a0200,00|0,00',
    'Undantagen från moms enligt 10 kap. 6 § mervärdesskattelagen (2023:200).',
    'Att betala|1\u00a0200,00\u00a0kr',
    'OCR-nummer|10421',
    'Bankgiro|5050-1055',
  )
})

Html('has the seller with numbers and F-tax at the foot of each page', () => {
  const footer = footerOf(invoiceHtml(given('one-line')))
  for (const text of [
    'Lindgården',
    'Lindgatan 14',
    '556677-8899',
    'SE556677889901',
    'Godkänd för F-skatt',
    'ekonomi@',
  ]) {
    assert.ok(footer.includes(text), text)
  }
  const without = footerOf(invoiceHtml({ ...given('one-line'), seller: { ...seller, fSkatt: false } }))
  assert.not.ok(without.includes('F-skatt'))
})

Html('shows prices with and without VAT where prices include it, and one taxable amount per rate', () => {
  says(
    given('all-vat-kinds'),
    'À-pris|exkl. moms|inkl. moms',
    '|1|2\u00a0000,00|2\u00a0500,00|25\u00a0%|2\u00a0000,00|2\u00a0500,00|',
    'Moms 25\u00a0%|2\u00a0000,00|500,00',
    'Moms 12\u00a0%|349,55|41,95',
    'Moms 6\u00a0%|959,43|57,57',
    'Undantaget från moms|1\u00a0200,00|0,00',
    '10\u00a0%',
    'Summa exkl. moms|4\u00a0508,98',
    'Öresavrundning|0,50',
    'Att betala|5\u00a0109,00\u00a0kr',
  )
})

Html('takes as many decimals of a unit price as make the line come out', () => {
  const invoice = sample([
    { date: '2026-03-12', description: 'Kurs', quantity: '3', price: 14500, vat: standard(12), discount: '10' },
  ])
  says(invoice, '|3|129,464|145,00|10\u00a0%|12\u00a0%|349,55|391,50|')
})

Html('leaves amounts with VAT out where they would not add up', () => {
  const invoice = given('all-vat-kinds')
  const skewed = {
    ...invoice,
    vatBreakdown: invoice.vatBreakdown.map((each, index) =>
      index === 1 ? { ...each, taxable: { ...each.taxable, amount: each.taxable.amount - 5 } } : each,
    ),
  }
  assert.not.ok(seen(skewed).includes('2\u00a0000,00|2\u00a0500,00|Moms'))
  says(skewed, '|1|2\u00a0000,00|2\u00a0500,00|25\u00a0%|2\u00a0000,00|')
})

Html('shows one price only where prices exclude VAT', () => {
  const text = seen(given('exclusive-prices'))
  assert.ok(text.includes('|2,5|1\u00a0450,00|25\u00a0%|3\u00a0625,00|'))
  assert.ok(text.includes('Rabatt'))
  assert.not.ok(text.includes('inkl. moms'))
})

Html('names both VAT numbers and the words of the act on reverse charge', () => {
  says(given('reverse-charge'), 'Your VAT no.|DK13585628', 'Reverse charge (omvänd betalningsskyldighet)')
  says({ ...given('reverse-charge'), language: 'sv' }, 'Omvänd betalningsskyldighet: köparen')
  assert.ok(footerOf(invoiceHtml(given('reverse-charge'))).includes('SE556677889901'))
})

Html('ties each exempt line and its taxable amount to its ground, where there are several', () => {
  const line = { date: '2026-03-12', description: 'Samtal', price: 100000 }
  const smallBusiness = { kind: 'exempt', reason: 'smallBusiness' } as const
  const both = sample([line, { ...line, vat: smallBusiness, price: 50000 }])
  says(
    both,
    '|Momsfri\u00a0¹|1\u00a0000,00|',
    '|Momsfri\u00a0²|500,00|',
    'Undantaget från moms\u00a0¹|1\u00a0000,00|0,00',
    'Undantaget från moms\u00a0²|500,00|0,00',
    '¹\u00a0Undantagen från moms enligt 10 kap. 6 §',
    '²\u00a0Undantagen från moms enligt 18 kap. 4 §',
  )
  assert.not.ok(/[¹²]/.test(seen(given('one-line'))))
})

Html('refers to the small business exemption', () => {
  says(given('small-business'), 'Undantagen från moms enligt 18 kap. 4 § mervärdesskattelagen (2023:200)')
})

Html('is a credit note with the number it credits and the reason, and asks for no payment', () => {
  const invoice = given('credit-note')
  says(invoice, 'Kreditfaktura|Fakturanummer|1043', 'Krediterar faktura|1042', 'Skäl|Besöket', '|−1|', '−1\u00a0200,00')
  says(invoice, 'Summa att kreditera|3\u00a0700,00\u00a0kr')
  const html = invoiceHtml(invoice)
  assert.not.ok(html.includes('<img'))
  assert.not.ok(textOf(html).includes('OCR'))
  assert.not.ok(textOf(html).includes('Förfallodatum'))
})

Html('asks for nothing where nothing is to pay', () => {
  const free = sample([{ date: '2026-03-12', description: 'Uppföljning', price: 0 }])
  says(free, 'Inget att betala|0,00\u00a0kr')
  assert.not.ok(invoiceHtml(free).includes('<img'))
})

Html('groups the lines of a company by client', () => {
  const text = seen(given('company-clients'))
  assert.ok(
    /A\. L\.\|2026-03-03.*\|2026-03-10.*\|2026-03-17.*\|Ref\. 2026-0417\|2026-03-04.*\|Bo Ek\|2026-03-24/.test(text),
    text,
  )
  says(given('company-clients'), 'Ert org.nr|556036-0793', 'Er referens|KST-4410 Anna Holm', 'Referens|Avtal 2026-118')
})

Html('keeps two clients with the same initials apart', () => {
  const line = { date: '2026-03-12', description: 'Samtal', price: 100, clientLabel: 'A. L.' }
  const invoice = sample([
    { ...line, client: 'c1' },
    { ...line, client: 'c2' },
  ])
  assert.is(seen(invoice).split('A. L.').length - 1, 2)
})

Html('says that a person was erased', () => {
  says(given('erased'), '|(raderad)|', '2026-03-12|(raderad)|')
  says({ ...given('erased'), language: 'en' }, '(erased)')
})

Html('is English in words, amounts and dates', () => {
  const html = invoiceHtml(given('english'))
  assert.ok(html.includes('<html lang="en">'))
  says(
    given('english'),
    'Invoice|Invoice number|1042',
    'Due date|30\u00a0Apr\u00a02026',
    'SEK\u00a02,400.00',
    'UNITED KINGDOM',
  )
  assert.ok(invoiceHtml(given('one-line')).includes('<html lang="sv">'))
})

Html('escapes whatever was given, in the text and in the style sheet', () => {
  const evil = `"><script>alert(1)</script></style>\\{{x}}&`
  const invoice: Invoice = {
    ...sample([{ date: '2026-03-12', description: evil, price: 100, clientLabel: evil, practitioner: evil }]),
    seller: { ...seller, name: evil, email: evil, address: { ...seller.address, lines: [evil] } },
    buyer: { name: evil, address: { ...seller.address, lines: [evil], city: evil }, buyerReference: evil },
    invoiceNumber: evil,
    ocr: evil,
    reference: evil,
    message: evil,
  }
  const html = invoiceHtml(invoice)
  assert.not.ok(html.includes('<script'))
  assert.is(html.split('</style>').length, 2)
  assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;'))
})

Html('fetches nothing and runs nothing', () => {
  const html = invoiceHtml(given('english'))
  assert.ok(html.includes(`content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:"`))
  assert.not.ok(/(?:src|href)="https?:|url\(https?:/.test(html))
  assert.ok(html.includes('@font-face'))
  assert.not.ok(documentHtml(given('english'), {}, 'installed').includes('@font-face'))
})

Html('is the same for what became of the invoice later', () => {
  const invoice = given('one-line')
  const later: Invoice = {
    ...invoice,
    paid: invoice.toPay,
    status: 'paid',
    balance: { ...invoice.toPay, amount: 0 },
    creditedBy: ['9'],
  }
  assert.is(invoiceHtml(later), invoiceHtml(invoice))
})

Html('renders an invoice of a template from the future with the newest one', () => {
  assert.is(invoiceHtml({ ...given('one-line'), templateVersion: 99 }), invoiceHtml(given('one-line')))
})

for (const name of [
  'one-line',
  'all-vat-kinds',
  'exclusive-prices',
  'reverse-charge',
  'small-business',
  'credit-note',
  'company-clients',
  'english',
  'erased',
]) {
  Html(`has not changed: ${name}`, () => assertGolden(`${name}.html`, documentHtml(given(name), {}, 'installed')))
}
