import type { Json, Projection, RecordedEvent } from '@underlag/kernel'
import type { DeliveryChannel } from '../ledger/invoice.js'
import type { Instant } from '../values/time.js'
import { deliveryId, type Settlement, statusOnceSettled } from './delivery.js'
import type { ReportStatus } from './report.js'

/** `held` is told at the query, from the conflicts of the invoice. */
export type DeliveryStatus = 'requested' | 'waiting' | 'held' | 'accepted' | 'delivered' | 'failed' | 'inDoubt'

export interface DeliveryAttempt {
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly outcome: 'running' | 'accepted' | 'delivered' | 'retry' | 'failed' | 'inDoubt'
  readonly detail: string
}

/** One intent to deliver, from the moment the invoice asked for it. */
export interface DeliveryDocument {
  readonly deliveryId: string
  readonly sequence: number
  readonly invoiceNumber: string
  readonly delivery: DeliveryChannel
  readonly requestedAt: Instant
  readonly status: Exclude<DeliveryStatus, 'held'> | 'attempting'
  readonly retryAt: Instant | null
  readonly attempts: ReadonlyArray<DeliveryAttempt>
  /** The counterpart's id of what it took, where it gave one. */
  readonly transportId: string | null
  /** What the counterpart told of it last, on its way to the recipient. */
  readonly reported: { readonly status: ReportStatus; readonly detail: string; readonly at: Instant } | null
  /** What a person said last of it, where it was in doubt; `by` as the command named them. */
  readonly settled: { readonly as: Settlement; readonly by: string | null; readonly at: Instant } | null
  /** When the recipient first read the document, where that is known. */
  readonly openedAt: Instant | null
  readonly idempotencyKey: string | null
}

const keys = ({ type, data }: RecordedEvent): ReadonlyArray<string> => {
  if (type === 'InvoiceRegistered' || type === 'InvoiceCredited')
    return data.delivery === 'none' ? [] : [deliveryId(data.sequence as number, 1)]
  return (type.startsWith('Deliver') || type === 'DocumentOpened') && typeof data.deliveryId === 'string'
    ? [data.deliveryId]
    : []
}

const OUTCOME: Readonly<Record<string, readonly [DeliveryAttempt['outcome'], DeliveryDocument['status']]>> = {
  DeliveryAttemptFailed: ['retry', 'waiting'],
  DeliveryAccepted: ['accepted', 'accepted'],
  Delivered: ['delivered', 'delivered'],
  DeliveryFailed: ['failed', 'failed'],
  DeliveryInDoubt: ['inDoubt', 'inDoubt'],
}

const evolve = (document: DeliveryDocument | undefined, event: RecordedEvent): DeliveryDocument | undefined => {
  const { type, data, metadata } = event
  if (type === 'InvoiceRegistered' || type === 'InvoiceCredited' || type === 'DeliveryRequested')
    return {
      ...(document ?? {
        deliveryId: type === 'DeliveryRequested' ? (data.deliveryId as string) : deliveryId(data.sequence as number, 1),
        sequence: data.sequence as number,
        invoiceNumber: data.invoiceNumber as string,
        delivery: data.delivery as DeliveryChannel,
        requestedAt: metadata.recordedAt,
        status: 'requested',
        retryAt: null,
        attempts: [],
        transportId: null,
        reported: null,
        settled: null,
        openedAt: null,
      }),
      idempotencyKey: type === 'DeliveryRequested' ? (data.idempotencyKey as string) : null,
    }
  if (document === undefined) return undefined
  if (type === 'DeliveryAttemptStarted')
    return {
      ...document,
      status: 'attempting',
      retryAt: null,
      attempts: [
        ...document.attempts,
        { startedAt: metadata.recordedAt, endedAt: null, outcome: 'running', detail: '' },
      ],
    }
  if (type === 'DeliverySettled')
    return {
      ...document,
      status: statusOnceSettled[data.as as Settlement],
      settled: { as: data.as as Settlement, by: metadata.actor ?? null, at: metadata.recordedAt },
    }
  if (type === 'DocumentOpened') {
    const delivered = document.status === 'accepted' || document.status === 'inDoubt'
    return {
      ...document,
      openedAt: data.openedAt as Instant,
      status: delivered ? 'delivered' : document.status,
    }
  }
  if (type === 'DeliveryReported')
    return {
      ...document,
      reported: {
        status: data.status as ReportStatus,
        detail: data.detail as string,
        at: (data.at as Instant | undefined) ?? metadata.recordedAt,
      },
    }
  const outcome = OUTCOME[type]
  if (outcome === undefined) return document
  const [word, status] = outcome
  return {
    ...document,
    status,
    retryAt: type === 'DeliveryAttemptFailed' ? (data.retryAt as Instant) : null,
    transportId: (data.transportId as string | undefined) ?? document.transportId,
    attempts: document.attempts.map((attempt, i) =>
      i === (data.attempt as number) - 1
        ? { ...attempt, endedAt: attempt.endedAt ?? metadata.recordedAt, outcome: word, detail: data.detail as string }
        : attempt,
    ),
  }
}

const OPEN: ReadonlyArray<DeliveryDocument['status']> = ['requested', 'waiting', 'attempting']

/**
 * Deliveries by id; under `open` those with work left, under `taken` those a counterpart has and may still tell of, under `invoice` those
 * of one invoice number, under `transport` and `key` the one the counterpart knows by that id.
 */
export const deliveriesView: Projection = {
  table: { name: 'deliveries', version: 4 },
  keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: (document: Json) => {
    const { status, invoiceNumber, transportId, idempotencyKey } = document as unknown as DeliveryDocument
    return [
      ['invoice', invoiceNumber],
      ...(OPEN.includes(status) ? [['open', 'yes'] as const] : []),
      ...(status === 'accepted' && transportId !== null ? [['taken', 'yes'] as const] : []),
      ...(transportId === null ? [] : [['transport', transportId] as const]),
      ...(idempotencyKey === null ? [] : [['key', idempotencyKey] as const]),
    ]
  },
}
