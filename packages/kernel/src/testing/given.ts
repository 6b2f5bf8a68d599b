import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import type { Decider } from '../decider.js'

/** What a command comes to; each method fails with a diff when it came to something else. */
export interface CommandOutcome<Event, Refusal> {
  readonly then: (events: ReadonlyArray<Event>) => void
  readonly refused: (refusal: Refusal) => void
  /** Neither an event nor a refusal: nothing would change. */
  readonly nothing: () => void
}

/**
 * A decider's rule as a sentence. The command is decided twice: a decision that changes its state, or is another the second time, fails.
 * @example given(bookingDecider)(recorded).when(cancel).then([cancelled])
 */
export const given =
  <State, Command, Event, Refusal>({ initial, fold, decide }: Decider<State, Command, Event, Refusal>) =>
  (...events: ReadonlyArray<Event>) => ({
    when: (command: Command): CommandOutcome<Event, Refusal> => {
      const state = fold(initial(), events)
      const decision = decide(command)(state)
      assert.equal(decide(command)(state), decision, 'deciding a second time came to something else')

      const accepted = (expected: ReadonlyArray<Event>): void => {
        if (E.isLeft(decision)) assert.equal(decision.left, expected, 'it was refused, and events were expected')
        else assert.equal(decision.right, expected, 'it came to other events')
      }
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits an outcome.
        then: accepted,
        refused: (refusal) => {
          if (E.isRight(decision)) assert.equal(decision.right, refusal, 'it was accepted, and a refusal was expected')
          else assert.equal(decision.left, refusal, 'it was refused for another reason')
        },
        nothing: () => accepted([]),
      }
    },
  })
