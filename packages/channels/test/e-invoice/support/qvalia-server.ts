import { randomUUID } from 'node:crypto'
import { type ApiAnswer, type ApiRequest, apiServer } from '../../../src/testing/api-server.js'
import { contract, ENV, type Provider, type Taken } from '../../../src/testing/providers.js'

/** Qvalia by its documentation of 2026: the same key answers as the first time, the same document under another key 409. */
export interface QvaliaServer extends Provider {
  /** Answers by idempotency key; cleared, as Qvalia does after a day. */
  readonly keys: Map<string, string>
  /** Statuses by integrationId. */
  readonly statuses: Map<string, unknown>
  /** Documents that stand there, also others'. */
  readonly stored: Array<{
    collection: string
    integrationId: string
    documentId: string
    sender: string
    receiver: string
  }>
}

export const qvaliaServer = async (): Promise<QvaliaServer> => {
  const { breaches, expect } = contract()
  const taken: Array<Taken> = []
  const keys = new Map<string, string>()
  const statuses = new Map<string, unknown>()
  const stored: QvaliaServer['stored'] = []
  const registered = new Set(['0007:5567212047'])
  const invalid = new Set<string>()

  const answer = ({ method, path, query, headers, body }: ApiRequest): ApiAnswer => {
    if (headers.authorization !== ENV.E_INVOICE_KEY) return { status: 401, body: { error: 'Unauthorized' } }
    const [partner, p, ...rest] = path
    expect(partner === 'partner' && p === 'SE5560360793', `partner ${path.join('/')}`)
    if (rest[0] === 'peppol') {
      expect(method === 'GET' && rest[1] === 'lookup', 'lookup')
      expect(/^(Invoice|CreditNote)$/.test(query.get('docTypeRoot') ?? ''), 'docTypeRoot')
      const exists = registered.has(rest[2] ?? '')
      return exists
        ? { status: 200, body: { status: 'success', data: { exists, rootDocTypeExists: true, matches: [] } } }
        : { status: 204 }
    }
    const [transaction, account, collection = '', outgoing, what] = rest
    expect(transaction === 'transaction' && account === 'SE111', `account ${account}`)
    expect(/^(invoices|creditnotes)$/.test(collection) && outgoing === 'outgoing', `collection ${rest.join('/')}`)
    if (method === 'GET' && what === 'status') {
      const id = query.get('integrationId') ?? ''
      const isThere = stored.some((one) => one.collection === collection && one.integrationId === id)
      return isThere
        ? {
            status: 200,
            body: { status: 'success', data: [{ integrationId: id, metadata: { status: statuses.get(id) } }] },
          }
        : { status: 204 }
    }
    if (method === 'GET') {
      expect(query.get('includeRead') === 'true', 'includeRead')
      const found = stored.filter((one) => one.collection === collection && one.documentId === query.get('documentId'))
      const party = (id: string): unknown => [
        { 'cac:Party': [{ 'cbc:EndpointID': [{ _: id, $: { schemeID: '0007' } }] }] },
      ]
      return found.length === 0
        ? { status: 204 }
        : {
            status: 200,
            body: {
              status: 'success',
              data: found.map(({ integrationId, sender, receiver }) => ({
                integrationId,
                [collection === 'invoices' ? 'Invoice' : 'CreditNote']: {
                  'cac:AccountingSupplierParty': party(sender),
                  'cac:AccountingCustomerParty': party(receiver),
                },
              })),
            },
          }
    }
    const key = String(headers['idempotency-key'] ?? '')
    expect(method === 'POST' && what === undefined, `${method} ${path.join('/')}`)
    expect(/^[0-9a-f-]{36}$/.test(key), `Idempotency-Key ${key}`)
    expect(headers['content-type'] === 'application/xml', 'content type')
    expect((collection === 'invoices') === body.includes('<Invoice'), 'the collection of the document')
    const known = keys.get(key)
    if (known !== undefined) return { status: 200, body: { status: 'success', data: { integrationId: known } } }
    const documentId = /<cbc:ID>([^<]*)</.exec(body)?.[1] ?? ''
    const [sender = '', receiver = ''] = [...body.matchAll(/EndpointID schemeID="0007">(\d+)</g)].map(([, id]) => id)
    if (stored.some((one) => one.documentId === documentId && one.receiver.replace(/-/g, '') === receiver))
      return { status: 409, body: { status: 'error', data: 'duplicate' } }
    if (invalid.has(documentId))
      return { status: 422, body: { status: 'error', metadata: { description: 'BR-CO-10: Anna Andersson' } } }
    const integrationId = randomUUID()
    keys.set(key, integrationId)
    stored.push({ collection, integrationId, documentId, sender, receiver })
    taken.push({ key, ubl: body, receiver: `0007:${receiver}` })
    return { status: 200, body: { status: 'success', data: { invoice_id: documentId, integrationId } } }
  }
  const server = await apiServer(answer, ({ method }) => method === 'POST')
  return {
    server,
    taken,
    breaches,
    registered,
    invalid,
    keys,
    statuses,
    stored,
    config: {
      provider: 'qvalia',
      url: server.url,
      apiKey: { env: 'E_INVOICE_KEY' },
      partner: 'SE5560360793',
      account: 'SE111',
      webhookSecret: { env: 'E_INVOICE_HOOK' },
    },
  }
}
