import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  type DocumentHandlerOptions,
  documentHandler,
  type EmbeddedInbox,
  embeddedInbox,
  type OpenedDocument,
} from '../src/communication/index.js'
import { pdfOf } from './support/samples.js'

const Serving = suite('communication: documents behind the login')

const folder = mkdtempSync(join(tmpdir(), 'underlag-handler-'))
const pdf = pdfOf(2_000)
let inbox: EmbeddedInbox
let token: string
let gone: string
let opened: Array<OpenedDocument>
let served: Array<string>
let server: Server
let base: string

const start = async (options: Partial<DocumentHandlerOptions> = {}): Promise<void> => {
  await stop()
  const handler = documentHandler({
    links: inbox,
    // The host's session: here a header says who is logged in.
    authenticate: ({ headers }) => headers['x-client']?.toString(),
    pdf: async (deliveryId) => {
      served.push(deliveryId)
      return deliveryId === '12.1' ? { bytes: pdf, fileName: 'Faktura-12.pdf' } : undefined
    },
    onOpened: async (document) => {
      opened.push(document)
    },
    ...options,
  })
  server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fakturor/`
}

const stop = async (): Promise<void> => {
  if (server?.listening) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const get = (path: string, client?: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
  fetch(`${base}${path}`, {
    ...init,
    headers: { ...init.headers, ...(client === undefined ? {} : { 'x-client': client }) },
  })

Serving.before.each(async () => {
  inbox?.close()
  rmSync(join(folder, 'i.inbox'), { force: true })
  inbox = embeddedInbox({ file: join(folder, 'i.inbox'), tenant: 'default', clock: () => '2026-03-01T08:00:00.000Z' })
  const issued = async (messageId: string, number: string): Promise<string> => {
    const link = await inbox.issue({ messageId, clientId: 'c1', invoiceNumber: number, deliveryId: `${number}.1` })()
    if (E.isLeft(link)) throw new Error(link.left._tag)
    return link.right
  }
  token = await issued('m1', '12')
  gone = await issued('m2', '13')
  opened = []
  served = []
  await start()
})
Serving.after(async () => {
  await stop()
  inbox.close()
  rmSync(folder, { recursive: true, force: true })
})

Serving('its client gets the document, those very bytes, kept by nobody', async () => {
  const response = await get(token, 'c1')
  assert.is(response.status, 200)
  assert.equal(new Uint8Array(await response.arrayBuffer()), pdf)
  const header = (name: string): string | null => response.headers.get(name)
  assert.is(header('content-type'), 'application/pdf')
  assert.is(header('content-length'), String(pdf.byteLength))
  assert.is(header('content-disposition'), 'attachment; filename="Faktura-12.pdf"')
  assert.is(header('cache-control'), 'no-store')
  assert.is(header('x-content-type-options'), 'nosniff')
  assert.is(header('content-security-policy'), "default-src 'none'; frame-ancestors 'none'; sandbox")
  assert.is(header('referrer-policy'), 'no-referrer')
  assert.is(header('cross-origin-resource-policy'), 'same-origin')
  assert.equal(opened, [{ invoiceNumber: '12', deliveryId: '12.1', openedAt: '2026-03-01T08:00:00.000Z' }])
})

Serving('also where the token is in the query, or the host takes the path away', async () => {
  assert.is((await get(`x?token=${token}`, 'c1')).status, 200)
  base = base.replace('/fakturor', '')
  assert.is((await get(token, 'c1')).status, 200)
})

Serving('who is not logged in is told so, whether there is such a link or not', async () => {
  const texts = new Set<string>()
  for (const path of [token, gone, 'nothing', '']) {
    for (const client of [undefined, '']) {
      const response = await get(path, client)
      assert.is(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /^Session /)
      texts.add(await response.text())
    }
  }
  assert.is(texts.size, 1)
  assert.equal(served, [])
})

Serving('another’s link, one that is not and one whose document is gone are answered alike', async () => {
  const answers = new Set<string>()
  for (const [path, client] of [
    [token, 'c2'],
    ['nothing', 'c1'],
    [token.slice(1), 'c1'],
    ['', 'c1'],
    [gone, 'c1'],
    [gone, 'c2'],
    [`${token}/..`, 'c1'],
    ['a'.repeat(5_000), 'c1'],
    ['%00%ff', 'c1'],
  ] as const) {
    const response = await get(path, client)
    const headers = [...response.headers].filter(([name]) => name !== 'date')
    answers.add(JSON.stringify([response.status, headers, await response.text()]))
  }
  assert.is(answers.size, 1)
  assert.match([...answers][0] ?? '', /^\[404,/)
  // The one that had a document was not asked for it on anybody else's behalf.
  assert.equal(served, ['13.1'])
  assert.equal(opened, [])
})

Serving('asking about it and fetching it in advance is not reading it', async () => {
  const head = await get(token, 'c1', { method: 'HEAD' })
  assert.is(head.status, 200)
  assert.is((await head.arrayBuffer()).byteLength, 0)
  assert.is((await get(token, 'c1', { headers: { 'sec-purpose': 'prefetch;prerender' } })).status, 200)
  assert.equal(opened, [])
  assert.is((await get(token, 'c1')).status, 200)
  assert.is(opened.length, 1)
})

Serving('nothing is written this way', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await get(token, 'c1', { method })
    assert.is(response.status, 405)
    assert.is(response.headers.get('allow'), 'GET, HEAD')
  }
})

Serving('another site may link to it, and not draw it into its own pages', async () => {
  // Not by fetch, which sets sec-fetch-mode itself.
  const raw = (site: string, mode: string, dest: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request(
        `${base}${token}`,
        { headers: { 'x-client': 'c1', 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
        .on('error', reject)
        .end()
    })
  assert.is(await raw('cross-site', 'navigate', 'document'), 200)
  assert.is(await raw('same-origin', 'cors', 'empty'), 200)
  assert.is(await raw('none', 'navigate', 'document'), 200)
  for (const [mode, dest] of [
    ['navigate', 'iframe'],
    ['no-cors', 'embed'],
    ['cors', 'empty'],
  ] as const)
    assert.is(await raw('cross-site', mode, dest), 403)
})

Serving('what fails says nothing of why, and no opening is lost', async () => {
  const secret = async (): Promise<never> => {
    throw new Error('Anna Andersson')
  }
  for (const options of [{ authenticate: secret }, { pdf: secret }, { onOpened: secret }]) {
    await start(options)
    const response = await get(token, 'c1')
    assert.is(response.status, 503)
    assert.not.match(await response.text(), /Anna/)
  }
  await start()
  assert.is((await get(token, 'c1')).status, 200)
  assert.is(opened.length, 1)
  inbox.close()
  assert.is((await get(token, 'c1')).status, 503)
})
