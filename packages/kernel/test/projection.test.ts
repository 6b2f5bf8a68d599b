import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  catchUp,
  type Json,
  NO_STREAM,
  type Position,
  type Projection,
  type RawEventStore,
  type ReadModels,
  type RecordedEvent,
  rebuild,
} from '../src/index.js'
import { memoryEventStore, memoryLog, memoryReadModels, suite } from '../src/testing/index.js'

const answered = <L, A>(result: E.Either<L, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left, (_, v) => (typeof v === 'bigint' ? String(v) : v)))
  return result.right
}

/** A small log: each event sets, adds to or removes what it names. */
type Said = readonly [type: 'Set' | 'Added' | 'Removed' | 'Poison' | 'Other', key: string, n?: number]
const logged = async (...said: ReadonlyArray<Said>): Promise<RawEventStore> => {
  const store = memoryEventStore(memoryLog())
  await add(store, ...said)
  return store
}
const add = async (store: RawEventStore, ...said: ReadonlyArray<Said>): Promise<void> => {
  for (const [type, key, n = 1] of said) {
    const revision = answered(await store.read(`of/${key}`, NO_STREAM)()).at(-1)?.revision ?? NO_STREAM
    const metadata = { commandId: 'k', correlationId: 'r', causationId: 's', at: '', recordedAt: '' }
    const event = { id: `${key}${revision}`, type, data: { key, n }, personal: [], metadata }
    answered(await store.append(`of/${key}`, revision, [event])())
  }
}

/** The sum per key, found as even or odd; an evolve applied twice shows. */
const sums = (name = 'sums', version = 1): Projection => ({
  table: { name, version },
  keys: ({ type, data }) => (type === 'Other' ? [] : [String(data.key)]),
  evolve: (document, { type, data }) => {
    if (type === 'Poison') throw new TypeError(`secret ${data.key}`)
    if (type === 'Removed') return undefined
    const sum = type === 'Set' ? 0 : ((document as { sum: number } | undefined)?.sum ?? 0)
    return { sum: sum + Number(data.n) }
  },
  terms: (document) => [['parity', (document as { sum: number }).sum % 2 === 0 ? 'even' : 'odd']],
})
const all = async (readModels: ReadModels, { table }: Projection = sums()): Promise<Record<string, Json>> =>
  Object.fromEntries(answered(await readModels.page(table, undefined, 1000)()))
const under = async (readModels: ReadModels, term: string, { table }: Projection = sums()) =>
  answered(await readModels.keys(table, 'parity', term)())
const at = async (readModels: ReadModels, { table }: Projection = sums()): Promise<Position> =>
  answered(await readModels.checkpoint(table)())

const Follow = suite('projections')

Follow('documents and terms follow the log, and who is removed is gone', async () => {
  const store = await logged(
    ['Set', 'a'],
    ['Added', 'b', 2],
    ['Added', 'a'],
    ['Other', 'a'],
    ['Set', 'c'],
    ['Removed', 'c'],
  )
  const readModels = memoryReadModels()
  assert.is(answered(await catchUp(store, readModels, [sums()], 6n)()), 6n)
  assert.equal(await all(readModels), { a: { sum: 2 }, b: { sum: 2 } })
  assert.equal([await under(readModels, 'even'), await under(readModels, 'odd')], [['a', 'b'], []])
  await add(store, ['Added', 'a'], ['Removed', 'b'])
  answered(await catchUp(store, readModels, [sums()], 8n)())
  assert.equal(await all(readModels), { a: { sum: 3 } })
  assert.equal([await under(readModels, 'even'), await under(readModels, 'odd')], [[], ['a']])
})

Follow('of one whose events each make a document of their own none is looked for', async () => {
  const perEvent: Projection = { ...sums('once'), keys: ({ position }) => [String(position)], once: true }
  const store = await logged(['Set', 'a'], ['Set', 'a', 2], ['Set', 'b', 3])
  const readModels: ReadModels = {
    ...memoryReadModels(),
    get: () => {
      throw new Error('it was looked for')
    },
  }
  for (const target of [2n, 3n]) answered(await catchUp(store, readModels, [perEvent], target, { batch: 1 })())
  assert.equal(await all(readModels, perEvent), { 1: { sum: 1 }, 2: { sum: 2 }, 3: { sum: 3 } })
  answered(await rebuild(store, readModels, [perEvent], { batch: 1, kept: 1 })())
  assert.equal(await under(readModels, 'odd', perEvent), ['1', '3'])
})

Follow('who is there already reads nothing more', async () => {
  const store = await logged(['Set', 'a'])
  const readModels = memoryReadModels()
  answered(await catchUp(store, readModels, [sums()], 1n)())
  const deaf: RawEventStore = { ...store, readAll: () => () => Promise.reject(new Error('read')) }
  assert.is(answered(await catchUp(deaf, readModels, [sums()], 1n)()), 1n)
})

Follow('a table that came later catches up with the others', async () => {
  const store = await logged(['Set', 'a'], ['Added', 'a'], ['Set', 'b'], ['Added', 'b'], ['Added', 'a'])
  const readModels = memoryReadModels()
  answered(await catchUp(store, readModels, [sums()], 3n, { batch: 3 })())
  const later = sums('later')
  const newest = sums('sums', 2)
  assert.is(answered(await catchUp(store, readModels, [sums(), later, newest], 5n, { batch: 2 })()), 5n)
  for (const each of [sums(), later, newest]) {
    assert.equal(await all(readModels, each), { a: { sum: 3 }, b: { sum: 2 } }, each.table.name)
    assert.is(await at(readModels, each), 5n)
  }
})

Follow('several processes on one table: each event is applied once', async () => {
  const store = await logged(...Array.from({ length: 40 }, (_, i): Said => ['Added', `k${i % 3}`]))
  const tables = new Map()
  // Each answer a turn later, and so in between the other's.
  const slow = (readModels: ReadModels): ReadModels => ({
    ...readModels,
    get:
      (...args) =>
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return readModels.get(...args)()
      },
  })
  const runs = [1, 2, 3].map((batch) => catchUp(store, slow(memoryReadModels(tables)), [sums()], 40n, { batch })())
  for (const run of await Promise.all(runs)) assert.is(answered(run), 40n)
  assert.equal(await all(memoryReadModels(tables)), { k0: { sum: 14 }, k1: { sum: 13 }, k2: { sum: 13 } })
})

Follow('an event that cannot be taken parks the tables before it, named and without its content', async () => {
  const store = await logged(['Set', 'a'], ['Poison', 'Anna'], ['Set', 'b'])
  const readModels = memoryReadModels()
  const parked = { _tag: 'Parked', table: 'sums', position: 2n, type: 'Poison', problems: ['TypeError'] }
  assert.equal(await catchUp(store, readModels, [sums()], 3n, { batch: 1 })(), E.left(parked))
  assert.equal(await all(readModels), { a: { sum: 1 } })
  assert.equal(await catchUp(store, readModels, [sums()], 3n)(), E.left(parked), 'until it can be taken')
  const mended: Projection = { ...sums(), keys: (event) => (event.type === 'Poison' ? [] : sums().keys(event)) }
  assert.is(answered(await catchUp(store, readModels, [mended], 3n)()), 3n)
  assert.equal(await all(readModels), { a: { sum: 1 }, b: { sum: 1 } })
})

Follow('an event that does not decode is stopped at the boundary, whichever table asks', async () => {
  const store = await logged(['Set', 'a'], ['Other', 'b'])
  const readModels = memoryReadModels()
  const decode = ({ type }: RecordedEvent) =>
    type === 'Other'
      ? E.left({ _tag: 'UnreadableEvent' as const, type, problems: ['it must be known'] })
      : E.right(null)
  const parked = { _tag: 'Parked', table: 'sums', position: 2n, type: 'Other', problems: ['it must be known'] }
  assert.equal(await catchUp(store, readModels, [sums()], 2n, { decode })(), E.left(parked))
})

Follow('an event is decoded once, however many tables take it', async () => {
  const store = await logged(['Set', 'a'], ['Added', 'a'], ['Other', 'b'])
  const decoded: Array<string> = []
  const decode = ({ type }: RecordedEvent) => E.right(decoded.push(type))
  answered(await catchUp(store, memoryReadModels(), [sums('one'), sums('two')], 3n, { decode })())
  assert.equal(decoded, ['Set', 'Added', 'Other'])
})

Follow('a failure of the store is passed on', async () => {
  const failure = { _tag: 'StoreUnavailable', reason: 'gone', remedy: 'wait', transient: true } as const
  const store: RawEventStore = { ...(await logged(['Set', 'a'])), readAll: () => async () => E.left(failure) }
  assert.equal(await catchUp(store, memoryReadModels(), [sums()], 1n)(), E.left(failure))
})

Follow('told how far it is, it can be stopped and goes on from there', async () => {
  const store = await logged(...Array.from({ length: 10 }, (): Said => ['Added', 'a']))
  const readModels = memoryReadModels()
  const stop = new AbortController()
  const seen: Array<readonly [Position, number]> = []
  const onProgress = ({ position, events }: { position: Position; events: number }) => {
    seen.push([position, events])
    if (position >= 4n) stop.abort()
  }
  assert.is(
    answered(await catchUp(store, readModels, [sums()], 10n, { batch: 2, onProgress, signal: stop.signal })()),
    4n,
  )
  assert.equal(seen, [
    [2n, 2],
    [4n, 4],
  ])
  assert.is(answered(await catchUp(store, readModels, [sums()], 10n)()), 10n)
  assert.equal(await all(readModels), { a: { sum: 10 } })
})

const said: fc.Arbitrary<Said> = fc.tuple(
  fc.constantFrom('Set' as const, 'Added' as const, 'Added' as const, 'Removed' as const, 'Other' as const),
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.integer({ min: 1, max: 3 }),
)

Follow('any batches, any lag between the tables and any interruptions come to the same documents', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { maxLength: 40 }),
      fc.array(
        fc.record({
          tables: fc.integer({ min: 1, max: 7 }),
          to: fc.nat({ max: 40 }),
          batch: fc.integer({ min: 1, max: 9 }),
        }),
      ),
      async (events, runs) => {
        const store = await logged(...events)
        const end = BigInt(events.length)
        const projections = ['one', 'two', 'three'].map((name) => sums(name))
        const readModels = memoryReadModels()
        for (const { tables, to, batch } of runs) {
          const some = projections.filter((_, i) => (tables & (1 << i)) !== 0)
          const target = BigInt(to) < end ? BigInt(to) : end
          assert.ok(answered(await catchUp(store, readModels, some, target, { batch })()) >= target)
        }
        answered(await catchUp(store, readModels, projections, end, { batch: 4 })())
        const once = memoryReadModels()
        answered(await catchUp(store, once, [sums()], end)())
        for (const each of projections) {
          assert.equal(await all(readModels, each), await all(once))
          for (const term of ['even', 'odd']) assert.equal(await under(readModels, term, each), await under(once, term))
        }
      },
    ),
    { numRuns: 150 },
  )
})

const Rebuild = suite('rebuilding')

Rebuild('while it runs the old tables serve, and then the same documents are there', async () => {
  const store = await logged(...Array.from({ length: 9 }, (_, i): Said => ['Added', `k${i % 2}`]))
  const readModels = memoryReadModels()
  answered(await catchUp(store, readModels, [sums()], 9n)())
  const before = await all(readModels)
  const during: Array<Record<string, Json>> = []
  let looks: Promise<unknown> = Promise.resolve()
  const onProgress = () => {
    looks = looks.then(async () => during.push(await all(readModels)))
  }
  assert.is(answered(await rebuild(store, readModels, [sums()], { batch: 2, onProgress })()), 9n)
  await looks
  assert.ok(during.length >= 5)
  for (const seen of during) assert.equal(seen, before)
  assert.equal(await all(readModels), before)
})

Rebuild('what was wrong in a table is right again', async () => {
  const store = await logged(['Added', 'a'], ['Added', 'b'])
  const readModels = memoryReadModels()
  const { table } = sums()
  const wrong = new Map<string, Json>([
    ['a', { sum: 99 }],
    ['x', { sum: 1 }],
  ])
  answered(
    await readModels.commit(0n, 2n, [{ table, documents: wrong, added: [['parity', 'odd', 'x']], removed: [] }])(),
  )
  answered(await rebuild(store, readModels, [sums()])())
  assert.equal(await all(readModels), { a: { sum: 1 }, b: { sum: 1 } })
  assert.equal(await under(readModels, 'odd'), ['a', 'b'])
  await add(store, ['Added', 'a'])
  answered(await catchUp(store, readModels, [sums()], 3n)())
  assert.equal(await all(readModels), { a: { sum: 2 }, b: { sum: 1 } })
})

Rebuild('what was written meanwhile is caught up with afterwards', async () => {
  const store = await logged(['Added', 'a'], ['Added', 'a'])
  const readModels = memoryReadModels()
  let more: Promise<void> = Promise.resolve()
  const onProgress = () => {
    more = add(store, ['Added', 'a'])
  }
  answered(await rebuild(store, readModels, [sums()], { onProgress })())
  await more
  answered(await catchUp(store, readModels, [sums()], 3n)())
  assert.equal(await all(readModels), { a: { sum: 3 } })
})

Rebuild('cut off, or parked, it leaves the old tables serving', async () => {
  const store = await logged(...Array.from({ length: 6 }, (): Said => ['Added', 'a']))
  const readModels = memoryReadModels()
  answered(await catchUp(store, readModels, [sums()], 6n)())
  const stop = new AbortController()
  const onProgress = () => stop.abort()
  assert.ok(answered(await rebuild(store, readModels, [sums()], { batch: 2, onProgress, signal: stop.signal })()) < 6n)
  assert.equal([await all(readModels), await at(readModels)], [{ a: { sum: 6 } }, 6n])
  await add(store, ['Poison', 'a'])
  assert.ok(E.isLeft(await rebuild(store, readModels, [sums()])()))
  assert.equal([await all(readModels), await at(readModels)], [{ a: { sum: 6 } }, 6n])
})

Rebuild(
  'by several at once, while others go on, counts every event once and never serves less than it did',
  async () => {
    const store = await logged(...Array.from({ length: 9 }, (): Said => ['Added', 'a']))
    const readModels = memoryReadModels()
    answered(await catchUp(store, readModels, [sums()], 5n)())
    let least = 0n
    const seen = async (): Promise<void> => {
      const now = await at(readModels)
      assert.ok(now >= least, `served ${least}, and then ${now}`)
      least = now
    }
    await Promise.all([
      ...[1, 2, 3].map((batch) => rebuild(store, readModels, [sums()], { batch, onProgress: () => void seen() })()),
      (async () => {
        for (let i = 10; i < 30; i++) {
          await add(store, ['Added', 'a'])
          answered(await catchUp(store, readModels, [sums()], BigInt(i))())
          assert.equal(await all(readModels), { a: { sum: i } })
          await seen()
        }
      })(),
    ])
    assert.equal(await all(readModels), { a: { sum: 29 } })
  },
)

Rebuild('of nothing is nothing', async () => {
  const readModels = memoryReadModels()
  assert.is(answered(await rebuild(await logged(), readModels, [sums()])()), 0n)
  assert.equal(await all(readModels), {})
})
