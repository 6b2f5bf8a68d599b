import { type Aggregate, type Decider, eventCodec, record, type StreamName, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { Money } from '../values/money.js'
import { LocalDate } from '../values/time.js'

/** Money received for an invoice; a negative amount is a refund. */
export interface Payment {
  readonly invoiceNumber: string
  readonly sequence: number
  readonly amount: Money
  readonly receivedOn: LocalDate
  /** The payment's own reference, by which it is known again. */
  readonly reference: string
}

// Events. Names and shapes are stored: another shape is another version.
export type PaymentEvent = { readonly type: 'PaymentRecorded'; readonly data: Payment }

const Text = text('text', /^[\s\S]*$/, undefined, true)

export const paymentCodec = eventCodec<PaymentEvent>({
  PaymentRecorded: record({
    invoiceNumber: Text,
    sequence: t.number,
    amount: Money,
    receivedOn: LocalDate,
    reference: Text,
  }),
})

/** References of the payments of one invoice. */
type State = ReadonlySet<string>

export type PaymentCommand = { readonly type: 'RecordPayment'; readonly data: Payment }

export const paymentDecider: Decider<State, PaymentCommand, PaymentEvent, never> = {
  initial: () => new Set(),
  fold: (references, events) => new Set([...references, ...events.map(({ data }) => data.reference)]),
  decide: (command) => (references) =>
    E.right(references.has(command.data.reference) ? [] : [{ type: 'PaymentRecorded', data: command.data }]),
}

export const payment: Aggregate<State, PaymentCommand, PaymentEvent, never> = {
  decider: paymentDecider,
  codec: paymentCodec,
  opened: false,
}

export const paymentStream = (sequence: number): StreamName => `payments/${sequence}`
