import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import type { Channel, LogEntry } from '../src/index.js'
import { inClinic, right, settled } from './support/clinic.js'
import { onDay } from './support/samples.js'
import { stores } from './support/stores.js'

const [memory] = stores
if (memory === undefined) throw new Error('there is no store')

const spans = new InMemorySpanExporter()
const measures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: measures, exportIntervalMillis: 3_600_000 })

const Observability = suite('observability of the delivery process')

Observability.before(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
})
Observability.after(async () => {
  await reader.shutdown()
  trace.disable()
  metrics.disable()
})

const channel: Channel = {
  name: 'email',
  afterCrash: 'hold',
  retry: { attempts: 3, firstDelayMs: 1_000, maxDelayMs: 1_000 },
  timeoutMs: 5_000,
  preflight: () => [],
  send:
    ({ invoice }) =>
    async () =>
      invoice.invoiceNumber === '1'
        ? E.right({ status: 'accepted', detail: '250' })
        : E.left({ _tag: 'refused', detail: '550' }),
  close: async () => {},
}

Observability('an attempt is a span, a count, a duration and a line; none of them says who it is about', async () => {
  const log: Array<LogEntry> = []
  await inClinic(
    memory,
    async (clinic) => {
      await settled(clinic)
      for (const bookingId of ['b1', 'b2']) {
        await clinic.accept('RecordBooking', {
          bookingId,
          clientId: 'anna',
          treatmentTypeId: 'therapy',
          startsAt: onDay(2),
        })
        await clinic.accept('RegisterInvoice', {
          payer: { kind: 'client', id: 'anna' },
          delivery: 'email',
          items: [`booking:${bookingId}`],
        })
      }
      clinic.clock.now = new Date(Date.parse(clinic.clock.now) + 90_000).toISOString()
      await right(clinic.underlag.deliver({ leaseTtlMs: 500 }))
    },
    { channels: [channel], log: (entry) => log.push(entry) },
  )()

  const attempts = log
    .filter(({ event }) => event === 'attempt')
    .sort((a, b) => Number(a.invoiceNumber) - Number(b.invoiceNumber))
  assert.equal(
    attempts.map(({ level, deliveryId, channel: name, outcome, lagMs }) => [level, deliveryId, name, outcome, lagMs]),
    [
      ['info', '1.1', 'email', 'accepted', 90_000],
      ['error', '2.1', 'email', 'failed', 90_000],
    ],
  )
  assert.ok(log.some(({ event, due }) => event === 'look' && due === 2))

  const finished = spans.getFinishedSpans().filter(({ name }) => name === 'underlag attempt email')
  assert.is(finished.length, 2)
  assert.equal(finished.map(({ attributes }) => attributes['underlag.outcome']).sort(), ['accepted', 'failed'])

  await reader.forceFlush()
  const measured = measures.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  const names = new Set(measured.map(({ descriptor }) => descriptor.name))
  for (const name of ['outcomes', 'duration', 'lag', 'due', 'held'])
    assert.ok(names.has(`underlag.delivery.${name}`), name)

  const everything = JSON.stringify([log, finished.map(({ attributes, status }) => [attributes, status]), measured])
  assert.not.match(everything, /Anna|Andersson|anna@|Samtal/)
})

Observability('a log that throws stops no delivery', async () => {
  await inClinic(
    memory,
    async (clinic) => {
      await settled(clinic)
      await clinic.accept('RecordBooking', {
        bookingId: 'b1',
        clientId: 'anna',
        treatmentTypeId: 'therapy',
        startsAt: onDay(2),
      })
      await clinic.accept('RegisterInvoice', { payer: { kind: 'client', id: 'anna' }, delivery: 'email' })
      const { steps } = await right(clinic.underlag.deliver({ leaseTtlMs: 500 }))
      assert.equal(
        steps.map(({ outcome }) => outcome),
        ['accepted'],
      )
    },
    {
      channels: [channel],
      log: () => {
        throw new Error('the disk is full')
      },
    },
  )()
})
