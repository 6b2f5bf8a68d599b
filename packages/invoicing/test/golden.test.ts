import fs from 'node:fs'
import { type DomainEvent, type EncodedEvent, type EventCodec, putFields } from '@underlag/kernel'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  auditView,
  bookingStream,
  codecs,
  customerStream,
  customersView,
  daysView,
  deliveriesView,
  deliveryId,
  deliveryStream,
  documentStream,
  invoicesView,
  journalEntryStream,
  LEASE_STREAM,
  LEDGER_STREAM,
  ledgerView,
  lineStream,
  paymentStream,
  SETTINGS_KEY,
  SETTINGS_STREAM,
  settingsView,
  visits,
} from '../src/index.js'

// Each file holds every shape ever stored under that name. A file is only added to: what it holds lies in somebody's log.
const folder = new URL('../../test/golden/events/', import.meta.url)
const golden = new Map<string, ReadonlyArray<EncodedEvent>>(
  fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.slice(0, -'.json'.length), JSON.parse(fs.readFileSync(new URL(file, folder), 'utf8'))]),
)
const kinds = [...codecs] as unknown as ReadonlyArray<readonly [string, EventCodec<DomainEvent>]>

const Golden = suite('stored events')

Golden('each type that is stored has its golden file, and each file a type', () => {
  assert.equal([...golden.keys()].sort(), [...new Set(kinds.flatMap(([, { types }]) => types))].sort())
  for (const [type, shapes] of golden) {
    assert.ok(shapes.length > 0, type)
    for (const shape of shapes) assert.is(shape.type, type)
  }
})

Golden('every shape ever stored reads, with its personal parts and without them', () => {
  for (const [kind, { types, decode }] of kinds)
    for (const type of types)
      for (const { data, personal } of golden.get(type) ?? []) {
        const whole = personal.reduce((opened, { fields }) => putFields(opened, fields), data)
        for (const stored of [data, whole]) {
          const decoded = decode({ type, data: stored })
          if (E.isLeft(decoded)) throw new Error(`${kind} ${type}: ${decoded.left.problems.join(', ')}`)
        }
      }
})

Golden('what is written today is the same to the field', () => {
  for (const [, { types, decode, encode }] of kinds)
    for (const type of types)
      for (const shape of golden.get(type) ?? []) {
        const whole = shape.personal.reduce((opened, { fields }) => putFields(opened, fields), shape.data)
        const decoded = decode({ type, data: whole })
        if (E.isRight(decoded)) assert.equal(encode(decoded.right), shape)
      }
})

Golden('no personal field stays in the data', () => {
  const secrets = [
    'Anna Berg',
    'anna@example.se',
    '811218-9876',
    'Utredning',
    'Byteshandel',
    'Skada 7',
    'Fel antal',
    'Intyg',
  ]
  for (const shapes of golden.values())
    for (const { data } of shapes)
      for (const secret of secrets) assert.not.ok(JSON.stringify(data).includes(secret), secret)
})

Golden(
  'an event of no known type, or without what its type asks for, is unreadable, and its content is not told',
  () => {
    for (const [, { decode }] of kinds) {
      const unknown = decode({ type: 'SomethingElse', data: { name: 'Hemlig' } })
      assert.ok(E.isLeft(unknown))
      if (E.isLeft(unknown)) assert.not.match(JSON.stringify(unknown.left), /Hemlig/)
    }
    const [, booking] = kinds.find(([kind]) => kind === 'booking') ?? []
    const broken = booking?.decode({ type: 'BookingRecorded', data: { bookingId: 'b1', startsAt: 'Hemlig' } })
    assert.ok(broken !== undefined && E.isLeft(broken))
    if (broken !== undefined && E.isLeft(broken)) {
      assert.match(broken.left.problems.join(), /clientId.*treatmentTypeId.*startsAt/)
      assert.not.match(broken.left.problems.join(), /Hemlig/)
    }
  },
)

const Frozen = suite('stored names')

Frozen('the types of events, by kind of stream', () => {
  const edits = ['LineChanged', 'ItemExcluded', 'ItemIncluded']
  const ofCustomer = ['ClientRegistered', 'ClientChanged', 'CompanyRegistered', 'CompanyChanged', 'PayerAssigned']
  assert.equal(
    kinds.map(([kind, { types }]) => [kind, types]),
    [
      [
        'settings',
        [
          'InvoicingActivated',
          'InvoicingDeactivated',
          'InvoicingBasisSet',
          'SellerSet',
          'TreatmentTypePriceSet',
          'ContactTypePriceSet',
          'ContactTypeHidden',
          'ContactTypeShown',
        ],
      ],
      ['client', ofCustomer],
      ['company', ofCustomer],
      [
        'booking',
        [
          'BookingRecorded',
          'BookingRescheduled',
          'BookingCancelled',
          'BookingMarkedPaid',
          'BookingMarkedUnpaid',
          ...edits,
        ],
      ],
      ['journalEntry', ['JournalEntryRecorded', 'JournalEntryRemoved', ...edits]],
      ['line', ['LineAdded', 'LineRemoved', ...edits]],
      ['ledger', ['NumberSeriesSet', 'InvoiceRegistered', 'InvoiceCredited', 'InvoicesRefused']],
      ['payments', ['PaymentRecorded']],
      ['document', ['DocumentIssued']],
      [
        'delivery',
        [
          'DeliveryRequested',
          'DeliveryAttemptStarted',
          'DeliveryAttemptFailed',
          'DeliveryAccepted',
          'DeliveryReported',
          'Delivered',
          'DeliveryFailed',
          'DeliveryInDoubt',
          'DocumentOpened',
          'DeliverySettled',
        ],
      ],
      ['lease', ['DeliveryLeaseTaken', 'DeliveryLeaseReleased']],
    ],
  )
})

Frozen('streams', () => {
  const streams = [
    SETTINGS_STREAM,
    LEDGER_STREAM,
    LEASE_STREAM,
    customerStream({ kind: 'client', id: 'c1' }),
    customerStream({ kind: 'company', id: 'f1' }),
    bookingStream('b1'),
    journalEntryStream('e1'),
    lineStream('l1'),
    paymentStream(1001),
    documentStream(1001),
    deliveryStream(deliveryId(1001, 2)),
  ]
  assert.equal(streams, [
    'settings/clinic',
    'ledger/invoices',
    'lease/delivery',
    'client/c1',
    'company/f1',
    'booking/b1',
    'journalEntry/e1',
    'line/l1',
    'payments/1001',
    'document/1001',
    'delivery/1001.2',
  ])
  for (const stream of streams) assert.ok(codecs.has(stream.split('/')[0] ?? ''), stream)
})

Frozen('projections', () => {
  const views = [settingsView, customersView, visits, invoicesView, deliveriesView, auditView, ledgerView, daysView]
  assert.equal(
    views.map(({ table }) => table.name),
    ['settings', 'customers', 'visits', 'invoices', 'deliveries', 'audit', 'ledger', 'days'],
  )
  assert.is(SETTINGS_KEY, 'settings')
})
