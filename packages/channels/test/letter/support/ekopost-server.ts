import {
  faultsAt,
  json,
  type Reply,
  type Seen,
  type StepFault,
  type TestServer,
  testServer,
} from '../../../src/testing/http-server.js'

export const API_KEY = 'YiuyotGtRNDXik56lgq6'

export type EkopostStep = 'campaign' | 'envelope' | 'content' | 'close envelope' | 'close campaign' | 'look'
export type EkopostFault = StepFault<EkopostStep>

interface Content {
  readonly id: string
  readonly bytes: Buffer
}
export interface EkopostEnvelope {
  readonly id: string
  readonly fields: Readonly<Record<string, unknown>>
  state: string
  readonly contents: Array<Content>
}
export interface EkopostCampaign {
  readonly id: string
  readonly fields: Readonly<Record<string, unknown>>
  state: string
  readonly envelopes: Array<EkopostEnvelope>
}

/** Ekopost's API as it is documented, on loopback. What the documentation does not allow is a violation. */
export interface EkopostServer extends TestServer {
  readonly campaigns: ReadonlyArray<EkopostCampaign>
  readonly violations: ReadonlyArray<string>
  /** Documents that were printed: those of closed envelopes in closed campaigns. */
  readonly printed: () => ReadonlyArray<Buffer>
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

/** `duplicates`: what the server answers to an id that is taken. Nothing documents it, so each way must do. */
export const ekopostServer = async (
  faults: ReadonlyArray<EkopostFault> = [],
  { duplicates = 400, givesIds = false }: { readonly duplicates?: 400 | 409 | 500; readonly givesIds?: boolean } = {},
): Promise<EkopostServer> => {
  const campaigns: Array<EkopostCampaign> = []
  const violations: Array<string> = []
  const check = (holds: boolean, what: string): void => {
    if (!holds) violations.push(what)
  }
  const faulty = faultsAt(faults)
  const error = (status: number, code: number): Reply =>
    json(status, { error_code: code, message: 'Anna Andersson, Storgatan 12' })
  const bodyOf = (seen: Seen, known: ReadonlyArray<string>, required: ReadonlyArray<string>) => {
    const body = JSON.parse(seen.body.toString()) as Record<string, unknown>
    for (const key of Object.keys(body)) check(known.includes(key), `${key} is not documented`)
    for (const key of required) check(body[key] !== undefined, `${key} is missing`)
    check(new RegExp(`^${UUID}$`).test(String(body.id)), 'an id that is no UUID')
    return givesIds ? { ...body, id: '00000000-0000-4000-8000-000000000000' } : body
  }
  const shown = (thing: EkopostCampaign | EkopostEnvelope): Reply =>
    json(200, {
      ...thing.fields,
      id: thing.id,
      state: thing.state,
      created_at: '2026-03-01T12:00:00',
      state_changed_at: '2026-03-01T12:00:00',
    })

  const server = await testServer((seen) => {
    const { method, path, headers } = seen
    if (headers.authorization !== `api-key ${API_KEY}`) return { status: 401, body: '' }
    check(headers['content-type'] === 'application/json; charset=UTF-8', 'the content type is not JSON in UTF-8')
    const [, campaignId, envelopeId, contentId] =
      new RegExp(`^/campaigns/(${UUID})(?:/envelopes/(${UUID}))?(?:/content/(${UUID}))?(?:/|$)`).exec(path) ?? []
    const campaign = campaigns.find(({ id }) => id === campaignId)
    const envelope = campaign?.envelopes.find(({ id }) => id === envelopeId)

    if (method === 'GET')
      return faulty('look', () => {
        check(seen.body.length === 0, 'a GET with a body')
        if (contentId !== undefined) {
          const content = envelope?.contents.find(({ id }) => id === contentId)
          return content === undefined
            ? error(404, 404)
            : json(200, { id: content.id, mime: 'application/pdf', length: content.bytes.length })
        }
        const thing = envelopeId === undefined ? campaign : envelope
        return thing === undefined ? error(404, 404) : shown(thing)
      })
    if (method !== 'POST') {
      violations.push(`${method} ${path} is not documented`)
      return error(404, 404)
    }
    if (path === '/campaigns')
      return faulty('campaign', () => {
        const fields = bodyOf(seen, ['id', 'name', 'output_date', 'cost_center', 'signing'], ['name'])
        if (campaigns.some(({ id }) => id === fields.id)) return error(duplicates, 1001)
        const made: EkopostCampaign = { id: String(fields.id), fields, state: 'opened', envelopes: [] }
        campaigns.push(made)
        return shown(made)
      })
    if (campaign === undefined) return error(404, 404)
    if (path === `/campaigns/${campaign.id}/envelopes`)
      return faulty('envelope', () => {
        const fields = bodyOf(seen, ['id', 'name', 'address', 'postage', 'plex', 'color'], ['name', 'address'])
        const address = fields.address as Record<string, unknown>
        check(
          Object.keys(address).sort().join() === '$type,city,country,name,postal_code,street,use_coverpage',
          'the address has other fields',
        )
        check(address.$type === 'postal' && Array.isArray(address.name) && Array.isArray(address.street), 'no address')
        check(fields.postage === 'economy' || fields.postage === 'priority', 'the postage')
        check(fields.plex === 'simplex' || fields.plex === 'duplex', 'the plex')
        check(typeof fields.color === 'boolean', 'the colour')
        if (campaign.state !== 'opened') return error(400, 1002)
        if (campaign.envelopes.some(({ id }) => id === fields.id)) return error(duplicates, 1001)
        const made: EkopostEnvelope = { id: String(fields.id), fields, state: 'opened', contents: [] }
        campaign.envelopes.push(made)
        return shown(made)
      })
    if (path === `/campaigns/${campaign.id}/close`)
      return faulty('close campaign', () => {
        if (campaign.state !== 'opened') return error(400, 1003)
        check(
          campaign.envelopes.length === 1 && campaign.envelopes.every(({ state }) => state === 'closed'),
          'the campaign is closed with an open envelope',
        )
        campaign.state = 'closed'
        return shown(campaign)
      })
    if (envelope === undefined) return error(404, 404)
    const base = `/campaigns/${campaign.id}/envelopes/${envelope.id}`
    if (path === `${base}/content`)
      return faulty('content', () => {
        const fields = bodyOf(seen, ['id', 'mime', 'length', 'type', 'data'], ['mime', 'length', 'type', 'data'])
        const bytes = Buffer.from(String(fields.data), 'base64')
        check(fields.mime === 'application/pdf' && fields.type === 'document', 'no document')
        check(fields.length === bytes.length && bytes.toString('base64') === fields.data, 'the length is wrong')
        if (envelope.state !== 'opened') return error(400, 1004)
        if (envelope.contents.some(({ id }) => id === fields.id)) return error(duplicates, 1001)
        envelope.contents.push({ id: String(fields.id), bytes })
        return json(200, { id: fields.id, mime: fields.mime, length: fields.length, type: fields.type })
      })
    if (path === `${base}/close`)
      return faulty('close envelope', () => {
        if (envelope.state !== 'opened') return error(400, 1005)
        check(envelope.contents.length === 1, 'the envelope is closed without its document')
        envelope.state = 'closed'
        return shown(envelope)
      })
    violations.push(`${method} ${path} is not documented`)
    return error(404, 404)
  })
  return {
    ...server,
    campaigns,
    violations,
    printed: () =>
      campaigns
        .filter(({ state }) => state === 'closed')
        .flatMap(({ envelopes }) => envelopes.filter(({ state }) => state === 'closed'))
        .flatMap(({ contents }) => contents.map(({ bytes }) => bytes)),
  }
}
