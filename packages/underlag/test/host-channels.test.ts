import type { PdfRenderer } from '@underlag/documents'
import type { Channel } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import type { DeliverOptions, UnderlagOptions } from '../src/index.js'
import { type Clinic, inClinic, openClinic, quickRenderer, right, settled } from './support/clinic.js'
import { onDay } from './support/samples.js'
import { onSqlite } from './support/stores.js'

const HostChannels = suite('channels, callbacks and renderers of the host')

const channel = (over: Partial<Channel> = {}): Channel => ({
  name: 'email',
  afterCrash: 'hold',
  retry: { attempts: 3, firstDelayMs: 60_000, maxDelayMs: 60_000 },
  timeoutMs: 100,
  preflight: () => [],
  send: () => TE.right({ status: 'accepted', detail: '250' }),
  close: async () => {},
  ...over,
})

/** What JavaScript lets a host say. */
const saying = (said: unknown): Pick<Channel, 'send'> => ({ send: () => async () => said as never })

const withChannel = (
  over: Partial<Channel>,
  test: (clinic: Clinic) => Promise<void>,
  options: Partial<UnderlagOptions> = {},
): (() => Promise<void>) =>
  inClinic(
    onSqlite,
    async (clinic) => {
      await settled(clinic)
      await invoiced(clinic, 'b1')
      await test(clinic)
    },
    { channels: [channel(over)], ...options },
  )

const invoiced = async ({ accept }: Clinic, bookingId: string): Promise<void> => {
  await accept('RecordBooking', { bookingId, clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(2) })
  await accept('RegisterInvoice', {
    payer: { kind: 'client', id: 'anna' },
    delivery: 'email',
    items: [`booking:${bookingId}`],
  })
}

const deliver = async ({ underlag }: Clinic, options: DeliverOptions = {}): Promise<ReadonlyArray<string>> =>
  (await right(underlag.deliver({ leaseTtlMs: 500, ...options }))).steps.map(
    ({ deliveryId, outcome }) => `${deliveryId} ${outcome}`,
  )

const statuses = async ({ underlag }: Clinic): Promise<ReadonlyArray<string>> =>
  (await right(underlag.deliveries())).map(({ deliveryId, status }) => `${deliveryId} ${status}`)

const answers: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  'no detail': E.left({ _tag: 'refused' }),
  'a word of its own': E.right({ status: 'sent', detail: 'ok' }),
  'an id that is a number': E.right({ status: 'accepted', detail: 'ok', transportId: 17 }),
}

for (const [name, said] of Object.entries(answers))
  HostChannels(
    `an answer that is none (${name}) leaves a doubt, and a log that can be read`,
    withChannel(saying(said), async (clinic) => {
      assert.equal(await deliver(clinic), ['1.1 inDoubt'])
      assert.equal(await statuses(clinic), ['1.1 inDoubt'])
      await invoiced(clinic, 'b2')
      assert.equal(await deliver(clinic), ['2.1 inDoubt'], 'the deliveries go on')
    }),
  )

HostChannels(
  'an answer that is none is asked for again where the channel knows its keys',
  withChannel({ ...saying('yes'), afterCrash: 'resend' }, async (clinic) => {
    assert.equal(await deliver(clinic), ['1.1 retry'])
  }),
)

for (const notBefore of ['tomorrow', '9999-12-31T23:59:59.000Z', '+275760-09-13T00:00:00.000Z'])
  HostChannels(
    `waits for nobody until ${notBefore}`,
    withChannel(saying(E.left({ _tag: 'retry', detail: 'busy', notBefore })), async (clinic) => {
      assert.equal(await deliver(clinic), ['1.1 retry'])
      const [one] = await right(clinic.underlag.deliveries())
      const days = (Date.parse(one?.retryAt ?? '') - Date.parse(clinic.clock.now)) / 86_400_000
      assert.ok(days > 0 && days <= 7, `again in ${days} days`)
    }),
  )

HostChannels(
  'a report of a time that there is none of is told without it',
  withChannel(
    {
      ...saying(E.right({ status: 'accepted', detail: 'ok', transportId: 't1' })),
      report: (transportId) =>
        TE.right({ status: 'delivered', detail: 'there', at: '0001-01-01T00:00:00.000Z', transportId }),
    },
    async (clinic) => {
      assert.equal(await deliver(clinic), ['1.1 accepted'])
      clinic.clock.now = new Date(Date.parse(clinic.clock.now) + 120_000).toISOString()
      assert.equal(await deliver(clinic), ['1.1 delivered'])
      assert.equal(await statuses(clinic), ['1.1 delivered'])
    },
  ),
)

HostChannels(
  'a channel that throws when it is asked, or hears a webhook, does no harm',
  withChannel(
    {
      ...saying(E.right({ status: 'accepted', detail: 'ok', transportId: 't1' })),
      report: () => {
        throw new Error('Anna')
      },
      verifyWebhook: () => {
        throw new Error('Anna')
      },
    },
    async (clinic) => {
      assert.equal(await deliver(clinic), ['1.1 accepted'])
      clinic.clock.now = new Date(Date.parse(clinic.clock.now) + 120_000).toISOString()
      assert.equal(await deliver(clinic), [])
      const heard = await right(clinic.underlag.deliveryWebhook('email', new Uint8Array(), {}))
      assert.ok(E.isLeft(heard) && heard.left.reason === 'malformed')
      assert.not.match(heard.left.detail, /Anna/)
    },
  ),
)

const since: Array<string | undefined> = []
HostChannels(
  'a channel is told since when it is not known whether it took an intent',
  withChannel(
    {
      afterCrash: 'resend',
      send: ({ unsureSince }) => {
        since.push(unsureSince)
        return TE.left({ _tag: 'retry', detail: 'no answer', unsure: true })
      },
    },
    async (clinic) => {
      const first = clinic.clock.now
      for (let i = 0; i < 3; i++) {
        await deliver(clinic)
        clinic.clock.now = new Date(Date.parse(clinic.clock.now) + 61_000).toISOString()
      }
      assert.equal(since, [undefined, first, first])
      await right(clinic.underlag.settleDelivery('1.1', 'retry'))
      await deliver(clinic)
      assert.is(since.at(-1), undefined, 'a person has looked')
    },
  ),
)

HostChannels(
  'sends nothing to nobody: an address that was erased meanwhile is missed, whatever the channel asks',
  withChannel({}, async (clinic) => {
    await clinic.place.withKeys('default', async (keys) => {
      await keys.erase('client:anna')()
    })
    assert.equal(await deliver(clinic), ['1.1 failed'])
    const [one] = await right(clinic.underlag.deliveries())
    assert.is(one?.attempts[0]?.detail, 'noEmailAddress')
  }),
)

HostChannels('what the channel said is recorded as soon as the store is there again, and is no doubt', async () => {
  const place = await onSqlite.place()
  const ports = await place.ports()
  let away = 2
  const append: typeof ports.eventStore.append = (stream, expected, events) =>
    events.some(({ type }) => type === 'DeliveryAccepted') && away-- > 0
      ? TE.left({ _tag: 'StoreUnavailable', reason: 'It is busy.', remedy: 'Wait.', transient: true })
      : ports.eventStore.append(stream, expected, events)
  const clinic = await openClinic(
    { ...place, store: () => ({ ...ports, eventStore: { ...ports.eventStore, append } }) },
    { channels: [channel()] },
  )
  try {
    await settled(clinic)
    await invoiced(clinic, 'b1')
    assert.equal(await deliver(clinic), ['1.1 accepted'])
    assert.equal(await statuses(clinic), ['1.1 accepted'])
  } finally {
    await clinic.close()
    await place.cleanup()
  }
})

let looks = 0
HostChannels(
  'a channel that throws before anything was sent is asked again',
  withChannel(
    {
      preflight: () => {
        looks += 1
        if (looks > 1) throw new Error('boo')
        return []
      },
    },
    async (clinic) => {
      assert.equal(await deliver(clinic), ['1.1 retry'])
    },
  ),
)

HostChannels(
  'a channel that never answers holds up neither its lane nor the end of the process',
  withChannel({ send: () => () => new Promise(() => {}), rate: { atOnce: 1 } }, async (clinic) => {
    const stop = new AbortController()
    const running = right(clinic.underlag.deliver({ watch: true, signal: stop.signal, onStep: () => stop.abort() }))
    await running
    assert.equal(await statuses(clinic), ['1.1 inDoubt'])
  }),
)

HostChannels(
  'a callback that throws stops no delivery',
  withChannel({}, async (clinic) => {
    const boo = (): never => {
      throw new Error('boo')
    }
    assert.equal(await deliver(clinic, { onStep: boo, onProgress: boo }), ['1.1 accepted'])
  }),
)

HostChannels(
  'a renderer that throws stops no delivery but that one',
  withChannel(
    {},
    async (clinic) => {
      await invoiced(clinic, 'b2')
      const steps = await deliver(clinic)
      assert.equal([...steps].sort(), ['1.1 noDocument', '2.1 accepted'])
    },
    {
      renderer: {
        ...quickRenderer,
        render: (document, options) => {
          if ('invoiceNumber' in document && document.invoiceNumber === '1') throw new Error('boo')
          return quickRenderer.render(document, options)
        },
      } satisfies PdfRenderer,
    },
  ),
)

HostChannels(
  'watching, what waits for somebody is looked at ever more seldom: each look is written into the log',
  withChannel(
    {},
    async (clinic) => {
      const stop = new AbortController()
      const running = right(clinic.underlag.deliver({ watch: true, signal: stop.signal }))
      const from = await right(clinic.underlag.caughtUp())
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      const written = Number((await right(clinic.underlag.caughtUp())) - from)
      stop.abort()
      await running
      assert.ok(written < 12, `${written} events in 2.5 s`)
    },
    { renderer: { ...quickRenderer, render: () => TE.left({ _tag: 'RenderTimedOut', timeoutMs: 30_000 }) } },
  ),
)
