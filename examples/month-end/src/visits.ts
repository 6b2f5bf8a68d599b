import { firstDayOf, lastDayOf, monthsLater, weekdayOf, workingDays } from './calendar.js'
import { chance } from './chance.js'
import { CLIENTS, type Client, clientNamed, isPaidByEmployer } from './customers.js'

/** One visit in the clinic's calendar, and how it went. */
export interface Visit {
  readonly bookingId: string
  readonly client: Client
  readonly treatmentTypeId: string
  readonly practitioner: string
  readonly date: string
  readonly time: string
  readonly ending: 'held' | 'cancelled' | 'card' | 'swish'
}

/** They settle every visit at the desk, so that nothing is left to invoice. */
const ALWAYS_PAY = ['Margareta Holm', 'Kjell Lundin', 'Helena Björk']
const NEEDS_CERTIFICATE = ['Olle Bergström', 'Gunilla Ekström', 'Daniel Blomqvist', 'Annika Dahl', 'Göran Håkansson']
const TRIES_THE_GROUP = 'Nadia Petrova'

interface Slot {
  readonly weekday: number
  readonly time: string
}

/** Times of the week by the place among those who come for the same care; nobody sits two at a time. */
const slots: Readonly<Record<Client['care'], (place: number) => ReadonlyArray<Slot>>> = {
  // Twice a week, Monday and Thursday or Tuesday and Friday, with one of two physiotherapists.
  fysioterapi: (place) => {
    const time = ['08:00', '08:45', '09:30', '10:15', '13:00', '13:45', '14:30'][Math.floor(place / 2) % 7] ?? '16:00'
    const first = place < 14 ? 1 : 2
    return [
      { weekday: first, time },
      { weekday: first + 3, time },
    ]
  },
  psykoterapi: (place) => [{ weekday: (place % 5) + 1, time: place < 5 ? '09:00' : '14:00' }],
  handledning: (place) => [{ weekday: 3, time: place === 0 ? '10:00' : '15:00' }],
  gruppterapi: () => [{ weekday: 4, time: '17:00' }],
}

const practitioners: Readonly<Record<Client['care'], (place: number) => string>> = {
  fysioterapi: (place) => (place % 2 === 0 ? 'Johanna Ek' : 'Samir Aziz'),
  psykoterapi: () => 'Karin Lind',
  handledning: () => 'Bo Sundin',
  gruppterapi: () => 'Bo Sundin',
}

/** Everything in the calendar of that month, in the order of time. */
export const visits = (month: string): ReadonlyArray<Visit> => {
  const falls = chance(20)
  const ending = (client: Client): Visit['ending'] => {
    const paysAtDesk = !isPaidByEmployer(client) && falls(12)
    if (falls(6)) return 'cancelled'
    return paysAtDesk || ALWAYS_PAY.includes(client.name) ? (falls(50) ? 'card' : 'swish') : 'held'
  }
  const days = workingDays(month)
  const regular = CLIENTS.flatMap((client) => {
    const place = CLIENTS.filter(({ care }) => care === client.care).indexOf(client)
    return days.flatMap((date) =>
      slots[client.care](place)
        .filter(({ weekday }) => weekday === weekdayOf(date))
        .map(({ time }) => ({
          client,
          treatmentTypeId: client.care,
          practitioner: practitioners[client.care](place),
          date,
          time,
          ending: ending(client),
        })),
    )
  })
  const lastThursday = days.findLast((date) => weekdayOf(date) === 4) ?? lastDayOf(month)
  const once = [
    ...NEEDS_CERTIFICATE.map((name, i) => ({
      client: clientNamed(name),
      treatmentTypeId: 'intyg',
      practitioner: 'Johanna Ek',
      date: days.at(-1 - i) ?? lastDayOf(month),
      time: '16:00',
      ending: 'held' as const,
    })),
    {
      client: clientNamed(TRIES_THE_GROUP),
      treatmentTypeId: 'gruppterapi',
      practitioner: 'Bo Sundin',
      date: lastThursday,
      time: '17:00',
      ending: 'held' as const,
    },
  ]
  return [...regular, ...once]
    .sort((a, b) =>
      `${a.date} ${a.time}` < `${b.date} ${b.time}` ? -1 : `${a.date} ${a.time}` > `${b.date} ${b.time}` ? 1 : 0,
    )
    .map((visit, i) => ({ bookingId: `b${String(i + 1).padStart(3, '0')}`, ...visit }))
}

/** The next visit of somebody, two months on: shown in the underlag, and left off this month's invoices. */
export const upcomingVisit = (month: string): Visit => {
  const client = clientNamed('Maja Engström')
  const date = workingDays(monthsLater(month, 2))[0] ?? firstDayOf(monthsLater(month, 2))
  return {
    bookingId: 'b999',
    client,
    treatmentTypeId: client.care,
    practitioner: 'Karin Lind',
    date,
    time: '09:00',
    ending: 'held',
  }
}

/** The visit somebody is given 15 % off: it began late. */
export const discountedVisit = (month: string): Visit | undefined =>
  visits(month).findLast(({ client, ending }) => client.name === 'Emil Svensson' && ending === 'held')
