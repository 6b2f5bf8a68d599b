import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  type LetterSettings,
  type LetterZones,
  letterSettings,
  letterZones,
  type PlacedWord,
  zoneViolations,
} from '@underlag/channels/letter'
import { findBrowser, type PdfRenderer, pdfRenderer } from '@underlag/documents'
import { samples } from '@underlag/documents/testing'
import type { Address, Invoice } from '@underlag/invoicing'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'

const Zones = suite('letters: the built-in document in the window of each printer')

Zones.before(() => {
  if (E.isLeft(findBrowser())) skipped('no browser to print with')
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' })
  } catch {
    skipped('not on this machine: pdftotext (Debian: poppler-utils)')
  }
})

const settings = (config: Parameters<ReturnType<typeof letterSettings>>[0]): LetterSettings => {
  const settled = letterSettings({})(config)
  if (E.isLeft(settled)) throw new Error(settled.left.detail)
  return settled.right
}
const sftp = { provider: 'sftp', host: 'h', username: 'u', password: 'p', hostKey: `SHA256:${'a'.repeat(43)}` } as const
const printers: Readonly<Record<string, LetterZones>> = {
  pingen: letterZones(
    settings({
      provider: 'pingen',
      organisationId: '4f8d1c52-6f0a-4f8e-9d5e-0f4a3f1d7a10',
      clientId: 'i',
      clientSecret: 's',
    }),
  ),
  ekopost: letterZones(settings({ provider: 'ekopost', apiKey: 'k' })),
  'sftp, right': letterZones(settings(sftp)),
  'sftp, left': letterZones(settings({ ...sftp, addressPosition: 'left' })),
}

interface Word extends PlacedWord {
  readonly text: string
}

const MM = 25.4 / 72

/** Every word of every page, in millimetres. */
const wordsOf = (pdf: Uint8Array): ReadonlyArray<Word> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'underlag-zones-'))
  try {
    const file = path.join(folder, 'document.pdf')
    writeFileSync(file, pdf)
    const xml = execFileSync('pdftotext', ['-bbox', file, '-'], { encoding: 'utf8' })
    return xml
      .split('<page ')
      .slice(1)
      .flatMap((page, index) =>
        [...page.matchAll(/<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</g)].map(
          ([, left, top, right, bottom, text = '']) => ({
            text,
            page: index + 1,
            left: Number(left) * MM,
            top: Number(top) * MM,
            right: Number(right) * MM,
            bottom: Number(bottom) * MM,
          }),
        ),
      )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const given = (name: string): Invoice => {
  const invoice = samples[name]
  if (invoice === undefined) throw new Error(`no sample ${name}`)
  return invoice
}
const addressed = (address: Address): Invoice => ({
  ...given('one-line'),
  buyer: { ...given('one-line').buyer, address },
})

const print = async (renderer: PdfRenderer, invoice: Invoice): Promise<ReadonlyArray<Word>> => {
  const pdf = await renderer.render(invoice)()
  if (E.isLeft(pdf)) throw new Error(JSON.stringify(pdf.left))
  return wordsOf(pdf.right)
}

/** Each violation in words, for the test to show. */
const violations = (words: ReadonlyArray<Word>, zones: LetterZones): ReadonlyArray<string> =>
  zoneViolations(words, zones).map((violation) => {
    if (!('word' in violation)) return violation.rule
    const word = words[violation.word]
    return `${violation.rule}: ${word?.text} at ${word?.left.toFixed(1)}, ${word?.top.toFixed(1)}–${word?.bottom.toFixed(1)}, page ${word?.page}`
  })

const SELLER = 'from a seller '

const letters: Readonly<Record<string, Invoice>> = {
  'one line': given('one-line'),
  'several pages': given('many-lines'),
  'to a company': given('company-clients'),
  'in English': given('english'),
  ...Object.fromEntries(
    Object.entries({
      'of two lines of name': { name: `${'Stiftelsen Västra Götalands Kognitiva Specialistmottagning '.repeat(2)}AB` },
      'of three lines of address': {
        lines: ['c/o Företagshotellet', 'Byggnad 7, plan 4, rum 4117', 'Lindholmspiren 11'],
      },
      'of the longest name and address there may be': {
        name: 'WM Mottagning '.repeat(15).slice(0, 200),
        lines: Array.from({ length: 4 }, (_, i) => `${i} WM-Gatan `.repeat(30).slice(0, 200)),
      },
      'of words without end': { name: 'W'.repeat(200), lines: ['M'.repeat(200)] },
    }).map(
      ([name, { lines, ...change }]: [string, { readonly name?: string; readonly lines?: ReadonlyArray<string> }]) => {
        const { seller } = given('one-line')
        const address = lines === undefined ? seller.address : { ...seller.address, lines }
        return [`${SELLER}${name}`, { ...given('one-line'), seller: { ...seller, ...change, address } }]
      },
    ),
  ),
  'four lines of address': addressed({
    lines: ['c/o Berg', 'Storgatan 12 A'],
    postalCode: '222 22',
    city: 'Lund',
    country: 'SE',
  }),
}

const logo = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 9"/>')}`

for (const [position, theme] of [
  ['left', {}],
  ['left', { logo }],
  ['right', {}],
  ['right', { logo }],
] as const)
  Zones(`to the ${position}${'logo' in theme ? ', with a logo' : ''}`, async () => {
    const renderer = pdfRenderer({ template: { addressPosition: position, theme }, pages: 1 })
    try {
      for (const [name, invoice] of Object.entries(letters)) {
        const words = await print(renderer, invoice)
        for (const [printer, zones] of Object.entries(printers)) {
          if (zones.addressPosition !== position) continue
          // Five lines are more than Ekopost's window shows: the adapter asks for a page with the address before such letters.
          if (printer === 'ekopost' && name === 'in English') {
            assert.is.not(violations(words, zones).length, 0)
            continue
          }
          assert.equal(violations(words, zones), [], `${printer}, ${name}`)
          const { x, y, width, height } = zones.address
          const shown = words
            .filter((word) => word.page === 1 && word.left >= x - 1 && word.right <= x + width + 1)
            .filter((word) => word.top >= y - 1 && word.bottom <= y + height + 1)
            .map(({ text }) => text.replaceAll('&amp;', '&'))
            .join(' ')
          const { name: recipient = '', address } = invoice.buyer
          for (const line of [recipient, ...(address?.lines ?? [])])
            assert.ok(shown.includes(line), `${printer}, ${name}: ${line} is not in ${shown}`)
          assert.ok(shown.startsWith(recipient), `${printer}, ${name}: ${shown}`)
          assert.ok(shown.length <= 120, `${printer}, ${name}: more than an address: ${shown}`)
        }
        // What the head has no room for stands at the foot.
        const { seller } = invoice
        const foot = words
          .filter(({ page, left, top }) => page === 1 && left < 82 && top > 170)
          .map(({ text }) => text.replaceAll('&amp;', '&'))
          .join('')
        if (name.startsWith(SELLER))
          for (const line of [seller.name, ...seller.address.lines])
            assert.ok(foot.includes(line.replaceAll(' ', '')), `${name}: ${line} is not at the foot`)
      }
    } finally {
      await renderer.close()
    }
  })
