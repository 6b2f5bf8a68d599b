import { randomUUID } from 'node:crypto'
import { type ApiAnswer, type ApiRequest, apiServer } from './api-server.js'
import { contract, ENV, type Provider, type Taken } from './providers.js'

/** Storecove by its API v2 (OpenAPI document): errors are a list of `{source, details}`. */
export interface StorecoveServer extends Provider {
  /** Submissions that the recipient's access point has receipted. */
  readonly receipted: Set<string>
  readonly guids: Map<string, string>
}

export const storecoveServer = async (): Promise<StorecoveServer> => {
  const { breaches, expect } = contract()
  const taken: Array<Taken> = []
  const guids = new Map<string, string>()
  const receipted = new Set<string>()
  const registered = new Set(['SE:ORGNR 5567212047'])
  const invalid = new Set<string>()

  const answer = ({ method, path, headers, body }: ApiRequest): ApiAnswer => {
    if (headers.authorization !== `Bearer ${ENV.E_INVOICE_KEY}`) return { status: 401 }
    expect(headers.accept === 'application/json', 'accept')
    const route = `${method} ${path.join('/')}`
    const evidence = /^GET api\/v2\/document_submissions\/([^/]+)\/evidence\/sending$/.exec(route)?.[1]
    if (evidence !== undefined)
      return receipted.has(evidence)
        ? { status: 200, body: { guid: evidence, network: 'peppol', evidence: { message_id: 'm' }, documents: [] } }
        : { status: 404 }
    expect(headers['content-type'] === 'application/json', 'content type')
    const json = JSON.parse(body)
    if (route === 'POST api/v2/discovery/receives') {
      expect(
        JSON.stringify(Object.keys(json).sort()) ===
          JSON.stringify(['documentTypes', 'identifier', 'metaScheme', 'network', 'scheme']),
        `fields of discovery ${Object.keys(json)}`,
      )
      expect(json.network === 'peppol' && json.metaScheme === 'iso6523-actorid-upis', 'network')
      expect(JSON.stringify(json.documentTypes) === '["invoice"]', 'documentTypes')
      return { status: 200, body: { code: registered.has(`${json.scheme} ${json.identifier}`) ? 'OK' : 'NOK' } }
    }
    expect(route === 'POST api/v2/document_submissions', route)
    expect(json.legalEntityId === 4711, 'legalEntityId')
    expect(/^[0-9a-f-]{36}$/.test(json.idempotencyGuid), 'idempotencyGuid')
    const raw = json.document.rawDocumentData
    expect(json.document.documentType === 'invoice', 'documentType')
    expect(raw.parse === true && raw.parseStrategy === 'ubl', 'parse')
    const [to] = json.routing.eIdentifiers
    expect(json.routing.eIdentifiers.length === 1 && json.routing.emails === undefined, 'one recipient, and no e-mail')
    if (guids.has(json.idempotencyGuid))
      return { status: 422, body: [{ source: 'idempotencyGuid', details: 'has already been used' }] }
    const ubl = Buffer.from(raw.document, 'base64').toString('utf8')
    if ([...invalid].some((number) => ubl.includes(`<cbc:ID>${number}</cbc:ID>`)))
      return { status: 422, body: [{ source: 'document', details: 'BR-CO-10 is broken for Anna Andersson' }] }
    const guid = randomUUID()
    guids.set(json.idempotencyGuid, guid)
    taken.push({ key: json.idempotencyGuid, ubl, receiver: `${to.scheme}:${to.id}` })
    return { status: 200, body: { guid } }
  }
  const server = await apiServer(answer, ({ path }) => path.at(-1) === 'document_submissions')
  return {
    server,
    taken,
    breaches,
    registered,
    invalid,
    receipted,
    guids,
    config: {
      provider: 'storecove',
      url: `${server.url}/api/v2`,
      apiKey: { env: 'E_INVOICE_KEY' },
      legalEntityId: 4711,
      webhook: { header: 'X-Hook', secret: { env: 'E_INVOICE_HOOK' } },
    },
  }
}
