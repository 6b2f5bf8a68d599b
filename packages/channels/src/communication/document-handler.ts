import type { IncomingMessage, ServerResponse } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import type { Links, OpenedDocument } from './links.js'

/** What the host lends the handler: its login, and the documents. */
export interface DocumentHandlerOptions {
  readonly links: Links
  /** Who is logged in, by the host's own session; `undefined`: nobody. */
  readonly authenticate: (request: IncomingMessage) => string | undefined | Promise<string | undefined>
  /** The issued document of a delivery, those very bytes; `undefined` where it was erased. */
  readonly pdf: (deliveryId: string) => Promise<{ readonly bytes: Uint8Array; readonly fileName: string } | undefined>
  /**
   * Told at every opening, with the time of the first: for recording `DocumentOpened` under an id made of the delivery's, which
   * is then recorded once. The document is not served where it fails, so no opening is lost.
   */
  readonly onOpened?: (opened: OpenedDocument) => Promise<void>
}

/** A request listener of `node:http`. */
export type DocumentHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Serves documents by their links, for a host to mount at the path of `documentsUrl` (in `node:http`, or in Express by `app.use`).
 *
 * Who is not logged in is told so before the link is looked at. A link that does not exist, one of another client and one whose
 * document is gone are answered alike, to the letter and by the same work: whoever tries links learns nothing.
 */
export const documentHandler =
  (options: DocumentHandlerOptions): DocumentHandler =>
  (request, response) => {
    answered(options, request).then(
      (answer) => say(request, response, answer),
      // Whatever failed, its words are not for the network.
      () => say(request, response, UNAVAILABLE),
    )
  }

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

const words = (swedish: string, english: string): string => `${swedish}\n${english}\n`

const NOT_ALLOWED: Answer = {
  status: 405,
  headers: { Allow: 'GET, HEAD' },
  body: words('Dokument kan bara läsas.', 'Documents can only be read.'),
}
const EMBEDDED: Answer = {
  status: 403,
  body: words('Dokumentet visas inte inuti en annan sida.', 'The document is not shown within another page.'),
}
const LOGGED_OUT: Answer = {
  status: 401,
  // Asked for by RFC 9110. No browser knows the scheme, so none asks for a password in the host's place.
  headers: { 'WWW-Authenticate': 'Session realm="documents"' },
  body: words('Logga in för att läsa dokumentet.', 'Log in to read the document.'),
}
const NOT_FOUND: Answer = {
  status: 404,
  body: words('Här finns inget dokument för dig.', 'There is no document for you here.'),
}
const UNAVAILABLE: Answer = {
  status: 503,
  headers: { 'Retry-After': '30' },
  body: words('Försök igen om en stund.', 'Please try again in a moment.'),
}

const answered = async (options: DocumentHandlerOptions, request: IncomingMessage): Promise<Answer> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return NOT_ALLOWED
  if (isEmbedded(request)) return EMBEDDED
  const clientId = await options.authenticate(request)
  if (clientId === undefined || clientId === '') return LOGGED_OUT

  const token = tokenOf(request)
  const looked = await options.links.look(token, clientId)()
  if (E.isLeft(looked)) return looked.left._tag === 'InboxUnavailable' ? UNAVAILABLE : NOT_FOUND
  const document = await options.pdf(looked.right.deliveryId)
  if (document === undefined) return NOT_FOUND

  if (isRead(request)) {
    const opened = await options.links.open(token, clientId)()
    if (E.isLeft(opened)) return opened.left._tag === 'InboxUnavailable' ? UNAVAILABLE : NOT_FOUND
    await options.onOpened?.(opened.right)
  }
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/pdf',
      'Content-Disposition': `attachment; filename="${fileName(document.fileName)}"`,
    },
    body: document.bytes,
  }
}

/** Drawn into a page of another site: a picture, a frame, a script's request. Following a link is none of it. */
const isEmbedded = ({ headers }: IncomingMessage): boolean => {
  const site = headers['sec-fetch-site']
  const elsewhere = site === 'cross-site' || site === 'same-site'
  return elsewhere && !(headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document')
}

/** A person is about to see it: not only asked about, and not fetched by a browser in advance. */
const isRead = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && !String(headers['sec-purpose'] ?? headers.purpose ?? '').includes('prefetch')

/** The last part of the path, or the value of a query that ends the address: what was put after `documentsUrl`. */
const tokenOf = ({ url = '' }: IncomingMessage): string => /[^/=?&#]*$/.exec(url.slice(0, 2_000))?.[0] ?? ''

const fileName = (name: string): string => name.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 100)

const say = (request: IncomingMessage, response: ServerResponse, { status, headers = {}, body }: Answer): void => {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    ...headers,
    'Content-Length': bytes.byteLength,
    // Kept by nobody on the way, nor by the browser of a computer that others use.
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex',
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
