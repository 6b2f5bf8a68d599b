import type { AfterCrash, Channel, RetryPolicy, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import { either as E } from 'fp-ts'

/** What the settings of every letter adapter hold. */
export interface LetterCommon {
  readonly retry: RetryPolicy
  /** Longest time one attempt may take, in milliseconds. */
  readonly timeoutMs: number
  /** Countries letters are sent to (ISO 3166-1); absent: all. */
  readonly countries?: ReadonlyArray<string>
}

/** One printer's protocol. `signal` is aborted when the attempt's time is over or the process is stopping. */
export interface LetterAdapter {
  readonly afterCrash: AfterCrash
  readonly preflight: Channel['preflight']
  readonly send: (shipment: Shipment, signal: AbortSignal) => Promise<E.Either<ShipmentFailure, Sent>>
  readonly close?: () => Promise<void>
}

/** The channel of an adapter: counts what is under way, and ends an attempt when its time is over. */
export const channelOf = (adapter: LetterAdapter, { retry, timeoutMs }: LetterCommon): Channel => {
  const underWay = new Set<Promise<unknown>>()
  let closed = false
  const attempt = async (shipment: Shipment): Promise<E.Either<ShipmentFailure, Sent>> => {
    const timeOut = new AbortController()
    const timer = setTimeout(() => timeOut.abort(), timeoutMs)
    try {
      const result = await adapter.send(shipment, AbortSignal.any([shipment.signal, timeOut.signal]))
      return E.isLeft(result) && timeOut.signal.aborted
        ? E.left({ ...result.left, detail: `${result.left.detail}; not done within ${timeoutMs} ms` })
        : result
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    name: 'letter',
    afterCrash: adapter.afterCrash,
    retry,
    timeoutMs,
    preflight: adapter.preflight,
    send: (shipment) => () => {
      if (closed || shipment.signal.aborted)
        return Promise.resolve(E.left({ _tag: 'retry', detail: 'the attempt was stopped before it began' }))
      const reasons = adapter.preflight(shipment.invoice)
      if (reasons.length > 0) return Promise.resolve(E.left({ _tag: 'refused', detail: reasons.join(', ') }))
      const sending = attempt(shipment)
      underWay.add(sending)
      return sending.finally(() => underWay.delete(sending))
    },
    // What has begun is let to its end: it is near, and what is cut off must be asked about later.
    close: async () => {
      closed = true
      await Promise.allSettled(underWay)
      await adapter.close?.()
    },
  }
}
