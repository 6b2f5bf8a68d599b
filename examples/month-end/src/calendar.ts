/** Days and clock times as the clinic lives them, in Stockholm. */

const TIME_ZONE = 'Europe/Stockholm'

const day = new Intl.DateTimeFormat('sv-SE', { timeZone: TIME_ZONE, dateStyle: 'short' })
const dayAndTime = new Intl.DateTimeFormat('sv-SE', { timeZone: TIME_ZONE, dateStyle: 'short', timeStyle: 'medium' })

/** The day it is in Stockholm at that moment, `YYYY-MM-DD`. */
export const dayOf = (moment: Date): string => day.format(moment)

/** That day and time of the clock in Stockholm, as the instant in UTC that commands are stamped with. */
export const instant = (date: string, time: string): string => {
  const asIfUtc = Date.parse(`${date}T${time}:00Z`)
  const offset = Date.parse(`${dayAndTime.format(asIfUtc).replace(' ', 'T')}Z`) - asIfUtc
  return new Date(asIfUtc - offset).toISOString()
}

/** `2026-12` and 1 give `2027-01`. */
export const monthsLater = (month: string, months: number): string =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 1 + months)).toISOString().slice(0, 7)

/** The month that was over most recently on that day. */
export const monthBefore = (date: string): string => monthsLater(date.slice(0, 7), -1)

export const firstDayOf = (month: string): string => `${month}-01`

export const lastDayOf = (month: string): string =>
  new Date(Date.parse(`${firstDayOf(monthsLater(month, 1))}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)

/** `October 2026`. */
export const nameOf = (month: string): string =>
  new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(month))

/** Monday is 1. */
export const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay()

/** Public holidays that do not move. */
const CLOSED = ['01-01', '01-06', '05-01', '06-06', '12-24', '12-25', '12-26', '12-31']

/** The days of a month on which the clinic is open, Monday to Friday. */
export const workingDays = (month: string): ReadonlyArray<string> =>
  Array.from(
    { length: Number(lastDayOf(month).slice(8)) },
    (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`,
  ).filter((date) => weekdayOf(date) >= 1 && weekdayOf(date) <= 5 && !CLOSED.includes(date.slice(5)))
