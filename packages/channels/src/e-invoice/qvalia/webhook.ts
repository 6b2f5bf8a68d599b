import { createHmac } from 'node:crypto'
import type { ReportStatus } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { field, instantOf, plainWord } from '../../http/json.js'
import { headerOf, isSignature, webhookJson, webhookRefused } from '../../webhook.js'
import type { AccessPoint } from '../access-point.js'
import { qvaliaStatus, qvaliaWord } from './statuses.js'

/** How old a signed message may be: an old one that somebody kept and sends again is refused. */
const TOLERANCE_S = 300

/**
 * Qvalia signs the time and the message: `X-Qvalia-Signature: t=SECONDS,v1=HEX`, an HMAC-SHA256 over `SECONDS.BODY`. It sends each
 * message once and not again where it was not taken, so the status has to be asked for besides.
 */
export const qvaliaWebhook =
  (secret: string | undefined, now: () => number): NonNullable<AccessPoint['verifyWebhook']> =>
  (rawBody, headers) => {
    if (secret === undefined) return webhookRefused('signature', 'eInvoice.webhookSecret is not set')
    if (!isSigned(rawBody, headerOf(headers, 'X-Qvalia-Signature') ?? '', secret, now() / 1000))
      return webhookRefused('signature', 'the signature is missing, wrong or too old')
    const read = webhookJson(rawBody)
    if (E.isLeft(read)) return read
    const json = read.right
    const type = field(json, 'eventType')
    const transportId = plainWord(field(json, 'integrationId'))
    if (typeof type !== 'string' || transportId === undefined)
      return webhookRefused('malformed', 'the message is no event')
    if (field(json, 'direction') !== 'outgoing') return E.right([])
    const status = statusOf(type, field(json, 'status'))
    if (status === undefined) return E.right([])
    const at = instantOf(field(json, 'status', 'updatedAt')) ?? instantOf(field(json, 'occurredAt'))
    return E.right([
      {
        status,
        detail: plainWord(qvaliaWord(field(json, 'status'))) ?? type,
        transportId,
        ...(at === undefined ? {} : { at }),
      },
    ])
  }

const statusOf = (type: string, status: unknown): ReportStatus | undefined => {
  switch (type) {
    case 'new_document':
    case 'document_delayed':
      return 'accepted'
    case 'document_delivery':
      return qvaliaStatus(status)
    case 'document_error':
      return 'undeliverable'
    default:
      return undefined
  }
}

const isSigned = (rawBody: Uint8Array, header: string, secret: string, nowS: number): boolean => {
  const parts = header.split(',').map((part) => part.trim().split('='))
  const time = parts.find(([name]) => name === 't')?.[1] ?? ''
  if (!/^\d{1,12}$/.test(time) || Math.abs(nowS - Number(time)) > TOLERANCE_S) return false
  const expected = createHmac('sha256', secret).update(`${time}.`).update(rawBody).digest()
  // There may be several, while a secret is being changed.
  return parts.some(([name, value = '']) => name === 'v1' && isSignature(value, expected))
}
