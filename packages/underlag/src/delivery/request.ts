import {
  type DeliveryChannel,
  type DeliveryFacts,
  type DeliveryRefusal,
  delivery,
  deliveryId,
  deliveryStream,
  isUnderWay,
} from '@underlag/invoicing'
import { decided, type Executed, type ExecuteFailure, type Intent, refused, UNDERLAG_NAMESPACE } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { v5 as uuidv5 } from 'uuid'
import type { Runtime } from '../runtime.js'

/** The key by which a counterpart knows an intent again: UUIDv5 over tenant, invoice, channel and number of the intent. */
export const idempotencyKey = (tenant: string, invoiceNumber: string, channel: string, intent: number): string =>
  uuidv5([tenant, invoiceNumber, channel, intent].join('\n'), UNDERLAG_NAMESPACE)

export type Intended = Pick<DeliveryFacts, 'sequence' | 'invoiceNumber' | 'delivery'>

export const deliveryFacts = (tenant: string, intended: Intended, intent: number): DeliveryFacts => ({
  ...intended,
  deliveryId: deliveryId(intended.sequence, intent),
  idempotencyKey: idempotencyKey(tenant, intended.invoiceNumber, intended.delivery, intent),
})

/**
 * A new intent to send an invoice, in the first stream that is free: 1 is the invoice's own, `first`, asked for as it was registered.
 * `why` refuses it; a command that made one already is answered from there. The event says which earlier ones are under way the same way.
 */
export const requestDelivery =
  (
    { executor, tenant }: Runtime,
    intended: Intended,
    first: DeliveryChannel,
    intent: Intent,
    why: () => { readonly _tag: string } | undefined,
  ): TE.TaskEither<ExecuteFailure<unknown>, Executed> =>
  async () => {
    const own = await executor.load(delivery, deliveryStream(deliveryId(intended.sequence, 1)))()
    if (E.isLeft(own)) return own
    const earlier = [
      { number: 1, channel: first, open: own.right.state.status === 'none' || isUnderWay(own.right.state) },
    ]
    for (let number = 2; ; number++) {
      const facts = deliveryFacts(tenant, intended, number)
      const executed = await executor.execute(delivery, deliveryStream(facts.deliveryId), intent, ({ state }) => {
        if (state.status !== 'none') {
          earlier.push({ number, channel: state.delivery, open: isUnderWay(state) })
          return TE.right([])
        }
        const refusal = why()
        if (refusal !== undefined) return TE.left(refused(refusal as unknown as DeliveryRefusal))
        const underWay = earlier
          .filter(({ channel, open }) => open && channel === intended.delivery)
          .map((one) => deliveryId(intended.sequence, one.number))
        const data = { ...facts, ...(underWay.length === 0 ? {} : { underWay }) }
        return decided(delivery.decider.decide({ type: 'Request', data })(state))
      })()
      if (executed._tag === 'Left' || executed.right.events.length > 0) return executed
    }
  }
