import { createHash } from 'node:crypto'
import { either as E } from 'fp-ts'
import type { AccessPoint } from '../access-point.js'
import { field, plainWord } from '../http/request.js'
import type { TransportOutcome } from '../outcome.js'
import { headerOf, instantOf, isSameSecret, webhookJson, webhookRefused } from '../webhook.js'

/**
 * What Storecove tells of a document: what the network says first, then what the recipient answers (Peppol Invoice Response).
 */
const STATUSES: Readonly<Record<string, TransportOutcome['status']>> = {
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
 * anybody's. Repetitions have the same `eventId`.
 */
export const storecoveWebhook =
  (webhook: { readonly header: string; readonly secret: string } | undefined): AccessPoint['verifyWebhook'] =>
  (rawBody, headers) => {
    if (webhook === undefined) return webhookRefused('signature', 'eInvoice.webhook is not set')
    const given = headerOf(headers, webhook.header)
    if (given === undefined || !isSameSecret(given, webhook.secret))
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
        // Storecove's events have no id of their own: the message is its own name.
        eventId: createHash('sha256').update(rawBody).digest('hex'),
        transportId,
        code: event,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        ...(at === undefined ? {} : { at }),
      },
    ])
  }
