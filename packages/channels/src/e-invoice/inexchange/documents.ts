import type { ReportStatus } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { field, jsonOf, plainWord } from '../../http/json.js'
import type { AskFailure } from '../access-point.js'
import type { InExchangeApi } from './api.js'

/** A document as InExchange has it. */
export interface StoredDocument {
  readonly id: string
  readonly status: ReportStatus
  readonly word: string
}

const STATUSES: Readonly<Record<string, ReportStatus>> = {
  Pending: 'accepted',
  PendingInPlatform: 'accepted',
  Sent: 'transmitted',
  Delivered: 'delivered',
  Error: 'undeliverable',
  Stopped: 'undeliverable',
}

/** A document as InExchange shows it. A word that is not known says nothing new of one that was taken. */
export const storedDocument = (document: unknown): StoredDocument | undefined => {
  const id = plainWord(field(document, 'id'))
  const word = plainWord(field(document, 'currentStatus', 'status') ?? field(document, 'status')) ?? 'no status'
  return id === undefined
    ? undefined
    : { id, word, status: (Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined) ?? 'accepted' }
}

/** Longer than anybody leaves a delivery in doubt. */
const LOOK_BACK_MS = 60 * 24 * 60 * 60_000
const PAGE = 100
/** Ten thousand documents in two months is no clinic's; there is no end to look for. */
const PAGES = 100

/** The document that was sent under a key (`erpDocumentId`); `undefined`: none in two months. */
export const documentUnder = async (
  api: InExchangeApi,
  key: string,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, StoredDocument | undefined>> => {
  const createdFrom = new Date(api.now() - LOOK_BACK_MS).toISOString()
  for (let page = 0; page < PAGES; page++) {
    const answer = await api.ask(
      'status',
      { path: ['documents', 'outbound', 'list'], json: { take: PAGE, skip: page * PAGE, createdFrom } },
      signal,
    )
    if (E.isLeft(answer)) return answer
    const documents = field(jsonOf(answer.right), 'documents')
    if (!Array.isArray(documents)) return E.left({ _tag: 'retryable', detail: 'status: an answer that says none' })
    const found = documents.find((document) => field(document, 'erpDocumentId') === key)
    const stored = storedDocument(found)
    if (stored !== undefined) return E.right(stored)
    if (documents.length < PAGE) return E.right(undefined)
  }
  return E.left({ _tag: 'retryable', detail: 'status: there are too many documents to look through' })
}
