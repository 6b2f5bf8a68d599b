import { type Aggregate, type Decider, eventCodec, oneOf, record, type StreamName, text } from '@underlag/kernel'
import { either as E } from 'fp-ts'
import * as t from 'io-ts'
import { DeliveryChannel } from '../ledger/invoice.js'
import { Instant } from '../values/time.js'
import type { AfterCrash, RetryPolicy } from './channel.js'

/** `<sequence>.<intent>`: the first intent comes with the invoice, each SendInvoice is one more. */
export type DeliveryId = string
export const deliveryId = (sequence: number, intent: number): DeliveryId => `${sequence}.${intent}`

export interface DeliveryFacts {
  readonly deliveryId: DeliveryId
  readonly sequence: number
  readonly invoiceNumber: string
  readonly delivery: DeliveryChannel
  /** UUIDv5(tenant, invoice, channel, intent). */
  readonly idempotencyKey: string
}

interface Ended {
  readonly deliveryId: DeliveryId
  readonly attempt: number
  readonly detail: string
}

// Events. Names and shapes are stored: another shape is another version.
export type DeliveryEvent =
  | { readonly type: 'DeliveryRequested'; readonly data: DeliveryFacts }
  /** Recorded before the effect; binds the one document to the one recipient. `recipient` is sealed. */
  | {
      readonly type: 'DeliveryAttemptStarted'
      readonly data: {
        readonly deliveryId: DeliveryId
        readonly attempt: number
        readonly document: string
        readonly payer: string
        readonly recipient?: string
        /** The process that makes the attempt. */
        readonly worker: string
      }
    }
  | { readonly type: 'DeliveryAttemptFailed'; readonly data: Ended & { readonly retryAt: Instant } }
  | { readonly type: 'DeliveryAccepted'; readonly data: Ended }
  | { readonly type: 'Delivered'; readonly data: Ended }
  | { readonly type: 'DeliveryFailed'; readonly data: Ended }
  | { readonly type: 'DeliveryInDoubt'; readonly data: Ended }
  | {
      readonly type: 'DeliverySettled'
      readonly data: { readonly deliveryId: DeliveryId; readonly as: Settlement; readonly note?: string }
    }

/** What a person says became of a delivery in doubt. */
export type Settlement = 'sent' | 'failed' | 'retry'
export const Settlement = oneOf('sent', 'failed', 'retry')

const Text = text('text', /^[\s\S]*$/, undefined, true)
const ended = { deliveryId: Text, attempt: t.number, detail: Text }

export const deliveryCodec = eventCodec<DeliveryEvent>(
  {
    DeliveryRequested: record({
      deliveryId: Text,
      sequence: t.number,
      invoiceNumber: Text,
      delivery: DeliveryChannel,
      idempotencyKey: Text,
    }),
    DeliveryAttemptStarted: record(
      { deliveryId: Text, attempt: t.number, document: Text, payer: Text, worker: Text },
      { recipient: Text },
    ),
    DeliveryAttemptFailed: record({ ...ended, retryAt: Instant }),
    DeliveryAccepted: record(ended),
    Delivered: record(ended),
    DeliveryFailed: record(ended),
    DeliveryInDoubt: record(ended),
    DeliverySettled: record({ deliveryId: Text, as: Settlement }, { note: Text }),
  },
  (event) =>
    event.type === 'DeliveryAttemptStarted'
      ? [{ subject: event.data.payer, purpose: 'care', pointers: ['/recipient'] }]
      : [],
)

/** `attempting`: an attempt was begun and its outcome is not recorded: it runs, or was cut off by a crash. */
export type Delivery =
  | { readonly status: 'none' }
  | ({ readonly attempts: number } & DeliveryFacts &
      (
        | { readonly status: 'requested' }
        | { readonly status: 'attempting'; readonly worker: string }
        | { readonly status: 'waiting'; readonly retryAt: Instant }
        | { readonly status: 'accepted' | 'delivered' | 'failed' | 'inDoubt' }
      ))

const evolve = (state: Delivery, event: DeliveryEvent): Delivery => {
  if (event.type === 'DeliveryRequested') return { ...event.data, attempts: 0, status: 'requested' }
  if (state.status === 'none') return state
  const { deliveryId, sequence, invoiceNumber, delivery, idempotencyKey, attempts } = state
  const facts = { deliveryId, sequence, invoiceNumber, delivery, idempotencyKey, attempts }
  switch (event.type) {
    case 'DeliveryAttemptStarted':
      return { ...facts, attempts: event.data.attempt, status: 'attempting', worker: event.data.worker }
    case 'DeliveryAttemptFailed':
      return { ...facts, status: 'waiting', retryAt: event.data.retryAt }
    case 'DeliveryAccepted':
      return { ...facts, status: 'accepted' }
    case 'Delivered':
      return { ...facts, status: 'delivered' }
    case 'DeliveryFailed':
      return { ...facts, status: 'failed' }
    case 'DeliveryInDoubt':
      return { ...facts, status: 'inDoubt' }
    case 'DeliverySettled':
      return {
        ...facts,
        status: event.data.as === 'sent' ? 'accepted' : event.data.as === 'failed' ? 'failed' : 'requested',
      }
  }
}

/** What the process does next with a delivery; a function of its stream alone, so that a replay is harmless. */
export type NextStep =
  | { readonly _tag: 'attempt'; readonly attempt: number }
  | { readonly _tag: 'wait'; readonly until: Instant }
  /** An attempt was begun and no outcome recorded: once nobody works on it, the channel's policy decides. */
  | { readonly _tag: 'recover'; readonly attempt: number; readonly policy: AfterCrash }
  | { readonly _tag: 'done' }

export const nextStep = (state: Delivery, now: Instant, afterCrash: AfterCrash): NextStep => {
  switch (state.status) {
    case 'requested':
      return { _tag: 'attempt', attempt: state.attempts + 1 }
    case 'waiting':
      return Date.parse(state.retryAt) <= Date.parse(now)
        ? { _tag: 'attempt', attempt: state.attempts + 1 }
        : { _tag: 'wait', until: state.retryAt }
    case 'attempting':
      return { _tag: 'recover', attempt: state.attempts, policy: afterCrash }
    default:
      return { _tag: 'done' }
  }
}

/** When a failed attempt is tried again: doubling, up to the longest, with jitter from half of it. `random` is from 0 to 1. */
export const retryDelayMs = (attempt: number, { firstDelayMs, maxDelayMs }: RetryPolicy, random: number): number => {
  const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(delay / 2 + (delay / 2) * random)
}

export type DeliveryRefusal =
  | { readonly _tag: 'UnknownDelivery'; readonly deliveryId: DeliveryId }
  | { readonly _tag: 'NotInDoubt'; readonly deliveryId: DeliveryId; readonly status: Delivery['status'] }
  /** Another process was there first. */
  | { readonly _tag: 'NotNow'; readonly status: Delivery['status'] }

export type DeliveryCommand =
  | { readonly type: 'Request'; readonly data: DeliveryFacts }
  | {
      readonly type: 'StartAttempt'
      readonly data: Extract<DeliveryEvent, { type: 'DeliveryAttemptStarted' }>['data']
    }
  | {
      readonly type: 'EndAttempt'
      readonly event: Extract<DeliveryEvent, { data: Ended }>
    }
  | {
      readonly type: 'Settle'
      readonly data: { readonly deliveryId: DeliveryId; readonly as: Settlement; readonly note?: string }
    }

const decide =
  (command: DeliveryCommand) =>
  (state: Delivery): E.Either<DeliveryRefusal, ReadonlyArray<DeliveryEvent>> => {
    switch (command.type) {
      case 'Request':
        return E.right(state.status === 'none' ? [{ type: 'DeliveryRequested', data: command.data }] : [])
      case 'StartAttempt':
        return (state.status === 'requested' || state.status === 'waiting' || state.status === 'attempting') &&
          command.data.attempt === state.attempts + 1
          ? E.right([{ type: 'DeliveryAttemptStarted', data: command.data }])
          : E.left({ _tag: 'NotNow', status: state.status })
      case 'EndAttempt': {
        const current = state.status === 'attempting' && command.event.data.attempt === state.attempts
        // A late outcome is kept as evidence of what became of an attempt that was given up as in doubt.
        const late =
          state.status === 'inDoubt' && command.event.data.attempt === state.attempts && isSent(command.event)
        // What the counterpart says later of what it took: it arrived, or could not be delivered.
        const told =
          state.status === 'accepted' &&
          command.event.data.attempt === state.attempts &&
          (command.event.type === 'Delivered' || command.event.type === 'DeliveryFailed')
        return current || late || told ? E.right([command.event]) : E.left({ _tag: 'NotNow', status: state.status })
      }
      case 'Settle': {
        const { deliveryId } = command.data
        if (state.status === 'none') return E.left({ _tag: 'UnknownDelivery', deliveryId })
        return state.status === 'inDoubt'
          ? E.right([{ type: 'DeliverySettled', data: command.data }])
          : E.left({ _tag: 'NotInDoubt', deliveryId, status: state.status })
      }
    }
  }

const isSent = (event: DeliveryEvent): boolean => event.type === 'DeliveryAccepted' || event.type === 'Delivered'

export const deliveryDecider: Decider<Delivery, DeliveryCommand, DeliveryEvent, DeliveryRefusal> = {
  initial: () => ({ status: 'none' }),
  fold: (state, events) => events.reduce(evolve, state),
  decide,
}

export const delivery: Aggregate<Delivery, DeliveryCommand, DeliveryEvent, DeliveryRefusal> = {
  decider: deliveryDecider,
  codec: deliveryCodec,
  opened: false,
}

export const deliveryStream = (id: DeliveryId): StreamName => `delivery/${id}`
