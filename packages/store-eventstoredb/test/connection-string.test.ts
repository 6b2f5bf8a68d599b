import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { parseAddress } from '../src/connection-string.js'
import { openEventStoreDB } from '../src/index.js'
import { ownStream, serverStream, streamsOf } from '../src/stream-name.js'

const Connection = suite('connection strings of EventStoreDB')

const right = (text: string) => {
  const parsed = parseAddress(text)
  if (E.isLeft(parsed)) throw new Error(parsed.left.reason)
  return parsed.right
}
const problem = (text: string): string => {
  const parsed = parseAddress(text)
  if (E.isRight(parsed)) throw new Error(`${text} was taken`)
  assert.is(parsed.left.transient, false)
  return parsed.left.reason
}

Connection('name one server, or several, with TLS unless told otherwise', () => {
  assert.equal(right('esdb://db.example.se'), {
    hosts: [{ address: 'db.example.se', port: 2113 }],
    discover: false,
    insecure: false,
  })
  assert.equal(right('esdb://a:1,b:2,[::1]:3?tlsCAFile=%2Fetc%2Fca.crt'), {
    hosts: [
      { address: 'a', port: 1 },
      { address: 'b', port: 2 },
      { address: '[::1]', port: 3 },
    ],
    discover: false,
    insecure: false,
    tlsCAFile: '/etc/ca.crt',
  })
  assert.equal(right('esdb+discover://underlag:p%40ss%3A1@db.example.se:2113'), {
    hosts: [{ address: 'db.example.se', port: 2113 }],
    discover: true,
    insecure: false,
    user: { username: 'underlag', password: 'p@ss:1' },
  })
  assert.is(right('esdb://127.0.0.1:2113/?tls=false').insecure, true)
})

Connection('that would do something else than they say are refused', () => {
  assert.match(problem('esdb+discover://a,b,c'), /several hosts/)
  assert.match(problem('esdb://u:secret@a?tls=false'), /in the clear/)
  assert.match(problem('esdb://a?tls=no'), /neither true nor false/)
  assert.match(problem('esdb://a?tlsVerifyCert=false'), /not known/)
  assert.match(problem('esdb://a?nodePreference=follower'), /not known/)
  assert.match(problem('esdb://user@a'), /without a password/)
  for (const text of ['', 'esdb:a', 'http://a', 'esdb://', 'esdb://a:99999', 'esdb://a b', 'esdb://a,'])
    assert.ok(problem(text).length > 0)
})

Connection('never show their password', () => {
  for (const text of [
    'esdb://u:hemligt@a?tls=false',
    'esdb://u:hemligt@a?x=1',
    'esdb://u:hemligt@a:b',
    'x://u:hemligt@a',
    'esdb://u:hemligt',
    'esdb://u:hemligt?1@a',
    'esdb://u:1?hemligt@a',
    'esdb://u:1?hemligt&x@a',
  ])
    assert.not.match(problem(text), /hemligt/)
})

Connection('with a user are refused without TLS, also where the user is named beside', async () => {
  const opened = await openEventStoreDB('esdb://127.0.0.1:1?tls=false', {
    user: { username: 'u', password: 'hemligt' },
  })()
  assert.ok(E.isLeft(opened) && /in the clear/.test(opened.left.reason) && !/hemligt/.test(opened.left.reason))
})

Connection('to a file of certificates that is not there say so', async () => {
  const opened = await openEventStoreDB('esdb://127.0.0.1:1?tlsCAFile=/none/ca.crt')()
  assert.ok(E.isLeft(opened) && /\/none\/ca\.crt cannot be read \(ENOENT\)/.test(opened.left.reason))
})

Connection('to a file of certificates that has no end say so at once', async () => {
  if (process.platform === 'win32') skipped('no /dev')
  const opened = await openEventStoreDB('esdb://127.0.0.1:1?tlsCAFile=/dev/zero')()
  assert.ok(E.isLeft(opened) && /\/dev\/zero is no ordinary file/.test(opened.left.reason))
})

Connection('to nobody fail within seconds, and say what to look at', async () => {
  const opened = await openEventStoreDB('esdb://127.0.0.1:1?tls=false')()
  assert.ok(E.isLeft(opened))
  if (E.isLeft(opened)) {
    assert.match(opened.left.reason, /127\.0\.0\.1:1 cannot be reached/)
    assert.is(opened.left.transient, true)
  }
})

const Names = suite('names of streams on EventStoreDB')

Names('are frozen, and come apart again', () => {
  assert.is(serverStream('clinic-1.a:b_c', 'booking/b-1:2'), 'underlag.booking-clinic-1.a:b_c/b-1:2')
  assert.equal(ownStream('underlag.booking-clinic-1.a:b_c/b-1:2'), {
    tenant: 'clinic-1.a:b_c',
    stream: 'booking/b-1:2',
  })
  assert.is(ownStream('$ce-underlag.booking'), undefined)
  assert.is(ownStream('underlagOverflow-t/1'), undefined)
})

Names('of one tenant are told by a pattern from those of another', () => {
  const pattern = new RegExp(streamsOf('a.b'))
  assert.ok(pattern.test(serverStream('a.b', 'journalEntry/1')))
  for (const tenant of ['a_b', 'xa.b', 'a.bc', 'a', 'a.b-c'])
    assert.not(pattern.test(serverStream(tenant, 'booking/a.b')))
})
