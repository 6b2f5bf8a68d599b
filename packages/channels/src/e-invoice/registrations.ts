import * as E from 'fp-ts/lib/Either.js'
import type { AccessPoint, AskFailure, Registration } from './access-point.js'
import { type DocumentKind, type Participant, participantText } from './peppol.js'

/** A registration seldom ends, and a document to who has left comes back as undeliverable. */
const KNOWN_FOR_MS = 12 * 60 * 60_000

/** Whether a participant takes a document. Who does is remembered for some hours, who does not is asked about each time. */
export type Registrations = (
  participant: Participant,
  document: DocumentKind,
  signal: AbortSignal,
) => Promise<E.Either<AskFailure, Registration>>

export const registrations = ({ lookup }: AccessPoint): Registrations => {
  const known = new Map<string, number>()
  return async (participant, document, signal) => {
    const key = `${participantText(participant)} ${document}`
    const since = known.get(key)
    if (since !== undefined && performance.now() - since < KNOWN_FOR_MS) return E.right('registered')
    const found = await lookup(participant, document, signal)()
    if (E.isRight(found) && found.right === 'registered') known.set(key, performance.now())
    else known.delete(key)
    return found
  }
}
