import { Instant } from '@underlag/invoicing'
import type { Answer } from './request.js'

/** The answer's JSON, `undefined` where it is none. */
export const jsonOf = ({ text }: Pick<Answer, 'text'>): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A field of an answer, however deep; `undefined` where anything on the way is not there. */
export const field = (json: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Readonly<Record<string | number, unknown>>)[key]
        : undefined,
    json,
  )

/** A word that a counterpart uses, such as a code or an id: kept only where it can be no name and no address. */
export const plainWord = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,100}$/.test(value)
    ? value
    : typeof value === 'number' && Number.isSafeInteger(value)
      ? String(value)
      : undefined

/**
 * An instant of a counterpart in ISO 8601; `undefined` where it is none, or names no zone. Some write `+0200`, which wants a colon, and some
 * year 1 or 9999 for none: that is no time that could be recorded.
 */
export const instantOf = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || value.length > 40 || !/(Z|[+-]\d\d:?\d\d)$/.test(value)) return undefined
  const at = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  if (Number.isNaN(at)) return undefined
  const instant = new Date(at).toISOString()
  return Instant.is(instant) ? instant : undefined
}
