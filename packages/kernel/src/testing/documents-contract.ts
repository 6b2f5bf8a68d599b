import { createHash, randomUUID } from 'node:crypto'
import * as O from 'fp-ts/lib/Option.js'
import * as assert from 'uvu/assert'
import type { RawDocuments } from '../documents.js'
import type { SealedPart } from '../event.js'
import { answered, at, contract } from './contract.js'
import { suite } from './suite.js'

export interface DocumentsFixture {
  /** A handle of its own on the one storage. Tenant: `default`. */
  readonly open: (tenant?: string) => Promise<RawDocuments>
  readonly cleanup: () => Promise<void>
}

/** What every store of documents does. */
export const documentsContract = (name: string, makeFixture: () => Promise<DocumentsFixture>): void => {
  const it = contract(suite(`documents contract: ${name}`), makeFixture)

  it('gives back what was put, to every handle', async ({ open }) => {
    const [documents, other] = await Promise.all([open(), open()])
    const sealed = sealedOf(200_000)
    answered(await documents.put(name1, sealed)())
    assert.equal(answered(await documents.get(name1)()), O.some(sealed))
    assert.equal(answered(await other.get(name1)()), O.some(sealed))
    assert.equal(answered(await documents.get(name2)()), O.none)
  })

  it('keeps the first of one name', async ({ open }) => {
    const [documents, other] = await Promise.all([open(), open()])
    const first = sealedOf(10)
    answered(await documents.put(name1, first)())
    answered(await documents.put(name1, first)())
    answered(await other.put(name1, sealedOf(10))())
    assert.equal(answered(await documents.get(name1)()), O.some(first))
  })

  it('keeps the same one for all when several put at once', async ({ open }) => {
    const handles = await Promise.all([open(), open()])
    const parts = Array.from({ length: 10 }, () => sealedOf(10))
    await Promise.all(parts.map(async (part, i) => answered(await at(handles, i % 2).put(name1, part)())))
    const kept = await Promise.all(handles.map(async (handle) => answered(await handle.get(name1)())))
    assert.equal(kept[0], kept[1])
    assert.ok(O.isSome(at(kept, 0)))
  })

  it('keeps tenants apart', async ({ open }) => {
    const [anna, berit] = await Promise.all([open('anna'), open('berit')])
    const [ofAnna, ofBerit] = [sealedOf(10), sealedOf(10)]
    answered(await anna.put(name1, ofAnna)())
    assert.equal(answered(await berit.get(name1)()), O.none)
    answered(await berit.put(name1, ofBerit)())
    assert.equal(answered(await anna.get(name1)()), O.some(ofAnna))
    assert.equal(answered(await berit.get(name1)()), O.some(ofBerit))
  })
}

const [name1, name2] = ['1', '2'].map((text) => createHash('sha256').update(text).digest('hex')) as [string, string]

const sealedOf = (size: number): SealedPart => ({
  subject: 'client:c1',
  purpose: 'bookkeeping:2026',
  key: randomUUID(),
  box: Buffer.alloc(size, randomUUID()).toString('base64'),
})
