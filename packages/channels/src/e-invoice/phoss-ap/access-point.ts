import type { DeliveryReport, ReportStatus } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { joinUrl } from '../../http/api-url.js'
import { field, jsonOf, plainWord } from '../../http/json.js'
import { type Answer, isYes, type NoAnswer, request } from '../../http/request.js'
import type { AccessPoint, AskFailure, Routing, SubmitFailure } from '../access-point.js'
import { askFailure, inDoubt, submitFailure } from '../answers.js'
import { DOCUMENT_TYPE_IDS, PROCESS_ID, participantId } from '../peppol.js'
import type { EInvoiceCommon } from '../settings-parts.js'

/** phoss-ap with its secret resolved. */
export interface PhossApSettings extends EInvoiceCommon {
  readonly provider: 'phoss-ap'
  readonly url: string
  readonly token: string
}

/**
 * phoss-ap. The idempotency key is the SBDH instance identifier, by which the recipient's access point finds duplicates.
 * phoss-ap itself does not look for them when it sends, so it is asked for the key before every submission: what it has is not
 * submitted again. It sends while we wait, and tries again by itself what the recipient did not take: then it has it, too.
 *
 * Source: its OutboundController, OutboundTransactionResponse and code lists (August 2026). It answers 422 both where it stored the
 * document and could not send it, and where it did not store it.
 */
export const phossAp = (settings: PhossApSettings, now: () => number = Date.now): AccessPoint => ({
  name: 'phoss-ap',
  idempotent: true,
  serves: () => true,
  lookup: () => async () => E.right('notAsked'),
  submit: (ubl, key, routing, signal) => () => submit({ settings, now }, ubl, key, routing, signal),
  status: (transportId, signal) => async () =>
    E.map((found: Transaction | undefined) => found && reportOf(found, transportId))(
      await ask({ settings, now }, transportId, signal),
    ),
})

interface Api {
  readonly settings: PhossApSettings
  readonly now: () => number
}

type Submitted = E.Either<SubmitFailure, string>

const submit = async (
  api: Api,
  ubl: string,
  key: string,
  routing: Routing,
  signal: AbortSignal,
): Promise<Submitted> => {
  const before = await ask(api, key, signal)
  if (E.isLeft(before)) return before
  if (before.right !== undefined) return asSubmitted(before.right, key, routing, true)

  const { url, token } = api.settings
  const path = [
    participantId(routing.sender),
    participantId(routing.receiver),
    DOCUMENT_TYPE_IDS[routing.document],
    PROCESS_ID,
    routing.country,
  ]
  const answer = await request({
    method: 'POST',
    url: `${joinUrl(url, 'api', 'outbound', 'submit', ...path)}?sbdhInstanceID=${encodeURIComponent(key)}`,
    headers: { 'X-Token': token, 'Content-Type': 'application/xml', Accept: 'application/json' },
    body: ubl,
    signal,
  })
  const step = { step: 'submit', now: api.now }
  const said: Answer | NoAnswer = E.isLeft(answer) ? answer.left : answer.right
  if (!('_tag' in said) && isYes(said) && field(jsonOf(said), 'sbdhInstanceIdentifier') === key) return E.right(key)
  const failure =
    '_tag' in said || (!isYes(said) && said.status !== 422)
      ? submitFailure(step, said)
      : inDoubt('submit', said, isYes(said) ? 'without a report of this document' : 'it could not be sent at once')
  if (failure._tag !== 'inDoubt') return E.left(failure)
  // It may have been stored: phoss-ap does that before it sends, and says so when asked.
  const after = await ask(api, key, signal)
  return E.isRight(after) && after.right !== undefined ? asSubmitted(after.right, key, routing, false) : E.left(failure)
}

/** What phoss-ap knows of a key; `undefined`: nothing. */
const ask = async (
  { settings: { url, token }, now }: Api,
  key: string,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, Transaction | undefined>> => {
  const answer = await request({
    method: 'GET',
    url: `${joinUrl(url, 'api', 'outbound', 'status', key)}?includeArchive=true`,
    headers: { 'X-Token': token, Accept: 'application/json' },
    signal,
  })
  const step = { step: 'status', now }
  if (E.isLeft(answer)) return E.left(askFailure(step, answer.left))
  const json = jsonOf(answer.right)
  // Its own 404 has no body; a page that is not there (another address, sending switched off) may.
  if (answer.right.status === 404 && answer.right.text === '') return E.right(undefined)
  if (!isYes(answer.right)) return E.left(askFailure(step, answer.right))
  const [status, receiver, mls] = [field(json, 'status'), field(json, 'receiverID'), field(json, 'mlsStatus')]
  return typeof status === 'string' && field(json, 'sbdhInstanceID') === key
    ? E.right({ status, receiver: String(receiver), mls: String(mls) })
    : E.left({ _tag: 'retryable', detail: 'status: an answer that says none' })
}

interface Transaction {
  readonly status: string
  readonly receiver: string
  /** Of the message level status that the recipient's access point answers with later. */
  readonly mls: string
}

const asSubmitted = (found: Transaction, key: string, { receiver }: Routing, before: boolean): Submitted => {
  if (found.receiver.toLowerCase() !== participantId(receiver).toLowerCase())
    return E.left({ _tag: 'rejected', detail: 'submit: the key stands for another recipient', ofKey: true })
  switch (statusOf(found)) {
    case 'rejected':
    case 'undeliverable':
      return E.left({ _tag: 'rejected', detail: `submit: phoss-ap gave up (${found.status})`, ofKey: true })
    default:
      return before ? E.left({ _tag: 'duplicate', transportId: key }) : E.right(key)
  }
}

const reportOf = (found: Transaction, transportId: string): DeliveryReport => ({
  status: statusOf(found),
  detail: plainWord(found.status) ?? 'a status that is no word',
  transportId,
  // The identifier of the document is the key it was submitted under.
  idempotencyKey: transportId,
})

const statusOf = (found: Transaction): ReportStatus => {
  if (found.mls === 'received_re') return 'rejected'
  if (found.mls === 'received_ap') return 'delivered'
  return STATUSES[found.status] ?? 'accepted'
}

/** `failed` is not final: phoss-ap tries again by itself. */
const STATUSES: Readonly<Record<string, ReportStatus>> = {
  pending: 'accepted',
  sending: 'accepted',
  failed: 'accepted',
  sent: 'transmitted',
  permanently_failed: 'undeliverable',
  rejected: 'rejected',
}
