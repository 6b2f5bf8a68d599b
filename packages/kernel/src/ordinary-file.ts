import { readFileSync, statSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'

/**
 * The bytes of a file that a configuration names, or why not, to be said after its name. A device or a pipe is not read, for it may
 * never end, and neither is a file of a size that `tooLarge` has words for.
 */
export const readOrdinaryFile = (
  path: string,
  tooLarge: (bytes: number) => string | undefined,
): E.Either<string, Buffer> => {
  try {
    const found = statSync(path)
    if (!found.isFile()) return E.left(NOT_ORDINARY)
    const problem = tooLarge(found.size)
    return problem === undefined ? E.right(readFileSync(path)) : E.left(problem)
  } catch (error) {
    return E.left(`cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

export const NOT_ORDINARY = 'is no ordinary file'
