import { createServer } from 'node:net'
import { messageIdOf } from '@underlag/channels/email'
import { smtpSink } from '@underlag/channels/testing'
import type { PdfRenderer } from '@underlag/documents'
import { suite } from '@underlag/kernel/testing'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import { idempotencyKey } from '../src/delivery/request.js'
import type { DeliveryStep, DeliveryView, Invoice, UnderlagConfig } from '../src/index.js'
import { type Clinic, inClinic, quickRenderer, right, settled } from './support/clinic.js'
import { type MailServer, type MailServerOptions, mailServer } from './support/mail-server.js'
import { acme, bo, kr, onDay, vat25 } from './support/samples.js'
import { type StoreKind, stores } from './support/stores.js'

const SENDER = 'faktura@kliniken.se'

const toPort = (port: number, more: Partial<NonNullable<UnderlagConfig['email']>> = {}): UnderlagConfig => ({
  email: {
    smtp: { host: '127.0.0.1', port },
    from: SENDER,
    retry: { attempts: 3, firstDelayMs: 60_000, maxDelayMs: 60_000 },
    timeoutMs: 5_000,
    ...more,
  },
})

const messageId = (invoiceNumber: string, intent = 1): string =>
  messageIdOf(idempotencyKey('default', invoiceNumber, 'email', intent), SENDER)

/** A clinic whose mail goes to a server of its own. */
const withServer =
  (
    kind: StoreKind,
    options: MailServerOptions,
    test: (clinic: Clinic, server: MailServer) => Promise<void>,
    email: Partial<NonNullable<UnderlagConfig['email']>> = {},
  ) =>
  async (): Promise<void> => {
    const server = await mailServer(options)
    try {
      await inClinic(kind, (clinic) => test(clinic, server), { config: toPort(server.port, email) })()
    } finally {
      await server.close()
    }
  }

let bookings = 0
/** An invoice to Anna that is to go by e-mail. */
const invoiced = async (clinic: Clinic, clientId = 'anna'): Promise<{ invoiceNumber: string; bookingId: string }> => {
  bookings += 1
  const bookingId = `b${bookings}`
  await clinic.accept('RecordBooking', { bookingId, clientId, treatmentTypeId: 'therapy', startsAt: onDay(2) })
  const answer = await clinic.accept('RegisterInvoice', {
    payer: { kind: 'client', id: clientId },
    delivery: 'email',
    items: [`booking:${bookingId}`],
  })
  const { invoiceNumber } = { ...answer.events[0]?.data } as Invoice
  return { invoiceNumber, bookingId }
}

const deliver = async ({ underlag }: Clinic): Promise<ReadonlyArray<string>> =>
  (await right(underlag.deliver({ leaseTtlMs: 500 }))).steps.map(
    ({ deliveryId, outcome }: DeliveryStep) => `${deliveryId} ${outcome}`,
  )

const statuses = async ({ underlag }: Clinic): Promise<ReadonlyArray<string>> =>
  (await right(underlag.deliveries())).map(({ deliveryId, status }) => `${deliveryId} ${status}`)

const one = async ({ underlag }: Clinic, deliveryId = '1.1'): Promise<DeliveryView> => {
  const found = (await right(underlag.deliveries())).find((delivery) => delivery.deliveryId === deliveryId)
  if (found === undefined) throw new Error(`there is no delivery ${deliveryId}`)
  return found
}

const outcomes = async (clinic: Clinic, deliveryId?: string): Promise<ReadonlyArray<string>> =>
  (await one(clinic, deliveryId)).attempts.map(({ outcome }) => outcome)

const wait = (clinic: Clinic, ms = 61_000): void => {
  clinic.clock.now = new Date(Date.parse(clinic.clock.now) + ms).toISOString()
}

const sentTo = (server: MailServer): ReadonlyArray<string> => server.taken.map(({ to }) => to)

for (const kind of stores) {
  const Email = suite(`delivery by e-mail on ${kind.name}`)

  Email('goes out once, to the frozen address, with the stored document and the Message-ID of its intent', async () => {
    const sink = await smtpSink()
    try {
      await inClinic(
        kind,
        async (clinic) => {
          await settled(clinic)
          await invoiced(clinic)
          assert.equal(await statuses(clinic), ['1.1 requested'])
          assert.equal(await deliver(clinic), ['1.1 accepted'])
          const [mail] = sink.mails
          assert.equal([sink.mails.length, mail?.to], [1, ['anna@example.se']])
          assert.is(mail?.parsed.messageId, messageId('1'))
          const [attached] = mail?.parsed.attachments ?? []
          assert.is(attached?.filename, 'faktura-1.pdf')
          const stored = await right(clinic.underlag.invoicePdf('1'))
          assert.ok(stored._tag === 'Some' && attached?.content.equals(Buffer.from(stored.value)))
          assert.equal(await deliver(clinic), [])
          assert.is(sink.mails.length, 1)
          const { attempts, status, invoiceNumber, delivery } = await one(clinic)
          assert.equal([status, invoiceNumber, delivery, attempts.length], ['accepted', '1', 'email', 1])
          const { startedAt, endedAt, outcome, detail } = { ...attempts[0] }
          assert.ok(startedAt !== undefined && endedAt !== null && outcome === 'accepted')
          assert.match(detail ?? '', /250/)
          assert.not.match(JSON.stringify(attempts), /anna@|Andersson/)
        },
        { config: toPort(sink.port) },
      )()
    } finally {
      await sink.close()
    }
  })

  Email('waits for a server that is down, and goes out when the time has come', async () => {
    const down = createServer()
    await new Promise<void>((resolve) => down.listen(0, '127.0.0.1', resolve))
    const { port } = down.address() as { port: number }
    await new Promise((resolve) => down.close(resolve))
    await inClinic(
      kind,
      async (clinic) => {
        await settled(clinic)
        await invoiced(clinic)
        assert.equal(await deliver(clinic), ['1.1 retry'])
        const { status, retryAt } = await one(clinic)
        assert.is(status, 'waiting')
        const due = Date.parse(retryAt ?? '') - Date.parse(clinic.clock.now)
        assert.ok(due >= 30_000 && due <= 60_000, `again in ${due} ms`)
        const server = await mailServer({ port })
        try {
          assert.equal(await deliver(clinic), [], 'the time has not come')
          wait(clinic)
          assert.equal(await deliver(clinic), ['1.1 accepted'])
          assert.equal(await outcomes(clinic), ['retry', 'accepted'])
          assert.equal(sentTo(server), ['anna@example.se'])
        } finally {
          await server.close()
        }
      },
      { config: toPort(port) },
    )()
  })

  for (const [when, options] of [
    ['the recipient', { rcpt: () => '451 4.3.0 not now <anna@example.se>' }],
    ['the message', { end: () => '452 4.2.2 full <anna@example.se>' }],
  ] as const)
    Email(
      `is tried again while the server refuses ${when} for now, and has failed after the last attempt`,
      withServer(kind, options, async (clinic, server) => {
        await settled(clinic)
        await invoiced(clinic)
        for (const step of ['1.1 retry', '1.1 retry', '1.1 failed']) {
          assert.equal(await deliver(clinic), [step])
          wait(clinic)
        }
        const { status, attempts } = await one(clinic)
        assert.equal([status, attempts.map(({ outcome }) => outcome)], ['failed', ['retry', 'retry', 'failed']])
        assert.match(attempts[2]?.detail ?? '', /45[12].*gave up after 3 attempts/)
        assert.not.match(JSON.stringify(attempts), /anna@/)
        assert.equal(await deliver(clinic), [])
        assert.equal(sentTo(server), [])
      }),
    )

  for (const [when, options] of [
    ['the recipient', { rcpt: () => '550 5.1.1 nobody <anna@example.se>' }],
    ['the message', { end: () => '554 5.7.1 no <anna@example.se>' }],
  ] as const)
    Email(
      `has failed at once when the server refuses ${when} for good`,
      withServer(kind, options, async (clinic, server) => {
        await settled(clinic)
        await invoiced(clinic)
        assert.equal(await deliver(clinic), ['1.1 failed'])
        wait(clinic)
        assert.equal(await deliver(clinic), [])
        assert.equal(await outcomes(clinic), ['failed'])
        assert.equal(sentTo(server), [])
      }),
    )

  Email(
    'is in doubt when the connection breaks after the whole message, and is never sent again by itself',
    withServer(kind, { end: () => 'cut' }, async (clinic, server) => {
      await settled(clinic)
      await invoiced(clinic)
      assert.equal(await deliver(clinic), ['1.1 inDoubt'])
      for (let i = 0; i < 3; i++) {
        wait(clinic, 86_400_000)
        assert.equal(await deliver(clinic), [])
      }
      assert.equal(await statuses(clinic), ['1.1 inDoubt'])
      assert.is(server.taken.length, 1)
    }),
  )

  Email('in doubt is settled by a person: sent, failed, or to be tried again; nothing else is settled', async () => {
    let cut = true
    await withServer(kind, { end: () => (cut ? 'cut' : undefined) }, async (clinic, server) => {
      const { underlag } = clinic
      await settled(clinic)
      for (let i = 0; i < 3; i++) await invoiced(clinic)
      assert.equal([...(await deliver(clinic))].sort(), ['1.1 inDoubt', '2.1 inDoubt', '3.1 inDoubt'])
      cut = false
      for (const [id, as] of [
        ['1.1', 'sent'],
        ['2.1', 'failed'],
        ['3.1', 'retry'],
      ] as const) {
        const answer = await right(underlag.settleDelivery(id, as, 'user:kim'))
        assert.ok(answer.ok)
        assert.equal(
          answer.events.map(({ type }) => type),
          ['DeliverySettled'],
        )
      }
      assert.equal(await statuses(clinic), ['1.1 accepted', '2.1 failed', '3.1 requested'])
      assert.equal(await deliver(clinic), ['3.1 accepted'])
      assert.equal(
        server.taken.filter((mail) => mail.messageId === messageId('3')).length,
        2,
        'a retry is the same intent',
      )
      assert.equal(
        (await right(underlag.audit({ actor: 'user:kim' }))).map(({ type }) => type),
        ['DeliverySettled', 'DeliverySettled', 'DeliverySettled'],
      )
      await invoiced(clinic)
      for (const [id, status] of [
        ['1.1', 'accepted'],
        ['2.1', 'failed'],
        ['4.1', 'requested'],
      ]) {
        const answer = await right(underlag.settleDelivery(id ?? '', 'retry'))
        assert.equal(answer.ok ? undefined : answer.refusal, { _tag: 'NotInDoubt', deliveryId: id, status })
      }
      for (const id of ['9.1', '1.2', 'nonsense']) {
        const answer = await right(underlag.settleDelivery(id, 'sent'))
        assert.equal(answer.ok ? undefined : answer.refusal, { _tag: 'UnknownDelivery', deliveryId: id })
      }
    })()
  })

  Email(
    'to a server that says nothing: tried again before the message was sent, in doubt after; the others are not held up',
    async () => {
      const slow = (to: string): boolean => to.startsWith('slow')
      await withServer(
        kind,
        {
          rcpt: (to) => (to === 'slow-before@example.se' ? 'hang' : undefined),
          end: ({ to }) => (to === 'slow-after@example.se' ? 'hang' : undefined),
        },
        async (clinic, server) => {
          await settled(clinic)
          for (const [clientId, email] of [
            ['c1', 'slow-before@example.se'],
            ['c2', 'slow-after@example.se'],
          ] as const) {
            await clinic.accept('RegisterClient', { clientId, name: clientId, email })
            await invoiced(clinic, clientId)
          }
          for (let i = 0; i < 4; i++) await invoiced(clinic)
          const steps = await deliver(clinic)
          assert.ok(steps.includes('1.1 retry') && steps.includes('2.1 inDoubt'))
          assert.equal(steps.filter((step) => step.endsWith('accepted')).length, 4)
          assert.ok(steps.indexOf('1.1 retry') >= 4, 'the others went first')
          assert.is(sentTo(server).filter((to) => !slow(to)).length, 4)
        },
        // The others are sent within it, on a busy machine too.
        { timeoutMs: 6_000 },
      )()
    },
  )

  Email(
    'waits while a fact contradicts the invoice, and goes out when that is resolved',
    withServer(kind, {}, async (clinic, server) => {
      await settled(clinic)
      const first = await invoiced(clinic)
      const second = await invoiced(clinic)
      await clinic.accept('MarkBookingPaid', { bookingId: first.bookingId, method: 'card' })
      await clinic.accept('CancelBooking', { bookingId: second.bookingId })
      assert.equal(await statuses(clinic), ['1.1 held', '2.1 held'])
      assert.equal(
        (await right(clinic.underlag.deliveries('held'))).map(({ deliveryId }) => deliveryId),
        ['1.1', '2.1'],
      )
      assert.equal([...(await deliver(clinic))].sort(), ['1.1 held', '2.1 held'])
      assert.equal(sentTo(server), [])
      await clinic.accept('MarkBookingUnpaid', { bookingId: first.bookingId })
      assert.equal([...(await deliver(clinic))].sort(), ['1.1 accepted', '2.1 held'])
      await clinic.accept('CreditInvoice', {
        invoiceNumber: '2',
        reason: 'Avbokad',
        releaseItems: false,
        delivery: 'email',
      })
      assert.equal([...(await deliver(clinic))].sort(), ['2.1 accepted', '3.1 accepted'])
      assert.match(server.taken.find((mail) => mail.messageId === messageId('3'))?.raw ?? '', /kreditfaktura-3\.pdf/)
    }),
  )

  Email(
    'of what was credited in full before it went out goes out with its credit note, or not at all unless sent on purpose',
    withServer(kind, {}, async (clinic, server) => {
      await settled(clinic)
      const { bookingId } = await invoiced(clinic)
      await invoiced(clinic)
      await clinic.accept('MarkBookingPaid', { bookingId, method: 'card' })
      const credit = (invoiceNumber: string, more = {}) =>
        clinic.accept('CreditInvoice', { invoiceNumber, reason: 'Fel', releaseItems: false, ...more })
      await credit('1')
      await credit('2', { delivery: 'email' })
      assert.equal([...(await deliver(clinic))].sort(), ['1.1 failed', '2.1 accepted', '4.1 accepted'])
      assert.match((await one(clinic)).attempts[0]?.detail ?? '', /^credited in full before it was sent/)
      await clinic.accept('SendInvoice', { invoiceNumber: '1', delivery: 'email' })
      assert.equal(await deliver(clinic), ['1.2 accepted'])
      assert.is(server.taken.length, 3)
    }),
  )

  Email('also waits when the fact comes while the delivery process is at work on another', async () => {
    let clinicAtWork: Clinic | undefined
    let bookingId = ''
    let marked = false
    await withServer(
      kind,
      {
        onMail: async () => {
          if (marked) return
          marked = true
          await clinicAtWork?.accept('MarkBookingPaid', { bookingId, method: 'card' })
        },
      },
      async (clinic, server) => {
        clinicAtWork = clinic
        await settled(clinic)
        await invoiced(clinic)
        bookingId = (await invoiced(clinic)).bookingId
        const { steps } = await right(clinic.underlag.deliver({ concurrency: 1, leaseTtlMs: 500 }))
        assert.equal(
          steps.map(({ deliveryId, outcome }) => `${deliveryId} ${outcome}`),
          ['1.1 accepted', '2.1 held'],
        )
        assert.is(server.taken.length, 1)
      },
    )()
  })

  Email(
    'by a process without that channel is left to one that has it',
    withServer(kind, {}, async (clinic, server) => {
      await settled(clinic)
      await invoiced(clinic)
      await invoiced(clinic)
      const other = await clinic.open({ config: {} })
      assert.equal([...(await deliver(other))].sort(), ['1.1 notConfigured', '2.1 notConfigured'])
      assert.equal(await statuses(clinic), ['1.1 requested', '2.1 requested'])
      assert.equal([...(await deliver(clinic))].sort(), ['1.1 accepted', '2.1 accepted'])
      assert.is(server.taken.length, 2)
    }),
  )

  Email(
    'is sent again on purpose as a new intent, to the address frozen on the invoice; the same command makes one',
    withServer(kind, {}, async (clinic, server) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      await invoiced(clinic)
      await clinic.accept('RecordBooking', {
        bookingId: 'of-bo',
        clientId: 'bo',
        treatmentTypeId: 'therapy',
        startsAt: onDay(2),
      })
      await accept('RegisterInvoice', { payer: bo, delivery: 'none' })
      await accept('ChangeClient', { clientId: 'anna', email: 'ny@example.se' })
      await accept('ChangeClient', { clientId: 'bo', email: 'bo@example.se' })
      await deliver(clinic)
      const again = await accept('SendInvoice', { invoiceNumber: '1', delivery: 'email' }, { commandId: 'again' })
      assert.equal(
        again.events.map(({ type, data }) => [type, (data as { deliveryId?: string }).deliveryId]),
        [['DeliveryRequested', '1.2']],
      )
      assert.equal(
        await accept('SendInvoice', { invoiceNumber: '1', delivery: 'email' }, { commandId: 'again' }),
        again,
      )
      await accept('SendInvoice', { invoiceNumber: '1', delivery: 'email' })
      assert.equal([...(await deliver(clinic))].sort(), ['1.2 accepted', '1.3 accepted'])
      assert.equal(sentTo(server), ['anna@example.se', 'anna@example.se', 'anna@example.se'])
      assert.equal(
        server.taken.map((mail) => mail.messageId).sort(),
        [messageId('1'), messageId('1', 2), messageId('1', 3)].sort(),
      )
      assert.equal(await refuse('SendInvoice', { invoiceNumber: '9', delivery: 'email' }), {
        _tag: 'UnknownInvoice',
        invoiceNumber: '9',
      })
      assert.equal(await refuse('SendInvoice', { invoiceNumber: '2', delivery: 'email' }), {
        _tag: 'DeliveryNotPossible',
        delivery: 'email',
        reasons: ['noEmailAddress'],
      })
      assert.equal(await refuse('SendInvoice', { invoiceNumber: '1', delivery: 'letter' }), {
        _tag: 'DeliveryNotPossible',
        delivery: 'letter',
        reasons: ['notConfigured', 'noPostalAddress'],
      })
    }),
  )

  Email(
    'by several processes at once: each mail once, each document to its own recipient',
    withServer(kind, { delayMs: () => Math.random() * 20 }, async (clinic, server) => {
      await settled(clinic)
      for (let i = 0; i < 20; i++) {
        const clientId = `k${i}`
        await clinic.accept('RegisterClient', { clientId, name: clientId, email: `${clientId}@example.se` })
        await clinic.accept('RecordBooking', {
          bookingId: `k${i}`,
          clientId,
          treatmentTypeId: 'therapy',
          startsAt: onDay(2),
        })
      }
      await clinic.accept('AddLine', {
        lineId: 'l1',
        payer: acme,
        description: 'x',
        quantity: '1',
        price: kr(1),
        vat: vat25,
      })
      await clinic.accept('RegisterInvoices', { payers: 'all', delivery: 'email' })
      const others = await Promise.all([1, 2, 3].map(() => clinic.open()))
      await Promise.all([clinic, ...others].map((process) => deliver(process)))
      const invoices = await right(clinic.underlag.invoices())
      assert.is(invoices.length, 21)
      assert.equal(
        server.taken.map((mail) => mail.messageId).sort(),
        invoices.map(({ invoiceNumber }) => messageId(invoiceNumber)).sort(),
      )
      for (const { invoiceNumber, buyer } of invoices) {
        const mail = server.taken.find((taken) => taken.messageId === messageId(invoiceNumber))
        assert.is(mail?.to, buyer.email)
        assert.match(mail?.raw ?? '', new RegExp(`filename="?faktura-${invoiceNumber}\\.pdf`))
      }
      assert.ok((await right(clinic.underlag.deliveries())).every(({ status }) => status === 'accepted'))
    }),
  )

  Email('of an invoice whose document cannot be printed holds up no other', async () => {
    const broken: PdfRenderer = {
      ...quickRenderer,
      render: (document) =>
        'invoiceNumber' in document && document.invoiceNumber === '1'
          ? TE.left({ _tag: 'RenderTimedOut', timeoutMs: 30_000 })
          : quickRenderer.render(document),
    }
    await withServer(kind, {}, async (clinic, server) => {
      await settled(clinic)
      for (let i = 0; i < 6; i++) await invoiced(clinic)
      const process = await clinic.open({ renderer: broken })
      const delivered = await process.underlag.deliver({ concurrency: 1, leaseTtlMs: 500 })()
      assert.is(server.taken.length, 5, JSON.stringify(delivered))
      assert.equal(await statuses(clinic).then((all) => all[0]), '1.1 requested')
      assert.equal(await deliver(clinic), ['1.1 accepted'])
    })()
  })

  Email(
    'of a person who was erased meanwhile has failed, and names nobody',
    withServer(kind, {}, async (clinic, server) => {
      await settled(clinic)
      await invoiced(clinic)
      await clinic.place.withKeys('default', async (keys) => {
        await keys.erase('client:anna')()
      })
      assert.equal(await deliver(clinic), ['1.1 failed'])
      assert.equal(sentTo(server), [])
      assert.ok((await right(clinic.underlag.verify())).ok)
    }),
  )

  Email(
    'watching, takes what comes, until it is told to stop; what is under way then is let to its end',
    withServer(kind, { delayMs: () => 150 }, async (clinic, server) => {
      await settled(clinic)
      const stop = new AbortController()
      const steps: Array<string> = []
      let heard = (): void => {}
      const next = (): Promise<void> =>
        new Promise((resolve) => {
          heard = resolve
        })
      let first = next()
      const watching = right(
        clinic.underlag.deliver({
          watch: true,
          signal: stop.signal,
          onStep: ({ deliveryId, outcome }) => {
            steps.push(`${deliveryId} ${outcome}`)
            heard()
          },
        }),
      )
      await invoiced(clinic)
      await first
      first = next()
      await invoiced(clinic)
      await first
      assert.equal(steps, ['1.1 accepted', '2.1 accepted'])
      stop.abort()
      await watching
      assert.is(server.taken.length, 2)
      assert.equal(await statuses(clinic), ['1.1 accepted', '2.1 accepted'])
    }),
  )

  Email(
    'stopped in the midst of an attempt records what became of it',
    withServer(kind, { delayMs: () => 400 }, async (clinic, server) => {
      await settled(clinic)
      for (let i = 0; i < 6; i++) await invoiced(clinic)
      const stop = new AbortController()
      const delivering = clinic.underlag.deliver({ signal: stop.signal, concurrency: 2 })()
      while (server.taken.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      stop.abort()
      await delivering
      const deliveries = await right(clinic.underlag.deliveries())
      for (const { attempts } of deliveries) for (const { endedAt } of attempts) assert.ok(endedAt !== null)
      const statusOf = new Map(deliveries.map(({ invoiceNumber, status }) => [messageId(invoiceNumber), status]))
      for (const mail of server.taken) assert.ok(['accepted', 'inDoubt'].includes(statusOf.get(mail.messageId) ?? ''))
      await deliver(clinic)
      const counts = new Map<string, number>()
      for (const mail of server.taken) counts.set(mail.messageId, (counts.get(mail.messageId) ?? 0) + 1)
      assert.ok([...counts.values()].every((count) => count === 1))
    }),
  )
}
