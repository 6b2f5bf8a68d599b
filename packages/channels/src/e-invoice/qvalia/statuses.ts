import type { ReportStatus } from '@underlag/invoicing'
import { field } from '../../http/json.js'

const STATUSES: Readonly<Record<string, ReportStatus>> = {
  processed: 'transmitted',
  processed_with_warning: 'transmitted',
  error: 'undeliverable',
}

/** The word in Qvalia's status: a text, or an object that has it (and has none until there is an outcome). */
export const qvaliaWord = (status: unknown): string => {
  const word = typeof status === 'string' ? status : field(status, 'status')
  return typeof word === 'string' ? word.trim().toLowerCase() : ''
}

/** Qvalia's words are no fixed list: one that is not known says nothing new of a document that it took. */
export const qvaliaStatus = (status: unknown): ReportStatus => {
  const word = qvaliaWord(status)
  return (Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined) ?? 'accepted'
}
