import { text } from '@underlag/kernel'

/** A calendar day, `YYYY-MM-DD`, in the seller's time zone. Sorts as text. */
export type LocalDate = string
export const LocalDate = text('a date as YYYY-MM-DD', /^[12]\d{3}-\d{2}-\d{2}$/, (value) => isDay(value))

/** An instant, ISO 8601 in UTC: `2026-03-01T09:00:00Z`. */
export type Instant = string
export const Instant = text(
  'an instant in UTC, such as 2026-03-01T09:00:00Z',
  /^[12]\d{3}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?Z$/,
  (value) => isDay(value.slice(0, 10)),
)

// By arithmetic, not by Date: every stored event is checked by it, and this costs a tenth.
const isDay = (value: string): boolean => {
  const year = Number(value.slice(0, 4))
  const month = Number(value.slice(5, 7))
  const day = Number(value.slice(8, 10))
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0))
}
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A time zone's name in the IANA database: `Europe/Stockholm`. */
export type TimeZone = string
export const DEFAULT_TIME_ZONE: TimeZone = 'Europe/Stockholm'

/** The day an instant falls on in that time zone: 23:30 UTC is on the next day in Stockholm. */
export const localDate = (instant: Instant, timeZone: TimeZone): LocalDate => {
  let calendar = calendars.get(timeZone)
  if (calendar === undefined) {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    calendar = { format, days: new Map() }
    calendars.set(timeZone, calendar)
  }
  const { format, days } = calendar
  const ms = Date.parse(instant)
  if (ms < MINUTES_SINCE) return format.format(ms)
  const minute = Math.floor(ms / MINUTE_MS)
  let day = days.get(minute)
  if (day === undefined) {
    if (days.size === MOST_DAYS) days.clear()
    day = format.format(ms)
    days.set(minute, day)
  }
  return day
}

// To make a formatter costs a hundred times what using one does, and that ten times what it costs to remember what it said: bookings
// begin at the same quarters of an hour. Not remembered by the quarter: Kiritimati was 10:40 behind UTC until 1979, and the clocks of
// St John's were changed at a minute past midnight until 2011. Whole minutes all clocks of the world are off since 1972.
const calendars = new Map<TimeZone, { readonly format: Intl.DateTimeFormat; readonly days: Map<number, LocalDate> }>()
const MINUTE_MS = 60_000
const MINUTES_SINCE = Date.parse('1972-02-01T00:00:00Z')
const MOST_DAYS = 10_000

/** The last moment of a day in that time zone, in ms since 1970. */
export const endOfDay = (date: LocalDate, timeZone: TimeZone): number => {
  const midnight = Date.parse(`${date}T00:00:00Z`)
  // No clock is 15 hours ahead of UTC or behind it.
  let [within, after] = [midnight - 15 * HOUR_MS, midnight + 39 * HOUR_MS]
  while (after - within > 1) {
    const middle = Math.floor((within + after) / 2)
    if (localDate(new Date(middle).toISOString(), timeZone) <= date) within = middle
    else after = middle
  }
  return within
}

const HOUR_MS = 3_600_000

/** The date so many days later. */
export const addDays = (date: LocalDate, days: number): LocalDate =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
