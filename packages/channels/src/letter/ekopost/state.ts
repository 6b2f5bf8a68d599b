import type { ReportStatus } from '@underlag/invoicing'

/** How far along a campaign or an envelope is, by Ekopost's word for it. `unknown` is a word we do not know. */
export type EkopostState = 'open' | 'closed' | 'stopped' | 'unknown'

/**
 * Ekopost documents the field and shows one word, `opened`; the rest is what its pages and its users call it, and could not be checked.
 * `delivered` is not believed: nobody tells Ekopost when an ordinary letter comes through the slot.
 */
const WORDS: Readonly<Record<string, readonly [EkopostState, ReportStatus]>> = {
  opened: ['open', 'held'],
  open: ['open', 'held'],
  closed: ['closed', 'accepted'],
  scheduled: ['closed', 'accepted'],
  processing: ['closed', 'accepted'],
  printing: ['closed', 'accepted'],
  printed: ['closed', 'printed'],
  distributed: ['closed', 'printed'],
  sent: ['closed', 'printed'],
  completed: ['closed', 'printed'],
  delivered: ['closed', 'printed'],
  cancelled: ['stopped', 'rejected'],
  canceled: ['stopped', 'rejected'],
  deleted: ['stopped', 'rejected'],
  rejected: ['stopped', 'rejected'],
}

const known = (word: unknown): readonly [EkopostState, ReportStatus] | undefined => {
  const name = typeof word === 'string' ? word.toLowerCase() : ''
  return Object.hasOwn(WORDS, name) ? WORDS[name] : undefined
}

/** A missing state is that of something just made. */
export const ekopostState = (word: unknown): EkopostState =>
  word === undefined || word === null ? 'open' : (known(word)?.[0] ?? 'unknown')

/** What the word tells of a letter that was posted: one that is not known says nothing new. */
export const ekopostStatus = (word: unknown): ReportStatus => known(word)?.[1] ?? 'accepted'
