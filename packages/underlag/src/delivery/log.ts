import type { DeliveryStep } from './step.js'

/** One line of the structured log. It names no person, no address and no secret. */
export interface LogEntry {
  readonly at: string
  readonly level: 'info' | 'warn' | 'error'
  /** `attempt`: one came to its end. `report`: a counterpart told of what it took. `look`: what is due. `trouble`: the process could not go on for now. */
  readonly event: 'attempt' | 'report' | 'look' | 'trouble'
  readonly tenant: string
  readonly deliveryId?: string
  readonly invoiceNumber?: string
  readonly channel?: string
  readonly outcome?: DeliveryStep['outcome']
  readonly detail?: string
  /** How long it took, in ms. */
  readonly durationMs?: number
  /** How long after it was due it was begun, in ms. */
  readonly lagMs?: number
  /** Deliveries due at this look. */
  readonly due?: number
  /** Deliveries that wait for a person. */
  readonly held?: number
}
