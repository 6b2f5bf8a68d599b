import { given, suite } from '@underlag/kernel/testing'
import { type PaymentEvent, paymentDecider } from '../src/index.js'
import { kr } from './support/samples.js'

const received = (reference: string, kronor: number): PaymentEvent => ({
  type: 'PaymentRecorded',
  data: { invoiceNumber: '1', sequence: 1, amount: kr(kronor), receivedOn: '2026-03-20', reference },
})
const record = (reference: string, kronor: number) =>
  ({ type: 'RecordPayment', data: received(reference, kronor).data }) as const

const Payments = suite('payments')

Payments('a payment is recorded, a refund too', () => {
  given(paymentDecider)()
    .when(record('bg-1', 100))
    .then([received('bg-1', 100)])
  given(paymentDecider)(received('bg-1', 100))
    .when(record('refund-1', -20))
    .then([received('refund-1', -20)])
})

Payments('the same reference on the same invoice again changes nothing, whatever the amount', () => {
  given(paymentDecider)(received('bg-1', 100), received('bg-2', 50)).when(record('bg-1', 100)).nothing()
  given(paymentDecider)(received('bg-1', 100)).when(record('bg-1', 90)).nothing()
})
