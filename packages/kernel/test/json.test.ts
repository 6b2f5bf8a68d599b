import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { canonicalJson, dropFields, type JsonObject, pickFields, putFields } from '../src/index.js'
import { suite } from '../src/testing/index.js'

const Fields = suite('fields by pointer')

const invoice: JsonObject = {
  buyer: { name: 'Anna', email: 'a@example.se' },
  lines: [{ description: 'Samtal', net: 1 }, { net: 2 }, { description: 'Rad', net: 3 }],
  'a/b': { '~': 'odd' },
  message: 'Hej',
}
const POINTERS = ['/buyer/name', '/buyer/email', '/lines/0/description', '/lines/1/description', '/lines/2/description']
const pointer = fc.constantFrom(...POINTERS, '/a~1b/~0', '/message', '/buyer/gone', '/none/name', '/lines/9/net')

const frozen = <A>(value: A): A => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

Fields('are taken out and put back, and nothing else is changed', () => {
  frozen(invoice)
  fc.assert(
    fc.property(fc.uniqueArray(pointer), (pointers) => {
      const picked = pickFields(invoice, pointers)
      const dropped = dropFields(invoice, pointers)
      assert.equal(pickFields(dropped, pointers), {})
      assert.equal(putFields(dropped, picked), invoice)
      assert.equal(Object.keys(picked).length === 0, dropped === invoice)
      for (const part of ['buyer', 'lines', 'a/b'])
        if (!Object.keys(picked).some((at) => at.replace('~1', '~').startsWith(`/${part.replace('/', '~')}`)))
          assert.is(dropped[part], invoice[part])
    }),
  )
  assert.equal(dropFields(invoice, POINTERS).lines, [{ net: 1 }, { net: 2 }, { net: 3 }])
})

Fields('are passed over where their parent is not there, and a new one is put last', () => {
  assert.is(putFields(invoice, { '/none/name': 1, '/lines/9/net': 2 }), invoice)
  const put = putFields(invoice, { '/buyer/phone': '08', '/lines/1/net': 5 })
  assert.equal(Object.keys(put.buyer as JsonObject), ['name', 'email', 'phone'])
  assert.equal((put.lines as ReadonlyArray<JsonObject>)[1], { net: 5 })
  assert.is((put.lines as ReadonlyArray<JsonObject>)[0], (invoice.lines as ReadonlyArray<JsonObject>)[0])
})

const Canonical = suite('canonical JSON')

Canonical('sorts the keys at every depth, has no white space and leaves out what is absent', () => {
  assert.is(
    canonicalJson({ b: [{ d: 1, c: undefined }, null, 'å"'], 10: {}, 9: true, a: undefined, _: { z: 0, Y: -1.5 } }),
    '{"10":{},"9":true,"_":{"Y":-1.5,"z":0},"b":[{"d":1},null,"å\\""]}',
  )
  assert.equal([undefined, null, 'x', 1, []].map(canonicalJson), ['null', 'null', '"x"', '1', '[]'])
})

/** The same value, written down in the other order. */
const turned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(turned)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, turned(field)]),
  )
}

Canonical('says the same of the same content, whatever its order, and loses nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      assert.is(canonicalJson(turned(value)), text)
      assert.is(canonicalJson(JSON.parse(text)), text)
      assert.equal(JSON.parse(text), JSON.parse(JSON.stringify(value)))
    }),
  )
})
