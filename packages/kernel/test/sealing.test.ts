import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import * as assert from 'uvu/assert'
import {
  type NewEvent,
  NO_STREAM,
  type PersonalPart,
  type RecordedEvent,
  type SealedPart,
  type SealedRef,
  type Sealing,
  sealing,
} from '../src/index.js'
import { memoryDocuments, memoryEventStore, memoryKeys, memoryLog, suite } from '../src/testing/index.js'

const right = async <L, A>(task: () => Promise<E.Either<L, A>>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}
const newEvent = (id: string, personal: ReadonlyArray<PersonalPart>, data: NewEvent['data'] = { id }): NewEvent => ({
  id,
  type: 'Named',
  data,
  personal,
  metadata: {
    commandId: 'k1',
    correlationId: 'r',
    causationId: 's',
    at: '2026-03-01T00:00:00Z',
    recordedAt: '2026-03-01T00:00:00Z',
  },
})
const care = (subject: string, fields: PersonalPart['fields']): PersonalPart => ({ subject, purpose: 'care', fields })

const made = (tenant = 'default') => {
  const log = memoryLog()
  const keys = memoryKeys()
  const raw = memoryEventStore(log, tenant)
  const seals = sealing(tenant, keys)
  return { keys, raw, seals, store: seals.events(raw) }
}
const stored = async (
  of: ReturnType<typeof made>,
  ...events: ReadonlyArray<NewEvent>
): Promise<ReadonlyArray<RecordedEvent>> => {
  await right(of.store.append('client/c1', NO_STREAM, events))
  return right(of.store.read('client/c1', NO_STREAM))
}
const refOf = (event: RecordedEvent, part: SealedPart = event.personal[0]!): SealedRef => ({
  stream: event.stream,
  eventId: event.id,
  part,
})
const isTampered = async (seals: Sealing, ref: SealedRef): Promise<void> => {
  const opened = await seals.openParts([ref])()
  assert.ok(E.isLeft(opened), 'it opened')
  if (E.isLeft(opened)) {
    assert.is(opened.left._tag, 'StoreUnavailable')
    assert.is(opened.left.transient, false)
  }
}

const Seal = suite('sealing')

Seal('what lies in the store tells nothing, and opens again where its key is', async () => {
  const all = made()
  const event = newEvent(
    'x1',
    [
      care('client:c1', { '/name': 'Anna Berg', '/lines/1/words': 'Sorg' }),
      care('client:c2', { '/lines/0/words': 'Oro' }),
    ],
    { id: 'c1', lines: [{ n: 1 }, { n: 2 }] },
  )
  const [found] = await stored(all, event)
  assert.not.match(JSON.stringify([found?.data, found?.personal]), /Anna|Sorg|Oro/)
  const [opened] = await right(all.seals.openEvents([found!]))
  assert.equal(opened?.data, {
    id: 'c1',
    lines: [
      { n: 1, words: 'Oro' },
      { n: 2, words: 'Sorg' },
    ],
    name: 'Anna Berg',
  })
  assert.equal([opened?.stream, opened?.revision, opened?.metadata.commandId], ['client/c1', 0n, 'k1'])
  assert.equal(found?.data, { id: 'c1', lines: [{ n: 1 }, { n: 2 }] }, 'what was read stays as it was')
})

Seal('the same words are sealed differently each time', async () => {
  const all = made()
  const [a, b] = await stored(
    all,
    newEvent('x1', [care('client:c1', { '/name': 'Anna' })]),
    newEvent('x2', [care('client:c1', { '/name': 'Anna' })]),
  )
  assert.is.not(a?.personal[0]?.box, b?.personal[0]?.box)
})

Seal('a part opens only where it was put: stream, event, person, purpose and tenant', async () => {
  const all = made()
  const [event] = await stored(all, newEvent('x1', [care('client:c1', { '/name': 'Anna' })]))
  const ref = refOf(event!)
  assert.equal(await right(all.seals.openParts([ref])), [O.some({ '/name': 'Anna' })])
  await isTampered(all.seals, { ...ref, stream: 'client/c2' })
  await isTampered(all.seals, { ...ref, eventId: 'x2' })
  await isTampered(all.seals, { ...ref, part: { ...ref.part, subject: 'client:c2' } })
  await isTampered(all.seals, { ...ref, part: { ...ref.part, purpose: 'bookkeeping:2026' } })
  await isTampered(sealing('other', all.keys), ref)
})

Seal('tells of each part whether it opens, was erased, was lost with its key or was altered', async () => {
  const all = made()
  const events = await stored(
    all,
    ...['c1', 'c2', 'c3'].map((id) => newEvent(`x${id}`, [care(`client:${id}`, { '/name': 'Anna' })])),
  )
  await right(all.keys.erase('client:c2', 'care'))
  const [open, erased, moved] = events.map((event) => refOf(event))
  const refs = [open!, erased!, { ...moved!, eventId: 'x1' }, { ...open!, part: { ...open!.part, key: 'unknown' } }]
  assert.equal(await right(all.seals.partStates(refs)), ['opens', 'erased', 'altered', 'lost'])
  assert.equal(await right(all.seals.partStates([])), [])
})

Seal('any altered byte is found, and never passes as erased', async () => {
  const all = made()
  const [event] = await stored(all, newEvent('x1', [care('client:c1', { '/name': 'Anna' })]))
  const ref = refOf(event!)
  const bytes = Buffer.from(ref.part.box, 'base64')
  for (const at of [0, 12, 15, bytes.length - 1]) {
    const altered = Buffer.from(bytes)
    altered[at] = (altered[at] ?? 0) ^ 1
    await isTampered(all.seals, { ...ref, part: { ...ref.part, box: altered.toString('base64') } })
  }
  for (const box of ['', bytes.subarray(0, 20).toString('base64'), bytes.subarray(0, -1).toString('base64')])
    await isTampered(all.seals, { ...ref, part: { ...ref.part, box } })
})

Seal('who is erased reads as none, alone; one purpose or all; and later words get another key', async () => {
  const all = made()
  const bookkeeping = { subject: 'client:c1', purpose: 'bookkeeping:2026', fields: { '/buyer': 'Anna' } } as const
  const [event] = await stored(
    all,
    newEvent('x1', [care('client:c1', { '/name': 'Anna' }), bookkeeping, care('client:c2', { '/other': 'Bo' })]),
  )
  await right(all.keys.erase('client:c1', 'care'))
  assert.equal((await right(all.seals.openEvents([event!])))[0]?.data, { id: 'x1', buyer: 'Anna', other: 'Bo' })
  assert.equal(await right(all.seals.openParts([refOf(event!)])), [O.none])
  await right(all.keys.erase('client:c1'))
  assert.equal((await right(all.seals.openEvents([event!])))[0]?.data, { id: 'x1', other: 'Bo' })
  await right(all.store.append('client/c1', 0n, [newEvent('x2', [care('client:c1', { '/name': 'Anna igen' })])]))
  const events = await right(all.store.read('client/c1', NO_STREAM))
  assert.equal(
    (await right(all.seals.openEvents(events))).map(({ data }) => data.name),
    [undefined, 'Anna igen'],
  )
})

Seal('what has nothing personal is passed on as it is, and asks for no key', async () => {
  const { raw, seals, store } = made()
  await right(store.append('client/c1', NO_STREAM, [newEvent('x1', [])]))
  const events = await right(raw.read('client/c1', NO_STREAM))
  assert.is(await right(seals.openEvents(events)), events)
  assert.equal(await right(seals.openParts([])), [])
})

Seal('a conflict of the store is answered as such', async () => {
  const { store } = made()
  await right(store.append('client/c1', NO_STREAM, [newEvent('x1', [])]))
  const again = await store.append('client/c1', NO_STREAM, [newEvent('x2', [care('client:c1', { '/name': 'A' })])])()
  assert.ok(E.isLeft(again) && again.left._tag === 'Conflict')
})

const Fingerprints = suite('fingerprints')

Fingerprints('equal for equal content in any order of fields, and another for each tenant', async () => {
  const { seals } = made()
  const one = await right(seals.fingerprint({ a: 1, b: [2, { c: 3 }], d: undefined }))
  assert.is(await right(seals.fingerprint({ b: [2, { c: 3 }], a: 1 })), one)
  for (const other of [{ a: 1, b: [2, { c: 4 }] }, { a: '1', b: [2, { c: 3 }] }, { a: 1 }, null])
    assert.is.not(await right(seals.fingerprint(other)), one)
  assert.is.not(await right(made().seals.fingerprint({ a: 1, b: [2, { c: 3 }] })), one)
})

const Docs = suite('sealed documents')
const bytes = Buffer.from('Faktura till Anna Berg')
const of = { subject: 'client:c1', purpose: 'bookkeeping:2026' } as const

Docs('what is put is found by its hash, and lies sealed', async () => {
  const kept = new Map()
  const { keys, seals } = made()
  const documents = seals.documents(memoryDocuments(kept))
  const name = await right(documents.put(bytes, of))
  assert.match(name, /^[0-9a-f]{64}$/)
  assert.is(await right(documents.put(bytes, of)), name)
  assert.equal(await right(documents.get(name)), O.some(Buffer.from(bytes)))
  assert.equal(await right(documents.get('0'.repeat(64))), O.none)
  const sealed = kept.get('default')?.get(name) as SealedPart
  assert.not.match(Buffer.from(sealed.box, 'base64').toString('latin1'), /Anna/)
  await right(keys.erase('client:c1'))
  assert.equal(await right(documents.get(name)), O.none)
})

Docs('a document that was altered, or lies under another’s name, is not given out', async () => {
  const kept = new Map<string, Map<string, SealedPart>>()
  const { seals } = made()
  const documents = seals.documents(memoryDocuments(kept))
  const one = await right(documents.put(bytes, of))
  const two = await right(documents.put(Buffer.from('Faktura till Bo'), of))
  const own = kept.get('default')!
  own.set(two, own.get(one)!)
  const swapped = await documents.get(two)()
  assert.ok(E.isLeft(swapped) && swapped.left._tag === 'StoreUnavailable')
  const box = Buffer.from(own.get(one)!.box, 'base64')
  box[20] = (box[20] ?? 0) ^ 1
  own.set(one, { ...own.get(one)!, box: box.toString('base64') })
  assert.ok(E.isLeft(await documents.get(one)()))
})
