import type { taskEither as TE } from 'fp-ts'
import type { DeliveryChannel, Invoice } from '../ledger/invoice.js'

/** What a channel is given to send: one invoice and its document, bound to its one recipient. */
export interface Shipment {
  readonly deliveryId: string
  /** UUIDv5 over tenant, invoice, channel and number of the intent: the same at every attempt of one intent. */
  readonly idempotencyKey: string
  readonly invoice: Invoice
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
}

/**
 * Why it was not sent. `detail` names no person and no address.
 * - `retry`: nothing left the house; the same may go well later (`notBefore` where the counterpart says when).
 * - `refused`: nothing left the house and trying again will not help.
 * - `inDoubt`: it may have left the house. Never sent again without a person's word.
 */
export type ShipmentFailure =
  | { readonly _tag: 'retry'; readonly detail: string; readonly notBefore?: string }
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

/** One way out of the house, speaking its real protocol. */
export interface Channel {
  readonly name: Exclude<DeliveryChannel, 'none'>
  readonly afterCrash: AfterCrash
  readonly retry: RetryPolicy
  /** Longest time one attempt may take, in milliseconds. */
  readonly timeoutMs: number
  /** Why this invoice cannot go this way, as codes (`noEmailAddress`); empty: it can. Asked before registration too. */
  readonly preflight: (invoice: Pick<Invoice, 'buyer' | 'payer' | 'seller'>) => ReadonlyArray<string>
  readonly send: (shipment: Shipment) => TE.TaskEither<ShipmentFailure, Sent>
  readonly close: () => Promise<void>
}
