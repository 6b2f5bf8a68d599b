import type { Channel, Invoice } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { json, type Move } from '../../src/testing/http-server.js'
import { KEY, pdfOf } from '../support/samples.js'
import {
  API_KEY,
  type EkopostFault,
  type EkopostServer,
  type EkopostStep,
  ekopostServer,
} from './support/ekopost-server.js'
import { channelFor, letters, PERSONAL } from './support/letters.js'

const { failed, letterInvoice, letterShipment, manyLetters, sent } = letters('right')

const Letters = suite('ekopost: letters')
const Faults = suite('ekopost: faults')

const withServer = async (
  faults: ReadonlyArray<EkopostFault>,
  use: (server: EkopostServer, channel: Channel, patient: Channel) => Promise<void>,
  changes: object = {},
  { timeoutMs, ...options }: Parameters<typeof ekopostServer>[1] & { readonly timeoutMs?: number } = {},
): Promise<void> => {
  const server = await ekopostServer(faults, options)
  const config = { provider: 'ekopost', apiKey: API_KEY, apiUrl: `${server.url}/`, ...changes }
  const channel = channelFor(config, timeoutMs)
  const patient = channelFor(config)
  try {
    await use(server, channel, patient)
    assert.equal(server.violations, [])
  } finally {
    await channel.close()
    await patient.close()
    await server.close()
  }
}

Letters('is a campaign with one envelope with one document, every field as documented', () =>
  withServer(
    [],
    async (server, channel) => {
      const shipment = letterShipment({ pdf: pdfOf(60_000) })
      assert.equal(await sent(channel, shipment), {
        status: 'accepted',
        detail: `campaign ${KEY}`,
        transportId: KEY,
      })
      const [campaign] = server.campaigns
      const [envelope] = campaign?.envelopes ?? []
      assert.equal(campaign?.fields, { id: KEY, name: 'Faktura-12', cost_center: 'Mottagning 2' })
      const { id, ...fields } = envelope?.fields ?? {}
      assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.equal(fields, {
        name: 'Faktura-12',
        address: {
          $type: 'postal',
          name: ['Anna Andersson'],
          street: ['c/o Berg', 'Storgatan 12 A'],
          postal_code: '22222',
          city: 'Lund',
          country: 'SE',
          use_coverpage: false,
        },
        postage: 'priority',
        plex: 'duplex',
        color: true,
      })
      assert.is(server.printed().length, 1)
      assert.ok(server.printed()[0]?.equals(shipment.pdf))
    },
    { postage: 'priority', plex: 'duplex', color: true, costCenter: 'Mottagning 2' },
  ),
)

Letters('an address too long for the window has a page of its own, unless it is said otherwise', async () => {
  const addressed = (lines: ReadonlyArray<string>, of = letterInvoice()) => ({
    ...of,
    buyer: { ...of.buyer, address: { lines, postalCode: '222 22', city: 'Lund', country: 'SE' } },
  })
  const cover = async (coverPage: string | undefined, invoice: Invoice): Promise<unknown> => {
    let used: unknown
    await withServer(
      [],
      async (server, channel) => {
        await sent(channel, letterShipment({ invoice }))
        const address = (server.campaigns[0]?.envelopes[0]?.fields.address ?? {}) as Record<string, unknown>
        used = address.use_coverpage
      },
      coverPage === undefined ? {} : { coverPage },
    )
    return used
  }
  const long = ['Ekonomiavdelningen', 'c/o Berg', 'Storgatan 12 A']
  const short = addressed(['Storgatan 12'])
  const onOtherSide = { ...short, addressPosition: 'left' } as const
  assert.is(await cover(undefined, short), false)
  assert.is(await cover(undefined, addressed(long)), true)
  assert.is(await cover(undefined, onOtherSide), true)
  assert.is(await cover('never', short), false)
  assert.is(await cover('always', short), true)
  const { preflight } = channelFor({ provider: 'ekopost', apiKey: 'k', coverPage: 'never' })
  assert.equal(preflight(addressed(long)), ['addressTooLong'])
  assert.equal(preflight(onOtherSide), ['addressOnOtherSide'])
  assert.equal(preflight(addressed(long, onOtherSide)), ['addressOnOtherSide', 'addressTooLong'])
})

Letters('the same intent again is the same letter, and another one another', async () => {
  for (const duplicates of [400, 409, 500] as const)
    await withServer(
      [],
      async (server, channel) => {
        await sent(channel)
        const again = await sent(channel)
        assert.equal(again, {
          status: 'accepted',
          detail: `campaign ${KEY}, closed by an earlier attempt`,
          transportId: KEY,
        })
        assert.is(server.printed().length, 1)
        await sent(channel, letterShipment({ idempotencyKey: KEY.replace(/.$/, 'f') }))
        assert.is(server.printed().length, 2)
      },
      {},
      { duplicates },
    )
})

Letters('holds each document beside its own recipient, however many go at once', () =>
  withServer([], async (server, channel) => {
    const letters = manyLetters(20)
    await Promise.all(letters.map((shipment) => sent(channel, shipment)))
    assert.is(server.campaigns.length, 20)
    for (const { idempotencyKey, invoice, pdf } of letters) {
      const [envelope] = server.campaigns.find(({ id }) => id === idempotencyKey)?.envelopes ?? []
      const { name } = (envelope?.fields.address ?? {}) as Record<string, unknown>
      assert.equal(name, [invoice.buyer.name])
      assert.ok(envelope?.contents[0]?.bytes.equals(pdf))
    }
  }),
)

Letters('abroad only where it is said', () =>
  withServer([], async (server, channel) => {
    const { buyer } = letterInvoice()
    const abroad = letterInvoice({
      buyer: { ...buyer, address: { lines: ['Vej 1'], postalCode: '1000', city: 'København', country: 'DK' } },
    })
    assert.equal(channel.preflight(abroad), ['countryNotServed'])
    assert.equal(await failed(channel, letterShipment({ invoice: abroad })), {
      _tag: 'refused',
      detail: 'countryNotServed',
    })
    assert.is(server.seen.length, 0)
  }),
)

Letters('is asked how a campaign stands', () =>
  withServer([], async (server, channel) => {
    const ask = async (id: string): Promise<unknown> => channel.report?.(id, new AbortController().signal)()
    assert.equal(await ask(KEY), E.right(undefined))
    await sent(channel)
    const [campaign] = server.campaigns
    if (campaign === undefined) throw new Error('there is none')
    // Ekopost's times name no zone: they are not guessed.
    const common = { transportId: KEY, idempotencyKey: KEY }
    for (const [state, status] of [
      ['closed', 'accepted'],
      ['opened', 'held'],
      ['printed', 'printed'],
      // Nobody tells Ekopost when a letter comes through the slot.
      ['delivered', 'printed'],
      ['cancelled', 'rejected'],
      ['tomorrow', 'accepted'],
    ] as const) {
      campaign.state = state
      assert.equal(await ask(KEY), E.right({ ...common, status, detail: state }))
    }
    await server.close()
    assert.match(JSON.stringify(await ask(KEY)), /status: no answer from .*ECONNREFUSED/)
  }),
)

const STEPS: ReadonlyArray<EkopostStep> = ['campaign', 'envelope', 'content', 'close envelope', 'close campaign']
const SILENCES: ReadonlyArray<readonly [string, Move]> = [
  ['time-out', 'hang'],
  ['cut', 'cut'],
  ['502', { status: 502, body: '<h1>Anna</h1>' }],
  ['an answer that is no JSON', { status: 200, body: '<html>' }],
]

for (const duplicates of [400, 500] as const)
  for (const step of STEPS)
    for (const [name, move] of SILENCES)
      for (const when of ['instead', 'after'] as const)
        Faults(`${step}: ${name} ${when === 'after' ? 'after' : 'before'} it was done (${duplicates})`, () =>
          withServer(
            [{ step, [when]: move }],
            async (server, channel, patient) => {
              const failure = await failed(channel)
              assert.is(failure._tag, 'retry')
              assert.match(failure.detail, new RegExp(`^${step}: `))
              // Before the campaign is closed nothing has left the house.
              assert.is('unsure' in failure, step === 'close campaign')
              assert.is(server.printed().length, step === 'close campaign' && when === 'after' ? 1 : 0)
              await sent(patient)
              assert.is(server.printed().length, 1)
              assert.ok(server.printed()[0]?.equals(letterShipment().pdf))
            },
            {},
            { duplicates, ...(move === 'hang' ? { timeoutMs: 600 } : {}) },
          ),
        )

Faults('whatever goes wrong, and however often, there is one letter with one document', async () => {
  const moves: ReadonlyArray<Move> = ['cut', { status: 500 }, { status: 503 }]
  for (let seed = 1; seed <= 25; seed++) {
    let state = seed
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return (state >> 8) % below
    }
    const faults = Array.from({ length: 1 + random(6) }, (): EkopostFault => {
      const move = moves[random(moves.length)] ?? 'cut'
      const step = [...STEPS, 'look' as const][random(6)] ?? 'look'
      return random(2) === 0 ? { step, after: move } : { step, instead: move }
    })
    await withServer(faults, async (server, channel) => {
      for (let attempt = 0; attempt < 10; attempt++) {
        const result = await channel.send(letterShipment())()
        if (E.isRight(result)) break
        assert.not.match(result.left.detail, PERSONAL)
        assert.is(result.left._tag, 'retry', `seed ${seed}: ${result.left.detail}`)
      }
      assert.is(server.printed().length, 1, `seed ${seed}`)
      assert.is(server.campaigns.length, 1)
    })
  }
})

Faults('too many requests: not before the time Ekopost names', () =>
  withServer(
    [{ step: 'content', instead: { status: 429, headers: { 'Retry-After': '90' } } }],
    async (server, channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'retry')
      if (failure._tag !== 'retry' || failure.notBefore === undefined) throw new Error('no time was named')
      assert.ok(Math.abs(Date.parse(failure.notBefore) - Date.now() - 90_000) < 5_000)
      await sent(channel)
      assert.is(server.printed().length, 1)
    },
  ),
)

Faults('what Ekopost finds wrong is refused with its code, and nothing is printed', () =>
  withServer(
    [{ step: 'envelope', instead: json(400, { error_code: 1203, message: 'Anna Andersson' }) }],
    async (server, channel) => {
      assert.equal(await failed(channel), { _tag: 'refused', detail: 'envelope: 400 1203' })
      assert.is(server.printed().length, 0)
    },
  ),
)

Faults('an error in an answer of 200 is an error', () =>
  withServer([{ step: 'envelope', instead: json(200, { error_code: 'E17' }) }], async (_server, channel) => {
    assert.equal(await failed(channel), { _tag: 'refused', detail: 'envelope: 200 E17' })
  }),
)

Faults('without the ids we ask for nothing is sent, for a repeat would be a second letter', () =>
  withServer(
    [],
    async (server, channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'refused')
      assert.match(failure.detail, 'another id')
      assert.is(server.printed().length, 0)
    },
    {},
    { givesIds: true },
  ),
)

Faults('a wrong key is said so', async () => {
  const server = await ekopostServer()
  const channel = channelFor({ provider: 'ekopost', apiKey: 'wrong-key', apiUrl: server.url })
  const failure = await failed(channel)
  assert.is(failure._tag, 'retry')
  assert.match(failure.detail, /^campaign: 401; Ekopost did not take letter\.apiKey$/)
  await channel.close()
  await server.close()
})

Faults('what is there and cannot be understood is left to a person', async () => {
  const after = (state: string): ReadonlyArray<EkopostFault> => [
    { step: 'campaign', instead: json(400, { error_code: 1001 }) },
    { step: 'look', instead: json(200, { id: KEY, state }) },
  ]
  const tagOf = async (faults: ReadonlyArray<EkopostFault>): Promise<string> => {
    let tag = ''
    await withServer(faults, async (_server, channel) => {
      tag = (await failed(channel))._tag
    })
    return tag
  }
  assert.is(await tagOf(after('anna')), 'inDoubt')
  assert.is(await tagOf(after('cancelled')), 'refused')
  assert.is(
    await tagOf([
      { step: 'campaign', instead: json(400, { error_code: 1001 }) },
      { step: 'look', instead: { status: 403 } },
    ]),
    'inDoubt',
  )
})
