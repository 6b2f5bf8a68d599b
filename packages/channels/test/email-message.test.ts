import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import type { Invoice, Shipment } from '@underlag/invoicing'
import { sek } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser'
import * as assert from 'uvu/assert'
import { type EmailConfig, emailChannel, type MakeUbl } from '../src/email/index.js'
import { type ComposedMail, composeMail } from '../src/email/message.js'
import { loadNodemailer } from '../src/email/nodemailer.js'
import { type SinkMail, smtpSink } from '../src/testing/index.js'
import {
  channelTo,
  failed,
  KEY,
  pdfOf,
  sampleCreditNote,
  sampleInvoice,
  sampleShipment,
  sent,
  settingsFor,
} from './support/samples.js'

const Message = suite('email: the message')

type Changes = Omit<Partial<EmailConfig>, 'smtp'>

/** The mail as it came to a server. */
const arrived = async (shipment: Partial<Shipment>, changes: Changes = {}): Promise<SinkMail> => {
  const sink = await smtpSink()
  const channel = channelTo(sink, changes)
  try {
    await sent(channel, sampleShipment(shipment))
    const [mail] = sink.mails
    if (mail === undefined || sink.mails.length !== 1) throw new Error(`${sink.mails.length} mails came`)
    return mail
  } finally {
    await channel.close()
    await sink.close()
  }
}

/** Without a server, for what is tried many times. */
const composed = async (
  shipment: Partial<Shipment>,
  changes: Changes = {},
): Promise<E.Either<string, ComposedMail>> => {
  const mailer = await loadNodemailer()
  if (E.isLeft(mailer)) throw new Error(mailer.left)
  return composeMail(mailer.right, sampleShipment(shipment), settingsFor({ host: '127.0.0.1', port: 25 }, changes))
}

const html = (mail: ParsedMail): string => mail.html || ''
const words = (mail: ParsedMail): string => [mail.subject, mail.text, html(mail)].join('\n')
const addresses = (header: AddressObject | AddressObject[] | undefined): ReadonlyArray<string | undefined> =>
  [header ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address))

const CARE = /depression|samtal|avbokat|Kära|REF-1/i
const AMOUNT = /1.800,00|1,800\.00/

const invoice = (changes: Partial<Invoice> = {}): Invoice =>
  sampleInvoice({ message: 'Kära Anna, tack för samtalet', reference: 'REF-1', ...changes })

Message('full: what is invoiced, amount, due date, how to pay, and the PDF', async () => {
  const { parsed } = await arrived({ invoice: invoice() }, { disclosure: 'full' })
  assert.is(parsed.subject, 'Faktura 12 från Åsas klinik')
  for (const body of [parsed.text ?? '', html(parsed)]) {
    for (const part of [
      'Hej Anna Andersson,',
      '2026-02-03 Samtal om depression × 1,5',
      'Kära Anna, tack för samtalet',
      'REF-1',
      '1 800,00 kr',
      '2026-03-31',
      '1230',
      '5050-1055',
    ]) {
      assert.ok(body.replaceAll('\u00a0', ' ').includes(part), part)
    }
  }
  assert.is(parsed.attachments.length, 1)
})

Message('neutral: amount and how to pay, the PDF, and nothing about the care', async () => {
  const { parsed } = await arrived({ invoice: invoice() }, { disclosure: 'neutral' })
  assert.not.match(words(parsed), CARE)
  assert.match(parsed.text ?? '', AMOUNT)
  assert.match(parsed.text ?? '', /OCR-nummer: 1230/)
  assert.match(parsed.text ?? '', /Bankgiro: 5050-1055/)
  assert.match(parsed.text ?? '', /Förfallodatum: 2026-03-31/)
  assert.is(parsed.attachments.length, 1)
})

Message('neutral is what is used when nothing is said', async () => {
  const { parsed } = await arrived({ invoice: invoice() })
  assert.not.match(words(parsed), CARE)
  assert.match(parsed.text ?? '', AMOUNT)
})

Message('notice: that there is an invoice and where to log in; no amount, no number, no PDF', async () => {
  const { parsed, raw } = await arrived(
    { invoice: invoice() },
    { disclosure: 'notice', portalUrl: 'https://klinik.se/logga-in?a=1&b=2' },
  )
  assert.is(parsed.subject, 'Ny faktura från Åsas klinik')
  assert.not.match(words(parsed), CARE)
  assert.not.match(words(parsed), AMOUNT)
  assert.not.match(words(parsed), /1230|5050|2026-03/)
  assert.match(parsed.text ?? '', 'Logga in för att läsa den:\nhttps://klinik.se/logga-in?a=1&b=2')
  assert.match(html(parsed), 'href="https://klinik.se/logga-in?a&#x3D;1&amp;b&#x3D;2"')
  assert.is(parsed.attachments.length, 0)
  assert.not.match(raw.toString(), /application\/pdf/)
})

Message('in English', async () => {
  const english = invoice({ language: 'en' })
  const full = (await arrived({ invoice: english }, { disclosure: 'full' })).parsed
  assert.is(full.subject, 'Invoice 12 from Åsas klinik')
  assert.match(full.text ?? '', /Dear Anna Andersson,/)
  assert.match((full.text ?? '').replaceAll('\u00a0', ' '), 'To pay: SEK 1,800.00')
  assert.match(full.text ?? '', /Samtal om depression × 1\.5/)
  assert.match(html(full), '<html lang="en">')
  const notice = (await arrived({ invoice: english }, { disclosure: 'notice' })).parsed
  assert.match(notice.text ?? '', 'Please log in with us to read it.')
  assert.not.match(words(notice), /Hej|faktura /)
})

Message('a credit note: what it credits, and nothing to pay', async () => {
  const { parsed } = await arrived({ invoice: sampleCreditNote() })
  assert.is(parsed.subject, 'Kreditfaktura 13 från Åsas klinik')
  assert.match((parsed.text ?? '').replaceAll('\u00a0', ' '), 'Krediterat belopp: 1 800,00 kr')
  assert.match(parsed.text ?? '', 'Avser faktura: 12')
  assert.not.match(words(parsed), /Bankgiro|OCR|Förfallodatum|Att betala/)
  assert.not.match(words(parsed), CARE)
  const full = (await arrived({ invoice: sampleCreditNote({ language: 'en' }) }, { disclosure: 'full' })).parsed
  assert.is(full.subject, 'Credit note 13 from Åsas klinik')
  assert.match(full.text ?? '', 'Reason: Avbokat samtal')
  const notice = (await arrived({ invoice: sampleCreditNote() }, { disclosure: 'notice' })).parsed
  assert.is(notice.subject, 'Ny kreditfaktura från Åsas klinik')
  assert.not.match(words(notice), AMOUNT)
})

Message('an invoice paid in the meantime does not ask for the money again', async () => {
  for (const [language, says, total] of [
    ['sv', 'Du behöver inte betala något', 'Fakturabelopp: 1 800,00 kr'],
    ['en', 'There is nothing for you to pay', 'Invoice total: SEK 1,800.00'],
  ] as const)
    for (const settled of [
      { paid: sek(180_000), status: 'paid' },
      { credited: sek(180_000), status: 'credited' },
    ] as const)
      for (const disclosure of ['neutral', 'full'] as const) {
        const invoice = sampleInvoice({ language, balance: sek(0), ...settled })
        const { parsed } = await arrived({ invoice }, { disclosure })
        assert.match(parsed.text ?? '', says)
        assert.match((parsed.text ?? '').replaceAll('\u00a0', ' '), total)
        assert.not.match(words(parsed), /Bankgiro|Förfallodatum|Due date|OCR|Att betala|To pay/)
      }
})

Message('an invoice partly paid says what is left', async () => {
  const partly = sampleInvoice({ paid: sek(80_000), balance: sek(100_000), status: 'partlyPaid' })
  const { parsed } = await arrived({ invoice: partly })
  assert.match((parsed.text ?? '').replaceAll('\u00a0', ' '), 'Kvar att betala: 1 000,00 kr')
  assert.not.match(words(parsed), 'Att betala')
})

Message('a buyer and a line that were erased', async () => {
  const { parsed } = await arrived(
    {
      invoice: sampleInvoice({
        buyer: { email: 'anna.andersson@example.se' },
        lines: sampleInvoice().lines.map(({ description: _, ...line }) => line),
      }),
    },
    { disclosure: 'full' },
  )
  assert.match(parsed.text ?? '', /^Hej,/)
  assert.match(parsed.text ?? '', 'Uppgiften är raderad')
})

Message('headers: from, to, reply-to, one recipient, a deterministic Message-ID, generated by a machine', async () => {
  const { parsed, from, to } = await arrived({})
  assert.is(from, 'faktura@klinik.se')
  assert.equal(to, ['anna.andersson@example.se'])
  assert.is(parsed.from?.text, '"Åsas klinik" <faktura@klinik.se>')
  assert.equal([parsed.to].flat()[0]?.value, [{ address: 'anna.andersson@example.se', name: 'Anna Andersson' }])
  assert.is(parsed.replyTo?.text, '"Åsas klinik" <asa@klinik.se>')
  assert.is(parsed.messageId, `<${KEY}@klinik.se>`)
  assert.is(parsed.headers.get('auto-submitted'), 'auto-generated')
  assert.ok(Math.abs((parsed.date?.getTime() ?? 0) - Date.now()) < 60_000)
  assert.is(parsed.cc, undefined)
  assert.is(parsed.bcc, undefined)
})

Message("a name in `from` stands before the seller's", async () => {
  const { parsed } = await arrived({}, { from: 'Ekonomi, Åsas klinik <faktura@klinik.se>' })
  assert.equal(parsed.from?.value, [{ address: 'faktura@klinik.se', name: 'Ekonomi, Åsas klinik' }])
})

Message('the attachment is the document, byte for byte', async () => {
  for (const size of [20, 3_000, 1_000_000]) {
    const pdf = pdfOf(size, size)
    const { parsed } = await arrived({ pdf, fileName: 'Faktura 12 – Åsa.pdf' })
    const [attachment] = parsed.attachments
    assert.is(attachment?.filename, 'Faktura 12 – Åsa.pdf')
    assert.is(attachment?.contentType, 'application/pdf')
    assert.is(
      createHash('sha256')
        .update(attachment?.content ?? '')
        .digest('hex'),
      createHash('sha256').update(pdf).digest('hex'),
    )
  }
})

Message('a view into a larger buffer is sent without what lies around it', async () => {
  const around = new Uint8Array(9_000).fill(0x58)
  around.set(pdfOf(3_000), 3_000)
  const { parsed } = await arrived({ pdf: around.subarray(3_000, 6_000) })
  assert.ok(parsed.attachments[0]?.content.equals(pdfOf(3_000)))
})

Message('the UBL is attached where that is set, one can be written, and the mail tells anything at all', async () => {
  const person: MakeUbl = () => E.left({ reasons: [{ rule: 'PEPPOL-EN16931-R010', field: 'buyer.eInvoice' }] })
  const written: MakeUbl = async ({ invoiceNumber }) => E.right(`<Invoice>åäö ${invoiceNumber}</Invoice>`)
  const sink = await smtpSink()
  let detail = ''
  const attached = async (changes: Changes, makeUbl?: MakeUbl): Promise<ReadonlyArray<string>> => {
    const channel = emailChannel(settingsFor(sink, changes), makeUbl)
    detail = (await sent(channel)).detail
    await channel.close()
    const { attachments } = sink.mails.at(-1)?.parsed ?? { attachments: [] }
    return attachments.map(({ filename, contentType, content }) =>
      contentType === 'application/xml' ? `${filename} ${content.toString()}` : `${filename} ${contentType}`,
    )
  }
  const pdf = 'Faktura-12.pdf application/pdf'
  assert.equal(await attached({ attachUbl: true }, written), [pdf, 'Faktura-12.xml <Invoice>åäö 12</Invoice>'])
  assert.equal(await attached({ attachUbl: true, disclosure: 'full' }, written), [
    pdf,
    'Faktura-12.xml <Invoice>åäö 12</Invoice>',
  ])
  assert.not.match(detail, 'UBL')
  assert.equal(await attached({ attachUbl: true }, person), [pdf])
  assert.match(detail, /message id <[^>]+>, without the UBL: PEPPOL-EN16931-R010 buyer\.eInvoice$/)
  assert.equal(await attached({ attachUbl: true }), [pdf])
  assert.not.match(detail, 'UBL')
  assert.equal(await attached({}, written), [pdf])
  assert.equal(await attached({ attachUbl: true, disclosure: 'notice' }, written), [])
  // Made a moment later it may well be: the mail waits for it, and does not go without.
  const mails = sink.mails.length
  for (const notNow of [() => E.left({ _tag: 'UblNotNow' }), () => Promise.reject(new Error('Anna'))] as const) {
    const channel = emailChannel(settingsFor(sink, { attachUbl: true }), notNow as MakeUbl)
    assert.equal(await failed(channel), { _tag: 'retry', detail: 'the UBL document could not be made just now' })
    await channel.close()
  }
  assert.is(sink.mails.length, mails)
  await sink.close()
})

Message('åäö and other scripts in names; very long names', async () => {
  const name = `${'Åäö Ωμέγα 李 🙂 '.repeat(12)}slut`
  const seller = { ...sampleInvoice().seller, name: 'Ö'.repeat(180) }
  const { parsed, raw } = await arrived({
    invoice: sampleInvoice({ seller, buyer: { name, email: 'anna.andersson@example.se' } }),
  })
  assert.is([parsed.to].flat()[0]?.value[0]?.name, name)
  assert.is(parsed.subject, `Faktura 12 från ${'Ö'.repeat(180)}`)
  assert.ok(
    raw
      .toString('latin1')
      .split('\r\n')
      .every((line) => line.length <= 998),
  )
})

Message('a domain with åäö goes in its ASCII form; a mailbox with åäö as it is (SMTPUTF8)', async () => {
  const domain = await composed({ invoice: sampleInvoice({ buyer: { name: 'Bo', email: 'bo@räksmörgås.se' } }) })
  assert.equal(E.isRight(domain) ? domain.right.envelope.to : domain.left, ['bo@xn--rksmrgs-5wao1o.se'])
  const mailbox = await arrived({ invoice: sampleInvoice({ buyer: { name: 'Örjan', email: 'örjan@example.se' } }) })
  assert.equal(mailbox.to, ['örjan@example.se'])
  assert.equal(addresses(mailbox.parsed.to), ['örjan@example.se'])
})

const ATTACKS = [
  'Anna\r\nBcc: eve@evil.example',
  'Anna\nBcc: eve@evil.example',
  'Anna\r\n\r\n<h1>own body</h1>',
  'Anna" <eve@evil.example>, "',
  'Anna <eve@evil.example>',
  'eve@evil.example, Anna',
  'Anna\u2028Bcc: eve@evil.example',
  'Anna\0Bcc: eve@evil.example',
  '=?UTF-8?Q?Anna=0D=0ABcc:_eve@evil.example?=',
  '<script>alert(1)</script>',
  '{{seller}} {{{html}}} {number} {{#each lines}}',
  '\u202eevil\u202c',
]

Message('no name and no message gets out of its place', async () => {
  for (const attack of ATTACKS) {
    const base = sampleInvoice()
    const attacked = sampleInvoice({
      invoiceNumber: '12',
      seller: { ...base.seller, name: attack, bankgiro: attack },
      buyer: { name: attack, email: 'anna.andersson@example.se' },
      message: attack,
      reference: attack,
      lines: base.lines.map((line) => ({ ...line, description: attack, clientLabel: attack })),
    })
    const { parsed, to, raw } = await arrived({ invoice: attacked, fileName: `${attack}.pdf` }, { disclosure: 'full' })
    assert.equal(to, ['anna.andersson@example.se'], attack)
    assert.equal(addresses(parsed.to), ['anna.andersson@example.se'], attack)
    assert.equal(addresses(parsed.from), ['faktura@klinik.se'], attack)
    assert.equal(addresses(parsed.replyTo), ['asa@klinik.se'], attack)
    assert.is(parsed.bcc, undefined, attack)
    assert.is(parsed.attachments.length, 1, attack)
    assert.equal(
      parsed.headerLines.map(({ key }) => key),
      [
        'auto-submitted',
        'x-auto-response-suppress',
        'from',
        'to',
        'reply-to',
        'subject',
        'message-id',
        'date',
        'mime-version',
        'content-type',
      ],
      attack,
    )
    assert.not.match(html(parsed), /<script|<h1>own/)
    assert.not.match(words(parsed), /\u202e/)
    assert.not.match(raw.toString().split('\r\n\r\n')[0] ?? '', /^Bcc:/im)
    assert.not.match(parsed.attachments[0]?.filename ?? '', /[\\/\r\n\0<>"]/)
  }
})

Message('an address that is more than one, or none, is refused before anything is sent', async () => {
  const hostile = [
    'a@b.se, c@d.se',
    'a@b.se;c@d.se',
    'a@b.se c@d.se',
    'a@b.se\r\nBcc: c@d.se',
    'a@b.se>\r\nRCPT TO:<c@d.se',
    'Anna <a@b.se>',
    '"a,b"@c.se',
    'group: a@b.se, c@d.se;',
    'a@b.se@c.se',
    '@b.se',
    'a@',
    'a',
    '',
    ' ',
  ]
  const sink = await smtpSink()
  const channel = channelTo(sink)
  for (const email of hostile) {
    const attacked = sampleInvoice({ buyer: { name: 'Bo', email } })
    assert.equal(channel.preflight(attacked), ['invalidEmailAddress'], email)
    assert.equal(await failed(channel, sampleShipment({ invoice: attacked })), {
      _tag: 'refused',
      detail: 'invalidEmailAddress',
    })
  }
  const none = sampleInvoice({ buyer: { name: 'Bo' } })
  assert.equal(channel.preflight(none), ['noEmailAddress'])
  assert.equal(await failed(channel, sampleShipment({ invoice: none })), { _tag: 'refused', detail: 'noEmailAddress' })
  assert.equal(channel.preflight(sampleInvoice()), [])
  assert.is(sink.connections(), 0)
  await channel.close()
  await sink.close()
})

Message('whatever the address, at most one recipient, and it is that one', async () => {
  // Repeatable: the same numbers in every run.
  let state = 42
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return (state >> 8) % below
  }
  const alphabet = [
    'a',
    'b',
    'é',
    '@',
    '@c.se',
    '.',
    '.se',
    ',',
    ';',
    ' ',
    '<',
    '>',
    '"',
    '(',
    ')',
    '\\',
    ':',
    '\r\n',
    '\0',
    "'",
    '+',
    '%',
    '!',
    '=?',
    '?=',
    '[',
    ']',
    '{',
    '|',
    '\u00a0',
    '\u3002',
  ]
  let sendable = 0
  for (let i = 0; i < 3_000; i++) {
    const email =
      Array.from({ length: 1 + next(8) }, () => alphabet[next(alphabet.length)]).join('') + (i % 2 === 0 ? '@c.se' : '')
    const mail = await composed({ invoice: sampleInvoice({ buyer: { name: 'Bo', email } }), pdf: new Uint8Array(4) })
    if (E.isLeft(mail)) continue
    sendable++
    const { to } = mail.right.envelope
    assert.is(to.length, 1)
    assert.not.match(to[0], /[\s<>,;]/)
    if (i % 10 === 0) assert.is(addresses((await simpleParser(mail.right.bytes)).to).length, 1, email)
  }
  assert.ok(sendable > 50, `${sendable} of 3000 could be sent`)
})

Message('a key that is no UUID still gives a Message-ID that is one', async () => {
  const strange = await composed({ idempotencyKey: 'a b>\r\nBcc: x@y.se' })
  assert.match(E.isRight(strange) ? strange.right.messageId : '', /^<[0-9a-f]{64}@klinik\.se>$/)
})

Message('signed with DKIM where that is set, and the signature holds', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { raw } = await arrived(
    {},
    {
      dkim: {
        domainName: 'klinik.se',
        keySelector: 'underlag',
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
    },
  )
  const text = raw.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const headers = text.slice(0, end).split(/\r\n(?![ \t])/)
  const relaxed = (header: string): string => {
    const colon = header.indexOf(':')
    return `${header.slice(0, colon).toLowerCase().trim()}:${header
      .slice(colon + 1)
      .replace(/\r\n/g, '')
      .replace(/[ \t]+/g, ' ')
      .trim()}`
  }
  const signature = headers.find((header) => header.startsWith('DKIM-Signature:')) ?? ''
  const tag = (name: string): string =>
    new RegExp(`[;: ]\\s*${name}=([^;]*)`).exec(signature.replace(/\r\n/g, ''))?.[1]?.replace(/\s/g, '') ?? ''
  assert.is(tag('d'), 'klinik.se')
  assert.is(tag('s'), 'underlag')
  const body = text
    .slice(end + 4)
    .replace(/[ \t]+(?=\r\n)/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/(\r\n)*$/, '\r\n')
  assert.is(tag('bh'), createHash('sha256').update(body, 'latin1').digest('base64'))
  const signedHeaders = tag('h')
    .split(':')
    .map((name) => headers.find((header) => header.toLowerCase().startsWith(`${name.toLowerCase()}:`)))
    .filter((header) => header !== undefined)
    .map(relaxed)
  const unsigned = relaxed(signature).replace(/([; ]b=)[^;]*$/, '$1')
  const canonical = [...signedHeaders, unsigned].join('\r\n')
  assert.ok(verify('sha256', Buffer.from(canonical, 'latin1'), publicKey, Buffer.from(tag('b'), 'base64')))
})
