import type { DeliveryReport, NoReport, ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { inDoubt, refused, retry, unsure } from '../../failures.js'
import { joinUrl } from '../../http/api-url.js'
import { field, instantOf, jsonOf, plainWord } from '../../http/json.js'
import { type Answer, isYes as isStatusOfYes, request } from '../../http/request.js'
import { retryAfter } from '../../http/retry-after.js'
import type { EkopostSettings } from './settings.js'
import { type EkopostState, ekopostState, ekopostStatus } from './state.js'

/** One thing with Ekopost, made under an id of our choosing. */
export interface EkopostThing {
  readonly id: string
  readonly state: EkopostState
}

/** One step of a letter: a request that may be made again and again. */
export interface EkopostStep {
  /** For the detail: `campaign`, `close envelope`. */
  readonly name: string
  readonly path: ReadonlyArray<string>
  readonly body?: unknown
  /** Where the thing itself is read, and its id. */
  readonly thing: { readonly path: ReadonlyArray<string>; readonly id: string }
  /** Whether the step has done its work when the thing is in this state. One further along is for the caller to judge. */
  readonly isDone: (state: EkopostState) => boolean
  /** Whether it is this step that sends the letter: up to it nothing has left the house. */
  readonly posts?: true
}

export interface EkopostApi {
  readonly carryOut: (step: EkopostStep, signal: AbortSignal) => Promise<E.Either<ShipmentFailure, EkopostThing>>
  /** How a campaign stands that was closed. */
  readonly report: (campaignId: string, signal: AbortSignal) => Promise<E.Either<NoReport, DeliveryReport | undefined>>
}

export const ekopostApi = ({ apiUrl, apiKey }: Pick<EkopostSettings, 'apiUrl' | 'apiKey'>): EkopostApi => {
  const call = (method: 'GET' | 'POST', path: ReadonlyArray<string>, body: unknown, signal: AbortSignal) =>
    request({
      method,
      url: joinUrl(apiUrl, ...path),
      headers: {
        Authorization: `api-key ${apiKey}`,
        Accept: 'application/json',
        'Content-Type': 'application/json; charset=UTF-8',
      },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  return {
    carryOut: async (step, signal) => {
      const { name, path, body, thing, isDone, posts } = step
      const again = posts ? unsure : retry
      const posted = await call('POST', path, body, signal)
      if (E.isLeft(posted)) return (posted.left.sent === 'no' ? retry : again)(`${name}: ${posted.left.detail}`)
      const answer = posted.right
      if (isYes(answer)) {
        const id = field(jsonOf(answer), 'id')
        if (id === thing.id) {
          const state = ekopostState(field(jsonOf(answer), 'state'))
          return isDone(state) || state !== 'open'
            ? E.right({ id, state })
            : again(`${name}: answered with a yes, and yet not done`)
        }
        if (typeof id !== 'string') return again(`${name}: ${answer.status} without an id`)
        // Nothing is printed before the campaign is closed, and it will not be: without our ids a repeat were a second letter.
        return (posts ? inDoubt : refused)(`${name}: Ekopost gave it another id than the one asked for`)
      }
      const failure = failureOf(step, answer)
      if (!mayBeThere(answer)) return E.left(failure)
      // What was made or closed before is refused as a mistake, in words that are not documented: so it is looked at.
      const looked = await call('GET', thing.path, undefined, signal)
      if (E.isLeft(looked)) return again(`${name}: ${looked.left.detail}`)
      if (!isYes(looked.right)) {
        if (looked.right.status === 404) return E.left(failure)
        const why = failureOf({ name: `${name}: ${answer.status}, then` }, looked.right)
        return why._tag === 'refused' ? inDoubt(why.detail) : E.left(posts ? { ...why, unsure: true } : why)
      }
      const json = jsonOf(looked.right)
      if (field(json, 'id') !== thing.id) return E.left(failure)
      const state = ekopostState(field(json, 'state'))
      return isDone(state) || state !== 'open' ? E.right({ id: thing.id, state }) : E.left(failure)
    },

    report: async (campaignId, signal) => {
      const looked = await call('GET', ['campaigns', campaignId], undefined, signal)
      if (E.isLeft(looked)) return E.left({ detail: `status: ${looked.left.detail}` })
      if (looked.right.status === 404) return E.right(undefined)
      if (!isYes(looked.right)) return E.left(failureOf({ name: 'status' }, looked.right))
      const json = jsonOf(looked.right)
      if (field(json, 'id') !== campaignId) return E.left({ detail: 'status: an answer that says none' })
      const word = field(json, 'state')
      const at = instantOf(field(json, 'state_changed_at'))
      return E.right({
        status: ekopostStatus(word),
        detail: plainWord(word) ?? 'no state',
        transportId: campaignId,
        // The campaign has the key for its id.
        idempotencyKey: campaignId,
        ...(at === undefined ? {} : { at }),
      })
    },
  }
}

/** Some answers of 200 hold an error all the same. */
const isYes = (answer: Answer): boolean => isStatusOfYes(answer) && field(jsonOf(answer), 'error_code') === undefined

/** Ekopost answers 400 to what it checked, and 500 to what it stumbled over, such as an id that is taken. */
const mayBeThere = ({ status }: Answer): boolean =>
  (status >= 200 && status <= 299) || status === 400 || status === 409 || status === 500

type Failure = Exclude<ShipmentFailure, { _tag: 'inDoubt' }>

const failureOf = ({ name, posts }: Pick<EkopostStep, 'name' | 'posts'>, answer: Answer): Failure => {
  const { status, headers } = answer
  const json = jsonOf(answer)
  const code = plainWord(field(json, 'error_code') ?? field(json, 'code'))
  const detail = `${name}: ${status}${code === undefined ? '' : ` ${code}`}`
  const notBefore = status === 429 || status === 503 ? retryAfter(headers, Date.now()) : undefined
  // A server that says when to come back has not worked on it.
  if (notBefore !== undefined) return { _tag: 'retry', detail, notBefore }
  if (status === 401) return { _tag: 'retry', detail: `${detail}; Ekopost did not take letter.apiKey` }
  if (status === 408 || status === 425 || status === 429) return { _tag: 'retry', detail }
  if (status >= 500) return { _tag: 'retry', detail, ...(posts ? { unsure: true } : {}) }
  return { _tag: 'refused', detail }
}
