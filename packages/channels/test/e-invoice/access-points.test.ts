import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import { accessPointTo, statusBy } from '../../src/testing/providers.js'
import { storecoveServer } from '../../src/testing/storecove-server.js'
import { left as failureOf, right } from '../support/results.js'
import { KEY } from '../support/samples.js'
import { companyInvoice, RECEIVER, routing, ublOf } from './support/documents.js'
import { phossApServer } from './support/phoss-ap-server.js'
import { qvaliaServer } from './support/qvalia-server.js'

const PhossAp = suite('e-invoice: phoss-ap')
const Storecove = suite('e-invoice: Storecove')
const Qvalia = suite('e-invoice: Qvalia')

const signal = new AbortController().signal
const ubl = ublOf(companyInvoice())
/** Nothing about the buyer, and no secret. */
const left = async <L, A>(task: TE.TaskEither<L, A>): Promise<L> => {
  const failure = await failureOf(task)
  assert.not.match(JSON.stringify(failure), /Anna|5567212047|hemlig/)
  return failure
}

PhossAp('is asked for the key before every submission, the archive too', async () => {
  const provider = await phossApServer()
  const accessPoint = accessPointTo(provider)
  assert.is(await right(accessPoint.submit(ubl, KEY, routing, signal)), KEY)
  assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), { _tag: 'duplicate', transportId: KEY })
  assert.equal(
    provider.server.requests.map(({ method, path }) => `${method} ${path[2]}`),
    ['GET status', 'POST submit', 'GET status'],
  )
  assert.is(provider.taken.length, 1)
  assert.equal(provider.breaches, [])
  await provider.server.close()
})

PhossAp('what it could not send at once it has, and sends by itself; what it gave up is rejected', async () => {
  const provider = await phossApServer()
  const accessPoint = accessPointTo(provider)
  provider.sending.push('failed')
  assert.is(await right(accessPoint.submit(ubl, KEY, routing, signal)), KEY)
  assert.is((await right(statusBy(accessPoint)(KEY, signal)))?.status, 'accepted')
  const other = KEY.replace(/.$/, '2')
  provider.sending.push('permanently_failed')
  assert.equal(await left(accessPoint.submit(ubl, other, routing, signal)), {
    _tag: 'rejected',
    detail: 'submit: phoss-ap gave up (permanently_failed)',
    ofKey: true,
  })
  // Also when it is asked later.
  assert.is((await left(accessPoint.submit(ubl, other, routing, signal)))._tag, 'rejected')
  assert.is(provider.taken.length, 2)
  await provider.server.close()
})

PhossAp('a key that stands for another recipient is nobody’s yes', async () => {
  const provider = await phossApServer()
  provider.states.set(KEY, { status: 'sent', receiver: 'iso6523-actorid-upis::0007:5560360793', mls: 'pending' })
  const failure = await left(accessPointTo(provider).submit(ubl, KEY, routing, signal))
  assert.equal(failure, { _tag: 'rejected', detail: 'submit: the key stands for another recipient', ofKey: true })
  assert.is(provider.taken.length, 0)
  await provider.server.close()
})

PhossAp('statuses', async () => {
  const provider = await phossApServer()
  const accessPoint = accessPointTo(provider)
  assert.is(await right(statusBy(accessPoint)(KEY, signal)), undefined)
  for (const [status, mls, expected] of [
    ['pending', 'pending', 'accepted'],
    ['sending', 'pending', 'accepted'],
    ['failed', 'pending', 'accepted'],
    ['sent', 'pending', 'transmitted'],
    ['sent', 'received_ab', 'transmitted'],
    ['sent', 'received_ap', 'delivered'],
    ['sent', 'received_re', 'rejected'],
    ['permanently_failed', 'not_applicable', 'undeliverable'],
    ['rejected', 'not_applicable', 'rejected'],
    ['a word of tomorrow', 'pending', 'accepted'],
  ] as const) {
    provider.states.set(KEY, { status, receiver: 'x', mls })
    assert.is((await right(statusBy(accessPoint)(KEY, signal)))?.status, expected, `${status} ${mls}`)
  }
  assert.is(await right(accessPoint.lookup(RECEIVER, 'invoice', signal)), 'notAsked')
  assert.equal(await right(statusBy(accessPoint)(KEY, signal)), {
    status: 'accepted',
    detail: 'a status that is no word',
    transportId: KEY,
    idempotencyKey: KEY,
  })
  assert.is(accessPoint.verifyWebhook, undefined)
  await provider.server.close()
})

Storecove('sends over the schemes it has names for, and over no other', async () => {
  const provider = await storecoveServer()
  const accessPoint = accessPointTo(provider)
  assert.is(accessPoint.serves({ scheme: '0007', id: '1' }), true)
  assert.is(accessPoint.serves({ scheme: '0088', id: '1' }), true)
  assert.is(accessPoint.serves({ scheme: '0195', id: '1' }), false)
  assert.is(accessPoint.serves({ scheme: 'toString', id: '1' }), false)
  const more = accessPointTo({ ...provider, config: { ...provider.config, schemes: { '0195': 'SG:UEN' } } })
  assert.is(more.serves({ scheme: '0195', id: '1' }), true)
  await right(accessPoint.submit(ubl, KEY, routing, signal))
  assert.is(provider.taken[0]?.receiver, 'SE:ORGNR:5567212047')
  await provider.server.close()
})

Storecove('422 is a duplicate, a refusal or a doubt, by what it says', async () => {
  const cases = [
    [[{ source: 'idempotencyGuid', details: 'x' }], 'duplicate'],
    [{ errors: [{ source: 'idempotency_guid', details: 'x' }] }, 'duplicate'],
    [[{ source: 'document', details: 'x' }], 'rejected'],
    [[{ source: 'Anna Andersson', details: 'x' }], 'rejected'],
    [[{ source: 'document' }, { source: 'idempotencyGuid' }], 'inDoubt'],
    ['<html>Anna Andersson', 'inDoubt'],
    [{}, 'inDoubt'],
    [[], 'inDoubt'],
    [[{ details: 'x' }], 'inDoubt'],
  ] as const
  const { apiServer } = await import('../../src/testing/api-server.js')
  for (const [body, tag] of cases) {
    const server = await apiServer(() => ({ status: 422, body }))
    const provider = await storecoveServer()
    await provider.server.close()
    const accessPoint = accessPointTo({ ...provider, config: { ...provider.config, url: server.url } })
    const failure = await left(accessPoint.submit(ubl, KEY, routing, signal))
    assert.is(failure._tag, tag, JSON.stringify(body))
    assert.not.match(JSON.stringify(failure), /Anna/)
    await server.close()
  }
})

Storecove('statuses: evidence is a receipt of the recipient’s access point', async () => {
  const provider = await storecoveServer()
  const accessPoint = accessPointTo(provider)
  const guid = await right(accessPoint.submit(ubl, KEY, routing, signal))
  assert.is((await right(statusBy(accessPoint)(guid, signal)))?.status, 'accepted')
  provider.receipted.add(guid)
  assert.is((await right(statusBy(accessPoint)(guid, signal)))?.status, 'transmitted')
  const wrongKey = accessPointTo({ ...provider, config: { ...provider.config, apiKey: 'another' } })
  assert.equal(await left(statusBy(wrongKey)(guid, signal)), {
    _tag: 'retryable',
    detail: 'status: 401, the login of eInvoice was not taken',
  })
  await provider.server.close()
})

Qvalia('after a day the same document is 409, and it is looked at whose it is', async () => {
  const provider = await qvaliaServer()
  const accessPoint = accessPointTo(provider)
  const transportId = await right(accessPoint.submit(ubl, KEY, routing, signal))
  assert.is(await right(accessPoint.submit(ubl, KEY, routing, signal)), transportId)
  provider.keys.clear()
  assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), { _tag: 'duplicate', transportId })
  const [stored] = provider.stored
  if (stored === undefined) throw new Error('nothing is stored')
  stored.sender = '556036-0793'
  assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), { _tag: 'duplicate', transportId })
  provider.statuses.set(transportId, 'error')
  assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), {
    _tag: 'rejected',
    detail: 'submit: 409, Qvalia has this document and could not deliver it',
    ofKey: true,
  })
  // Another clinic of the same partner has an invoice 12 for this company, too.
  stored.sender = '5561234567'
  assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), {
    _tag: 'rejected',
    detail: 'submit: 409, another document has this number',
  })
  assert.is(provider.taken.length, 1)
  assert.equal(provider.breaches, [])
  await provider.server.close()
})

Qvalia('statuses, of invoices and of credit notes', async () => {
  const provider = await qvaliaServer()
  const accessPoint = accessPointTo(provider)
  assert.is(await right(statusBy(accessPoint)('nothing', signal)), undefined)
  for (const collection of ['invoices', 'creditnotes']) {
    provider.stored.splice(0)
    provider.stored.push({ collection, integrationId: 'i1', documentId: '12', sender: 's', receiver: 'r' })
    for (const [status, expected] of [
      [undefined, 'accepted'],
      [{ event: 'message-log/create', updatedAt: 't' }, 'accepted'],
      ['pending', 'accepted'],
      ['delayed', 'accepted'],
      ['processed', 'transmitted'],
      [{ status: 'processed' }, 'transmitted'],
      [{ status: 'processed_with_warning' }, 'transmitted'],
      [{ status: ' Error ' }, 'undeliverable'],
      ['a word of tomorrow', 'accepted'],
    ] as const) {
      provider.statuses.set('i1', status)
      assert.is((await right(statusBy(accessPoint)('i1', signal)))?.status, expected, JSON.stringify(status))
    }
  }
  assert.equal(provider.breaches, [])
  await provider.server.close()
})

Qvalia('a lookup that finds nobody, and one at a wrong address', async () => {
  const provider = await qvaliaServer()
  const accessPoint = accessPointTo(provider)
  assert.is(await right(accessPoint.lookup(RECEIVER, 'creditNote', signal)), 'registered')
  provider.registered.clear()
  assert.is(await right(accessPoint.lookup(RECEIVER, 'invoice', signal)), 'notRegistered')
  await provider.server.close()
  const { apiServer } = await import('../../src/testing/api-server.js')
  for (const [body, expected] of [
    [{ status: 'error', data: 'not found' }, 'notRegistered'],
    ['<html>', 'retryable'],
  ] as const) {
    const server = await apiServer(() => ({ status: 404, body }))
    const there = accessPointTo({ ...provider, config: { ...provider.config, url: server.url } })
    const found = await there.lookup(RECEIVER, 'invoice', signal)()
    assert.is(E.isRight(found) ? found.right : found.left._tag, expected)
    await server.close()
  }
})
