import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { smtpSink } from '../src/testing/index.js'
import { channelTo, failed, pdfOf, sampleInvoice, sampleShipment, sent } from './support/samples.js'
import { scriptedServer } from './support/scripted-server.js'
import { selfSigned } from './support/self-signed.js'

const Connections = suite('email: connections')

Connections(
  'fifty mails at once: each to its own recipient with its own document, over three connections',
  async () => {
    const sink = await smtpSink()
    const channel = channelTo(sink)
    const numbers = Array.from({ length: 50 }, (_, i) => String(i + 1))
    await Promise.all(
      numbers.map((number) =>
        sent(
          channel,
          sampleShipment({
            idempotencyKey: `key-${number}`,
            pdf: pdfOf(20_000, Number(number)),
            invoice: sampleInvoice({
              invoiceNumber: number,
              buyer: { name: `Klient ${number}`, email: `klient${number}@example.se` },
            }),
          }),
        ),
      ),
    )
    assert.is(sink.mails.length, 50)
    assert.ok(sink.connections() <= 3)
    for (const number of numbers) {
      const mine = sink.mails.filter((mail) => mail.to.includes(`klient${number}@example.se`))
      assert.is(mine.length, 1)
      assert.equal(mine[0]?.to, [`klient${number}@example.se`])
      assert.is(mine[0]?.parsed.subject, `Faktura ${number} från Åsas klinik`)
      assert.ok(mine[0]?.parsed.attachments[0]?.content.equals(pdfOf(20_000, Number(number))))
    }
    await channel.close()
    await sink.close()
  },
)

Connections('a mail after another goes over the same connection', async () => {
  const sink = await smtpSink()
  const channel = channelTo(sink)
  for (let i = 0; i < 5; i++) await sent(channel, sampleShipment({ idempotencyKey: `key-${i}` }))
  assert.is(sink.connections(), 1)
  await channel.close()
  await sink.close()
})

Connections('a hundred mails and the connection is renewed', async () => {
  const sink = await smtpSink()
  const channel = channelTo(sink, { maxConnections: 1, disclosure: 'notice' })
  await Promise.all(
    Array.from({ length: 101 }, (_, i) => sent(channel, sampleShipment({ idempotencyKey: `key-${i}` }))),
  )
  assert.is(sink.mails.length, 101)
  assert.is(sink.connections(), 2)
  await channel.close()
  await sink.close()
})

Connections('close waits for the mails under way, says goodbye, and then nothing is sent', async () => {
  const server = await scriptedServer()
  const channel = channelTo(server)
  const underWay = sent(channel)
  await new Promise((resolve) => setTimeout(resolve, 0))
  await channel.close()
  await underWay
  assert.is(server.seen.length, 1)
  assert.is(server.commands.at(-1), 'QUIT')
  const failure = await failed(channel)
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, /channel was closed/)
  await channel.close()
  await server.close()
})

const certificate = selfSigned()
const login = { user: 'klinik', pass: 'hemligt-lösenord' }

for (const implicit of [true, false]) {
  const kind = implicit ? 'TLS from the first byte' : 'STARTTLS'
  Connections(`${kind} with a certificate that is trusted, and a login`, async () => {
    const sink = await smtpSink({ tls: { ...certificate, implicit }, auth: login })
    const channel = channelTo(sink, {
      smtp: { secure: implicit, requireTls: true, auth: login, tls: { ca: certificate.cert } },
    })
    await sent(channel)
    assert.is(sink.mails.length, 1)
    await channel.close()
    await sink.close()
  })

  Connections(`${kind} with a certificate that nobody vouches for: retry`, async () => {
    const sink = await smtpSink({ tls: { ...certificate, implicit } })
    const channel = channelTo(sink, { smtp: { secure: implicit, requireTls: true } })
    const failure = await failed(channel)
    assert.is(failure._tag, 'retry')
    assert.match(
      failure.detail,
      /^the server's certificate is not trusted \(email\.smtp\.tls\.ca .*before the mail was offered/,
    )
    assert.is(sink.mails.length, 0)
    await channel.close()
    await sink.close()
  })
}

Connections(
  'a port that speaks no TLS from the first byte, and a certificate on another name: said in words',
  async () => {
    const sink = await smtpSink({ tls: certificate })
    const secure = channelTo(sink, { smtp: { secure: true } })
    assert.match(
      (await failed(secure)).detail,
      /^the port does not speak TLS from the first byte \(email\.smtp\.secure\)/,
    )
    const tls = { ca: certificate.cert, servername: 'smtp.klinik.se' }
    const other = channelTo(sink, { smtp: { requireTls: true, tls } })
    assert.match((await failed(other)).detail, /^the server's certificate is on another name/)
    await Promise.all([secure.close(), other.close()])
    await sink.close()
  },
)

Connections('TLS required and not offered: retry, and not a word of the invoice in the clear', async () => {
  const server = await scriptedServer()
  const channel = channelTo(server, { smtp: { requireTls: true } })
  const failure = await failed(channel)
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, /^STARTTLS: 502/)
  assert.not(server.commands.some((command) => command.startsWith('MAIL')))
  await channel.close()
  await server.close()
})

Connections('to this very machine STARTTLS is taken where offered, whoever signed the certificate', async () => {
  const sink = await smtpSink({ tls: certificate })
  const channel = channelTo(sink)
  await sent(channel)
  assert.is(sink.secured(), 1)
  await channel.close()
  await sink.close()
})

Connections('a wrong password: retry, and no detail shows it', async () => {
  const sink = await smtpSink({ tls: certificate, auth: login })
  const channel = channelTo(sink, { smtp: { auth: { user: 'klinik', pass: 'fel-ord' } } })
  const failure = await failed(channel)
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, /^AUTH [A-Z-]+: 535/)
  assert.not.match(failure.detail, /fel-ord|klinik/)
  assert.is(sink.mails.length, 0)
  await channel.close()
  await sink.close()
})

Connections('a wrong password is not tried for each of a hundred mails', async () => {
  const server = await scriptedServer({ login: '535 5.7.8 no' })
  const channel = channelTo(server, { smtp: { auth: login } })
  const failures = await Promise.all(Array.from({ length: 100 }, () => failed(channel)))
  assert.ok(failures.every(({ _tag, detail }) => _tag === 'retry' && detail.startsWith('AUTH PLAIN: 535 5.7.8')))
  assert.ok(server.commands.filter((command) => command.startsWith('AUTH')).length <= 3)
  await channel.close()
  await server.close()
})

Connections('the sink answers what it is told to', async () => {
  const sink = await smtpSink({ faults: { rcpt: (to) => (to.startsWith('anna') ? 550 : undefined), data: () => 452 } })
  const channel = channelTo(sink)
  assert.is((await failed(channel))._tag, 'refused')
  const other = sampleShipment({ invoice: sampleInvoice({ buyer: { name: 'Bo', email: 'bo@example.se' } }) })
  assert.is((await failed(channel, other))._tag, 'retry')
  assert.is(sink.mails.length, 0)
  await channel.close()
  await sink.close()
})
