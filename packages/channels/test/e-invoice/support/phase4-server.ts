import { type ApiAnswer, type ApiRequest, apiServer } from '../../../src/testing/api-server.js'
import { contract, ENV, type Provider, type Taken } from '../../../src/testing/providers.js'

/** phase4-peppol-standalone as its PeppolSenderController is written: sends at once, keeps nothing, reports. */
export interface Phase4Server extends Provider {
  /** What the next documents' reports say instead of success; `lookup`: nobody there, nothing was sent. */
  readonly results: Array<string>
}

export const phase4Server = async (): Promise<Phase4Server> => {
  const { breaches, expect } = contract()
  const taken: Array<Taken> = []
  const results: Array<string> = []
  let number = 0

  const answer = ({ method, path, headers, body }: ApiRequest): ApiAnswer => {
    const [sendas4, sender, asked = '', docType, process, country, ...more] = path
    // As its identifiers are written: those of the network's scheme know no capitals.
    const receiver = asked.toLowerCase()
    expect(method === 'POST' && sendas4 === 'sendas4' && more.length === 0, `${method} ${path.join('/')}`)
    if (headers['x-token'] !== ENV.E_INVOICE_KEY) return { status: 403, body: { error: 'Forbidden' } }
    expect(sender === 'iso6523-actorid-upis::0007:5560360793', `sender ${sender}`)
    expect(docType?.startsWith('busdox-docid-qns::urn:oasis:names:specification:ubl') === true, `type ${docType}`)
    expect(process === 'cenbii-procid-ubl::urn:fdc:peppol.eu:2017:poacc:billing:01:1.0', `process ${process}`)
    expect(country === 'SE', `country ${country}`)
    expect(headers['content-type'] === 'application/xml', 'content type')
    const id = `sbdh-${++number}`
    const report = { senderId: sender, receiverId: receiver, sbdhInstanceIdentifier: id, as4ResponseError: false }
    const result = results.shift() ?? 'SUCCESS'
    const yes = result === 'SUCCESS'
    const end = { sendingSuccess: yes, overallSuccess: yes }
    if (result === 'lookup')
      return {
        status: 200,
        body: { receiverId: receiver, sendingException: { class: 'Phase4SMPException', message: 'Anna' }, ...end },
      }
    // Whatever the result says, with these the message had gone out.
    if (result !== 'INVALID_PARAMETERS' && result !== 'AS4_ERROR_MESSAGE_RECEIVED')
      taken.push({ key: id, ubl: body, receiver })
    return { status: 200, body: { ...report, as4MessageId: `${id}@phase4`, sendingResult: result, ...end } }
  }
  const server = await apiServer(answer)
  return {
    server,
    taken,
    breaches,
    registered: new Set(),
    invalid: new Set(),
    results,
    config: { provider: 'phase4', url: server.url, token: { env: 'E_INVOICE_KEY' } },
  }
}
