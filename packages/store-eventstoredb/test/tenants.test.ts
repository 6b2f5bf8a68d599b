import { NO_STREAM, START } from '@underlag/kernel'
import { skipped, suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { NO_SERVER, testServer } from '../src/testing/index.js'
import { answered, event, follow, opened, tenantName, until } from './world.js'

const Tenants = suite('EventStoreDB: tenants of one server')
const server = await testServer()

/** Names that begin each other, or mean something in the name of a stream or in a pattern. */
const ENDINGS = [
  '',
  '-b',
  '-b-c',
  '.b',
  '.',
  '_',
  ':',
  'xb',
  '/b',
  '%2Fb',
  '%',
  '%25',
  '|b',
  '.*',
  '+',
  '?',
  '$',
  '(',
  '[b',
  '{2}',
  '\\d',
  ' b',
  'å',
]

if (server === undefined) Tenants('see nothing of each other', () => skipped(NO_SERVER))
else {
  Tenants('see nothing of each other, whatever their names are', async () => {
    const store = await opened(server.connection)
    const base = tenantName()
    const logs = ENDINGS.map((ending) => ({ ending, log: store.eventStore(`${base}${ending}`) }))
    const followers = logs.map(({ log }) => follow(log, START))
    // Above the server's limit, so that the contents lie elsewhere.
    const large = (ending: string) => [
      event({ ending, text: 'x'.repeat(600_000) }),
      event({ text: 'x'.repeat(600_000) }),
    ]
    for (const { ending, log } of logs) answered(await log.append('a/1', NO_STREAM, large(ending))())
    for (const [i, { ending, log }] of logs.entries()) {
      const all = answered(await log.readAll(START, 100)())
      assert.equal(
        all.map(({ stream, data }) => [stream, data.ending]),
        [
          ['a/1', ending],
          ['a/1', undefined],
        ],
      )
      assert.is(answered(await log.end()), all.at(-1)?.position)
      await until(() => (followers[i]?.seen.length ?? 0) >= 2)
      assert.equal(
        followers[i]?.seen.map(({ data }) => data.ending),
        [ending, undefined],
      )
    }
    await store.close()
  })
}
