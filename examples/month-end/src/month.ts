import type { Command } from 'underlag'
import { firstDayOf, instant, lastDayOf } from './calendar.js'
import { ANNA, CALENDAR } from './clinic.js'
import { discountedVisit, upcomingVisit, visits } from './visits.js'

/** The calendar handed over on the first of the month, and then what happened, day by day. */
export const happenings = (month: string): ReadonlyArray<Command> => {
  const all = visits(month)
  const happened = all.flatMap((visit): ReadonlyArray<Command & { readonly at: string }> => {
    const { bookingId, date, time, ending } = visit
    const it = { actor: ANNA, at: instant(date, time) }
    if (ending === 'held') return []
    return ending === 'cancelled'
      ? [{ type: 'CancelBooking', commandId: `cancel:${bookingId}`, ...it, data: { bookingId } }]
      : [{ type: 'MarkBookingPaid', commandId: `pay:${bookingId}`, ...it, data: { bookingId, method: ending } }]
  })
  const late = discountedVisit(month)
  return [
    ...[...all, upcomingVisit(month)].map(
      ({ bookingId, client, treatmentTypeId, practitioner, date, time }): Command => ({
        type: 'RecordBooking',
        commandId: `book:${bookingId}`,
        actor: CALENDAR,
        at: instant(firstDayOf(month), '07:30'),
        data: { bookingId, clientId: client.clientId, treatmentTypeId, startsAt: instant(date, time), practitioner },
      }),
    ),
    ...happened,
    ...(late === undefined
      ? []
      : [
          {
            type: 'ChangeLine' as const,
            commandId: `discount:${late.bookingId}`,
            actor: ANNA,
            at: instant(lastDayOf(month), '17:00'),
            data: { itemId: `booking:${late.bookingId}`, discountPercent: '15' },
          },
        ]),
  ]
}
