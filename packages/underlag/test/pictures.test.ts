import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { deliveriesPicture, previewPicture } from '../src/cli/pictures.js'
import type { DeliveryView } from '../src/index.js'
import { summaryOf } from '../src/queries/summary.js'
import { kr } from './support/samples.js'

const Pictures = suite('what a person sees at the terminal')

const AT = '2026-03-11T10:00:00.000Z'
const taken: DeliveryView = {
  ...{ deliveryId: '1.1', invoiceNumber: '1', delivery: 'letter', requestedAt: AT, status: 'accepted', retryAt: null },
  attempts: [{ startedAt: AT, endedAt: AT, outcome: 'accepted', detail: 'letter L1' }],
  ...{ transportId: 'L1', reported: null, settled: null, openedAt: null, idempotencyKey: null },
}

const lastWord = (more: Partial<DeliveryView>): string =>
  (deliveriesPicture([{ ...taken, ...more }]).split('\n')[2] ?? '').replace(/^.* 1 {2}/, '')

Pictures('the last word of a delivery is whoever said it last: the counterpart, a person or the client', () => {
  const reported = { status: 'printed', detail: 'sent, price 9.50 SEK', at: AT } as const
  const settled = { as: 'sent', by: 'user:eva', at: AT } as const
  assert.is(lastWord({}), 'letter L1')
  assert.is(lastWord({ settled }), 'settled as sent by user:eva')
  assert.is(lastWord({ reported }), 'printed: sent, price 9.50 SEK')
  assert.is(lastWord({ reported, settled }), 'printed: sent, price 9.50 SEK')
  assert.is(lastWord({ status: 'delivered', openedAt: AT }), `opened at ${AT}`)
})

Pictures('what waits says until when, and what is held why', () => {
  const attempts = [{ startedAt: AT, endedAt: AT, outcome: 'retry', detail: '450 4.2.1' }] as const
  const retryAt = '2026-03-11T10:05:00.000Z'
  assert.is(lastWord({ status: 'waiting', attempts, retryAt }), `450 4.2.1; again at ${retryAt}`)
  assert.is(lastWord({ status: 'held', attempts, retryAt }), 'a fact contradicts the invoice: see conflicts')
})

Pictures('a preview says who is refused, and what of whom would be left out', () => {
  const payer = { kind: 'client', id: 'anna' } as const
  const items = ['booking:b1', 'journalEntry:e1'] as const
  const seen = previewPicture(
    {
      invoices: [],
      refused: [{ payer, refusal: { _tag: 'NothingToInvoice' } }],
      warnings: [
        { _tag: 'PriceMissing', items, payer },
        { _tag: 'PriceMissing', items },
      ],
    },
    ({ _tag }) => _tag,
  )
  assert.equal(seen.split('\n\n'), [
    'client:anna: NothingToInvoice',
    'client:anna: left out for want of a price: booking:b1, journalEntry:e1',
    'left out for want of a price: booking:b1, journalEntry:e1',
  ])
})

Pictures('money that came in and money that was paid back are told apart', () => {
  const paid = (kronor: number): string =>
    summaryOf({
      type: 'PaymentRecorded',
      data: { invoiceNumber: '1', amount: kr(kronor), receivedOn: '2026-03-12', reference: 'BG 1' },
    })
  assert.is(paid(1250.5), '1 250.50 SEK was received on 2026-03-12 for invoice 1')
  assert.is(paid(-250), '250.00 SEK was paid back on 2026-03-12 for invoice 1')
})
