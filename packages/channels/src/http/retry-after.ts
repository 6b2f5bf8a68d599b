/** Nobody is waited for longer than this, whatever they ask. */
const LONGEST_MS = 24 * 60 * 60_000

/** When `Retry-After` (RFC 9110: seconds, or a date) says to come back; `undefined` where it says nothing to be understood. */
export const retryAfter = (headers: Headers, now: number): string | undefined => {
  const value = headers.get('retry-after')?.trim() ?? ''
  const isSeconds = /^\d{1,9}$/.test(value)
  const at = isSeconds ? now + Number(value) * 1000 : /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : new Date(Math.min(Math.max(at, now), now + LONGEST_MS)).toISOString()
}
