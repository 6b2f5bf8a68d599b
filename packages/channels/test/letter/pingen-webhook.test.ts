import { createHmac } from 'node:crypto'
import { type DeliveryReport, saysMore, type WebhookRefused } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { letterChannel } from '../../src/letter/index.js'
import { pingenWebhook } from '../../src/letter/pingen/webhook.js'
import { ORGANISATION } from '../../src/testing/pingen-server.js'
import { KEY } from '../support/samples.js'
import { oneRowALine, PERSONAL, settingsOf } from './support/letters.js'

const Webhook = suite('pingen: webhooks')

const SECRET = 'hemligt för webhooks'
const verify = pingenWebhook({ webhookSecret: SECRET, organisationId: ORGANISATION })
const LETTER = 'b413792a-4a6f-4634-a868-9bd4c529f20a'

interface Told {
  readonly type?: string
  readonly id?: string
  readonly organisation?: string
  readonly deliverable?: { readonly type: string; readonly id: string } | null
  readonly letter?: { readonly type: string; readonly id: string } | null
  readonly code?: string
  readonly emittedAt?: string
  readonly fileName?: string | null
}

/** A message as Pingen writes it, with the letter's address and all. */
const message = ({
  type = 'webhook_sent',
  id = 'ec435b3b-c823-489e-8000-379522a86fe7',
  organisation = ORGANISATION,
  deliverable = { type: 'letters', id: LETTER },
  letter = { type: 'letters', id: LETTER },
  code = 'transferred_to_distributor',
  emittedAt = '2026-07-29T11:23:10+0200',
  fileName = `Faktura-12.${KEY}.pdf`,
}: Told = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      data: {
        type,
        id,
        attributes: {
          url: 'https://klinik.se/hook',
          created_at: '2026-07-29T11:23:11+0200',
          reason: 'Anna Andersson är okänd',
          corrected_address: { name: 'Anna Andersson', street: 'Storgatan', city: 'Lund' },
        },
        relationships: {
          organisation: { data: { type: 'organisations', id: organisation } },
          ...(deliverable === null ? {} : { deliverable: { data: deliverable } }),
          ...(letter === null ? {} : { letter: { data: letter } }),
          event: { data: { type: 'deliverables_events', id: 'event-1' } },
        },
      },
      included: [
        { type: 'organisations', id: organisation, attributes: { name: 'Åsas klinik' } },
        {
          type: 'letters',
          id: LETTER,
          attributes: {
            status: 'sent',
            ...(fileName === null ? {} : { file_original_name: fileName }),
            address: 'Anna Andersson\nStorgatan 12',
          },
        },
        {
          type: 'deliverables_events',
          id: 'event-1',
          attributes: { code, name: 'Anna', location: '222 22 Lund', emitted_at: emittedAt },
        },
      ],
    }),
  )

const sign = (body: Uint8Array, secret = SECRET): string => createHmac('sha256', secret).update(body).digest('hex')

const told = (body: Uint8Array, signature: string = sign(body)): ReadonlyArray<DeliveryReport> => {
  const result = verify(body, { signature })
  if (E.isLeft(result)) throw new Error(result.left.detail)
  assert.not.match(JSON.stringify(result.right), PERSONAL)
  return result.right
}

const refused = (body: Uint8Array, headers: Parameters<typeof verify>[1]): WebhookRefused['reason'] => {
  const result = verify(body, headers)
  if (E.isRight(result)) throw new Error('it was believed')
  assert.not.match(result.left.detail, PERSONAL)
  return result.left.reason
}

Webhook('tells what became of which letter, and nothing of whose it is', () => {
  assert.equal(told(message()), [
    {
      status: 'printed',
      detail: 'transferred_to_distributor',
      transportId: LETTER,
      idempotencyKey: KEY,
      at: '2026-07-29T09:23:10.000Z',
    },
  ])
  const statuses = ['webhook_issues', 'webhook_sent', 'webhook_delivered', 'webhook_undeliverable'].map(
    (type) => told(message({ type }))[0]?.status,
  )
  assert.equal(statuses, ['held', 'printed', 'delivered', 'undeliverable'])
})

Webhook('is read in the shape before and after July 2026', () => {
  assert.is(told(message({ deliverable: null }))[0]?.transportId, LETTER)
  assert.is(told(message({ letter: null }))[0]?.transportId, LETTER)
})

Webhook('is believed without what is only nice to know', () => {
  const [outcome] = told(message({ fileName: null, code: 'Anna Andersson', emittedAt: 'igår' }))
  assert.equal(outcome, {
    status: 'printed',
    detail: 'webhook_sent',
    transportId: LETTER,
    at: '2026-07-29T09:23:11.000Z',
  })
})

Webhook('of a time that there is none of is told by another', () => {
  for (const emittedAt of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2999-12-31T23:59:59-23:59'])
    assert.is(told(message({ emittedAt }))[0]?.at, '2026-07-29T09:23:11.000Z')
})

Webhook('about something else is no fault', () => {
  assert.equal(told(message({ type: 'webhook_channel_subscriptions' })), [])
  assert.equal(told(message({ deliverable: { type: 'emails', id: LETTER }, letter: null })), [])
  assert.equal(told(message({ type: '__proto__' })), [])
  assert.equal(told(message({ fileName: 'Brev till Anna.pdf' })), [])
})

Webhook('that Pingen did not sign is not believed', () => {
  const body = message()
  const good = sign(body)
  const flipped = `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`
  assert.is(refused(body, {}), 'signature')
  assert.is(refused(body, { signature: '' }), 'signature')
  assert.is(refused(body, { signature: flipped }), 'signature')
  assert.is(refused(body, { signature: good.slice(0, 63) }), 'signature')
  assert.is(refused(body, { signature: `${good}00` }), 'signature')
  assert.is(refused(body, { signature: 'å'.repeat(64) }), 'signature')
  assert.is(refused(body, { signature: sign(body, 'another') }), 'signature')
  assert.is(refused(body, { signature: [good, good] }), 'signature')
  assert.is(refused(Buffer.concat([body, Buffer.from(' ')]), { signature: good }), 'signature')
  assert.is(told(body, good.toUpperCase()).length, 1)
  assert.is(E.isRight(verify(body, { Signature: [good] })), true)
})

Webhook('without a secret none is believed', () => {
  const body = message()
  for (const secret of ['', SECRET])
    assert.is(E.isLeft(pingenWebhook({ organisationId: ORGANISATION })(body, { signature: sign(body, secret) })), true)
})

Webhook('that is signed and cannot be understood is refused for good', () => {
  const signed = (body: Buffer): WebhookRefused['reason'] => refused(body, { signature: sign(body) })
  assert.is(signed(Buffer.from('')), 'malformed')
  assert.is(signed(Buffer.from('null')), 'malformed')
  assert.is(signed(Buffer.from('{"data":[]}')), 'malformed')
  assert.is(signed(Buffer.from([0x7b, 0xff, 0x7d])), 'malformed')
  assert.is(signed(Buffer.alloc(1_100_000, ' ')), 'malformed')
  assert.is(signed(message({ organisation: 'another' })), 'organisation')
})

Webhook('again is the same again, and in any order comes to the same', () => {
  const outcomes = [
    message({ type: 'webhook_issues', id: 'e1', emittedAt: '2026-07-29T12:00:00+0200' }),
    message({ type: 'webhook_sent', id: 'e2', emittedAt: '2026-07-29T11:00:00+0200' }),
    message({ type: 'webhook_delivered', id: 'e3', emittedAt: '2026-07-30T11:00:00+0200' }),
    message({ type: 'webhook_undeliverable', id: 'e4', emittedAt: '2026-08-02T11:00:00+0200' }),
    message({ type: 'webhook_sent', id: 'e2', emittedAt: '2026-07-29T11:00:00+0200' }),
  ].flatMap((body) => told(body))
  assert.equal(outcomes[1], outcomes[4])
  const permutations = (list: ReadonlyArray<DeliveryReport>): ReadonlyArray<ReadonlyArray<DeliveryReport>> =>
    list.length < 2
      ? [list]
      : list.flatMap((first, i) => permutations(list.filter((_, j) => j !== i)).map((rest) => [first, ...rest]))
  const known = (some: ReadonlyArray<DeliveryReport>): string | undefined =>
    some.reduce<DeliveryReport | undefined>((last, one) => (saysMore(one, last) ? one : last), undefined)?.status
  assert.equal([...new Set(permutations(outcomes).map(known))], ['undeliverable'])
  assert.equal([...new Set(permutations(outcomes.slice(0, 3)).map(known))], ['delivered'])
})

Webhook('is there for Pingen alone', () => {
  const pingen = {
    provider: 'pingen',
    organisationId: ORGANISATION,
    clientId: 'a',
    clientSecret: 'b',
    webhookSecret: { env: 'HOOK' },
  }
  const hook = letterChannel(settingsOf(pingen, { HOOK: SECRET }), oneRowALine).verifyWebhook
  const body = message()
  assert.is(hook !== undefined && E.isRight(hook(body, { signature: sign(body) })), true)
  assert.is(letterChannel(settingsOf({ provider: 'ekopost', apiKey: 'k' }), oneRowALine).verifyWebhook, undefined)
})
