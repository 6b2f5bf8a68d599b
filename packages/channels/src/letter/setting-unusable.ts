import * as E from 'fp-ts/lib/Either.js'

/** A setting that has the right shape and yet cannot be used. Shows no secret. */
export interface LetterSettingUnusable {
  readonly _tag: 'LetterSettingUnusable'
  readonly field: string
  readonly detail: string
}

export const unusable = (field: string, what: string): E.Either<LetterSettingUnusable, never> =>
  E.left({ _tag: 'LetterSettingUnusable', field, detail: `${field} ${what}` })
