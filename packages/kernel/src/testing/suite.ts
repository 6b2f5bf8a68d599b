/**
 * uvu's suites, owned by the one runner (scripts/test.mjs).
 *
 * uvu exits 0 when a `before` hook throws, when `.run()` is forgotten and when `after.each` throws. So a test
 * file only declares: `const Money = suite('money')`, `Money('adds', () => …)`. The runner starts every declared
 * suite itself and judges by what is recorded here, not by what uvu says.
 */
import { type Callback, suite as uvuSuite } from 'uvu'

type Handler<T> = Callback<T>

export interface Hook<T> {
  (hook: Handler<T>): void
  each(hook: Handler<T>): void
}

export interface Test<T> {
  (name: string, test: Handler<T>): void
  /** Runs this one and counts the rest of the suite as skipped. Fails the run on CI. */
  only(name: string, test: Handler<T>): void
  skip(name?: string, test?: Handler<T>): void
  before: Hook<T>
  after: Hook<T>
}

export type Outcome =
  | { readonly _tag: 'passed' }
  | { readonly _tag: 'failed' }
  | { readonly _tag: 'skipped'; readonly reason: string }

export interface DeclaredTest {
  readonly name: string
  readonly only: boolean
  outcome: Outcome | undefined
}

export interface DeclaredSuite {
  readonly name: string
  readonly tests: Array<DeclaredTest>
  readonly hookFailures: Array<{ readonly hook: string; readonly test: string | undefined; readonly error: Error }>
  /** Queues the suite at uvu; the runner calls it, once. */
  readonly queue: () => void
}

export interface Registry {
  readonly suites: Array<DeclaredSuite>
  /** Set by the runner: which test begins, so that a time-out can name it. */
  onStart?: (suite: string, test: string) => void
}

const registryKey = Symbol.for('underlag.testing.registry')

const registry = (): Registry => {
  const shared = globalThis as { [registryKey]?: Registry }
  const found = shared[registryKey]
  if (found !== undefined) return found
  const created: Registry = { suites: [] }
  shared[registryKey] = created
  // Only the runner makes the registry beforehand: the file was started by hand and would say nothing at all.
  process.on('exit', () => {
    console.error('No test ran: start test files through the runner, `npm test -- <part of the file name>`.')
    process.exitCode = 1
  })
  return created
}

class Skip extends Error {
  override readonly name = 'Skip'
}

/** Call inside a test (or, for the whole suite, in `before`) that cannot run here: it counts as skipped, with the reason. */
export const skipped = (reason: string): never => {
  throw new Skip(reason)
}

/** uvu's formatter fails on what is no Error, and that failure is swallowed with the rest of the suite. */
const asError = (thrown: unknown): Error => {
  if (thrown instanceof Error && typeof thrown.name === 'string' && typeof thrown.stack === 'string') return thrown
  return new Error(`thrown: ${thrown instanceof Error ? thrown.message : inspect(thrown)}`)
}

const inspect = (value: unknown): string => {
  try {
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  } catch {
    return String(value)
  }
}

export const suite = <T = object>(name: string, context?: T): Test<T> => {
  const inner = uvuSuite<T>(name, context)
  const declared: DeclaredSuite = { name, tests: [], hookFailures: [], queue: () => inner.run() }
  const known = registry()
  known.suites.push(declared)
  let current: DeclaredTest | undefined

  const guarded =
    (entry: DeclaredTest, handler: Handler<T>): Handler<T> =>
    async (ctx) => {
      try {
        await handler(ctx)
        entry.outcome = { _tag: 'passed' }
      } catch (thrown) {
        if (thrown instanceof Skip) {
          entry.outcome = { _tag: 'skipped', reason: thrown.message }
          return
        }
        entry.outcome = { _tag: 'failed' }
        throw asError(thrown)
      }
    }

  const declare = (test: string, handler: Handler<T>, only: boolean): void => {
    if (typeof handler !== 'function') throw new TypeError(`test "${test}" of suite "${name}" has no body`)
    const entry: DeclaredTest = { name: test, only, outcome: undefined }
    declared.tests.push(entry)
    // The first `before.each` of the suite is ours (below), so `current` is known before any hook of the author's.
    const body = guarded(entry, handler)
    const add = only ? inner.only : inner
    add(test, body)
  }

  // uvu tells hooks the test's name by `__test__`; names may repeat, so take the first of that name without outcome.
  inner.before.each((ctx) => {
    current = declared.tests.find((t) => t.name === ctx.__test__ && t.outcome === undefined)
    known.onStart?.(name, ctx.__test__)
  })

  const failed = (hook: string, test: DeclaredTest | undefined, thrown: unknown): Error => {
    const error = asError(thrown)
    declared.hookFailures.push({ hook, test: test?.name, error })
    return error
  }

  // A failing `before` is thrown on: uvu then runs no test of the suite. A failing `before.each` fails its test.
  // What fails afterwards is recorded and not thrown on: uvu would drop the rest of the suite without a word.
  const before: Hook<T> = Object.assign(
    (hook: Handler<T>) =>
      inner.before(async (ctx) => {
        try {
          known.onStart?.(name, 'before')
          await hook(ctx)
        } catch (thrown) {
          if (!(thrown instanceof Skip)) throw failed('before', undefined, thrown)
          for (const test of declared.tests) test.outcome ??= { _tag: 'skipped', reason: thrown.message }
          throw thrown
        }
      }),
    {
      each: (hook: Handler<T>) =>
        inner.before.each(async (ctx) => {
          try {
            await hook(ctx)
          } catch (thrown) {
            const error = asError(thrown)
            if (current !== undefined && thrown instanceof Skip) {
              current.outcome = { _tag: 'skipped', reason: thrown.message }
            } else if (current !== undefined) current.outcome = { _tag: 'failed' }
            else failed('before.each', undefined, error)
            throw error
          }
        }),
    },
  )
  const after: Hook<T> = Object.assign(
    (hook: Handler<T>) =>
      inner.after(async (ctx) => {
        try {
          known.onStart?.(name, 'after')
          await hook(ctx)
        } catch (thrown) {
          failed('after', undefined, thrown)
        }
      }),
    {
      each: (hook: Handler<T>) =>
        inner.after.each(async (ctx) => {
          try {
            await hook(ctx)
          } catch (thrown) {
            if (current !== undefined) current.outcome = { _tag: 'failed' }
            failed('after.each', current, thrown)
          }
        }),
    },
  )

  return Object.assign((test: string, handler: Handler<T>) => declare(test, handler, false), {
    only: (test: string, handler: Handler<T>) => declare(test, handler, true),
    skip: (test = 'skipped', _handler?: Handler<T>) => {
      declared.tests.push({ name: test, only: false, outcome: { _tag: 'skipped', reason: '' } })
    },
    before,
    after,
  })
}
