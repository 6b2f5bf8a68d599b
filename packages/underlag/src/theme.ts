import { type Look, readTheme, storedLook, type Theme } from '@underlag/documents'
import type { Invoice } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { UnderlagConfig, UnusableConfig } from './config.js'
import type { Operation, OperationFailure, Runtime } from './runtime.js'

/** The theme that a configuration sets up, its files read and checked: what is accepted can be rendered. `undefined`: the built-in looks. */
export const themeOf = ({ documents = {} }: UnderlagConfig): TE.TaskEither<UnusableConfig, Theme | undefined> =>
  Object.keys(documents).length === 0
    ? TE.right(undefined)
    : async () => {
        const theme = await readTheme(documents)
        return E.isRight(theme)
          ? theme
          : E.left({ _tag: 'UnusableConfig', problems: theme.left.map((problem) => `documents.${problem}`) })
      }

const kept = new WeakSet<Runtime>()

/** Stores the theme in force before an invoice names it: a name in the log always has its bytes. Done once a process. */
export const keepTheme = (runtime: Runtime): Operation<void> => {
  const { theme, documents, clock } = runtime
  if (theme === undefined || kept.has(runtime)) return TE.right(undefined)
  return pipe(
    // It is nobody's personal data, and stays whoever is erased.
    documents.put(theme.bytes, { subject: 'theme', purpose: `bookkeeping:${Number(clock().slice(0, 4))}` }),
    TE.map(() => kept.add(runtime)),
    TE.map(() => undefined),
  )
}

const looks = new WeakMap<Runtime, Map<string, Look>>()

/** How an invoice looks: by the theme it was issued with, whatever theme is in force today. */
export const lookOf = (runtime: Runtime, { theme: sha256 }: Invoice): Operation<Look> => {
  if (sha256 === undefined) return TE.right({})
  if (sha256 === runtime.theme?.sha256) return TE.right(runtime.theme.look)
  const known = looks.get(runtime) ?? new Map<string, Look>()
  looks.set(runtime, known)
  const look = known.get(sha256)
  if (look !== undefined) return TE.right(look)
  return pipe(
    runtime.documents.get(sha256),
    TE.chainW((found) => {
      const stored = O.isSome(found) ? storedLook(found.value) : undefined
      if (stored === undefined) return TE.left<OperationFailure>({ _tag: 'ThemeMissing', sha256 })
      known.set(sha256, stored)
      return TE.right<OperationFailure, Look>(stored)
    }),
  )
}
