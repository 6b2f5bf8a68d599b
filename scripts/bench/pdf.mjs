import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser, invoiceHtml, pdfRenderer } from '@underlag/documents'
import { bareLoop, launchPerPdf, pagePerPdf, samples } from '@underlag/documents/testing'
import { sampleInvoice } from './invoice.mjs'
import { inTurns } from './measure.mjs'
import { pdfkit, pdfmake, pdfPeersIn, reactPdf } from './pdf-peers.mjs'

const browser = () => {
  const found = findBrowser()
  if (found._tag === 'Left') throw new Error(found.left.remedy)
  return found.right
}

const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}

let printed = 0
/** Another invoice each time, as at month end. */
const another = () => ({ ...sampleInvoice, invoiceNumber: String(++printed), sequence: printed })

/** `count` prints one after another. */
const oneByOne = (count, print) => async () => {
  for (let i = 0; i < count; i++) await print(another())
  return count
}

/** Our renderer against another way to print, which does `theirs` in the time of our 20. */
const warmAgainst =
  (other, theirs = 20) =>
  async (options) => {
    const peer = await other(options)
    if (typeof peer === 'string') return { skipped: peer }
    const renderer = pdfRenderer({ executablePath: browser(), pages: 1 })
    const ours = async (invoice) => right(await renderer.render(invoice)())
    await ours(another())
    await peer.print(another())
    const measured = await inTurns({ ours: oneByOne(20, ours), limit: oneByOne(theirs, peer.print) })
    await renderer.close()
    await peer.close?.()
    return measured
  }

const ofHtml = (start) => async () => {
  const { print, close } = await start(browser())
  return { print: (invoice) => print(invoiceHtml(invoice)), close }
}

let installed
const ofLibrary =
  (make) =>
  async ({ folder }) => {
    installed ??= pdfPeersIn(folder)
    return typeof installed === 'string' ? installed : { print: await make(installed) }
  }

const MONTH = 400

/** A month end: every document asked for at once. */
const monthEnd = (renderer) => async () => {
  const pdfs = await Promise.all(Array.from({ length: MONTH }, () => renderer.render(another())()))
  return pdfs.map(right).length
}

const monthAgainst = (other) => async (options) => {
  const renderer = pdfRenderer({ executablePath: browser() })
  const peer = await other(options)
  if (typeof peer === 'string') return { skipped: peer }
  right(await renderer.render(another())())
  await peer.print(another())
  const measured = await inTurns({ ours: monthEnd(renderer), limit: oneByOne(100, peer.print) })
  await renderer.close()
  await peer.close?.()
  return measured
}

const oneAtATime = async () => {
  const renderer = pdfRenderer({ executablePath: browser(), pages: 1 })
  return { print: async (invoice) => right(await renderer.render(invoice)()), close: renderer.close }
}

const MOST_BYTES = 75_000

/** The largest document of one page. Each says its number and its total, or it does not count. */
const bytes = async ({ folder }) => {
  const renderer = pdfRenderer({ executablePath: browser() })
  const file = join(folder, 'line12.pdf')
  let most = 0
  for (const invoice of [...Object.values(samples), sampleInvoice]) {
    const pdf = right(await renderer.render(invoice)())
    writeFileSync(file, pdf)
    if (!/Pages: +1\n/.test(execFileSync('pdfinfo', [file], { encoding: 'utf8' }))) continue
    const text = execFileSync('pdftotext', ['-raw', file, '-'], { encoding: 'utf8' })
    if (!text.replaceAll(/\s/g, '').includes(invoice.invoiceNumber)) throw new Error('a document without its number')
    most = Math.max(most, pdf.length)
  }
  await renderer.close()
  const size = (count) => ({ rate: count, cpuUs: 0 })
  return { ratio: MOST_BYTES / most, ours: size(most), limit: size(MOST_BYTES), unit: 'B' }
}

const ten = 'one tagged PDF, warm browser'
const eleven = `month end, ${MONTH} tagged PDFs`
export const pdfLines = [
  { line: '10', what: ten, limit: 'bare CDP loop', goal: 0.9, run: warmAgainst(ofHtml(bareLoop)) },
  { line: '10b', what: ten, limit: 'new page per PDF', goal: 2.5, run: warmAgainst(ofHtml(pagePerPdf), 10) },
  { line: '10c', what: ten, limit: 'launch per PDF', goal: 10, run: warmAgainst(ofHtml(launchPerPdf), 3) },
  { line: '10d', what: ten, limit: '@react-pdf, untagged', goal: 1.5, run: warmAgainst(ofLibrary(reactPdf)) },
  { line: '11', what: eleven, limit: 'line 10', goal: 1.5, run: monthAgainst(oneAtATime) },
  { line: '11b', what: eleven, limit: 'pdfmake, untagged', goal: 1, run: monthAgainst(ofLibrary(pdfmake)) },
  { line: '11c', what: eleven, limit: 'pdfkit, untagged', goal: 1, run: monthAgainst(ofLibrary(pdfkit)) },
  { line: '12', what: 'largest PDF of one page', limit: 'at most 75 kB', goal: 1, run: bytes },
]
