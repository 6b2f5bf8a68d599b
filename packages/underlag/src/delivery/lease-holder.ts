import { LEASE_STREAM, lease } from '@underlag/invoicing'
import { decided, type Revision } from '@underlag/kernel'
import { either as E } from 'fp-ts'
import { processIntent } from '../documents.js'
import type { OperationFailure, Runtime } from '../runtime.js'

/** The right of one process to deliver, so that no two send the same. */
export interface LeaseHolder {
  /** Who holds it: this run of the process. */
  readonly worker: string
  /** Takes or renews it; `false`: another process holds it. */
  readonly take: () => Promise<E.Either<OperationFailure, boolean>>
  /** Whether it is still ours: looked at in the log, and by our own clock. */
  readonly isOurs: () => Promise<E.Either<OperationFailure, boolean>>
  readonly release: () => Promise<void>
}

/** How long a process that died keeps the others waiting. */
export const LEASE_TTL_MS = 4_000

/**
 * Time is measured by this process's own monotonic clock since it saw the lease's revision change: the clocks of machines
 * are never compared.
 */
export const leaseHolder = (runtime: Runtime, worker: string, ttlMs = LEASE_TTL_MS): LeaseHolder => {
  const { executor } = runtime
  let seen: { readonly revision: Revision; readonly since: number } | undefined
  let ours: { readonly revision: Revision; readonly since: number } | undefined
  let count = 0

  const act = async (command: Parameters<typeof lease.decider.decide>[0]) => {
    count += 1
    return executor.execute(lease, LEASE_STREAM, processIntent(runtime, `lease:${worker}:${count}`), ({ state }) =>
      decided(lease.decider.decide(command)(state)),
    )()
  }

  return {
    worker,
    take: async () => {
      if (ours !== undefined && performance.now() - ours.since < ttlMs / 3) return E.right(true)
      const loaded = await executor.load(lease, LEASE_STREAM)()
      if (E.isLeft(loaded)) return loaded
      const { revision, state } = loaded.right
      if (seen === undefined || seen.revision !== revision) seen = { revision, since: performance.now() }
      const over = state !== null && state.worker !== worker && performance.now() - seen.since > state.ttlMs
      const since = performance.now()
      const taken = await act({ type: 'Take', worker, ttlMs, over })
      if (E.isRight(taken)) {
        ours = { revision: taken.right.revision, since }
        return E.right(true)
      }
      ours = undefined
      return taken.left._tag === 'Refused' || taken.left._tag === 'CommandIdReused'
        ? E.right(false)
        : E.left(taken.left)
    },
    isOurs: async () => {
      const loaded = await executor.load(lease, LEASE_STREAM)()
      if (E.isLeft(loaded)) return loaded
      return E.right(
        loaded.right.state?.worker === worker && ours !== undefined && performance.now() - ours.since < ttlMs,
      )
    },
    release: async () => {
      if (ours !== undefined) await act({ type: 'Release', worker })
      ours = undefined
    },
  }
}
