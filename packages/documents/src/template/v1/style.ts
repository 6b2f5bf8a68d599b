import { FONT_FAMILY } from '../font.js'
import { addressZones } from '../layout.js'
import type { View } from './view.js'

const INK = '#1b2426'
/** 5.7:1 on white, 5.2:1 on the tint: readable small (WCAG AA). */
const QUIET = '#5a6668'
/** 7.6:1 on white. */
const ACCENT = '#1d5a5a'
const TINT = '#f1f5f4'
const RULE = '#d5dcdb'

/** Air between the edge of the window and the letters, in millimetres. */
const INSET = 1
/** Name, four lines of address, postal code and country: what a dense address must fit. */
const MOST_LINES = 7

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

/** The style sheet: measures in millimetres of an A4 page, the foot of each page in margin boxes. */
export const style = (view: View): string => {
  const zone = addressZones[view.addressPosition]
  const left = view.addressPosition === 'left'
  const [first = [], second = [], third = []] = view.footer
  const box = `font: 400 7.5pt/10.5pt "${FONT_FAMILY}", sans-serif; font-variant-numeric: lining-nums tabular-nums; color: ${QUIET}; white-space: pre-line; vertical-align: top; padding-top: 6mm;`
  return `@page { size: A4; margin: ${PAGE.top}mm ${PAGE.right}mm ${PAGE.bottom}mm ${PAGE.left}mm;
@top-left { content: ${cssString(view.runningHead)}; font: 400 8pt/11pt "${FONT_FAMILY}", sans-serif; color: ${QUIET}; vertical-align: top; padding-top: 14mm; }
@bottom-left { content: ${lines(first)}; ${box} width: 62mm; }
@bottom-center { content: ${lines(second)}; ${box} width: 46mm; text-align: left; }
@bottom-right { content: ${lines(third)} "\\A" ${cssString(view.texts.page)} " " counter(page) " " ${cssString(view.texts.of)} " " counter(pages); ${box} width: 62mm; text-align: right; }
}
@page :first { margin-top: ${PAGE.firstTop}mm; @top-left { content: none; } }
* { margin: 0; padding: 0; box-sizing: border-box; }
html { font: 400 9.5pt/13.5pt "${FONT_FAMILY}", sans-serif; font-variant-numeric: lining-nums tabular-nums; color: ${INK}; hyphens: manual; overflow-wrap: anywhere; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { position: relative; }
header { display: grid; grid-template-columns: 97mm 1fr; padding-bottom: 6mm; min-height: ${zone.y + zone.height + 5 - PAGE.firstTop}mm; grid-template-rows: minmax(${zone.y - PAGE.firstTop}mm, auto) 1fr; }
.sender { grid-column: 1; grid-row: 1; padding-right: 10mm; color: ${QUIET}; font-size: 8.5pt; line-height: 12pt; padding-bottom: 4mm; }
${left ? `.sender { max-height: ${zone.y - 2 - PAGE.firstTop}mm; overflow: hidden; }` : ''}
.sender .name { color: ${ACCENT}; font-weight: 600; font-size: 13pt; line-height: 16pt; margin-bottom: 1mm; }
h1 { grid-column: 2; grid-row: 1; font-weight: 400; font-size: 25pt; line-height: 26pt; letter-spacing: -0.01em; margin-top: -1mm; }
h1 .number { display: block; font-size: 10.5pt; line-height: 15pt; font-weight: 600; letter-spacing: 0; margin-top: 1mm; }
h1 .number .label { font-weight: 400; color: ${QUIET}; }
.recipient { position: absolute; left: ${zone.x - PAGE.left}mm; top: ${zone.y + INSET - PAGE.firstTop}mm; width: ${zone.width}mm; font-style: normal; font-size: 10.5pt; line-height: 13.5pt; }
.recipient.dense { font-size: 10pt; line-height: ${((zone.height - 1.5 * INSET) / MOST_LINES).toFixed(2)}mm; }
.recipient span { display: block; }
dt { color: ${QUIET}; }
.facts { grid-column: ${left ? 2 : 1}; grid-row: 2; align-self: start; padding-right: 10mm; font-size: 9pt; line-height: 13.5pt; }
.facts div { display: grid; grid-template-columns: 30mm 1fr; }
.payment { display: flex; align-items: center; gap: 9mm; background: ${TINT}; border-left: 0.8mm solid ${ACCENT}; padding: 3.5mm 5mm; min-height: 26mm; break-inside: avoid; }
.payment .label, .payment dt { font-size: 8pt; line-height: 11pt; color: ${QUIET}; }
.payment .amount { flex: none; }
.payment .figure { font-size: 20pt; line-height: 25pt; font-weight: 600; color: ${ACCENT}; white-space: nowrap; letter-spacing: -0.01em; }
.payment dl { flex: 1; align-content: center; display: flex; flex-wrap: wrap; gap: 2.5mm 8mm; }
.payment dd { font-size: 11pt; line-height: 15pt; font-weight: 600; white-space: nowrap; }
.payment img { flex: none; width: 25mm; height: 25mm; margin: -1.5mm -2.5mm -1.5mm auto; }
.message { margin-top: 6mm; max-width: 130mm; }
.message p + p { margin-top: 1.5mm; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: 400; text-align: left; }
.lines { margin-top: 8mm; }
.lines thead { display: table-header-group; }
.lines thead th { vertical-align: bottom; font-size: 8pt; line-height: 11pt; color: ${QUIET}; border-bottom: 0.35mm solid ${ACCENT}; padding: 0 0 1.5mm; }
.lines th small { display: block; font-size: 7.5pt; line-height: 9.5pt; }
.lines td { vertical-align: top; padding: 1.25mm 0; border-bottom: 0.2mm solid ${RULE}; }
.lines tr { break-inside: avoid; }
.lines .date { width: 22mm; white-space: nowrap; }
.lines td.what, .lines th.what { padding-right: 6mm; }
.lines .quantity, .lines .price, .lines .discount, .lines .vat, .lines .net { text-align: right; white-space: nowrap; padding-left: 6mm; width: 1%; }
.lines .net { min-width: 22mm; }
.second { display: block; color: ${QUIET}; font-size: 8pt; line-height: 11pt; }
.lines .group th { font-weight: 600; color: ${ACCENT}; padding: 4mm 0 1.2mm; border-bottom: 0.2mm solid ${RULE}; }
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
.totals .total { margin-top: 2mm; padding-top: 2.5mm; border-top: 0.35mm solid ${ACCENT}; font-weight: 600; font-size: 13pt; line-height: 17pt; color: ${ACCENT}; }
.totals .total dt { color: inherit; }
.statements { margin-top: 4mm; font-size: 8.5pt; line-height: 12pt; color: ${QUIET}; }
footer { display: none; }
@media screen { html { background: #e9eceb; } body { width: 210mm; min-height: 297mm; margin: 8mm auto; padding: ${PAGE.firstTop}mm ${PAGE.right}mm; background: #fff; } .recipient { left: ${zone.x}mm; top: ${zone.y + INSET}mm; } footer { display: flex; justify-content: space-between; gap: 8mm; margin-top: 20mm; padding-top: 4mm; border-top: 0.2mm solid ${RULE}; font-size: 8pt; line-height: 11pt; color: ${QUIET}; } }
`
}
