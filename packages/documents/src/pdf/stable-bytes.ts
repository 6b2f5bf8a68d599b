import type { LocalDate } from '@underlag/invoicing'

/**
 * The PDF with what differs from one print to the next made equal, so that one document always has the same bytes (and SHA-256).
 * Chromium writes the time of printing, and names structure elements by a counter that runs on from print to print.
 * Every replacement is of the same length: the cross-reference table holds byte offsets and stays true.
 */
export const stableBytes = (pdf: Uint8Array, date: LocalDate): Uint8Array => {
  // latin1 keeps each byte as one character, both ways.
  const text = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength).toString('latin1')
  const day = `D:${date.replaceAll('-', '')}000000+00'00'`
  // In order of the counter, which is that of the document: the tree that looks elements up by name stays sorted.
  const names = [...new Set(text.match(NODE) ?? [])].sort()
  const renamed = new Map(names.map((name, index) => [name, `(node${String(index + 1).padStart(8, '0')})`]))
  const stable = text.replace(TIME, day).replace(NODE, (name) => renamed.get(name) ?? name)
  return new Uint8Array(Buffer.from(stable, 'latin1'))
}

const TIME = /D:\d{14}[+-]\d{2}'\d{2}'/g
const NODE = /\(node\d{8}\)/g
