import type { DeliveryReport } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { joinUrl } from '../../http/api-url.js'
import { field, jsonOf, plainWord } from '../../http/json.js'
import { type Answer, isYes, type NoAnswer, request } from '../../http/request.js'
import type { AccessPoint, AskFailure, Registration, Routing, SubmitFailure } from '../access-point.js'
import { askFailure, inDoubt, rulesIn, submitFailure } from '../answers.js'
import type { Participant } from '../peppol.js'
import type { EInvoiceCommon } from '../settings-parts.js'
import { storecoveWebhook } from './webhook.js'

/** Storecove with its secrets resolved. */
export interface StorecoveSettings extends EInvoiceCommon {
  readonly provider: 'storecove'
  readonly url: string
  readonly apiKey: string
  readonly legalEntityId: number
  readonly schemes: Readonly<Record<string, string>>
  readonly webhook?: { readonly header: string; readonly secret: string }
}

/** Storecove's names of Peppol's schemes (reported: its list of participant identifiers). */
export const STORECOVE_SCHEMES: Readonly<Record<string, string>> = {
  '0007': 'SE:ORGNR',
  '0060': 'DUNS',
  '0088': 'GLN',
  '0184': 'DK:DIGST',
  '0192': 'NO:ORG',
  '0216': 'FI:OVT',
}

/**
 * Storecove (API v2). A submission carries the idempotency key; one that repeats it is answered 422, which says that it was taken.
 *
 * Storecove reads the document and writes one of its own from it (`parse`): what its API calls sending as is, it does not do yet.
 *
 * Source: its API documentation (storecove.com/docs, 2026): fields, evidence that is 404 until the document was sent. Not checked: the
 * `source` by which a 422 for a repeated key is told from one for the document; where it cannot be told, it is a doubt.
 */
export const storecove = (settings: StorecoveSettings, now: () => number = Date.now): AccessPoint => {
  const api: Api = { settings, now }
  return {
    name: 'storecove',
    idempotent: true,
    serves: ({ scheme }) => Object.hasOwn(settings.schemes, scheme),
    lookup: (participant, _document, signal) => () => lookup(api, participant, signal),
    submit: (ubl, key, routing, signal) => () => submit(api, ubl, key, routing, signal),
    status: (transportId, signal) => () => status(api, transportId, signal),
    verifyWebhook: storecoveWebhook(settings.webhook),
  }
}

interface Api {
  readonly settings: StorecoveSettings
  readonly now: () => number
}

const call = (
  { settings }: Api,
  path: ReadonlyArray<string>,
  signal: AbortSignal,
  body?: unknown,
): Promise<E.Either<NoAnswer, Answer>> =>
  request({
    method: body === undefined ? 'GET' : 'POST',
    url: joinUrl(settings.url, ...path),
    headers: {
      Accept: 'application/json',
      Authorization: `Bearer ${settings.apiKey}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const lookup = async (
  api: Api,
  { scheme, id }: Participant,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, Registration>> => {
  const answer = await call(api, ['discovery', 'receives'], signal, {
    // Credit notes are invoices to Storecove, here and when they are submitted.
    documentTypes: ['invoice'],
    network: 'peppol',
    metaScheme: 'iso6523-actorid-upis',
    scheme: api.settings.schemes[scheme],
    identifier: id,
  })
  const step = { step: 'lookup', now: api.now }
  if (E.isLeft(answer)) return E.left(askFailure(step, answer.left))
  if (!isYes(answer.right)) return E.left(askFailure(step, answer.right))
  switch (field(jsonOf(answer.right), 'code')) {
    case 'OK':
      return E.right('registered')
    case 'NOK':
      return E.right('notRegistered')
    default:
      return E.left({ _tag: 'retryable', detail: 'lookup: an answer that says nothing' })
  }
}

const submit = async (
  api: Api,
  ubl: string,
  key: string,
  { receiver }: Routing,
  signal: AbortSignal,
): Promise<E.Either<SubmitFailure, string>> => {
  const answer = await call(api, ['document_submissions'], signal, {
    legalEntityId: api.settings.legalEntityId,
    idempotencyGuid: key,
    routing: { eIdentifiers: [{ scheme: api.settings.schemes[receiver.scheme], id: receiver.id }] },
    document: {
      documentType: 'invoice',
      rawDocumentData: { document: Buffer.from(ubl).toString('base64'), parse: true, parseStrategy: 'ubl' },
    },
  })
  const step = { step: 'submit', now: api.now }
  if (E.isLeft(answer)) return E.left(submitFailure(step, answer.left))
  if (answer.right.status === 422) return E.left(unprocessable(answer.right))
  if (!isYes(answer.right)) return E.left(submitFailure(step, answer.right))
  const guid = plainWord(field(jsonOf(answer.right), 'guid'))
  return guid === undefined ? E.left(inDoubt('submit', answer.right, 'without a guid')) : E.right(guid)
}

/** 422 is both: a document that will not do, and a key that was used. Which of them, the sources tell. */
const unprocessable = (answer: Answer): SubmitFailure => {
  const json = jsonOf(answer)
  const errors: unknown = Array.isArray(json) ? json : field(json, 'errors')
  const sources = Array.isArray(errors) ? errors.map((error) => field(error, 'source')) : []
  const ofKey = sources.filter((source) => typeof source === 'string' && /idempotency_?guid/i.test(source)).length
  if (ofKey > 0 && ofKey === sources.length) return { _tag: 'duplicate' }
  if (ofKey > 0 || sources.length === 0 || !sources.every((source) => typeof source === 'string'))
    return inDoubt('submit', answer, 'without a reason that can be read')
  const words = [...new Set(sources.map((source) => plainWord(source) ?? 'other'))].slice(0, 10)
  return { _tag: 'rejected', detail: `submit: 422 ${words.join(', ')}${rulesIn(answer)}` }
}

/** Evidence is there once the recipient's access point has receipted it; until then its absence says nothing more. */
const status = async (
  api: Api,
  transportId: string,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, DeliveryReport | undefined>> => {
  const answer = await call(api, ['document_submissions', transportId, 'evidence', 'sending'], signal)
  if (E.isRight(answer) && answer.right.status === 404)
    return E.right({ status: 'accepted', detail: 'no evidence yet', transportId })
  if (E.isLeft(answer) || !isYes(answer.right))
    return E.left(askFailure({ step: 'status', now: api.now }, E.isLeft(answer) ? answer.left : answer.right))
  return field(jsonOf(answer.right), 'guid') === transportId
    ? E.right({ status: 'transmitted', detail: 'evidence of sending', transportId })
    : E.left({ _tag: 'retryable', detail: 'status: an answer that says none' })
}
