import type { Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import { either as E } from 'fp-ts'
import type { LetterAdapter } from '../adapter.js'
import { isSafeUrl, joinUrl } from '../http/api-url.js'
import { type Answer, field, jsonOf, type NoAnswer, plainWord, request } from '../http/request.js'
import { letterPreflight } from '../preflight.js'
import { type PingenStep, pingenFailure } from './answers.js'
import { pingenFileName } from './file-name.js'
import { pingenMetaData } from './meta-data.js'
import type { PingenSettings } from './settings.js'
import { type PingenTokens, pingenTokens } from './token.js'
import { type PingenUpload, type PingenUploads, pingenUploads } from './uploads.js'

/** Pingen takes no larger file. */
const LARGEST_PDF = 8_000_000
const JSON_API = 'application/vnd.api+json'

type Attempt<A> = Promise<E.Either<ShipmentFailure, A>>

/**
 * Letters by Pingen (API v2): get an upload address, put the PDF there, create the letter.
 *
 * Only the last step makes a letter, and it carries the idempotency key: repeated, it answers with the letter there is.
 * So an answer that was lost is asked for again instead of being in doubt, also after a crash.
 */
export const pingenAdapter = (settings: PingenSettings): LetterAdapter => {
  const api: Api = { settings, tokens: pingenTokens(settings), uploads: pingenUploads() }
  return {
    afterCrash: 'resend',
    preflight: letterPreflight(settings.countries),
    send: (shipment, signal) => send(api, shipment, signal),
  }
}

interface Api {
  readonly settings: PingenSettings
  readonly tokens: PingenTokens
  readonly uploads: PingenUploads
}

const send = async (api: Api, shipment: Shipment, signal: AbortSignal): Attempt<Sent> => {
  if (shipment.pdf.length > LARGEST_PDF)
    return E.left({ _tag: 'refused', detail: `the PDF has ${shipment.pdf.length} bytes; Pingen takes 8 MB` })
  const { idempotencyKey } = shipment
  const kept = api.uploads.get(idempotencyKey)
  const uploaded: E.Either<ShipmentFailure, PingenUpload> =
    kept === undefined ? await upload(api, shipment, signal) : E.right(kept)
  if (E.isLeft(uploaded)) return uploaded
  api.uploads.put(idempotencyKey, uploaded.right)
  const created = await create(api, shipment, uploaded.right, signal)
  if (E.isRight(created) || created.left._tag !== 'retry') api.uploads.drop(idempotencyKey)
  return created
}

/** Nothing has left the house when this is done, however it ends. */
const upload = async (api: Api, { pdf }: Shipment, signal: AbortSignal): Attempt<PingenUpload> => {
  const offered = await call(api, 'upload address', { method: 'GET', path: 'file-upload' }, signal)
  if (E.isLeft(offered)) return offered
  const attributes = field(jsonOf(offered.right), 'data', 'attributes')
  const url = field(attributes, 'url')
  const signature = field(attributes, 'url_signature')
  if (typeof url !== 'string' || typeof signature !== 'string' || !isSafeUrl(url))
    return E.left({ _tag: 'retry', detail: 'upload address: an answer without one' })
  // No Authorization: the address itself is the permission, and it is not Pingen's own host.
  const put = await request({ method: 'PUT', url, headers: {}, body: new Uint8Array(pdf), signal })
  if (E.isLeft(put)) return E.left({ _tag: 'retry', detail: `upload: ${put.left.detail}` })
  if (!isYes(put.right)) return E.left(pingenFailure('upload', put.right))
  const expires = field(attributes, 'expires_at')
  const expiresAt = typeof expires === 'string' ? Date.parse(expires.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')) : Number.NaN
  return E.right({ url, signature, expiresAt: Number.isNaN(expiresAt) ? 0 : expiresAt })
}

const create = async (
  api: Api,
  shipment: Shipment,
  { url, signature }: PingenUpload,
  signal: AbortSignal,
): Attempt<Sent> => {
  const { organisationId, deliveryProduct, printMode, printSpectrum, autoSend, metaData } = api.settings
  const meta = metaData ? pingenMetaData(shipment.invoice) : undefined
  const answer = await call(
    api,
    'letter',
    {
      method: 'POST',
      path: `organisations/${encodeURIComponent(organisationId)}/deliveries/letters`,
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
  const id = plainWord(field(jsonOf(answer.right), 'data', 'id'))
  if (id === undefined)
    return E.left({ _tag: 'retry', detail: `letter: ${answer.right.status} without a letter; ${REPEATABLE}` })
  const replayed = answer.right.headers.get('idempotent-replayed') === 'true' ? ', created by an earlier attempt' : ''
  return E.right({ status: 'accepted', detail: `letter ${id}${replayed}` })
}

const REPEATABLE = 'it may have been taken, and the idempotency key makes asking again safe'

interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** With a token; where that one is not taken, with one new one. */
const call = async (
  { settings, tokens }: Api,
  step: PingenStep,
  { method, path, headers, body }: Call,
  signal: AbortSignal,
): Attempt<Answer> => {
  const once = async (): Promise<
    E.Either<ShipmentFailure, { readonly token: string; readonly answer: E.Either<NoAnswer, Answer> }>
  > => {
    const token = await tokens.get(signal)
    if (E.isLeft(token)) return token
    const answer = await request({
      method,
      url: joinUrl(settings.apiUrl, path),
      headers: { Accept: JSON_API, Authorization: `Bearer ${token.right}`, ...headers },
      signal,
      ...(body === undefined ? {} : { body }),
    })
    return E.right({ token: token.right, answer })
  }
  for (let renewed = false; ; renewed = true) {
    const result = await once()
    if (E.isLeft(result)) return result
    const { token, answer } = result.right
    if (E.isLeft(answer))
      return E.left({
        _tag: 'retry',
        detail: `${step}: ${answer.left.detail}${step === 'letter' ? `; ${REPEATABLE}` : ''}`,
      })
    if (answer.right.status === 401) {
      tokens.reject(token)
      if (!renewed) continue
    }
    return isYes(answer.right) ? E.right(answer.right) : E.left(pingenFailure(step, answer.right))
  }
}

const isYes = ({ status }: Answer): boolean => status >= 200 && status <= 299
