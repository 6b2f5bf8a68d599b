import type { Json, Projection, RecordedEvent } from '@underlag/kernel'
import type { DeliveryChannel } from '../ledger/invoice.js'
import type { Instant } from '../values/time.js'
import { deliveryId } from './delivery.js'

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
  readonly status: Exclude<DeliveryStatus, 'held'> | 'attempting'
  readonly retryAt: Instant | null
  readonly attempts: ReadonlyArray<DeliveryAttempt>
}

const keys = ({ type, data }: RecordedEvent): ReadonlyArray<string> => {
  if (type === 'InvoiceRegistered' || type === 'InvoiceCredited')
    return data.delivery === 'none' ? [] : [deliveryId(data.sequence as number, 1)]
  return type.startsWith('Deliver') && typeof data.deliveryId === 'string' ? [data.deliveryId] : []
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
    return (
      document ?? {
        deliveryId: type === 'DeliveryRequested' ? (data.deliveryId as string) : deliveryId(data.sequence as number, 1),
        sequence: data.sequence as number,
        invoiceNumber: data.invoiceNumber as string,
        delivery: data.delivery as DeliveryChannel,
        status: 'requested',
        retryAt: null,
        attempts: [],
      }
    )
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
    return { ...document, status: data.as === 'sent' ? 'accepted' : data.as === 'failed' ? 'failed' : 'requested' }
  const outcome = OUTCOME[type]
  if (outcome === undefined) return document
  const [word, status] = outcome
  return {
    ...document,
    status,
    retryAt: type === 'DeliveryAttemptFailed' ? (data.retryAt as Instant) : null,
    attempts: document.attempts.map((attempt, i) =>
      i === (data.attempt as number) - 1
        ? { ...attempt, endedAt: metadata.recordedAt, outcome: word, detail: data.detail as string }
        : attempt,
    ),
  }
}

const OPEN: ReadonlyArray<DeliveryDocument['status']> = ['requested', 'waiting', 'attempting']

/** Deliveries by id; under `open` those with work left, under `invoice` those of one invoice number. */
export const deliveriesView: Projection = {
  table: { name: 'deliveries', version: 1 },
  keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: (document: Json) => {
    const { status, invoiceNumber } = document as unknown as DeliveryDocument
    const invoice = ['invoice', invoiceNumber] as const
    return OPEN.includes(status) ? [invoice, ['open', 'yes']] : [invoice]
  },
}
