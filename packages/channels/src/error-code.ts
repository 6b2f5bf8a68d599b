/** A code of the system, of OpenSSL or of a library, such as `ECONNREFUSED`: kept only where it can be nothing else. */
export const plainCode = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Z0-9_]{2,60}$/.test(value) ? value : undefined

/**
 * What may be told of an error: its code, or that of what caused it. Messages repeat addresses, and some repeat headers, so none is kept.
 */
export const errorCode = (thrown: unknown): string | undefined => {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const code = 'code' in error ? plainCode(error.code) : undefined
    if (code !== undefined) return code
  }
  return undefined
}
