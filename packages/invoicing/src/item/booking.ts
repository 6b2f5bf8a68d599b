import { type Aggregate, type Decider, eventCodec, oneOf, record, type StreamName, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { Id } from '../values/identifiers.js'
import { Instant } from '../values/time.js'
import {
  decideEdit,
  type EditCommand,
  type EditEvent,
  type EditRefusal,
  type Edits,
  editCodecs,
  editPersonal,
  evolveEdits,
  isEdit,
  noEdits,
} from './edits.js'

/** How a booking was paid at the desk. */
export type PaymentMethod = 'cash' | 'card' | 'swish' | 'benefitCard' | 'freeOfCharge' | 'other'
export const PaymentMethod = oneOf('cash', 'card', 'swish', 'benefitCard', 'freeOfCharge', 'other')

export interface BookingFacts {
  readonly bookingId: Id
  readonly clientId: Id
  readonly treatmentTypeId: Id
  readonly startsAt: Instant
  readonly practitioner?: string
}

// Events. Names and shapes are stored: another shape is another version.
export type BookingEvent =
  | { readonly type: 'BookingRecorded'; readonly data: BookingFacts }
  | { readonly type: 'BookingRescheduled'; readonly data: { readonly bookingId: Id; readonly startsAt: Instant } }
  | { readonly type: 'BookingCancelled'; readonly data: { readonly bookingId: Id } }
  | {
      readonly type: 'BookingMarkedPaid'
      readonly data: {
        readonly bookingId: Id
        readonly clientId: Id
        readonly method: PaymentMethod
        readonly note?: string
      }
    }
  | { readonly type: 'BookingMarkedUnpaid'; readonly data: { readonly bookingId: Id } }
  | EditEvent

const Text = text('text', /^[\s\S]*$/, undefined, true)

export const bookingCodec = eventCodec<BookingEvent>(
  {
    BookingRecorded: record(
      { bookingId: Id, clientId: Id, treatmentTypeId: Id, startsAt: Instant },
      { practitioner: Text },
    ),
    BookingRescheduled: record({ bookingId: Id, startsAt: Instant }),
    BookingCancelled: record({ bookingId: Id }),
    BookingMarkedPaid: record({ bookingId: Id, clientId: Id, method: PaymentMethod }, { note: Text }),
    BookingMarkedUnpaid: record({ bookingId: Id }),
    ...editCodecs,
  },
  (event) =>
    isEdit(event)
      ? editPersonal(event)
      : event.type === 'BookingMarkedPaid'
        ? [{ subject: `client:${event.data.clientId}`, purpose: 'care', pointers: ['/note'] }]
        : [],
)

/** `null`: not recorded. */
export interface Booking extends BookingFacts {
  readonly cancelled: boolean
  readonly paid: boolean
  readonly edits: Edits
}
type State = Booking | null

const evolve = (booking: State, event: BookingEvent): State => {
  if (event.type === 'BookingRecorded') return { ...event.data, cancelled: false, paid: false, edits: noEdits }
  if (booking === null) return null
  switch (event.type) {
    case 'BookingRescheduled':
      return { ...booking, startsAt: event.data.startsAt }
    case 'BookingCancelled':
      return { ...booking, cancelled: true }
    case 'BookingMarkedPaid':
      return { ...booking, paid: true }
    case 'BookingMarkedUnpaid':
      return { ...booking, paid: false }
    default:
      return { ...booking, edits: evolveEdits(booking.edits, event) }
  }
}

export type BookingRefusal =
  | { readonly _tag: 'BookingExists'; readonly bookingId: Id }
  | { readonly _tag: 'UnknownBooking'; readonly bookingId: Id }
  | { readonly _tag: 'BookingCancelled'; readonly bookingId: Id }
  | { readonly _tag: 'AlreadyPaid'; readonly bookingId: Id }
  | { readonly _tag: 'NotPaid'; readonly bookingId: Id }
  | EditRefusal

export type BookingCommand =
  | { readonly type: 'RecordBooking'; readonly data: BookingFacts }
  | { readonly type: 'RescheduleBooking'; readonly data: { readonly bookingId: Id; readonly startsAt: Instant } }
  | { readonly type: 'CancelBooking'; readonly data: { readonly bookingId: Id } }
  | {
      readonly type: 'MarkBookingPaid'
      readonly data: { readonly bookingId: Id; readonly method: PaymentMethod; readonly note?: string }
    }
  | { readonly type: 'MarkBookingUnpaid'; readonly data: { readonly bookingId: Id } }
  | EditCommand

type Decision = E.Either<BookingRefusal, ReadonlyArray<BookingEvent>>

const decide =
  (command: BookingCommand) =>
  (booking: State): Decision => {
    if (command.type === 'RecordBooking')
      return booking === null
        ? E.right([{ type: 'BookingRecorded', data: command.data }])
        : E.left({ _tag: 'BookingExists', bookingId: command.data.bookingId })
    if (command.type === 'ChangeLine' || command.type === 'ExcludeItem' || command.type === 'IncludeItem')
      return booking === null
        ? E.left({ _tag: 'UnknownItem', items: [command.data.itemId] })
        : E.right(
            decideEdit(
              command,
              { itemId: command.data.itemId, bookingId: booking.bookingId, subject: `client:${booking.clientId}` },
              booking.edits,
            ),
          )

    const { bookingId } = command.data
    if (booking === null) return E.left({ _tag: 'UnknownBooking', bookingId })
    switch (command.type) {
      case 'RescheduleBooking':
        if (booking.cancelled) return E.left({ _tag: 'BookingCancelled', bookingId })
        return E.right(
          booking.startsAt === command.data.startsAt ? [] : [{ type: 'BookingRescheduled', data: command.data }],
        )
      case 'CancelBooking':
        return booking.cancelled
          ? E.left({ _tag: 'BookingCancelled', bookingId })
          : E.right([{ type: 'BookingCancelled', data: { bookingId } }])
      case 'MarkBookingPaid':
        if (booking.cancelled) return E.left({ _tag: 'BookingCancelled', bookingId })
        return booking.paid
          ? E.left({ _tag: 'AlreadyPaid', bookingId })
          : E.right([{ type: 'BookingMarkedPaid', data: { ...command.data, clientId: booking.clientId } }])
      case 'MarkBookingUnpaid':
        return booking.paid
          ? E.right([{ type: 'BookingMarkedUnpaid', data: { bookingId } }])
          : E.left({ _tag: 'NotPaid', bookingId })
    }
  }

export const bookingDecider: Decider<State, BookingCommand, BookingEvent, BookingRefusal> = {
  initial: () => null,
  fold: (booking, events) => events.reduce(evolve, booking),
  decide,
}

export const booking: Aggregate<State, BookingCommand, BookingEvent, BookingRefusal> = {
  decider: bookingDecider,
  codec: bookingCodec,
  opened: true,
}

export const bookingStream = (bookingId: Id): StreamName => `booking/${bookingId}`
