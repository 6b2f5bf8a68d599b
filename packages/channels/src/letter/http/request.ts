import { either as E } from 'fp-ts'

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

/** No whole answer. `detail` names the counterpart's host and the system's code, no person. */
export interface NoAnswer {
  readonly _tag: 'NoAnswer'
  readonly detail: string
}

/** A provider's answers are short; one that does not end is not waited for. */
const LONGEST_ANSWER = 1_048_576

/**
 * Redirects are not followed: a POST would become a GET, and a login would be shown to whom it was not given.
 * They come back as the answers they are.
 */
export const request = async ({
  method,
  url,
  headers,
  body,
  signal,
}: HttpRequest): Promise<E.Either<NoAnswer, Answer>> => {
  const { host } = new URL(url)
  try {
    const response = await fetch(url, {
      method,
      headers: { 'User-Agent': 'underlag', ...headers },
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    })
    const text = await readAll(response)
    if (text === undefined) return E.left({ _tag: 'NoAnswer', detail: `the answer of ${host} was too long` })
    return E.right({ status: response.status, headers: response.headers, text })
  } catch (thrown) {
    return E.left({
      _tag: 'NoAnswer',
      detail: signal.aborted ? `${host} did not answer in time` : `no answer from ${host} (${codeOf(thrown)})`,
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

/** Of an error only its code is kept: messages repeat addresses, and some repeat headers. */
const codeOf = (thrown: unknown): string => {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string' && /^[A-Z0-9_]{2,60}$/.test(error.code)) return error.code
  }
  return 'the connection failed'
}

/** The answer's JSON, `undefined` where it is none. */
export const jsonOf = ({ text }: Answer): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A field of an answer, however deep; `undefined` where anything on the way is not there. */
export const field = (json: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Readonly<Record<string, unknown>>)[key]
        : undefined,
    json,
  )

/** A word that a provider uses, such as a code or an id: kept only where it can be no name and no address. */
export const plainWord = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,80}$/.test(value)
    ? value
    : typeof value === 'number' && Number.isSafeInteger(value)
      ? String(value)
      : undefined
