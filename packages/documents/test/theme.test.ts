import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Invoice } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { invoiceHtml } from '../src/invoice-html.js'
import { body } from '../src/template/v1/markup.js'
import { samples } from '../src/testing/sample-invoices.js'
import { readTheme, ThemeConfig } from '../src/theme/config.js'
import { contrast, contrastOnDocument, darkEnough } from '../src/theme/contrast.js'
import type { Look } from '../src/theme/look.js'
import { makeTheme, storedLook, type ThemeParts } from '../src/theme/theme.js'
import { png } from './pictures.js'

const Theme = suite('themes')

const problems = async (parts: ThemeParts): Promise<ReadonlyArray<string>> => {
  const made = await makeTheme(parts)
  return E.isLeft(made)
    ? made.left.map(({ part, line, reason }) => `${part}${line === undefined ? '' : ` line ${line}`}: ${reason}`)
    : []
}
const accepted = async (parts: ThemeParts): Promise<Look> => {
  const made = await makeTheme(parts)
  if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
  return made.right.look
}
const svg = (inside: string, attributes = ''): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"${attributes}>${inside}</svg>`)
const given = (name: string): Invoice => {
  const invoice = samples[name]
  if (invoice === undefined) throw new Error(`no sample ${name}`)
  return invoice
}

/** The built-in body with a line put first, so that it stands on line 1. */
const withLine = (line: string): string => `${line}\n${body}`

Theme('takes the built-in body as a template of one’s own, and renders the same', async () => {
  const look = await accepted({ template: body })
  for (const [name, invoice] of Object.entries(samples))
    assert.is(invoiceHtml(invoice, { theme: look }), invoiceHtml(invoice), name)
})

Theme('places logo, colour, words and note', async () => {
  const look = await accepted({
    logo: svg('<path d="M0 0h9v9z" fill="url(#a)"/>'),
    colour: '#7A1F3D',
    texts: { sv: { invoice: 'Räkning', note: 'Frågor?\nRing <oss>.' } },
  })
  const html = invoiceHtml(given('one-line'), { theme: look })
  for (const text of [
    'Räkning <span',
    '<p>Frågor?</p><p>Ring &lt;oss&gt;.</p>',
    '#7a1f3d',
    'data:image/svg&#x2B;xml;base64,',
  ])
    assert.ok(html.includes(text) || html.includes(text.replace('&#x2B;', '+')), text)
  // Another language keeps the built-in words.
  assert.ok(invoiceHtml(given('english'), { theme: look }).includes('>Invoice <span'))
})

Theme('refuses a colour in which text cannot be read, and says which would do', async () => {
  assert.equal(await problems({ colour: '#ffcc00' }), [
    'colour: #ffcc00 has a contrast of 1.4:1 to the paper, and text needs 4.5:1 (WCAG 2.2, 1.4.3 AA): take a darker one, such as #8a6e00',
  ])
  // Figures of the WCAG's own examples.
  assert.is(contrast('#ffffff', '#000000'), 21)
  assert.is(contrast('#777777', '#ffffff').toFixed(2), '4.48')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffff }), (n) => {
      const colour = `#${n.toString(16).padStart(6, '0')}`
      assert.ok(contrastOnDocument(darkEnough(colour)) >= 4.5, colour)
    }),
  )
})

Theme('refuses logos that are too large, damaged, of another kind, or that run or fetch', async () => {
  assert.equal(await problems({ logo: png(600, 200) }), [])
  const cases: ReadonlyArray<readonly [Buffer, RegExp]> = [
    [Buffer.concat([png(10, 10), Buffer.alloc(200_000)]), /^logo: is 200\d\d\d bytes; a logo has at most 100000/],
    [png(2_001, 1), /^logo: is 2001 × 1 pixels/],
    [png(10, 10).subarray(0, 60), /^logo: is a damaged PNG/],
    [Buffer.from('ffd8ffe000104a46', 'hex'), /^logo: is a damaged JPEG/],
    [Buffer.from('GIF89a'), /^logo: is neither PNG, JPEG nor SVG/],
    [svg('<script>alert(1)</script>'), /line 1: <script> has no place/],
    [svg('\n<a href="https://x.se"><path/></a>'), /line 2: <a> has no place/],
    [svg('<image href="https://x.se/a.png"/>'), /href names an address/],
    [svg('<path style="fill:url(http://x)"/>'), /url\( has no place/],
    [svg('<style>@import "x.css";</style>'), /@import has no place/],
    [svg('', ' onload="x()"'), /onload has no place/],
    [svg('<path>'), /is no well-formed XML/],
    [Buffer.from('<svg viewBox="0 0 1 1"/>'), /must be <svg xmlns=/],
    [Buffer.from(`<!DOCTYPE svg [<!ENTITY a "b">]>${svg('')}`), /DOCTYPE/],
  ]
  for (const [logo, expected] of cases) assert.match((await problems({ logo }))[0] ?? 'accepted', expected)
})

Theme('refuses a template with line and reason', async () => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ['{{cleint}}', /^template line 1: \{\{cleint\}\}: cleint is no field here \(known: language, /],
    ['{{#each facts}}{{labl}}{{/each}}', /labl is no field here \(known: label, value\)/],
    ['{{#each facts}}{{../numbr}}{{/each}}', /numbr is no field here/],
    ['{{number.constructor}}', /a text has no constructor/],
    ['{{__proto__}}', /__proto__ is no field here/],
    ['{{texts.lineVat}}', /lineVat is no field here/],
    ['{{{heading}}}', /set text unescaped/],
    ['{{&heading}}', /set text unescaped/],
    ['{{recipient}}', /\{\{recipient\}\} is a group/],
    ['{{#each heading}}{{/each}}', /it is a text, and no list/],
    ['{{> other}}', /partials and decorators/],
    ['{{lookup texts "invoice"}}', /no helper here/],
    ['{{#repeat facts}}{{/repeat}}', /is no block here/],
    ['{{#each facts as |fact|}}{{/each}}', /is not used here/],
    ['\\{{heading}}', /is not used here/],
    ['{{{{raw}}}}{{{{/raw}}}}', /is not used here/],
    ['<p>a</p', /a tag cannot be read/],
    ['<p>a', /line 1: <p> is not closed/],
    ['<script>alert(1)</script>', /line 1: <script> has no place/],
    ['<iframe></iframe>', /<iframe> has no place/],
    ['<link rel="stylesheet" href="https://x.se/a.css">', /<link> has no place/],
    ['<a href="{{heading}}">a</a>', /href="…" has no place/],
    ['<p onclick="x()">a</p>', /onclick="…" has no place/],
    ['<img src="https://x.se/a.png" alt="">', /src names an address/],
    ['<img src="{{heading}}" alt="">', /src must be one picture/],
    ['<img src="{{logo}}">', /needs an alt text/],
    ['<p>{{logo}}</p>', /a picture stands in the src/],
    ['<p class={{number}}>a</p>', /put the value of class in quotes/],
    ['<p style="color: {{number}}">a</p>', /no field can stand in style/],
    ['<p style="background: url(//x.se)">a</p>', /url\( has no place/],
    ['<style>p { color: {{number}} }</style>', /no field and no block can stand in a style sheet/],
    ['<style>p { background: u\\72 l(//x.se) }</style>', /url\( has no place/],
    [`<style>p { content: "/*"; background: url(//x.se); content: "*/" }</style>`, /url\( has no place/],
    ['<style>p { background: url(#/*); background: url(//x.se); cursor: url(#*/) }</style>', /url\( has no place/],
    ['<style>p { background: image-set("data:image/png,a" 1x, "//x.se" 2x) }</style>', /image-set\( has no place/],
    ['<style>@im/**/port "x"; @import "x";</style>', /@import has no place/],
    ['<!-- {{number}} -->', /no field and no block can stand in <!-- -->/],
    ['<{{#if logo}}script{{/if}}>', /a tag cannot be read/],
    ['<p{{#if logo}} class="a"{{/if}}>a</p>', /line 1: /],
    ['{{#if logo}}<p title="{{/if}}<script>alert(1)</script>">a</p>', /begins in title="…" and ends elsewhere/],
    ['<p title="{{#if logo}}">{{else}}"><b>{{/if}}</p>', /begins in title="…" and ends elsewhere/],
    ['<h1>a</h1>', /one <h1>, its heading \(there are 2\)/],
  ]
  for (const [line, expected] of cases)
    assert.match((await problems({ template: withLine(line) }))[0] ?? `accepted: ${line}`, expected)
  // On whatever line it stands.
  assert.match(
    (await problems({ template: `${body}{{cleint}}` }))[0] ?? '',
    new RegExp(`^template line ${body.split('\n').length}: `),
  )
  assert.match(
    (await problems({ template: '<h1>\n{{#if logo}}</h1>' }))[0] ?? '',
    /^template line 2: is no Handlebars: it ends before/,
  )
  assert.match((await problems({ template: '<h1>\n\n{{heading</h1>' }))[0] ?? '', /^template line 3: is no Handlebars/)
})

Theme('refuses a template that leaves out what the act asks for', async () => {
  const without = async (part: string): Promise<string> =>
    (await problems({ template: body.replace(part, '') })).join('\n')
  assert.match(await without('{{#each statements}}<p>{{this}}</p>{{/each}}'), /on what ground there is no VAT/)
  assert.match(await without('<td>{{taxable}}</td>'), /the taxable amount of each/)
  assert.match(await without(' {{number}}'), /the invoice’s number/)
  assert.match(await without('<td class="date">{{supplied}}</td>'), /the date of each line/)
  assert.match(await without('{{#each recipient.lines}}<span>{{this}}</span>{{/each}}'), /the buyer’s name and address/)
  const sums = await without('{{#each sums}}<div><dt>{{label}}</dt><dd>{{value}}</dd></div>{{/each}}')
  assert.match(sums, /the rounding, where there is one/)
  const note = await without(
    '{{#if payment.details}}<dl>{{#each payment.details}}<div><dt>{{label}}</dt><dd>{{value}}</dd></div>{{/each}}</dl>{{/if}}',
  )
  assert.match(note, /which invoice it credits/)
})

Theme('escapes what was given, in a template of one’s own too', async () => {
  const evil = `"><script>alert(1)</script>`
  const look = await accepted({
    template: withLine('<p title="{{seller.name}}" class=\'{{number}}\'>{{reference}}</p>'),
  })
  const invoice = {
    ...given('one-line'),
    invoiceNumber: evil,
    reference: evil,
    seller: { ...given('one-line').seller, name: evil },
  }
  const html = invoiceHtml(invoice, { theme: look })
  assert.not.ok(html.includes('<script'))
  assert.ok(html.includes(`<p title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`))
})

Theme('renders what it accepts, whatever the pieces', async () => {
  const pieces = fc.constantFrom(
    '<p>',
    '</p>',
    '<b title="',
    '">',
    '"',
    "'",
    '{{number}}',
    '{{logo}}',
    '{{#if logo}}',
    '{{else}}',
    '{{/if}}',
    '{{#each facts}}',
    '{{label}}',
    '{{/each}}',
    '<style>',
    '</style>',
    '</b>',
    '<img src="',
    '<!--',
    '-->',
    '<script>',
    '</script>',
    'x',
    '>',
    '<',
    '{',
    '}',
    '\n',
    '\\',
  )
  const evil = `"'><script>alert(1)</script>`
  const invoice = { ...given('one-line'), invoiceNumber: evil, language: 'en' as const }
  let taken = 0
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 9 }), async (parts) => {
      const made = await makeTheme({ template: withLine(parts.join('')) })
      if (E.isLeft(made)) return
      taken += 1
      for (const theme of [made.right.look, { ...made.right.look, logo: 'data:image/png;base64,' }]) {
        const html = invoiceHtml(invoice, { theme })
        // A comment of the template's own may say what it will; nothing else may.
        assert.not.ok(html.replace(/<!--[\s\S]*?-->/g, '').includes('<script'), html.slice(0, 2_000))
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(taken > 20, `only ${taken} were accepted`)
})

Theme('has a name that is the same for the same theme, and is read back from what was stored', async () => {
  const one = await makeTheme({ colour: '#123456', texts: { sv: { invoice: 'A', note: 'B' }, en: { note: 'C' } } })
  const same = await makeTheme({ texts: { en: { note: 'C' }, sv: { note: 'B', invoice: 'A' } }, colour: '#123456' })
  const other = await makeTheme({ colour: '#123457' })
  if (E.isLeft(one) || E.isLeft(same) || E.isLeft(other)) throw new Error('refused')
  assert.is(one.right.sha256, same.right.sha256)
  assert.is.not(one.right.sha256, other.right.sha256)
  assert.equal(storedLook(one.right.bytes), one.right.look)
  assert.is(storedLook(Buffer.from('{"underlagTheme":2}')), undefined)
  assert.is(storedLook(Buffer.from('%PDF')), undefined)
})

Theme('is read from the files that a configuration names, and says which of them is wrong', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'underlag-theme-'))
  try {
    const file = (name: string, content: string | Buffer): { readonly file: string } => {
      writeFileSync(path.join(folder, name), content)
      return { file: path.join(folder, name) }
    }
    const good = await readTheme({ logo: file('logo.png', png(40, 20)), template: file('own.hbs', `\uFEFF${body}`) })
    assert.ok(E.isRight(good))
    const bad = await readTheme({
      colour: '#eeeeee',
      logo: { file: path.join(folder, 'nowhere.png') },
      template: file('broken.hbs', '<h1>{{heading}}</h1>\n{{nothing}}'),
    })
    assert.ok(E.isLeft(bad))
    const text = E.isLeft(bad) ? bad.left.join('\n') : ''
    assert.match(text, /^logo\.file .*nowhere\.png cannot be read \(ENOENT\)/m)
    const large = await readTheme({
      logo: file('large.svg', Buffer.alloc(100_001)),
      template: file('large.hbs', Buffer.alloc(200_001)),
    })
    assert.match(
      E.isLeft(large) ? large.left.join('\n') : '',
      /large\.svg is 100001 bytes.*\n.*large\.hbs is 200001 bytes/,
    )
    if (process.platform !== 'win32') {
      const endless = await readTheme({ logo: { file: '/dev/zero' }, template: { file: '/dev/zero' } })
      assert.equal(E.isLeft(endless) && endless.left, [
        'logo.file /dev/zero is no ordinary file',
        'template.file /dev/zero is no ordinary file',
      ])
    }
    assert.match(text, /^colour: #eeeeee has a contrast of/m)
    assert.match(text, /^template\.file .*broken\.hbs line 2: \{\{nothing\}\}: nothing is no field here/m)
  } finally {
    rmSync(folder, { recursive: true })
  }
  for (const wrong of [
    { colour: 'red' },
    { colour: '#fff' },
    { texts: { sv: { fSkatt: 'x' } } },
    { texts: { no: {} } },
    { texts: { sv: { invoice: ' ' } } },
    { logo: 'x.png' },
  ])
    assert.ok(E.isLeft(ThemeConfig.decode(wrong)), JSON.stringify(wrong))
})
