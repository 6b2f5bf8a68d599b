import type { Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { retry } from './failures.js'
import { isOutOfTime, limited } from './time-limit.js'

/** The attempts of one channel. */
export interface Attempts {
  /** One attempt, within its time; not begun where it was stopped already, or the channel closed. */
  readonly run: (
    shipment: Shipment,
    work: (signal: AbortSignal) => Promise<E.Either<ShipmentFailure, Sent>>,
  ) => Promise<E.Either<ShipmentFailure, Sent>>
  /** Lets what has begun come to its end: it is near, and what is cut off now would have to be asked about later. */
  readonly close: () => Promise<void>
}

export const attempts = (timeoutMs: number): Attempts => {
  const underWay = new Set<Promise<unknown>>()
  let closed = false
  return {
    run: ({ signal }, work) => {
      if (closed) return Promise.resolve(retry('the channel was closed'))
      if (signal.aborted) return Promise.resolve(retry('the attempt was stopped before it began'))
      const attempt = limited(signal, timeoutMs, async (limit) => {
        const result = await work(limit)
        // Of an attempt that was cut off, that is worth more than the code it failed with.
        return E.isLeft(result) && isOutOfTime(limit)
          ? E.left({ ...result.left, detail: `${result.left.detail}; not done within ${timeoutMs} ms` })
          : result
      })
      underWay.add(attempt)
      return attempt.finally(() => underWay.delete(attempt))
    },
    close: async () => {
      closed = true
      await Promise.allSettled(underWay)
    },
  }
}
