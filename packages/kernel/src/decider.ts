import type * as E from 'fp-ts/lib/Either.js'

/**
 * How one kind of stream decides: pure, without clock, ids or I/O.
 *
 * `initial` makes a new state each time, because `fold` may keep private mutable parts in it (a map of 100 000 claims
 * is never copied per event); nobody else changes a state, and none is used after it was folded on.
 */
export interface Decider<State, Command, Event, Refusal> {
  readonly initial: () => State
  readonly fold: (state: State, events: ReadonlyArray<Event>) => State
  /** No events: the command would change nothing. */
  readonly decide: (command: Command) => (state: State) => E.Either<Refusal, ReadonlyArray<Event>>
}

/** What all domain events share. */
export interface DomainEvent {
  readonly type: string
  readonly data: object
}
