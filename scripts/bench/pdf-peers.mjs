// The benchmark's invoice by other libraries: the same texts, QR code and typeface in a like layout, not tagged.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inflateSync } from 'node:zlib'
import { peersIn } from './peers.mjs'

const VERSIONS = { pdfkit: '0.20.2', pdfmake: '0.3.11', '@react-pdf/renderer': '4.9.0', react: '19.2.7' }

const documents = createRequire(new URL('../../packages/documents/package.json', import.meta.url))

/** The typeface of our documents as plain TrueType, which costs the peers least: a WOFF without its compression (W3C WOFF 1.0, §4 and §5). */
const trueType = (weight) => {
  const woff = readFileSync(
    documents.resolve(`@fontsource/source-sans-3/files/source-sans-3-latin-${weight}-normal.woff`),
  )
  const count = woff.readUInt16BE(12)
  const head = Buffer.alloc(12 + 16 * count)
  woff.copy(head, 0, 4, 8)
  head.writeUInt16BE(count, 4)
  const parts = [head]
  let at = head.length
  for (let i = 0; i < count; i++) {
    const entry = 44 + 20 * i
    const [offset, packed, length] = [4, 8, 12].map((field) => woff.readUInt32BE(entry + field))
    const bytes = woff.subarray(offset, offset + packed)
    const table = packed < length ? inflateSync(bytes) : bytes
    woff.copy(head, 12 + 16 * i, entry, entry + 4)
    woff.copy(head, 16 + 16 * i, entry + 16, entry + 20)
    head.writeUInt32BE(at, 20 + 16 * i)
    head.writeUInt32BE(length, 24 + 16 * i)
    const padded = Buffer.alloc(Math.ceil(length / 4) * 4)
    table.copy(padded)
    parts.push(padded)
    at += padded.length
  }
  return Buffer.concat(parts)
}

/** The libraries and the typeface, or in one line why they are not there. */
export const pdfPeersIn = (folder) => {
  const load = peersIn(folder, VERSIONS)
  if (typeof load === 'string') return load
  const fonts = { regular: join(folder, 'regular.ttf'), bold: join(folder, 'bold.ttf') }
  writeFileSync(fonts.regular, trueType(400))
  writeFileSync(fonts.bold, trueType(600))
  return { fonts, ...load }
}

const kr = (money) => `${(money.amount / 100).toFixed(2).replace('.', ',')} kr`

/** What stands on the document, as our template says it. */
const contentOf = (invoice) => {
  const { seller, buyer } = invoice
  const [place] = [`${seller.address.postalCode} ${seller.address.city}`]
  return {
    title: `Faktura ${invoice.invoiceNumber} – ${seller.name}`,
    sender: [...seller.address.lines, place, seller.email],
    recipient: [buyer.name, ...buyer.address.lines, `${buyer.address.postalCode} ${buyer.address.city}`],
    facts: [
      ['Fakturadatum', invoice.invoiceDate],
      ['Förfallodatum', invoice.dueDate],
    ],
    payment: [
      ['Förfallodatum', invoice.dueDate],
      ['OCR-nummer', invoice.ocr],
      ['Bankgiro', seller.bankgiro],
    ],
    toPay: kr(invoice.toPay),
    heads: ['Utfört', 'Beskrivning', 'Antal', 'À-pris', 'Belopp'],
    lines: invoice.lines.map((line) => [line.date, line.description, line.quantity, kr(line.unitPrice), kr(line.net)]),
    vat: [
      ['', 'Underlag', 'Moms'],
      ...invoice.vatBreakdown.map(({ taxable, vatAmount }) => ['Undantaget från moms', kr(taxable), kr(vatAmount)]),
    ],
    statement: 'Undantagen från moms enligt 10 kap. 6 § mervärdesskattelagen (2023:200).',
    sums: [
      ['Summa exkl. moms', kr(invoice.net)],
      ['Moms', kr(invoice.vatAmount)],
      ['Att betala', kr(invoice.toPay)],
    ],
    foot: [
      [seller.name, ...seller.address.lines, place],
      [seller.email, `Bankgiro ${seller.bankgiro}`],
      [`Org.nr ${seller.organisationNumber}`, `Momsreg.nr ${seller.vatNumber}`, 'Godkänd för F-skatt', 'Sida 1 av 1'],
    ],
    code: JSON.stringify({
      ...{ uqr: 1, tp: 1, nme: seller.name, cid: seller.organisationNumber, iref: invoice.ocr },
      ...{
        idt: invoice.invoiceDate,
        ddt: invoice.dueDate,
        due: invoice.toPay.amount / 100,
        pt: 'BG',
        acc: seller.bankgiro,
      },
    }),
  }
}

const { encode } = await import(pathToFileURL(documents.resolve('uqr')).href)
/** The QR code as an SVG path, with its size. */
const codePath = (content) => {
  const { data, size } = encode(content, { ecc: 'M', boostEcc: false, border: 0, maskPattern: 0 })
  let path = ''
  data.forEach((row, y) => {
    for (let x = 0; x < size; x++) {
      if (!row[x]) continue
      let run = 1
      while (row[x + run]) run++
      path += `M${x} ${y}h${run}v1h-${run}z`
      x += run
    }
  })
  return { path, size }
}

const ACCENT = '#1d5a5a'
const TINT = '#f1f5f5'
const RULE = '#d5dcdb'

const collected = (stream) =>
  new Promise((resolve, reject) => {
    const chunks = []
    stream.on('data', (chunk) => chunks.push(chunk))
    stream.on('end', () => resolve(Buffer.concat(chunks)))
    stream.on('error', reject)
  })

export const pdfkit = ({ fonts, load }) => {
  const PDFDocument = load('pdfkit')
  const [regular, bold] = [readFileSync(fonts.regular), readFileSync(fonts.bold)]
  return async (invoice) => {
    const content = contentOf(invoice)
    const pdf = new PDFDocument({ size: 'A4', margin: 0, lang: 'sv', info: { Title: content.title } })
    const whole = collected(pdf)
    pdf.registerFont('regular', regular).registerFont('bold', bold)
    const at = (x, y, text, size = 9.5, font = 'regular') =>
      pdf.font(font).fontSize(size).text(text, x, y, { lineBreak: false })
    pdf.fillColor(ACCENT)
    at(56, 45, invoice.seller.name, 13, 'bold')
    pdf.fillColor('black')
    for (const [i, text] of content.sender.entries()) at(56, 64 + i * 12, text, 8.5)
    at(332, 45, 'Faktura', 25)
    at(332, 74, `Fakturanummer ${invoice.invoiceNumber}`, 10.5, 'bold')
    for (const [i, text] of content.recipient.entries()) at(332, 140 + i * 13.5, text, 10.5)
    for (const [i, [label, value]] of content.facts.entries()) {
      at(56, 140 + i * 13.5, label, 9)
      at(140, 140 + i * 13.5, value, 9)
    }
    pdf.rect(56, 226, 482, 74).fill(TINT).rect(56, 226, 2.3, 74).fill(ACCENT)
    at(70, 245, 'Att betala', 8)
    at(70, 256, content.toPay, 20, 'bold')
    for (const [i, [label, value]] of content.payment.entries()) {
      at(210 + i * 80, 250, label, 8)
      at(210 + i * 80, 261, value, 11, 'bold')
    }
    const { path, size } = codePath(content.code)
    pdf
      .save()
      .translate(466, 231)
      .scale(64 / size)
      .path(path)
      .fill('black')
      .restore()
    const row = (texts, y, size) => {
      for (const [i, text] of texts.entries()) at([56, 118, 356, 400, 476][i], y, text, size)
    }
    row(content.heads, 322, 8)
    pdf.moveTo(56, 336).lineTo(538, 336).stroke(ACCENT)
    content.lines.forEach((line, i) => {
      row(line, 340 + i * 20)
      pdf
        .moveTo(56, 357 + i * 20)
        .lineTo(538, 357 + i * 20)
        .stroke(RULE)
    })
    const below = 370 + content.lines.length * 20
    for (const [y, texts] of content.vat.entries())
      for (const [x, text] of texts.entries()) at([56, 170, 230][x], below + y * 14, text, 8.5)
    at(56, below + 40, content.statement, 8.5)
    content.sums.forEach(([label, value], i) => {
      const last = i === content.sums.length - 1
      at(346, below + i * 20, label, last ? 13 : 9.5, last ? 'bold' : 'regular')
      at(466, below + i * 20, value, last ? 13 : 9.5, last ? 'bold' : 'regular')
    })
    for (const [x, texts] of content.foot.entries())
      for (const [y, text] of texts.entries()) at([56, 230, 400][x], 780 + y * 10.5, text, 7.5)
    pdf.end()
    return whole
  }
}

export const pdfmake = ({ fonts, load }) => {
  const make = load('pdfmake')
  make.setFonts({
    Source: { normal: fonts.regular, bold: fonts.bold, italics: fonts.regular, bolditalics: fonts.bold },
  })
  make.setLocalAccessPolicy(() => true)
  make.setUrlAccessPolicy(() => false)
  return async (invoice) => {
    const content = contentOf(invoice)
    const pairs = (of) => of.map(([label, value]) => ({ columns: [{ text: label, width: 84 }, value] }))
    return make
      .createPdf({
        pageSize: 'A4',
        pageMargins: [56, 45, 56, 80],
        info: { title: content.title },
        defaultStyle: { font: 'Source', fontSize: 9.5 },
        footer: { columns: content.foot.map((texts) => texts.join('\n')), fontSize: 7.5, margin: [56, 10] },
        content: [
          {
            columns: [
              [
                { text: invoice.seller.name, bold: true, fontSize: 13, color: ACCENT },
                { text: content.sender.join('\n'), fontSize: 8.5 },
              ],
              [
                { text: 'Faktura', fontSize: 25 },
                { text: `Fakturanummer ${invoice.invoiceNumber}`, bold: true },
              ],
            ],
          },
          { margin: [0, 30], columns: [pairs(content.facts), { text: content.recipient.join('\n'), fontSize: 10.5 }] },
          {
            layout: 'noBorders',
            fillColor: TINT,
            table: {
              widths: [120, '*', '*', '*', 70],
              body: [
                [
                  [
                    { text: 'Att betala', fontSize: 8 },
                    { text: content.toPay, fontSize: 20, bold: true },
                  ],
                  ...content.payment.map(([label, value]) => [
                    { text: label, fontSize: 8 },
                    { text: value, bold: true },
                  ]),
                  { qr: content.code, fit: 70, eccLevel: 'M' },
                ],
              ],
            },
          },
          {
            margin: [0, 20],
            layout: 'lightHorizontalLines',
            table: { headerRows: 1, widths: [60, '*', 40, 60, 60], body: [content.heads, ...content.lines] },
          },
          {
            columns: [
              [
                { layout: 'noBorders', table: { body: content.vat } },
                { text: content.statement, fontSize: 8.5 },
              ],
              pairs(content.sums),
            ],
          },
        ],
      })
      .getBuffer()
  }
}

export const reactPdf = async ({ fonts, load, imported }) => {
  // React's checks for developers are no part of the measure.
  process.env.NODE_ENV = 'production'
  const { createElement: h } = load('react')
  const { Document, Font, Page, Path, renderToBuffer, Svg, Text, View } = await imported('@react-pdf/renderer')
  Font.register({ family: 'Source', fonts: [{ src: fonts.regular }, { src: fonts.bold, fontWeight: 600 }] })
  const row = (style, ...children) => h(View, { style: { flexDirection: 'row', ...style } }, ...children)
  const texts = (of, style = {}) => of.map((text) => h(Text, { style }, text))
  const pairs = (of) => h(View, { style: { flex: 1 } }, ...of.map((pair) => row({}, ...texts(pair, { flex: 1 }))))
  const strong = { fontWeight: 600 }
  return async (invoice) => {
    const content = contentOf(invoice)
    const { path, size } = codePath(content.code)
    const half = { flex: 1 }
    return renderToBuffer(
      h(
        Document,
        { language: 'sv', title: content.title },
        h(
          Page,
          { size: 'A4', style: { padding: '45 56', fontFamily: 'Source', fontSize: 9.5 } },
          row(
            {},
            h(
              View,
              { style: half },
              h(Text, { style: { ...strong, fontSize: 13 } }, invoice.seller.name),
              ...texts(content.sender),
            ),
            h(
              View,
              { style: half },
              ...texts(['Faktura'], { fontSize: 25 }),
              ...texts([`Fakturanummer ${invoice.invoiceNumber}`], strong),
            ),
          ),
          row({ margin: '30 0' }, pairs(content.facts), h(View, { style: half }, ...texts(content.recipient))),
          row(
            { backgroundColor: TINT, borderLeft: `2.3pt solid ${ACCENT}`, padding: 10 },
            h(
              View,
              { style: { width: 120 } },
              ...texts(['Att betala']),
              ...texts([content.toPay], { ...strong, fontSize: 20 }),
            ),
            ...content.payment.map((pair) => h(View, { style: half }, ...texts(pair))),
            h(Svg, { viewBox: `0 0 ${size} ${size}`, width: 64, height: 64 }, h(Path, { d: path, fill: 'black' })),
          ),
          row({ marginTop: 20, borderBottom: `1pt solid ${ACCENT}` }, ...texts(content.heads, half)),
          ...content.lines.map((line) =>
            row({ borderBottom: `0.5pt solid ${RULE}`, padding: '4 0' }, ...texts(line, half)),
          ),
          row(
            { marginTop: 12 },
            h(
              View,
              { style: half },
              ...content.vat.map((each) => row({}, ...texts(each, half))),
              ...texts([content.statement]),
            ),
            pairs(content.sums),
          ),
          row(
            { position: 'absolute', bottom: 30, left: 56, right: 56, fontSize: 7.5 },
            ...content.foot.map((lines) => h(View, { style: half }, ...texts(lines))),
          ),
        ),
      ),
    )
  }
}
