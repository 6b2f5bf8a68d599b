import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import type { Decider } from '../src/index.js'
import { given, suite } from '../src/testing/index.js'

// A door that opens and shuts, and is locked once.
type Door = { opened: boolean; locked: boolean }
type Event = { readonly type: 'Opened' | 'Shut' | 'Locked' }
const door: Decider<Door, 'open' | 'shut' | 'count', Event, { readonly _tag: 'Locked' }> = {
  initial: () => ({ opened: false, locked: false }),
  fold: (state, events) => ({
    opened: events.length === 0 ? state.opened : events.at(-1)?.type === 'Opened',
    locked: state.locked || events.some(({ type }) => type === 'Locked'),
  }),
  decide: (command) => (state) => {
    if (command === 'count') {
      state.opened = !state.opened
      return E.right(state.opened ? [{ type: 'Opened' }] : [])
    }
    if (state.locked) return E.left({ _tag: 'Locked' })
    return E.right(
      (command === 'open') === state.opened
        ? []
        : [{ type: command === 'open' ? ('Opened' as const) : ('Shut' as const) }],
    )
  },
}
const doorGiven = given(door)

const Given = suite('given, when, then')

Given('events, a refusal and nothing', () => {
  doorGiven()
    .when('open')
    .then([{ type: 'Opened' }])
  doorGiven({ type: 'Opened' }).when('open').nothing()
  doorGiven({ type: 'Locked' }).when('open').refused({ _tag: 'Locked' })
})

Given('it fails, with what it came to, where it came to something else', () => {
  const fails = (work: () => void, message: RegExp, actual: unknown): void => {
    try {
      work()
    } catch (error) {
      const { message: said, actual: got } = error as { message: string; actual: unknown }
      assert.match(said, message)
      assert.equal(got, actual)
      return
    }
    throw new Error('it held')
  }
  fails(
    () =>
      doorGiven()
        .when('open')
        .then([{ type: 'Shut' }]),
    /other events/,
    [{ type: 'Opened' }],
  )
  fails(() => doorGiven().when('open').nothing(), /other events/, [{ type: 'Opened' }])
  fails(() => doorGiven().when('open').refused({ _tag: 'Locked' }), /a refusal was expected/, [{ type: 'Opened' }])
  fails(() => doorGiven({ type: 'Locked' }).when('open').then([]), /events were expected/, { _tag: 'Locked' })
  fails(
    () =>
      doorGiven({ type: 'Locked' })
        .when('open')
        .refused({ _tag: 'Other' } as never),
    /another reason/,
    { _tag: 'Locked' },
  )
  fails(() => doorGiven().when('count'), /a second time/, E.right([]))
})
