import type * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { DeliveryChannel, Invoice } from '../ledger/invoice.js'
import type { Instant } from '../values/time.js'
import type { DeliveryReport } from './report.js'

/** What a channel is given to send: one invoice and its document, bound to its one recipient. */
export interface Shipment {
  readonly deliveryId: string
  /** UUIDv5 over tenant, invoice, channel and number of the intent: the same at every attempt of one intent. */
  readonly idempotencyKey: string
  readonly invoice: Invoice
  /**
   * Set where an earlier attempt of this intent may have been taken, without an answer or cut off by a crash: since when. A counterpart
   * that forgets keys after a while may have forgotten this one.
   */
  readonly unsureSince?: Instant
  /** The document as it was rendered once and stored; these very bytes are sent. */
  readonly pdf: Uint8Array
  readonly fileName: string
  /** Aborted when the attempt's time is over or the process is stopping. */
  readonly signal: AbortSignal
}

/** The counterpart took it. `delivered` only where the counterpart says it reached the recipient; acceptance alone is `accepted`. */
export interface Sent {
  readonly status: 'accepted' | 'delivered'
  /** The counterpart's own word for it: a message id, a reply. Holds no personal data. */
  readonly detail: string
  /** The counterpart's id of what it took, where it tells later under that id how it went. */
  readonly transportId?: string
}

/**
 * Why it was not sent. `detail` names no person and no address.
 * - `retry`: the same may go well later (`notBefore` where the counterpart says when). Nothing left the house, or, where `unsure`, that is
 *   not known and trying again is safe all the same: a delivery that never gets an answer then ends in doubt, and not as failed.
 * - `refused`: nothing left the house and trying again will not help.
 * - `inDoubt`: it may have left the house. Never sent again without a person's word.
 */
export type ShipmentFailure =
  | { readonly _tag: 'retry'; readonly detail: string; readonly notBefore?: string; readonly unsure?: true }
  | { readonly _tag: 'refused'; readonly detail: string }
  | { readonly _tag: 'inDoubt'; readonly detail: string }

/**
 * What is done with an attempt that a crash cut off, when nobody knows whether it was sent:
 * `resend` where that is safe (the counterpart takes the idempotency key), `hold` for a person where it is not.
 */
export type AfterCrash = 'resend' | 'hold'

/** How often and how fast one intent is tried. */
export interface RetryPolicy {
  /** Attempts in all before it has failed. */
  readonly attempts: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

/** How much a counterpart is given to do. */
export interface RateLimit {
  /** Attempts under way at once. */
  readonly atOnce: number
  /** Attempts begun within any minute; absent: as many as come. */
  readonly perMinute?: number
}

/** Headers as Node has them; names in any case. */
export type WebhookHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/**
 * A message that is not believed or not understood. `signature`: answer 401; the others: 400, for it will not be better the next
 * time. `detail` holds nothing of the message.
 */
export interface WebhookRefused {
  readonly _tag: 'WebhookRefused'
  readonly reason: 'signature' | 'malformed' | 'organisation'
  readonly detail: string
}

/** It does not say now how it stands; `notBefore` where it says when to ask again. `detail` holds no personal data. */
export interface NoReport {
  readonly detail: string
  readonly notBefore?: string
}

/** One way out of the house, speaking its real protocol. */
export interface Channel {
  readonly name: Exclude<DeliveryChannel, 'none'>
  readonly afterCrash: AfterCrash
  readonly retry: RetryPolicy
  /** Longest time one attempt may take, in milliseconds. */
  readonly timeoutMs: number
  /** Absent: four at once. */
  readonly rate?: RateLimit
  /** Why this invoice cannot go this way, as codes (`noEmailAddress`); empty: it can. Asked before registration too. */
  readonly preflight: (
    invoice: Pick<Invoice, 'buyer' | 'payer' | 'seller' | 'addressPosition'>,
  ) => ReadonlyArray<string>
  readonly send: (shipment: Shipment) => TE.TaskEither<ShipmentFailure, Sent>
  /** How something stands that was taken; `undefined`: it does not know it (yet). Absent: it cannot be asked. */
  readonly report?: (transportId: string, signal: AbortSignal) => TE.TaskEither<NoReport, DeliveryReport | undefined>
  /** What a webhook of the counterpart tells, once it was found genuine; `rawBody` byte for byte as it came. Absent: it sends none. */
  readonly verifyWebhook?: (
    rawBody: Uint8Array,
    headers: WebhookHeaders,
  ) => E.Either<WebhookRefused, ReadonlyArray<DeliveryReport>>
  readonly close: () => Promise<void>
}
