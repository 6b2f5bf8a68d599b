import type { Address, Channel, ShipmentFailure } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { json } from '../../src/testing/http-server.js'
import { configFor, type Fault, type PingenServer, pingenServer } from '../../src/testing/pingen-server.js'
import { KEY, pdfOf } from '../support/samples.js'
import { channelFor, letters, PERSONAL } from './support/letters.js'

const { failed, letterInvoice, letterShipment, manyLetters, sent } = letters('left')

const Letters = suite('pingen: letters')
const Faults = suite('pingen: faults')

const withServer = async (
  faults: ReadonlyArray<Fault>,
  use: (server: PingenServer, channel: Channel) => Promise<void>,
  changes: object = {},
  options: Parameters<typeof pingenServer>[1] = {},
): Promise<void> => {
  const server = await pingenServer(faults, options)
  const channel = channelFor(configFor(server, changes))
  try {
    await use(server, channel)
    assert.equal(server.violations, [])
  } finally {
    await channel.close()
    await server.close()
  }
}

Letters('is uploaded and created, every field as documented', () =>
  withServer([], async (server, channel) => {
    const shipment = letterShipment({ pdf: pdfOf(60_000) })
    const { status, detail, transportId } = await sent(channel, shipment)
    const [letter] = server.letters
    assert.is(server.letters.length, 1)
    assert.is(status, 'accepted')
    assert.is(detail, `letter ${letter?.id}`)
    assert.is(transportId, letter?.id)
    assert.is(letter?.key, KEY)
    assert.ok(letter?.pdf.equals(shipment.pdf))
    const { file_url, file_url_signature, ...rest } = letter?.attributes ?? {}
    assert.equal(rest, {
      file_original_name: `Faktura-12.${KEY}.pdf`,
      address_position: 'left',
      auto_send: true,
      delivery_product: 'cheap',
      print_mode: 'simplex',
      print_spectrum: 'grayscale',
    })
  }),
)

Letters('says who it is to and from in fields where the product wants it, and otherwise not', async () => {
  await withServer(
    [],
    async (server, channel) => {
      await sent(channel)
      assert.equal(server.letters[0]?.attributes.meta_data, {
        recipient: {
          name: 'Anna Andersson',
          street: 'Storgatan',
          number: '12 A',
          zip: '222 22',
          city: 'Lund',
          country: 'SE',
        },
        sender: {
          name: 'Åsas klinik',
          street: 'Storgatan',
          number: '1',
          zip: '111 22',
          city: 'Stockholm',
          country: 'SE',
        },
      })
    },
    { deliveryProduct: 'registered', printMode: 'duplex', printSpectrum: 'color', autoSend: false },
  )
  await withServer(
    [],
    async (server, channel) => {
      await sent(channel)
      assert.is(server.letters[0]?.attributes.meta_data, undefined)
    },
    { deliveryProduct: 'registered', metaData: false },
  )
})

Letters('one token serves many letters, also when they ask for it at once', () =>
  withServer([], async (server, channel) => {
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        sent(channel, letterShipment({ idempotencyKey: KEY.replace(/0.$/, `1${i}`) })),
      ),
    )
    await sent(channel)
    assert.is(server.counts.token, 1)
    assert.is(server.letters.length, 9)
  }),
)

Letters('each document goes to its own recipient, however many go at once', () =>
  withServer(
    [],
    async (server, channel) => {
      const letters = manyLetters(20)
      await Promise.all(letters.map((shipment) => sent(channel, shipment)))
      assert.is(server.letters.length, 20)
      for (const { idempotencyKey, invoice, pdf } of letters) {
        const letter = server.letters.find(({ key }) => key === idempotencyKey)
        const { recipient } = (letter?.attributes.meta_data ?? {}) as Record<string, Record<string, unknown>>
        assert.is(recipient?.name, invoice.buyer.name)
        assert.ok(letter?.pdf.equals(pdf))
      }
    },
    { metaData: true },
  ),
)

Letters('a token is not used to its last second', () =>
  withServer(
    [],
    async (server, channel) => {
      await sent(channel)
      await new Promise((resolve) => setTimeout(resolve, 600))
      await sent(channel, letterShipment({ idempotencyKey: 'another' }))
      assert.is(server.counts.token, 2)
      assert.ok(server.seen.every((seen) => seen.path !== '/file-upload' || seen.headers.authorization !== undefined))
    },
    {},
    { tokenSeconds: 1 },
  ),
)

Letters('a token that is no longer taken is replaced once', () =>
  withServer([], async (server, channel) => {
    await sent(channel)
    server.expireTokens()
    await sent(channel, letterShipment({ idempotencyKey: 'another' }))
    assert.is(server.counts.token, 2)
    assert.is(server.letters.length, 2)
  }),
)

Letters('the same intent again is the same letter', () =>
  withServer([], async (server, channel) => {
    const first = await sent(channel)
    // The document is uploaded anew, as after a restart: Pingen holds the key and this other request for a contradiction.
    const again = await sent(channel)
    assert.is(server.letters.length, 1)
    assert.equal(again, { ...first, detail: `${first.detail}, created by an earlier attempt` })
  }),
)

Letters('the same intent again, and the letter is not to be found under its key: a person looks', () =>
  withServer([{ step: 'status', instead: json(200, { data: [] }) }], async (server, channel) => {
    await sent(channel)
    const again = await failed(channel)
    assert.is(server.letters.length, 1)
    assert.is(again._tag, 'inDoubt')
    assert.match(again.detail, '409 idempotency_key_reused')
  }),
)

const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString()

Letters('what got no answer days ago is looked for: Pingen may have forgotten its key', () =>
  withServer([], async (server, channel) => {
    const first = await sent(channel)
    server.forgetKeys()
    const again = await sent(channel, letterShipment({ unsureSince: ago(48) }))
    assert.equal(again, { ...first, detail: `${first.detail}, created by an earlier attempt` })
    assert.is(server.letters.length, 1)
  }),
)

Letters(
  'what got no answer days ago and is not to be found is left to a person; within the day the key is enough',
  () =>
    withServer([], async (server, channel) => {
      const failure = await failed(channel, letterShipment({ unsureSince: ago(48) }))
      assert.is(failure._tag, 'inDoubt')
      assert.is(server.counts.letter, 0)
      await sent(channel, letterShipment({ unsureSince: ago(1) }))
      assert.is(server.letters.length, 1)
    }),
)

Letters('what got no answer days ago is looked for again where Pingen does not say now', () =>
  withServer([{ step: 'status', instead: json(400, {}) }], async (server, channel) => {
    const failure = await failed(channel, letterShipment({ unsureSince: ago(48) }))
    assert.is(failure._tag, 'retry')
    assert.is(server.counts.letter, 0)
  }),
)

Letters('goes nowhere without a name, an address, or to a country that is not served', () =>
  withServer(
    [],
    async (server, channel) => {
      const { buyer } = letterInvoice()
      const { name, address, ...nobody } = buyer
      assert.equal(channel.preflight(letterInvoice()), [])
      const { addressPosition: _, ...toTheRight } = letterInvoice()
      assert.equal(channel.preflight(toTheRight), ['addressOnOtherSide'])
      const long = { ...buyer, address: { ...(address as Address), lines: Array.from({ length: 6 }, () => 'rad') } }
      assert.equal(channel.preflight(letterInvoice({ buyer: long })), ['addressTooLong'])
      assert.equal(channel.preflight(letterInvoice({ buyer: nobody })), ['noRecipientName', 'noPostalAddress'])
      const abroad = letterInvoice({
        buyer: {
          ...buyer,
          address: { lines: ['Unter den Linden 1'], postalCode: '10117', city: 'Berlin', country: 'DE' },
        },
      })
      assert.equal(channel.preflight(abroad), ['countryNotServed'])
      const failure = await failed(channel, letterShipment({ invoice: abroad }))
      assert.equal(failure, { _tag: 'refused', detail: 'countryNotServed' })
      assert.is(server.seen.length, 0)
    },
    { countries: ['SE', 'NO'] },
  ),
)

Letters('a file that Pingen does not take is refused before anything is sent', () =>
  withServer([], async (server, channel) => {
    const failure = await failed(channel, letterShipment({ pdf: pdfOf(8_000_001) }))
    assert.is(failure._tag, 'refused')
    assert.is(server.seen.length, 0)
  }),
)

Letters('is asked how a letter stands: Pingen’s word, its price and the intent', () =>
  withServer([], async (server, channel) => {
    const { transportId = '' } = await sent(channel)
    const ask = async (id: string): Promise<unknown> => {
      const answer = await channel.report?.(id, new AbortController().signal)()
      assert.not.match(JSON.stringify(answer), PERSONAL)
      return answer
    }
    const reported = async (attributes: object): Promise<unknown> => {
      server.stands.set(transportId, attributes)
      return ask(transportId)
    }
    const common = { transportId, idempotencyKey: KEY }
    assert.equal(
      await reported({
        status: 'sent',
        price_value: 1.3,
        price_currency: 'CHF',
        updated_at: '2026-07-29T11:23:10+0200',
      }),
      E.right({ ...common, status: 'printed', detail: 'sent, price 1.30 CHF', at: '2026-07-29T09:23:10.000Z' }),
    )
    for (const [word, status] of [
      ['validating', 'accepted'],
      ['valid', 'accepted'],
      ['action_required', 'held'],
      ['awaiting_credits', 'held'],
      ['printing', 'accepted'],
      ['delivered', 'delivered'],
      ['undeliverable', 'undeliverable'],
      ['unprintable', 'rejected'],
      ['cancelled', 'rejected'],
      ['a_word_of_tomorrow', 'accepted'],
    ] as const)
      assert.equal(await reported({ status: word }), E.right({ ...common, status, detail: word }), word)
    assert.equal(await reported({ status: 'Anna Andersson' }), E.left({ detail: 'status: an answer that says none' }))
    assert.equal(await ask('00000000-0000-4000-8000-000000000000'), E.right(undefined))
    server.expireTokens()
    assert.equal(await reported({ status: 'sent' }), E.right({ ...common, status: 'printed', detail: 'sent' }))
  }),
)

Letters('not asked just now: says so, and when to ask again', () =>
  withServer(
    [{ step: 'status', instead: { status: 429, headers: { 'Retry-After': '60' } } }],
    async (_server, channel) => {
      const { transportId = '' } = await sent(channel)
      const answer = await channel.report?.(transportId, new AbortController().signal)()
      if (answer === undefined || E.isRight(answer)) throw new Error('it was told')
      assert.is(answer.left.detail, 'status: 429')
      assert.ok(Math.abs(Date.parse(answer.left.notBefore ?? '') - Date.now() - 60_000) < 5_000)
    },
  ),
)

interface Case {
  readonly name: string
  readonly faults: ReadonlyArray<Fault>
  readonly is: ShipmentFailure['_tag']
  readonly detail: RegExp
  /** Letters with Pingen after the first attempt. */
  readonly letters?: 0 | 1
  /** Whether the letter may have been taken. */
  readonly unsure?: true
  /** Whether a second attempt goes well; it does unless this says otherwise. */
  readonly thenFails?: true
}

const personal = { errors: [{ code: 'Anna Andersson', detail: 'Storgatan 12 A', title: 'Anna' }] }
const cases: ReadonlyArray<Case> = [
  { name: 'the token: 500', faults: [{ step: 'token', instead: { status: 500 } }], is: 'retry', detail: /token: 500$/ },
  { name: 'the token: cut', faults: [{ step: 'token', instead: 'cut' }], is: 'retry', detail: /token: no answer from/ },
  {
    name: 'the token: not JSON',
    faults: [{ step: 'token', instead: { status: 200, body: '<html>' } }],
    is: 'retry',
    detail: /an answer without one/,
  },
  {
    name: 'the token: one that fits no header',
    faults: [{ step: 'token', instead: json(200, { access_token: 'a\r\nX: b', expires_in: 60 }) }],
    is: 'retry',
    detail: /an answer without one/,
  },
  {
    name: 'the upload address: 500',
    faults: [{ step: 'upload address', instead: json(500, personal) }],
    is: 'retry',
    detail: /^upload address: 500$/,
  },
  {
    name: 'the upload address: 403',
    faults: [{ step: 'upload address', instead: json(403, { errors: { code: 'access_denied' } }) }],
    is: 'refused',
    detail: /^upload address: 403 access_denied$/,
  },
  {
    name: 'the upload address: time-out',
    faults: [{ step: 'upload address', instead: 'hang' }],
    is: 'retry',
    detail: /did not answer in time; not done within 1000 ms$/,
  },
  {
    name: 'the upload address: a redirect is not followed',
    faults: [{ step: 'upload address', instead: { status: 302, headers: { Location: 'https://evil.example/' } } }],
    is: 'refused',
    detail: /^upload address: 302$/,
  },
  {
    name: 'the upload address: without encryption',
    faults: [
      {
        step: 'upload address',
        instead: json(200, { data: { attributes: { url: 'http://storage.example/x', url_signature: 's' } } }),
      },
    ],
    is: 'retry',
    detail: /an answer without one/,
  },
  {
    name: 'the upload: refused by the storage',
    faults: [{ step: 'upload', instead: { status: 403, body: '<Error/>' } }],
    is: 'retry',
    detail: /^upload: 403$/,
  },
  { name: 'the upload: cut', faults: [{ step: 'upload', instead: 'cut' }], is: 'retry', detail: /^upload: no answer/ },
  {
    name: 'the letter: 500 before it was made',
    faults: [{ step: 'letter', instead: json(500, personal) }],
    is: 'retry',
    unsure: true,
    detail: /^letter: 500$/,
  },
  {
    name: 'the letter: 502 after it was made',
    faults: [{ step: 'letter', after: { status: 502, body: 'Bad gateway' } }],
    is: 'retry',
    unsure: true,
    detail: /^letter: 502$/,
    letters: 1,
  },
  {
    name: 'the letter: cut before it was made',
    faults: [{ step: 'letter', instead: 'cut' }],
    is: 'retry',
    unsure: true,
    detail: /may have been taken/,
  },
  {
    name: 'the letter: cut after it was made',
    faults: [{ step: 'letter', after: 'cut' }],
    is: 'retry',
    unsure: true,
    detail: /may have been taken/,
    letters: 1,
  },
  {
    name: 'the letter: time-out after it was made',
    faults: [{ step: 'letter', after: 'hang' }],
    is: 'retry',
    unsure: true,
    detail: /may have been taken.*not done within/,
    letters: 1,
  },
  {
    name: 'the letter: an answer that is no letter',
    faults: [{ step: 'letter', after: json(201, { data: [] }) }],
    is: 'retry',
    unsure: true,
    detail: /201 without a letter; it may have been taken/,
    letters: 1,
  },
  {
    name: 'the letter: an answer that never ends',
    faults: [{ step: 'letter', after: { status: 201, body: 'x'.repeat(4_200_000) } }],
    is: 'retry',
    unsure: true,
    detail: /too long.*may have been taken/,
    letters: 1,
  },
  {
    name: 'the letter: refused, with a code',
    faults: [
      {
        step: 'letter',
        times: 2,
        instead: json(
          422,
          {
            errors: [
              { code: 'invalid_attribute', detail: 'Anna Andersson', source: { pointer: '/data/attributes/file_url' } },
              { code: 'Anna Andersson', source: { pointer: '/data/Storgatan 12' } },
            ],
          },
          { 'X-Request-ID': 'req-77' },
        ),
      },
    ],
    is: 'refused',
    detail: /^letter: 422 invalid_attribute at \/data\/attributes\/file_url, request req-77$/,
    thenFails: true,
  },
  {
    name: 'the letter: refused in HTML',
    faults: [{ step: 'letter', instead: { status: 404, body: '<h1>Anna</h1>' } }],
    is: 'refused',
    detail: /^letter: 404$/,
  },
  {
    name: 'the letter: a login that is never taken',
    faults: [{ step: 'letter', times: 2, instead: json(401, { errors: [{ code: 'access_denied' }] }) }],
    is: 'retry',
    detail: /^letter: 401 access_denied$/,
  },
]

for (const { name, faults, is, detail, letters = 0, unsure = false, thenFails = false } of cases)
  Faults(name, () =>
    withServer(
      faults,
      async (server, channel) => {
        const failure = await failed(channel)
        assert.is(failure._tag, is)
        assert.is('unsure' in failure, unsure)
        assert.match(failure.detail, detail)
        assert.is(server.letters.length, letters)
        // The next attempt of the same intent: at most one letter, ever.
        if (thenFails) {
          await failed(channel)
        } else {
          const { detail: accepted } = await sent(channel)
          assert.is(server.letters.length, 1)
          assert.match(accepted, `letter ${server.letters[0]?.id}`)
          assert.is(/created by an earlier attempt/.test(accepted), letters === 1)
        }
      },
      { timeoutMs: 1_000 },
    ),
  )

Faults('too many requests: not before the time Pingen names', async () => {
  const limited = (retryAfter: string): ReadonlyArray<Fault> => [
    { step: 'letter', instead: { status: 429, headers: { 'Retry-After': retryAfter } } },
  ]
  const notBefore = async (retryAfter: string): Promise<number | undefined> => {
    let wait: number | undefined
    await withServer(limited(retryAfter), async (server, channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, /^letter: 429$/)
      if (failure._tag === 'retry' && failure.notBefore !== undefined) wait = Date.parse(failure.notBefore) - Date.now()
      assert.is(server.letters.length, 0)
    })
    return wait
  }
  const near = (wait: number | undefined, ms: number): boolean => wait !== undefined && Math.abs(wait - ms) < 5_000
  assert.ok(near(await notBefore('120'), 120_000))
  assert.ok(near(await notBefore(new Date(Date.now() + 300_000).toUTCString()), 300_000))
  assert.ok(near(await notBefore('999999999'), 86_400_000))
  assert.ok(near(await notBefore(new Date(0).toUTCString()), 0))
  assert.is(await notBefore('soon'), undefined)
})

Faults('a wrong login is said so, and not tried again at once', async () => {
  const server = await pingenServer()
  const channel = channelFor(configFor(server, { clientSecret: 'wrong' }))
  try {
    const failure = await failed(channel)
    assert.is(failure._tag, 'retry')
    assert.match(failure.detail, 'letter.clientId and letter.clientSecret')
    assert.not.match(failure.detail, 'wrong')
    await failed(channel)
    assert.is(server.counts.token, 1)
  } finally {
    await channel.close()
    await server.close()
  }
})

Faults('nobody there', async () => {
  const server = await pingenServer()
  await server.close()
  const channel = channelFor(configFor(server))
  const failure = await failed(channel)
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, 'ECONNREFUSED')
  await channel.close()
})

Faults('stopped from outside, and closed', () =>
  withServer([{ step: 'letter', after: 'hang' }], async (server, channel) => {
    const stop = new AbortController()
    const sending = failed(channel, letterShipment({ signal: stop.signal }))
    while (server.counts.letter === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort()
    assert.is((await sending)._tag, 'retry')
    const stopped = await failed(channel, letterShipment({ signal: AbortSignal.abort() }))
    assert.is(stopped._tag, 'retry')
    await channel.close()
    const closed = await failed(channel)
    assert.equal(closed, { _tag: 'retry', detail: 'the channel was closed' })
  }),
)
