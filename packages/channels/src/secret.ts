import { Refined } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'

/** A secret of the configuration: the name of the environment variable that holds it, or the secret itself. */
export type Secret = string | { readonly env: string }

const isEnvReference = (u: unknown): u is { readonly env: string } =>
  typeof u === 'object' &&
  u !== null &&
  Object.keys(u).length === 1 &&
  'env' in u &&
  typeof u.env === 'string' &&
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(u.env)

/** Marked personal, so that no problem text ever shows the secret. */
export const Secret: t.Type<Secret, Secret, unknown> = new Refined<Secret>(
  '{"env":"NAME"} with the name of an environment variable, or a text',
  (u): u is Secret => (typeof u === 'string' && u !== '') || isEnvReference(u),
  true,
)

/** A secret that is named but not there. Says where to put it, never what it is. */
export interface SecretMissing {
  readonly _tag: 'SecretMissing'
  /** The field of the configuration that asks for it. */
  readonly field: string
  /** The environment variable that is absent or empty. */
  readonly variable: string
  readonly detail: string
}

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The secret itself. An empty variable counts as absent: it is what a misspelt deployment looks like. */
export const resolveSecret =
  (env: Environment) =>
  (field: string, secret: Secret): E.Either<SecretMissing, string> => {
    if (typeof secret === 'string') return E.right(secret)
    const value = Object.hasOwn(env, secret.env) ? env[secret.env] : undefined
    return value === undefined || value === ''
      ? E.left({
          _tag: 'SecretMissing',
          field,
          variable: secret.env,
          detail: `${field} is read from the environment variable ${secret.env}, which is not set`,
        })
      : E.right(value)
  }
