import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Answer, Command, Underlag } from 'underlag'

/** Something could not be done: the store, the browser, the configuration. Doing it again is safe. */
export class CouldNot extends Error {}

/**
 * The bridge from the library, which throws nothing, to a host that is written with async and await: what could not
 * be done is thrown here, and caught in `main`.
 */
export const done = async <A>(operation: TE.TaskEither<{ readonly _tag: string }, A>): Promise<A> => {
  const result = await operation()
  if (E.isRight(result)) return result.right
  const { _tag, ...why } = result.left
  const words = Object.values(why)
    .flat()
    .filter((word) => typeof word === 'string')
  throw new CouldNot(`${_tag}: ${words.join('; ')}`)
}

/** Sends a command that is either carried out or refused; both are answers. */
export const ask = (underlag: Underlag, command: Command): Promise<Answer> => done(underlag.execute(command))

/** Sends what nobody should have a reason to refuse, one after the other. */
export const tell = async (underlag: Underlag, commands: ReadonlyArray<Command>): Promise<void> => {
  for (const command of commands) {
    const answer = await ask(underlag, command)
    if (!answer.ok) throw new CouldNot(`${command.commandId} was refused: ${JSON.stringify(answer.refusal)}`)
  }
}
