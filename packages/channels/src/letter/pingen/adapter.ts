import type { DeliveryReport, NoReport, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { inDoubt, refused, retry, unsure } from '../../failures.js'
import { isSafeUrl, joinUrl } from '../../http/api-url.js'
import { field, instantOf, jsonOf, plainWord } from '../../http/json.js'
import { type Answer, isYes, type NoAnswer, request } from '../../http/request.js'
import type { LetterAdapter } from '../adapter.js'
import { type AddressRows, letterPreflight } from '../preflight.js'
import { type PingenStep, pingenFailure, REPEATABLE } from './answers.js'
import { keyInFileName, pingenFileName } from './file-name.js'
import { pingenMetaData } from './meta-data.js'
import type { PingenSettings } from './settings.js'
import { pingenPrice, pingenReport } from './statuses.js'
import { type PingenTokens, pingenTokens } from './token.js'
import { type PingenUpload, type PingenUploads, pingenUploads } from './uploads.js'
import { pingenWebhook } from './webhook.js'
import { pingenZones } from './zones.js'

/** Pingen takes no larger file. */
const LARGEST_PDF = 8_000_000
/** Keys are commonly remembered for a day. */
const KEY_LASTS_MS = 20 * 60 * 60_000
const JSON_API = 'application/vnd.api+json'

type Attempt<A> = Promise<E.Either<ShipmentFailure, A>>

/**
 * Letters by Pingen (API v2): get an upload address, put the PDF there, create the letter.
 *
 * Only the last step makes a letter, and it carries the idempotency key: repeated, it answers with the letter there is.
 * So an answer that was lost is asked for again instead of being in doubt, also after a crash.
 *
 * Sources: Pingen's API documentation, and its own and others' SDKs (July 2026): paths, fields, `Idempotency-Key` of 1 to 64 characters,
 * `Idempotent-Replayed`, `q` of collections, limits by route with `Retry-After`. Not checked: how long a key is remembered, that another
 * content under it is answered 409, and that `q` looks at the names of files (if not, what is under the key stays in doubt).
 */
export const pingenAdapter = (settings: PingenSettings, rows: AddressRows): LetterAdapter => {
  const api: Api = { settings, tokens: pingenTokens(settings), uploads: pingenUploads() }
  return {
    afterCrash: 'resend',
    preflight: letterPreflight(settings.countries, pingenZones, rows),
    send: (shipment, signal) => send(api, shipment, signal),
    report: (transportId, signal) => () => report(api, transportId, signal),
    verifyWebhook: pingenWebhook(settings),
  }
}

interface Api {
  readonly settings: PingenSettings
  readonly tokens: PingenTokens
  readonly uploads: PingenUploads
}

const send = async (api: Api, shipment: Shipment, signal: AbortSignal): Attempt<Sent> => {
  if (shipment.pdf.length > LARGEST_PDF) return refused(`the PDF has ${shipment.pdf.length} bytes; Pingen takes 8 MB`)
  const { idempotencyKey } = shipment
  const before = await earlierLetter(api, shipment, signal)
  if (E.isLeft(before)) return before
  if (before.right !== undefined) return E.right(accepted(before.right, true))
  const kept = api.uploads.get(idempotencyKey)
  const uploaded: E.Either<ShipmentFailure, PingenUpload> =
    kept === undefined ? await upload(api, shipment, signal) : E.right(kept)
  if (E.isLeft(uploaded)) return uploaded
  api.uploads.put(idempotencyKey, uploaded.right)
  const created = await create(api, shipment, uploaded.right, signal)
  if (E.isRight(created) || created.left._tag !== 'retry') api.uploads.drop(idempotencyKey)
  if (E.isRight(created) || created.left._tag !== 'inDoubt') return created
  // A process that began anew has uploaded anew, and so asks for another letter under the same key.
  const there = await letterUnder(api, idempotencyKey, signal)
  return E.isLeft(there) || there.right === undefined ? created : E.right(accepted(there.right, true))
}

/**
 * The letter of an attempt that got no answer, where one did and Pingen has it. Once Pingen may have forgotten the key, creating it under
 * the same key could be a second letter: what is not found then is a person's to look for.
 */
const earlierLetter = async (
  api: Api,
  { idempotencyKey, unsureSince }: Shipment,
  signal: AbortSignal,
): Attempt<PingenLetter | undefined> => {
  if (unsureSince === undefined || Date.now() - Date.parse(unsureSince) < KEY_LASTS_MS) return E.right(undefined)
  const there = await letterUnder(api, idempotencyKey, signal)
  return E.isLeft(there) || there.right !== undefined
    ? there
    : inDoubt('no letter is found, and Pingen may have forgotten the idempotency key of an attempt that got no answer')
}

/** Nothing has left the house when this is done, however it ends. */
const upload = async (api: Api, { pdf }: Shipment, signal: AbortSignal): Attempt<PingenUpload> => {
  const offered = await asked(api, 'upload address', { method: 'GET', path: ['file-upload'] }, signal)
  if (E.isLeft(offered)) return offered
  const attributes = field(jsonOf(offered.right), 'data', 'attributes')
  const url = field(attributes, 'url')
  const signature = field(attributes, 'url_signature')
  if (typeof url !== 'string' || typeof signature !== 'string' || !isSafeUrl(url))
    return retry('upload address: an answer without one')
  // No Authorization: the address itself is the permission, and it is not Pingen's own host.
  const put = await request({ method: 'PUT', url, headers: {}, body: new Uint8Array(pdf), signal })
  if (E.isLeft(put)) return E.left(pingenFailure('upload', put.left))
  if (!isYes(put.right)) return E.left(pingenFailure('upload', put.right))
  const expires = instantOf(field(attributes, 'expires_at'))
  return E.right({ url, signature, expiresAt: expires === undefined ? 0 : Date.parse(expires) })
}

const letters = ({ settings: { organisationId } }: Api): ReadonlyArray<string> => [
  'organisations',
  organisationId,
  'deliveries',
  'letters',
]

const create = async (
  api: Api,
  shipment: Shipment,
  { url, signature }: PingenUpload,
  signal: AbortSignal,
): Attempt<Sent> => {
  const { deliveryProduct, printMode, printSpectrum, autoSend, metaData } = api.settings
  const meta = metaData ? pingenMetaData(shipment.invoice) : undefined
  const answer = await asked(
    api,
    'letter',
    {
      method: 'POST',
      path: letters(api),
      headers: { 'Content-Type': JSON_API, 'Idempotency-Key': shipment.idempotencyKey },
      body: JSON.stringify({
        data: {
          type: 'letters',
          attributes: {
            file_original_name: pingenFileName(shipment.fileName, shipment.idempotencyKey),
            file_url: url,
            file_url_signature: signature,
            // The documents' template has Pingen's own zone on the left; on the right it has the Swedish one.
            address_position: 'left',
            auto_send: autoSend,
            delivery_product: deliveryProduct,
            print_mode: printMode,
            print_spectrum: printSpectrum,
            ...(meta === undefined ? {} : { meta_data: meta }),
          },
        },
      }),
    },
    signal,
  )
  if (E.isLeft(answer)) return answer
  const letter = field(jsonOf(answer.right), 'data')
  const transportId = plainWord(field(letter, 'id'))
  if (transportId === undefined) return unsure(`letter: ${answer.right.status} without a letter; ${REPEATABLE}`)
  return E.right(accepted({ letter, transportId }, answer.right.headers.get('idempotent-replayed') === 'true'))
}

/** A letter as Pingen has it. */
interface PingenLetter {
  readonly letter: unknown
  readonly transportId: string
}

const accepted = ({ letter, transportId }: PingenLetter, already: boolean): Sent => ({
  status: 'accepted',
  detail: [`letter ${transportId}`, ...(already ? ['created by an earlier attempt'] : []), ...pingenPrice(letter)].join(
    ', ',
  ),
  transportId,
})

/** The letter whose file has the intent's key in its name. Not to find it is no proof that it is not there. */
const letterUnder = async (api: Api, key: string, signal: AbortSignal): Attempt<PingenLetter | undefined> => {
  const query = { q: key, 'page[limit]': '20' }
  const answer = await asked(api, 'status', { method: 'GET', path: letters(api), query }, signal)
  if (E.isLeft(answer)) return E.left(later(answer.left))
  const found = field(jsonOf(answer.right), 'data')
  const letter = Array.isArray(found)
    ? found.find((one) => keyInFileName(field(one, 'attributes', 'file_original_name')) === key)
    : undefined
  const transportId = plainWord(field(letter, 'id'))
  return E.right(transportId === undefined ? undefined : { letter, transportId })
}

/** Whatever is the matter with a question, the letter it was about may still be there: asked again, and never given up as not sent. */
const later = (failure: ShipmentFailure): ShipmentFailure => ({ ...failure, _tag: 'retry' })

/** How a letter stands now. */
const report = async (
  api: Api,
  transportId: string,
  signal: AbortSignal,
): Promise<E.Either<NoReport, DeliveryReport | undefined>> => {
  const called = await call(api, { method: 'GET', path: [...letters(api), transportId] }, signal)
  if (E.isLeft(called)) return called
  const answer = called.right
  if (E.isLeft(answer)) return E.left(pingenFailure('status', answer.left))
  if (answer.right.status === 404) return E.right(undefined)
  if (!isYes(answer.right)) return E.left(pingenFailure('status', answer.right))
  const found = pingenReport(field(jsonOf(answer.right), 'data'), api.settings.autoSend)
  return found?.transportId === transportId ? E.right(found) : E.left({ detail: 'status: an answer that says none' })
}

interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: ReadonlyArray<string>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The answer to a step, where it is a yes. */
const asked = async (api: Api, step: PingenStep, what: Call, signal: AbortSignal): Attempt<Answer> => {
  const called = await call(api, what, signal)
  if (E.isLeft(called)) return called
  const answer = called.right
  if (E.isLeft(answer)) return E.left(pingenFailure(step, answer.left))
  return isYes(answer.right) ? answer : E.left(pingenFailure(step, answer.right))
}

/** With a token; where that one is not taken, with one new one. Left, and nothing was asked, where no token is to be had. */
const call = async (
  { settings, tokens }: Api,
  { method, path, query, headers, body }: Call,
  signal: AbortSignal,
): Attempt<E.Either<NoAnswer, Answer>> => {
  for (let renewed = false; ; renewed = true) {
    const token = await tokens.get(signal)
    if (E.isLeft(token)) return token
    const answer = await request({
      method,
      url: `${joinUrl(settings.apiUrl, ...path)}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`,
      headers: { Accept: JSON_API, Authorization: `Bearer ${token.right}`, ...headers },
      signal,
      ...(body === undefined ? {} : { body }),
    })
    if (E.isLeft(answer) || answer.right.status !== 401) return E.right(answer)
    tokens.reject(token.right)
    if (renewed) return E.right(answer)
  }
}
