import type { DeliveryFacts } from '@underlag/invoicing'

/** What became of one delivery in one step of the process. */
export interface DeliveryStep {
  readonly deliveryId: string
  readonly invoiceNumber: string
  readonly delivery: string
  /** `reported`: the counterpart told how it stands with what it took. `held`, `notConfigured` and `noDocument` wait for somebody. */
  readonly outcome:
    | 'accepted'
    | 'delivered'
    | 'retry'
    | 'failed'
    | 'inDoubt'
    | 'reported'
    | 'held'
    | 'notConfigured'
    | 'noDocument'
  /** Names no person and no address. */
  readonly detail: string
}

export const HELD = 'a fact contradicts the invoice: see conflicts'

export const stepOf = (
  { deliveryId, invoiceNumber, delivery: channel }: Pick<DeliveryFacts, 'deliveryId' | 'invoiceNumber' | 'delivery'>,
  outcome: DeliveryStep['outcome'],
  detail: string,
): DeliveryStep => ({ deliveryId, invoiceNumber, delivery: channel, outcome, detail })

export const waitsForSomebody = ({ outcome }: DeliveryStep): boolean =>
  outcome === 'held' || outcome === 'notConfigured' || outcome === 'noDocument'
