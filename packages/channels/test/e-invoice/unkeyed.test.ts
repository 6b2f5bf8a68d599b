import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import type { Fault } from '../../src/testing/api-server.js'
import { accessPointTo, statusBy } from '../../src/testing/providers.js'
import { left as failureOf, right } from '../support/results.js'
import { KEY } from '../support/samples.js'
import { companyInvoice, RECEIVER, routing, ublOf } from './support/documents.js'
import { inExchangeServer } from './support/inexchange-server.js'
import { phase4Server } from './support/phase4-server.js'

const Phase4 = suite('e-invoice: phase4')
const InExchange = suite('e-invoice: InExchange')

const signal = new AbortController().signal
const ubl = ublOf(companyInvoice())
/** Nothing about the buyer, and no secret. */
const left = async <L, A>(task: TE.TaskEither<L, A>): Promise<L> => {
  const failure = await failureOf(task)
  assert.not.match(JSON.stringify(failure), /Anna|5567212047|hemlig/)
  return failure
}

Phase4('sends, and what is known of it is its report', async () => {
  const provider = await phase4Server()
  const accessPoint = accessPointTo(provider)
  assert.is(await right(accessPoint.submit(ubl, KEY, routing, signal)), 'sbdh-1')
  assert.is(provider.taken[0]?.ubl, ubl)
  assert.is(provider.taken[0]?.receiver, 'iso6523-actorid-upis::0007:5567212047')
  assert.is(accessPoint.idempotent, false)
  assert.is(await right(accessPoint.lookup(RECEIVER, 'invoice', signal)), 'notAsked')
  assert.is(accessPoint.status, undefined)
  assert.is(accessPoint.verifyWebhook, undefined)
  assert.equal(provider.breaches, [])
  await provider.server.close()
})

Phase4('its report has ids in small letters, whatever was asked for', async () => {
  const provider = await phase4Server()
  const receiver = { scheme: '9955', id: 'SE556721204701' }
  assert.is(await right(accessPointTo(provider).submit(ubl, KEY, { ...routing, receiver }, signal)), 'sbdh-1')
  assert.is(provider.taken[0]?.receiver, 'iso6523-actorid-upis::9955:se556721204701')
  await provider.server.close()
})

Phase4('what its report says of what was not receipted', async () => {
  const provider = await phase4Server()
  const accessPoint = accessPointTo(provider)
  for (const [result, failure] of [
    ['lookup', { _tag: 'retryable', detail: 'submit: not sent (the lookup failed)' }],
    ['INVALID_PARAMETERS', { _tag: 'rejected', detail: 'submit: INVALID_PARAMETERS' }],
    ['AS4_ERROR_MESSAGE_RECEIVED', { _tag: 'rejected', detail: 'submit: AS4_ERROR_MESSAGE_RECEIVED' }],
    ['TRANSPORT_ERROR', { _tag: 'inDoubt', detail: 'submit: 200, not receipted (TRANSPORT_ERROR)' }],
    [
      'NO_SIGNAL_MESSAGE_RECEIVED',
      { _tag: 'inDoubt', detail: 'submit: 200, not receipted (NO_SIGNAL_MESSAGE_RECEIVED)' },
    ],
  ] as const) {
    provider.results.push(result)
    assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), failure)
  }
  await provider.server.close()
})

Phase4('faults: only what certainly was not sent is tried again', async () => {
  const cases: ReadonlyArray<readonly [Fault, string]> = [
    ['limit', 'retryable'],
    ['busy', 'retryable'],
    ['login', 'retryable'],
    ['error', 'inDoubt'],
    ['page', 'inDoubt'],
    ['cutBefore', 'inDoubt'],
    ['cutAfter', 'inDoubt'],
    ['errorAfter', 'inDoubt'],
    ['pageAfter', 'inDoubt'],
    ['endlessAfter', 'inDoubt'],
  ]
  const provider = await phase4Server()
  const accessPoint = accessPointTo(provider)
  for (const [fault, tag] of cases) {
    provider.server.faults.push(fault)
    const before = provider.server.requests.length
    assert.is((await left(accessPoint.submit(ubl, KEY, routing, signal)))._tag, tag, fault)
    assert.is(provider.server.requests.length, before + 1)
  }
  provider.server.faults.push('hangAfter')
  const timeOut = new AbortController()
  setTimeout(() => timeOut.abort(), 200)
  assert.is((await left(accessPoint.submit(ubl, KEY, routing, timeOut.signal)))._tag, 'inDoubt')
  assert.is((await left(accessPoint.submit(ubl, KEY, routing, AbortSignal.abort())))._tag, 'retryable')
  const wrong = accessPointTo({ ...provider, config: { ...provider.config, token: 'another' } })
  assert.is((await left(wrong.submit(ubl, KEY, routing, signal)))._tag, 'retryable')
  await provider.server.close()
  assert.is((await left(accessPoint.submit(ubl, KEY, routing, signal)))._tag, 'retryable')
})

InExchange('token, lookup, upload, and sent as an e-invoice and nothing else', async () => {
  const provider = await inExchangeServer()
  const accessPoint = accessPointTo(provider)
  const id = await right(accessPoint.submit(ubl, KEY, routing, signal))
  assert.is(id, provider.documents[0]?.id)
  assert.is(provider.documents[0]?.erpDocumentId, KEY)
  assert.is(provider.taken[0]?.ubl, ubl)
  assert.equal(
    provider.server.requests.map(({ path }) => path.slice(2).join('/')),
    ['clientTokens/create', 'documents/outbound/list', 'buyerparties/lookup', 'documents', 'documents/outbound'],
  )
  assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), { _tag: 'duplicate', transportId: id })
  assert.is(provider.taken.length, 1)
  for (const [status, expected] of [
    ['PendingInPlatform', 'accepted'],
    ['Sent', 'transmitted'],
    ['Delivered', 'delivered'],
    ['Stopped', 'undeliverable'],
    ['ASecret', 'accepted'],
  ] as const) {
    provider.documents[0] = { id, erpDocumentId: KEY, currentStatus: { status } }
    assert.equal(await right(statusBy(accessPoint)(id, signal)), { status: expected, detail: status, transportId: id })
  }
  assert.is(await right(statusBy(accessPoint)('nothing', signal)), undefined)
  provider.documents[0] = { id, erpDocumentId: KEY, currentStatus: { status: 'Error' } }
  assert.is((await left(accessPoint.submit(ubl, KEY, routing, signal)))._tag, 'rejected')
  assert.equal(provider.breaches, [])
  await provider.server.close()
})

InExchange('a token that has expired is got anew, once', async () => {
  const provider = await inExchangeServer()
  const accessPoint = accessPointTo(provider)
  await right(accessPoint.lookup(RECEIVER, 'invoice', signal))
  provider.tokens.clear()
  await right(accessPoint.submit(ubl, KEY, routing, signal))
  assert.is(provider.server.requests.filter(({ path }) => path.at(-1) === 'create').length, 2)
  provider.server.faults.push('login')
  await right(accessPoint.submit(ubl, KEY.replace(/.$/, '2'), routing, signal))
  provider.server.faults.push('login', 'login')
  assert.equal(await left(accessPoint.submit(ubl, KEY.replace(/.$/, '3'), routing, signal)), {
    _tag: 'retryable',
    detail: 'submit: 401, the login of eInvoice was not taken',
  })
  assert.is(provider.taken.length, 2)
  const wrong = accessPointTo({ ...provider, config: { ...provider.config, apiKey: 'another' } })
  assert.equal(await left(wrong.lookup(RECEIVER, 'invoice', signal)), {
    _tag: 'retryable',
    detail: 'token: 401, the login of eInvoice was not taken',
  })
  assert.equal(provider.breaches, [])
  await provider.server.close()
})

InExchange('nobody is guessed', async () => {
  const provider = await inExchangeServer()
  const accessPoint = accessPointTo(provider)
  const looked = async (parties: ReadonlyArray<Record<string, unknown>>): Promise<string> => {
    provider.parties.splice(0, 9, ...parties)
    const found = await accessPoint.lookup(RECEIVER, 'invoice', signal)()
    return E.isRight(found) ? found.right : found.left._tag
  }
  const taking = { receiveElectronicInvoiceCapability: 'ReceivingElectronicInvoices' }
  const same = { ...taking, companyId: 'a', orgNo: '5567212047' }
  assert.is(await looked([]), 'notRegistered')
  assert.is(await looked([same]), 'registered')
  assert.is(await looked([{ ...same, receiveElectronicInvoiceCapability: 'CannotReceive' }]), 'notRegistered')
  assert.is(await looked([{ ...same, orgNo: '5560360793' }]), 'notRegistered')
  assert.is(await looked([{ ...same, orgNo: undefined }]), 'notRegistered')
  assert.is(await looked([same, { ...same, companyId: 'b' }]), 'rejected')
  assert.is(
    await looked([same, { ...same, companyId: 'b', peppolParticipantIdentifiers: ['0007:5567212047'] }]),
    'registered',
  )
  await provider.server.close()
})

InExchange('what fails before the document is sent is tried again; a lost answer is looked for', async () => {
  const provider = await inExchangeServer()
  const accessPoint = accessPointTo(provider, { timeoutMs: 600 })
  let number = 0
  for (const [fault, tag, lag] of [
    ['limit', 'retryable', 0],
    ['busy', 'retryable', 0],
    ['error', 'inDoubt', 0],
    ['cutBefore', 'inDoubt', 0],
    ['hangBefore', 'inDoubt', 0],
    ['cutAfter', 'sent', 0],
    ['errorAfter', 'sent', 0],
    ['pageAfter', 'sent', 0],
    ['hangAfter', 'sent', 0],
    // It shows up when it has been asked for twice: too late for this attempt.
    ['cutAfter', 'inDoubt', 3],
    ['cutAfter', 'sent', 2],
  ] as const) {
    provider.server.faults.push(fault)
    provider.lag = lag
    const key = KEY.replace(/..$/, String(10 + number++))
    const before = provider.taken.length
    const result = await accessPoint.submit(ubl, key, routing, signal)()
    assert.is(E.isRight(result) ? 'sent' : result.left._tag, tag, `${fault} ${lag}`)
    // Never a second try of its own.
    assert.ok(provider.taken.length <= before + 1)
  }
  provider.invalid.add('12')
  const rejected = await left(accessPoint.submit(ubl, KEY, routing, signal))
  assert.equal(rejected, { _tag: 'rejected', detail: 'submit: 400 (BR-CO-10)' })
  assert.equal(provider.breaches, [])
  await provider.server.close()
})

InExchange('looked for through all pages', async () => {
  const provider = await inExchangeServer()
  const accessPoint = accessPointTo(provider)
  for (let i = 0; i < 230; i++)
    provider.documents.push({
      id: `d${i}`,
      erpDocumentId: i === 229 ? KEY : `k${i}`,
      currentStatus: { status: 'Sent' },
    })
  assert.equal(await left(accessPoint.submit(ubl, KEY, routing, signal)), { _tag: 'duplicate', transportId: 'd229' })
  await provider.server.close()
})
