import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import type { NewEvent, Position, RecordedEvent, Revision, SealedPart, StreamName } from '../event.js'
import { NO_STREAM, START } from '../event.js'
import type { Appended, AppendFailure, Batch, RawEventStore } from '../event-store.js'
import { answered, at, type Contract, contract, eventually, refused, within } from './contract.js'
import { suite } from './suite.js'

/** One storage, and as many handles on it as wanted, each as of a process of its own. */
export interface EventStoreFixture {
  /** A handle of its own: nothing in memory is shared with other handles. Tenant: `default`. */
  readonly open: (tenant?: string) => Promise<RawEventStore>
  /** Closes what was opened and removes the storage. */
  readonly cleanup: () => Promise<void>
  /** Size in bytes of an append that is certainly refused `TooLarge`, where there is one. */
  readonly maxAppendBytes?: number
  /** Whether a tenant's positions are 1, 2, 3 …; else they only grow. Default: true. */
  readonly consecutivePositions?: boolean
  /** Whether an id that a stream holds already is refused at the stream's end as well. Default: true. */
  readonly refusesRepeatedIds?: boolean
  /** How many random histories are tried. Default: 25. */
  readonly histories?: number
}

/** What every store of events does, whatever it stands on. */
export const eventStoreContract = (name: string, makeFixture: () => Promise<EventStoreFixture>): void => {
  const Store = suite(`event store contract: ${name}`)
  const it = contract(Store, makeFixture)
  appending(it)
  repeating(it)
  reading(it)
  subscribing(it)
  several(it)
  histories(it)
}

type It = Contract<EventStoreFixture>

const appending = (it: It): void => {
  it('gives revisions from 0 within the stream, and positions that grow over all streams', async (fixture) => {
    const store = await fixture.open()
    const first = answered(await store.append('a/1', NO_STREAM, [event(), event()])())
    const second = answered(await store.append('b/1', NO_STREAM, [event()])())
    const third = answered(await store.append('a/1', 1n, [event()])())
    assert.equal([first.revision, second.revision, third.revision], [1n, 0n, 2n])
    assert.ok(START < first.position && first.position < second.position && second.position < third.position)
    if (fixture.consecutivePositions !== false) {
      assert.equal([first.position, second.position, third.position], [2n, 3n, 4n])
    }
  })

  it('lets exactly one of many win a new stream', async (fixture) => {
    const handles = await Promise.all([fixture.open(), fixture.open(), fixture.open()])
    for (let round = 0; round < 10; round++) {
      const stream: StreamName = `race/${round}`
      const attempts = Array.from({ length: 12 }, () => [event(), event()])
      const answers = await Promise.all(
        attempts.map((events, i) => at(handles, i % 3).append(stream, NO_STREAM, events)()),
      )
      const winners = answers.flatMap((answer, i) => (E.isRight(answer) ? [i] : []))
      assert.is(winners.length, 1, `${winners.length} appends won stream ${round}`)
      for (const answer of answers) if (E.isLeft(answer)) assert.is(answer.left._tag, 'Conflict')
      const stored = answered(await at(handles, 2).read(stream, NO_STREAM)())
      assert.equal(idsOf(stored), idsOf(attempts[winners[0] as number] as Array<NewEvent<SealedPart>>))
    }
  })

  it('refuses a revision that is past, with the actual one', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, [event(), event(), event()])())
    for (const stale of [0n, 1n]) {
      assert.equal(refused(await store.append('a/1', stale, [event()])()), {
        _tag: 'Conflict',
        stream: 'a/1',
        expected: stale,
        actual: 2n,
      })
    }
    assert.is(answered(await store.read('a/1', NO_STREAM)()).length, 3)
  })

  it('refuses a revision that is yet to come', async ({ open }) => {
    const store = await open()
    assert.equal(refused(await store.append('a/1', 0n, [event()])()), {
      _tag: 'Conflict',
      stream: 'a/1',
      expected: 0n,
      actual: NO_STREAM,
    })
    answered(await store.append('a/1', NO_STREAM, [event()])())
    assert.is(refused(await store.append('a/1', 5n, [event()])())._tag, 'Conflict')
    assert.is(answered(await store.read('a/1', NO_STREAM)()).length, 1)
  })

  it('refuses "there is no stream" where there is one', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, [event()])())
    const conflict = refused(await store.append('a/1', NO_STREAM, [event()])())
    assert.equal(conflict, { _tag: 'Conflict', stream: 'a/1', expected: NO_STREAM, actual: 0n })
    assert.is(answered(await store.read('a/1', NO_STREAM)()).length, 1)
  })

  it('stores a batch whole or not at all', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, batch(3))())
    refused(await store.append('a/1', NO_STREAM, batch(3))())
    refused(await store.append('a/1', 1n, batch(3))())
    answered(await store.append('a/1', 2n, batch(500))())
    const stored = answered(await store.read('a/1', NO_STREAM)())
    assert.is(stored.length, 503)
    assertUnbroken(stored)
  })

  it('hurts nobody by the conflict of another at the same moment', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, [event()])())
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        i % 3 === 0 ? store.append('a/1', NO_STREAM, [event()])() : store.append(`b/${i}`, NO_STREAM, batch(2))(),
      ),
    )
    answers.forEach((answer, i) => {
      if (i % 3 === 0) assert.is(refused(answer)._tag, 'Conflict')
      else answered(answer)
    })
    assert.is(answered(await store.readAll(START, 1000)()).length, 1 + 20 * 2)
  })

  it('stores nothing by an append without events, and answers whether the stream is where it was thought', async ({
    open,
  }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, [])())
    assert.equal(answered(await store.read('a/1', NO_STREAM)()), [])
    const { position } = answered(await store.append('a/1', NO_STREAM, [event()])())
    assert.is(answered(await store.append('a/1', 0n, [])()).revision, 0n)
    assert.is(refused(await store.append('a/1', NO_STREAM, [])())._tag, 'Conflict')
    assert.is(answered(await store.end()), position)
  })

  it('stores nothing by events whose grounds were recorded anew, and is not kept from it by anything else', async ({
    open,
  }) => {
    const [store, other] = await Promise.all([open(), open()])
    answered(await store.append('a/1', NO_STREAM, [event()])())
    answered(await store.append('b/1', NO_STREAM, [event()])())
    const position = answered(await store.end())
    const grounds = (...streams: ReadonlyArray<StreamName>) => ({ streams: new Set(streams), position })
    answered(await store.append('a/1', 0n, [event()], grounds('b/1', 'b/2', 'c/1'))())
    answered(await other.append('b/2', NO_STREAM, [event()])())
    answered(await other.append('d/1', NO_STREAM, batch(3))())
    assert.equal(refused(await store.append('a/1', 1n, batch(2), grounds('c/1', 'b/2'))()), {
      _tag: 'Outdated',
      stream: 'b/2',
    })
    assert.is(answered(await store.read('a/1', NO_STREAM)()).length, 2)
    // Its own stream has its revision.
    answered(await store.append('a/1', 1n, [event()], grounds('b/1', 'c/1'))())
    answered(await store.append('a/1', 2n, [event()], grounds())())
    answered(await store.append('a/1', 3n, [event()], { ...grounds('b/2'), position: answered(await store.end()) })())
    answered(await other.append('e/1', NO_STREAM, batch(250))())
    answered(await other.append('b/1', 0n, [event()])())
    assert.is(refused(await store.append('a/1', 4n, [event()], grounds('b/1'))())._tag, 'Outdated')
  })

  it('refuses what is too large and stores nothing of it', async (fixture) => {
    if (fixture.maxAppendBytes === undefined) return
    const store = await fixture.open()
    const size = fixture.maxAppendBytes
    const failure = refused(await store.append('a/1', NO_STREAM, [event(), event({ text: 'x'.repeat(size) })])())
    assert.is(failure._tag, 'TooLarge')
    assert.equal(answered(await store.read('a/1', NO_STREAM)()), [])
    answered(await store.append('a/1', NO_STREAM, [event()])())
  })
}

/** Repeats: never success for content that is not stored, and nothing stored twice. */
const repeating = (it: It): void => {
  it('takes a repeated batch once', async ({ open }) => {
    const [store, other] = await Promise.all([open(), open()])
    const events = batch(3)
    const first = answered(await store.append('a/1', NO_STREAM, events)())
    for (const handle of [store, other]) {
      isRepeatOrConflict(await handle.append('a/1', NO_STREAM, events)(), first)
    }
    assert.equal(idsOf(answered(await other.read('a/1', NO_STREAM)())), idsOf(events))
  })

  it('takes a batch once that is repeated after others came', async ({ open }) => {
    const store = await open()
    const events = batch(2)
    const first = answered(await store.append('a/1', NO_STREAM, events)())
    answered(await store.append('a/1', 1n, batch(2))())
    isRepeatOrConflict(await store.append('a/1', NO_STREAM, events)(), first)
    assert.is(answered(await store.read('a/1', NO_STREAM)()).length, 4)
  })

  it('takes a batch once that is repeated at the same moment', async ({ open }) => {
    const handles = await Promise.all([open(), open()])
    const events = batch(2)
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => at(handles, i % 2).append('a/1', NO_STREAM, events)()),
    )
    assert.ok(answers.some(E.isRight))
    assert.equal(idsOf(answered(await at(handles, 0).read('a/1', NO_STREAM)())), idsOf(events))
  })

  it('stores no id twice when a batch comes again at a later revision', async (fixture) => {
    if (fixture.refusesRepeatedIds === false) return
    const store = await fixture.open()
    const events = batch(2)
    answered(await store.append('a/1', NO_STREAM, events)())
    for (const repeat of [events, events.slice(1), [event(), ...events], [...events, event()]]) {
      assert.is(refused(await store.append('a/1', 1n, repeat)())._tag, 'Conflict')
    }
    assert.equal(idsOf(answered(await store.read('a/1', NO_STREAM)())), idsOf(events))
    answered(await store.append('a/1', 1n, batch(2))())
    assert.is(refused(await store.append('a/1', 3n, events)())._tag, 'Conflict')
    assert.is(answered(await store.readAll(START, 100)()).length, 4)
  })

  it('does not call a prefix of a stored batch, or a batch that goes on after one, a success it was not', async ({
    open,
  }) => {
    const store = await open()
    const events = batch(3)
    const first = answered(await store.append('a/1', NO_STREAM, events)())
    const prefix = await store.append('a/1', NO_STREAM, events.slice(0, 2))()
    if (E.isRight(prefix)) assert.is(prefix.right.revision, 1n)
    else assert.is(prefix.left._tag, 'Conflict')
    refused(await store.append('a/1', NO_STREAM, [...events, event()])())
    assert.equal(idsOf(answered(await store.read('a/1', NO_STREAM)())), idsOf(events))
    assert.is(answered(await store.end()), first.position)
  })

  it('never answers success for other content under a stored id', async ({ open }) => {
    const store = await open()
    const events = batch(2)
    answered(await store.append('a/1', NO_STREAM, events)())
    const changed = events.map((one) => ({ ...one, data: { changed: true } }))
    const answer = await store.append('a/1', NO_STREAM, changed)()
    assert.is(refused(answer)._tag, 'Conflict')
    const stored = answered(await store.read('a/1', NO_STREAM)())
    assert.equal(
      stored.map(({ data }) => data),
      events.map(({ data }) => data),
    )
  })

  it('takes equal ids in two streams as two events', async ({ open }) => {
    const store = await open()
    const events = batch(1)
    answered(await store.append('a/1', NO_STREAM, events)())
    answered(await store.append('a/2', NO_STREAM, events)())
    assert.is(answered(await store.readAll(START, 10)()).length, 2)
  })
}

const reading = (it: It): void => {
  it('gives back what was stored, to the letter', async ({ open }) => {
    const store = await open()
    const events: ReadonlyArray<NewEvent<SealedPart>> = [
      event({
        swedish: 'Åsa Öberg, Malmö',
        emoji: '🦷👩‍⚕️',
        control: '\u0000\n\u2028\\"',
        lone: '\ud800',
        empty: '',
        deep: [[{ a: null }]],
      }),
      event({ numbers: [0, -1, 1e21, 0.1, Number.MAX_SAFE_INTEGER], '': 1, __proto__x: true, 'a/b~c': false }),
      {
        ...event(),
        type: 'InvoiceRegistered.v2',
        personal: [
          { subject: 'client:c1', purpose: 'care', key: randomUUID(), box: 'AAECAw==' },
          {
            subject: 'client:c1',
            purpose: 'bookkeeping:2026',
            key: randomUUID(),
            box: Buffer.alloc(5000, 7).toString('base64'),
          },
        ],
        metadata: { ...metadata(), actor: 'user:anna', fingerprint: 'f'.repeat(64) },
      },
    ]
    answered(await store.append('booking/a:b.c_d-e', NO_STREAM, events)())
    for (const stored of [
      answered(await store.read('booking/a:b.c_d-e', NO_STREAM)()),
      answered(await (await open()).readAll(START, 10)()),
    ]) {
      assert.is(stored.length, events.length)
      stored.forEach((one, i) => {
        const { position, ...rest } = fields(one)
        assert.ok(position > START)
        assert.equal(rest, { ...events[i], stream: 'booking/a:b.c_d-e', revision: BigInt(i) })
      })
    }
  })

  it('gives back large data', async (fixture) => {
    const store = await fixture.open()
    const size = Math.min(3_000_000, Math.floor((fixture.maxAppendBytes ?? 4_000_000) / 4))
    const text = 'å'.repeat(Math.floor(size / 2))
    answered(await store.append('a/1', NO_STREAM, [event({ text }), event()])())
    const [large, small] = answered(await store.read('a/1', NO_STREAM)())
    assert.ok(large?.data.text === text)
    assert.equal(small?.data, {})
  })

  it('keeps names apart that differ in one character', async ({ open }) => {
    const store = await open()
    const id = 'a'.repeat(64)
    const names: ReadonlyArray<StreamName> = [
      'a/b',
      'a/B',
      'a/b.',
      'a/b:1',
      'a/b:10',
      'a/b_1',
      'a/b-1',
      'ab/b',
      `a/${id}`,
      `a/${id.slice(1)}`,
      'journalEntry/1',
      'journalentry/1',
    ]
    for (const stream of names) answered(await store.append(stream, NO_STREAM, [event({ stream })])())
    for (const stream of names) {
      assert.equal(
        answered(await store.read(stream, NO_STREAM)()).map(({ data }) => data),
        [{ stream }],
      )
    }
  })

  it('reads a stream after a revision, and up to a limit', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, batch(10))())
    answered(await store.append('b/1', NO_STREAM, batch(3))())
    const revisions = async (after: Revision, limit?: number): Promise<ReadonlyArray<number>> =>
      answered(await store.read('a/1', after, limit)()).map(({ revision }) => Number(revision))
    assert.equal(await revisions(NO_STREAM), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.equal(await revisions(6n), [7, 8, 9])
    assert.equal(await revisions(NO_STREAM, 2), [0, 1])
    assert.equal(await revisions(3n, 2), [4, 5])
    assert.equal(await revisions(9n), [])
    assert.equal(await revisions(50n, 5), [])
    assert.equal(answered(await store.read('a/none', NO_STREAM)()), [])
  })

  it('reads all after a position, without that one, up to a limit', async ({ open }) => {
    const store = await open()
    assert.equal(answered(await store.readAll(START, 10)()), [])
    assert.is(answered(await store.end()), START)
    for (let i = 0; i < 5; i++) answered(await store.append(`a/${i}`, NO_STREAM, batch(2))())
    const all = answered(await store.readAll(START, 100)())
    assert.is(all.length, 10)
    assertGrowing(all)
    const third = all[2] as RecordedEvent
    assert.equal(idsOf(answered(await store.readAll(third.position, 4)())), idsOf(all.slice(3, 7)))
    assert.equal(idsOf(answered(await store.readAll(START, 3)())), idsOf(all.slice(0, 3)))
    const last = all[9] as RecordedEvent
    assert.is(answered(await store.end()), last.position)
    assert.equal(answered(await store.readAll(last.position, 10)()), [])
  })

  it('reads the events at positions, each tenant its own', async ({ open }) => {
    const [store, other] = await Promise.all([open(), open('other')])
    for (let i = 0; i < 3; i++) answered(await store.append(`a/${i}`, NO_STREAM, batch(3))())
    const { position } = answered(await other.append('a/0', NO_STREAM, batch(1))())
    const all = answered(await store.readAll(START, 100)())
    const some = [at(all, 7), at(all, 2), at(all, 5)]
    const read = answered(await store.readAt(some.map((event) => event.position))())
    assert.equal(read.map(fields), some.map(fields))
    assert.equal(answered(await store.readAt([])()), [])
    const mine = answered(await store.readAt([position])())
    assert.ok(mine.every(({ id }) => idsOf(all).includes(id)))
    assert.equal(idsOf(answered(await other.readAt([position])())), idsOf(answered(await other.readAll(START, 9)())))
  })

  it('reads long streams and long logs whole', async ({ open }) => {
    const store = await open()
    let revision = NO_STREAM
    for (let i = 0; i < 9; i++) revision = answered(await store.append('a/1', revision, batch(500))()).revision
    const stream = answered(await store.read('a/1', NO_STREAM)())
    assert.is(stream.length, 4500)
    assertUnbroken(stream)
    assert.is(answered(await store.read('a/1', 99n, 4200)()).length, 4200)
    const all = answered(await store.readAll(START, 4400)())
    assert.equal(idsOf(all), idsOf(stream.slice(0, 4400)))
  })

  it('gives every reader events of its own', async ({ open }) => {
    const store = await open()
    const mine = { data: { list: ['a'] } }
    answered(await store.append('a/1', NO_STREAM, [{ ...event(), ...mine }])())
    mine.data.list.push('changed by the writer')
    const first = answered(await store.read('a/1', NO_STREAM)())
    try {
      ;(at(first, 0).data.list as Array<string>).push('changed by a reader')
    } catch {
      // Frozen: as good.
    }
    assert.equal(answered(await store.read('a/1', NO_STREAM)())[0]?.data, { list: ['a'] })
    assert.equal(answered(await store.readAll(START, 1)())[0]?.data, { list: ['a'] })
  })
}

const subscribing = (it: It): void => {
  it('hands over what there is and then what comes, from any position', async ({ open }) => {
    const [store, other] = await Promise.all([open(), open()])
    for (let i = 0; i < 6; i++) answered(await store.append(`a/${i}`, NO_STREAM, batch(50))())
    const before = answered(await store.readAll(START, 1000)())
    const middle = before[149]?.position as Position
    const end = answered(await store.end())
    const readers = [START, middle, end].map((after) => follow(other, after))
    await eventually(() => readers.every(({ seen }, i) => seen.length >= at([300, 150, 0], i)))
    for (let i = 0; i < 6; i++) {
      answered(await (i % 2 === 0 ? store : other).append(`b/${i}`, NO_STREAM, batch(5))())
    }
    await eventually(() => readers.every(({ seen }, i) => seen.length >= at([330, 180, 30], i)))
    const all = idsOf(answered(await store.readAll(START, 1000)()))
    assert.equal(idsOf(at(readers, 0).seen), all)
    assert.equal(idsOf(at(readers, 1).seen), all.slice(150))
    assert.equal(idsOf(at(readers, 2).seen), all.slice(300))
    for (const { batches, seen, subscription } of readers) {
      assertGrowing(seen)
      batches.forEach((batch, i) => {
        assert.ok(batch.position >= (batches[i - 1]?.position ?? START))
        if (batch.events.length > 0) assert.ok(batch.position >= (batch.events.at(-1)?.position ?? START))
      })
      assert.is(batches.at(-1)?.caughtUp, true)
      await subscription.stop()
    }
  })

  it('loses nothing and repeats nothing while others write', async ({ open }) => {
    const [store, other] = await Promise.all([open(), open()])
    const writers = [store, other, store, other].map(async (handle, w) => {
      let revision = NO_STREAM
      for (let i = 0; i < 40; i++) {
        revision = answered(await handle.append(`w/${w}`, revision, batch(1 + (i % 4)))()).revision
      }
    })
    const reader = follow(other, START)
    await Promise.all(writers)
    const all = answered(await store.readAll(START, 10_000)())
    await eventually(() => reader.seen.length >= all.length)
    assert.equal(idsOf(reader.seen), idsOf(all))
    await reader.subscription.stop()
  })

  it('hands over one batch at a time', async ({ open }) => {
    const store = await open()
    let running = 0
    let most = 0
    let seen = 0
    const subscription = store.subscribe(START, async ({ events }) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      seen += events.length
      running -= 1
    })
    for (let i = 0; i < 20; i++) answered(await store.append(`a/${i}`, NO_STREAM, batch(3))())
    await eventually(() => seen === 60)
    assert.is(most, 1)
    await subscription.stop()
  })

  it('ends with the error of its handler', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, batch(2))())
    const subscription = store.subscribe(START, async ({ events }) => {
      if (events.length > 0) throw new Error('no more')
    })
    const error = await within(
      5000,
      subscription.done.then(
        () => undefined,
        (thrown: Error) => thrown,
      ),
    )
    assert.is(error?.message, 'no more')
    await within(1000, subscription.stop())
    answered(await store.append('a/1', 1n, batch(1))())
  })

  it('stops after the batch at hand', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, batch(2))())
    let finished = false
    let calls = 0
    let started = (): void => {}
    const begun = new Promise<void>((resolve) => {
      started = resolve
    })
    const subscription = store.subscribe(START, async ({ events }) => {
      if (events.length === 0) return
      calls += 1
      started()
      await new Promise((resolve) => setTimeout(resolve, 30))
      finished = true
    })
    await within(5000, begun)
    await within(5000, subscription.stop())
    assert.is(finished, true)
    await within(1000, subscription.done)
    answered(await store.append('a/1', 1n, batch(1))())
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.is(calls, 1)
    await within(1000, subscription.stop())
  })

  it('ends all subscriptions of a handle when it is closed, and no others', async ({ open }) => {
    const [store, other] = await Promise.all([open(), open()])
    const readers = [follow(store, START), follow(store, START)]
    const stays = follow(other, START)
    answered(await store.append('a/1', NO_STREAM, batch(1))())
    await eventually(() => [...readers, stays].every(({ seen }) => seen.length === 1))
    await within(5000, store.close())
    for (const { subscription } of readers) await within(1000, subscription.done)
    answered(await other.append('a/1', 0n, batch(1))())
    await eventually(() => stays.seen.length === 2)
    await stays.subscription.stop()
  })
}

const several = (it: It): void => {
  it('never shows a later event before an earlier one', async (fixture) => {
    const handles = await Promise.all([fixture.open(), fixture.open(), fixture.open()])
    const reader = await fixture.open()
    let writing = true
    const polled: Array<RecordedEvent> = []
    const poll = async (): Promise<void> => {
      for (;;) {
        const last = !writing
        const events = answered(await reader.readAll(polled.at(-1)?.position ?? START, 50)())
        polled.push(...events)
        if (events.length > 0) continue
        if (last) return
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    const polling = poll()
    await Promise.all(
      Array.from({ length: 9 }, async (_, w) => {
        let revision = NO_STREAM
        for (let i = 0; i < 20; i++) {
          const events = batch(1 + ((w + i) % 3))
          revision = answered(await at(handles, w % 3).append(`w/${w}`, revision, events)()).revision
        }
      }),
    )
    writing = false
    await polling
    const all = answered(await reader.readAll(START, 10_000)())
    assertGrowing(all)
    assert.equal(idsOf(polled), idsOf(all))
    if (fixture.consecutivePositions !== false) {
      assert.equal(
        all.map(({ position }) => Number(position)),
        all.map((_, i) => i + 1),
      )
    }
    for (let w = 0; w < 9; w++) assertUnbroken(all.filter(({ stream }) => stream === `w/${w}`))
  })

  it('counts what was acknowledged before the call into the end, for every handle', async ({ open }) => {
    const [store, other] = await Promise.all([open(), open()])
    for (let i = 0; i < 20; i++) {
      const { position } = answered(await store.append(`a/${i}`, NO_STREAM, [event()])())
      assert.ok(answered(await other.end()) >= position)
      assert.is(answered(await other.read(`a/${i}`, NO_STREAM)()).length, 1)
    }
  })

  it('keeps tenants apart', async (fixture) => {
    const tenants = ['anna', 'berit', 'a:b.c_d-e', 'Anna']
    const stores = await Promise.all(tenants.map((tenant) => fixture.open(tenant)))
    const sizes = [1, 2, 3, 4]
    const readers = stores.map((store) => follow(store, START))
    await Promise.all(
      stores.map(async (store, i) =>
        answered(await store.append('ledger/1', NO_STREAM, batch(at(sizes, i), { tenant: at(tenants, i) }))()),
      ),
    )
    for (const [i, store] of stores.entries()) {
      const own = (events: ReadonlyArray<RecordedEvent>): boolean =>
        events.length === sizes[i] && events.every(({ data }) => data.tenant === tenants[i])
      assert.ok(own(answered(await store.read('ledger/1', NO_STREAM)())))
      const all = answered(await store.readAll(START, 100)())
      assert.ok(own(all))
      assert.is(answered(await store.end()) >= (all.at(-1)?.position as Position), true)
      if (fixture.consecutivePositions !== false) assert.is(all.at(-1)?.position, BigInt(at(sizes, i)))
      await eventually(() => own(at(readers, i).seen))
      await at(readers, i).subscription.stop()
    }
    const empty = await fixture.open('nobody')
    assert.equal(answered(await empty.readAll(START, 10)()), [])
    assert.is(answered(await empty.end()) >= START, true)
  })

  it('answers every call after it was closed, as unavailable', async ({ open }) => {
    const store = await open()
    answered(await store.append('a/1', NO_STREAM, [event()])())
    await store.close()
    await store.close()
    const answers = await within(
      5000,
      Promise.all([
        store.append('a/1', 0n, [event()])(),
        store.read('a/1', NO_STREAM)(),
        store.readAll(START, 1)(),
        store.end(),
      ]),
    )
    for (const answer of answers) assert.is(refused<AppendFailure, unknown>(answer)._tag, 'StoreUnavailable')
  })
}

/** Random histories against the simplest model there is: arrays. */
const histories = (it: It): void => {
  type Step =
    | {
        readonly do: 'append'
        readonly stream: number
        readonly off: number
        readonly size: number
        readonly handle: number
      }
    | {
        readonly do: 'repeat'
        readonly of: number
        readonly stream: number
        readonly off: number
        readonly handle: number
      }
    | {
        readonly do: 'read'
        readonly stream: number
        readonly after: number
        readonly limit: number
        readonly handle: number
      }
    | { readonly do: 'readAll'; readonly after: number; readonly limit: number; readonly handle: number }
  const small = (max: number) => fc.integer({ min: 0, max })
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        stream: small(2),
        off: fc.constantFrom(0, 0, 0, -1, 1),
        size: small(3),
        handle: small(1),
      }),
    },
    fc.record({
      do: fc.constant('repeat' as const),
      of: small(9),
      stream: small(2),
      off: fc.constantFrom(0, -1),
      handle: small(1),
    }),
    fc.record({
      do: fc.constant('read' as const),
      stream: small(2),
      after: small(6),
      limit: small(5),
      handle: small(1),
    }),
    fc.record({ do: fc.constant('readAll' as const), after: small(9), limit: small(5), handle: small(1) }),
  )

  it('does what the model does, over random histories', async (fixture) => {
    let history = 0
    const run = async (steps: ReadonlyArray<Step>): Promise<void> => {
      const tenant = `history-${history++}`
      const handles = await Promise.all([fixture.open(tenant), fixture.open(tenant)])
      const log: Array<{ readonly stream: StreamName; readonly id: string }> = []
      const sent: Array<readonly [StreamName, ReadonlyArray<NewEvent<SealedPart>>]> = []
      const inStream = (stream: StreamName) => log.filter((one) => one.stream === stream)
      for (const one of steps) {
        const store = handles[one.handle] as RawEventStore
        if (one.do === 'readAll') {
          const all = answered(await store.readAll(START, 1000)())
          const after = all[one.after - 1]?.position ?? START
          const from = after === START ? 0 : one.after
          assert.equal(
            idsOf(answered(await store.readAll(after, one.limit)())),
            idsOf(log.slice(from, from + one.limit)),
          )
          continue
        }
        const repeated = one.do === 'repeat' ? sent[one.of % Math.max(1, sent.length)] : undefined
        // Mostly on the stream where it was first, once in a while on another.
        const stream = repeated !== undefined && one.stream > 0 ? repeated[0] : (`s/${one.stream}` as const)
        const before = inStream(stream)
        if (one.do === 'read') {
          const read = answered(await store.read(stream, BigInt(one.after) - 1n, one.limit)())
          assert.equal(idsOf(read), idsOf(before.slice(one.after, one.after + one.limit)))
          continue
        }
        const events = one.do === 'append' ? batch(one.size) : (repeated?.[1] ?? [])
        const repeats = events.some(({ id }) => before.some((stored) => stored.id === id))
        if (one.do === 'repeat' && repeats && fixture.refusesRepeatedIds === false && one.off === 0) continue
        const expected = BigInt(before.length - 1 + one.off)
        if (expected < NO_STREAM) continue
        const answer = await store.append(stream, expected, events)()
        if (one.off === 0 && !repeats) {
          assert.is(answered(answer).revision, expected + BigInt(events.length))
          for (const { id } of events) log.push({ stream, id })
          if (one.do === 'append' && events.length > 0) sent.push([stream, events])
        } else if (E.isLeft(answer)) {
          assert.is(answer.left._tag, 'Conflict')
        } else {
          // Only a repeat of what is stored, exactly there, may be answered as the first time.
          const at = Number(expected) + 1
          assert.equal(idsOf(events), idsOf(before.slice(at, at + events.length)))
        }
      }
      const all = answered(await at(handles, 1).readAll(START, 1000)())
      assert.equal(idsOf(all), idsOf(log))
      assertGrowing(all)
      await Promise.all(handles.map((handle) => handle.close()))
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), run), { numRuns: fixture.histories ?? 25 })
  })
}

const isRepeatOrConflict = (answer: E.Either<AppendFailure, Appended>, first: Appended): void => {
  if (E.isRight(answer)) assert.equal(answer.right, first)
  else assert.is(answer.left._tag, 'Conflict')
}

interface Follower {
  readonly seen: Array<RecordedEvent>
  readonly batches: Array<Batch>
  readonly subscription: ReturnType<RawEventStore['subscribe']>
}

const follow = (store: RawEventStore, after: Position): Follower => {
  const seen: Array<RecordedEvent> = []
  const batches: Array<Batch> = []
  const subscription = store.subscribe(after, async (batch) => {
    batches.push(batch)
    seen.push(...batch.events)
  })
  return { seen, batches, subscription }
}

const metadata = (): NewEvent['metadata'] => ({
  commandId: randomUUID(),
  correlationId: 'c1',
  causationId: 'c1',
  at: '2026-03-01T10:00:00.000Z',
  recordedAt: '2026-03-01T10:00:01.000Z',
})

const event = (data: NewEvent['data'] = {}): NewEvent<SealedPart> => ({
  id: randomUUID(),
  type: 'BookingRecorded',
  data,
  personal: [],
  metadata: metadata(),
})

const batch = (size: number, data: NewEvent['data'] = {}): ReadonlyArray<NewEvent<SealedPart>> =>
  Array.from({ length: size }, () => event(data))

const idsOf = (events: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<string> => events.map(({ id }) => id)

/** By name, because a store may give fields as getters that `{ ...event }` leaves out. */
const fields = ({ stream, revision, position, id, type, data, personal, metadata }: RecordedEvent): RecordedEvent => ({
  stream,
  revision,
  position,
  id,
  type,
  data,
  personal,
  metadata,
})

const assertUnbroken = (events: ReadonlyArray<RecordedEvent>): void => {
  assert.equal(
    events.map(({ revision }) => Number(revision)),
    events.map((_, i) => i),
  )
}

const assertGrowing = (events: ReadonlyArray<RecordedEvent>): void => {
  events.forEach(({ position }, i) => {
    assert.ok(position > (events[i - 1]?.position ?? START))
  })
}
