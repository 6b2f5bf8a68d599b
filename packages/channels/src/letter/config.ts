import { oneOf } from '@underlag/kernel'
import * as t from 'io-ts'
import { PingenConfig } from './pingen/config.js'

/** The section `letter` of the configuration file: one provider, and what it needs. */
export type LetterConfig = PingenConfig

const PROVIDERS = { pingen: PingenConfig } as const
const Provider = oneOf('pingen')

const codecOf = (u: unknown): t.Type<LetterConfig, unknown, unknown> | undefined =>
  typeof u === 'object' && u !== null && 'provider' in u && Provider.is(u.provider) ? PROVIDERS[u.provider] : undefined

/** Strict, and read by the provider it names: a problem speaks of that provider's fields, and shows no secret. */
export const LetterConfig: t.Type<LetterConfig, unknown, unknown> = new t.Type(
  'an object',
  (u): u is LetterConfig => codecOf(u)?.is(u) ?? false,
  (u, context) => {
    const codec = codecOf(u)
    if (codec !== undefined) return codec.validate(u, context)
    const provider = typeof u === 'object' && u !== null && 'provider' in u ? u.provider : undefined
    return typeof u === 'object' && u !== null && !Array.isArray(u)
      ? t.failure(provider, t.appendContext(context, 'provider', Provider))
      : t.failure(u, context)
  },
  t.identity,
)
