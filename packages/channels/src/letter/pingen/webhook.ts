import { createHmac, timingSafeEqual } from 'node:crypto'
import { either as E } from 'fp-ts'
import { field, plainWord } from '../http/request.js'
import type { LetterOutcome, LetterStatus } from '../outcome.js'
import { keyInFileName } from './file-name.js'
import type { PingenSettings } from './settings.js'

/** Headers as Node has them; names in any case. */
export type WebhookHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/**
 * A message that is not believed or not understood. `signature`: answer 401; `malformed` and `organisation`: 400, for it
 * will not be better the next time. `detail` holds nothing of the message.
 */
export interface WebhookRefused {
  readonly _tag: 'WebhookRefused'
  readonly reason: 'signature' | 'malformed' | 'organisation'
  readonly detail: string
}

/**
 * What a webhook of Pingen tells, once its signature was found right; empty where it is about something else than a letter,
 * which is no fault and to be answered with a yes. `rawBody` is what came in, byte for byte: the signature is over that.
 *
 * Pingen sends a message again until it is answered with a yes, and not in order. Nothing is remembered here: the same
 * message has the same `eventId` each time, and `latestOutcome` gives the same answer in any order.
 */
export type VerifyWebhook = (
  rawBody: Uint8Array,
  headers: WebhookHeaders,
) => E.Either<WebhookRefused, ReadonlyArray<LetterOutcome>>

/** Pingen's messages are a few kilobytes. */
const LARGEST = 1_048_576

const STATUSES: Readonly<Record<string, LetterStatus>> = {
  webhook_issues: 'held',
  webhook_sent: 'sent',
  webhook_delivered: 'delivered',
  webhook_undeliverable: 'undeliverable',
}

/** Without a `webhookSecret` in the settings every message is refused: what is not signed could be anybody's. */
export const pingenWebhook =
  ({ webhookSecret, organisationId }: Pick<PingenSettings, 'webhookSecret' | 'organisationId'>): VerifyWebhook =>
  (rawBody, headers) => {
    if (webhookSecret === undefined) return refused('signature', 'letter.webhookSecret is not set')
    if (rawBody.length > LARGEST) return refused('malformed', 'the message is too long')
    if (!isSigned(rawBody, headers, webhookSecret)) return refused('signature', 'the signature is missing or wrong')

    const json = parsed(rawBody)
    const data = field(json, 'data')
    const type = field(data, 'type')
    const eventId = plainWord(field(data, 'id'))
    if (typeof type !== 'string' || eventId === undefined) return refused('malformed', 'the message is no event')
    if (field(data, 'relationships', 'organisation', 'data', 'id') !== organisationId)
      return refused('organisation', 'the message is about another organisation')
    const status = Object.hasOwn(STATUSES, type) ? STATUSES[type] : undefined
    const letterId = letterOf(data)
    if (status === undefined || letterId === undefined) return E.right([])

    const letter = included(json, letterId)
    const event = included(json, field(data, 'relationships', 'event', 'data', 'id'))
    const idempotencyKey = keyInFileName(field(letter, 'attributes', 'file_original_name'))
    const at = instant(field(event, 'attributes', 'emitted_at')) ?? instant(field(data, 'attributes', 'created_at'))
    const code = codeWord(field(event, 'attributes', 'code'))
    return E.right([
      {
        status,
        eventId,
        letterId,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        ...(at === undefined ? {} : { at }),
        ...(code === undefined ? {} : { code }),
      },
    ])
  }

const isSigned = (rawBody: Uint8Array, headers: WebhookHeaders, secret: string): boolean => {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase() === 'signature' && value !== undefined ? value : [],
  )
  const [signature, ...more] = values
  if (signature === undefined || more.length > 0 || !/^[0-9a-f]{64}$/i.test(signature)) return false
  return timingSafeEqual(createHmac('sha256', secret).update(rawBody).digest(), Buffer.from(signature, 'hex'))
}

const parsed = (rawBody: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody))
  } catch {
    return undefined
  }
}

/** Since July 2026 a message is about a deliverable, which may be an e-mail too; until then about a letter. */
const letterOf = (data: unknown): string | undefined => {
  for (const name of ['deliverable', 'letter']) {
    const related = field(data, 'relationships', name, 'data')
    if (field(related, 'type') === 'letters') return plainWord(field(related, 'id'))
  }
  return undefined
}

const included = (json: unknown, id: unknown): unknown => {
  const all = field(json, 'included')
  return Array.isArray(all) && id !== undefined ? all.find((one) => field(one, 'id') === id) : undefined
}

/** Pingen writes `+0200`, which ISO 8601 wants with a colon. */
const instant = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || value.length > 40) return undefined
  const at = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

const codeWord = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[a-z0-9_]{1,60}$/.test(value) ? value : undefined

const refused = (reason: WebhookRefused['reason'], detail: string): E.Either<WebhookRefused, never> =>
  E.left({ _tag: 'WebhookRefused', reason, detail })
