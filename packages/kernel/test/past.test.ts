import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Past, pastAfter, stateAt, states } from '../src/index.js'
import { suite } from '../src/testing/index.js'

const PastOf = suite('the past of a document')

interface Parts {
  readonly a?: number
  readonly b?: string
}

const part = fc.record(
  { a: fc.integer({ min: 0, max: 2 }), b: fc.constantFrom('x', 'y') },
  { requiredKeys: [], noNullPrototype: true },
)
const history = fc.array(fc.tuple(part, fc.integer({ min: -5, max: 20 })), { minLength: 1, maxLength: 12 })

PastOf('gives every state back as it stood, however the clock goes', () => {
  fc.assert(
    fc.property(history, (changes) => {
      const kept: Array<{ from: number; state: Parts }> = []
      let document: Parts & { past: Past<Parts> } = { past: [] }
      let clock = 1_000
      for (const [state, by] of changes) {
        clock += by
        const { past: before, ...parts } = document
        const past = pastAfter<Parts>(['a', 'b'], before, parts, state, new Date(clock).toISOString())
        document = JSON.parse(JSON.stringify({ ...state, past }))
        const from = Math.max(clock, kept.at(-1)?.from ?? 0)
        if (kept.at(-1)?.from === from) kept.pop()
        kept.push({ from, state })
      }
      for (let instant = 900; instant < 1_300; instant += 1) {
        const then = stateAt<Parts>(document, instant)
        const { past: _, ...parts } = (then ?? {}) as { past?: unknown }
        const expected = kept.findLast(({ from }) => from <= instant)?.state
        assert.equal(then === undefined ? undefined : parts, expected)
      }
      assert.equal(
        [...states<Parts>(document)].map(([, from, until]) => [from, until]),
        kept.map(({ from }, i) => [from, kept[i + 1]?.from]).reverse(),
      )
    }),
  )
})

PastOf('keeps of an earlier state only what became other', () => {
  const first = pastAfter<Parts>(['a', 'b'], [], {}, { a: 1, b: 'x' }, '1970-01-01T00:00:01Z')
  const second = pastAfter<Parts>(['a', 'b'], first, { a: 1, b: 'x' }, { a: 2, b: 'x' }, '1970-01-01T00:00:02Z')
  const third = pastAfter<Parts>(['a', 'b'], second, { a: 2, b: 'x' }, { b: 'x' }, '1970-01-01T00:00:03Z')
  const fourth = pastAfter<Parts>(['a', 'b'], third, { b: 'x' }, { a: 3, b: 'x' }, '1970-01-01T00:00:04Z')
  assert.equal(fourth, [
    [4000, { a: null }],
    [3000, { a: 2 }],
    [2000, { a: 1 }],
    [1000, null],
  ])
})
