import type { ShipmentFailure } from '@underlag/invoicing'
import { either as E } from 'fp-ts'
import { joinUrl } from '../http/api-url.js'
import { type Answer, field, jsonOf, plainWord, request } from '../http/request.js'
import { retryAfter } from '../http/retry-after.js'
import type { EkopostSettings } from './settings.js'
import { type EkopostState, ekopostState } from './state.js'

/** One thing with Ekopost, made under an id of our choosing. */
export interface EkopostThing {
  readonly id: string
  readonly state: EkopostState
}

/** One step of a letter: a request that may be made again and again. */
export interface EkopostStep {
  /** For the detail: `campaign`, `close envelope`. */
  readonly name: string
  readonly path: string
  readonly body?: unknown
  /** Where the thing itself is read, and its id. */
  readonly thing: { readonly path: string; readonly id: string }
  /** Whether the step has done its work when the thing is in this state. One further along is for the caller to judge. */
  readonly isDone: (state: EkopostState) => boolean
}

export interface EkopostApi {
  readonly carryOut: (step: EkopostStep, signal: AbortSignal) => Promise<E.Either<ShipmentFailure, EkopostThing>>
}

export const ekopostApi = ({ apiUrl, apiKey }: Pick<EkopostSettings, 'apiUrl' | 'apiKey'>): EkopostApi => {
  const call = (method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal) =>
    request({
      method,
      url: joinUrl(apiUrl, path),
      headers: {
        Authorization: `api-key ${apiKey}`,
        Accept: 'application/json',
        'Content-Type': 'application/json; charset=UTF-8',
      },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  return {
    carryOut: async ({ name, path, body, thing, isDone }, signal) => {
      const posted = await call('POST', path, body, signal)
      if (E.isLeft(posted)) return E.left({ _tag: 'retry', detail: `${name}: ${posted.left.detail}` })
      const answer = posted.right
      if (isYes(answer)) {
        const id = field(jsonOf(answer), 'id')
        if (id === thing.id) {
          const state = ekopostState(field(jsonOf(answer), 'state'))
          return isDone(state) || state !== 'open'
            ? E.right({ id, state })
            : E.left({ _tag: 'retry', detail: `${name}: answered with a yes, and yet not done` })
        }
        // Nothing is printed before the campaign is closed, and it will not be: without our ids a repeat were a second letter.
        return typeof id === 'string'
          ? E.left({ _tag: 'refused', detail: `${name}: Ekopost gave it another id than the one asked for` })
          : E.left({ _tag: 'retry', detail: `${name}: ${answer.status} without an id` })
      }
      const failure = failureOf(name, answer)
      if (!mayBeThere(answer)) return E.left(failure)
      // What was made or closed before is refused as a mistake, in words that are not documented: so it is looked at.
      const looked = await call('GET', thing.path, undefined, signal)
      if (E.isLeft(looked)) return E.left({ _tag: 'retry', detail: `${name}: ${looked.left.detail}` })
      if (!isYes(looked.right)) {
        if (looked.right.status === 404) return E.left(failure)
        const why = failureOf(`${name}: ${answer.status}, then`, looked.right)
        return E.left(why._tag === 'refused' ? { _tag: 'inDoubt', detail: why.detail } : why)
      }
      const json = jsonOf(looked.right)
      if (field(json, 'id') !== thing.id) return E.left(failure)
      const state = ekopostState(field(json, 'state'))
      return isDone(state) || state !== 'open' ? E.right({ id: thing.id, state }) : E.left(failure)
    },
  }
}

/** Some answers of 200 hold an error all the same. */
const isYes = (answer: Answer): boolean =>
  answer.status >= 200 && answer.status <= 299 && field(jsonOf(answer), 'error_code') === undefined

/** Ekopost answers 400 to what it checked, and 500 to what it stumbled over, such as an id that is taken. */
const mayBeThere = ({ status }: Answer): boolean =>
  (status >= 200 && status <= 299) || status === 400 || status === 409 || status === 500

const failureOf = (name: string, answer: Answer): ShipmentFailure => {
  const { status, headers } = answer
  const json = jsonOf(answer)
  const code = plainWord(field(json, 'error_code') ?? field(json, 'code'))
  const detail = `${name}: ${status}${code === undefined ? '' : ` ${code}`}`
  const notBefore = status === 429 || status === 503 ? retryAfter(headers, Date.now()) : undefined
  if (notBefore !== undefined) return { _tag: 'retry', detail, notBefore }
  if (status === 401) return { _tag: 'retry', detail: `${detail}; Ekopost did not take letter.apiKey` }
  return { _tag: status === 408 || status === 425 || status === 429 || status >= 500 ? 'retry' : 'refused', detail }
}
