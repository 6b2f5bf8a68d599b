import { oneOf } from '@underlag/kernel'
import * as t from 'io-ts'
import { EkopostConfig } from './ekopost/config.js'
import { PingenConfig } from './pingen/config.js'
import { SftpConfig } from './sftp/config.js'

/** The section `letter` of the configuration file: one provider, and what it needs. */
export type LetterConfig = PingenConfig | EkopostConfig | SftpConfig

const PROVIDERS = { pingen: PingenConfig, ekopost: EkopostConfig, sftp: SftpConfig } as const
const Provider = oneOf('pingen', 'ekopost', 'sftp')

const codecOf = (u: unknown): t.Type<LetterConfig, unknown, unknown> | undefined => {
  const named = providerOf(u)
  // Each codec reads its own member of the union; `is` and `validate` are all that is asked of it here.
  return Provider.is(named) ? (PROVIDERS[named] as unknown as t.Type<LetterConfig, unknown, unknown>) : undefined
}

const providerOf = (u: unknown): unknown =>
  typeof u === 'object' && u !== null && 'provider' in u ? u.provider : undefined

/** Strict, and read by the provider it names: a problem speaks of that provider's fields, and shows no secret. */
export const LetterConfig: t.Type<LetterConfig, unknown, unknown> = new t.Type(
  'an object',
  (u): u is LetterConfig => codecOf(u)?.is(u) ?? false,
  (u, context) => {
    const codec = codecOf(u)
    if (codec !== undefined) return codec.validate(u, context)
    return typeof u === 'object' && u !== null && !Array.isArray(u)
      ? t.failure(providerOf(u), t.appendContext(context, 'provider', Provider))
      : t.failure(u, context)
  },
  t.identity,
)
