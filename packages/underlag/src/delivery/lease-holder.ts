import { LEASE_STREAM, lease } from '@underlag/invoicing'
import { decided, type Revision } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { processIntent } from '../documents.js'
import type { OperationFailure, Runtime } from '../runtime.js'

/** The right of one process to deliver, so that no two send the same. */
export interface LeaseHolder {
  /** Who holds it: this run of the process. */
  readonly worker: string
  /** Takes or renews it; `undefined`: another process holds it. */
  readonly take: () => Promise<E.Either<OperationFailure, Tenure | undefined>>
  /** Whether it is ours, and was all the time since: looked at in the log, and by our own clock. */
  readonly isOurs: (since: Tenure) => Promise<E.Either<OperationFailure, boolean>>
  readonly release: () => Promise<void>
}

/** Counts, from 1, how often the lease came to be ours: another number means that in between it was not, and others may have delivered. */
export type Tenure = number

/** How long a process that died keeps the others waiting. */
export const LEASE_TTL_MS = 4_000

/**
 * Time is measured by this process's own monotonic clock since it saw the lease's revision change: the clocks of machines
 * are never compared.
 */
export const leaseHolder = (runtime: Runtime, worker: string, ttlMs = LEASE_TTL_MS): LeaseHolder => {
  const { executor } = runtime
  let seen: { readonly revision: Revision; readonly since: number } | undefined
  let ours: { readonly since: number } | undefined
  let tenure: Tenure = 0
  let count = 0

  const act = async (command: Parameters<typeof lease.decider.decide>[0]) => {
    count += 1
    let wasOurs = false
    const done = await executor.execute(
      lease,
      LEASE_STREAM,
      processIntent(runtime, `lease:${worker}:${count}`),
      ({ state }) => {
        wasOurs = state?.worker === worker
        return decided(lease.decider.decide(command)(state))
      },
    )()
    return E.map(() => wasOurs)(done)
  }

  return {
    worker,
    take: async () => {
      if (ours !== undefined && performance.now() - ours.since < ttlMs / 3) return E.right(tenure)
      const loaded = await executor.load(lease, LEASE_STREAM)()
      if (E.isLeft(loaded)) return loaded
      const { revision, state } = loaded.right
      if (seen === undefined || seen.revision !== revision) seen = { revision, since: performance.now() }
      const over = state !== null && state.worker !== worker && performance.now() - seen.since > state.ttlMs
      const since = performance.now()
      const taken = await act({ type: 'Take', worker, ttlMs, over })
      if (E.isRight(taken)) {
        ours = { since }
        if (!taken.right) tenure += 1
        return E.right(tenure)
      }
      ours = undefined
      return taken.left._tag === 'Refused' || taken.left._tag === 'CommandIdReused'
        ? E.right(undefined)
        : E.left(taken.left)
    },
    isOurs: async (since) => {
      const loaded = await executor.load(lease, LEASE_STREAM)()
      if (E.isLeft(loaded)) return loaded
      return E.right(
        loaded.right.state?.worker === worker &&
          tenure === since &&
          ours !== undefined &&
          performance.now() - ours.since < ttlMs,
      )
    },
    release: async () => {
      if (ours !== undefined) await act({ type: 'Release', worker })
      ours = undefined
    },
  }
}
