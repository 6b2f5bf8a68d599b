import type { Channel, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import type * as E from 'fp-ts/lib/Either.js'
import { attempts } from '../attempts.js'
import { refused } from '../failures.js'
import type { LetterCommon } from './settings-parts.js'

/** One printer's protocol. `signal` is aborted when the attempt's time is over or the process is stopping. */
export interface LetterAdapter extends Pick<Channel, 'afterCrash' | 'preflight' | 'report' | 'verifyWebhook'> {
  readonly send: (shipment: Shipment, signal: AbortSignal) => Promise<E.Either<ShipmentFailure, Sent>>
}

/** The channel of an adapter. */
export const channelOf = (adapter: LetterAdapter, { retry, timeoutMs, rate }: LetterCommon): Channel => {
  const { run, close } = attempts(timeoutMs)
  const { send, preflight } = adapter
  return {
    ...adapter,
    name: 'letter',
    retry,
    timeoutMs,
    rate,
    send: (shipment) => () => {
      const reasons = preflight(shipment.invoice)
      return reasons.length > 0
        ? Promise.resolve(refused(reasons.join(', ')))
        : run(shipment, (signal) => send(shipment, signal))
    },
    close,
  }
}
