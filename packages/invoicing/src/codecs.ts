import type { EventCodec, RecordedEvent, UnreadableEvent } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { customerCodec } from './customer/customer.js'
import { deliveryCodec } from './delivery/delivery.js'
import { leaseCodec } from './delivery/lease.js'
import { documentCodec } from './document/issued-document.js'
import { bookingCodec } from './item/booking.js'
import { journalEntryCodec } from './item/journal-entry.js'
import { lineCodec } from './item/line.js'
import { ledgerCodec } from './ledger/ledger.js'
import { paymentCodec } from './payment/payment.js'
import { settingsCodec } from './settings/settings.js'

/** The codec of each kind of stream, by the kind in its name. */
export const codecs: ReadonlyMap<string, Pick<EventCodec<never>, 'types' | 'decode'>> = new Map<
  string,
  Pick<EventCodec<never>, 'types' | 'decode'>
>([
  ['settings', settingsCodec as never],
  ['client', customerCodec as never],
  ['company', customerCodec as never],
  ['booking', bookingCodec as never],
  ['journalEntry', journalEntryCodec as never],
  ['line', lineCodec as never],
  ['ledger', ledgerCodec as never],
  ['payments', paymentCodec as never],
  ['document', documentCodec as never],
  ['delivery', deliveryCodec as never],
  ['lease', leaseCodec as never],
])

/** Whether an event of the log reads as what its stream holds; one that does not parks the read models. */
export const decodeEvent = (event: RecordedEvent): E.Either<UnreadableEvent, unknown> => {
  const codec = codecs.get(event.stream.slice(0, event.stream.indexOf('/')))
  return codec === undefined
    ? E.left({ _tag: 'UnreadableEvent', type: event.type, problems: ['its stream is of no kind known here'] })
    : codec.decode(event)
}
