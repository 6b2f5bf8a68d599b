import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'

/** What a task gives; throws where it fails, for the test to fail. */
export const right = async <L, A>(task: TE.TaskEither<L, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(`not done: ${JSON.stringify(result.left)}`)
  return result.right
}

/** How a task fails; throws where it does not. */
export const left = async <L, A>(task: TE.TaskEither<L, A>): Promise<L> => {
  const result = await task()
  if (E.isRight(result)) throw new Error(`done: ${JSON.stringify(result.right)}`)
  return result.left
}
