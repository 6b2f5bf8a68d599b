import * as E from 'fp-ts/lib/Either.js'
import { errorCode } from '../error-code.js'

/** One request, sent once: nothing here tries again by itself. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly signal: AbortSignal
}

/** A whole answer, whatever it says. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/**
 * No whole answer. `sent` says whether the counterpart may have got the request: `no` where there was never a connection to it.
 * `detail` names the counterpart's host and the system's code, no person.
 */
export interface NoAnswer {
  readonly _tag: 'NoAnswer'
  readonly sent: 'no' | 'maybe'
  readonly detail: string
}

/** Answers are short; one that does not end is not waited for. */
const LONGEST_ANSWER = 4_194_304

/** Codes of what fails before the first byte of a request: names, routes, connections, certificates. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+)$/

/**
 * Redirects are not followed: a POST would become a GET, and a login would be shown to whom it was not given. Every request has a
 * connection of its own: one that was kept and has gone stale would look as if the request had been sent.
 */
export const request = async ({
  method,
  url,
  headers,
  body,
  signal,
}: HttpRequest): Promise<E.Either<NoAnswer, Answer>> => {
  const { host } = new URL(url)
  if (signal.aborted)
    return E.left({ _tag: 'NoAnswer', sent: 'no', detail: `${host} was not asked: the attempt was over` })
  try {
    const response = await fetch(url, {
      method,
      headers: { 'User-Agent': 'underlag', Connection: 'close', ...headers },
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    })
    const text = await readAll(response)
    if (text === undefined)
      return E.left({ _tag: 'NoAnswer', sent: 'maybe', detail: `the answer of ${host} was too long` })
    return E.right({ status: response.status, headers: response.headers, text })
  } catch (thrown) {
    if (signal.aborted) return E.left({ _tag: 'NoAnswer', sent: 'maybe', detail: `${host} did not answer in time` })
    const code = errorCode(thrown)
    return E.left({
      _tag: 'NoAnswer',
      sent: code !== undefined && NEVER_SENT.test(code) ? 'no' : 'maybe',
      detail: `no answer from ${host} (${code ?? 'the connection failed'})`,
    })
  }
}

const readAll = async (response: Response): Promise<string | undefined> => {
  if (response.body === null) return ''
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    // Leaving the loop cancels the rest.
    if (size > LONGEST_ANSWER) return undefined
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** Whether the counterpart says yes. */
export const isYes = ({ status }: Answer): boolean => status >= 200 && status <= 299
