import { tintOf } from '../../theme/contrast.js'
import type { Look } from '../../theme/look.js'
import { RECIPIENT, setRows } from '../address-rows.js'
import { FONT_FAMILY } from '../font.js'
import { addressZones } from '../layout.js'
import type { View } from './view.js'

const INK = '#1b2426'
/** 5.7:1 on white, 5.2:1 on the tint: readable small (WCAG AA). */
const QUIET = '#5a6668'
/** 7.6:1 on white. */
const BUILT_IN_COLOUR = '#1d5a5a'
const RULE = '#d5dcdb'

/** Air between the edge of the window and the letters, in millimetres. */
const INSET = 1
/** Franking of letters whose window is to the left (Pingen) begins at 40 mm; letters reach a little beyond their lines. */
const POSTAGE = 39.5

const PAGE = { left: 20, right: 20, firstTop: 16, top: 26, bottom: 30 }

/**
 * A CSS string. Everything but letters, digits and spaces is escaped, so nothing in it can end the string or the style element.
 * The blank after an escape belongs to it.
 */
export const cssString = (text: string): string => {
  const escaped = (char: string): string => `\\${(char.codePointAt(0) ?? 32).toString(16)} `
  return `"${text.replace(/[^A-Za-z0-9 ]/gu, escaped)}"`
}

const lines = (texts: ReadonlyArray<string>): string => texts.map(cssString).join(' "\\A" ')

const POINT = 25.4 / 72

/** Columns of the foot, in millimetres; the letters are 7.5 points on 10.5. */
const FOOT = { widths: [62, 46, 62], air: 6, line: 10.5 * POINT } as const

/** Millimetres that a text takes there at the most, with what is lost where words break. */
const footWidth = (text: string): number =>
  [...text].reduce((sum, char) => sum + (/[MWmw@%]/.test(char) ? 2.4 : /\p{Lu}/u.test(char) ? 1.9 : 1.6), 0)

/** Room for the foot of every page: its longest column, reckoned generously, ends above what printers leave blank. */
const footHeight = (footer: View['footer']): number => {
  const counts = footer.map((texts, column) => {
    const width = FOOT.widths[column] ?? FOOT.widths[0]
    // The last column ends with the number of the page.
    return texts.reduce((sum, text) => sum + Math.ceil(footWidth(text) / width), column === 2 ? 1 : 0)
  })
  return Math.max(PAGE.bottom, 2 * FOOT.air + Math.max(...counts) * FOOT.line)
}

/** The letter's head where the window is to the left: it must end above the postage, so it says what there is room for. */
const narrowSender = ({ sender, logo }: View): string => {
  const name = { size: logo === null ? (sender.longName ? 10 : 13) : 8.5, lines: sender.longName ? 2 : 1 }
  const leading = name.size + 3
  const about = sender.flowing ? { size: 8, leading: 10.5 } : { size: 8.5, leading: 12 }
  const left = POSTAGE - PAGE.firstTop - (logo === null ? 0 : 10.5) - name.lines * leading * POINT - 1
  const clamped = (lines: number): string =>
    `display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: ${lines}; overflow: hidden;`
  return `.sender { padding-bottom: 0; }
.sender .logo { max-height: 9mm; margin-bottom: 1.5mm; }
.sender .name, .sender.long .name { font-size: ${name.size}pt; line-height: ${leading}pt; ${clamped(name.lines)} }
.sender .about { font-size: ${about.size}pt; line-height: ${about.leading}pt; ${clamped(Math.floor(left / (about.leading * POINT)))} }`
}

/**
 * The built-in document on a telephone, where a sheet of A4 could not be read: one column, and of each line what it is for and its
 * amount first, the other figures below it with the names that the columns have on paper.
 */
const narrowScreen = ({ texts }: View): string => {
  const named = Object.entries({
    quantity: texts.quantity,
    price: texts.unitPrice,
    discount: texts.discount,
    vat: texts.vat,
  })
    .map(([column, name]) => `.lines td.${column}::before { content: ${cssString(name)} ": "; color: ${QUIET}; }`)
    .join('\n')
  return `@media screen and (max-width: 210mm) {
html { background: #fff; font-size: 11pt; line-height: 16pt; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { width: auto; min-height: 0; margin: 0 auto; max-width: 150mm; padding: 6mm 5mm; }
header { display: flex; flex-direction: column; gap: 5mm; min-height: 0; }
.sender, .facts { padding: 0; }
.recipient, .recipient.dense { position: static; width: auto; font-size: inherit; line-height: inherit; }
.facts { align-self: auto; font-size: inherit; line-height: inherit; }
.facts div { grid-template-columns: 36mm 1fr; }
.payment { flex-wrap: wrap; gap: 4mm 8mm; }
.payment dl { flex: 1 1 50mm; }
.payment img { margin: 0; width: 32mm; height: 32mm; background: #fff; }
.lines thead tr:not(.group) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.lines, .lines thead, .lines tbody { display: block; }
.lines tr { display: flex; flex-wrap: wrap; gap: 0 4mm; padding: 1.5mm 0; border-bottom: 0.2mm solid ${RULE}; }
.lines tr::after { content: ""; order: 3; flex: 0 0 100%; }
.lines td, .lines th, .lines .group th { border: 0; padding: 0 !important; }
.lines td.what { order: 1; flex: 1 1 0; width: auto; min-width: 60%; }
.lines td.net { order: 2; min-width: 0; }
.lines td.date, .lines td.quantity, .lines td.price, .lines td.discount, .lines td.vat { order: 4; min-width: 0; text-align: left; font-size: 9pt; line-height: 13pt; color: ${QUIET}; }
.lines td:empty, .lines td.price .second { display: none; }
.lines td.net .second::before { content: ${cssString(texts.includingVat)} " "; }
${named}
.closing { flex-direction: column-reverse; align-items: stretch; gap: 6mm; }
.tax, .totals { width: auto; }
footer { flex-direction: column; gap: 3mm; margin-top: 10mm; }
}`
}

/** The style sheet: measures in millimetres of an A4 page, the foot of each page in margin boxes. */
export const style = (view: View, look: Look): string => {
  const accent = look.colour ?? BUILT_IN_COLOUR
  const tint = tintOf(accent)
  const zone = addressZones[view.addressPosition]
  const left = view.addressPosition === 'left'
  const rows = setRows(view.recipient.lines, RECIPIENT.dense, view.addressPosition)
  // What no window shows whole need not be squeezed into it, but still stands above what follows.
  const isWhole = !view.recipient.dense || rows <= RECIPIENT.mostRows
  const row = isWhole ? (zone.height - 1.5 * INSET) / RECIPIENT.mostRows : 13 * POINT
  const below = isWhole ? 0 : rows * row + 1.5 * INSET - zone.height
  const [first = [], second = [], third = []] = view.footer
  const box = `font: 400 7.5pt/10.5pt "${FONT_FAMILY}", sans-serif; font-variant-numeric: lining-nums tabular-nums; color: ${QUIET}; white-space: pre-line; vertical-align: top; padding-top: ${FOOT.air}mm; overflow-wrap: anywhere;`
  return `@page { size: A4; margin: ${PAGE.top}mm ${PAGE.right}mm ${footHeight(view.footer).toFixed(1)}mm ${PAGE.left}mm;
@top-left { content: ${cssString(view.runningHead)}; font: 400 8pt/11pt "${FONT_FAMILY}", sans-serif; color: ${QUIET}; vertical-align: top; padding-top: 14mm; }
@bottom-left { content: ${lines(first)}; ${box} width: ${FOOT.widths[0]}mm; }
@bottom-center { content: ${lines(second)}; ${box} width: ${FOOT.widths[1]}mm; text-align: left; }
@bottom-right { content: ${lines(third)} "\\A" ${cssString(view.texts.page)} " " counter(page) " " ${cssString(view.texts.of)} " " counter(pages); ${box} width: ${FOOT.widths[2]}mm; text-align: right; }
}
@page :first { margin-top: ${PAGE.firstTop}mm; @top-left { content: none; } }
* { margin: 0; padding: 0; box-sizing: border-box; }
html { font: 400 9.5pt/13.5pt "${FONT_FAMILY}", sans-serif; font-variant-numeric: lining-nums tabular-nums; color: ${INK}; hyphens: manual; overflow-wrap: anywhere; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { position: relative; }
header { display: grid; grid-template-columns: 97mm 1fr; padding-bottom: 6mm; min-height: ${Number((zone.y + zone.height + below + 5 - PAGE.firstTop).toFixed(2))}mm; grid-template-rows: minmax(${zone.y - PAGE.firstTop}mm, auto) 1fr; }
.sender { grid-column: 1; grid-row: 1; padding-right: 10mm; color: ${QUIET}; font-size: 8.5pt; line-height: 12pt; padding-bottom: 4mm; }
.sender .logo { display: block; max-width: 60mm; max-height: 14mm; margin-bottom: 3mm; }
.sender .about span { display: block; }
.sender.flowing .about span { display: inline; }
.sender.flowing .about span + span::before { content: ", "; }
.sender .name { color: ${accent}; font-weight: 600; font-size: 13pt; line-height: 16pt; margin-bottom: 1mm; }
.sender.long .name { font-size: 11pt; line-height: 14pt; }
${left ? narrowSender(view) : ''}
h1 { grid-column: 2; grid-row: 1; font-weight: 400; font-size: 25pt; line-height: 26pt; letter-spacing: -0.01em; margin-top: -1mm; }
h1 .number { display: block; font-size: 10.5pt; line-height: 15pt; font-weight: 600; letter-spacing: 0; margin-top: 1mm; }
h1 .number .label { font-weight: 400; color: ${QUIET}; }
.recipient { position: absolute; left: ${zone.x - PAGE.left}mm; top: ${zone.y + INSET - PAGE.firstTop}mm; width: ${zone.width}mm; font-style: normal; font-size: ${RECIPIENT.usual}pt; line-height: 13.5pt; }
.recipient.dense { font-size: ${RECIPIENT.dense}pt; line-height: ${row.toFixed(2)}mm; }
.recipient span { display: block; }
dt { color: ${QUIET}; }
.facts { grid-column: ${left ? 2 : 1}; grid-row: 2; align-self: start; padding-right: 10mm; font-size: 9pt; line-height: 13.5pt; }
.facts div { display: grid; grid-template-columns: 30mm 1fr; }
.payment { display: flex; align-items: center; gap: 9mm; background: ${tint}; border-left: 0.8mm solid ${accent}; padding: 3.5mm 5mm; min-height: 26mm; break-inside: avoid; }
.payment .label, .payment dt { font-size: 8pt; line-height: 11pt; color: ${QUIET}; }
.payment .amount { flex: none; }
.payment .figure { font-size: 20pt; line-height: 25pt; font-weight: 600; color: ${accent}; white-space: nowrap; letter-spacing: -0.01em; }
.payment dl { flex: 1; align-content: center; display: flex; flex-wrap: wrap; gap: 2.5mm 8mm; }
.payment dd { font-size: 11pt; line-height: 15pt; font-weight: 600; white-space: nowrap; }
.payment img { flex: none; width: 25mm; height: 25mm; margin: -1.5mm -2.5mm -1.5mm auto; }
.message { margin-top: 6mm; max-width: 130mm; }
.message p + p { margin-top: 1.5mm; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: 400; text-align: left; }
.lines { margin-top: 8mm; }
.lines + .lines { margin-top: 6mm; }
.whole { break-inside: avoid; }
.lines thead { display: table-header-group; }
.lines thead th { vertical-align: bottom; font-size: 8pt; line-height: 11pt; color: ${QUIET}; border-bottom: 0.35mm solid ${accent}; padding: 0 0 1.5mm; }
.lines th small { display: block; font-size: 7.5pt; line-height: 9.5pt; }
.lines td { vertical-align: top; padding: 1.25mm 0; border-bottom: 0.2mm solid ${RULE}; }
.lines tr { break-inside: avoid; }
.lines .date { min-width: 22mm; white-space: nowrap; }
.lines td.what, .lines th.what { padding-right: 6mm; }
.lines .quantity, .lines .price, .lines .discount, .lines .vat, .lines .net { text-align: right; white-space: nowrap; padding-left: 6mm; }
.lines .what { width: 100%; }
.lines .net { min-width: 22mm; }
.second { display: block; color: ${QUIET}; font-size: 8pt; line-height: 11pt; }
.lines .group th { font-weight: 600; font-size: 9.5pt; line-height: 13.5pt; color: ${accent}; padding: 4mm 0 1.2mm; border-bottom: 0.2mm solid ${RULE}; }
.lines .group { break-after: avoid; }
.closing { break-before: avoid; break-inside: avoid; margin-top: 5mm; display: flex; justify-content: space-between; align-items: flex-start; gap: 14mm; }
.tax { width: 84mm; }
.vat-summary { font-size: 8.5pt; line-height: 12pt; }
.vat-summary thead th { font-size: 8pt; line-height: 11pt; color: ${QUIET}; }
.vat-summary td, .vat-summary th { padding: 0.6mm 0; }
.vat-summary thead th, .vat-summary td { text-align: right; white-space: nowrap; padding-left: 5mm; }
.totals { flex: none; width: 68mm; }
.totals div { display: flex; justify-content: space-between; gap: 6mm; padding: 0.8mm 0; }
.totals dd { white-space: nowrap; }
.totals .total { margin-top: 2mm; padding-top: 2.5mm; border-top: 0.35mm solid ${accent}; font-weight: 600; font-size: 13pt; line-height: 17pt; color: ${accent}; }
.totals .total dt { color: inherit; }
.statements { margin-top: 4mm; font-size: 8.5pt; line-height: 12pt; color: ${QUIET}; }
.note { margin-top: 7mm; max-width: 150mm; font-size: 8.5pt; line-height: 12pt; break-inside: avoid; }
.note p + p { margin-top: 1mm; }
footer { display: none; }
@media screen { html { background: #e9eceb; } body { width: 210mm; min-height: 297mm; margin: 8mm auto; padding: ${PAGE.firstTop}mm ${PAGE.right}mm; background: #fff; } .recipient { left: ${zone.x}mm; top: ${zone.y + INSET}mm; } footer { display: flex; justify-content: space-between; gap: 8mm; margin-top: 20mm; padding-top: 4mm; border-top: 0.2mm solid ${RULE}; font-size: 8pt; line-height: 11pt; color: ${QUIET}; } }
${narrowScreen(view)}`
}
