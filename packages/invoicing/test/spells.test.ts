import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { openSpellTerm, rangesHolding, type Spell, secondOf, spellTerms } from '../src/index.js'

const Spells = suite('spells in an index')

const LAST = 2 ** 32 - 2
/** Near each other, and near the powers of two, where the halves of the tree meet. */
const second = fc.oneof(
  fc.integer({ min: 0, max: 70 }),
  fc.integer({ min: 1_480_000_000, max: 1_480_000_070 }),
  fc.tuple(fc.integer({ min: 0, max: 32 }), fc.integer({ min: -2, max: 2 })).map(([n, by]) => 2 ** n + by),
  fc.integer({ min: 0, max: LAST }),
)
const inBounds = (n: number): number => Math.min(LAST, Math.max(0, n))

const isFound = (terms: ReadonlyArray<string>, at: number): number =>
  terms.filter((term) => rangesHolding(at).some(([first, last]) => first <= term && term <= last)).length

Spells('are found at every second they hold, once, and at no other', () => {
  fc.assert(
    fc.property(second, second, second, (a, b, at) => {
      const [from, to] = [inBounds(Math.min(a, b)), inBounds(Math.max(a, b)) + 1]
      const spell: Spell = [from, to]
      for (const moment of [at, from - 1, from, from + 1, to - 1, to, to + 1].map(inBounds)) {
        assert.is(isFound(spellTerms(spell), moment), from <= moment && moment < to ? 1 : 0, `${spell} at ${moment}`)
        assert.is(isFound([openSpellTerm(from)], moment), from <= moment ? 1 : 0)
      }
    }),
    { numRuns: 2_000 },
  )
})

Spells('a second is that of the instant, within what an index of 32 bits holds', () => {
  assert.is(secondOf(Date.parse('2026-03-09T22:59:59.999Z')), Date.parse('2026-03-09T22:59:59Z') / 1000)
  assert.is(secondOf(Date.parse('1890-01-01T00:00:00Z')), 0)
  assert.is(secondOf(Date.parse('2999-01-01T00:00:00Z')), LAST)
})
