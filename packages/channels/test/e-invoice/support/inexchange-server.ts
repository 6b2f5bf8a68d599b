import { randomUUID } from 'node:crypto'
import { type ApiAnswer, type ApiRequest, apiServer } from '../../../src/testing/api-server.js'
import { contract, ENV, type Provider, type Taken } from '../../../src/testing/providers.js'

/** InExchange by its API v1: tokens that expire, documents uploaded and then sent, a list to look in. */
export interface InExchangeServer extends Provider {
  readonly parties: Array<Record<string, unknown>>
  readonly documents: Array<{ id: string; erpDocumentId: string; currentStatus: { status: string } }>
  /** Tokens that are good. */
  readonly tokens: Set<string>
  /** The list shows documents only after so many looks. */
  lag: number
}

export const inExchangeServer = async (): Promise<InExchangeServer> => {
  const { breaches, expect } = contract()
  const taken: Array<Taken> = []
  const uploads = new Map<string, string>()
  const tokens = new Set<string>()
  const documents: InExchangeServer['documents'] = []
  const parties: InExchangeServer['parties'] = [
    {
      companyId: 'company-1',
      orgNo: '556721-2047',
      gln: '',
      peppolParticipantIdentifiers: ['0007:5567212047'],
      receiveElectronicInvoiceCapability: 'ReceivingElectronicInvoices',
    },
  ]
  const invalid = new Set<string>()

  const answer = ({ method, path, headers, body }: ApiRequest): ApiAnswer => {
    const route = `${method} ${path.join('/')}`
    if (route === 'POST v1/api/clientTokens/create') {
      expect(JSON.parse(body).erpId === 'klinik-1', 'erpId')
      if (headers.apikey !== ENV.E_INVOICE_KEY) return { status: 401 }
      const token = randomUUID()
      tokens.add(token)
      return { status: 200, body: { token } }
    }
    if (!tokens.has(String(headers.clienttoken))) return { status: 401 }
    expect(headers.apikey === undefined, 'the software’s key goes nowhere else')
    const json = /json/.test(headers['content-type'] ?? '') ? JSON.parse(body) : undefined
    if (route === 'POST v1/api/buyerparties/lookup') {
      expect(json.partyId !== undefined && /^\d{4}:/.test(json.peppolParticipantIdentifier), 'lookup')
      return { status: 200, body: { parties, potentialMatches: parties.length, exactHit: parties.length === 1 } }
    }
    if (route === 'POST v1/api/documents') {
      expect(headers['content-type'] === 'application/xml', 'content type')
      expect(/^attachment; filename="[A-Za-z0-9._-]+\.xml"$/.test(headers['content-disposition'] ?? ''), 'file name')
      const uri = `urn:document:${randomUUID()}`
      uploads.set(uri, body)
      return { status: 201, headers: { Location: uri } }
    }
    if (route === 'POST v1/api/documents/outbound/list') {
      expect(json.take === 100 && json.skip % 100 === 0 && Date.parse(json.createdFrom) < Date.now(), 'list')
      const shown = server.lag > 0 ? [] : documents.slice(json.skip, json.skip + json.take)
      server.lag--
      return { status: 200, body: { documents: shown, totalCount: documents.length } }
    }
    const id = /^GET v1\/api\/invoices\/outbound\/([^/]+)$/.exec(route)?.[1]
    if (id !== undefined) {
      const found = documents.find((document) => document.id === id)
      return found === undefined ? { status: 404 } : { status: 200, body: found }
    }
    expect(route === 'POST v1/api/documents/outbound', route)
    const { sendDocumentAs, document } = json
    expect(
      JSON.stringify(sendDocumentAs) === '{"type":"Electronic","electronic":{"recipientId":"company-1"}}',
      `only as an e-invoice: ${JSON.stringify(sendDocumentAs)}`,
    )
    expect(document.documentFormat === 'bis3', 'documentFormat')
    const ubl = uploads.get(document.documentUri)
    if (ubl === undefined) return { status: 400, body: { message: 'no such document' } }
    if ([...invalid].some((number) => ubl.includes(`<cbc:ID>${number}</cbc:ID>`)))
      return { status: 400, body: { message: 'BR-CO-10: Anna Andersson' } }
    const made = randomUUID()
    documents.push({ id: made, erpDocumentId: document.erpDocumentId, currentStatus: { status: 'Pending' } })
    taken.push({ key: document.erpDocumentId, ubl, receiver: '0007:5567212047' })
    return { status: 202, headers: { Location: `https://api.inexchange.com/v1/api/invoices/outbound/${made}` } }
  }
  const api = await apiServer(answer, ({ path }) => path.at(-1) === 'outbound')
  const server: InExchangeServer = {
    server: api,
    taken,
    breaches,
    registered: new Set(),
    invalid,
    parties,
    documents,
    tokens,
    lag: 0,
    config: {
      provider: 'inexchange',
      url: `${api.url}/v1/api`,
      apiKey: { env: 'E_INVOICE_KEY' },
      erpId: 'klinik-1',
    },
  }
  return server
}
