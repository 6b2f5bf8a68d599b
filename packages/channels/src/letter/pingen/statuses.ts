import type { DeliveryReport, ReportStatus } from '@underlag/invoicing'
import { field, instantOf, plainWord } from '../../http/json.js'
import { keyInFileName } from './file-name.js'

/**
 * Pingen's words for a letter (`attributes.status`), as its own SDKs and others' list them; its documentation has no meanings. One that
 * a person can put right there is held; one that was printed and handed to the post is `sent`.
 */
const STATUSES: Readonly<Record<string, ReportStatus>> = {
  validating: 'accepted',
  fixing: 'accepted',
  submitted: 'accepted',
  accepted: 'accepted',
  transferring: 'accepted',
  processing: 'accepted',
  printing: 'accepted',
  cancelling: 'accepted',
  invalid: 'held',
  action_required: 'held',
  awaiting_credits: 'held',
  inspection: 'held',
  sent: 'printed',
  delivered: 'delivered',
  undeliverable: 'undeliverable',
  cancelled: 'rejected',
  expired: 'rejected',
  rejected: 'rejected',
  unprintable: 'rejected',
}

/** How a letter stands, by its resource; `undefined` where that is none. A word that is not known says nothing new. */
export const pingenReport = (letter: unknown, autoSend: boolean): DeliveryReport | undefined => {
  const transportId = plainWord(field(letter, 'id'))
  const word = plainWord(field(letter, 'attributes', 'status'))
  if (transportId === undefined || word === undefined) return undefined
  const idempotencyKey = keyInFileName(field(letter, 'attributes', 'file_original_name'))
  const at = instantOf(field(letter, 'attributes', 'updated_at'))
  // Ready to be sent: on its way to that by itself, or once a person says so.
  const ready = word === 'valid' && !autoSend ? 'held' : 'accepted'
  return {
    status: (Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined) ?? ready,
    detail: [word, ...pingenPrice(letter)].join(', '),
    transportId,
    ...(at === undefined ? {} : { at }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}

/** `price 1.35 CHF`, as soon as Pingen has reckoned it. */
export const pingenPrice = (letter: unknown): ReadonlyArray<string> => {
  const value = field(letter, 'attributes', 'price_value')
  const currency = field(letter, 'attributes', 'price_currency')
  return typeof value === 'number' &&
    Number.isFinite(value) &&
    typeof currency === 'string' &&
    /^[A-Z]{3}$/.test(currency)
    ? [`price ${value.toFixed(2)} ${currency}`]
    : []
}
