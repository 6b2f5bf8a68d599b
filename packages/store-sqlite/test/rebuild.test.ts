import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  catchUp,
  type Json,
  type NewEvent,
  NO_STREAM,
  type Projection,
  type RawEventStore,
  type ReadModels,
  rebuild,
  type SealedPart,
} from '@underlag/kernel'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type Temporary, temporary } from './temporary-store.js'

const Rebuild = suite('SQLite: rebuilding read models')

const within = (name: string, test: (place: Temporary) => Promise<void>): void =>
  Rebuild(name, async () => {
    const place = await temporary()
    try {
      await test(place)
    } finally {
      await place.cleanup()
    }
  })

const right = <L, A>(result: E.Either<L, A>): A => {
  if (E.isLeft(result)) throw new Error(inspect(result.left))
  return result.right
}

type Step = readonly [key: number, n: number]

const happened = ([key, n]: Step): NewEvent<SealedPart> => ({
  id: randomUUID(),
  type: 'Happened',
  data: { key, n },
  personal: [],
  metadata: { commandId: 'c', correlationId: 'c', causationId: 'c', at: '', recordedAt: '' },
})

const log = async (store: RawEventStore, steps: ReadonlyArray<Step>): Promise<void> => {
  right(await store.append('a/1', NO_STREAM, steps.map(happened))())
}

/** The last `n` of each key, 0 removes it; found by its last digit. */
const lasts: Projection = {
  table: { name: 'lasts', version: 1 },
  keys: ({ data }) => [`k${data.key}`],
  evolve: (_, { data }) => (data.n === 0 ? undefined : { n: data.n as number }),
  terms: (document) => [['digit', String((document as { n: number }).n % 10)]],
}
const expected = (steps: ReadonlyArray<Step>): ReadonlyArray<readonly [string, Json]> =>
  [...new Map(steps.map(([key, n]) => [`k${key}`, { n }]))]
    .filter(([, { n }]) => n !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))

const all = async (models: ReadModels) => right(await models.page(lasts.table, undefined, 100_000)())
const digits = async (models: ReadModels) => {
  const found = new Map<string, ReadonlyArray<string>>()
  for (let digit = 0; digit < 10; digit++) {
    const keys = right(await models.keys(lasts.table, 'digit', String(digit))())
    if (keys.length > 0) found.set(String(digit), keys)
  }
  return found
}
const expectedDigits = (steps: ReadonlyArray<Step>) => {
  const found = new Map<string, Array<string>>()
  for (let digit = 0; digit < 10; digit++)
    for (const [key, document] of expected(steps))
      if ((document as { n: number }).n % 10 === digit)
        found.set(String(digit), [...(found.get(String(digit)) ?? []), key])
  return found
}

/** The same numbers below `below` for a seed each time (a linear congruential generator). */
const dice = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
}

within('makes the same documents and terms, however little is kept in memory', async ({ open }) => {
  const [store, other] = await Promise.all([open(), open()])
  for (let seed = 1; seed <= 40; seed++) {
    const random = dice(seed)
    const said = Array.from({ length: 1 + random(120) }, (): Step => [random(30), random(25)])
    const tenant = `seed-${seed}`
    await log(store.eventStore(tenant), said)
    const models = store.readModels(tenant)
    const wrong = new Map<string, Json>([['k1', { n: 99 }]])
    const change = { table: lasts.table, documents: wrong, added: [['digit', '9', 'k1']] as const, removed: [] }
    right(await models.commit(0n, 1n, [change])())
    const options = { batch: 1 + random(9), kept: 1 + random(40) }
    right(await rebuild(store.eventStore(tenant), models, [lasts], options)())
    assert.equal(await all(other.readModels(tenant)), expected(said), tenant)
    assert.equal(await digits(other.readModels(tenant)), expectedDigits(said), tenant)
  }
})

/** More than one transaction takes, of documents and of terms. */
const many = Array.from({ length: 9_000 }, (_, i): Step => [i, i + 1])

within(
  'serves the old while it writes the new, and in the end the rows of what it replaced are gone',
  async (place) => {
    const [store, other] = await Promise.all([place.open(), place.open()])
    const [events, models] = [store.eventStore('t'), store.readModels('t')]
    await log(events, many)
    right(await catchUp(events, models, [lasts], BigInt(many.length))())
    const whole = expected(many)
    let rebuilding = true
    const rebuilt = rebuild(events, models, [lasts], { kept: 2_500 })().finally(() => {
      rebuilding = false
    })
    for (let looks = 0; rebuilding || looks === 0; looks++) {
      assert.equal(await all(other.readModels('t')), whole)
      await sleep(1)
    }
    right(await rebuilt)
    assert.equal(await all(other.readModels('t')), whole)
    assert.equal(await digits(models), expectedDigits(many))
    const file = new DatabaseSync(`${place.path}.read`, { readOnly: true })
    const rows = (table: string) => Number(file.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n)
    const deadline = performance.now() + 20_000
    while (rows('documents') + rows('terms') > 2 * many.length && performance.now() < deadline) await sleep(20)
    assert.equal([rows('documents'), rows('terms'), rows('generations')], [many.length, many.length, 1])
    file.close()
  },
)

within('of two at once in one process, both come to an end', async ({ open }) => {
  const store = await open()
  const [events, models] = [store.eventStore('t'), store.readModels('t')]
  await log(events, many)
  const both = [1_000, 3_000].map((kept) => rebuild(events, models, [lasts], { kept })())
  for (const one of await Promise.all(both)) assert.is(right(one), BigInt(many.length))
  right(await catchUp(events, models, [lasts], BigInt(many.length))())
  assert.equal(await all(models), expected(many))
  assert.equal(await digits(models), expectedDigits(many))
})
