import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Channel, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type AccessPoint, accessPointOf, eInvoiceChannel, type MakeUbl } from '../../src/e-invoice/index.js'
import type { Fault } from '../../src/testing/api-server.js'
import { accessPointTo, type Provider, settingsOf } from '../../src/testing/providers.js'
import { storecoveServer } from '../../src/testing/storecove-server.js'
import { KEY } from '../support/samples.js'
import { selfSigned } from '../support/self-signed.js'
import { companyCreditNote, companyInvoice, makeUbl, RECEIVER, shipmentOf, ublOf } from './support/documents.js'
import { phossApServer } from './support/phoss-ap-server.js'
import { qvaliaServer } from './support/qvalia-server.js'

const Sending = suite('e-invoice: the channel')
const Faults = suite('e-invoice: what goes wrong')

/** Nothing about the buyer, the seller, or what any server said. */
const PERSONAL = /anna|andersson|bolaget|klinik|5567212047|556721|5560360793|556036|depression|hemlig/i

const sent = async (channel: Channel, shipment: Shipment = shipmentOf()): Promise<Sent> => {
  const result = await channel.send(shipment)()
  if (E.isLeft(result)) throw new Error(`not sent: ${result.left._tag}, ${result.left.detail}`)
  assert.not.match(result.right.detail, PERSONAL)
  return result.right
}

const failed = async (channel: Channel, shipment: Shipment = shipmentOf()): Promise<ShipmentFailure> => {
  const result = await channel.send(shipment)()
  if (E.isRight(result)) throw new Error(`it was sent: ${result.right.detail}`)
  assert.not.match(result.left.detail, PERSONAL)
  return result.left
}

const providers: ReadonlyArray<readonly [string, () => Promise<Provider>]> = [
  ['phoss-ap', phossApServer],
  ['storecove', storecoveServer],
  ['qvalia', qvaliaServer],
]

const channelTo = (provider: Provider, changes: Parameters<typeof accessPointTo>[1] = {}, make = makeUbl): Channel =>
  eInvoiceChannel(accessPointTo(provider, changes), make, settingsOf(provider.config, changes))

for (const [name, start] of providers) {
  const withServer =
    (test: (provider: Provider) => Promise<void>): (() => Promise<void>) =>
    async () => {
      const provider = await start()
      try {
        await test(provider)
        assert.equal(provider.breaches, [])
      } finally {
        await provider.server.close()
      }
    }
  const submissions = (provider: Provider): number =>
    provider.server.requests.filter(({ method, path }) => method === 'POST' && path.at(-1) !== 'receives').length

  Sending(
    `${name}: an invoice goes out, those very bytes, and is accepted`,
    withServer(async (provider) => {
      const channel = channelTo(provider)
      const { status, detail, transportId = '' } = await sent(channel)
      assert.is(status, 'accepted')
      assert.is(detail, `transport ${transportId}`)
      assert.match(transportId, /^[0-9a-f-]{36}$/)
      assert.is(provider.taken.length, 1)
      assert.is(provider.taken[0]?.key, KEY)
      assert.is(provider.taken[0]?.ubl, ublOf(companyInvoice()))
      assert.match(provider.taken[0]?.receiver ?? '', /5567212047$/)
      await channel.close()
    }),
  )

  Sending(
    `${name}: a credit note too`,
    withServer(async (provider) => {
      await sent(channelTo(provider), shipmentOf(companyCreditNote()))
      assert.match(provider.taken[0]?.ubl ?? '', /<CreditNote /)
    }),
  )

  Sending(
    `${name}: the same intent again is accepted already, and goes out once`,
    withServer(async (provider) => {
      await sent(channelTo(provider))
      // Another process, after a crash.
      const again = await sent(channelTo(provider))
      assert.is(again.status, 'accepted')
      if (name !== 'qvalia') assert.match(again.detail, /taken by an earlier attempt$/)
      assert.is(provider.taken.length, 1)
    }),
  )

  Sending(
    `${name}: a document it will not take is refused, and its rules are told without its words`,
    withServer(async (provider) => {
      provider.invalid.add('12')
      const failure = await failed(channelTo(provider))
      assert.is(failure._tag, 'refused')
      assert.match(failure.detail, name === 'phoss-ap' ? /^submit: 400/ : /^submit: 422.*\(BR-CO-10\)/)
      assert.is(provider.taken.length, 0)
      assert.is(submissions(provider), 1)
    }),
  )

  const resolved: ReadonlyArray<Fault> = [
    'error',
    'page',
    'cutBefore',
    'cutAfter',
    'errorAfter',
    'pageAfter',
    'endlessAfter',
  ]
  for (const fault of resolved) {
    Faults(
      `${name}: ${fault}: asked again under the same key, and out once`,
      withServer(async (provider) => {
        provider.server.faults.push(fault)
        assert.is((await sent(channelTo(provider))).status, 'accepted')
        assert.is(provider.taken.length, 1)
      }),
    )
  }

  for (const fault of ['hangBefore', 'hangAfter'] as const) {
    Faults(
      `${name}: ${fault}: asked again when half the time is over`,
      withServer(async (provider) => {
        provider.server.faults.push(fault)
        await sent(channelTo(provider, { timeoutMs: 1_000 }))
        assert.is(provider.taken.length, 1)
      }),
    )
    Faults(
      `${name}: ${fault} whenever it is asked: it may have been taken, and is tried again`,
      withServer(async (provider) => {
        for (let i = 0; i < 9; i++) provider.server.faults.push(fault)
        const began = performance.now()
        const channel = channelTo(provider, { timeoutMs: 800 })
        // phoss-ap can be asked without submitting anything.
        if (name === 'phoss-ap' && fault === 'hangAfter') {
          await sent(channel)
          assert.is(provider.taken.length, 1)
          return
        }
        const failure = await failed(channel)
        assert.equal({ ...failure, detail: '' }, { _tag: 'retry', detail: '', unsure: true })
        assert.match(failure.detail, /did not answer in time/)
        assert.ok(performance.now() - began < 2_500)
        assert.ok(provider.taken.length <= 1)
      }),
    )
  }

  for (const [fault, detail] of [
    ['limit', /^submit: 429$/],
    ['busy', /^submit: 503$/],
    ['login', /^submit: 401, the login of eInvoice was not taken$/],
  ] as const) {
    Faults(
      `${name}: ${fault}: nothing was taken, tried later`,
      withServer(async (provider) => {
        provider.server.faults.push(fault)
        const failure = await failed(channelTo(provider))
        assert.is(failure._tag, 'retry')
        assert.is('unsure' in failure, false)
        assert.match(failure.detail, detail)
        assert.is(provider.taken.length, 0)
        assert.is(submissions(provider), 1)
        if (fault === 'login') return
        const { notBefore } = failure as { readonly notBefore?: string }
        const inMs = Date.parse(notBefore ?? '') - Date.now()
        assert.ok(inMs > 14_000 && inMs <= 17_000, `${notBefore}`)
      }),
    )
  }

  Faults(
    `${name}: what says no to the second try says nothing of the first`,
    withServer(async (provider) => {
      provider.server.faults.push('cutBefore', 'limit', 'login')
      const failure = await failed(channelTo(provider))
      assert.equal({ ...failure, detail: '' }, { _tag: 'retry', detail: '', unsure: true })
      await sent(channelTo(provider))
      assert.is(provider.taken.length, 1)
    }),
  )

  Faults(
    `${name}: a server that is down: nothing was sent, tried later`,
    withServer(async (provider) => {
      await provider.server.close()
      const failure = await failed(channelTo(provider))
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, /ECONNREFUSED/)
    }),
  )
}

Faults('a certificate that nobody vouches for: nothing was sent', async () => {
  let asked = 0
  const server = createServer(selfSigned(), (_request, response) => {
    asked++
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  for (const config of [
    { provider: 'phase4', url, token: 't' },
    { provider: 'storecove', url, apiKey: 'k', legalEntityId: 1 },
  ]) {
    const settings = settingsOf(config)
    const failure = await failed(eInvoiceChannel(accessPointOf(settings), makeUbl, settings))
    assert.is(failure._tag, 'retry')
    assert.match(failure.detail, /SELF_SIGNED/)
  }
  assert.is(asked, 0)
  await new Promise((resolve) => server.close(resolve))
})

/** An access point that is told what to say, and remembers what it was asked. */
const told = (changes: Partial<AccessPoint> = {}): AccessPoint & { readonly asked: Array<string> } => {
  const asked: Array<string> = []
  return {
    asked,
    name: 'told',
    idempotent: false,
    serves: () => true,
    lookup:
      ({ id }) =>
      async () => {
        asked.push(`lookup ${id}`)
        return E.right('registered')
      },
    submit:
      (_ubl, _key, { receiver }) =>
      async () => {
        asked.push(`submit ${receiver.id}`)
        return E.right('t1')
      },
    ...changes,
  }
}

const common = {
  retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 },
  timeoutMs: 1_000,
  rate: { atOnce: 4 },
  askAgainAfterMs: [1, 1],
}

Sending('not to persons, not without an electronic address, not to one that cannot be addressed', async () => {
  const accessPoint = told({ serves: ({ scheme }) => scheme === '0007' })
  const channel = eInvoiceChannel(accessPoint, makeUbl, common)
  const person = companyInvoice({ payer: { kind: 'client', id: 'c1' } })
  const unaddressed = companyInvoice({ buyer: { name: 'Bolaget AB', organisationNumber: '556721-2047' } })
  const elsewhere = companyInvoice({ buyer: { name: 'Bolaget AB', eInvoice: { scheme: '0151', id: '1' } } })
  for (const [invoice, reasons] of [
    [companyInvoice(), []],
    [person, ['notToPersons']],
    [unaddressed, ['noElectronicAddress']],
    [elsewhere, ['electronicAddressNotServed']],
  ] as const) {
    assert.equal(channel.preflight(invoice), reasons)
    if (reasons.length > 0)
      assert.equal(await failed(channel, shipmentOf(invoice)), { _tag: 'refused', detail: reasons[0] })
  }
  assert.equal(accessPoint.asked, [])
})

Sending('the recipient is looked up before the first, and not before every one', async () => {
  const accessPoint = told()
  const channel = eInvoiceChannel(accessPoint, makeUbl, common)
  await sent(channel)
  await sent(channel)
  await sent(channel, shipmentOf(companyCreditNote()))
  assert.equal(accessPoint.asked, [
    'lookup 5567212047',
    'submit 5567212047',
    'submit 5567212047',
    // Whoever takes invoices need not take credit notes.
    'lookup 5567212047',
    'submit 5567212047',
  ])
})

Sending('who is not registered gets nothing, and is asked about again the next time', async () => {
  for (const start of [storecoveServer, qvaliaServer]) {
    const provider = await start()
    const names = [...provider.registered]
    provider.registered.clear()
    const channel = channelTo(provider)
    const failure = await failed(channel)
    assert.is(failure._tag, 'refused')
    assert.match(failure.detail, /not registered/)
    assert.is(provider.taken.length, 0)
    for (const one of names) provider.registered.add(one)
    await sent(channel)
    assert.equal(provider.breaches, [])
    await provider.server.close()
  }
})

Sending('a lookup that fails is no refusal', async () => {
  const later = told({
    lookup: () => async () =>
      E.left({ _tag: 'retryable', detail: 'lookup: 429', notBefore: '2026-03-01T08:00:00.000Z' }),
  })
  assert.equal(await failed(eInvoiceChannel(later, makeUbl, common)), {
    _tag: 'retry',
    detail: 'lookup: 429',
    notBefore: '2026-03-01T08:00:00.000Z',
  })
  const never = told({ lookup: () => async () => E.left({ _tag: 'rejected', detail: 'lookup: 400' }) })
  assert.is((await failed(eInvoiceChannel(never, makeUbl, common)))._tag, 'refused')
  assert.equal([...later.asked, ...never.asked], [])
})

Sending('what is not this recipient’s, or not this invoice, is never handed over', async () => {
  const invoice = companyInvoice()
  for (const ubl of [
    ublOf(invoice, { scheme: '0007', id: '5560360793' }),
    ublOf(invoice, { scheme: '0088', id: RECEIVER.id }),
    ublOf(companyInvoice({ invoiceNumber: '112' })),
    ublOf(companyCreditNote({ invoiceNumber: '12' })),
    ublOf(invoice).replace('AccountingCustomerParty', 'PayeeParty'),
    '<html>',
    '',
  ]) {
    const accessPoint = told()
    const failure = await failed(eInvoiceChannel(accessPoint, () => E.right(ubl), common))
    assert.is(failure._tag, 'refused')
    assert.match(failure.detail, /^the document (is made out to another recipient|is of another invoice|does not say)/)
    assert.equal(accessPoint.asked, [])
  }
})

Sending('an invoice that cannot be an e-invoice is refused with the rules', async () => {
  const reasons = [
    { rule: 'PEPPOL-EN16931-R003', field: 'reference', remedy: 'Ask Anna' },
    { rule: 'BR-10', field: 'buyer.address', remedy: 'x' },
  ]
  const no: MakeUbl = async () => E.left({ reasons })
  assert.equal(await failed(eInvoiceChannel(told(), no, common)), {
    _tag: 'refused',
    detail: 'no e-invoice: PEPPOL-EN16931-R003 reference, BR-10 buyer.address',
  })
  const broken: MakeUbl = () => {
    throw new Error('Anna Andersson')
  }
  const later: MakeUbl = async () => E.left({ _tag: 'UblNotNow' })
  for (const notNow of [broken, later])
    assert.equal(await failed(eInvoiceChannel(told(), notNow, common)), {
      _tag: 'retry',
      detail: 'the UBL document could not be made just now',
    })
})

Sending('what rejects the second try is no refusal of the first, unless it is said of both', async () => {
  for (const [ofKey, tag] of [
    [undefined, 'inDoubt'],
    [true, 'refused'],
  ] as const) {
    let tries = 0
    const accessPoint = told({
      idempotent: true,
      submit: () => async () =>
        E.left(
          tries++ === 0
            ? { _tag: 'inDoubt', detail: 'submit: no answer' }
            : { _tag: 'rejected', detail: 'submit: 400', ...(ofKey === undefined ? {} : { ofKey }) },
        ),
    })
    assert.is((await failed(eInvoiceChannel(accessPoint, makeUbl, common)))._tag, tag)
    assert.is(tries, 2)
  }
})

Sending('tells how a document stands, and what webhooks say, where the access point does', async () => {
  const silent = eInvoiceChannel(told(), makeUbl, common)
  assert.is('report' in silent, false)
  assert.is('verifyWebhook' in silent, false)
  assert.equal(silent.rate, { atOnce: 4 })
  const provider = await qvaliaServer()
  const channel = channelTo(provider)
  const { transportId = '' } = await sent(channel)
  const report = await channel.report?.(transportId, new AbortController().signal)()
  assert.equal(report, E.right({ status: 'accepted', detail: 'no outcome yet', transportId }))
  assert.is(E.isLeft(channel.verifyWebhook?.(new Uint8Array(), {}) ?? E.right([])), true)
  await provider.server.close()
})

Sending('without idempotency a doubt stays a doubt, and nothing is asked again', async () => {
  const accessPoint = told({
    submit: () => async () => {
      accessPoint.asked.push('submit')
      return E.left({ _tag: 'inDoubt', detail: 'submit: no answer' })
    },
  })
  const channel = eInvoiceChannel(accessPoint, makeUbl, common)
  assert.is(channel.afterCrash, 'hold')
  assert.equal(await failed(channel), { _tag: 'inDoubt', detail: 'submit: no answer' })
  assert.equal(accessPoint.asked, ['lookup 5567212047', 'submit'])
  assert.is(eInvoiceChannel(told({ idempotent: true }), makeUbl, common).afterCrash, 'resend')
})

Sending('stopped before it began, and after it was closed: nothing is asked', async () => {
  const accessPoint = told()
  const channel = eInvoiceChannel(accessPoint, makeUbl, common)
  assert.is((await failed(channel, shipmentOf(companyInvoice(), { signal: AbortSignal.abort() })))._tag, 'retry')
  await channel.close()
  assert.is((await failed(channel))._tag, 'retry')
  assert.equal(accessPoint.asked, [])
})

Sending('closing waits for what is under way', async () => {
  let done = false
  const slow = told({
    submit: () => async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      done = true
      return E.right('t1')
    },
  })
  const channel = eInvoiceChannel(slow, makeUbl, common)
  const sending = sent(channel)
  await new Promise((resolve) => setTimeout(resolve, 5))
  await channel.close()
  assert.is(done, true)
  await sending
})
