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
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formatters.set(timeZone, formatter)
  }
  return formatter.format(Date.parse(instant))
}

// Making a formatter costs a hundred times what using one does.
const formatters = new Map<TimeZone, Intl.DateTimeFormat>()

/** The date so many days later. */
export const addDays = (date: LocalDate, days: number): LocalDate =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
