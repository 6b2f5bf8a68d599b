import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { problems } from '@underlag/kernel'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import {
  CommunicationConfig,
  communicationChannel,
  communicationSettings,
  type EmbeddedInbox,
  embeddedInbox,
  type Inbox,
  type InboxMessage,
  inboxTexts,
} from '../src/communication/index.js'
import { left, right } from './support/results.js'
import { failed, KEY, PERSONAL, sampleCreditNote, sampleInvoice, sampleShipment, sent } from './support/samples.js'

const Inboxes = suite('communication: the embedded inbox')
const Sending = suite('communication: the channel')
const Config = suite('communication: the configuration')

const folder = mkdtempSync(join(tmpdir(), 'underlag-inbox-'))
let files = 0
const newFile = (): string => join(folder, `${++files}.inbox`)

const DOCUMENTS = 'https://portal.klinik.se/fakturor/'
const settings = communicationSettings({ documentsUrl: DOCUMENTS }, 'unused')
const target = { messageId: 'm1', clientId: 'c1', invoiceNumber: '12', deliveryId: '12.1' }
const never = new AbortController().signal

const openInbox = (file = newFile(), tenant = 'default'): EmbeddedInbox => {
  let now = 0
  return embeddedInbox({ file, tenant, clock: () => new Date(Date.UTC(2026, 2, 1, 8, 0, now++)).toISOString() })
}

/** A host's chat that keeps what it is given, once per message id. */
const chat = (answer?: Inbox['post']): Inbox & { readonly posted: Map<string, InboxMessage> } => {
  const posted = new Map<string, InboxMessage>()
  return {
    posted,
    post:
      answer ??
      ((message) => async () => {
        if (posted.has(message.messageId)) return E.right('alreadyPosted')
        posted.set(message.messageId, message)
        return E.right('posted')
      }),
  }
}

Inboxes('a link opens for its client, and the first opening is kept', async () => {
  const inbox = openInbox()
  const token = await right(inbox.issue(target))
  assert.equal(await right(inbox.look(token, 'c1')), { invoiceNumber: '12', deliveryId: '12.1' })
  const first = await right(inbox.open(token, 'c1'))
  assert.equal(first, { invoiceNumber: '12', deliveryId: '12.1', openedAt: '2026-03-01T08:00:00.000Z' })
  assert.equal(await right(inbox.open(token, 'c1')), first)
  inbox.close()
})

Inboxes('a link opens nothing for another client, and its opening is not kept', async () => {
  const inbox = openInbox()
  const token = await right(inbox.issue(target))
  await right(inbox.post({ messageId: 'm1', clientId: 'c1', text: 'hej', link: token }, never))
  for (const other of ['c2', 'C1', 'c', 'c11', '']) {
    assert.equal(await left(inbox.look(token, other)), { _tag: 'NotYours' })
    assert.equal(await left(inbox.open(token, other)), { _tag: 'NotYours' })
  }
  assert.is((await right(inbox.messagesOf('c1')))[0]?.openedAt, undefined)
  inbox.close()
})

Inboxes('what is no token is an unknown link', async () => {
  const inbox = openInbox()
  const token = await right(inbox.issue(target))
  for (const wrong of ['', 'm1', '12.1', token.slice(1), token.toUpperCase(), `${token} `, "' OR 1=1 --"]) {
    assert.equal(await left(inbox.open(wrong, 'c1')), { _tag: 'UnknownLink' })
  }
  inbox.close()
})

Inboxes('tokens are long, all different, and hold no id', async () => {
  const inbox = openInbox()
  const tokens = new Set<string>()
  for (let i = 0; i < 50; i++) {
    const token = await right(
      inbox.issue({ messageId: `m${i}`, clientId: 'klient-77', invoiceNumber: '4711', deliveryId: '4711.1' }),
    )
    assert.match(token, /^[A-Za-z0-9_-]{43}$/)
    assert.not.match(Buffer.from(token, 'base64url').toString('latin1'), /klient|4711/)
    tokens.add(token)
  }
  assert.is(tokens.size, 50)
  inbox.close()
})

Inboxes('the same message gets the same link again, also after a restart, and never another’s', async () => {
  const file = newFile()
  const before = openInbox(file)
  const token = await right(before.issue(target))
  before.close()
  const after = openInbox(file)
  assert.is(await right(after.issue(target)), token)
  for (const changed of [{ clientId: 'c2' }, { invoiceNumber: '13' }, { deliveryId: '12.2' }]) {
    assert.equal(await left(after.issue({ ...target, ...changed })), { _tag: 'LinkTaken' })
  }
  assert.equal(await right(after.look(token, 'c1')), { invoiceNumber: '12', deliveryId: '12.1' })
  after.close()
})

Inboxes('a message is there once, the newest first, each client’s own', async () => {
  const inbox = openInbox()
  const message = (messageId: string, clientId: string): InboxMessage => ({
    messageId,
    clientId,
    text: 'Du har fått en ny faktura.',
    link: `https://portal/${messageId}`,
  })
  assert.is(await right(inbox.post(message('m1', 'c1'), never)), 'posted')
  assert.is(await right(inbox.post(message('m2', 'c2'), never)), 'posted')
  assert.is(await right(inbox.post(message('m3', 'c1'), never)), 'posted')
  assert.is(await right(inbox.post({ ...message('m1', 'c1'), text: 'annat' }, never)), 'alreadyPosted')
  assert.equal(await left(inbox.post(message('m1', 'c2'), never)), { _tag: 'ClientUnreachable' })
  const mine = await right(inbox.messagesOf('c1'))
  assert.equal(
    mine.map(({ messageId, text, link }) => ({ messageId, text, link })),
    [
      { messageId: 'm3', text: 'Du har fått en ny faktura.', link: 'https://portal/m3' },
      { messageId: 'm1', text: 'Du har fått en ny faktura.', link: 'https://portal/m1' },
    ],
  )
  assert.is((await right(inbox.messagesOf('c2'))).length, 1)
  assert.equal(await right(inbox.messagesOf('c3')), [])
  inbox.close()
})

Inboxes('clients of two tenants may have the same id', async () => {
  const file = newFile()
  const [north, south] = [openInbox(file, 'north'), openInbox(file, 'south')]
  const token = await right(north.issue(target))
  await right(north.post({ messageId: 'm1', clientId: 'c1', text: 'hej', link: 'l' }, never))
  assert.equal(await left(south.open(token, 'c1')), { _tag: 'UnknownLink' })
  assert.equal(await right(south.messagesOf('c1')), [])
  assert.is.not(await right(south.issue(target)), token)
  assert.is(await right(south.post({ messageId: 'm1', clientId: 'c1', text: 'hej', link: 'l' }, never)), 'posted')
  await right(south.forget('c1'))
  assert.is((await right(north.messagesOf('c1'))).length, 1)
  north.close()
  south.close()
})

Inboxes('what one process posts another shows', async () => {
  const file = newFile()
  const [deliverer, portal] = [openInbox(file), openInbox(file)]
  assert.equal(await right(portal.messagesOf('c1')), [])
  const token = await right(deliverer.issue(target))
  await right(deliverer.post({ messageId: 'm1', clientId: 'c1', text: 'hej', link: token }, never))
  const { openedAt } = await right(portal.open(token, 'c1'))
  assert.is((await right(deliverer.messagesOf('c1')))[0]?.openedAt, openedAt)
  deliverer.close()
  portal.close()
})

Inboxes('a client who is erased leaves nothing', async () => {
  const file = newFile()
  const inbox = openInbox(file)
  const token = await right(inbox.issue({ ...target, clientId: 'klient-77' }))
  await right(inbox.post({ messageId: 'm1', clientId: 'klient-77', text: 'hej', link: token }, never))
  await right(inbox.forget('klient-77'))
  assert.equal(await left(inbox.open(token, 'klient-77')), { _tag: 'UnknownLink' })
  assert.equal(await right(inbox.messagesOf('klient-77')), [])
  inbox.close()
  // Not in what SQLite leaves unused either.
  assert.not.match(readFileSync(file, 'latin1'), /klient-77/)
})

Inboxes('what is no ordinary file is no inbox, and is told at once', async () => {
  if (process.platform === 'win32') skipped('no /dev')
  const inbox = openInbox('/dev/zero')
  assert.match(JSON.stringify(await left(inbox.issue(target))), /\/dev\/zero is no ordinary file/)
  inbox.close()
})

Inboxes('naming a file makes none; the first message does, for this user alone', async () => {
  const file = newFile()
  const inbox = openInbox(file)
  assert.equal(await right(inbox.messagesOf('c1')), [])
  assert.equal(await left(inbox.open('x', 'c1')), { _tag: 'UnknownLink' })
  await right(inbox.forget('c1'))
  assert.is(existsSync(file), false)
  await right(inbox.issue(target))
  assert.is(statSync(file).mode & 0o777, 0o600)
  inbox.close()
})

Inboxes('a file of another program, a newer one and a broken one are left as they are', async () => {
  const other = newFile()
  const database = new DatabaseSync(other)
  database.exec('CREATE TABLE booking (id TEXT)')
  database.close()
  const newer = newFile()
  const made = openInbox(newer)
  await right(made.issue(target))
  made.close()
  const raised = new DatabaseSync(newer)
  raised.exec('PRAGMA user_version = 99')
  raised.close()
  const broken = newFile()
  writeFileSync(broken, 'no database at all, but long enough to be looked into'.repeat(40))
  const nowhere = join(folder, 'missing', 'x.inbox')
  for (const [file, words] of [
    [other, /another program/],
    [newer, /newer version/],
    [broken, /file is not a database/],
    [nowhere, /ENOENT/],
  ] as const) {
    const before = existsSync(file) ? readFileSync(file) : undefined
    const inbox = openInbox(file)
    const failure = await left(inbox.issue(target))
    assert.is(failure._tag, 'InboxUnavailable')
    assert.match(failure._tag === 'InboxUnavailable' ? failure.detail : '', words)
    inbox.close()
    if (before !== undefined) assert.equal(readFileSync(file), before)
  }
})

Inboxes('once closed it says so', async () => {
  const inbox = openInbox()
  await right(inbox.issue(target))
  inbox.close()
  assert.is((await left(inbox.issue(target)))._tag, 'InboxUnavailable')
})

Sending('a message tells that there is an invoice, and nothing of it', async () => {
  for (const [invoice, text] of [
    [sampleInvoice(), inboxTexts.sv.invoice],
    [sampleInvoice({ language: 'en' }), inboxTexts.en.invoice],
    [sampleCreditNote(), inboxTexts.sv.creditNote],
    [sampleCreditNote({ language: 'en' }), inboxTexts.en.creditNote],
  ] as const) {
    const links = openInbox()
    const host = chat()
    const channel = communicationChannel(host, links, settings)
    const { status, detail } = await sent(channel, sampleShipment({ invoice }))
    assert.is(status, 'accepted')
    assert.is(detail, `message ${KEY}`)
    const message = host.posted.get(KEY)
    assert.is(message?.text, text)
    assert.is(message?.clientId, 'c1')
    assert.match(message?.link ?? '', /^https:\/\/portal\.klinik\.se\/fakturor\/[A-Za-z0-9_-]{43}$/)
    assert.not.match(JSON.stringify(message), PERSONAL)
    assert.not.match(message?.text ?? '', /\d|Åsa|klinik/)
    const token = message?.link.slice(DOCUMENTS.length) ?? ''
    assert.equal(await right(links.look(token, 'c1')), { invoiceNumber: invoice.invoiceNumber, deliveryId: 'd1' })
    await channel.close()
    links.close()
  }
})

Sending('the embedded inbox takes it and shows it', async () => {
  const inbox = openInbox()
  const channel = communicationChannel(inbox, inbox, settings)
  await sent(channel)
  const again = await sent(channel)
  assert.match(again.detail, /posted already/)
  const messages = await right(inbox.messagesOf('c1'))
  assert.is(messages.length, 1)
  assert.is(messages[0]?.text, inboxTexts.sv.invoice)
  await channel.close()
  inbox.close()
})

Sending('never to companies', async () => {
  const links = openInbox()
  const host = chat()
  const channel = communicationChannel(host, links, settings)
  const toCompany = sampleInvoice({ payer: { kind: 'company', id: 'c1' } })
  assert.equal(channel.preflight(toCompany), ['notToCompanies'])
  assert.equal(channel.preflight(sampleInvoice()), [])
  const failure = await failed(channel, sampleShipment({ invoice: toCompany }))
  assert.equal(failure, { _tag: 'refused', detail: 'notToCompanies' })
  assert.is(host.posted.size, 0)
  links.close()
})

Sending('what a host’s inbox answers', async () => {
  const links = openInbox()
  const cases: ReadonlyArray<readonly [Inbox['post'], string, RegExp]> = [
    [
      () => TE.left({ _tag: 'InboxUnavailable', detail: 'the chat is down', notPosted: true }),
      'retry',
      /^the chat is down$/,
    ],
    [
      () => TE.left({ _tag: 'InboxUnavailable', detail: 'the chat is down' }),
      'retry',
      /^the chat is down; it may have been posted/,
    ],
    [() => TE.left({ _tag: 'ClientUnreachable' }), 'refused', /no inbox/],
    [() => () => Promise.reject(new Error('Anna Andersson')), 'retry', /^the inbox failed; it may have been posted/],
    [
      () => {
        throw new Error('Anna Andersson')
      },
      'retry',
      /^the inbox failed; it may have been posted/,
    ],
    [
      () => () => new Promise(() => {}),
      'retry',
      /did not answer in time; it may have been posted.*not done within 200 ms/,
    ],
  ]
  for (const [post, tag, detail] of cases) {
    const channel = communicationChannel(chat(post), links, { ...settings, timeoutMs: 200 })
    const failure = await failed(channel)
    assert.is(failure._tag, tag)
    assert.match(failure.detail, detail)
    assert.is('unsure' in failure, /may have been/.test(failure.detail))
    await channel.close()
  }
  links.close()
})

Sending('a message whose answer was lost is posted once, with the link it had', async () => {
  const links = openInbox()
  const host = chat()
  const losing: Inbox = {
    post: (message, signal) => async () => {
      await host.post(message, signal)()
      return E.left({ _tag: 'InboxUnavailable', detail: 'the answer was lost' })
    },
  }
  await failed(communicationChannel(losing, links, settings))
  const link = host.posted.get(KEY)?.link ?? ''
  const { detail } = await sent(communicationChannel(host, links, settings))
  assert.match(detail, /posted already/)
  assert.is(host.posted.size, 1)
  assert.is(host.posted.get(KEY)?.link, link)
  assert.is(await right(links.issue({ ...target, messageId: KEY, deliveryId: 'd1' })), link.slice(DOCUMENTS.length))
  links.close()
})

Sending('a key that stands for another delivery is refused, and nothing is posted', async () => {
  const links = openInbox()
  await right(links.issue({ ...target, messageId: KEY, clientId: 'c2' }))
  const host = chat()
  const failure = await failed(communicationChannel(host, links, settings))
  assert.is(failure._tag, 'refused')
  assert.is(host.posted.size, 0)
  links.close()
})

Sending('stopped before and during', async () => {
  const links = openInbox()
  const host = chat()
  const stopped = await failed(
    communicationChannel(host, links, settings),
    sampleShipment({ signal: AbortSignal.abort() }),
  )
  assert.equal(stopped, { _tag: 'retry', detail: 'the attempt was stopped before it began' })
  assert.is(host.posted.size, 0)
  const controller = new AbortController()
  let told = false
  const hanging = chat((_message, signal) => () => {
    signal.addEventListener('abort', () => {
      told = true
    })
    controller.abort()
    return new Promise(() => {})
  })
  const during = await failed(
    communicationChannel(hanging, links, settings),
    sampleShipment({ signal: controller.signal }),
  )
  assert.is(during._tag, 'retry')
  assert.match(during.detail, /^the attempt was stopped; it may have been posted/)
  assert.is(told, true)
  const channel = communicationChannel(host, links, settings)
  await channel.close()
  assert.is((await failed(channel))._tag, 'retry')
  links.close()
})

const wrong = (config: unknown): string => {
  const decoded = CommunicationConfig.decode(config)
  return E.isLeft(decoded) ? problems(decoded.left).join('; ') : ''
}

Config('the smallest one, with everything else at its default', () => {
  const decoded = CommunicationConfig.decode({ documentsUrl: DOCUMENTS })
  if (E.isLeft(decoded)) throw new Error('does not decode')
  assert.equal(communicationSettings(decoded.right, './underlag.db.inbox'), {
    documentsUrl: DOCUMENTS,
    inboxFile: './underlag.db.inbox',
    retry: { attempts: 12, firstDelayMs: 5_000, maxDelayMs: 21_600_000 },
    timeoutMs: 10_000,
    rate: { atOnce: 8 },
  })
})

Config('links lead over TLS, except on this very machine', () => {
  for (const documentsUrl of [
    DOCUMENTS,
    'https://portal.klinik.se/faktura?token=',
    'http://localhost:8080/f/',
    'http://127.0.0.1/f/',
    'http://[::1]:8080/f/',
  ])
    assert.is(wrong({ documentsUrl }), '')
  for (const documentsUrl of [
    'http://portal.klinik.se/f/',
    'http://localhost.evil.se/f/',
    'javascript:alert(1)//',
    'https://portal.klinik.se/f',
    'https://user:pass@portal.klinik.se/',
    'https://portal.klinik.se/#/',
    'fakturor/',
    7,
  ])
    assert.match(wrong({ documentsUrl }), /^documentsUrl must be an address that begins with https/)
})

Config('unknown fields and wrong values are problems', () => {
  assert.match(wrong({}), /^documentsUrl must be/)
  assert.match(wrong({ documentsUrl: DOCUMENTS, inbox: {} }), /^inbox\.file must be/)
  assert.match(wrong({ documentsUrl: DOCUMENTS, inbx: {} }), /^inbx must be left out/)
  assert.match(wrong({ documentsUrl: DOCUMENTS, retry: { attempts: 0 } }), /^retry\.attempts must be/)
})

Config('the channel says how it is to be run', () => {
  const channel = communicationChannel(chat(), openInbox(), settings)
  assert.is(channel.name, 'communication')
  assert.is(channel.afterCrash, 'resend')
  assert.is(channel.timeoutMs, 10_000)
})

Config.after(() => rmSync(folder, { recursive: true, force: true }))
