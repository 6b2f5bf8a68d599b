import { type Invoice, sek, type Vat } from '@underlag/invoicing'
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import type { AddressPosition } from '../template/layout.js'
import { render } from '../template/v1/template.js'
import { invoiceView, type View } from '../template/v1/view.js'
import type { Look } from './look.js'

const vats: ReadonlyArray<readonly [Vat, number]> = [
  [{ kind: 'standard', rate: 25 }, 30011],
  [{ kind: 'standard', rate: 6 }, 41017],
  [{ kind: 'exempt', reason: 'healthcare' }, 52019],
  [{ kind: 'exempt', reason: 'smallBusiness' }, 53023],
  [{ kind: 'reverseCharge' }, 64029],
]

/** An invoice with everything on it that the act asks for, each thing in words of its own. */
const trialInvoice: Invoice = {
  invoiceNumber: 'PROV-90817',
  sequence: 90817,
  kind: 'invoice',
  ocr: '908176',
  invoiceDate: '2031-02-03',
  dueDate: '2031-03-05',
  payer: { kind: 'company', id: 'k1' },
  seller: {
    name: 'Provkliniken AB',
    organisationNumber: '5566778899',
    vatNumber: 'SE556677889901',
    address: { lines: ['Provgatan 7'], postalCode: '11122', city: 'Provstad', country: 'SE' },
    email: 'prov@kliniken.example',
    bankgiro: '50501055',
    fSkatt: true,
    paymentTermsDays: 30,
    pricesIncludeVat: false,
  },
  buyer: {
    name: 'Provköparen AS',
    vatNumber: 'NO923609016MVA',
    address: { lines: ['Provveien 9'], postalCode: '0151', city: 'Provby', country: 'NO' },
  },
  language: 'sv',
  lines: vats.map(([vat, price], i) => ({
    itemId: `line:l${i}`,
    clientId: 'c1',
    clientLabel: 'P. R.',
    date: `2031-01-1${i}`,
    description: `Provtjänst ${'ABCDE'[i]}`,
    quantity: `${i + 2}.25`,
    unitPrice: sek(price),
    vat,
    discountPercent: i === 0 ? '7.5' : '0',
    net: sek(price * (i + 2)),
    sourceRevision: 0,
  })),
  // Each amount occurs once, so that none is found in another's place: it need not add up.
  vatBreakdown: vats.map(([vat], i) => ({ vat, taxable: sek(7_531_000 + i), vatAmount: sek(918_270 + i) })),
  net: sek(1_250_007),
  vatAmount: sek(98_765),
  rounding: sek(28),
  toPay: sek(1_348_800),
  message: 'Provmeddelande',
  delivery: 'none',
  templateVersion: 1,
  paid: sek(0),
  credited: sek(0),
  balance: sek(0),
  status: 'registered',
  creditedBy: [],
  payments: [],
}

const trialNote: Invoice = {
  ...trialInvoice,
  kind: 'creditNote',
  invoiceNumber: 'PROV-90818',
  credits: 'PROV-90817',
  reason: 'Provskäl',
  toPay: sek(-1_348_800),
}

/** What the act asks for, as the view model says it (mervärdesskattelagen 2023:200, 17:24; of a credit note 17:22). */
const asked = (view: View): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
  const lines = view.groups.flatMap((group) => group.lines)
  return [
    ['the invoice’s number ({{number}})', [view.number]],
    ['the invoice date ({{invoiceDate}}, or {{#each facts}})', [view.invoiceDate]],
    ['the buyer’s name and address ({{#each recipient.lines}})', view.recipient.lines],
    ['the buyer’s VAT number ({{#each facts}})', [trialInvoice.buyer.vatNumber ?? '']],
    ['the date of each line ({{supplied}})', lines.map(({ supplied }) => supplied)],
    ['what each line is for ({{description}})', lines.map(({ description }) => description)],
    ['the quantity of each line ({{quantity}})', lines.map(({ quantity }) => quantity)],
    ['the price of each line without VAT ({{unitPrice}})', lines.map(({ unitPrice }) => unitPrice)],
    ['the discount of a line ({{discount}})', lines.flatMap(({ discount }) => discount ?? [])],
    ['the kinds of VAT ({{#each vatRows}}: {{label}})', view.vatRows.map(({ label }) => label)],
    ['the taxable amount of each ({{#each vatRows}}: {{taxable}})', view.vatRows.map(({ taxable }) => taxable)],
    ['the VAT of each ({{#each vatRows}}: {{vatAmount}})', view.vatRows.map(({ vatAmount }) => vatAmount)],
    ['on what ground there is no VAT ({{#each statements}})', view.statements],
    // Without it an invoice in whole kronor does not add up on paper.
    [
      'the rounding, where there is one ({{#each sums}})',
      view.sums.filter(({ label }) => label === view.texts.rounding).flatMap(({ label, value }) => [label, value]),
    ],
    ['what is to pay ({{total.value}})', [view.total.value]],
    ...(view.isCreditNote
      ? ([
          ['that it is a credit note ({{heading}})', [view.heading]],
          ['which invoice it credits ({{credits}}, or {{#each payment.details}})', [view.credits ?? '']],
        ] as const)
      : []),
  ]
}

/** What a template leaves out of a document that the act asks for; the seller’s own facts stand at the foot of every page anyway. */
export const leftOut = (look: Look): ReadonlyArray<string> => {
  const missing = new Set<string>()
  for (const invoice of [trialInvoice, trialNote])
    for (const addressPosition of ['right', 'left'] satisfies ReadonlyArray<AddressPosition>) {
      const text = ` ${bodyText(render(invoice, { addressPosition, theme: look }, 'installed'))} `
      for (const [what, texts] of asked(invoiceView(invoice, addressPosition, look)))
        if (!texts.every((each) => text.includes(plain(each)))) missing.add(what)
    }
  return [...missing]
}

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** What can be read between `<body>` and the foot. */
const bodyText = (html: string): string => {
  const texts: Array<string> = []
  const read = (node: Tree.Node): void => {
    if (node.nodeName === 'style' || node.nodeName === 'head' || node.nodeName === 'footer') return
    if (node.nodeName === '#text') texts.push((node as Tree.TextNode).value)
    if ('childNodes' in node) for (const child of node.childNodes) read(child)
  }
  read(parse(html))
  return plain(texts.join(' '))
}
