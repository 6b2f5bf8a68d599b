import { randomUUID } from 'node:crypto'

/** One event of a booking's life, as it is stored. */
export const event = (type, data, n = 0) => ({
  id: randomUUID(),
  type,
  data,
  personal: [],
  metadata: {
    commandId: `command-${n}`,
    actor: 'user:anna',
    correlationId: `command-${n}`,
    causationId: `command-${n}`,
    at: '2026-03-02T09:00:00.000Z',
    recordedAt: '2026-03-02T09:00:00.123Z',
    fingerprint: '0123456789abcdef0123456789abcdef',
  },
})

const recorded = (n) =>
  event(
    'BookingRecorded',
    {
      bookingId: `b${n}`,
      clientId: `c${n % 5000}`,
      treatmentTypeId: `t${n % 20}`,
      startsAt: `2026-03-${String(1 + (n % 28)).padStart(2, '0')}T09:00:00Z`,
    },
    n,
  )

/** What a booking's stream holds: recorded, then paid, moved, edited or cancelled, two and a half events on the average. */
const life = (n) => {
  const bookingId = `b${n}`
  const item = { itemId: `booking:${bookingId}`, bookingId, subject: `client:c${n % 5000}` }
  const then = {
    0: () => [event('BookingMarkedPaid', { bookingId, clientId: `c${n % 5000}`, method: 'card' }, n)],
    1: () => [
      event('BookingRescheduled', { bookingId, startsAt: '2026-03-20T10:00:00Z' }, n),
      event('BookingCancelled', { bookingId }, n),
    ],
    2: () => [event('LineChanged', { ...item, quantity: '1.5' }, n)],
    3: () => [event('ItemExcluded', item, n), event('ItemIncluded', item, n)],
  }[n % 4]
  return [recorded(n), ...then()]
}

/** Fills a store with `count` events of bookings, many appends in flight, the lives of neighbours interleaved. */
export const fill = async (store, count, onProgress) => {
  let written = 0
  const WIDTH = 500
  for (let first = 0; written < count; first += WIDTH) {
    const lives = Array.from({ length: WIDTH }, (_, i) => life(first + i))
    const longest = Math.max(...lives.map(({ length }) => length))
    for (let at = 0; at < longest; at++) {
      const appends = lives.flatMap((events, i) =>
        events[at] === undefined ? [] : [store.append(`booking/b${first + i}`, BigInt(at) - 1n, [events[at]])()],
      )
      written += appends.length
      for (const done of await Promise.all(appends))
        if (done._tag === 'Left') throw new Error(JSON.stringify(done.left))
    }
    onProgress?.(written)
  }
  return written
}

/** A stream of one booking with `count` events. */
export const longStream = (count) => [
  recorded(1),
  ...Array.from({ length: count - 1 }, (_, i) =>
    i % 2 === 0
      ? event('BookingMarkedPaid', { bookingId: 'b1', clientId: 'c1', method: 'card' }, i)
      : event('BookingMarkedUnpaid', { bookingId: 'b1' }, i),
  ),
]
