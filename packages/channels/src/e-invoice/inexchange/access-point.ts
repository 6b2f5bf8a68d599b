import type { DeliveryReport } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { field, jsonOf, plainWord } from '../../http/json.js'
import { isYes } from '../../http/request.js'
import { limited } from '../../time-limit.js'
import type { AccessPoint, AskFailure, Registration, Routing, SubmitFailure } from '../access-point.js'
import { askFailure, inDoubt, submitFailure } from '../answers.js'
import { pause } from '../pause.js'
import { type InExchangeApi, type InExchangeSettings, inExchangeApi } from './api.js'
import { documentUnder, type StoredDocument, storedDocument } from './documents.js'
import { recipientOf } from './recipient.js'

/**
 * InExchange (API v1). A document is uploaded, and then sent under our key (`erpDocumentId`), always as an e-invoice: never as the
 * PDF or the paper that InExchange could make of it.
 *
 * It is not documented that a key is taken once, so what was sent is looked for before: what is there is not sent again. After a lost
 * answer it is looked for again; not to be found yet is no proof, and leaves a doubt.
 *
 * Sources: its API documentation (api.inexchange.com/v1/docs) and public clients of it: paths, `ClientToken`, the words of
 * `currentStatus`. Not checked: that a credit note's status is told under `invoices/outbound` too.
 */
export const inExchange = (settings: InExchangeSettings, now: () => number = Date.now): AccessPoint => {
  const api = inExchangeApi(settings, now)
  return {
    name: 'inexchange',
    idempotent: false,
    serves: () => true,
    lookup: (participant, _document, signal) => async () =>
      E.map((id: string | undefined): Registration => (id === undefined ? 'notRegistered' : 'registered'))(
        await recipientOf(api, participant, signal),
      ),
    submit: (ubl, key, routing, signal) => () => submit(api, ubl, key, routing, signal),
    status: (transportId, signal) => () => status(api, transportId, signal),
  }
}

type Submitted = E.Either<SubmitFailure, string>

const submit = async (
  api: InExchangeApi,
  ubl: string,
  key: string,
  { receiver, documentId }: Routing,
  signal: AbortSignal,
): Promise<Submitted> => {
  const before = await documentUnder(api, key, signal)
  if (E.isLeft(before)) return before
  if (before.right !== undefined) {
    const { id } = before.right
    return given(before.right) ?? E.left({ _tag: 'duplicate', transportId: id })
  }
  const recipientId = await recipientOf(api, receiver, signal)
  if (E.isLeft(recipientId)) return recipientId
  if (recipientId.right === undefined)
    return E.left({ _tag: 'rejected', detail: 'submit: the recipient takes no e-invoices' })
  const documentUri = await uploaded(api, ubl, documentId, signal)
  if (E.isLeft(documentUri)) return documentUri
  return send(api, key, recipientId.right, documentUri.right, signal)
}

/** Nothing has left the house when this is done, however it ends. */
const uploaded = async (
  api: InExchangeApi,
  ubl: string,
  documentId: string,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, string>> => {
  const xml = { text: ubl, fileName: `${documentId}.xml` }
  const answer = await api.ask('upload', { path: ['documents'], xml }, signal)
  if (E.isLeft(answer)) return answer
  const location = answer.right.headers.get('location') ?? ''
  return location === ''
    ? E.left({ _tag: 'retryable', detail: `upload: ${answer.right.status} without a location` })
    : E.right(location)
}

const send = async (
  api: InExchangeApi,
  key: string,
  recipientId: string,
  documentUri: string,
  signal: AbortSignal,
): Promise<Submitted> => {
  const json = {
    sendDocumentAs: { type: 'Electronic', electronic: { recipientId } },
    document: { documentFormat: 'bis3', erpDocumentId: key, documentUri, language: 'sv', culture: 'sv' },
  }
  // An answer that does not come leaves time to look for the document.
  const called = await limited(signal, api.settings.timeoutMs / 2, (limit) =>
    api.call({ path: ['documents', 'outbound'], json }, limit),
  )
  if (E.isLeft(called)) return called
  const answer = called.right
  const step = { step: 'submit', now: api.now }
  let failure: SubmitFailure
  if (E.isLeft(answer)) failure = submitFailure(step, answer.left)
  else if (!isYes(answer.right)) failure = submitFailure(step, answer.right)
  else {
    const said = jsonOf(answer.right)
    const id =
      plainWord(answer.right.headers.get('location')?.split('/').at(-1)) ??
      plainWord(field(said, 'documentId')) ??
      plainWord(field(said, 'id'))
    if (id !== undefined) return E.right(id)
    failure = inDoubt('submit', answer.right, 'without an id')
  }
  if (failure._tag !== 'inDoubt') return E.left(failure)
  for (const wait of api.settings.askAgainAfterMs) {
    await pause(wait, signal)
    const after = await documentUnder(api, key, signal)
    if (E.isRight(after) && after.right !== undefined) return given(after.right) ?? E.right(after.right.id)
  }
  return E.left(failure)
}

/** A no to a document that was sent and did not get through. */
const given = ({ status }: StoredDocument): Submitted | undefined =>
  status === 'undeliverable' || status === 'rejected'
    ? E.left({ _tag: 'rejected', detail: 'submit: InExchange could not send it', ofKey: true })
    : undefined

const status = async (
  api: InExchangeApi,
  transportId: string,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, DeliveryReport | undefined>> => {
  const called = await api.call({ path: ['invoices', 'outbound', transportId] }, signal)
  if (E.isLeft(called)) return called
  const answer = called.right
  const step = { step: 'status', now: api.now }
  if (E.isLeft(answer)) return E.left(askFailure(step, answer.left))
  if (answer.right.status === 404) return E.right(undefined)
  if (!isYes(answer.right)) return E.left(askFailure(step, answer.right))
  const stored = storedDocument(jsonOf(answer.right))
  return stored?.id === transportId
    ? E.right({ status: stored.status, detail: stored.word, transportId })
    : E.left({ _tag: 'retryable', detail: 'status: an answer that says none' })
}
