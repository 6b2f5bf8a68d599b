/**
 * How a document stands at the access point.
 * - `unknown`: it has no such document.
 * - `accepted`: it took it and has not handed it on yet.
 * - `transmitted`: the recipient's access point has receipted it. Not delivered: the recipient has not said a word.
 * - `delivered`: the recipient's system has answered.
 * - `undeliverable`: it gave up.
 * - `rejected`: refused by the access point, or by the recipient.
 */
export type TransportStatus = 'unknown' | 'accepted' | 'transmitted' | 'delivered' | 'undeliverable' | 'rejected'

/** One thing that was told of a document, once however often it is told. Holds no personal data. */
export interface TransportOutcome {
  readonly status: Exclude<TransportStatus, 'unknown'>
  /** The same at every repetition of this message. */
  readonly eventId: string
  /** The access point's id of the document, as in the detail of what was sent (`transport ID`). */
  readonly transportId: string
  /** Of the intent it was sent for, where the access point gives it back. */
  readonly idempotencyKey?: string
  /** When it happened, by the access point's clock (ISO 8601); messages come in any order. */
  readonly at?: string
  /** The access point's own word for it. */
  readonly code?: string
}

const RANK: Readonly<Record<TransportOutcome['status'], number>> = {
  accepted: 0,
  transmitted: 1,
  delivered: 2,
  undeliverable: 2,
  rejected: 2,
}

/**
 * How one document stands by all that was told of it: the same in whatever order it came and however often. Further along the way
 * wins, and of two ends the later one. `undefined`: nothing was told.
 */
export const latestOutcome = (outcomes: ReadonlyArray<TransportOutcome>): TransportOutcome | undefined =>
  outcomes.reduce<TransportOutcome | undefined>(
    (latest, outcome) => (latest === undefined || isLater(outcome, latest) ? outcome : latest),
    undefined,
  )

const isLater = (a: TransportOutcome, b: TransportOutcome): boolean => {
  if (RANK[a.status] !== RANK[b.status]) return RANK[a.status] > RANK[b.status]
  const [at, than] = [time(a), time(b)]
  // Told for the same moment: any rule will do, if only it does not depend on the order of arrival.
  return at === than ? a.eventId > b.eventId : at > than
}

const time = ({ at }: TransportOutcome): number => (at === undefined ? 0 : Date.parse(at) || 0)
