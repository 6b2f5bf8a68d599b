import { localDate, type TimeZone } from '@underlag/invoicing'

/** Whether an instant is before a limit: another instant, or a day, which stands for all of it in the seller's time zone. */
export const isBefore = (instant: string, limit: string, timeZone: TimeZone): boolean =>
  limit.length === 10 ? localDate(instant, timeZone) < limit : Date.parse(instant) < Date.parse(limit)

/** Whether it is after the limit; a day lasts to its end. */
export const isAfter = (instant: string, limit: string, timeZone: TimeZone): boolean =>
  limit.length === 10 ? localDate(instant, timeZone) > limit : Date.parse(instant) > Date.parse(limit)
