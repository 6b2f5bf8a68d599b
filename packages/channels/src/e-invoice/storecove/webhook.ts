import type { ReportStatus } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { field, instantOf, plainWord } from '../../http/json.js'
import { headerOf, isSameSecret, webhookJson, webhookRefused } from '../../webhook.js'
import type { AccessPoint } from '../access-point.js'

/**
 * What Storecove tells of a document: what the network says first, then what the recipient answers (Peppol Invoice Response).
 */
const STATUSES: Readonly<Record<string, ReportStatus>> = {
  cleared: 'accepted',
  succeeded: 'transmitted',
  failed: 'undeliverable',
  no_action_taken: 'undeliverable',
  acknowledged: 'delivered',
  in_process: 'delivered',
  under_query: 'delivered',
  conditionally_accepted: 'delivered',
  accepted: 'delivered',
  paid: 'delivered',
  rejected: 'rejected',
}

/**
 * Storecove does not sign: it sends a header that it was given. Without that setting every message is refused, for it could be
 * anybody's.
 */
export const storecoveWebhook =
  (
    webhook: { readonly header: string; readonly secret: string } | undefined,
  ): NonNullable<AccessPoint['verifyWebhook']> =>
  (rawBody, headers) => {
    if (webhook === undefined) return webhookRefused('signature', 'eInvoice.webhook is not set')
    const given = headerOf(headers, webhook.header)
    if (given === undefined || !isSameSecret(Buffer.from(given), Buffer.from(webhook.secret)))
      return webhookRefused('signature', 'the secret is missing or wrong')
    const read = webhookJson(rawBody)
    if (E.isLeft(read)) return read
    const json = read.right
    const [type, event] = [field(json, 'event_type'), field(json, 'event')]
    const transportId = plainWord(field(json, 'guid'))
    if (typeof type !== 'string' || typeof event !== 'string' || transportId === undefined)
      return webhookRefused('malformed', 'the message is no event')
    const status = type === 'document_submission' && Object.hasOwn(STATUSES, event) ? STATUSES[event] : undefined
    if (status === undefined) return E.right([])
    const idempotencyKey = plainWord(field(json, 'idempotencyGuid'))
    const at = instantOf(field(json, 'created_at'))
    return E.right([
      {
        status,
        detail: event,
        transportId,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        ...(at === undefined ? {} : { at }),
      },
    ])
  }
