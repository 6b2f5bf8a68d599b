import { oneOf } from '@underlag/kernel'
import * as t from 'io-ts'

/**
 * A section of the configuration that names a `provider`: strict, and read by that one's codec, so that a problem speaks of its fields
 * and shows no secret.
 */
export const byProvider = <A extends { readonly provider: string }>(
  codecs: {
    readonly [P in A['provider']]: t.Type<Extract<A, { readonly provider: P }>, unknown, unknown>
  },
): t.Type<A, unknown, unknown> => {
  const [first = '', ...others] = Object.keys(codecs)
  const Provider = oneOf(first, ...others)
  const providerOf = (u: unknown): unknown =>
    typeof u === 'object' && u !== null && 'provider' in u ? u.provider : undefined
  const codecOf = (u: unknown): t.Type<A, unknown, unknown> | undefined => {
    const named = providerOf(u)
    // Each codec reads its own member of the union; `is` and `validate` are all that is asked of it here.
    return Provider.is(named) ? (codecs[named as A['provider']] as unknown as t.Type<A, unknown, unknown>) : undefined
  }
  return new t.Type(
    'an object',
    (u): u is A => codecOf(u)?.is(u) ?? false,
    (u, context) => {
      const codec = codecOf(u)
      if (codec !== undefined) return codec.validate(u, context)
      return typeof u === 'object' && u !== null && !Array.isArray(u)
        ? t.failure(providerOf(u), t.appendContext(context, 'provider', Provider))
        : t.failure(u, context)
    },
    t.identity,
  )
}
