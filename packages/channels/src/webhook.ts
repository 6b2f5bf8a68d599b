import { timingSafeEqual } from 'node:crypto'
import type { WebhookHeaders, WebhookRefused } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'

export const webhookRefused = (reason: WebhookRefused['reason'], detail: string): E.Either<WebhookRefused, never> =>
  E.left({ _tag: 'WebhookRefused', reason, detail })

/** Messages of counterparts are a few kilobytes. */
const LARGEST = 1_048_576

/** The message as JSON. Only asked for what is genuine: a parser is not for strangers. */
export const webhookJson = (rawBody: Uint8Array): E.Either<WebhookRefused, unknown> => {
  if (rawBody.length > LARGEST) return webhookRefused('malformed', 'the message is too long')
  try {
    return E.right(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody)))
  } catch {
    return webhookRefused('malformed', 'the message is no JSON')
  }
}

/** The one value of a header; `undefined` where it is missing or there are several, which nobody honest sends. */
export const headerOf = (headers: WebhookHeaders, name: string): string | undefined => {
  const values = Object.entries(headers).flatMap(([key, value]) =>
    key.toLowerCase() === name.toLowerCase() && value !== undefined ? value : [],
  )
  return values.length === 1 ? values[0] : undefined
}

/** Compared in a time that does not tell how much of it was right. */
export const isSameSecret = (given: Uint8Array, secret: Uint8Array): boolean =>
  given.length === secret.length && timingSafeEqual(given, secret)

/** Whether a signature in hexadecimal is the one expected. */
export const isSignature = (hex: string, expected: Uint8Array): boolean =>
  /^([0-9a-f]{2})+$/i.test(hex) && isSameSecret(Buffer.from(hex, 'hex'), expected)
