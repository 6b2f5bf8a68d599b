import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import * as assert from 'uvu/assert'
import {
  type Aggregate,
  type AppendFailure,
  type Beginning,
  decided,
  type EventStore,
  type ExecutorOptions,
  eventCodec,
  eventId,
  executor,
  type Intent,
  NO_STREAM,
  type RawEventStore,
  record,
  sealing,
  text,
} from '../src/index.js'
import { type MemoryLog, memoryEventStore, memoryKeys, memoryLog, suite } from '../src/testing/index.js'

// A tally that never goes above ten.
type Added = { readonly type: 'Added'; readonly data: { readonly by: number; readonly note?: string } }
interface Tally {
  readonly sum: number
  readonly notes: ReadonlyArray<string>
}
type Add = ReadonlyArray<Added['data']>
type Above = { readonly _tag: 'AboveTen'; readonly sum: number }

const tallyOf = (opened: boolean): Aggregate<Tally, Add, Added, Above> => ({
  opened,
  codec: eventCodec<Added>({ Added: record({ by: t.number }, { note: text('text', /.*/, undefined, true) }) }, () => [
    { subject: 'client:c1', purpose: 'care', pointers: ['/note'] },
  ]),
  decider: {
    initial: () => ({ sum: 0, notes: [] }),
    fold: (state, events) =>
      events.reduce(({ sum, notes }, { data }) => ({ sum: sum + data.by, notes: [...notes, data.note ?? '–'] }), state),
    decide: (adds) => (state) => {
      const sum = adds.reduce((total, { by }) => total + by, state.sum)
      return sum > 10
        ? E.left({ _tag: 'AboveTen', sum })
        : E.right(adds.filter(({ by }) => by !== 0).map((data) => ({ type: 'Added' as const, data })))
    },
  },
})
const tally = tallyOf(true)
const STREAM = 'tally/t1'

const intent = (commandId: string, fingerprint = commandId): Intent => ({
  commandId,
  correlationId: 'r',
  causationId: 's',
  actor: 'user:anna',
  at: '2026-03-01T00:00:00Z',
  fingerprint,
})
const keys = memoryKeys()
const seals = sealing('default', keys)
/** A process of its own on the one log; `around` is what the network makes of its store. */
const process = (
  log: MemoryLog,
  options: Partial<ExecutorOptions> = {},
  around: (raw: RawEventStore) => RawEventStore = (raw) => raw,
) => {
  const store: EventStore = seals.events(around(memoryEventStore(log)))
  const runs = executor({ tenant: 'default', store, sealing: seals, clock: () => '2026-03-01T12:00:00Z', ...options })
  return {
    ...runs,
    store,
    add: (commandId: string, ...by: ReadonlyArray<number>) =>
      runs.execute(tally, STREAM, intent(commandId, `${by}`), ({ state }) =>
        decided(tally.decider.decide(by.map((n) => ({ by: n, note: `${commandId}:${n}` })))(state)),
      )(),
  }
}
const answered = <L, A>(result: E.Either<L, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}
const lengthOf = async (log: MemoryLog): Promise<number> =>
  answered(await memoryEventStore(log).read(STREAM, NO_STREAM)()).length

const Execute = suite('execute')

Execute('events are appended with who, why and when, and answered with their personal fields', async () => {
  const log = memoryLog()
  const done = answered(await process(log).add('k1', 1, 2))
  assert.equal([done.repeated, done.revision], [false, 1n])
  assert.equal(
    done.events.map(({ type, data, revision, position, stream }) => [type, data, revision, position, stream]),
    [
      ['Added', { by: 1, note: 'k1:1' }, 0n, 2n, STREAM],
      ['Added', { by: 2, note: 'k1:2' }, 1n, 2n, STREAM],
    ],
  )
  const [stored] = answered(await memoryEventStore(log).read(STREAM, NO_STREAM)())
  assert.equal(stored?.data, { by: 1 })
  assert.equal(stored?.metadata, {
    commandId: 'k1',
    actor: 'user:anna',
    correlationId: 'r',
    causationId: 's',
    at: '2026-03-01T00:00:00Z',
    recordedAt: '2026-03-01T12:00:00Z',
    fingerprint: '1,2',
  })
})

Execute(
  'a repeated command is answered from the stream as the first time, by any process, whatever came after',
  async () => {
    const log = memoryLog()
    const one = process(log)
    const first = answered(await one.add('k1', 1, 2))
    answered(await one.add('k2', 3))
    for (const each of [one, process(log, { clock: () => '2030-01-01T00:00:00Z' })]) {
      const again = answered(await each.add('k1', 1, 2))
      assert.ok(again.repeated)
      const shown = ({ events }: typeof first) =>
        events.map(({ id, data, revision, metadata }) => [id, data, revision, metadata])
      assert.equal(shown(again), shown(first))
    }
    assert.is(await lengthOf(log), 3)
  },
)

Execute('a repeated command that would be refused by now is still answered as the first time', async () => {
  const one = process(memoryLog())
  answered(await one.add('k1', 8))
  assert.ok(answered(await one.add('k1', 8)).repeated)
})

Execute('the same commandId with other content is refused', async () => {
  const one = process(memoryLog())
  answered(await one.add('k1', 1))
  assert.equal(await one.add('k1', 2), E.left({ _tag: 'CommandIdReused', commandId: 'k1' }))
})

Execute('a refusal, and a command that changes nothing, leave no trace and are decided anew', async () => {
  const log = memoryLog()
  const one = process(log)
  answered(await one.add('k1', 9))
  assert.equal(await one.add('k2', 5), E.left({ _tag: 'Refused', refusal: { _tag: 'AboveTen', sum: 14 } }))
  assert.equal(answered(await one.add('k3', 0)), { events: [], repeated: false, revision: 0n })
  answered(await one.add('k4', -5))
  assert.ok(E.isRight(await one.add('k2', 5)))
  assert.ok(E.isRight(await one.add('k3', 1)))
  assert.is(await lengthOf(log), 4)
})

Execute('processes that race decide on what is there: the limit holds, and nothing is lost', async () => {
  const log = memoryLog()
  const processes = [process(log), process(log), process(log)]
  const results = await Promise.all(Array.from({ length: 15 }, (_, i) => processes[i % 3]!.add(`k${i}`, 1)))
  assert.is(results.filter(E.isRight).length, 10)
  for (const result of results)
    if (E.isLeft(result)) assert.equal(result.left, { _tag: 'Refused', refusal: { _tag: 'AboveTen', sum: 11 } })
  assert.is(await lengthOf(log), 10)
})

Execute('processes that send the same command at once store it once', async () => {
  const log = memoryLog()
  const results = await Promise.all([process(log), process(log), process(log)].map((each) => each.add('k1', 1, 2)))
  assert.is(results.filter((result) => answered(result).repeated).length, 2)
  assert.is(await lengthOf(log), 2)
})

/** A store whose append fails so many times; `lands`: the events are stored all the same. */
const failing = (times: number, failure: AppendFailure, lands: boolean) => {
  const count = { appends: 0 }
  const around = (raw: RawEventStore): RawEventStore => ({
    ...raw,
    append: (stream, expected, events) => async () => {
      count.appends++
      if (count.appends > times) return raw.append(stream, expected, events)()
      if (lands) await raw.append(stream, expected, events)()
      return E.left(failure)
    },
  })
  return { count, around }
}
const conflict: AppendFailure = { _tag: 'Conflict', stream: STREAM, expected: -1n, actual: 3n }
const unknown: AppendFailure = { _tag: 'OutcomeUnknown', reason: 'the line was cut' }

Execute('a lost answer is settled by the stream: stored once, whether it had landed or not', async () => {
  for (const lands of [true, false]) {
    const log = memoryLog()
    const { around, count } = failing(1, unknown, lands)
    const done = answered(await process(log, {}, around).add('k1', 1, 2))
    assert.equal(
      done.events.map(({ data }) => data),
      [
        { by: 1, note: 'k1:1' },
        { by: 2, note: 'k1:2' },
      ],
    )
    assert.is(done.repeated, lands)
    assert.equal([await lengthOf(log), count.appends], [2, lands ? 1 : 2])
  }
})

Execute('after too many conflicts it gives up, and says so', async () => {
  const { around, count } = failing(99, conflict, false)
  const result = await process(memoryLog(), { retries: 3 }, around).add('k1', 1)
  assert.equal(result, E.left({ _tag: 'TooManyConflicts', stream: STREAM }))
  assert.is(count.appends, 4)
})

Execute('what trying again does not help is answered at once', async () => {
  const failures: ReadonlyArray<AppendFailure> = [
    { _tag: 'TooLarge', size: 9, limit: 5 },
    { _tag: 'StoreUnavailable', reason: 'full', remedy: 'make room', transient: false },
  ]
  for (const failure of failures) {
    const { around, count } = failing(1, failure, false)
    assert.equal(await process(memoryLog(), {}, around).add('k1', 1), E.left(failure))
    assert.is(count.appends, 1)
  }
})

Execute('commands on one stream take turns in the order they came; other streams do not wait', async () => {
  const one = process(memoryLog())
  const seen: Array<string> = []
  const gate: { open?: () => void } = {}
  const held = new Promise<void>((resolve) => {
    gate.open = resolve
  })
  const run = (stream: 'tally/a' | 'tally/b', commandId: string, wait?: Promise<void>) =>
    one.execute(tally, stream, intent(commandId), () => async () => {
      seen.push(`${commandId} begins`)
      await wait
      seen.push(`${commandId} ends`)
      return E.right([{ type: 'Added' as const, data: { by: 1 } }])
    })()
  const all = [run('tally/a', 'k1', held), run('tally/a', 'k2'), run('tally/a', 'k3'), run('tally/b', 'k4')]
  await all[3]
  assert.equal(seen, ['k1 begins', 'k4 begins', 'k4 ends'])
  gate.open?.()
  await Promise.all(all)
  assert.equal(seen.slice(3), ['k1 ends', 'k2 begins', 'k2 ends', 'k3 begins', 'k3 ends'])
})

Execute('a decision that breaks does not hold up the stream', async () => {
  const one = process(memoryLog())
  const broken = one.execute(tally, STREAM, intent('k1'), () => () => Promise.reject(new Error('a bug')))()
  const next = one.add('k2', 1)
  await broken.then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, 'a bug'),
  )
  assert.ok(E.isRight(await next))
})

Execute('only the tail of a stream that is known is read again', async () => {
  const log = memoryLog()
  const from: Array<bigint> = []
  const watched = (raw: RawEventStore): RawEventStore => ({
    ...raw,
    read: (stream, after, limit) => {
      from.push(after)
      return raw.read(stream, after, limit)
    },
  })
  const one = process(log, {}, watched)
  await one.add('k1', 1)
  await one.add('k2', 1)
  await process(log).add('k3', 1)
  assert.equal(answered(await one.load(tally, STREAM)()).state.sum, 3)
  assert.equal(from, [-1n, -1n, 0n])
  const forgetful = process(log, { cachedStreams: 1 }, watched)
  await forgetful.load(tally, STREAM)()
  await forgetful.load(tally, 'tally/other')()
  from.length = 0
  assert.equal(answered(await forgetful.load(tally, STREAM)()).revision, 2n)
  assert.equal(from, [-1n])
})

Execute('a stream longer than a page is read to its end', async () => {
  const log = memoryLog()
  const one = process(log)
  const many = Array.from({ length: 2500 }, (_, i) => ({ type: 'Added' as const, data: { by: i % 2 === 0 ? 1 : -1 } }))
  answered(await one.execute(tally, STREAM, intent('k1'), () => TE.right(many))())
  const loaded = answered(await process(log).load(tally, STREAM)())
  assert.equal([loaded.state.sum, loaded.state.notes.length, loaded.revision], [0, 2500, 2499n])
  const again = answered(await process(log).execute(tally, STREAM, intent('k1'), () => TE.right([]))())
  assert.equal([again.events.length, again.repeated], [2500, true])
})

Execute('an event that does not read is named with its stream, each time', async () => {
  const log = memoryLog()
  const one = process(log)
  answered(await one.add('k1', 1))
  const odd = { ...tally, codec: eventCodec<Added>({ Added: record({ by: text('text', /x/) }) as never }) }
  for (const _ of [1, 2]) {
    const failed = await process(log).load(odd, STREAM)()
    assert.ok(E.isLeft(failed) && failed.left._tag === 'UnreadableEvent' && failed.left.stream === STREAM)
  }
  assert.equal(answered(await one.load(tally, STREAM)()).state.sum, 1)
})

/** What a read model would know of the stream up to now. */
const beginningOf = async (log: MemoryLog): Promise<Beginning> => {
  const events = answered(await memoryEventStore(log).read(STREAM, NO_STREAM)())
  return {
    events: events.map(({ type, data }) => ({ type, data })),
    commands: events.map(({ metadata }) => [metadata.commandId, 1, metadata.fingerprint ?? null] as const),
    last: events.at(-1)?.id ?? '',
  }
}

Execute('a stream may begin with what a read model has of it: only what came after is read', async () => {
  const log = memoryLog()
  answered(await process(log).add('k1', 1, 2))
  answered(await process(log).add('k2', 3))
  const begins = await beginningOf(log)
  answered(await process(log).add('k3', 1))
  const reads: Array<bigint> = []
  const one = process(log, { beginning: async (stream) => (stream === STREAM ? begins : undefined) }, (raw) => ({
    ...raw,
    read: (stream, from, limit) => {
      reads.push(from)
      return raw.read(stream, from, limit)
    },
  }))
  const loaded = answered(await one.load(tally, STREAM)())
  assert.equal([loaded.state.sum, loaded.revision], [7, 3n])
  // The last event that is known, to see that the stream is that one; then what came after.
  assert.equal(reads, [1n, 2n])
  const again = answered(await one.add('k1', 1, 2))
  assert.equal([again.repeated, again.events.map(({ data }) => data.note)], [true, ['k1:1', 'k1:2']])
  assert.equal(await one.add('k2', 1), E.left({ _tag: 'CommandIdReused', commandId: 'k2' }))
  assert.equal(await one.add('k4', 4), E.left({ _tag: 'Refused', refusal: { _tag: 'AboveTen', sum: 11 } }))
  assert.is(answered(await one.add('k4', 3)).revision, 4n)
})

Execute('where the stream is another than a read model knew, it is read from its first event', async () => {
  const [log, other] = [memoryLog(), memoryLog()]
  answered(await process(other).add('k1', 9))
  const begins = await beginningOf(other)
  for (const there of [[], ['k1', 'k2']]) {
    for (const commandId of there) answered(await process(log).add(commandId, 1))
    const one = process(log, { beginning: async () => begins })
    assert.is(answered(await one.load(tally, STREAM)()).state.sum, there.length)
  }
})

Execute('a state is folded with personal parts where it asks for them, and knows the erased', async () => {
  const log = memoryLog()
  answered(await process(log).add('k1', 1))
  const notes = async (opened: boolean) => answered(await process(log).load(tallyOf(opened), STREAM)()).state.notes
  assert.equal(await notes(true), ['k1:1'])
  assert.equal(await notes(false), ['–'])
  await keys.erase('client:c1')()
  assert.equal(await notes(true), ['–'])
})

Execute('an event’s id is of its tenant, stream, command, place and content', () => {
  const id = eventId('default', STREAM, 'k1', 0, 'hash')
  assert.is(id, eventId('default', STREAM, 'k1', 0, 'hash'))
  const others = [
    eventId('other', STREAM, 'k1', 0, 'hash'),
    eventId('default', 'tally/t2', 'k1', 0, 'hash'),
    eventId('default', STREAM, 'k2', 0, 'hash'),
    eventId('default', STREAM, 'k1', 1, 'hash'),
    eventId('default', STREAM, 'k1', 0, 'hush'),
  ]
  assert.is(new Set([id, ...others]).size, 6)
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

Execute('any command may be retried at will: repeats in any order, on any process, change nothing', async () => {
  const commands = fc.array(fc.record({ id: fc.nat({ max: 6 }), on: fc.nat({ max: 2 }), cut: fc.nat({ max: 4 }) }), {
    maxLength: 20,
  })
  await fc.assert(
    fc.asyncProperty(commands, async (sent) => {
      const log = memoryLog()
      let lose = false
      // Now and then the answer is lost, and the events are there.
      const around = (raw: RawEventStore): RawEventStore => ({
        ...raw,
        append: (stream, expected, events) => async () => {
          const result = await raw.append(stream, expected, events)()
          if (!lose || E.isLeft(result)) return result
          lose = false
          return E.left(unknown)
        },
      })
      const processes = [process(log, {}, around), process(log, {}, around), process(log, {}, around)]
      const first = new Map<number, unknown>()
      for (const { id, on, cut } of sent) {
        lose = cut === 0
        const done = answered(await processes[on]!.add(`k${id}`, id, -id - 1))
        const events = done.events.map(({ id: event, data, revision }) => [event, data, revision])
        if (first.has(id)) assert.equal(events, first.get(id))
        first.set(id, events)
      }
      assert.is(await lengthOf(log), 2 * first.size - (first.has(0) ? 1 : 0))
    }),
    { numRuns: 60 },
  )
})
