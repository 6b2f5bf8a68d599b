import type { ShipmentFailure } from '@underlag/invoicing'
import { field, jsonOf, plainWord } from '../../http/json.js'
import type { Answer, NoAnswer } from '../../http/request.js'
import { retryAfter } from '../../http/retry-after.js'

/** Which step was answered. Nothing leaves the house before `letter`. */
export type PingenStep = 'upload address' | 'upload' | 'letter' | 'status'

export const REPEATABLE = 'it may have been taken, and the idempotency key makes asking again safe'

/** What an answer that is no yes, or none at all, means for the shipment. */
export const pingenFailure = (step: PingenStep, answer: Answer | NoAnswer): ShipmentFailure => {
  const maybe = step === 'letter' ? ({ unsure: true } as const) : {}
  if ('_tag' in answer) {
    const detail = `${step}: ${answer.detail}`
    return step === 'letter' && answer.sent === 'maybe'
      ? { _tag: 'retry', detail: `${detail}; ${REPEATABLE}`, ...maybe }
      : { _tag: 'retry', detail }
  }
  const { status, headers } = answer
  const detail = `${step}: ${explained(answer)}`
  const notBefore = status === 429 || status === 503 ? retryAfter(headers, Date.now()) : undefined
  // A server that says when to come back has not worked on it.
  if (notBefore !== undefined) return { _tag: 'retry', detail, notBefore }
  // A login that is not taken is a setting to be put right, and the letter goes out once it is.
  if (status === 401 || status === 408 || status === 425 || status === 429) return { _tag: 'retry', detail }
  if (status >= 500) return { _tag: 'retry', detail, ...maybe }
  // The upload goes to a storage of its own, with an address that expires: another one may do.
  if (step === 'upload') return { _tag: 'retry', detail }
  // This key was seen before, under another content: an earlier attempt may well have become a letter.
  if (step === 'letter' && status === 409)
    return { _tag: 'inDoubt', detail: `${detail}; Pingen knows this idempotency key already` }
  return { _tag: 'refused', detail }
}

/** Status, Pingen's codes, the fields they are about, and its request id. Titles and details may repeat an address: left out. */
const explained = (answer: Answer): string => {
  const errors = field(jsonOf(answer), 'errors')
  const said = (Array.isArray(errors) ? errors : [errors]).slice(0, 5).flatMap((error) => {
    const code = plainWord(field(error, 'code'))
    const pointer = field(error, 'source', 'pointer')
    const at = typeof pointer === 'string' && /^\/data(\/[a-z_]{1,40}){0,6}$/.test(pointer) ? ` at ${pointer}` : ''
    return code === undefined ? [] : [`${code}${at}`]
  })
  const requestId = plainWord(answer.headers.get('x-request-id'))
  return [
    [String(answer.status), said.join(', ')].filter((part) => part !== '').join(' '),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
  ].join(', ')
}
