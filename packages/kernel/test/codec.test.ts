import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import * as assert from 'uvu/assert'
import { eventCodec, listOf, oneOf, problems, Refined, record, text } from '../src/index.js'
import { suite } from '../src/testing/index.js'

const Name = text('text', /^.+$/, undefined, true)
const Count = new Refined('a whole number', (u): u is number => Number.isInteger(u))
const Person = record({ name: Name }, { age: Count, kind: oneOf('a', 'b'), home: record({ city: Name }) })

const told = <A>(codec: t.Type<A, unknown, unknown>, input: unknown): ReadonlyArray<string> => {
  const decoded = codec.decode(input)
  return E.isLeft(decoded) ? problems(decoded.left) : []
}

const Codec = suite('codecs')

Codec('a list is told in words', () => {
  const Colours = record({ colours: listOf(oneOf('red', 'blue')) })
  assert.equal(told(Colours, { colours: ['red', 'red'] }), [])
  assert.equal(told(Colours, { colours: 'red' }), ['colours must be a list, each one of red, blue (got a string)'])
  assert.equal(told(Colours, { colours: ['green'] }), ['colours.0 must be one of red, blue (got "green")'])
})

Codec('required and optional fields; undefined is as left out', () => {
  assert.equal(told(Person, { name: 'Anna' }), [])
  assert.equal(told(Person, { name: 'Anna', age: undefined }), [])
  assert.ok(Person.is({ name: 'Anna', age: undefined }))
  assert.not.ok(Person.is({ name: undefined }))
  assert.equal(Person.decode({ name: 'Anna', age: undefined }), E.right({ name: 'Anna' }))
})

Codec('each problem names the field and what it must be', () => {
  assert.equal(told(Person, { age: 1.5, kind: 'c', home: { city: '' } }), [
    'name must be text (got missing)',
    'age must be a whole number (got 1.5)',
    'kind must be one of a, b (got "c")',
    'home.city must be text',
  ])
  assert.equal(told(Person, { name: 'Anna', nmae: 'x' }), [
    'nmae must be left out: it is no field here (known: name, age, kind, home)',
  ])
  assert.equal(told(record({ of: t.readonlyArray(Count) }), { of: [1, 'x'] }), [
    'of.1 must be a whole number (got "x")',
  ])
})

Codec('of what stands in the place of an object only the kind is told', () => {
  for (const [value, kind] of [
    ['Anna', 'a string'],
    [7, 'a number'],
    [null, 'null'],
    [['Anna'], 'a list'],
  ] as const)
    assert.equal(told(Person, { name: 'x', home: value }), [`home must be an object (got ${kind})`])
})

Codec('a long value is cut', () => {
  assert.equal(told(record({ kind: oneOf('a') }), { kind: 'x'.repeat(99) }), [
    `kind must be one of a (got "${'x'.repeat(36)}…)`,
  ])
})

type Ev =
  | {
      readonly type: 'Named'
      readonly data: { readonly id: string; readonly name?: string; readonly tags: ReadonlyArray<{ note?: string }> }
    }
  | { readonly type: 'Counted.v2'; readonly data: { readonly by: number } }
const events = eventCodec<Ev>(
  {
    Named: record({ id: t.string, tags: t.readonlyArray(record({}, { note: Name })) }, { name: Name }),
    'Counted.v2': record({ by: Count }),
  },
  (event) =>
    event.type === 'Named'
      ? [
          { subject: event.data.id, purpose: 'care', pointers: ['/name'] },
          { subject: 'other', purpose: 'bookkeeping:2026', pointers: ['/tags/1/note', '/tags/9/note'] },
          { subject: 'nobody', purpose: 'care', pointers: ['/missing'] },
        ]
      : [],
  { Counted: (data) => E.right({ type: 'Counted.v2', data: { by: Number(data.amount) } }) },
)

Codec('personal fields are taken out of the data, part by part, and empty parts are none', () => {
  const event: Ev = { type: 'Named', data: { id: 'c1', name: 'Anna', tags: [{ note: 'a' }, { note: 'b' }] } }
  assert.equal(events.encode(event), {
    type: 'Named',
    data: { id: 'c1', tags: [{ note: 'a' }, {}] },
    personal: [
      { subject: 'c1', purpose: 'care', fields: { '/name': 'Anna' } },
      { subject: 'other', purpose: 'bookkeeping:2026', fields: { '/tags/1/note': 'b' } },
    ],
  })
  assert.is(event.data.name, 'Anna', 'the event itself is left as it was')
  assert.ok(E.isRight(events.decode(events.encode(event))))
})

Codec('a name no longer written reads as the newest shape', () => {
  assert.equal(events.types, ['Named', 'Counted.v2', 'Counted'])
  assert.equal(
    events.decode({ type: 'Counted', data: { amount: 7 } }),
    E.right({ type: 'Counted.v2', data: { by: 7 } }),
  )
})

Codec('what does not read is told without its content', () => {
  assert.equal(
    events.decode({ type: 'Counted.v2', data: { by: 'Anna' } }),
    E.left({
      _tag: 'UnreadableEvent',
      type: 'Counted.v2',
      problems: ['by must be a whole number'],
    }),
  )
  const unknown = events.decode({ type: 'toString', data: {} })
  assert.ok(E.isLeft(unknown) && unknown.left.type === 'toString')
})
