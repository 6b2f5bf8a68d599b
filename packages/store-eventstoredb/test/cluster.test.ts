import { setTimeout as sleep } from 'node:timers/promises'
import { NO_STREAM, START } from '@underlag/kernel'
import { skipped, suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import {
  canStartServers,
  connectionTo,
  NO_OWN_SERVER,
  type OwnServer,
  startCluster,
  stateOf,
} from '../src/testing/index.js'
import { answered, assertWhole, event, follow, opened, tenantName, until, writer } from './world.js'

const Cluster = suite('EventStoreDB: a cluster of three')

if (!canStartServers()) Cluster('loses and doubles nothing', () => skipped(NO_OWN_SERVER))
else {
  const nodes = await startCluster(3)
  const ports = nodes.map(({ port }) => port)
  const byState = async (state: string): Promise<OwnServer> => {
    for (let i = 0; i < 600; i++) {
      for (const node of nodes) if ((await stateOf(node.port))?.toLowerCase() === state) return node
      await sleep(100)
    }
    throw new Error(`no ${state} within a minute`)
  }

  Cluster('what was acknowledged is read at once, whichever node was named first', async () => {
    const follower = (await byState('follower')).port
    const stores = await Promise.all([
      opened(connectionTo(follower)),
      opened(connectionTo(...ports)),
      opened(connectionTo(...ports.toReversed())),
    ])
    const tenant = tenantName()
    const logs = stores.map((store) => store.eventStore(tenant))
    for (let i = 0; i < 60; i++) {
      const [one, other] = [logs[i % 3], logs[(i + 1) % 3]]
      if (one === undefined || other === undefined) throw new Error('there are three')
      const { position } = answered(await one.append(`a/${i}`, NO_STREAM, [event()])())
      assert.is(answered(await other.read(`a/${i}`, NO_STREAM)()).length, 1)
      assert.ok(answered(await other.end()) >= position)
    }
    await Promise.all(stores.map((store) => store.close()))
  })

  Cluster('the leader killed under load: nothing lost or doubled, all goes on by itself in seconds', async () => {
    const store = await opened(connectionTo(...ports), { patienceMs: 120_000 })
    const log = store.eventStore(tenantName())
    const follower = follow(log, START)
    const writers = [1, 2, 3, 4].map((n) => ({ stream: `w/${n}` as const, ...writer(log, `w/${n}`) }))
    await until(() => writers.every(({ acknowledged }) => acknowledged.length > 20))
    const leader = await byState('leader')
    leader.signal('SIGKILL')
    await leader.ended()
    const before = writers.map(({ acknowledged }) => acknowledged.length)
    await until(() => writers.every(({ acknowledged }, i) => acknowledged.length > (before[i] ?? 0) + 20))
    await leader.start()
    await Promise.all(writers.map(({ stop }) => stop()))
    await assertWhole(log, writers, follower)
    assert.is(store.health().state, 'live')
    await store.close()
  })

  Cluster(
    'the leader standing still for half a minute under load: all goes on by itself, at the latest after it',
    async () => {
      const store = await opened(connectionTo(...ports), { patienceMs: 120_000 })
      const log = store.eventStore(tenantName())
      const follower = follow(log, START)
      const writing = { stream: 'w/1' as const, ...writer(log, 'w/1') }
      await until(() => writing.acknowledged.length > 20)
      const leader = await byState('leader')
      leader.signal('SIGSTOP')
      const before = writing.acknowledged.length
      const goesOn = () => writing.acknowledged.length > before + 20
      // Its sockets are open yet: now and then the others keep telling each other that it is alive, and elect nobody until it goes on.
      await until(goesOn, 30_000).catch(() => {})
      leader.signal('SIGCONT')
      await until(goesOn)
      // One that was deposed ends by itself, or steps back.
      await leader.ended(5_000)
      await writing.stop()
      await assertWhole(log, [writing], follower)
      await store.close()
    },
  )
}
