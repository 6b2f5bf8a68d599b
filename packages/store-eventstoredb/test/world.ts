import { randomUUID } from 'node:crypto'
import type { Batch, NewEvent, Position, RawEventStore, RecordedEvent, SealedPart } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type EventStoreDB, type EventStoreDBOptions, openEventStoreDB } from '../src/index.js'

export const answered = <L, A>(result: E.Either<L, A>): A => {
  if (E.isLeft(result))
    throw new Error(`refused: ${JSON.stringify(result.left, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`)
  return result.right
}

export const opened = async (connection: string, options?: EventStoreDBOptions): Promise<EventStoreDB> =>
  answered(await openEventStoreDB(connection, options)())

export const tenantName = (): string => `t-${randomUUID().slice(0, 8)}`

export const event = (data: NewEvent['data'] = {}): NewEvent<SealedPart> => ({
  id: randomUUID(),
  type: 'BookingRecorded',
  data,
  personal: [],
  metadata: {
    commandId: randomUUID(),
    correlationId: 'c',
    causationId: 'c',
    at: '2026-03-01T10:00:00.000Z',
    recordedAt: '2026-03-01T10:00:01.000Z',
  },
})

export const idsOf = (events: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<string> =>
  events.map(({ id }) => id)

export interface Follower {
  readonly seen: Array<RecordedEvent>
  readonly stop: () => Promise<void>
}

export const follow = (store: RawEventStore, after: Position, slowMs = 0): Follower => {
  const seen: Array<RecordedEvent> = []
  const { stop } = store.subscribe(after, async ({ events }: Batch) => {
    seen.push(...events)
    if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs))
  })
  return { seen, stop }
}

/** Waits until it is so. An election takes seconds, and minutes where the machine is overloaded. */
export const until = async (isSo: () => boolean, ms = 120_000): Promise<void> => {
  const deadline = performance.now() + ms
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`it did not come about within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A writer to one stream, event by event; it keeps what was acknowledged, and goes on after whatever happened. */
export const writer = (store: RawEventStore, stream: `${string}/${string}`) => {
  const acknowledged: Array<string> = []
  let writing = true
  const run = async (): Promise<void> => {
    let revision = -1n
    for (let one = event(); writing; ) {
      const answer = await store.append(stream, revision, [one])()
      if (E.isRight(answer)) {
        acknowledged.push(one.id)
        revision = answer.right.revision
        one = event()
      } else if (answer.left._tag === 'Conflict') {
        // Only the event at hand may have been stored without our knowing.
        const tail = answered(await store.read(stream, revision)())
        assert.equal(idsOf(tail), [one.id])
        acknowledged.push(one.id)
        revision = tail.at(-1)?.revision ?? revision
        one = event()
      } else assert.ok(answer.left._tag === 'OutcomeUnknown' || answer.left._tag === 'StoreUnavailable')
    }
  }
  const done = run()
  return {
    acknowledged,
    stop: async () => {
      writing = false
      await done
    },
  }
}

/** Nothing acknowledged is lost, nothing is doubled, nobody saw it in another order. */
export const assertWhole = async (
  store: RawEventStore,
  streams: ReadonlyArray<{ readonly stream: `${string}/${string}`; readonly acknowledged: ReadonlyArray<string> }>,
  follower: Follower,
): Promise<void> => {
  for (const { stream, acknowledged } of streams) {
    const stored = idsOf(answered(await store.read(stream, -1n)()))
    assert.is(new Set(stored).size, stored.length, 'stored twice')
    const missing = acknowledged.filter((id) => !stored.includes(id))
    assert.equal(missing, [], 'acknowledged and lost')
    assert.ok(stored.length - acknowledged.length <= 1)
  }
  const all = idsOf(answered(await store.readAll(0n, 1_000_000)()))
  await until(() => follower.seen.length >= all.length)
  assert.equal(idsOf(follower.seen), all)
}
