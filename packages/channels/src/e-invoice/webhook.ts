import { timingSafeEqual } from 'node:crypto'
import { either as E } from 'fp-ts'

/** Headers as Node has them; names in any case. */
export type WebhookHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/**
 * A message that is not believed or not understood. `signature`: answer 401; `malformed`: 400, for it will not be better the next
 * time. `detail` holds nothing of the message.
 */
export interface WebhookRefused {
  readonly _tag: 'WebhookRefused'
  readonly reason: 'signature' | 'malformed'
  readonly detail: string
}

export const webhookRefused = (reason: WebhookRefused['reason'], detail: string): E.Either<WebhookRefused, never> =>
  E.left({ _tag: 'WebhookRefused', reason, detail })

/** For access points that send none: whatever comes is somebody else's. */
export const noWebhooks = (name: string) => (): E.Either<WebhookRefused, never> =>
  webhookRefused('signature', `${name} sends no webhooks: ask for the status`)

/** Messages of access points are a few kilobytes. */
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
export const isSameSecret = (given: string, secret: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** An instant of an access point as ISO 8601; `undefined` where it is none. */
export const instantOf = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || value.length > 40) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}
