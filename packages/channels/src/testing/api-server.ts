import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came in, whole. */
export interface ApiRequest {
  readonly method: string
  /** Path, unescaped part by part, without the query. */
  readonly path: ReadonlyArray<string>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface ApiAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/**
 * What goes wrong with one request. `Before`: it is not worked on; `After`: it is, and only its answer is lost.
 * - `limit`: 429 with Retry-After; `busy`: 503 with Retry-After; `error`: 500; `login`: 401, all of them before
 * - `page`: 200 with something that is no answer, as a proxy says it
 * - `errorAfter`, `pageAfter`: the same after the request was worked on
 */
export type Fault =
  | 'limit'
  | 'busy'
  | 'error'
  | 'login'
  | 'page'
  | 'hangBefore'
  | 'hangAfter'
  | 'cutBefore'
  | 'cutAfter'
  | 'errorAfter'
  | 'pageAfter'
  | 'endlessAfter'

/** A small server of somebody's API on loopback. */
export interface ApiServer {
  readonly url: string
  readonly requests: ReadonlyArray<ApiRequest>
  /** Taken one by one by the requests that `isHit` chooses; `undefined`: that one goes well. */
  readonly faults: Array<Fault | undefined>
  readonly close: () => Promise<void>
}

export const apiServer = async (
  answer: (request: ApiRequest) => ApiAnswer,
  isHit: (request: ApiRequest) => boolean = () => true,
): Promise<ApiServer> => {
  const requests: Array<ApiRequest> = []
  const faults: Array<Fault | undefined> = []
  const server = createServer((incoming, response) => {
    const chunks: Array<Buffer> = []
    incoming.on('error', () => {})
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://server')
      const request: ApiRequest = {
        method: incoming.method ?? '',
        path: url.pathname.split('/').slice(1).map(decodeURIComponent),
        query: url.searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      requests.push(request)
      respond(response, request, isHit(request) ? faults.shift() : undefined)
    })
  })

  const respond = (response: ServerResponse, request: ApiRequest, fault: Fault | undefined): void => {
    const say = ({ status, headers = {}, body }: ApiAnswer): void => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
      response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body))
    }
    const said = BEFORE[fault ?? ''] ?? (fault === 'hangBefore' || fault === 'cutBefore' ? undefined : answer(request))
    if (fault === 'cutBefore' || fault === 'cutAfter') response.socket?.destroy()
    else if (fault === 'errorAfter') say({ status: 502, body: 'Anna Andersson' })
    else if (fault === 'pageAfter') say(PAGE)
    else if (fault === 'endlessAfter') {
      response.writeHead(200)
      const timer = setInterval(() => response.write(' '.repeat(262_144)), 1)
      response.on('close', () => clearInterval(timer))
    } else if (said !== undefined && fault !== 'hangAfter') say(said)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const PAGE: ApiAnswer = { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>Anna Andersson</html>' }

/** What is answered without working on the request. */
const BEFORE: Readonly<Record<string, ApiAnswer>> = {
  limit: { status: 429, headers: { 'Retry-After': '17' } },
  busy: { status: 503, headers: { 'Retry-After': '17' } },
  error: { status: 500, body: 'Anna Andersson' },
  login: { status: 401, body: { error: 'expired' } },
  page: PAGE,
}
