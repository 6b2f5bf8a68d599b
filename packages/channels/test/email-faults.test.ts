import { type AddressInfo, connect, createServer } from 'node:net'
import type { ShipmentFailure } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { channelTo, failed, KEY, pdfOf, sampleInvoice, sampleShipment, sent } from './support/samples.js'
import { type Script, type ScriptedServer, scriptedServer } from './support/scripted-server.js'

const Faults = suite('email: what goes wrong')

const ECHO = '<anna.andersson@example.se> Anna Andersson'
const NOT_FOUND = `550 5.1.1 ${ECHO} is unknown here`
/** More than the socket buffers of both sides hold. */
const LARGE = 12_000_000
const largePdf = pdfOf(LARGE)

/** One mail to a server that behaves like that. */
const outcome = async (
  script: Script,
  { timeoutMs = 5_000, pdfSize = 3_000, pipelining = true, auth = false } = {},
): Promise<{ failure: ShipmentFailure; server: ScriptedServer }> => {
  const server = await scriptedServer(script, pipelining)
  const channel = channelTo(server, { timeoutMs, ...(auth ? { smtp: { auth: { user: 'u', pass: 'p' } } } : {}) })
  try {
    const failure = await failed(channel, sampleShipment({ pdf: pdfSize === LARGE ? largePdf : pdfOf(pdfSize) }))
    return { failure, server }
  } finally {
    await channel.close()
    await server.close()
  }
}

const cases: ReadonlyArray<{
  readonly name: string
  readonly script: Script
  readonly is: ShipmentFailure['_tag']
  readonly detail: RegExp
  readonly seen?: number
  readonly options?: Parameters<typeof outcome>[1]
}> = [
  {
    name: 'a greeting of 421',
    script: { greeting: `421 4.3.2 busy ${ECHO}` },
    is: 'retry',
    detail: /^421 4\.3\.2, before the mail/,
  },
  { name: 'a greeting of 554', script: { greeting: '554 no service' }, is: 'retry', detail: /^554/ },
  {
    name: 'a connection cut before the greeting',
    script: { greeting: 'cut' },
    is: 'retry',
    detail: /before the mail was offered/,
  },
  {
    name: 'no greeting',
    script: { greeting: 'hang' },
    is: 'retry',
    detail: /before the mail.*not done within 600 ms/,
    options: { timeoutMs: 600 },
  },
  {
    name: 'no answer to EHLO',
    script: { ehlo: 'hang' },
    is: 'retry',
    detail: /before the mail/,
    options: { timeoutMs: 600 },
  },
  { name: 'what is no SMTP at all', script: { greeting: 'SSH-2.0-OpenSSH_9.2' }, is: 'retry', detail: /no SMTP/ },
  {
    name: 'a login refused',
    script: { login: `535 5.7.8 ${ECHO}` },
    is: 'retry',
    detail: /^AUTH PLAIN: 535 5\.7\.8.*email\.smtp\.auth/,
    options: { auth: true },
  },
  {
    name: 'a login that is not offered',
    script: {},
    is: 'retry',
    detail: /offers no login.*email\.smtp\.auth/,
    options: { auth: true },
  },
  {
    name: 'login required',
    script: { mail: '530 5.7.0 Authentication required' },
    is: 'retry',
    detail: /^MAIL FROM: 530 5\.7\.0/,
  },
  { name: 'MAIL answered 451', script: { mail: '451 4.3.0 later' }, is: 'retry', detail: /^MAIL FROM: 451 4\.3\.0/ },
  { name: 'MAIL answered 553', script: { mail: '553 5.1.8 sender' }, is: 'refused', detail: /^MAIL FROM: 553 5\.1\.8/ },
  {
    name: 'RCPT answered 450',
    script: { rcpt: `450 4.2.0 ${ECHO} greylisted` },
    is: 'retry',
    detail: /^RCPT TO: 450 4\.2\.0, before the message/,
  },
  {
    name: 'RCPT answered 550',
    script: { rcpt: NOT_FOUND },
    is: 'refused',
    detail: /^RCPT TO: 550 5\.1\.1, before the message/,
  },
  {
    name: 'RCPT answered 550, DATA 354 all the same',
    script: { rcpt: NOT_FOUND, data: '354 go on' },
    is: 'refused',
    detail: /^RCPT TO: 550/,
  },
  { name: 'RCPT answered 421', script: { rcpt: '421 4.7.0 closing' }, is: 'retry', detail: /421 4\.7\.0/ },
  {
    name: 'no answer to RCPT',
    script: { rcpt: 'hang' },
    is: 'retry',
    detail: /before the message was sent/,
    options: { timeoutMs: 600 },
  },
  { name: 'DATA answered 451', script: { data: '451 4.3.0 later' }, is: 'retry', detail: /^DATA: 451/ },
  { name: 'DATA answered 554', script: { data: '554 5.5.1 no' }, is: 'refused', detail: /^DATA: 554/ },
  { name: 'a connection cut at DATA', script: { data: 'cut' }, is: 'retry', detail: /before the message was sent/ },
  {
    name: 'no answer to DATA',
    script: { data: 'hang' },
    is: 'retry',
    detail: /before the message was sent/,
    options: { timeoutMs: 600 },
  },
  {
    name: 'a connection cut in the middle of the message',
    script: { during: { bytes: 100_000, move: 'cut' } },
    is: 'retry',
    detail: /before its end/,
    options: { pdfSize: LARGE },
  },
  {
    name: 'a server that stops reading in the middle of the message',
    script: { during: { bytes: 100_000, move: 'hang' } },
    is: 'retry',
    detail: /before its end/,
    options: { pdfSize: LARGE, timeoutMs: 1_000 },
  },
  {
    name: '552 in the middle of the message',
    script: { during: { bytes: 100_000, move: { cutAfter: '552 5.3.4 too big\r\n' } } },
    is: 'refused',
    detail: /^DATA: 552 5\.3\.4/,
    options: { pdfSize: LARGE },
  },
  {
    name: '421 in the middle of the message',
    script: { during: { bytes: 100_000, move: { cutAfter: '421 4.3.2 closing\r\n' } } },
    is: 'retry',
    detail: /421 4\.3\.2/,
    options: { pdfSize: LARGE },
  },
  {
    name: 'a yes in the middle of the message',
    script: { during: { bytes: 100_000, move: { cutAfter: '250 ok\r\n' } } },
    is: 'inDoubt',
    detail: /too soon/,
    options: { pdfSize: LARGE },
  },
  {
    name: '452 after the message',
    script: { end: '452 4.2.2 mailbox full' },
    is: 'retry',
    detail: /^DATA: 452 4\.2\.2, after the message/,
    seen: 1,
  },
  {
    name: '421 after the message',
    script: { end: { cutAfter: '421 4.3.2 closing\r\n' } },
    is: 'retry',
    detail: /^DATA: 421/,
    seen: 1,
  },
  {
    name: '554 after the message',
    script: { end: `554 5.7.1 ${ECHO} looks like spam` },
    is: 'refused',
    detail: /^DATA: 554 5\.7\.1, after the message/,
    seen: 1,
  },
  {
    name: 'a connection cut after the final dot',
    script: { end: 'cut' },
    is: 'inDoubt',
    detail: /after the message was sent/,
    seen: 1,
  },
  {
    name: 'a connection closed after the final dot',
    script: { end: { cutAfter: '' } },
    is: 'inDoubt',
    detail: /after the message was sent/,
    seen: 1,
  },
  {
    name: 'half a yes after the final dot',
    script: { end: { cutAfter: '250 2.0' } },
    is: 'inDoubt',
    detail: /after the message was sent/,
    seen: 1,
  },
  {
    name: 'half a no after the final dot',
    script: { end: { cutAfter: '45' } },
    is: 'inDoubt',
    detail: /after the message was sent/,
    seen: 1,
  },
  {
    name: 'no answer to the final dot',
    script: { end: 'hang' },
    is: 'inDoubt',
    detail: /after the message.*not done within 600 ms/,
    seen: 1,
    options: { timeoutMs: 600 },
  },
  {
    name: 'an answer to the final dot that is none',
    script: { end: '354 go on' },
    is: 'inDoubt',
    detail: /after the message/,
    seen: 1,
  },
  {
    name: 'gibberish after the final dot',
    script: { end: 'thank you' },
    is: 'inDoubt',
    detail: /after the message/,
    seen: 1,
  },
]

for (const { name, script, is, detail, seen = 0, options = {} } of cases) {
  for (const pipelining of [true, false]) {
    Faults(`${name}: ${is}${pipelining ? '' : ' (command by command)'}`, async () => {
      const { failure, server } = await outcome(script, { ...options, pipelining })
      assert.is(failure._tag, is, failure.detail)
      assert.match(failure.detail, detail)
      assert.is(server.seen.length, seen)
      // Not one fault leads to a second try behind the delivery process's back.
      assert.is(server.connections(), 1)
      assert.is(server.commands.filter((command) => command.startsWith('MAIL')).length <= 1, true)
    })
  }
}

Faults('a server that is down: retry', async () => {
  const server = await scriptedServer()
  await server.close()
  const channel = channelTo(server)
  const failure = await failed(channel)
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, /ECONNREFUSED/)
  await channel.close()
})

Faults('a server that lets one wait for the greeting: sent', async () => {
  const server = await scriptedServer()
  const slow = createServer((client) => {
    setTimeout(() => {
      const onward = connect(server.port, server.host)
      client.pipe(onward).pipe(client)
      for (const socket of [client, onward]) socket.on('error', () => {})
    }, 500)
  })
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  const channel = channelTo({ host: '127.0.0.1', port: (slow.address() as AddressInfo).port })
  await sent(channel)
  assert.is(server.seen.length, 1)
  await channel.close()
  await new Promise((resolve) => slow.close(resolve))
  await server.close()
})

Faults('a name that does not resolve: retry', async () => {
  const channel = channelTo({ host: 'mail.invalid', port: 25 }, { timeoutMs: 20_000 })
  const failure = await failed(channel)
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, /EDNS/)
  await channel.close()
})

Faults('a mail larger than the server takes: refused before the message', async () => {
  const { failure, server } = await outcome({ ehlo: '250-scripted\r\n250 SIZE 2000' })
  assert.is(failure._tag, 'refused')
  assert.match(failure.detail, /larger than the server takes/)
  assert.is(server.seen.length, 0)
})

Faults('a server that answers drop by drop is given up in time', async () => {
  const server = await scriptedServer({ greeting: { cutAfter: '' } })
  await server.close()
  const drip = createServer((socket) => {
    socket.on('error', () => {})
    const timer = setInterval(() => socket.write('2'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => drip.listen(server.port, '127.0.0.1', resolve))
  const channel = channelTo(server, { timeoutMs: 600 })
  const started = performance.now()
  assert.is((await failed(channel))._tag, 'retry')
  assert.ok(performance.now() - started < 2_000)
  await channel.close()
  await new Promise((resolve) => drip.close(resolve))
})

for (const [when, mail] of [
  ['cuts', (connection: number, mail: number) => (connection === 1 && mail === 2 ? 'cut' : '250 ok')],
  ['says 421 on', (connection: number, mail: number) => (connection === 1 && mail === 2 ? '421 4.4.2 idle' : '250 ok')],
] as const) {
  Faults(`a server that ${when} a kept connection: the next mail goes out over a new one, once`, async () => {
    const server = await scriptedServer({ mail })
    const channel = channelTo(server)
    await sent(channel)
    await sent(channel, sampleShipment({ idempotencyKey: 'second', invoice: sampleInvoice({ invoiceNumber: '14' }) }))
    assert.is(server.connections(), 2)
    assert.is(server.seen.length, 2)
    assert.is(server.seen.filter((message) => message.includes('Message-ID: <second@klinik.se>')).length, 1)
    await channel.close()
    await server.close()
  })
}

Faults('a kept connection that breaks after the final dot: in doubt, one message and never two', async () => {
  const server = await scriptedServer({ end: (_connection, mail) => (mail === 2 ? 'cut' : '250 ok') })
  const channel = channelTo(server)
  await sent(channel)
  const failure = await failed(channel, sampleShipment({ idempotencyKey: 'second' }))
  assert.is(failure._tag, 'inDoubt')
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.is(server.seen.filter((message) => message.includes('<second@klinik.se>')).length, 1)
  assert.is(server.connections(), 1)
  await channel.close()
  await server.close()
})

Faults('after a refusal the same connection takes the next mail', async () => {
  const server = await scriptedServer({ rcpt: (_connection, mail) => (mail === 1 ? NOT_FOUND : '250 ok') })
  const channel = channelTo(server)
  assert.is((await failed(channel))._tag, 'refused')
  await sent(channel)
  assert.is(server.connections(), 1)
  assert.ok(server.commands.includes('RSET'))
  await channel.close()
  await server.close()
})

for (const reset of ['hang', 'cut', '502 5.5.1 no', { cutAfter: '250 ok\r\n' }] as const) {
  Faults(
    `a server that cannot start anew (${JSON.stringify(reset)}): the next mail goes over a new connection`,
    async () => {
      const server = await scriptedServer({
        rcpt: (connection) => (connection === 1 ? NOT_FOUND : '250 ok'),
        reset,
      })
      const channel = channelTo(server, { maxConnections: 1 })
      assert.is((await failed(channel))._tag, 'refused')
      await sent(channel)
      assert.is(server.connections(), 2)
      assert.is(server.seen.length, 1)
      await channel.close()
      await server.close()
    },
  )
}

Faults('the Message-ID is the same at every attempt', async () => {
  const server = await scriptedServer({ end: (_connection, mail) => (mail === 1 ? '451 4.3.0 later' : '250 ok') })
  const channel = channelTo(server)
  assert.is((await failed(channel))._tag, 'retry')
  assert.match((await sent(channel)).detail, `message id <${KEY}@klinik.se>`)
  const ids = server.seen.map((message) => /^Message-ID: (.*)$/m.exec(message)?.[1]?.trim())
  assert.equal(ids, [`<${KEY}@klinik.se>`, `<${KEY}@klinik.se>`])
  await channel.close()
  await server.close()
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const abortedAt = async (script: Script, reached: (server: ScriptedServer) => boolean): Promise<ShipmentFailure> => {
  const server = await scriptedServer(script)
  const channel = channelTo(server)
  const controller = new AbortController()
  try {
    const failing = failed(channel, sampleShipment({ signal: controller.signal }))
    await until(() => reached(server))
    controller.abort()
    return await failing
  } finally {
    await channel.close()
    await server.close()
  }
}

Faults('stopped before the message: retry', async () => {
  const failure = await abortedAt({ rcpt: 'hang' }, ({ commands }) => commands.some((c) => c.startsWith('RCPT')))
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, /stopped/)
})

Faults('stopped while connecting: retry', async () => {
  assert.is((await abortedAt({ greeting: 'hang' }, ({ connections }) => connections() === 1))._tag, 'retry')
})

Faults('stopped after the message: in doubt', async () => {
  assert.is((await abortedAt({ end: 'hang' }, ({ seen }) => seen.length === 1))._tag, 'inDoubt')
})

Faults('stopped before it began: retry, and the server is left alone', async () => {
  const server = await scriptedServer()
  const channel = channelTo(server)
  assert.is((await failed(channel, sampleShipment({ signal: AbortSignal.abort() })))._tag, 'retry')
  assert.is(server.connections(), 0)
  await channel.close()
  await server.close()
})

Faults('stopped while waiting for a connection: retry, and the others go on', async () => {
  const server = await scriptedServer({ end: (connection) => (connection === 1 ? 'hang' : '250 ok') })
  const channel = channelTo(server, { maxConnections: 1 })
  const first = new AbortController()
  const second = new AbortController()
  const hanging = failed(channel, sampleShipment({ signal: first.signal }))
  const waiting = failed(channel, sampleShipment({ idempotencyKey: 'second', signal: second.signal }))
  const third = channel.send(sampleShipment({ idempotencyKey: 'third' }))()
  second.abort()
  assert.is((await waiting)._tag, 'retry')
  await until(() => server.seen.length === 1)
  first.abort()
  assert.is((await hanging)._tag, 'inDoubt')
  assert.ok(E.isRight(await third))
  await channel.close()
  await server.close()
})
