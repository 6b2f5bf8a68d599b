import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreUnavailable } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { isBusy } from './failure.js'

/** How long to wait for a lock in all, in ms, unless told. */
export const BUSY_TIMEOUT = 10_000

/** A wait before trying again, in ms: short and uneven, so that processes do not try in step. */
export const jitter = (): number => 2 + Math.random() * 13

/**
 * Tries `work` until no other process is in its way, for at most `timeout` ms, leaving the event loop free between tries.
 * Whatever else it throws is answered as a failure.
 */
export const patiently = async <A>(
  timeout: number,
  explain: (error: unknown) => StoreUnavailable,
  work: () => A,
): Promise<E.Either<StoreUnavailable, A>> => {
  const deadline = performance.now() + timeout
  for (;;) {
    try {
      return E.right(work())
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) return E.left(explain(error))
      await sleep(jitter())
    }
  }
}
