import { type DeliveryFacts, type DeliveryRefusal, delivery, deliveryId, deliveryStream } from '@underlag/invoicing'
import { decided, type Executed, type ExecuteFailure, type Intent, refused, UNDERLAG_NAMESPACE } from '@underlag/kernel'
import { taskEither as TE } from 'fp-ts'
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
 * A new intent to send an invoice, in the first stream that is free: 1 is the invoice's own, asked for as it was registered.
 * `why` refuses it; a command that made one already is answered from there.
 */
export const requestDelivery =
  (
    { executor, tenant }: Runtime,
    intended: Intended,
    intent: Intent,
    why: () => { readonly _tag: string } | undefined,
  ): TE.TaskEither<ExecuteFailure<unknown>, Executed> =>
  async () => {
    for (let number = 2; ; number++) {
      const facts = deliveryFacts(tenant, intended, number)
      const executed = await executor.execute(delivery, deliveryStream(facts.deliveryId), intent, ({ state }) => {
        const refusal = state.status === 'none' ? why() : undefined
        return refusal === undefined
          ? decided(delivery.decider.decide({ type: 'Request', data: facts })(state))
          : TE.left(refused(refusal as unknown as DeliveryRefusal))
      })()
      if (executed._tag === 'Left' || executed.right.events.length > 0) return executed
    }
  }
