import {
  type Aggregate,
  type Decider,
  eventCodec,
  listOf,
  oneOf,
  record,
  type StreamName,
  text,
} from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { DeliveryChannel } from '../ledger/invoice.js'
import { Instant } from '../values/time.js'
import type { AfterCrash, RetryPolicy } from './channel.js'
import { type DeliveryReport, ReportStatus, saysMore } from './report.js'

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

/** An end that the counterpart reported; `at` by its clock. */
type Reported = Pick<DeliveryReport, 'at'>

// Events. Names and shapes are stored: another shape is another version.
export type DeliveryEvent =
  /** `underWay`: earlier intents to send it the same way of which it was not known yet that they are over. */
  | {
      readonly type: 'DeliveryRequested'
      readonly data: DeliveryFacts & { readonly underWay?: ReadonlyArray<DeliveryId> }
    }
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
  /** `unsure`: it may have been taken all the same. */
  | {
      readonly type: 'DeliveryAttemptFailed'
      readonly data: Ended & { readonly retryAt: Instant; readonly unsure?: true }
    }
  /** `transportId`: the counterpart's id of it. */
  | { readonly type: 'DeliveryAccepted'; readonly data: Ended & { readonly transportId?: string } }
  /** What the counterpart told on the way; the ends are the next two. */
  | {
      readonly type: 'DeliveryReported'
      readonly data: {
        readonly deliveryId: DeliveryId
        readonly status: ReportStatus
        readonly detail: string
      } & Reported
    }
  | { readonly type: 'Delivered'; readonly data: Ended & Reported }
  | { readonly type: 'DeliveryFailed'; readonly data: Ended & Reported }
  | { readonly type: 'DeliveryInDoubt'; readonly data: Ended }
  /** The recipient, logged in, read the document for the first time. */
  | { readonly type: 'DocumentOpened'; readonly data: { readonly deliveryId: DeliveryId; readonly openedAt: Instant } }
  | {
      readonly type: 'DeliverySettled'
      readonly data: { readonly deliveryId: DeliveryId; readonly as: Settlement; readonly note?: string }
    }

/** What a person says became of a delivery in doubt. */
export type Settlement = 'sent' | 'failed' | 'retry'
export const Settlement = oneOf('sent', 'failed', 'retry')

/** What becomes of a delivery in doubt by that word. */
export const statusOnceSettled = { sent: 'accepted', failed: 'failed', retry: 'requested' } as const satisfies Record<
  Settlement,
  string
>

const Text = text('text', /^[\s\S]*$/, undefined, true)
const ended = { deliveryId: Text, attempt: t.number, detail: Text }

export const deliveryCodec = eventCodec<DeliveryEvent>(
  {
    DeliveryRequested: record(
      {
        deliveryId: Text,
        sequence: t.number,
        invoiceNumber: Text,
        delivery: DeliveryChannel,
        idempotencyKey: Text,
      },
      { underWay: listOf(Text) },
    ),
    DeliveryAttemptStarted: record(
      { deliveryId: Text, attempt: t.number, document: Text, payer: Text, worker: Text },
      { recipient: Text },
    ),
    DeliveryAttemptFailed: record({ ...ended, retryAt: Instant }, { unsure: t.literal(true) }),
    DeliveryAccepted: record(ended, { transportId: Text }),
    DeliveryReported: record({ deliveryId: Text, status: ReportStatus, detail: Text }, { at: Instant }),
    Delivered: record(ended, { at: Instant }),
    DeliveryFailed: record(ended, { at: Instant }),
    DeliveryInDoubt: record(ended),
    DocumentOpened: record({ deliveryId: Text, openedAt: Instant }),
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
  | (DeliveryFacts & {
      readonly attempts: number
      /** Whether it may have gone out in an attempt that got no answer, or that a crash cut off. */
      readonly unsure: boolean
      readonly opened: boolean
      /** What the counterpart told of it last. */
      readonly reported?: Pick<DeliveryReport, 'status' | 'at'>
    } & (
        | { readonly status: 'requested' }
        | { readonly status: 'attempting'; readonly worker: string }
        | { readonly status: 'waiting'; readonly retryAt: Instant }
        | { readonly status: 'accepted' | 'delivered' | 'failed' | 'inDoubt' }
      ))

const evolve = (state: Delivery, event: DeliveryEvent): Delivery => {
  if (event.type === 'DeliveryRequested') {
    const { underWay: _, ...facts } = event.data
    return { ...facts, attempts: 0, unsure: false, opened: false, status: 'requested' }
  }
  if (state.status === 'none') return state
  const { deliveryId, sequence, invoiceNumber, delivery, idempotencyKey, attempts, unsure, opened, reported } = state
  const facts = {
    ...{ deliveryId, sequence, invoiceNumber, delivery, idempotencyKey, attempts, unsure, opened },
    ...(reported === undefined ? {} : { reported }),
  }
  switch (event.type) {
    case 'DeliveryAttemptStarted':
      return {
        ...facts,
        attempts: event.data.attempt,
        unsure: unsure || state.status === 'attempting',
        status: 'attempting',
        worker: event.data.worker,
      }
    case 'DeliveryAttemptFailed':
      return {
        ...facts,
        unsure: unsure || event.data.unsure === true,
        status: 'waiting',
        retryAt: event.data.retryAt,
      }
    case 'DeliveryAccepted':
      return { ...facts, status: 'accepted' }
    case 'DeliveryReported':
      return { ...state, reported: reportOf(event.data.status, event.data) }
    case 'Delivered':
      return { ...facts, status: 'delivered', reported: reportOf('delivered', event.data) }
    case 'DeliveryFailed':
      // That an attempt was refused is no report: what the counterpart tells later is heard all the same.
      return {
        ...facts,
        status: 'failed',
        ...(state.status === 'attempting' ? {} : { reported: reportOf('undeliverable', event.data) }),
      }
    case 'DeliveryInDoubt':
      return { ...facts, status: 'inDoubt' }
    case 'DocumentOpened':
      // Whoever reads it has it.
      return state.status === 'accepted' || state.status === 'inDoubt'
        ? { ...facts, opened: true, status: 'delivered' }
        : { ...state, opened: true }
    case 'DeliverySettled':
      return {
        ...facts,
        // Who says that it is to be tried again has looked: what came before is settled.
        unsure: false,
        status: statusOnceSettled[event.data.as],
      }
  }
}

const reportOf = (status: ReportStatus, { at }: Reported): Pick<DeliveryReport, 'status' | 'at'> => ({
  status,
  ...(at === undefined ? {} : { at }),
})

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

/** Whether it may still go out, or may have without anybody knowing. */
export const isUnderWay = ({ status }: Delivery): boolean =>
  status === 'requested' || status === 'attempting' || status === 'waiting' || status === 'inDoubt'

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
  | { readonly type: 'Request'; readonly data: Extract<DeliveryEvent, { type: 'DeliveryRequested' }>['data'] }
  | {
      readonly type: 'StartAttempt'
      readonly data: Extract<DeliveryEvent, { type: 'DeliveryAttemptStarted' }>['data']
    }
  | {
      readonly type: 'EndAttempt'
      readonly event: Extract<DeliveryEvent, { data: Ended }>
    }
  | { readonly type: 'Report'; readonly deliveryId: DeliveryId; readonly report: DeliveryReport }
  | {
      readonly type: 'Open'
      readonly data: Extract<DeliveryEvent, { type: 'DocumentOpened' }>['data']
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
        // A late outcome is evidence of what became of an attempt that was given up as in doubt: it was sent, or it never left.
        const late =
          state.status === 'inDoubt' && command.event.data.attempt === state.attempts && isKnown(command.event)
        return current || late
          ? E.right([afterDoubt(state, command.event)])
          : E.left({ _tag: 'NotNow', status: state.status })
      }
      case 'Report': {
        if (state.status === 'none') return E.left({ _tag: 'UnknownDelivery', deliveryId: command.deliveryId })
        // Until its outcome is recorded there is nothing to report on: the counterpart is asked to tell it again.
        return state.status === 'requested' || state.status === 'waiting' || state.status === 'attempting'
          ? E.left({ _tag: 'NotNow', status: state.status })
          : E.right(saysMore(command.report, knownOf(state)) ? reported(state, command.report) : [])
      }
      case 'Open':
        return state.status === 'none'
          ? E.left({ _tag: 'UnknownDelivery', deliveryId: command.data.deliveryId })
          : E.right(state.opened ? [] : [{ type: 'DocumentOpened', data: command.data }])
      case 'Settle': {
        const { deliveryId } = command.data
        if (state.status === 'none') return E.left({ _tag: 'UnknownDelivery', deliveryId })
        return state.status === 'inDoubt'
          ? E.right([{ type: 'DeliverySettled', data: command.data }])
          : E.left({ _tag: 'NotInDoubt', deliveryId, status: state.status })
      }
    }
  }

/** What may have gone out is never called failed. */
const afterDoubt = (
  state: Delivery,
  event: Extract<DeliveryEvent, { data: Ended }>,
): Extract<DeliveryEvent, { data: Ended }> => {
  if (event.type !== 'DeliveryFailed' || state.status === 'none' || !state.unsure) return event
  const { deliveryId, attempt, detail } = event.data
  return {
    type: 'DeliveryInDoubt',
    data: { deliveryId, attempt, detail: `${detail}; an earlier attempt got no answer and may have been taken` },
  }
}

const knownOf = ({ status, reported }: Exclude<Delivery, { status: 'none' }>) =>
  reported ?? (status === 'accepted' ? ({ status } as const) : undefined)

const reported = (
  { deliveryId, attempts, status }: Exclude<Delivery, { status: 'none' }>,
  report: DeliveryReport,
): ReadonlyArray<DeliveryEvent> => {
  const at = report.at === undefined ? {} : { at: report.at }
  const ended = { deliveryId, attempt: attempts, detail: report.detail }
  switch (report.status) {
    case 'delivered':
      return [{ type: 'Delivered', data: { ...ended, ...at } }]
    case 'undeliverable':
    case 'rejected':
      return [{ type: 'DeliveryFailed', data: { ...ended, detail: `${report.status}: ${report.detail}`, ...at } }]
    default: {
      const { transportId, detail } = report
      const told: DeliveryEvent = {
        type: 'DeliveryReported',
        data: { deliveryId, status: report.status, detail, ...at },
      }
      // Told of something in doubt, or given up: it was taken after all.
      return status === 'inDoubt' || status === 'failed'
        ? [{ type: 'DeliveryAccepted', data: { ...ended, transportId } }, told]
        : [told]
    }
  }
}

const isKnown = (event: DeliveryEvent): boolean =>
  event.type === 'DeliveryAccepted' ||
  event.type === 'Delivered' ||
  (event.type === 'DeliveryAttemptFailed' && event.data.unsure !== true)

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
