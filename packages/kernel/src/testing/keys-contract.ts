import * as O from 'fp-ts/lib/Option.js'
import * as assert from 'uvu/assert'
import type { KeySubject, Keys } from '../keys.js'
import { answered, at, contract } from './contract.js'
import { suite } from './suite.js'

export interface KeysFixture {
  /** A handle of its own on the one storage. Tenant: `default`. */
  readonly open: (tenant?: string) => Promise<Keys>
  readonly cleanup: () => Promise<void>
}

/** What every store of keys does. */
export const keysContract = (name: string, makeFixture: () => Promise<KeysFixture>): void => {
  const it = contract(suite(`keys contract: ${name}`), makeFixture)

  it('makes a key of 32 bytes for each subject and purpose, and gives the same one again', async ({ open }) => {
    const [keys, other] = await Promise.all([open(), open()])
    const subjects = [
      care('c1'),
      care('c2'),
      { ...care('c1'), purpose: 'bookkeeping:2026' as const },
      { ...care('c1'), purpose: 'tenant' as const },
    ]
    const made = answered(await keys.obtain(subjects)())
    for (const { secret } of made) assert.is(secret.length, 32)
    assert.is(new Set(made.map(({ id }) => id)).size, 4)
    assert.is(new Set(made.map(({ secret }) => hex(secret))).size, 4)
    assert.equal(told(answered(await other.obtain([...subjects].reverse())())), told([...made].reverse()))
  })

  it('gives one key for a subject named twice', async ({ open }) => {
    const keys = await open()
    const both = answered(await keys.obtain([care('c1'), care('c1')])())
    assert.equal(told([at(both, 0)]), told([at(both, 1)]))
    assert.equal(answered(await keys.obtain([])()), [])
  })

  it('gives all the same key when several ask for a new subject at once', async ({ open }) => {
    const handles = await Promise.all([open(), open(), open()])
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        Array.from({ length: 12 }, async (_, i) => answered(await at(handles, i % 3).obtain([care(`c${round}`)])())),
      )
      assert.is(new Set(answers.flatMap(told)).size, 1)
    }
  })

  it('finds secrets by id, and none where there is no such key', async ({ open }) => {
    const [keys, other] = await Promise.all([open(), open()])
    const made = answered(await keys.obtain([care('c1'), care('c2')])())
    const ids = made.map(({ id }) => id)
    const found = answered(await other.find([at(ids, 1), 'unknown', at(ids, 0), at(ids, 0)])())
    assert.equal(found.map(shown), [
      hex(at(made, 1).secret),
      undefined,
      hex(at(made, 0).secret),
      hex(at(made, 0).secret),
    ])
  })

  it('erases the key of one purpose, for every handle', async ({ open }) => {
    const [keys, other] = await Promise.all([open(), open()])
    const bookkeeping: KeySubject = { ...care('c1'), purpose: 'bookkeeping:2026' }
    const made = answered(await keys.obtain([care('c1'), bookkeeping, care('c2')])())
    answered(await other.erase('c1', 'care')())
    for (const handle of [keys, other]) {
      const found = answered(await handle.find(made.map(({ id }) => id))())
      assert.equal(found.map(O.isSome), [false, true, true])
    }
  })

  it('erases every key of a subject, and again without harm', async ({ open }) => {
    const keys = await open()
    const made = answered(
      await keys.obtain([care('c1'), { ...care('c1'), purpose: 'bookkeeping:2026' }, care('c10')])(),
    )
    answered(await keys.erase('c1')())
    answered(await keys.erase('c1')())
    answered(await keys.erase('unknown')())
    assert.equal(answered(await keys.find(made.map(({ id }) => id))()).map(O.isSome), [false, false, true])
  })

  it('tells which keys were erased here, for good, and knows nothing of those it never had', async ({ open }) => {
    const [keys, other] = await Promise.all([open(), open()])
    const made = answered(await keys.obtain([care('c1'), care('c2')])())
    const ids = [...made.map(({ id }) => id), 'unknown']
    assert.equal(answered(await keys.isErased(ids)()), [false, false, false])
    answered(await keys.erase('c1')())
    answered(await keys.obtain([care('c1')])())
    for (const handle of [keys, other]) assert.equal(answered(await handle.isErased(ids)()), [true, false, false])
  })

  it('makes another key for a subject that comes back', async ({ open }) => {
    const keys = await open()
    const old = at(answered(await keys.obtain([care('c1')])()), 0)
    answered(await keys.erase('c1')())
    const fresh = at(answered(await keys.obtain([care('c1')])()), 0)
    assert.is.not(fresh.id, old.id)
    assert.is.not(hex(fresh.secret), hex(old.secret))
    assert.equal(answered(await keys.find([old.id, fresh.id])()).map(O.isSome), [false, true])
  })

  it('keeps tenants apart', async ({ open }) => {
    const [anna, berit] = await Promise.all([open('anna'), open('berit')])
    const ofAnna = at(answered(await anna.obtain([care('c1')])()), 0)
    const ofBerit = at(answered(await berit.obtain([care('c1')])()), 0)
    assert.is.not(ofAnna.id, ofBerit.id)
    assert.equal(answered(await berit.find([ofAnna.id])()).map(O.isSome), [false])
    answered(await berit.erase('c1')())
    assert.equal(answered(await anna.find([ofAnna.id])()).map(O.isSome), [true])
  })
}

const care = (subject: string): KeySubject => ({ subject, purpose: 'care' })
const hex = (secret: Uint8Array): string => Buffer.from(secret).toString('hex')
const shown = (secret: O.Option<Uint8Array>): string | undefined => (O.isSome(secret) ? hex(secret.value) : undefined)
const told = (keys: ReadonlyArray<{ readonly id: string; readonly secret: Uint8Array }>): ReadonlyArray<string> =>
  keys.map(({ id, secret }) => `${id} ${hex(secret)}`)
