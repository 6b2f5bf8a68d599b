import { inspect } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import type { Test } from './suite.js'

/** Declares a test that gets a fixture of its own, cleaned up however the test ends. */
export type Contract<Fixture> = (name: string, test: (fixture: Fixture) => Promise<void>) => void

export const contract =
  <Fixture extends { readonly cleanup: () => Promise<void> }>(
    suite: Test<object>,
    makeFixture: () => Promise<Fixture>,
  ): Contract<Fixture> =>
  (name, test) =>
    suite(name, async () => {
      const fixture = await makeFixture()
      try {
        await test(fixture)
      } finally {
        await fixture.cleanup()
      }
    })

/** An element that must be there. */
export const at = <A>(all: ReadonlyArray<A>, index: number): A => {
  const found = all[index]
  if (found === undefined) throw new Error(`there is no element ${index} of ${all.length}`)
  return found
}

/** The answer of what had to go well. */
export const answered = <L, A>(result: E.Either<L, A>): A => {
  if (E.isLeft(result)) throw new Error(`refused: ${show(result.left)}`)
  return result.right
}

/** The refusal of what must not go well. */
export const refused = <L, A>(result: E.Either<L, A>): L => {
  if (E.isRight(result)) throw new Error(`answered, and should not have been: ${show(result.right)}`)
  return result.left
}

const show = (value: unknown): string => inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY })

/** Fails when `work` takes longer. */
export const within = async <A>(ms: number, work: Promise<A>): Promise<A> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until it is so, for at most ten seconds. */
export const eventually = async (isSo: () => boolean): Promise<void> => {
  const deadline = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('it did not come about within 10 s')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
