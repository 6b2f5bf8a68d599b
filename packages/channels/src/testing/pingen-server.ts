import { createHash, randomUUID } from 'node:crypto'
import { faultsAt, json, type Move, type Seen, type StepFault, type TestServer, testServer } from './http-server.js'

export const ORGANISATION = '4f8d1c52-6f0a-4f8e-9d5e-0f4a3f1d7a10'
export const CLIENT = { id: 'klinik-client', secret: 'hemlig&nyckel=1' }
const JSON_API = 'application/vnd.api+json'

export type PingenStep = 'token' | 'upload address' | 'upload' | 'letter' | 'status'
export type Fault = StepFault<PingenStep>

export interface PingenLetter {
  readonly id: string
  readonly key: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly pdf: Buffer
}

/** Pingen's API as it is documented, on loopback. What the documentation does not allow is a violation. */
export interface PingenServer extends TestServer {
  readonly letters: ReadonlyArray<PingenLetter>
  readonly violations: ReadonlyArray<string>
  readonly counts: Readonly<Record<PingenStep, number>>
  readonly expireTokens: () => void
  /** As after some time: a key that comes again is new to it. */
  readonly forgetKeys: () => void
  /** How letters stand, by id: attributes beside those they were made with. */
  readonly stands: Map<string, object>
}

/** A configuration that leads to this server. */
export const configFor = (server: { readonly url: string }, changes: object = {}): object => ({
  provider: 'pingen',
  organisationId: ORGANISATION,
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  apiUrl: server.url,
  identityUrl: server.url,
  ...changes,
})

const error = (status: number, code: string, detail: string, headers: Readonly<Record<string, string>> = {}): Move =>
  json(
    status,
    { errors: [{ code, title: 'Fel', detail, source: { pointer: '/data/attributes/file_url', parameter: '' } }] },
    { 'X-Request-ID': 'req-77', ...headers },
    JSON_API,
  )

export const pingenServer = async (
  faults: ReadonlyArray<Fault> = [],
  { tokenSeconds = 43_200 }: { readonly tokenSeconds?: number } = {},
): Promise<PingenServer> => {
  const letters: Array<PingenLetter> = []
  const violations: Array<string> = []
  const counts: Record<PingenStep, number> = { token: 0, 'upload address': 0, upload: 0, letter: 0, status: 0 }
  const uploads = new Map<string, { readonly signature: string; pdf?: Buffer }>()
  const answers = new Map<string, { readonly body: string; readonly payload: string }>()
  const stands = new Map<string, object>()
  let tokens = new Set<string>()

  const check = (holds: boolean, what: string): void => {
    if (!holds) violations.push(what)
  }
  const at = faultsAt(faults)
  const faulty = (step: PingenStep, work: () => Move): Move => {
    counts[step]++
    return at(step, work)
  }
  const withToken = (seen: Seen, work: () => Move): Move => {
    const [, token] = /^Bearer (\S+)$/.exec(seen.headers.authorization ?? '') ?? []
    check(token !== undefined, 'no bearer token')
    check(seen.headers.accept === JSON_API, 'Accept is not JSON:API')
    return token !== undefined && tokens.has(token) ? work() : error(401, 'access_denied', 'The token is invalid')
  }

  const server: TestServer = await testServer((seen) => {
    const { method, path, headers, body } = seen
    if (method === 'POST' && path === '/auth/access-tokens')
      return faulty('token', () => {
        check(headers['content-type'] === 'application/x-www-form-urlencoded', 'the token form is no form')
        check(headers.authorization === undefined, 'the token request has an Authorization')
        const form = new URLSearchParams(body.toString())
        check([...form.keys()].sort().join() === 'client_id,client_secret,grant_type', 'unknown token fields')
        check(form.get('grant_type') === 'client_credentials', 'another grant type')
        if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret)
          return json(401, { error: 'invalid_client' })
        const token = `t.${randomUUID()}`
        tokens.add(token)
        return json(200, { token_type: 'Bearer', expires_in: tokenSeconds, access_token: token })
      })
    if (method === 'GET' && path === '/file-upload')
      return withToken(seen, () =>
        faulty('upload address', () => {
          const id = randomUUID()
          const signature = `$2y$10$${createHash('sha256').update(id).digest('hex')}`
          uploads.set(id, { signature })
          const expires = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, '+0000')
          const attributes = {
            url: `${server.url}/storage/${id}?X-Amz-Signature=abc`,
            url_signature: signature,
            expires_at: expires,
          }
          return json(200, { data: { id, type: 'file_uploads', attributes } }, {}, JSON_API)
        }),
      )
    const [, upload = ''] = /^\/storage\/([0-9a-f-]+)\?X-Amz-Signature=abc$/.exec(path) ?? []
    if (method === 'PUT' && upload !== '')
      return faulty('upload', () => {
        // A signed address: whatever was not signed for makes the storage refuse.
        check(headers.authorization === undefined, 'the upload shows a login to the storage')
        check(headers['content-type'] === undefined, 'the upload has a content type that was not signed')
        const kept = uploads.get(upload)
        if (kept === undefined) return { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
        check(body.subarray(0, 5).toString() === '%PDF-', 'no PDF was uploaded')
        uploads.set(upload, { ...kept, pdf: body })
        return { status: 200 }
      })
    if (method === 'POST' && path === `/organisations/${ORGANISATION}/deliveries/letters`)
      return withToken(seen, () =>
        faulty('letter', () => {
          const key = String(headers['idempotency-key'] ?? '')
          check(headers['content-type'] === JSON_API, 'the letter is not JSON:API')
          check(key.length >= 1 && key.length <= 64, 'no idempotency key of 1 to 64 characters')
          const payload = body.toString()
          const before = answers.get(key)
          if (before !== undefined)
            return before.payload === payload
              ? {
                  status: 201,
                  headers: { 'Content-Type': JSON_API, 'Idempotent-Replayed': 'true' },
                  body: before.body,
                }
              : error(409, 'idempotency_key_reused', 'Anna Andersson, Storgatan 1')
          const { data } = JSON.parse(payload) as {
            readonly data: { readonly type: string; readonly attributes: Record<string, unknown> }
          }
          const { attributes } = data
          check(Object.keys(data).join() === 'type,attributes' && data.type === 'letters', 'not a letter')
          const known = {
            file_original_name: (value: unknown) =>
              typeof value === 'string' && /^[\x20-\x7e]{1,255}\.pdf$/.test(value),
            file_url: (value: unknown) => typeof value === 'string',
            file_url_signature: (value: unknown) => typeof value === 'string',
            address_position: (value: unknown) => value === 'left' || value === 'right',
            auto_send: (value: unknown) => typeof value === 'boolean',
            delivery_product: (value: unknown) =>
              ['cheap', 'fast', 'bulk', 'premium', 'registered'].includes(String(value)),
            print_mode: (value: unknown) => value === 'simplex' || value === 'duplex',
            print_spectrum: (value: unknown) => value === 'grayscale' || value === 'color',
          }
          for (const [name, fits] of Object.entries(known)) check(fits(attributes[name]), `${name} is wrong`)
          for (const name of Object.keys(attributes))
            check(name in known || name === 'meta_data', `${name} is no field of a letter`)
          const [, id = ''] = /\/storage\/([0-9a-f-]+)\?/.exec(String(attributes.file_url)) ?? []
          const file = uploads.get(id)
          if (file?.pdf === undefined || file.signature !== attributes.file_url_signature)
            return error(422, 'file_not_found', 'The file of Anna Andersson was not found')
          const letter: PingenLetter = { id: randomUUID(), key, attributes, pdf: file.pdf }
          letters.push(letter)
          const text = JSON.stringify({
            data: { id: letter.id, type: 'letters', attributes: { status: 'validating', address: 'Anna Andersson' } },
          })
          answers.set(key, { body: text, payload })
          return { status: 201, headers: { 'Content-Type': JSON_API }, body: text }
        }),
      )
    const [, search] = new RegExp(`^/organisations/${ORGANISATION}/deliveries/letters\\?(.*)$`).exec(path) ?? []
    if (method === 'GET' && search !== undefined)
      return withToken(seen, () =>
        faulty('status', () => {
          const query = new URLSearchParams(search)
          check([...query.keys()].sort().join() === 'page[limit],q', `unknown parameters ${search}`)
          const found = letters.filter((one) =>
            String(one.attributes.file_original_name).includes(query.get('q') ?? ''),
          )
          const data = found.map((one) => ({ id: one.id, type: 'letters', attributes: one.attributes }))
          return json(200, { data }, {}, JSON_API)
        }),
      )
    const [, asked] = new RegExp(`^/organisations/${ORGANISATION}/deliveries/letters/([0-9a-f-]{36})$`).exec(path) ?? []
    if (method === 'GET' && asked !== undefined)
      return withToken(seen, () =>
        faulty('status', () => {
          const letter = letters.find(({ id }) => id === asked)
          if (letter === undefined) return error(404, 'resource_not_found', 'No letter of Anna Andersson')
          const attributes = {
            status: 'validating',
            address: 'Anna Andersson',
            ...letter.attributes,
            ...stands.get(asked),
          }
          return json(200, { data: { id: letter.id, type: 'letters', attributes } }, {}, JSON_API)
        }),
      )
    violations.push(`${method} ${path} is not documented`)
    return json(404, {})
  })
  return {
    ...server,
    letters,
    violations,
    counts,
    stands,
    expireTokens: () => {
      tokens = new Set()
    },
    forgetKeys: () => answers.clear(),
  }
}
