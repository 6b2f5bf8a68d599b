import { createHmac } from 'node:crypto'
import type { DeliveryReport, WebhookHeaders } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import type { AccessPoint } from '../../src/e-invoice/index.js'
import { qvalia } from '../../src/e-invoice/qvalia/access-point.js'
import { storecove } from '../../src/e-invoice/storecove/access-point.js'
import { ENV, settingsOf } from '../../src/testing/providers.js'
import { KEY } from '../support/samples.js'

const Webhooks = suite('e-invoice: webhooks')

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const NOW = Date.UTC(2026, 9, 1, 12)
const SECRET = ENV.E_INVOICE_HOOK ?? ''

const qvaliaSettings = settingsOf({
  provider: 'qvalia',
  apiKey: 'k',
  partner: 'SE1',
  webhookSecret: { env: 'E_INVOICE_HOOK' },
})
const storecoveSettings = settingsOf({
  provider: 'storecove',
  apiKey: 'k',
  legalEntityId: 1,
  webhook: { header: 'X-Hook', secret: { env: 'E_INVOICE_HOOK' } },
})
if (qvaliaSettings.provider !== 'qvalia' || storecoveSettings.provider !== 'storecove')
  throw new Error('other settings')
const ofQvalia = qvalia(qvaliaSettings, () => NOW)
const ofStorecove = storecove(storecoveSettings)

const signature = (body: string, at = NOW / 1000, secret = SECRET): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`

const told = (
  accessPoint: AccessPoint,
  body: string,
  headers: Record<string, string>,
): ReadonlyArray<DeliveryReport> => {
  const result = accessPoint.verifyWebhook?.(bytes(body), headers)
  if (result === undefined) throw new Error('it sends none')
  if (E.isLeft(result)) throw new Error(`${result.left.reason}: ${result.left.detail}`)
  return result.right
}

const refused = (accessPoint: AccessPoint, body: string, headers: WebhookHeaders): string => {
  const result = accessPoint.verifyWebhook?.(bytes(body), headers)
  if (result === undefined || E.isRight(result)) throw new Error('it was believed')
  assert.not.match(result.left.detail, /hemlig|i-1|Anna/)
  return result.left.reason
}

const event = (changes: object = {}): string =>
  JSON.stringify({
    eventId: 'evt_1',
    eventType: 'document_delivery',
    direction: 'outgoing',
    integrationId: 'i-1',
    documentId: 'Anna Andersson',
    occurredAt: '2026-10-01T11:59:00.000Z',
    status: { status: 'processed', updatedAt: '2026-10-01T11:58:59.000Z' },
    ...changes,
  })

Webhooks('Qvalia: what is signed is believed', () => {
  const body = event()
  assert.equal(told(ofQvalia, body, { 'x-qvalia-signature': signature(body) }), [
    {
      status: 'transmitted',
      detail: 'processed',
      transportId: 'i-1',
      at: '2026-10-01T11:58:59.000Z',
    },
  ])
  const failed = event({ eventType: 'document_error', status: { status: 'error' }, error: 'Anna' })
  assert.equal(told(ofQvalia, failed, { 'X-Qvalia-Signature': signature(failed) }), [
    {
      status: 'undeliverable',
      detail: 'error',
      transportId: 'i-1',
      at: '2026-10-01T11:59:00.000Z',
    },
  ])
  for (const [type, status] of [
    ['new_document', 'accepted'],
    ['document_delayed', 'accepted'],
  ] as const) {
    const text = event({ eventType: type })
    assert.is(told(ofQvalia, text, { 'X-Qvalia-Signature': signature(text) })[0]?.status, status)
  }
  for (const other of [event({ direction: 'incoming' }), event({ eventType: 'something_else' })])
    assert.equal(told(ofQvalia, other, { 'X-Qvalia-Signature': signature(other) }), [])
})

Webhooks('Qvalia: forged, changed, old, from the future, unsigned', () => {
  const body = event()
  const at = NOW / 1000
  for (const headers of [
    {},
    { 'X-Qvalia-Signature': '' },
    { 'X-Qvalia-Signature': signature(body, at, 'another') },
    { 'X-Qvalia-Signature': signature(event({ integrationId: 'i-2' })) },
    { 'X-Qvalia-Signature': signature(body, at - 301) },
    { 'X-Qvalia-Signature': signature(body, at + 301) },
    { 'X-Qvalia-Signature': signature(body, at - 10).replace(`t=${at - 10}`, `t=${at}`) },
    { 'X-Qvalia-Signature': signature(body).slice(0, -2) },
    { 'X-Qvalia-Signature': signature(body).replace('v1=', 'v0=') },
    { 'X-Qvalia-Signature': `t=${at},v1=` },
    { 'X-Qvalia-Signature': [signature(body), signature(body)] },
  ])
    assert.is(refused(ofQvalia, body, headers), 'signature')
  const unset = qvalia(
    { ...qvaliaSettings, webhookSecret: '' } as typeof qvaliaSettings & { webhookSecret: string },
    () => NOW,
  )
  assert.is(refused(unset, body, { 'X-Qvalia-Signature': signature(body) }), 'signature')
  // While a secret is being changed there are two.
  const both = `${signature(body, at, 'another')},v1=${signature(body).split('v1=')[1]}`
  assert.is(told(ofQvalia, body, { 'X-Qvalia-Signature': both }).length, 1)
})

Webhooks('genuine and yet no event', () => {
  for (const body of ['', 'null', '[]', '{}', '{"eventType":1}', '\ufffd', `${event().slice(0, -1)}`])
    assert.is(refused(ofQvalia, body, { 'X-Qvalia-Signature': signature(body) }), 'malformed')
  for (const body of ['', 'null', '{}', '{"event_type":"document_submission","event":"failed"}'])
    assert.is(refused(ofStorecove, body, { 'x-hook': SECRET }), 'malformed')
})

const submission = (event: string, changes: object = {}): string =>
  JSON.stringify({
    event_type: 'document_submission',
    event_group: 'invoice',
    event,
    guid: 'g-1',
    idempotencyGuid: KEY,
    details: 'Anna Andersson',
    ...changes,
  })

Webhooks('Storecove: believed with the secret it was given, and with no other', () => {
  for (const [event, status] of [
    ['succeeded', 'transmitted'],
    ['failed', 'undeliverable'],
    ['no_action_taken', 'undeliverable'],
    ['acknowledged', 'delivered'],
    ['accepted', 'delivered'],
    ['rejected', 'rejected'],
  ] as const) {
    const [outcome] = told(ofStorecove, submission(event), { 'x-hook': SECRET })
    assert.is(outcome?.status, status)
    assert.is(outcome?.transportId, 'g-1')
    assert.is(outcome?.idempotencyKey, KEY)
    assert.not.match(JSON.stringify(outcome), /Anna/)
  }
  assert.equal(
    told(ofStorecove, submission('succeeded', { event_type: 'received_document' }), { 'x-hook': SECRET }),
    [],
  )
  for (const headers of [
    {},
    { 'x-hook': '' },
    { 'x-hook': `${SECRET}x` },
    { 'x-hook': [SECRET, SECRET] },
    { hook: SECRET },
  ])
    assert.is(refused(ofStorecove, submission('succeeded'), headers), 'signature')
  const { webhook: _webhook, ...without } = storecoveSettings
  assert.is(refused(storecove(without), submission('succeeded'), { 'x-hook': '' }), 'signature')
})
