/**
 * What a printer tells of a letter it took.
 * - `sent`: printed and handed to the post.
 * - `delivered`, `undeliverable`: what the post says of it.
 * - `held`: the printer needs a person before it goes on (a document it cannot print, an account without money).
 */
export type LetterStatus = 'held' | 'sent' | 'delivered' | 'undeliverable'

/** One thing that was told, once however often it is told. Holds no personal data. */
export interface LetterOutcome {
  readonly status: LetterStatus
  /** The same at every repetition of this message. */
  readonly eventId: string
  /** The printer's id of the letter, as in the detail of what was sent (`letter ID`). */
  readonly letterId: string
  /** Of the intent the letter was sent for, where the printer gives it back. */
  readonly idempotencyKey?: string
  /** When it happened, by the printer's clock (ISO 8601); messages come in any order. */
  readonly at?: string
  /** The printer's own word for it, such as `address_not_found`. */
  readonly code?: string
}

const RANK: Readonly<Record<LetterStatus, number>> = { held: 0, sent: 1, delivered: 2, undeliverable: 2 }

/**
 * How things stand with one letter by all that was told of it: the same in whatever order it came and however often.
 * Further along the way wins, and of two ends the later one (a letter that came back after all). `undefined`: nothing was told.
 */
export const latestOutcome = (outcomes: ReadonlyArray<LetterOutcome>): LetterOutcome | undefined =>
  outcomes.reduce<LetterOutcome | undefined>(
    (latest, outcome) => (latest === undefined || isLater(outcome, latest) ? outcome : latest),
    undefined,
  )

const isLater = (a: LetterOutcome, b: LetterOutcome): boolean => {
  if (RANK[a.status] !== RANK[b.status]) return RANK[a.status] > RANK[b.status]
  const [at, than] = [time(a), time(b)]
  // Told for the same moment: any rule will do, if only it does not depend on the order of arrival.
  return at === than ? a.eventId > b.eventId : at > than
}

const time = ({ at }: LetterOutcome): number => (at === undefined ? 0 : Date.parse(at) || 0)
