import * as E from 'fp-ts/lib/Either.js'
import { joinUrl } from '../../http/api-url.js'
import { field, jsonOf } from '../../http/json.js'
import { isYes, request } from '../../http/request.js'
import { retryAfter } from '../../http/retry-after.js'
import { loginPause } from '../../login-pause.js'
import type { PingenSettings } from './settings.js'

/** No token was had: nothing was sent, and nothing is known to be wrong with the letter. */
export interface NoToken {
  readonly _tag: 'retry'
  readonly detail: string
  readonly notBefore?: string
}

/** Pingen's access tokens (OAuth2, client credentials), each asked for once and kept until shortly before it expires. */
export interface PingenTokens {
  readonly get: (signal: AbortSignal) => Promise<E.Either<NoToken, string>>
  /** Pingen did not take this token: the next `get` asks for another. One that was replaced meanwhile is left alone. */
  readonly reject: (token: string) => void
}

/** Its own limit: several letters wait for one answer, and the first of them to be stopped must not stop the others. */
const TIMEOUT_MS = 20_000
/** So long before the end a token is not used: it must last for the request under way. */
const MARGIN_S = 60

type Outcome = E.Either<NoToken, { readonly token: string; readonly until: number }>

export const pingenTokens = ({
  identityUrl,
  clientId,
  clientSecret,
}: Pick<PingenSettings, 'identityUrl' | 'clientId' | 'clientSecret'>): PingenTokens => {
  let kept: { readonly token: string; readonly until: number } | undefined
  let asking: Promise<Outcome> | undefined
  const login = loginPause<NoToken>()

  const ask = async (): Promise<Outcome> => {
    const asked = performance.now()
    const answer = await request({
      method: 'POST',
      url: joinUrl(identityUrl, 'auth', 'access-tokens'),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }).toString(),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (E.isLeft(answer)) return retry(`no access token: ${answer.left.detail}`)
    const { status, headers } = answer.right
    if (!isYes(answer.right)) {
      const notBefore = status === 429 || status === 503 ? retryAfter(headers, Date.now()) : undefined
      const failure = noToken(
        `no access token: ${status}${status === 400 || status === 401 || status === 403 ? '; Pingen did not take letter.clientId and letter.clientSecret' : ''}`,
        notBefore,
      )
      if (status === 400 || status === 401 || status === 403) login.refuse(failure)
      return E.left(failure)
    }
    const json = jsonOf(answer.right)
    const token = field(json, 'access_token')
    const seconds = field(json, 'expires_in')
    // Anything else could not be written into a header, or would be kept for ever.
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(token))
      return retry('no access token: an answer without one')
    const lasts = typeof seconds === 'number' && seconds > 0 ? seconds : 0
    return E.right({ token, until: asked + (lasts - Math.min(MARGIN_S, lasts / 2)) * 1000 })
  }

  return {
    get: async (signal) => {
      if (kept !== undefined && performance.now() < kept.until) return E.right(kept.token)
      const refused = login.refused()
      if (refused !== undefined) return E.left(refused)
      asking ??= ask().finally(() => {
        asking = undefined
      })
      const outcome = await unlessAborted(asking, signal)
      if (outcome === undefined) return retry('no access token: Pingen did not answer in time')
      if (E.isLeft(outcome)) return outcome
      kept = outcome.right
      return E.right(outcome.right.token)
    },
    reject: (token) => {
      if (kept?.token === token) kept = undefined
    },
  }
}

const noToken = (detail: string, notBefore?: string): NoToken => ({
  _tag: 'retry',
  detail,
  ...(notBefore === undefined ? {} : { notBefore }),
})
const retry = (detail: string): E.Either<NoToken, never> => E.left(noToken(detail))

const unlessAborted = <A>(promise: Promise<A>, signal: AbortSignal): Promise<A | undefined> => {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
