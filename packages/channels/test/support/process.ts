import {
  type Channel,
  type Delivery,
  type DeliveryCommand,
  deliveryDecider,
  nextStep,
  type Shipment,
} from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'

const NOW = '2026-03-01T08:00:00.000Z'

/**
 * One intent from its request to its end, by the rules of the domain, with a channel of its own for every attempt: nothing is remembered
 * but what the stream holds and the counterpart knows. After the attempts in `crashes` the outcome is never recorded.
 */
export const deliver = async (
  open: () => Channel,
  shipment: Shipment,
  attempts: number,
  crashes: ReadonlySet<number> = new Set(),
): Promise<Delivery['status']> => {
  let state = deliveryDecider.initial()
  const tell = (command: DeliveryCommand): void => {
    const decided = deliveryDecider.decide(command)(state)
    if (E.isLeft(decided)) throw new Error(decided.left._tag)
    state = deliveryDecider.fold(state, decided.right)
  }
  const { deliveryId, idempotencyKey, invoice } = shipment
  const { sequence, invoiceNumber, delivery } = invoice
  if (delivery === 'none') throw new Error('the sample is not to be delivered')
  tell({ type: 'Request', data: { deliveryId, sequence, invoiceNumber, delivery, idempotencyKey } })
  for (;;) {
    const channel = open()
    const step = nextStep(state, NOW, channel.afterCrash)
    if (step._tag === 'done' || step._tag === 'wait') return state.status
    if (step._tag === 'recover' && step.policy === 'hold') {
      tell({
        type: 'EndAttempt',
        event: { type: 'DeliveryInDoubt', data: { deliveryId, attempt: step.attempt, detail: 'cut off' } },
      })
      continue
    }
    const attempt = step._tag === 'recover' ? step.attempt + 1 : step.attempt
    tell({ type: 'StartAttempt', data: { deliveryId, attempt, document: 'd', payer: 'p', worker: 'w' } })
    const outcome = await channel.send(shipment)()
    await channel.close()
    if (crashes.has(attempt)) continue
    const ended = { deliveryId, attempt, detail: E.isLeft(outcome) ? outcome.left.detail : outcome.right.detail }
    if (E.isRight(outcome)) tell({ type: 'EndAttempt', event: { type: 'DeliveryAccepted', data: ended } })
    else if (outcome.left._tag === 'inDoubt')
      tell({ type: 'EndAttempt', event: { type: 'DeliveryInDoubt', data: ended } })
    else if (outcome.left._tag === 'refused')
      tell({ type: 'EndAttempt', event: { type: 'DeliveryFailed', data: ended } })
    else {
      const told = outcome.left.unsure ? ({ unsure: true } as const) : {}
      tell({ type: 'EndAttempt', event: { type: 'DeliveryAttemptFailed', data: { ...ended, ...told, retryAt: NOW } } })
      // The last one: what it says ends the delivery, in doubt where it or one before it was unsure.
      if (attempt >= attempts) return state.status === 'waiting' && state.unsure ? 'inDoubt' : 'failed'
    }
  }
}
