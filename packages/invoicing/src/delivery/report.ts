import { oneOf } from '@underlag/kernel'
import type { Instant } from '../values/time.js'

/**
 * How something stands that the counterpart took.
 * - `accepted`: it has it. `held`: it waits for a person there.
 * - `printed`, `transmitted`: it left the counterpart, for the post or the recipient's own provider.
 * - `delivered`: it reached the recipient. `undeliverable`, `rejected`: it came to nothing.
 */
export type ReportStatus = 'accepted' | 'held' | 'printed' | 'transmitted' | 'delivered' | 'undeliverable' | 'rejected'
export const ReportStatus = oneOf(
  'accepted',
  'held',
  'printed',
  'transmitted',
  'delivered',
  'undeliverable',
  'rejected',
)

/** What a counterpart tells afterwards of something it took: told any number of times, and in any order. */
export interface DeliveryReport {
  readonly status: ReportStatus
  /** The counterpart's own word for it, such as `address_not_found`. Holds no personal data. */
  readonly detail: string
  /** When it happened, by the counterpart's clock. */
  readonly at?: Instant
  /** The counterpart's id of what it took, as in `Sent`. */
  readonly transportId: string
  /** Of the intent it was sent for, where the counterpart gives it back. */
  readonly idempotencyKey?: string
}

const RANK: Readonly<Record<ReportStatus, number>> = {
  accepted: 0,
  held: 0,
  printed: 1,
  transmitted: 1,
  delivered: 2,
  undeliverable: 2,
  rejected: 2,
}

/**
 * Whether a report says more than the one known: further along the way, or as far and later (a letter that came back after all). Where it
 * is not said when, what somebody has to look at.
 */
export const saysMore = (
  report: Pick<DeliveryReport, 'status' | 'at'>,
  known: Pick<DeliveryReport, 'status' | 'at'> | undefined,
): boolean => {
  if (known === undefined) return true
  if (RANK[report.status] !== RANK[known.status]) return RANK[report.status] > RANK[known.status]
  if (report.status === known.status) return false
  return report.at === undefined || known.at === undefined
    ? NEEDS_LOOK.includes(report.status)
    : Date.parse(report.at) > Date.parse(known.at)
}

const NEEDS_LOOK: ReadonlyArray<ReportStatus> = ['held', 'undeliverable', 'rejected']
