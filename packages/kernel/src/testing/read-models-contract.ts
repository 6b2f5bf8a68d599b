import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type Position, START } from '../event.js'
import type { Json } from '../json.js'
import type { Generation, ReadModels, Table, TableChanges } from '../read-models.js'
import { answered, at, type Contract, contract, refused } from './contract.js'
import { byCodePoint } from './frozen.js'
import { suite } from './suite.js'

export interface ReadModelsFixture {
  /** A handle of its own on the one storage. Tenant: `default`. */
  readonly open: (tenant?: string) => Promise<ReadModels>
  readonly cleanup: () => Promise<void>
  /** How many random histories are tried. Default: 25. */
  readonly histories?: number
}

/** What every store of read models does. */
export const readModelsContract = (name: string, makeFixture: () => Promise<ReadModelsFixture>): void => {
  const it = contract(suite(`read models contract: ${name}`), makeFixture)
  documents(it)
  terms(it)
  fence(it)
  generations(it)
  histories(it)
}

type It = Contract<ReadModelsFixture>

const documents = (it: It): void => {
  it('begins empty, at the start', async ({ open }) => {
    const models = await open()
    assert.is(answered(await models.checkpoint(items)()), START)
    assert.is(answered(await models.checkpoint(items, 'next')()), START)
    assert.equal(answered(await models.get(items, ['a'])()), new Map())
    assert.equal(answered(await models.find(items, 'payer')()), new Map())
    assert.equal(answered(await models.keys(items, 'payer', 'x')()), [])
    assert.equal(answered(await models.page(items, undefined, 10)()), [])
  })

  it('stores, replaces and removes documents, and moves the checkpoint', async ({ open }) => {
    const [models, other] = await Promise.all([open(), open()])
    await put(models, START, 5n, items, { a: { n: 1 }, b: { n: 2 }, c: 'text' })
    await put(models, 5n, 9n, items, { a: { n: 3 }, b: null, gone: null })
    for (const handle of [models, other]) {
      assert.is(answered(await handle.checkpoint(items)()), 9n)
      assert.equal(
        answered(await handle.get(items, ['c', 'b', 'a', 'unknown'])()),
        new Map<string, Json>([
          ['c', 'text'],
          ['a', { n: 3 }],
        ]),
      )
    }
  })

  it('gives back any JSON under any key', async ({ open }) => {
    const models = await open()
    const all: Record<string, Json> = {
      'booking:a:b.c_d-e': {
        swedish: 'Åsa',
        emoji: '🦷',
        lone: '\ud800',
        control: '\u0000\n',
        nested: [[{ a: null }], 1e21, false],
      },
      Å: 0,
      '🦷': '',
      'a b"c\\d': {},
      '': true,
      ['k'.repeat(500)]: 'x'.repeat(100_000),
    }
    await put(models, START, 1n, items, all)
    assert.equal(answered(await models.get(items, Object.keys(all))()), new Map(Object.entries(all)))
    assert.equal(
      answered(await models.page(items, undefined, 100)()),
      Object.entries(all).sort(([a], [b]) => byCodePoint(a, b)),
    )
  })

  it('carries positions of 64 bits', async ({ open }) => {
    const models = await open()
    const far = 2n ** 62n + 12345678901n
    await put(models, START, far, items, { a: 1 })
    await put(models, far, far + 1n, items, { a: 2 })
    assert.is(answered(await models.checkpoint(items)()), far + 1n)
  })

  it('pages through all documents by key', async ({ open }) => {
    const models = await open()
    const keys = Array.from({ length: 25 }, (_, i) => `k${i * 7}`).concat('\uffee', '𐀀', 'é', 'Z')
    await put(models, START, 1n, items, Object.fromEntries(keys.map((key) => [key, { key }])))
    const seen: Array<string> = []
    for (let after: string | undefined; ; after = seen.at(-1)) {
      const page = answered(await models.page(items, after, 4)())
      for (const [key, document] of page) {
        assert.equal(document, { key })
        seen.push(key)
      }
      if (page.length < 4) break
    }
    assert.equal(seen, [...keys].sort(byCodePoint))
  })

  it('gets many documents at once', async ({ open }) => {
    const models = await open()
    const all = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`item:${i}`, { i }]))
    await put(models, START, 1n, items, all)
    const found = answered(await models.get(items, Object.keys(all))())
    assert.is(found.size, 5000)
    assert.equal(found.get('item:4999'), { i: 4999 })
  })

  it('gives every reader documents of its own', async ({ open }) => {
    const models = await open()
    const mine = { list: ['a'] }
    await put(models, START, 1n, items, { a: mine })
    mine.list.push('changed by the writer')
    const read = answered(await models.get(items, ['a'])()).get('a') as { list: Array<string> }
    try {
      read.list.push('changed by a reader')
    } catch {
      // Frozen: as good.
    }
    assert.equal(answered(await models.get(items, ['a'])()).get('a'), { list: ['a'] })
  })

  it('keeps tables, versions and tenants apart', async ({ open }) => {
    const [anna, berit] = await Promise.all([open('anna'), open('berit')])
    const newer: Table = { name: items.name, version: 2 }
    const other: Table = { name: 'customers', version: 1 }
    await put(anna, START, 1n, items, { a: 'items' }, [['i', 't', 'a']])
    await put(anna, START, 2n, newer, { a: 'newer' }, [['i', 't', 'a']])
    await put(anna, START, 3n, other, { a: 'other' }, [['i', 't', 'a']])
    await put(berit, START, 4n, items, { a: 'berit' }, [['i', 't', 'a']])
    for (const [models, table, position, document] of [
      [anna, items, 1n, 'items'],
      [anna, newer, 2n, 'newer'],
      [anna, other, 3n, 'other'],
      [berit, items, 4n, 'berit'],
    ] as const) {
      assert.is(answered(await models.checkpoint(table)()), position)
      const expected = new Map([['a', document]])
      assert.equal(answered(await models.get(table, ['a'])()), expected)
      assert.equal(answered(await models.find(table, 'i')()), expected)
      assert.equal(answered(await models.page(table, undefined, 9)()), [...expected])
    }
    assert.is(answered(await berit.checkpoint(other)()), START)
  })
}

const terms = (it: It): void => {
  it('finds documents by term, each once and by key', async ({ open }) => {
    const models = await open()
    await put(models, START, 1n, items, { b: 1, a: 2, c: 3, d: 4 }, [
      ['client', 'c1', 'b'],
      ['client', 'c1', 'a'],
      ['client', 'c2', 'a'],
      ['client', 'c2', 'c'],
      ['other', 'c1', 'd'],
    ])
    const find = async (index: string, of?: ReadonlyArray<string>) => [
      ...answered(await models.find(items, index, of)()).keys(),
    ]
    assert.equal(await find('client', ['c1']), ['a', 'b'])
    assert.equal(await find('client', ['c2', 'c1', 'c1']), ['a', 'b', 'c'])
    assert.equal(await find('client'), ['a', 'b', 'c'])
    assert.equal(await find('client', []), [])
    assert.equal(await find('client', ['c3']), [])
    assert.equal(await find('other'), ['d'])
    assert.equal(await find('unknown'), [])
  })

  it('takes terms away and adds them, each once', async ({ open }) => {
    const models = await open()
    await put(models, START, 1n, items, { a: 1, b: 2 }, [
      ['i', 't', 'a'],
      ['i', 't', 'a'],
      ['i', 't', 'b'],
    ])
    await put(
      models,
      1n,
      2n,
      items,
      {},
      [
        ['i', 'u', 'a'],
        ['i', 't', 'b'],
      ],
      [
        ['i', 't', 'a'],
        ['i', 'none', 'a'],
        ['i', 't', 'b'],
      ],
    )
    assert.equal(answered(await models.keys(items, 'i', 't')()), ['b'])
    assert.equal(answered(await models.keys(items, 'i', 'u')()), ['a'])
  })

  it('does not find a document that is gone', async ({ open }) => {
    const models = await open()
    await put(models, START, 1n, items, { a: 1, b: 2 }, [
      ['i', 't', 'a'],
      ['i', 't', 'b'],
    ])
    await put(models, 1n, 2n, items, { a: null })
    assert.equal(answered(await models.find(items, 'i', ['t'])()), new Map([['b', 2]]))
  })

  it('lists keys under a term, in pages', async ({ open }) => {
    const models = await open()
    const keys = Array.from({ length: 10 }, (_, i) => `k${i}`)
    await put(
      models,
      START,
      1n,
      items,
      {},
      keys.map((key) => ['i', 't', key] as const),
    )
    assert.equal(answered(await models.keys(items, 'i', 't')()), keys)
    assert.equal(answered(await models.keys(items, 'i', 't', { limit: 3 })()), keys.slice(0, 3))
    assert.equal(answered(await models.keys(items, 'i', 't', { after: 'k2', limit: 3 })()), keys.slice(3, 6))
    assert.equal(answered(await models.keys(items, 'i', 't', { after: 'k7' })()), keys.slice(8))
    assert.equal(answered(await models.keys(items, 'i', 'T')()), [])
  })

  it('lists terms within ranges, the ends included, with their keys', async ({ open }) => {
    const models = await open()
    await put(models, START, 1n, items, {}, [
      ['i', '10', 'b'],
      ['i', '10', 'a'],
      ['i', '20', 'c'],
      ['i', '30', 'd'],
      ['i', 'é', 'e'],
      ['j', '20', 'f'],
    ])
    const between = async (...ranges: ReadonlyArray<readonly [string, string]>) =>
      answered(await models.between(items, 'i', ranges)())
    assert.equal(await between(['10', '20']), [
      ['10', 'a'],
      ['10', 'b'],
      ['20', 'c'],
    ])
    assert.equal(await between(['30', '30'], ['11', '20']), [
      ['30', 'd'],
      ['20', 'c'],
    ])
    assert.equal(await between(['11', '19'], ['20', '10']), [])
    assert.equal(await between(['a', '\u{10ffff}']), [['é', 'e']])
    assert.equal(await between(), [])
    assert.equal(answered(await models.between({ name: 'unknown', version: 1 }, 'i', [['', '~']])()), [])
  })
}

const fence = (it: It): void => {
  it('writes nothing where the checkpoint has moved, and says where it is', async ({ open }) => {
    const [models, other] = await Promise.all([open(), open()])
    await put(models, START, 5n, items, { a: 1 })
    for (const from of [START, 3n, 7n]) {
      const fenced = refused(await other.commit(from, 9n, [changes(items, { a: 2, b: 2 }, [['i', 't', 'b']])])())
      assert.equal(fenced, { _tag: 'Fenced', position: 5n })
    }
    assert.is(answered(await other.checkpoint(items)()), 5n)
    assert.equal(answered(await other.page(items, undefined, 9)()), [['a', 1]])
    assert.equal(answered(await other.keys(items, 'i', 't')()), [])
  })

  it('commits several tables together, or none of them', async ({ open }) => {
    const models = await open()
    const second: Table = { name: 'customers', version: 1 }
    await put(models, START, 5n, items, { a: 1 })
    const both = [changes(items, { a: 2 }), changes(second, { b: 2 })]
    assert.is(refused(await models.commit(5n, 9n, both)())._tag, 'Fenced')
    assert.is(refused(await models.commit(START, 9n, [...both].reverse())())._tag, 'Fenced')
    assert.is(answered(await models.checkpoint(second)()), START)
    assert.equal(answered(await models.get(second, ['b'])()), new Map())
    assert.equal(answered(await models.get(items, ['a'])()), new Map([['a', 1]]))
    await put(models, START, 5n, second, {})
    answered(await models.commit(5n, 9n, both)())
    assert.is(answered(await models.checkpoint(items)()), 9n)
    assert.is(answered(await models.checkpoint(second)()), 9n)
  })

  it('lets exactly one of many move the checkpoint', async ({ open }) => {
    const handles = await Promise.all([open(), open(), open()])
    for (let round = 0n; round < 10n; round++) {
      const answers = await Promise.all(
        Array.from({ length: 9 }, (_, i) =>
          at(handles, i % 3).commit(round, round + 1n, [changes(items, { [`${round}`]: i })])(),
        ),
      )
      assert.is(answers.filter(E.isRight).length, 1)
      for (const answer of answers) if (E.isLeft(answer)) assert.is(answer.left._tag, 'Fenced')
      const winner = answers.findIndex(E.isRight)
      assert.is(answered(await at(handles, 0).get(items, [`${round}`])()).get(`${round}`), winner)
    }
  })
}

const generations = (it: It): void => {
  it('fills the next generation while the old one serves, then swaps', async ({ open }) => {
    const [models, other] = await Promise.all([open(), open()])
    await put(models, START, 5n, items, { a: 'old', b: 'old' }, [['i', 't', 'a']])
    answered(await models.beginRebuild(items)())
    await put(models, START, 3n, items, { a: 'new' }, [['i', 't', 'c']], [], 'next')
    assert.equal(answered(await other.page(items, undefined, 9)()), [
      ['a', 'old'],
      ['b', 'old'],
    ])
    assert.equal(answered(await other.keys(items, 'i', 't')()), ['a'])
    // Whether others see it before it serves is the store's affair.
    assert.equal(answered(await models.get(items, ['a', 'b'], 'next')()), new Map([['a', 'new']]))
    assert.equal(answered(await models.page(items, undefined, 9, 'next')()), [['a', 'new']])
    assert.equal(answered(await models.get(items, ['a', 'b'], 'next')()), new Map([['a', 'new']]))
    assert.is(answered(await other.checkpoint(items)()), 5n)
    assert.is(answered(await models.checkpoint(items, 'next')()), 3n)
    const fenced = refused(await models.commit(2n, 4n, [changes(items, { a: 'stale' })], 'next')())
    assert.equal(fenced, { _tag: 'Fenced', position: 3n })
    await put(models, 3n, 6n, items, { c: 'new' }, [], [], 'next')
    answered(await models.promote([items])())
    for (const handle of [models, other]) {
      assert.is(answered(await handle.checkpoint(items)()), 6n)
      assert.is(answered(await handle.checkpoint(items, 'next')()), START)
      assert.equal(answered(await handle.page(items, undefined, 9)()), [
        ['a', 'new'],
        ['c', 'new'],
      ])
      assert.equal([...answered(await handle.find(items, 'i')()).keys()], ['c'])
      assert.equal(answered(await handle.page(items, undefined, 9, 'next')()), [])
    }
    await put(models, 6n, 7n, items, { d: 1 })
  })

  it('begins a rebuild anew', async ({ open }) => {
    const models = await open()
    answered(await models.beginRebuild(items)())
    await put(models, START, 3n, items, { a: 1 }, [['i', 't', 'a']], [], 'next')
    answered(await models.beginRebuild(items)())
    assert.is(answered(await models.checkpoint(items, 'next')()), START)
    await put(models, START, 2n, items, { b: 1 }, [['i', 't', 'b']], [], 'next')
    answered(await models.promote([items])())
    assert.equal(answered(await models.page(items, undefined, 9)()), [['b', 1]])
    assert.equal([...answered(await models.find(items, 'i')()).keys()], ['b'])
  })

  it('promotes several tables at once, and leaves alone what has no next generation', async ({ open }) => {
    const models = await open()
    const second: Table = { name: 'customers', version: 1 }
    await put(models, START, 5n, items, { a: 1 })
    answered(await models.beginRebuild(second)())
    await put(models, START, 4n, second, { b: 1 }, [], [], 'next')
    answered(await models.promote([items, second])())
    assert.is(answered(await models.checkpoint(items)()), 5n)
    assert.equal(answered(await models.get(items, ['a'])()), new Map([['a', 1]]))
    assert.equal(answered(await models.get(second, ['b'])()), new Map([['b', 1]]))
  })

  it('lets two rebuild the same table at once', async ({ open }) => {
    const [models, other] = await Promise.all([open(), open()])
    await put(models, START, 5n, items, { a: 'old' })
    const fill = async (handle: ReadModels): Promise<void> => {
      answered(await handle.beginRebuild(items)())
      for (let from = answered(await handle.checkpoint(items, 'next')()); from < 8n; ) {
        const answer = await handle.commit(from, from + 1n, [changes(items, { [`${from}`]: 'new' })], 'next')()
        from = E.isRight(answer) ? from + 1n : answered(await handle.checkpoint(items, 'next')())
      }
      answered(await handle.promote([items])())
    }
    await Promise.all([fill(models), fill(other)])
    for (const handle of [models, other]) {
      assert.is(answered(await handle.checkpoint(items)()), 8n)
      assert.equal(
        answered(await handle.page(items, undefined, 20)()),
        Array.from({ length: 8 }, (_, i) => [`${i}`, 'new']),
      )
    }
  })

  it('never serves less than it did', async ({ open }) => {
    const models = await open()
    const second: Table = { name: 'customers', version: 1 }
    await put(models, START, 5n, items, { a: 'served' })
    for (const table of [second, items]) {
      answered(await models.beginRebuild(table)())
      await put(models, START, 4n, table, { a: 'less' }, [], [], 'next')
    }
    assert.equal(refused(await models.promote([second, items])()), { _tag: 'Fenced', position: 5n })
    assert.equal(answered(await models.get(items, ['a'])()), new Map([['a', 'served']]))
    assert.equal(answered(await models.get(second, ['a'])()), new Map())
    await put(models, 4n, 5n, items, { b: 'as much' }, [], [], 'next')
    answered(await models.promote([second, items])())
    assert.equal(answered(await models.page(items, undefined, 9)()), [
      ['a', 'less'],
      ['b', 'as much'],
    ])
  })

  it('rebuilds one tenant and leaves the others be', async ({ open }) => {
    const [anna, berit] = await Promise.all([open('anna'), open('berit')])
    await put(anna, START, 5n, items, { a: 'anna' })
    await put(berit, START, 5n, items, { a: 'berit' })
    answered(await anna.beginRebuild(items)())
    await put(anna, START, 6n, items, { a: 'rebuilt' }, [], [], 'next')
    answered(await anna.promote([items])())
    assert.equal(answered(await anna.get(items, ['a'])()).get('a'), 'rebuilt')
    assert.equal(answered(await berit.get(items, ['a'])()).get('a'), 'berit')
    assert.is(answered(await berit.checkpoint(items)()), 5n)
  })
}

/** Random commits against the simplest model: a Map, and a Set of terms. */
const histories = (it: It): void => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'é')
  const term = fc.tuple(fc.constantFrom('i', 'j'), fc.constantFrom('t', 'u'), name)
  const step = fc.record({
    stale: fc.constantFrom(false, false, true),
    documents: fc.array(fc.tuple(name, fc.option(fc.jsonValue({ maxDepth: 2 }))), { maxLength: 4 }),
    added: fc.array(term, { maxLength: 3 }),
    removed: fc.array(term, { maxLength: 2 }),
  })

  it('does what the model does, over random commits', async (fixture) => {
    let history = 0
    const run = async (steps: ReadonlyArray<typeof step extends fc.Arbitrary<infer S> ? S : never>): Promise<void> => {
      const tenant = `history-${history++}`
      const [models, other] = await Promise.all([fixture.open(tenant), fixture.open(tenant)])
      const kept = new Map<string, Json>()
      const under = new Set<string>()
      let position = START
      for (const { stale, documents: written, added, removed } of steps) {
        const change: TableChanges = {
          table: items,
          documents: new Map(written as Array<[string, Json]>),
          added,
          removed,
        }
        const answer = await models.commit(stale ? position + 1n : position, position + 2n, [change])()
        if (stale) {
          assert.equal(refused(answer), { _tag: 'Fenced', position })
          continue
        }
        answered(answer)
        position += 2n
        for (const [key, document] of change.documents) {
          if (document === null) kept.delete(key)
          else kept.set(key, JSON.parse(JSON.stringify(document)))
        }
        for (const one of removed) under.delete(JSON.stringify(one))
        for (const one of added) under.add(JSON.stringify(one))
      }
      assert.is(answered(await other.checkpoint(items)()), position)
      const sorted = [...kept].sort(([a], [b]) => byCodePoint(a, b))
      assert.equal(answered(await other.page(items, undefined, 100)()), sorted)
      for (const index of ['i', 'j']) {
        for (const asked of [['t'], ['u'], ['t', 'u'], undefined]) {
          const keys = new Set(
            [...under]
              .map((one) => JSON.parse(one) as [string, string, string])
              .filter(([i, t]) => i === index && (asked === undefined || asked.includes(t)))
              .map(([, , key]) => key),
          )
          assert.equal(
            [...answered(await other.find(items, index, asked)())],
            sorted.filter(([key]) => keys.has(key)),
          )
          if (asked?.length === 1)
            assert.equal(answered(await other.keys(items, index, at(asked, 0))()), [...keys].sort(byCodePoint))
        }
        const pairs = [...under]
          .map((one) => JSON.parse(one) as [string, string, string])
          .filter(([i]) => i === index)
          .map(([, term, key]) => [term, key] as const)
          .sort(([t, a], [u, b]) => byCodePoint(t, u) || byCodePoint(a, b))
        assert.equal(answered(await other.between(items, index, [['', '~']])()), pairs)
      }
      await Promise.all([models.close(), other.close()])
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 15 }), run), { numRuns: fixture.histories ?? 25 })
  })
}

const items: Table = { name: 'items', version: 1 }

type Terms = TableChanges['added']

const changes = (
  table: Table,
  written: Readonly<Record<string, Json>>,
  added: Terms = [],
  removed: Terms = [],
): TableChanges => ({ table, documents: new Map(Object.entries(written)), added, removed })

const put = async (
  models: ReadModels,
  from: Position,
  to: Position,
  table: Table,
  written: Readonly<Record<string, Json>>,
  added: Terms = [],
  removed: Terms = [],
  generation: Generation = 'serving',
): Promise<void> => answered(await models.commit(from, to, [changes(table, written, added, removed)], generation)())
