import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NO_STREAM, type RecordedEvent, START } from '@underlag/kernel'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { openClient, type Said, type ServerEvent } from '../src/client.js'
import { parseAddress } from '../src/connection-string.js'
import { NO_SERVER, testServer } from '../src/testing/index.js'
import { answered, event, follow, idsOf, opened, tenantName, until } from './world.js'

const Large = suite('EventStoreDB: appends above the server’s limit')
const server = await testServer()

if (server === undefined) Large('are one commit', () => skipped(NO_SERVER))
else {
  const { connection } = server
  const invoices = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...event({ i, text: 'åäö'.repeat(400) }),
      personal: [
        { subject: `client:${i}`, purpose: 'bookkeeping:2026' as const, key: 'k', box: 'AAECAw=='.repeat(20) },
      ],
    }))

  Large('5 000 invoices are stored and read back to the letter, by every way of reading', async () => {
    const store = await opened(connection)
    const log = store.eventStore(tenantName())
    answered(await log.append('ledger/1', NO_STREAM, [event()])())
    const follower = follow(log, START)
    const events = invoices(5_000)
    const { revision, position } = answered(await log.append('ledger/1', 0n, events)())
    assert.is(revision, 5_000n)
    assert.is(answered(await log.end()), position)
    const content = ({ id, data, personal, metadata }: RecordedEvent | (typeof events)[number]) => ({
      id,
      data,
      personal,
      metadata,
    })
    const expected = events.map(content)
    assert.equal(answered(await log.read('ledger/1', 0n)()).map(content), expected)
    assert.equal(
      answered(await log.readAll(START, 10_000)())
        .slice(1)
        .map(content),
      expected,
    )
    assert.equal(answered(await log.readAt([position])()).map(content), expected.slice(-1))
    await until(() => follower.seen.length === 5_001)
    assert.equal(follower.seen.slice(1).map(content), expected)
    // The same again is told as stored, or as a conflict, and is not stored twice.
    const again = await log.append('ledger/1', 0n, events)()
    assert.ok(E.isRight(again) ? again.right.revision === 5_000n : again.left._tag === 'Conflict')
    assert.is(answered(await log.read('ledger/1', NO_STREAM)()).length, 5_001)
    await store.close()
  })

  Large('content that was altered, or is gone, is an error and never shown', async () => {
    const store = await opened(connection)
    const tenant = tenantName()
    const log = store.eventStore(tenant)
    answered(await log.append('ledger/1', NO_STREAM, invoices(600))())
    const address = parseAddress(connection)
    if (E.isLeft(address)) throw new Error(address.left.reason)
    const client = openClient({ address: address.right, keepAliveMs: 61_000 })
    const first: Array<ServerEvent> = []
    const take = (said: Said): boolean => {
      if (said._tag === 'Event') first.push(said.event)
      return true
    }
    const stream = `underlag.ledger-${tenant}/1`
    await client.read({ of: 'stream', stream, from: 0n, count: 1 }, take, AbortSignal.timeout(10_000))
    const { id, type, data, metadata } = first[0] as ServerEvent
    const { $ref } = JSON.parse(Buffer.from(data).toString())
    for (const [i, altered] of [{ revision: $ref.revision + 1 }, { stream: 'none' }].entries()) {
      const event = { id, type, data: Buffer.from(JSON.stringify({ $ref: { ...$ref, ...altered } })), metadata }
      await client.append(`underlag.ledger-${tenant}/altered-${i}`, NO_STREAM, [event], 5000)
    }
    for (const [i, revision] of [0.5, -1, 1e300].entries()) {
      const event = { id, type, data: Buffer.from(JSON.stringify({ $ref: { ...$ref, revision } })), metadata }
      await client.append(`underlag.ledger-${tenant}/none-${i}`, NO_STREAM, [event], 5000)
    }
    await client.close()
    for (const i of [0, 1, 2]) {
      const began = performance.now()
      const read = await log.read(`ledger/none-${i}`, NO_STREAM)()
      assert.ok(E.isLeft(read) && /was not written by Underlag/.test(read.left.reason))
      // It stays so, however often it is tried.
      assert.ok(performance.now() - began < 10_000)
    }
    for (const i of [0, 1]) {
      const read = await log.read(`ledger/altered-${i}`, NO_STREAM)()
      assert.ok(E.isLeft(read) && /missing or was altered/.test(read.left.reason))
    }
    await store.close()
  })

  Large('a process killed at any moment of them leaves all of an append, or nothing', async () => {
    const store = await opened(connection)
    const tenant = tenantName()
    const log = store.eventStore(tenant)
    const program = fileURLToPath(new URL('./overflow-writer.js', import.meta.url))
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [program, connection, tenant], { stdio: ['ignore', 'pipe', 'inherit'] })
      const told: Array<string> = []
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        told.push(chunk)
        // Counted from its first or second word, so that however slow the machine is there is something to cut off, and to keep.
        if (told.length === 1 + (round % 2)) setTimeout(() => child.kill('SIGKILL'), Math.random() * 400)
      })
      await new Promise((resolve) => child.on('close', resolve))
      const stored = answered(await log.read('ledger/1', NO_STREAM)())
      assert.is(stored.length % 800, 0, 'a part of an append')
      const acknowledged = told
        .join('')
        .match(/stored (\d+)/g)
        ?.at(-1)
      if (acknowledged !== undefined) assert.ok(stored.length > Number(acknowledged.slice('stored '.length)))
      assert.is(new Set(idsOf(stored)).size, stored.length)
    }
    assert.ok(answered(await log.read('ledger/1', NO_STREAM)()).length > 0)
    await store.close()
  })
}
