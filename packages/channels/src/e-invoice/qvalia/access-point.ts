import type { DeliveryReport } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { joinUrl } from '../../http/api-url.js'
import { field, instantOf, jsonOf, plainWord } from '../../http/json.js'
import { type Answer, isYes, type NoAnswer, request } from '../../http/request.js'
import type { AccessPoint, AskFailure, Registration, Routing, SubmitFailure } from '../access-point.js'
import { askFailure, inDoubt, submitFailure } from '../answers.js'
import { type DocumentKind, type Participant, participantText } from '../peppol.js'
import type { EInvoiceCommon } from '../settings-parts.js'
import { qvaliaStatus, qvaliaWord } from './statuses.js'
import { qvaliaParties } from './stored-document.js'
import { qvaliaWebhook } from './webhook.js'

/** Qvalia with its secrets resolved. */
export interface QvaliaSettings extends EInvoiceCommon {
  readonly provider: 'qvalia'
  readonly url: string
  readonly apiKey: string
  readonly partner: string
  readonly account: string
  readonly webhookSecret?: string
}

/**
 * Qvalia. A submission carries the idempotency key, and a repetition within a day is answered as the first time. After that, and
 * for every other intent with the same document, Qvalia answers 409: it has this number for this recipient. Whose that is, is
 * looked at before it is believed, and what became of it: one that it could not deliver is sent again at Qvalia, not by us.
 *
 * Sources: its API documentation (api.qvalia.io, September 2026) and what a public client of it reports having seen: the bare key in
 * `Authorization`, 204 for an id that is not known, the status as an object, webhooks that are not repeated. Its test environment is
 * `https://api-test.qvalia.com`.
 */
export const qvalia = (settings: QvaliaSettings, now: () => number = Date.now): AccessPoint => {
  const api: Api = { settings, now }
  return {
    name: 'qvalia',
    idempotent: true,
    serves: () => true,
    lookup: (participant, document, signal) => () => lookup(api, participant, document, signal),
    submit: (ubl, key, routing, signal) => () => submit(api, ubl, key, routing, signal),
    status: (transportId, signal) => () => status(api, transportId, signal),
    verifyWebhook: qvaliaWebhook(settings.webhookSecret, now),
  }
}

interface Api {
  readonly settings: QvaliaSettings
  readonly now: () => number
}

interface Call {
  readonly path: ReadonlyArray<string>
  readonly query?: Readonly<Record<string, string>>
  readonly xml?: string
  readonly key?: string
}

const call = (
  { settings: { url, apiKey, partner } }: Api,
  { path, query = {}, xml, key }: Call,
  signal: AbortSignal,
): Promise<E.Either<NoAnswer, Answer>> => {
  const search = new URLSearchParams(query).toString()
  return request({
    method: xml === undefined ? 'GET' : 'POST',
    url: `${joinUrl(url, 'partner', partner, ...path)}${search === '' ? '' : `?${search}`}`,
    headers: {
      Accept: 'application/json',
      // The bare key, as Qvalia takes it.
      Authorization: apiKey,
      ...(xml === undefined ? {} : { 'Content-Type': 'application/xml' }),
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
    },
    signal,
    ...(xml === undefined ? {} : { body: xml }),
  })
}

const ROOTS: Readonly<Record<DocumentKind, string>> = { invoice: 'Invoice', creditNote: 'CreditNote' }
const COLLECTIONS: Readonly<Record<DocumentKind, string>> = { invoice: 'invoices', creditNote: 'creditnotes' }

const lookup = async (
  api: Api,
  participant: Participant,
  document: DocumentKind,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, Registration>> => {
  const answer = await call(
    api,
    { path: ['peppol', 'lookup', participantText(participant)], query: { docTypeRoot: ROOTS[document] } },
    signal,
  )
  const step = { step: 'lookup', now: api.now }
  if (E.isLeft(answer)) return E.left(askFailure(step, answer.left))
  const { status } = answer.right
  const json = jsonOf(answer.right)
  // A 404 of Qvalia's own; one from elsewhere would be a wrong address, and no reason to give an invoice up.
  if (status === 204 || (status === 404 && field(json, 'status') !== undefined)) return E.right('notRegistered')
  if (!isYes(answer.right)) return E.left(askFailure(step, answer.right))
  const [exists, takes] = [field(json, 'data', 'exists'), field(json, 'data', 'rootDocTypeExists')]
  if (exists === false || takes === false) return E.right('notRegistered')
  return exists === true && takes === true
    ? E.right('registered')
    : E.left({ _tag: 'retryable', detail: 'lookup: an answer that says nothing' })
}

const submit = async (
  api: Api,
  ubl: string,
  key: string,
  routing: Routing,
  signal: AbortSignal,
): Promise<E.Either<SubmitFailure, string>> => {
  const answer = await call(
    api,
    { path: ['transaction', api.settings.account, COLLECTIONS[routing.document], 'outgoing'], xml: ubl, key },
    signal,
  )
  const step = { step: 'submit', now: api.now }
  if (E.isLeft(answer)) return E.left(submitFailure(step, answer.left))
  if (answer.right.status === 409) return E.left(await whose(api, routing, answer.right, signal))
  if (!isYes(answer.right)) return E.left(submitFailure(step, answer.right))
  const id =
    plainWord(field(jsonOf(answer.right), 'data', 'integrationId')) ??
    plainWord(answer.right.headers.get('integrationid') ?? undefined)
  return id === undefined ? E.left(inDoubt('submit', answer.right, 'without an integrationId')) : E.right(id)
}

/** Of a 409: a duplicate where Qvalia has this number from the same sender to the same recipient, and nobody else's. */
const whose = async (
  api: Api,
  { document, documentId, sender, receiver }: Routing,
  conflict: Answer,
  signal: AbortSignal,
): Promise<SubmitFailure> => {
  const answer = await call(
    api,
    {
      path: ['transaction', api.settings.account, COLLECTIONS[document], 'outgoing'],
      query: { documentId, includeRead: 'true', limit: '25' },
    },
    signal,
  )
  const stored = E.isRight(answer) && isYes(answer.right) ? field(jsonOf(answer.right), 'data') : undefined
  if (!Array.isArray(stored) || stored.length === 0)
    return inDoubt('submit', conflict, 'and what stands under this number could not be read')
  for (const one of stored) {
    const parties = qvaliaParties(one)
    const transportId = plainWord(field(one, 'integrationId'))
    if (transportId === undefined || parties?.isFrom(sender) !== true || !parties.isTo(receiver)) continue
    const stands = await status(api, transportId, signal)
    return E.isRight(stands) && stands.right?.status === 'undeliverable'
      ? { _tag: 'rejected', detail: 'submit: 409, Qvalia has this document and could not deliver it', ofKey: true }
      : { _tag: 'duplicate', transportId }
  }
  return { _tag: 'rejected', detail: 'submit: 409, another document has this number' }
}

/** Invoices and credit notes are asked about apart, and the id does not say which it is. */
const status = async (
  api: Api,
  transportId: string,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, DeliveryReport | undefined>> => {
  for (const collection of Object.values(COLLECTIONS)) {
    const answer = await call(
      api,
      {
        path: ['transaction', api.settings.account, collection, 'outgoing', 'status'],
        query: { integrationId: transportId, includeRead: 'true', limit: '1' },
      },
      signal,
    )
    const step = { step: 'status', now: api.now }
    if (E.isLeft(answer)) return E.left(askFailure(step, answer.left))
    if (answer.right.status === 204) continue
    if (!isYes(answer.right)) return E.left(askFailure(step, answer.right))
    const found = field(jsonOf(answer.right), 'data')
    if (!Array.isArray(found)) return E.left({ _tag: 'retryable', detail: 'status: an answer that says none' })
    if (found.length > 0) {
      const stands = field(found[0], 'metadata', 'status')
      const at = instantOf(field(stands, 'updatedAt'))
      return E.right({
        status: qvaliaStatus(stands),
        detail: plainWord(qvaliaWord(stands)) ?? 'no outcome yet',
        transportId,
        ...(at === undefined ? {} : { at }),
      })
    }
  }
  return E.right(undefined)
}
