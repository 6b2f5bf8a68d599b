/** How far along a campaign or an envelope is, by Ekopost's word for it. `unknown` is a word we do not know. */
export type EkopostState = 'open' | 'closed' | 'stopped' | 'unknown'

const WORDS: Readonly<Record<string, EkopostState>> = {
  opened: 'open',
  open: 'open',
  closed: 'closed',
  scheduled: 'closed',
  processing: 'closed',
  printing: 'closed',
  printed: 'closed',
  distributed: 'closed',
  sent: 'closed',
  completed: 'closed',
  delivered: 'closed',
  cancelled: 'stopped',
  canceled: 'stopped',
  deleted: 'stopped',
  rejected: 'stopped',
}

/** A missing state is that of something just made. */
export const ekopostState = (word: unknown): EkopostState => {
  if (word === undefined || word === null) return 'open'
  const known = typeof word === 'string' ? word.toLowerCase() : ''
  return Object.hasOwn(WORDS, known) ? (WORDS[known] ?? 'unknown') : 'unknown'
}
