import * as E from 'fp-ts/lib/Either.js'
import { joinUrl } from '../../http/api-url.js'
import { field, jsonOf, plainWord } from '../../http/json.js'
import { type Answer, isYes, request } from '../../http/request.js'
import type { AccessPoint, Routing, SubmitFailure } from '../access-point.js'
import { inDoubt, submitFailure } from '../answers.js'
import { DOCUMENT_TYPE_IDS, PROCESS_ID, participantId } from '../peppol.js'
import type { EInvoiceCommon } from '../settings-parts.js'

/** phase4 with its secret resolved. */
export interface Phase4Settings extends EInvoiceCommon {
  readonly provider: 'phase4'
  readonly url: string
  readonly token: string
}

/**
 * phase4-peppol-standalone. It sends while we wait and answers with a report. It takes no key, keeps nothing and cannot be asked
 * afterwards: every answer that is lost leaves a doubt.
 *
 * Source: its PeppolSenderController and phase4's Phase4PeppolSendingReport (July 2026).
 */
export const phase4 = (settings: Phase4Settings, now: () => number = Date.now): AccessPoint => ({
  name: 'phase4',
  idempotent: false,
  serves: () => true,
  lookup: () => async () => E.right('notAsked'),
  submit: (ubl, _key, routing, signal) => () => submit(settings, now, ubl, routing, signal),
})

const submit = async (
  { url, token }: Phase4Settings,
  now: () => number,
  ubl: string,
  routing: Routing,
  signal: AbortSignal,
): Promise<E.Either<SubmitFailure, string>> => {
  const receiver = participantId(routing.receiver)
  const path = [
    participantId(routing.sender),
    receiver,
    DOCUMENT_TYPE_IDS[routing.document],
    PROCESS_ID,
    routing.country,
  ]
  const answer = await request({
    method: 'POST',
    url: joinUrl(url, 'sendas4', ...path),
    headers: { 'X-Token': token, 'Content-Type': 'application/xml', Accept: 'application/json' },
    body: ubl,
    signal,
  })
  const step = { step: 'submit', now }
  if (E.isLeft(answer)) return E.left(submitFailure(step, answer.left))
  if (!isYes(answer.right)) return E.left(submitFailure(step, answer.right))
  return reported(answer.right, receiver)
}

/** What the report says. It is a 200 also where nothing was sent. */
const reported = (answer: Answer, receiver: string): E.Either<SubmitFailure, string> => {
  const report = jsonOf(answer)
  const success = field(report, 'sendingSuccess')
  if (typeof success !== 'boolean') return E.left(inDoubt('submit', answer, 'without a report'))
  const result = plainWord(field(report, 'sendingResult'))
  if (success) {
    const id = plainWord(field(report, 'sbdhInstanceIdentifier'))
    const to = field(report, 'receiverId')
    // It writes ids in small letters, as the network compares them.
    return id !== undefined && typeof to === 'string' && to.toLowerCase() === receiver.toLowerCase()
      ? E.right(id)
      : E.left(inDoubt('submit', answer, 'with a report of something else'))
  }
  if (result === 'INVALID_PARAMETERS' || result === 'AS4_ERROR_MESSAGE_RECEIVED')
    return E.left({ _tag: 'rejected', detail: `submit: ${result}` })
  // The message gets its id when it is made, which is before it is sent: without one, nothing left.
  if (field(report, 'as4MessageId') === undefined)
    return E.left({ _tag: 'retryable', detail: `submit: not sent (${result ?? 'the lookup failed'})` })
  return E.left(inDoubt('submit', answer, `not receipted (${result ?? 'no result'})`))
}
