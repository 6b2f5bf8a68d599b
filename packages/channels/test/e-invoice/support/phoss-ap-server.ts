import { type ApiAnswer, type ApiRequest, apiServer } from '../../../src/testing/api-server.js'
import { contract, ENV, type Provider, type Taken } from '../../../src/testing/providers.js'

const DOC_TYPE =
  /^busdox-docid-qns::urn:oasis:names:specification:ubl:schema:xsd:(Invoice|CreditNote)-2::\1##urn:cen\.eu:en16931:2017#compliant#urn:fdc:peppol\.eu:2017:poacc:billing:3\.0::2\.1$/

/** phoss-ap as its OutboundController is written: it stores, then sends, and looks for no duplicates. */
export interface PhossApServer extends Provider {
  /** By SBDH instance identifier: `pending`, `sent`, `failed` … */
  readonly states: Map<string, { status: string; receiver: string; mls: string }>
  /** What becomes of the next documents when it sends them: `sent` unless said otherwise. */
  readonly sending: Array<'sent' | 'failed' | 'permanently_failed'>
}

export const phossApServer = async (): Promise<PhossApServer> => {
  const { breaches, expect } = contract()
  const taken: Array<Taken> = []
  const states: PhossApServer['states'] = new Map()
  const sending: PhossApServer['sending'] = []
  const invalid = new Set<string>()

  const answer = (request: ApiRequest): ApiAnswer => {
    const { method, path, query, headers, body } = request
    if (headers['x-token'] !== ENV.E_INVOICE_KEY)
      return { status: 401, body: { error: 'Invalid or missing API token' } }
    const [api, outbound, what, ...rest] = path
    expect(api === 'api' && outbound === 'outbound', `path ${path.join('/')}`)
    if (what === 'status' && method === 'GET') {
      expect(query.get('includeArchive') === 'true', 'the archive is asked too')
      const found = states.get(rest[0] ?? '')
      return found === undefined
        ? { status: 404 }
        : {
            status: 200,
            body: {
              id: 'tx',
              transactionType: 'business_document',
              receiverID: found.receiver,
              sbdhInstanceID: rest[0],
              status: found.status,
              mlsStatus: found.mls,
            },
          }
    }
    expect(what === 'submit' && method === 'POST', `${method} ${path.join('/')}`)
    const [sender, receiver = '', docType = '', process, country] = rest
    const key = query.get('sbdhInstanceID') ?? ''
    expect(sender === 'iso6523-actorid-upis::0007:5560360793', `sender ${sender}`)
    expect(/^iso6523-actorid-upis::\d{4}:.+$/.test(receiver), `receiver ${receiver}`)
    expect(DOC_TYPE.test(docType), `document type ${docType}`)
    expect(process === 'cenbii-procid-ubl::urn:fdc:peppol.eu:2017:poacc:billing:01:1.0', `process ${process}`)
    expect(country === 'SE' && rest.length === 5, `country ${country}`)
    expect(/^[0-9a-f-]{36}$/.test(key), `key ${key}`)
    expect(/^application\/xml/.test(headers['content-type'] ?? ''), 'content type')
    expect(
      docType.includes(body.includes('<Invoice') ? '::Invoice##' : '::CreditNote##'),
      'document type of the document',
    )
    if ([...invalid].some((number) => body.includes(`<cbc:ID>${number}</cbc:ID>`)))
      return { status: 400, body: JSON.stringify('Failed to submit outbound transaction') }

    const status = sending.shift() ?? 'sent'
    states.set(key, { status, receiver, mls: 'pending' })
    taken.push({ key, ubl: body, receiver })
    const report = {
      sbdhInstanceIdentifier: key,
      senderId: sender,
      receiverId: receiver,
      sendingSuccess: status === 'sent',
      overallSuccess: status === 'sent',
    }
    return { status: status === 'sent' ? 200 : 422, body: report }
  }
  const server = await apiServer(answer, ({ method }) => method === 'POST')
  return {
    server,
    taken,
    breaches,
    registered: new Set(),
    invalid,
    states,
    sending,
    config: { provider: 'phoss-ap', url: server.url, token: { env: 'E_INVOICE_KEY' } },
  }
}
