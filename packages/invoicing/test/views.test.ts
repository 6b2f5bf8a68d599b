import { type Json, type JsonObject, type Projection, type RecordedEvent, stateAt } from '@underlag/kernel'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import {
  auditKey,
  auditView,
  customersView,
  type DeliveryDocument,
  daysView,
  deliveriesView,
  type Settings,
  settingsView,
  shownAt,
  type Visit,
  type VisitHistory,
  visitHistories,
  visits,
  whoseOf,
} from '../src/index.js'
import { kr, vat25 } from './support/samples.js'

const freeze = <A>(value: A): A => {
  if (value !== null && typeof value === 'object') for (const field of Object.values(value)) freeze(field)
  return Object.freeze(value)
}
let position = 0n
const event = (type: string, data: JsonObject, stream: RecordedEvent['stream'] = 'delivery/7.1'): RecordedEvent =>
  freeze({
    id: String(++position),
    type,
    data,
    personal: [],
    metadata: {
      commandId: 'k1',
      actor: 'user:anna',
      correlationId: 'r',
      causationId: 's',
      at: '2026-03-01T00:00:00Z',
      recordedAt: `2026-03-02T09:00:0${position % 10n}Z`,
    },
    stream,
    revision: 0n,
    position,
  })
const documents = (projection: Projection, ...events: ReadonlyArray<RecordedEvent>): ReadonlyMap<string, Json> => {
  const found = new Map<string, Json>()
  for (const each of events)
    for (const key of projection.keys(each)) {
      const next = projection.evolve(found.get(key), each, key)
      if (next !== undefined) found.set(key, freeze(JSON.parse(JSON.stringify(next)) as Json))
    }
  return found
}

const Histories = suite('the view of what visits were')

Histories(
  'finds a visit at each second in which it was open or in conflict, under each whose it is, and keeps what it was',
  () => {
    const at = (time: string, type: string, data: JsonObject): RecordedEvent => {
      const recorded = event(type, data, 'booking/b1')
      return { ...recorded, metadata: { ...recorded.metadata, recordedAt: `2026-03-02T${time}Z` } }
    }
    const found = documents(
      visitHistories,
      at('09:00:00.500', 'BookingRecorded', {
        bookingId: 'b1',
        clientId: 'c1',
        treatmentTypeId: 't',
        startsAt: '2026-03-02T08:00:00Z',
      }),
      at('10:00:00.000', 'BookingMarkedPaid', { bookingId: 'b1', clientId: 'c1', method: 'card' }),
      at('10:00:00.100', 'BookingMarkedUnpaid', { bookingId: 'b1' }),
      at('10:00:00.200', 'BookingMarkedPaid', { bookingId: 'b1', clientId: 'c1', method: 'card' }),
      at('10:00:00.300', 'BookingMarkedUnpaid', { bookingId: 'b1' }),
      at('10:00:00.400', 'BookingMarkedPaid', { bookingId: 'b1', clientId: 'c1', method: 'card' }),
      at('12:00:00.000', 'BookingMarkedUnpaid', { bookingId: 'b1' }),
    )
    const history = found.get('booking:b1') as unknown as VisitHistory
    const terms = visitHistories.terms(history as unknown as Json, 'booking:b1')
    assert.is(new Set(terms.map(String)).size, terms.length, 'each term once')
    const isShownAt = (time: string): boolean =>
      shownAt(Date.parse(`2026-03-02T${time}Z`)).some(([first, last]) =>
        terms.some(
          ([index, term]) => index === 'then' && first <= term && term <= last && whoseOf(term) === 'client:c1',
        ),
      )
    assert.equal(
      ['08:59:59', '09:00:00', '09:59:59', '10:00:00', '10:00:01', '11:59:59', '12:00:00', '23:00:00'].map(isShownAt),
      [false, true, true, true, false, false, true, true],
    )
    const paidAt = (time: string) => stateAt<Visit>(history, Date.parse(`2026-03-02T${time}Z`))?.booking?.paid
    assert.equal(
      ['10:00:00.000', '10:00:00.100', '10:00:00.399', '10:00:00.400', '11:59:59.999', '12:00:00.000'].map(paidAt),
      [true, false, false, true, true, false],
    )
    assert.is(stateAt<Visit>(history, Date.parse('2026-03-02T09:00:00.499Z')), undefined)
  },
)

const Days = suite('the view of days')

Days('tells where the first and the last event of each lie, in whatever order clocks had them recorded', () => {
  const on = (day: string, stream: RecordedEvent['stream'] = 'booking/b1'): RecordedEvent => {
    const recorded = event('BookingMarkedUnpaid', { bookingId: 'b1' }, stream)
    return { ...recorded, metadata: { ...recorded.metadata, recordedAt: `${day}T23:59:59.999Z` } }
  }
  const events = [on('2026-03-02'), on('2026-03-03'), on('2026-03-02'), on('2026-03-03', 'lease/delivery')]
  const at = events.map((each) => Number(each.position))
  assert.equal(
    [...documents(daysView, ...events)],
    [
      ['2026-03-02', { first: at[0], last: at[2] }],
      ['2026-03-03', { first: at[1], last: at[1] }],
    ],
  )
})

const Deliveries = suite('the view of deliveries')
const invoice = (delivery: string) =>
  event('InvoiceRegistered', { sequence: 7, invoiceNumber: 'A7', delivery }, 'ledger/invoices')
const attempt = { deliveryId: '7.1', attempt: 1, detail: 'said so' }
const started = (n = 1) =>
  event('DeliveryAttemptStarted', { deliveryId: '7.1', attempt: n, document: 'd', payer: 'client:c1', worker: 'w' })
const view = (...events: ReadonlyArray<RecordedEvent>) =>
  documents(deliveriesView, ...events).get('7.1') as unknown as DeliveryDocument | undefined
const isOpen = (document: DeliveryDocument | undefined) =>
  deliveriesView.terms(document as unknown as Json, '7.1').some(([index]) => index === 'open')

Deliveries('an intent is there with its invoice, from the moment the invoice asks for it', () => {
  assert.is(view(invoice('none')), undefined)
  const registered = invoice('email')
  const document = view(registered)
  assert.equal(
    [document?.deliveryId, document?.invoiceNumber, document?.delivery, document?.status, document?.attempts],
    ['7.1', 'A7', 'email', 'requested', []],
  )
  assert.ok(isOpen(document))
  const requested = event('DeliveryRequested', {
    deliveryId: '7.1',
    sequence: 7,
    invoiceNumber: 'A7',
    delivery: 'email',
    idempotencyKey: 'k',
  })
  assert.equal(view(registered, requested), { ...document, idempotencyKey: 'k' })
  assert.equal(view(requested)?.status, 'requested')
})

Deliveries('each attempt is told with its times and its outcome', () => {
  const first = started()
  const failed = event('DeliveryAttemptFailed', { ...attempt, retryAt: '2026-03-02T10:00:00Z' })
  const running = view(invoice('email'), first)
  assert.equal(
    [running?.status, running?.attempts[0]?.outcome, running?.attempts[0]?.endedAt],
    ['attempting', 'running', null],
  )
  const waiting = view(invoice('email'), first, failed)
  assert.equal([waiting?.status, waiting?.retryAt], ['waiting', '2026-03-02T10:00:00Z'])
  const second = started(2)
  const accepted = event('DeliveryAccepted', { ...attempt, attempt: 2 })
  const over = view(invoice('email'), first, failed, second, accepted)
  assert.equal([over?.status, over?.retryAt], ['accepted', null])
  assert.equal(over?.attempts, [
    { startedAt: first.metadata.recordedAt, endedAt: failed.metadata.recordedAt, outcome: 'retry', detail: 'said so' },
    {
      startedAt: second.metadata.recordedAt,
      endedAt: accepted.metadata.recordedAt,
      outcome: 'accepted',
      detail: 'said so',
    },
  ])
  assert.not.ok(isOpen(over))
})

Deliveries('what the counterpart tells later is shown, and found by its id and by ours', () => {
  const taken = [invoice('letter'), started(), event('DeliveryAccepted', { ...attempt, transportId: 'L1' })]
  const terms = (...events: ReadonlyArray<RecordedEvent>) =>
    deliveriesView.terms(view(...events) as unknown as Json, '7.1').map((term) => term.join(' '))
  assert.equal(terms(...taken), ['invoice A7', 'taken yes', 'transport L1'])
  const printed = event('DeliveryReported', {
    deliveryId: '7.1',
    status: 'printed',
    detail: 'b',
    at: '2026-03-03T10:00:00Z',
  })
  const on = view(...taken, printed)
  assert.equal([on?.status, on?.reported], ['accepted', { status: 'printed', detail: 'b', at: '2026-03-03T10:00:00Z' }])
  const back = [...taken, printed, event('DeliveryFailed', { ...attempt, detail: 'undeliverable: moved' })]
  assert.is(view(...back)?.status, 'failed')
  assert.equal(terms(...back), ['invoice A7', 'transport L1'])
  const read = event('DocumentOpened', { deliveryId: '7.1', openedAt: '2026-03-04T10:00:00Z' })
  const opened = view(...taken, read)
  assert.equal([opened?.status, opened?.openedAt], ['delivered', '2026-03-04T10:00:00Z'])
  assert.is(view(...back, read)?.status, 'failed')
})

Deliveries('what is in doubt is settled by a person', () => {
  const doubt = [invoice('letter'), started(), event('DeliveryInDoubt', attempt)]
  assert.equal([view(...doubt)?.status, isOpen(view(...doubt))], ['inDoubt', false])
  const as = (settled: string) => view(...doubt, event('DeliverySettled', { deliveryId: '7.1', as: settled }))
  assert.equal([as('sent')?.status, as('failed')?.status, as('retry')?.status], ['accepted', 'failed', 'requested'])
  assert.ok(isOpen(as('retry')))
})

const Audit = suite('the view of the audit trail')

Audit('an event is found by every id it speaks of, and by who did it', () => {
  const registered = event(
    'InvoiceRegistered',
    {
      invoiceNumber: 'A7',
      ocr: '75',
      payer: { kind: 'company', id: 'f1' },
      lines: [{ itemId: 'journalEntry:e1', clientId: 'c1', bookingId: 'b1' }],
    },
    'ledger/invoices',
  )
  const [key] = auditView.keys(registered)
  assert.is(key, auditKey(registered.position))
  const terms = auditView.terms(auditView.evolve(undefined, registered, key ?? '') as Json, key ?? '')
  const about = terms.flatMap(([index, term]) => (index === 'about' ? [term] : []))
  for (const id of ['A7', '75', 'f1', 'company:f1', 'journalEntry:e1', 'e1', 'c1', 'b1', 'k1'])
    assert.ok(about.includes(id), id)
  assert.ok(terms.some(([index, term]) => index === 'actor' && term === 'user:anna'))
  assert.is(new Set(terms.map((term) => term.join())).size, terms.length)
})

Audit('keys sort as positions do', () => {
  assert.ok(auditKey(9n) < auditKey(10n) && auditKey(99_999n) < auditKey(100_000n))
})

const Others = suite('the other views')

Others('events of others pass by', () => {
  const foreign = event('SomethingElse', { bookingId: 'b1', deliveryId: '7.1' })
  for (const projection of [settingsView, customersView, visits]) assert.equal(projection.keys(foreign), [])
})

Others('an id may be any word', () => {
  const price = (contactTypeId: string) =>
    event(
      'ContactTypePriceSet',
      { contactTypeId, name: 'X', price: kr(1) as never, vat: vat25 as never },
      'settings/clinic',
    )
  const hidden = (contactTypeId: string) => event('ContactTypeHidden', { contactTypeId }, 'settings/clinic')
  const settings = documents(
    settingsView,
    price('constructor'),
    price('toString'),
    hidden('valueOf'),
    price('__proto__'),
  ).get('settings') as unknown as Settings
  assert.equal(Object.keys(settings.contactTypes), ['constructor', 'toString', '__proto__'])
  assert.equal(settings.hiddenContactTypes, { valueOf: true })
})
