import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_STREAM, START } from '@underlag/kernel'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { openClient } from '../src/client.js'
import { canStartServers, connectionTo, NO_OWN_SERVER, startProxy, startServer } from '../src/testing/index.js'
import { answered, assertWhole, event, follow, idsOf, opened, tenantName, until, writer } from './world.js'

const Faults = suite('EventStoreDB: faults for real')

/** Of the connections gRPC has, in ms. */
const longestKeepAlive = (): number => {
  const ofClient = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'))
  const { pool } = ofClient('@grpc/grpc-js/build/src/subchannel-pool').getSubchannelPool(true) as {
    readonly pool: Readonly<
      Record<string, ReadonlyArray<{ readonly channelArguments: Readonly<Record<string, unknown>> }>>
    >
  }
  const intervals = Object.values(pool)
    .flat()
    .map(({ channelArguments }) => Number(channelArguments['grpc.keepalive_time_ms']))
  assert.ok(intervals.length > 0)
  return Math.max(...intervals)
}

if (!canStartServers()) Faults('lose and double nothing', () => skipped(NO_OWN_SERVER))
else {
  const server = await startServer()

  Faults(
    'a server killed and started again, several times: nothing lost, nothing twice, all goes on by itself',
    async () => {
      const store = await opened(connectionTo(server.port), { patienceMs: 120_000 })
      const log = store.eventStore(tenantName())
      const follower = follow(log, START)
      const writers = [1, 2, 3].map((n) => ({ stream: `w/${n}` as const, ...writer(log, `w/${n}`) }))
      for (let round = 0; round < 3; round++) {
        await sleep(300 + Math.random() * 300)
        server.signal('SIGKILL')
        await server.ended()
        const before = writers.map(({ acknowledged }) => acknowledged.length)
        await server.start()
        await until(() => writers.every(({ acknowledged }, i) => acknowledged.length > (before[i] ?? 0) + 5))
      }
      await Promise.all(writers.map(({ stop }) => stop()))
      await assertWhole(log, writers, follower)
      assert.ok(store.health().restarts >= 3)
      assert.is(store.health().state, 'live')
      await store.close()
    },
  )

  Faults('a server that stands still and comes back: calls wait, then all goes on', async () => {
    const store = await opened(connectionTo(server.port), { patienceMs: 120_000 })
    const log = store.eventStore(tenantName())
    const follower = follow(log, START)
    const writing = { stream: 'w/1' as const, ...writer(log, 'w/1') }
    await until(() => writing.acknowledged.length > 10)
    server.signal('SIGSTOP')
    await sleep(30_000)
    server.signal('SIGCONT')
    const before = writing.acknowledged.length
    await until(() => writing.acknowledged.length > before + 10)
    await writing.stop()
    await assertWhole(log, [writing], follower)
    await store.close()
  })

  Faults('connections cut in the middle of appends: each is told, and stored once', async () => {
    const proxy = await startProxy(server.port)
    const store = await opened(connectionTo(proxy.port), { patienceMs: 120_000 })
    const log = store.eventStore(tenantName())
    const follower = follow(log, START)
    const writers = Array.from({ length: 8 }, (_, n) => ({ stream: `w/${n}` as const, ...writer(log, `w/${n}`) }))
    for (let round = 0; round < 12; round++) {
      await sleep(100 + Math.random() * 200)
      proxy.cut()
    }
    const before = writers.map(({ acknowledged }) => acknowledged.length)
    await until(() => writers.every(({ acknowledged }, i) => acknowledged.length > (before[i] ?? 0)))
    await Promise.all(writers.map(({ stop }) => stop()))
    await assertWhole(log, writers, follower)
    await store.close()
    await proxy.close()
  })

  Faults(
    'a network that swallows everything and forgets its connections: noticed, and gone around in seconds',
    async () => {
      const proxy = await startProxy(server.port)
      const store = await opened(connectionTo(proxy.port), { patienceMs: 120_000 })
      const log = store.eventStore(tenantName())
      const direct = await opened(connectionTo(server.port))
      const other = direct.eventStore(tenantName())
      const follower = follow(log, START)
      const writing = { stream: 'w/1' as const, ...writer(log, 'w/1') }
      await until(() => writing.acknowledged.length > 10)
      proxy.blackHole()
      await sleep(2_000)
      // Who has another way is not held up by it.
      answered(await other.append('a/1', NO_STREAM, [event()])())
      proxy.heal()
      const before = writing.acknowledged.length
      const seen = follower.seen.length
      // The connections there were stay dead: without a guard each call waits for ever, or for TCP to give up.
      await until(() => writing.acknowledged.length > before + 5 && follower.seen.length > seen + 5)
      answered(await log.read('w/1', NO_STREAM)())
      await writing.stop()
      await assertWhole(log, [writing], follower)
      await Promise.all([store.close(), direct.close(), proxy.close()])
    },
  )

  Faults('a server that is gone: every call says so within its patience, and that it may go well later', async () => {
    const proxy = await startProxy(server.port)
    const store = await opened(connectionTo(proxy.port), { patienceMs: 500 })
    const log = store.eventStore(tenantName())
    answered(await log.append('a/1', NO_STREAM, [event()])())
    await proxy.close()
    const answers = await Promise.all([log.read('a/1', NO_STREAM)(), log.readAll(START, 9)(), log.end()])
    for (const answer of answers) assert.ok(E.isLeft(answer) && answer.left.transient)
    const append = await log.append('a/1', 0n, [event()])()
    assert.ok(E.isLeft(append) && ['StoreUnavailable', 'OutcomeUnknown'].includes(append.left._tag))
    await store.close()
  })

  Faults('closing waits for no server: also while it stands still, whatever is under way', async () => {
    const store = await opened(connectionTo(server.port))
    const log = store.eventStore(tenantName())
    const early = store.eventStore(tenantName())
    answered(await early.append('a/1', NO_STREAM, [event()])())
    answered(await log.append('a/1', NO_STREAM, [event()])())
    server.signal('SIGSTOP')
    try {
      // The first waits for its place in the subscription, and with it the supervisor for the server.
      const follower = follow(log, START)
      const [append, read] = [log.append('a/1', 0n, [event()])(), log.read('a/1', NO_STREAM)()]
      await sleep(300)
      let isClosed = false
      const closing = store.close().then(() => {
        isClosed = true
      })
      await until(() => isClosed, 10_000)
      await closing
      await follower.stop()
      server.signal('SIGCONT')
      const appended = await append
      // It had been sent: whoever asked is not told that nothing was stored.
      assert.ok(E.isRight(appended) || appended.left._tag === 'OutcomeUnknown')
      await read
    } finally {
      server.signal('SIGCONT')
    }
  })

  Faults(
    'closed between two attempts at an append that had been sent: it may be stored, and that is said',
    async () => {
      const proxy = await startProxy(server.port)
      const store = await opened(connectionTo(proxy.port), { patienceMs: 120_000 })
      const log = store.eventStore(tenantName())
      answered(await log.append('a/1', NO_STREAM, [event()])())
      proxy.blackHole()
      const append = log.append('a/1', 0n, [event()])()
      await sleep(300)
      // From here on nobody listens there, and the attempts are nearly all waiting.
      await proxy.close()
      await sleep(1_500)
      await store.close()
      const answer = await append
      assert.ok(E.isLeft(answer) && answer.left._tag === 'OutcomeUnknown')
    },
  )

  Faults('a connection that comes after thousands of calls asks for a sign of life as soon as the first', async () => {
    const proxy = await startProxy(server.port)
    const store = await opened(connectionTo(proxy.port))
    const log = store.eventStore(tenantName())
    answered(await log.read('a/1', NO_STREAM)())
    const before = longestKeepAlive()
    for (let i = 0; i < 500; i++) answered(await log.read('a/1', NO_STREAM)())
    proxy.cut()
    answered(await log.read('a/1', NO_STREAM)())
    assert.ok(longestKeepAlive() - before < 100, `${before} ms were, ${longestKeepAlive()} ms are`)
    await store.close()
    await proxy.close()
  })

  Faults(
    'a tenant that is slow, thousands of events behind: it gets all of them once, and holds nobody up',
    async () => {
      const store = await opened(connectionTo(server.port))
      const slow = store.eventStore(tenantName())
      const quick = store.eventStore(tenantName())
      const slowly = follow(slow, START, 150)
      const quickly = follow(quick, START)
      let revision = NO_STREAM
      for (let i = 0; i < 14; i++) {
        revision = answered(
          await slow.append(
            'a/1',
            revision,
            Array.from({ length: 500 }, () => event()),
          )(),
        ).revision
      }
      answered(await quick.append('a/1', NO_STREAM, [event()])())
      await until(() => quickly.seen.length === 1)
      await until(() => slowly.seen.length >= 7_000)
      assert.equal(idsOf(slowly.seen), idsOf(answered(await slow.read('a/1', NO_STREAM)())))
      await store.close()
    },
  )

  Faults('an event that nobody can read: its tenant is named and waits, the others go on', async () => {
    const store = await opened(connectionTo(server.port))
    const [poisoned, sound] = [tenantName(), tenantName()]
    const reader = follow(store.eventStore(poisoned), START)
    const other = follow(store.eventStore(sound), START)
    answered(await store.eventStore(poisoned).append('a/1', NO_STREAM, [event()])())
    await until(() => reader.seen.length === 1)
    const address = { hosts: [{ address: '127.0.0.1', port: server.port }], discover: false, insecure: true }
    const stranger = openClient({ address, keepAliveMs: 60_000 })
    const foreign = { id: randomUUID(), type: 'Foreign', data: Buffer.from('{}'), metadata: Buffer.from('{}') }
    await stranger.append(`underlag.a-${poisoned}/2`, NO_STREAM, [foreign], 5_000)
    await stranger.close()
    answered(await store.eventStore(sound).append('a/1', NO_STREAM, [event()])())
    answered(await store.eventStore(poisoned).append('a/3', NO_STREAM, [event()])())
    await until(() => other.seen.length === 1 && store.health().parked.has(poisoned))
    assert.match(store.health().parked.get(poisoned) ?? '', /was not written by Underlag/)
    assert.equal([...store.health().parked.keys()], [poisoned])
    assert.is(reader.seen.length, 1)
    await store.close()
  })

  Faults(
    'a backup put back under a program that runs: it is told, and reads nothing of what it remembers',
    async () => {
      const store = await opened(connectionTo(server.port), { patienceMs: 120_000 })
      const tenant = tenantName()
      const [log, other] = [store.eventStore(tenant), store.eventStore(`${tenant}-b`)]
      const kept = answered(await log.append('a/1', NO_STREAM, [event(), event()])())
      const end = answered(await other.append('a/1', NO_STREAM, [event()])()).position
      assert.is(answered(await other.end()), end)
      const restore = await server.backUp()
      answered(await log.append('a/1', kept.revision, [event({ more: 'x'.repeat(700) }), event()])())
      const lost = answered(await log.end())
      await restore()

      const told = await log.end()
      assert.ok(E.isLeft(told) && /a backup was put back/.test(told.left.reason) && !told.left.transient)
      for (const call of [log.append('a/1', kept.revision, [event()]), log.read('a/1', NO_STREAM), log.readAt([lost])])
        assert.equal(await call(), told)
      // Who knows of nothing that is gone goes on, and so does who comes anew.
      assert.is(answered(await other.end()), end)
      const anew = store.eventStore(tenant)
      assert.is(answered(await anew.read('a/1', NO_STREAM)()).length, 2)
      // Others write beyond the place that was reached: no event begins there.
      answered(await other.append('a/1', 0n, [event({ more: 'y'.repeat(3_000) }), event(), event()])())
      assert.equal(answered(await anew.readAt([lost, kept.position])()).length, 1)
      const beyond = await anew.readAll(lost, 10)()
      assert.ok(E.isLeft(beyond) && /a backup was put back/.test(beyond.left.reason))
      await store.close()
    },
  )

  Faults('a stream that somebody set a limit on: it is not read as if it began later', async () => {
    const store = await opened(connectionTo(server.port))
    const tenant = tenantName()
    const log = store.eventStore(tenant)
    answered(await log.append('ledger/1', NO_STREAM, [event(), event(), event()])())
    const address = { hosts: [{ address: '127.0.0.1', port: server.port }], discover: false, insecure: true }
    const operator = openClient({ address, keepAliveMs: 62_000 })
    const data = Buffer.from('{"$maxCount":1}')
    const limit = { id: randomUUID(), type: '$metadata', data, metadata: Buffer.from('{}') }
    await operator.append(`$$underlag.ledger-${tenant}/1`, NO_STREAM, [limit], 5_000)
    await operator.close()
    const read = await log.read('ledger/1', NO_STREAM)()
    assert.ok(E.isLeft(read) && /Event 0 of ledger\/1 is not read any more/.test(read.left.reason))
    // What is there can be read on from where it was.
    assert.is(answered(await log.read('ledger/1', 1n)()).length, 1)
    await store.close()
  })

  Faults('hundreds of tenants share one subscription: each gets its own, also who comes late', async () => {
    const store = await opened(connectionTo(server.port))
    const logs = Array.from({ length: 300 }, () => store.eventStore(tenantName()))
    const followers = logs.map((log) => follow(log, START))
    await Promise.all(logs.map(async (log) => answered(await log.append('a/1', NO_STREAM, [event(), event()])())))
    const late = logs.map((log) => follow(log, START))
    await Promise.all(logs.map(async (log) => answered(await log.append('a/1', 1n, [event()])())))
    await until(() => [...followers, ...late].every(({ seen }) => seen.length >= 3))
    for (const [i, log] of logs.entries()) {
      const stored = idsOf(answered(await log.read('a/1', NO_STREAM)()))
      assert.equal([idsOf(followers[i]?.seen ?? []), idsOf(late[i]?.seen ?? [])], [stored, stored])
    }
    await until(() => store.health().state === 'live')
    await store.close()
  })

  Faults('lag and state are there to be seen', async () => {
    const store = await opened(connectionTo(server.port))
    assert.equal([store.health().state, answered(await store.lag())], ['idle', 0n])
    const log = store.eventStore(tenantName())
    const follower = follow(log, START)
    answered(await log.append('a/1', NO_STREAM, [event()])())
    await until(() => follower.seen.length === 1)
    assert.is(store.health().state, 'live')
    const deadline = performance.now() + 10_000
    while (answered(await store.lag()) > 0n && performance.now() < deadline) await sleep(50)
    assert.is(answered(await store.lag()), 0n)
    await follower.stop()
    await until(() => store.health().state === 'idle')
    await store.close()
  })
}
