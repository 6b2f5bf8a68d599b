import { createHmac } from 'node:crypto'
import type { Channel, ReportStatus } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { field, instantOf, plainWord } from '../../http/json.js'
import { headerOf, isSignature, webhookJson, webhookRefused } from '../../webhook.js'
import { keyInFileName } from './file-name.js'
import type { PingenSettings } from './settings.js'

const STATUSES: Readonly<Record<string, ReportStatus>> = {
  webhook_issues: 'held',
  webhook_sent: 'printed',
  webhook_delivered: 'delivered',
  webhook_undeliverable: 'undeliverable',
}

/**
 * What a webhook of Pingen tells, once its signature was found right: hex HMAC-SHA256 of the body in `Signature`. Empty where it is
 * about something else than a letter of ours, which is no fault and to be answered with a yes. Pingen sends a message again until it is, and
 * not in order. Sources: its API documentation of July 2026, and SDKs.
 *
 * Without a `webhookSecret` in the settings every message is refused: what is not signed could be anybody's.
 */
export const pingenWebhook =
  ({
    webhookSecret,
    organisationId,
  }: Pick<PingenSettings, 'webhookSecret' | 'organisationId'>): NonNullable<Channel['verifyWebhook']> =>
  (rawBody, headers) => {
    if (webhookSecret === undefined) return webhookRefused('signature', 'letter.webhookSecret is not set')
    const expected = createHmac('sha256', webhookSecret).update(rawBody).digest()
    if (!isSignature(headerOf(headers, 'Signature') ?? '', expected))
      return webhookRefused('signature', 'the signature is missing or wrong')
    const read = webhookJson(rawBody)
    if (E.isLeft(read)) return read

    const json = read.right
    const data = field(json, 'data')
    const type = field(data, 'type')
    if (typeof type !== 'string') return webhookRefused('malformed', 'the message is no event')
    if (field(data, 'relationships', 'organisation', 'data', 'id') !== organisationId)
      return webhookRefused('organisation', 'the message is about another organisation')
    const status = Object.hasOwn(STATUSES, type) ? STATUSES[type] : undefined
    const transportId = letterOf(data)
    if (status === undefined || transportId === undefined) return E.right([])

    const letter = included(json, transportId)
    const event = included(json, field(data, 'relationships', 'event', 'data', 'id'))
    const fileName = field(letter, 'attributes', 'file_original_name')
    const idempotencyKey = keyInFileName(fileName)
    // Somebody sent a letter of their own from the same organisation: asked to send this again, Pingen would do so on and on.
    if (fileName !== undefined && idempotencyKey === undefined) return E.right([])
    const at = instantOf(field(event, 'attributes', 'emitted_at')) ?? instantOf(field(data, 'attributes', 'created_at'))
    return E.right([
      {
        status,
        detail: codeWord(field(event, 'attributes', 'code')) ?? type,
        transportId,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        ...(at === undefined ? {} : { at }),
      },
    ])
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

const codeWord = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[a-z0-9_]{1,60}$/.test(value) ? value : undefined
