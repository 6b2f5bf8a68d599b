import * as E from 'fp-ts/lib/Either.js'
import { joinUrl } from '../../http/api-url.js'
import { field, jsonOf } from '../../http/json.js'
import { type Answer, isYes, type NoAnswer, request } from '../../http/request.js'
import type { AskFailure } from '../access-point.js'
import { askFailure } from '../answers.js'
import type { EInvoiceCommon } from '../settings-parts.js'

/** InExchange with its secret resolved. */
export interface InExchangeSettings extends EInvoiceCommon {
  readonly provider: 'inexchange'
  readonly url: string
  readonly apiKey: string
  readonly erpId: string
}

export interface InExchangeCall {
  readonly path: ReadonlyArray<string>
  readonly json?: unknown
  /** A document to upload, and what it is called. */
  readonly xml?: { readonly text: string; readonly fileName: string }
}

/** Calls under a client token, which is got when it is first needed and again when it has expired. */
export interface InExchangeApi {
  readonly settings: InExchangeSettings
  readonly now: () => number
  /** Left, and nothing was asked, where no token is to be had. */
  readonly call: (
    call: InExchangeCall,
    signal: AbortSignal,
  ) => Promise<E.Either<AskFailure, E.Either<NoAnswer, Answer>>>
  /** The answer to a question, where it is a yes. `step` is what the failure is told by. */
  readonly ask: (step: string, call: InExchangeCall, signal: AbortSignal) => Promise<E.Either<AskFailure, Answer>>
}

export const inExchangeApi = (settings: InExchangeSettings, now: () => number): InExchangeApi => {
  let token: string | undefined

  const newToken = async (signal: AbortSignal): Promise<E.Either<AskFailure, string>> => {
    const answer = await request({
      method: 'POST',
      url: joinUrl(settings.url, 'clientTokens', 'create'),
      headers: { APIKey: settings.apiKey, 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ erpId: settings.erpId }),
      signal,
    })
    const step = { step: 'token', now }
    if (E.isLeft(answer)) return E.left(askFailure(step, answer.left))
    if (!isYes(answer.right)) return E.left(askFailure(step, answer.right))
    const given = field(jsonOf(answer.right), 'token')
    return typeof given === 'string' && /^[\x21-\x7e]{1,500}$/.test(given)
      ? E.right(given)
      : E.left({ _tag: 'retryable', detail: 'token: an answer without one' })
  }

  const once = (given: string, { path, json, xml }: InExchangeCall, signal: AbortSignal) =>
    request({
      method: json === undefined && xml === undefined ? 'GET' : 'POST',
      url: joinUrl(settings.url, ...path),
      headers: {
        ClientToken: given,
        Accept: 'application/json',
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(xml === undefined
          ? {}
          : {
              'Content-Type': 'application/xml',
              'Content-Disposition': `attachment; filename="${xml.fileName.replace(/[^A-Za-z0-9._-]/g, '-')}"`,
            }),
      },
      signal,
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(xml === undefined ? {} : { body: xml.text }),
    })

  const call: InExchangeApi['call'] = async (what, signal) => {
    for (let renewed = false; ; renewed = true) {
      if (token === undefined) {
        const got = await newToken(signal)
        if (E.isLeft(got)) return got
        token = got.right
      }
      const given = token
      const answer = await once(given, what, signal)
      if (E.isLeft(answer) || answer.right.status !== 401 || renewed) return E.right(answer)
      // Refused before it was worked on, so asking once more with a new one is no second submission.
      if (token === given) token = undefined
    }
  }

  return {
    settings,
    now,
    call,
    ask: async (step, what, signal) => {
      const called = await call(what, signal)
      if (E.isLeft(called)) return called
      const answer = called.right
      if (E.isRight(answer) && isYes(answer.right)) return answer
      return E.left(askFailure({ step, now }, E.isLeft(answer) ? answer.left : answer.right))
    },
  }
}
