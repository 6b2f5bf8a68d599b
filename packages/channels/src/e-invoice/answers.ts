import type { Answer, NoAnswer } from '../http/request.js'
import { retryAfter } from '../http/retry-after.js'
import type { AskFailure, InDoubt, Rejected, Retryable } from './access-point.js'

/** What the access points' answers have in common. `step` is what was asked for, as in `submit: 429`. */
export interface Asked {
  readonly step: string
  readonly now: () => number
}

/** An answer to a question that was no yes, or none at all. */
export const askFailure = ({ step, now }: Asked, answer: Answer | NoAnswer): AskFailure => {
  if ('_tag' in answer) return { _tag: 'retryable', detail: `${step}: ${answer.detail}` }
  const failure = notTaken({ step, now }, answer)
  return failure ?? { _tag: 'retryable', detail: `${step}: ${answer.status}` }
}

/** An answer to a submission that was no yes, or none at all. */
export const submitFailure = ({ step, now }: Asked, answer: Answer | NoAnswer): Rejected | Retryable | InDoubt => {
  if ('_tag' in answer)
    return { _tag: answer.sent === 'no' ? 'retryable' : 'inDoubt', detail: `${step}: ${answer.detail}` }
  return notTaken({ step, now }, answer) ?? inDoubt(step, answer, 'which says nothing of the document')
}

/** An answer that leaves open whether the document was taken. */
export const inDoubt = (step: string, { status }: Answer, why: string): InDoubt => ({
  _tag: 'inDoubt',
  detail: `${step}: ${status}, ${why}`,
})

/** What certainly was not taken; `undefined` where an answer leaves that open. */
const notTaken = ({ step, now }: Asked, answer: Answer): Rejected | Retryable | undefined => {
  const { status, headers } = answer
  const notBefore = retryAfter(headers, now())
  const later = (why: string): Retryable => ({
    _tag: 'retryable',
    detail: `${step}: ${status}${why}`,
    ...(notBefore === undefined ? {} : { notBefore }),
  })
  // A setting to be put right: the invoices go out once it is.
  if (status === 401 || status === 403) return later(', the login of eInvoice was not taken')
  if (status === 404 || status === 405 || (status >= 300 && status < 400))
    return later(', check the address in eInvoice')
  if (status === 408 || status === 429) return later('')
  // A server that says when to come back has not worked on it.
  if (status === 503 && notBefore !== undefined) return later('')
  if (status >= 400 && status < 500) return { _tag: 'rejected', detail: `${step}: ${status}${rulesIn(answer)}` }
  return undefined
}

/**
 * The rules that a document breaks, as far as the answer names them: ` (BR-CO-10, SE-R-005)`. Of its words nothing is kept, for they
 * may repeat what stands in the invoice.
 */
export const rulesIn = ({ text }: Answer): string => {
  const rules = text.match(/\b(?:BR|PEPPOL|SE|UBL|ibr)(?:-[A-Z0-9]{1,12}){1,4}\b/g) ?? []
  return rules.length === 0 ? '' : ` (${[...new Set(rules)].slice(0, 10).join(', ')})`
}
