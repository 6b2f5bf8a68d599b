import type { Json, Projection } from '@underlag/kernel'

/** Where in the log the events of a day lie: from the first to the last of them, those of other days maybe between, for clocks differ. */
export interface Day {
  readonly first: number
  readonly last: number
}

/** The days on which something was recorded, in UTC: a period of the audit trail is read from the log by them. */
export const daysView: Projection = {
  table: { name: 'days', version: 1 },
  // Who holds the delivery lease is the machine's business, not the clinic's.
  keys: ({ stream, metadata }) => (stream.startsWith('lease/') ? [] : [metadata.recordedAt.slice(0, 10)]),
  evolve: (document: Json | undefined, { position }) => {
    const day = document as unknown as Day | undefined
    return { first: day?.first ?? Number(position), last: Number(position) }
  },
  terms: () => [],
}
