import type { ItemId, Payer, PayerRefused } from '@underlag/invoicing'
import type { RecordedEvent } from '@underlag/kernel'

/** A reason in words of the contract, with the fields that explain it. */
export interface Refusal {
  readonly _tag: string
  readonly [field: string]: unknown
}

/** Something that was done and that a person should look at. */
export type Warning =
  | { readonly _tag: 'AlreadyInvoiced'; readonly invoiceNumber: string }
  | { readonly _tag: 'PriceMissing'; readonly items: ReadonlyArray<ItemId>; readonly payer?: Payer }
  /** A fact met the invoice as it was registered: see `conflicts`. */
  | {
      readonly _tag: 'Conflict'
      readonly itemId: ItemId
      readonly invoiceNumber: string
      readonly reason: string
      readonly payer?: Payer
    }
  /** An earlier intent to send the invoice the same way is not over: with this one it may go out twice. */
  | { readonly _tag: 'DeliveryUnderWay'; readonly deliveryId: string }

/** An event as answers show it. */
export interface AnsweredEvent {
  readonly type: string
  readonly data: object
  readonly stream: string
  readonly revision: number
  readonly position: number
}

export type Accepted = {
  readonly commandId: string
  readonly ok: true
  readonly events: ReadonlyArray<AnsweredEvent>
  readonly warnings?: ReadonlyArray<Warning>
  /** Of a bulk registration: who was not invoiced, and why. */
  readonly refused?: ReadonlyArray<PayerRefused>
}

/** What `execute` answers: what happened, durable; or why nothing did. */
export type Answer = Accepted | { readonly commandId?: string; readonly ok: false; readonly refusal: Refusal }

export const answeredEvent = (event: RecordedEvent, data: object = event.data): AnsweredEvent => ({
  type: event.type,
  data,
  stream: event.stream,
  revision: Number(event.revision),
  position: Number(event.position),
})
