import { given, suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import {
  type DeliveryCommand,
  type DeliveryEvent,
  type DeliveryReport,
  deliveryDecider,
  nextStep,
  retryDelayMs,
  whyNotDeliverable,
} from '../src/index.js'
import { address } from './support/samples.js'

const seller = {
  name: 'Kliniken AB',
  organisationNumber: '556677-8899',
  address,
  email: 'info@kliniken.se',
  fSkatt: true,
  paymentTermsDays: 30,
  pricesIncludeVat: false,
}
const facts = { deliveryId: '7.1', sequence: 7, invoiceNumber: 'A7', delivery: 'email', idempotencyKey: 'k' } as const
const requested: DeliveryEvent = { type: 'DeliveryRequested', data: facts }
const started = (attempt: number): DeliveryEvent => ({ type: 'DeliveryAttemptStarted', data: begin(attempt) })
const begin = (attempt: number) => ({
  deliveryId: '7.1',
  attempt,
  document: 'sha',
  payer: 'client:c1',
  recipient: 'a@x.se',
  worker: 'w1',
})
const start = (attempt: number): DeliveryCommand => ({ type: 'StartAttempt', data: begin(attempt) })
const ended = (type: 'DeliveryAccepted' | 'Delivered' | 'DeliveryFailed' | 'DeliveryInDoubt', attempt: number) =>
  ({ type, data: { deliveryId: '7.1', attempt, detail: 'said so' } }) as const
const retried = (attempt: number) =>
  ({
    type: 'DeliveryAttemptFailed',
    data: { deliveryId: '7.1', attempt, detail: 'busy', retryAt: '2026-03-02T10:00:00Z' },
  }) as const
const end = (event: Extract<DeliveryCommand, { type: 'EndAttempt' }>['event']): DeliveryCommand => ({
  type: 'EndAttempt',
  event,
})
const settle = (as: 'sent' | 'failed' | 'retry'): DeliveryCommand => ({
  type: 'Settle',
  data: { deliveryId: '7.1', as },
})
const settled = (as: 'sent' | 'failed' | 'retry'): DeliveryEvent => ({
  type: 'DeliverySettled',
  data: { deliveryId: '7.1', as },
})
const deliveryGiven = given(deliveryDecider)
const next = (...events: ReadonlyArray<DeliveryEvent>) =>
  nextStep(deliveryDecider.fold(deliveryDecider.initial(), events), '2026-03-02T09:00:00Z', 'hold')

const Delivery = suite('delivery')

Delivery('one intent is requested once', () => {
  deliveryGiven().when({ type: 'Request', data: facts }).then([requested])
  deliveryGiven(requested).when({ type: 'Request', data: facts }).nothing()
})

Delivery('an attempt begins where there is work, with the next number', () => {
  deliveryGiven().when(start(1)).refused({ _tag: 'NotNow', status: 'none' })
  deliveryGiven(requested)
    .when(start(1))
    .then([started(1)])
  deliveryGiven(requested).when(start(2)).refused({ _tag: 'NotNow', status: 'requested' })
  deliveryGiven(requested, started(1)).when(start(1)).refused({ _tag: 'NotNow', status: 'attempting' })
  deliveryGiven(requested, started(1))
    .when(start(2))
    .then([started(2)])
  deliveryGiven(requested, started(1), retried(1))
    .when(start(2))
    .then([started(2)])
  for (const over of ['DeliveryAccepted', 'Delivered', 'DeliveryFailed', 'DeliveryInDoubt'] as const) {
    const status = {
      DeliveryAccepted: 'accepted',
      Delivered: 'delivered',
      DeliveryFailed: 'failed',
      DeliveryInDoubt: 'inDoubt',
    } as const
    deliveryGiven(requested, started(1), ended(over, 1))
      .when(start(2))
      .refused({ _tag: 'NotNow', status: status[over] })
  }
})

Delivery('the outcome of the attempt that runs is recorded, of no other', () => {
  for (const outcome of [
    ended('DeliveryAccepted', 1),
    ended('Delivered', 1),
    ended('DeliveryFailed', 1),
    ended('DeliveryInDoubt', 1),
    retried(1),
  ])
    deliveryGiven(requested, started(1)).when(end(outcome)).then([outcome])
  deliveryGiven(requested)
    .when(end(retried(1)))
    .refused({ _tag: 'NotNow', status: 'requested' })
  deliveryGiven(requested, started(1), started(2))
    .when(end(ended('DeliveryAccepted', 1)))
    .refused({ _tag: 'NotNow', status: 'attempting' })
  deliveryGiven(requested, started(1), retried(1))
    .when(end(retried(1)))
    .refused({ _tag: 'NotNow', status: 'waiting' })
})

Delivery('that it was sent after all, or never left, is kept as evidence of an attempt in doubt', () => {
  const doubted = deliveryGiven(requested, started(1), ended('DeliveryInDoubt', 1))
  doubted.when(end(ended('DeliveryAccepted', 1))).then([ended('DeliveryAccepted', 1)])
  doubted.when(end(retried(1))).then([retried(1)])
  doubted
    .when(end({ ...retried(1), data: { ...retried(1).data, unsure: true } }))
    .refused({ _tag: 'NotNow', status: 'inDoubt' })
  doubted.when(end(ended('DeliveryFailed', 1))).refused({ _tag: 'NotNow', status: 'inDoubt' })
  doubted.when(end(ended('DeliveryAccepted', 2))).refused({ _tag: 'NotNow', status: 'inDoubt' })
})

const report = (status: DeliveryReport['status'], at?: string): DeliveryCommand => ({
  type: 'Report',
  deliveryId: '7.1',
  report: { status, detail: 'said so', transportId: 'T1', ...(at === undefined ? {} : { at }) },
})
const told = (status: DeliveryReport['status'], at?: string): DeliveryEvent => ({
  type: 'DeliveryReported',
  data: { deliveryId: '7.1', status, detail: 'said so', ...(at === undefined ? {} : { at }) },
})

Delivery('what was accepted is later delivered or comes back; acceptance alone is never called delivered', () => {
  const taken = [requested, started(1), ended('DeliveryAccepted', 1)]
  const accepted = deliveryGiven(...taken)
  accepted.when(end(ended('Delivered', 1))).refused({ _tag: 'NotNow', status: 'accepted' })
  accepted.when(report('accepted')).nothing()
  accepted.when(report('transmitted')).then([told('transmitted')])
  accepted.when(report('delivered')).then([ended('Delivered', 1)])
  accepted.when(report('undeliverable', '2026-03-05T10:00:00Z')).then([
    {
      type: 'DeliveryFailed',
      data: { deliveryId: '7.1', attempt: 1, detail: 'undeliverable: said so', at: '2026-03-05T10:00:00Z' },
    },
  ])
  deliveryGiven().when(report('delivered')).refused({ _tag: 'UnknownDelivery', deliveryId: '7.1' })
  deliveryGiven(requested, started(1)).when(report('delivered')).refused({ _tag: 'NotNow', status: 'attempting' })
})

Delivery('reports say the same in any order and however often', () => {
  const taken = [requested, started(1), ended('DeliveryAccepted', 1)]
  deliveryGiven(...taken, told('transmitted'))
    .when(report('transmitted', '2026-03-05T10:00:00Z'))
    .nothing()
  const delivered: DeliveryEvent = {
    type: 'Delivered',
    data: { ...ended('Delivered', 1).data, at: '2026-03-05T10:00:00Z' },
  }
  const after = deliveryGiven(...taken, delivered)
  after.when(report('transmitted', '2026-03-06T10:00:00Z')).nothing()
  after.when(report('delivered', '2026-03-06T10:00:00Z')).nothing()
  after.when(report('undeliverable', '2026-03-04T10:00:00Z')).nothing()
  // Not said when: that it came to nothing is for a person to see, and not undone.
  const end = { type: 'DeliveryFailed', data: { deliveryId: '7.1', attempt: 1, detail: 'rejected: said so' } } as const
  after.when(report('rejected')).then([end])
  deliveryGiven(...taken, end)
    .when(report('delivered'))
    .nothing()
  // A letter that came back after all.
  after.when(report('undeliverable', '2026-03-06T10:00:00Z')).then([
    {
      type: 'DeliveryFailed',
      data: { deliveryId: '7.1', attempt: 1, detail: 'undeliverable: said so', at: '2026-03-06T10:00:00Z' },
    },
  ])
})

Delivery('a report clears up what was in doubt', () => {
  const doubted = deliveryGiven(requested, started(1), ended('DeliveryInDoubt', 1))
  doubted
    .when(report('transmitted'))
    .then([
      { type: 'DeliveryAccepted', data: { deliveryId: '7.1', attempt: 1, detail: 'said so', transportId: 'T1' } },
      told('transmitted'),
    ])
  doubted.when(report('delivered')).then([ended('Delivered', 1)])
})

Delivery('what may have gone out is in doubt at its end, and never called failed', () => {
  const unsure: DeliveryEvent = { type: 'DeliveryAttemptFailed', data: { ...retried(1).data, unsure: true } }
  const doubt = {
    type: 'DeliveryInDoubt',
    data: {
      deliveryId: '7.1',
      attempt: 2,
      detail: 'said so; an earlier attempt got no answer and may have been taken',
    },
  } as const
  deliveryGiven(requested, started(1), unsure, started(2))
    .when(end(ended('DeliveryFailed', 2)))
    .then([doubt])
  // Cut off by a crash, and begun again.
  deliveryGiven(requested, started(1), started(2))
    .when(end(ended('DeliveryFailed', 2)))
    .then([doubt])
  deliveryGiven(requested, started(1), unsure, started(2))
    .when(end(ended('DeliveryAccepted', 2)))
    .then([ended('DeliveryAccepted', 2)])
  // Who says that it is to be tried again knows that it did not go out.
  deliveryGiven(requested, started(1), unsure, started(2), ended('DeliveryInDoubt', 2), settled('retry'), started(3))
    .when(end(ended('DeliveryFailed', 3)))
    .then([ended('DeliveryFailed', 3)])
  deliveryGiven(requested, started(1), ended('DeliveryInDoubt', 1), settled('retry'), started(2))
    .when(end(ended('DeliveryFailed', 2)))
    .then([ended('DeliveryFailed', 2)])
})

Delivery('the document is opened once', () => {
  const open: DeliveryCommand = { type: 'Open', data: { deliveryId: '7.1', openedAt: '2026-03-05T10:00:00Z' } }
  const opened: DeliveryEvent = { type: 'DocumentOpened', data: open.data }
  const taken = [requested, started(1), ended('DeliveryAccepted', 1)]
  deliveryGiven(...taken)
    .when(open)
    .then([opened])
  deliveryGiven(...taken, opened)
    .when(open)
    .nothing()
  deliveryGiven().when(open).refused({ _tag: 'UnknownDelivery', deliveryId: '7.1' })
  assert.is(deliveryDecider.fold(deliveryDecider.initial(), [...taken, opened]).status, 'delivered')
})

Delivery('a person settles what is in doubt, and nothing else', () => {
  const doubt = ended('DeliveryInDoubt', 1)
  deliveryGiven().when(settle('sent')).refused({ _tag: 'UnknownDelivery', deliveryId: '7.1' })
  deliveryGiven(requested).when(settle('sent')).refused({ _tag: 'NotInDoubt', deliveryId: '7.1', status: 'requested' })
  for (const as of ['sent', 'failed', 'retry'] as const)
    deliveryGiven(requested, started(1), doubt)
      .when(settle(as))
      .then([settled(as)])
  deliveryGiven(requested, started(1), doubt, settled('sent'))
    .when(settle('failed'))
    .refused({ _tag: 'NotInDoubt', deliveryId: '7.1', status: 'accepted' })
})

Delivery('what is next follows from the stream alone', () => {
  const doubt = ended('DeliveryInDoubt', 1)
  assert.equal(next(), { _tag: 'done' })
  assert.equal(next(requested), { _tag: 'attempt', attempt: 1 })
  assert.equal(next(requested, started(1)), { _tag: 'recover', attempt: 1, policy: 'hold' })
  assert.equal(next(requested, started(1), retried(1)), { _tag: 'wait', until: '2026-03-02T10:00:00Z' })
  const due = deliveryDecider.fold(deliveryDecider.initial(), [requested, started(1), retried(1)])
  assert.equal(nextStep(due, '2026-03-02T10:00:00Z', 'hold'), { _tag: 'attempt', attempt: 2 })
  assert.equal(nextStep(due, '2026-03-02T10:00:00.001Z', 'hold'), { _tag: 'attempt', attempt: 2 })
  for (const over of ['DeliveryAccepted', 'Delivered', 'DeliveryFailed', 'DeliveryInDoubt'] as const)
    assert.equal(next(requested, started(1), ended(over, 1)), { _tag: 'done' })
  assert.equal(next(requested, started(1), doubt, settled('retry')), { _tag: 'attempt', attempt: 2 })
  assert.equal(next(requested, started(1), doubt, settled('sent')), { _tag: 'done' })
  assert.equal(next(requested, started(1), doubt, settled('failed')), { _tag: 'done' })
})

Delivery('the wait doubles up to the longest, with jitter from half of it', () => {
  const policy = { attempts: 9, firstDelayMs: 1000, maxDelayMs: 60_000 }
  assert.is(retryDelayMs(1, policy, 0), 500)
  assert.is(retryDelayMs(1, policy, 1), 1000)
  assert.is(retryDelayMs(3, policy, 1), 4000)
  assert.is(retryDelayMs(7, policy, 1), 60_000)
  assert.is(retryDelayMs(500, policy, 0.5), 45_000)
})

Delivery('each way out needs its address, and a channel that is set up', () => {
  const configured = ['email', 'letter', 'communication', 'eInvoice'] as const
  const client = { kind: 'client', id: 'c1' } as const
  const company = { kind: 'company', id: 'f1' } as const
  const why = (delivery: (typeof configured)[number] | 'none', payer: typeof client | typeof company, buyer: object) =>
    whyNotDeliverable(delivery, { payer, buyer, seller }, { configured })
  assert.equal(whyNotDeliverable('none', { payer: client, buyer: {}, seller }, { configured: [] }), [])
  assert.equal(whyNotDeliverable('email', { payer: client, buyer: {}, seller }, { configured: [] }), [
    'notConfigured',
    'noEmailAddress',
  ])
  assert.equal(why('email', client, {}), ['noEmailAddress'])
  assert.equal(why('email', client, { email: 'a@x.se' }), [])
  assert.equal(why('letter', client, {}), ['noPostalAddress'])
  assert.equal(why('letter', client, { address }), [])
  assert.equal(why('communication', company, {}), ['notToCompanies'])
  assert.equal(why('communication', client, {}), [])
  assert.equal(why('eInvoice', company, { organisationNumber: '556677-8899' }), ['noElectronicAddress'])
  assert.equal(why('eInvoice', company, { eInvoice: { scheme: '0007', id: '5566778899' } }), [])
  const preflight = () => ['PEPPOL-EN16931-R003', 'noElectronicAddress']
  assert.equal(whyNotDeliverable('eInvoice', { payer: company, buyer: {}, seller }, { configured, preflight }), [
    'noElectronicAddress',
    'PEPPOL-EN16931-R003',
  ])
})
