import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import type { Channel, DeliveryStep, UnderlagConfig } from '../src/index.js'
import { openUnderlag } from '../src/index.js'
import { type Clinic, inClinic, right, settled } from './support/clinic.js'
import { onDay } from './support/samples.js'
import { stores, temporaryFolder } from './support/stores.js'

type Sent = Awaited<ReturnType<ReturnType<Channel['send']>>>
type Report = Parameters<NonNullable<Channel['verifyWebhook']>>

/** A counterpart of the host's own: answers as it is told, and remembers what it was given. */
const counterpart = (answers: ReadonlyArray<Sent>, more: Partial<Channel> = {}) => {
  const given: Array<string> = []
  const channel: Channel = {
    name: 'letter',
    afterCrash: 'resend',
    retry: { attempts: 3, firstDelayMs: 1_000, maxDelayMs: 1_000 },
    timeoutMs: 5_000,
    preflight: () => [],
    send:
      ({ idempotencyKey }) =>
      async () => {
        given.push(idempotencyKey)
        return answers[given.length - 1] ?? answers.at(-1) ?? E.right({ status: 'accepted', detail: '' })
      },
    verifyWebhook: (rawBody, headers) =>
      headers.signature === 'right'
        ? E.right(JSON.parse(Buffer.from(rawBody).toString()))
        : E.left({ _tag: 'WebhookRefused', reason: 'signature', detail: 'the signature is wrong' }),
    close: async () => {},
    ...more,
  }
  return { channel, given }
}

const taken: Sent = E.right({ status: 'accepted', detail: 'letter L1', transportId: 'L1' })
const unclear: Sent = E.left({ _tag: 'retry', detail: 'no answer', unsure: true })

let bookings = 0
const invoiced = async (clinic: Clinic, delivery: 'letter' | 'communication' | 'email' = 'letter'): Promise<void> => {
  bookings += 1
  const bookingId = `w${bookings}`
  await clinic.accept('RecordBooking', {
    bookingId,
    clientId: 'anna',
    treatmentTypeId: 'therapy',
    startsAt: onDay(2),
  })
  await clinic.accept('RegisterInvoice', {
    payer: { kind: 'client', id: 'anna' },
    delivery,
    items: [`booking:${bookingId}`],
  })
}

const withAddress = async (clinic: Clinic): Promise<void> => {
  await settled(clinic)
  await clinic.accept('ChangeClient', {
    clientId: 'anna',
    address: { lines: ['Storgatan 1'], postalCode: '111 22', city: 'Stockholm', country: 'SE' },
  })
}

const deliver = async ({ underlag }: Clinic): Promise<ReadonlyArray<string>> =>
  (await right(underlag.deliver({ leaseTtlMs: 500 }))).steps.map(
    ({ deliveryId, outcome }: DeliveryStep) => `${deliveryId} ${outcome}`,
  )
const statuses = async ({ underlag }: Clinic): Promise<ReadonlyArray<string>> =>
  (await right(underlag.deliveries())).map(({ deliveryId, status }) => `${deliveryId} ${status}`)
const later = ({ clock }: Clinic, ms: number): void => {
  clock.now = new Date(Date.parse(clock.now) + ms).toISOString()
}

const webhook = (clinic: Clinic, reports: ReadonlyArray<object>, headers: Report[1] = { signature: 'right' }) =>
  right(clinic.underlag.deliveryWebhook('letter', Buffer.from(JSON.stringify(reports)), headers))

for (const kind of stores) {
  const Ways = suite(`ways out on ${kind.name}`)
  const withCounterpart =
    (answers: ReadonlyArray<Sent>, test: (clinic: Clinic, given: Array<string>) => Promise<void>, more = {}) =>
    async (): Promise<void> => {
      const { channel, given } = counterpart(answers, more)
      await inClinic(kind, (clinic) => test(clinic, given), { channels: [channel] })()
    }

  Ways(
    'what may have been taken is tried again under the same key, and is in doubt and not failed at the end',
    withCounterpart([unclear, unclear, E.left({ _tag: 'refused', detail: '401' })], async (clinic, given) => {
      await withAddress(clinic)
      await invoiced(clinic)
      assert.equal(await deliver(clinic), ['1.1 retry'])
      later(clinic, 1_001)
      assert.equal(await deliver(clinic), ['1.1 retry'])
      later(clinic, 1_001)
      assert.equal(await deliver(clinic), ['1.1 inDoubt'])
      assert.is(new Set(given).size, 1)
      assert.equal(await statuses(clinic), ['1.1 inDoubt'])
    }),
  )

  Ways(
    'what may have been taken by the only attempt there is, is in doubt and not failed',
    withCounterpart(
      [unclear],
      async (clinic) => {
        await withAddress(clinic)
        await invoiced(clinic)
        assert.equal(await deliver(clinic), ['1.1 inDoubt'])
      },
      { retry: { attempts: 1, firstDelayMs: 1_000, maxDelayMs: 1_000 } },
    ),
  )

  Ways(
    'a process that was taken over from as it was about to send sends nothing, and its word ends the doubt',
    withCounterpart(
      [taken],
      async (clinic, given) => {
        await withAddress(clinic)
        await invoiced(clinic)
        const steps: Array<string> = []
        const { eventStore, ...ports } = await clinic.place.ports()
        let isPaused = false
        const append: typeof eventStore.append = (stream, expected, events) => async () => {
          // Whoever is paused renews nothing.
          if (isPaused) return E.left({ _tag: 'StoreUnavailable', reason: '', remedy: '', transient: true })
          const appended = await eventStore.append(stream, expected, events)()
          if (!events.some(({ type }) => type === 'DeliveryAttemptStarted') || steps.length > 0) return appended
          isPaused = true
          steps.push(...(await deliver(clinic)))
          isPaused = false
          // It goes on, and finds the lease free: the other is done.
          await sleep(200)
          return appended
        }
        const slow = await clinic.open({ store: { ...ports, eventStore: { ...eventStore, append } } })
        await right(slow.underlag.deliver({ leaseTtlMs: 100 }))
        await deliver(clinic)
        assert.equal([steps, given.length], [['1.1 inDoubt'], 1])
        const [one] = await right(clinic.underlag.deliveries())
        assert.equal(
          one?.attempts.map(({ outcome }) => outcome),
          ['retry', 'accepted'],
        )
      },
      { afterCrash: 'hold' },
    ),
  )

  Ways(
    'what may have been taken before it was credited in full is in doubt, and not sent again',
    withCounterpart([unclear], async (clinic, given) => {
      await withAddress(clinic)
      await invoiced(clinic)
      assert.equal(await deliver(clinic), ['1.1 retry'])
      await clinic.accept('CreditInvoice', { invoiceNumber: '1', reason: 'Fel', releaseItems: false })
      later(clinic, 1_001)
      assert.equal(await deliver(clinic), ['1.1 inDoubt'])
      assert.is(given.length, 1)
    }),
  )

  Ways(
    'to send again what is still under way is done, and said',
    withCounterpart([unclear], async (clinic) => {
      await withAddress(clinic)
      await invoiced(clinic)
      const again = (commandId: string) =>
        clinic.accept('SendInvoice', { invoiceNumber: '1', delivery: 'letter' }, { commandId })
      const first = await again('again')
      assert.equal(first.warnings, [{ _tag: 'DeliveryUnderWay', deliveryId: '1.1' }])
      await deliver(clinic)
      assert.equal(
        (await again('once-more')).warnings?.map((warning) => 'deliveryId' in warning && warning.deliveryId),
        ['1.1', '1.2'],
      )
      assert.equal(await again('again'), first)
    }),
  )

  Ways(
    'what was sent is sent again without a word',
    withCounterpart([taken], async (clinic) => {
      await withAddress(clinic)
      await invoiced(clinic)
      await deliver(clinic)
      assert.is((await clinic.accept('SendInvoice', { invoiceNumber: '1', delivery: 'letter' })).warnings, undefined)
    }),
  )

  Ways(
    'of what was taken the counterpart tells later, in any order and however often, and only where it is genuine',
    withCounterpart([taken], async (clinic) => {
      await withAddress(clinic)
      await invoiced(clinic)
      const printed = { status: 'printed', detail: '', transportId: 'L1', at: '2026-03-11T10:00:00Z' }
      const back = { status: 'undeliverable', detail: 'moved', transportId: 'L1', at: '2026-03-13T10:00:00Z' }
      assert.equal(await webhook(clinic, [printed]), E.right({ steps: [], later: true }), 'not sent yet')
      await deliver(clinic)
      const forged = await webhook(clinic, [printed], { signature: 'wrong' })
      assert.ok(E.isLeft(forged) && forged.left.reason === 'signature')
      assert.equal(await statuses(clinic), ['1.1 accepted'])

      const heard = await webhook(clinic, [printed])
      assert.ok(E.isRight(heard))
      assert.equal(
        heard.right.steps.map(({ outcome }) => outcome),
        ['reported'],
      )
      assert.equal(await webhook(clinic, [printed]), E.right({ steps: [], later: false }), 'told twice')
      await webhook(clinic, [back])
      assert.equal(await webhook(clinic, [printed]), E.right({ steps: [], later: false }), 'told late')
      const [shown] = await right(clinic.underlag.deliveries())
      assert.equal(
        [shown?.status, shown?.transportId, shown?.reported?.status],
        ['failed', 'L1', 'printed'],
        JSON.stringify(shown),
      )
      const unknown = await webhook(clinic, [{ ...printed, transportId: 'L9' }])
      assert.equal(unknown, E.right({ steps: [], later: true }))
      const none = await right(clinic.underlag.deliveryWebhook('eInvoice', Buffer.from('[]'), {}))
      assert.ok(E.isLeft(none))
      assert.ok((await right(clinic.underlag.verify())).ok)
    }),
  )

  Ways('a counterpart that sends no word is asked, ever more seldom', async () => {
    const asked: Array<string> = []
    const words = ['transmitted', 'delivered'] as const
    const report: NonNullable<Channel['report']> = (transportId) => () => {
      asked.push(transportId)
      const status = words[asked.length - 2]
      return Promise.resolve(E.right(status === undefined ? undefined : { status, detail: '', transportId }))
    }
    await withCounterpart(
      [taken],
      async (clinic) => {
        await withAddress(clinic)
        await invoiced(clinic)
        assert.equal(await deliver(clinic), ['1.1 accepted'])
        assert.equal([await deliver(clinic), asked.length], [[], 0], 'not at once')
        later(clinic, 61_000)
        assert.equal([await deliver(clinic), asked.length], [[], 1], 'it does not know it yet')
        assert.equal(await deliver(clinic), ['1.1 reported'])
        assert.equal(await deliver(clinic), ['1.1 delivered'])
        later(clinic, 86_400_000)
        assert.equal([await deliver(clinic), asked], [[], ['L1', 'L1', 'L1']])
      },
      { report },
    )()
  })

  Ways('one channel that is stuck or wants a pause holds up no other', async () => {
    let release: () => void = () => {}
    const stuck = new Promise<void>((resolve) => {
      release = resolve
    })
    const letters = counterpart([], {
      rate: { atOnce: 1 },
      send: () => async () => {
        await stuck
        return taken
      },
    })
    const mails = counterpart([E.right({ status: 'accepted', detail: '' })], { name: 'email' })
    await inClinic(
      kind,
      async (clinic) => {
        await withAddress(clinic)
        await invoiced(clinic)
        await invoiced(clinic)
        for (let n = 0; n < 6; n++) await invoiced(clinic, 'email')
        const seen: Array<string> = []
        const running = right(
          clinic.underlag.deliver({ leaseTtlMs: 500, onStep: ({ deliveryId }) => seen.push(deliveryId) }),
        )
        while (seen.length < 6) await new Promise((resolve) => setTimeout(resolve, 20))
        assert.equal([...seen].sort(), ['3.1', '4.1', '5.1', '6.1', '7.1', '8.1'])
        release()
        await running
        assert.equal((await statuses(clinic)).length, 8)
        assert.ok((await statuses(clinic)).every((status) => status.endsWith(' accepted')))
      },
      { channels: [letters.channel, mails.channel] },
    )()
  })

  Ways('a counterpart that asks for a pause is given it, and loses no attempt by it', async () => {
    const busy = (clinic: Clinic): Sent =>
      E.left({
        _tag: 'retry',
        detail: '429',
        notBefore: new Date(Date.parse(clinic.clock.now) + 60_000).toISOString(),
      })
    let now: Clinic | undefined
    const letters = counterpart([], { rate: { atOnce: 1 } })
    const send: Channel['send'] = () => async () => {
      letters.given.push('')
      return letters.given.length === 1 && now !== undefined ? busy(now) : taken
    }
    await inClinic(
      kind,
      async (clinic) => {
        now = clinic
        await withAddress(clinic)
        for (let n = 0; n < 3; n++) await invoiced(clinic)
        const first = await right(clinic.underlag.deliver({ leaseTtlMs: 500 }))
        assert.equal([first.steps.length, first.paused, letters.given.length], [1, 2, 1])
        assert.equal(await statuses(clinic), ['1.1 waiting', '2.1 requested', '3.1 requested'])
        later(clinic, 61_000)
        assert.equal([...(await deliver(clinic))].sort(), ['1.1 accepted', '2.1 accepted', '3.1 accepted'])
      },
      { channels: [{ ...letters.channel, send }] },
    )()
  })

  Ways('attempts are spread as the rate says', async () => {
    const begun: Array<number> = []
    const letters = counterpart([taken], { rate: { atOnce: 4, perMinute: 600 } })
    const send: Channel['send'] = (shipment) => {
      begun.push(performance.now())
      return letters.channel.send(shipment)
    }
    await inClinic(
      kind,
      async (clinic) => {
        await withAddress(clinic)
        for (let n = 0; n < 4; n++) await invoiced(clinic)
        await deliver(clinic)
        assert.is(begun.length, 4)
        // A tenth of a second apart; what goes before the sending takes more or less each time.
        assert.ok((begun.at(-1) ?? 0) - (begun[0] ?? 0) > 200, begun.join(' '))
      },
      { channels: [{ ...letters.channel, send }] },
    )()
  })

  Ways(
    'via communication: a message without a word of care, a document behind the login, and its opening',
    async () => {
      const folder = await temporaryFolder()
      const config: UnderlagConfig = {
        communication: { documentsUrl: 'http://127.0.0.1/fakturor/', inbox: { file: join(folder, 'inbox.db') } },
      }
      await inClinic(
        kind,
        async (clinic) => {
          const { underlag } = clinic
          await settled(clinic)
          await invoiced(clinic, 'communication')
          assert.equal(await deliver(clinic), ['1.1 accepted'])
          const [message, ...more] = await right(underlag.clientInbox.messagesOf('anna'))
          assert.equal([more, await right(underlag.clientInbox.messagesOf('bo'))], [[], []])
          assert.not.match(message?.text ?? '', /Samtal|1 ?200|Andersson/)

          let who: string | undefined
          const server = createServer(underlag.clientInbox.documentHandler({ authenticate: () => who }))
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
          const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(message?.link ?? '').pathname}`
          try {
            assert.is((await fetch(url)).status, 401)
            who = 'bo'
            assert.is((await fetch(url)).status, 404)
            assert.equal(await statuses(clinic), ['1.1 accepted'])
            who = 'anna'
            const answer = await fetch(url)
            const pdf = await right(underlag.invoicePdf('1'))
            assert.ok(pdf._tag === 'Some' && Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(pdf.value)))
            assert.match(answer.headers.get('content-disposition') ?? '', /faktura-1\.pdf/)
            await fetch(url)
          } finally {
            server.closeAllConnections()
            server.close()
          }
          const [shown] = await right(underlag.deliveries())
          assert.equal([shown?.status, shown?.openedAt], ['delivered', clinic.clock.now])
          const opened = (await right(underlag.audit({ about: '1' }))).filter(({ type }) => type === 'DocumentOpened')
          assert.is(opened.length, 1)
          await right(underlag.clientInbox.forget('anna'))
          assert.equal(await right(underlag.clientInbox.messagesOf('anna')), [])
        },
        { config },
      )()
    },
  )

  Ways("via the host's own chat: it posts, and the links stay with Underlag", async () => {
    const folder = await temporaryFolder()
    const posted: Array<string> = []
    await inClinic(
      kind,
      async (clinic) => {
        await settled(clinic)
        await invoiced(clinic, 'communication')
        assert.equal(await deliver(clinic), ['1.1 accepted'])
        assert.equal(posted, ['anna'])
      },
      {
        config: {
          communication: { documentsUrl: 'https://portal.klinik.se/f/', inbox: { file: join(folder, 'inbox.db') } },
        },
        inbox: {
          post: ({ clientId }) => {
            posted.push(clientId)
            return TE.right('posted')
          },
        },
      },
    )()
  })
}

const Config = suite('ways out that cannot be used')

const pingen = {
  letter: {
    provider: 'pingen',
    organisationId: '6c1b1d2e-0000-4000-8000-000000000000',
    ...{ clientId: 'c', clientSecret: 's' },
  },
} as UnderlagConfig

Config(
  'the address of a letter stands where its printer wants it, whoever looks at it first',
  inClinic(
    stores[0] as (typeof stores)[0],
    async (clinic) => {
      await withAddress(clinic)
      const printing = await clinic.open({ config: pingen })
      await invoiced(printing)
      const shown = async ({ underlag }: Clinic, number: string): Promise<string> => {
        const html = await right(underlag.invoiceHtml(number))
        return (html._tag === 'Some' ? /<body class="(address-\w+)">/.exec(html.value)?.[1] : undefined) ?? ''
      }
      assert.is(await shown(clinic, '1'), 'address-left')
      assert.is(await shown(printing, '1'), 'address-left')
      const note = { invoiceNumber: '1', reason: 'fel', releaseItems: true } as const
      await printing.accept('CreditInvoice', { ...note, delivery: 'letter' })
      assert.is(await shown(clinic, '2'), 'address-left')

      // Registered where no letters are printed: its page is not for that window.
      await invoiced(clinic, 'email')
      assert.is(await shown(printing, '3'), 'address-right')
      assert.equal(await printing.refuse('SendInvoice', { invoiceNumber: '3', delivery: 'letter' }), {
        _tag: 'DeliveryNotPossible',
        delivery: 'letter',
        reasons: ['addressOnOtherSide'],
      })
    },
    { config: { email: { smtp: { host: '127.0.0.1', port: 9 }, from: 'faktura@kliniken.se' } } as UnderlagConfig },
  ),
)

Config(
  'an address that the window does not show whole is told before the letter is registered',
  inClinic(
    stores[0] as (typeof stores)[0],
    async (clinic) => {
      await withAddress(clinic)
      const name = 'Region Västra Götaland, Sahlgrenska Universitetssjukhuset, Område 5, Barn- och ungdomspsykiatrin'
      const lines = ['Regionservice, Ekonomiavdelningen, leverantörsfakturor', 'Ansvar 4021-BUP-17', 'Box 3', 'Plan 4']
      const address = { lines, postalCode: '405 44', city: 'Göteborg', country: 'SE' }
      await clinic.accept('ChangeClient', { clientId: 'anna', name, address })
      await clinic.accept('RecordBooking', {
        ...{ bookingId: 'long', clientId: 'anna', treatmentTypeId: 'therapy' },
        startsAt: onDay(2),
      })
      const payer = { kind: 'client', id: 'anna' } as const
      assert.equal(await clinic.refuse('RegisterInvoice', { payer, delivery: 'letter' }), {
        _tag: 'DeliveryNotPossible',
        delivery: 'letter',
        reasons: ['addressTooLong'],
      })
      await clinic.accept('ChangeClient', { clientId: 'anna', address: { ...address, lines: lines.slice(2) } })
      await clinic.accept('RegisterInvoice', { payer, delivery: 'letter' })
    },
    { config: pingen },
  ),
)

Config('every channel that lacks something is told, by its field and without its secrets', async () => {
  const opened = await openUnderlag({
    store: 'sqlite:/nowhere/at/all.db',
    env: {},
    config: {
      letter: {
        provider: 'pingen',
        organisationId: '6c1b1d2e-0000-4000-8000-000000000000',
        clientId: 'c',
        clientSecret: { env: 'PINGEN_SECRET' },
      },
      eInvoice: { provider: 'qvalia', partner: 'p1', apiKey: { env: 'QVALIA_KEY' } },
    } as UnderlagConfig,
  })()
  assert.ok(E.isLeft(opened) && opened.left._tag === 'UnusableConfig')
  const text = opened.left.problems.join('\n')
  assert.match(text, /letter\.clientSecret .*PINGEN_SECRET/)
  assert.match(text, /eInvoice\.apiKey .*QVALIA_KEY/)
})
