import type { Json, Projection, RecordedEvent } from '@underlag/kernel'

/** What an event makes of a table's documents, in place. */
export const takeInto = (
  { keys, evolve }: Pick<Projection, 'keys' | 'evolve'>,
  documents: Map<string, Json>,
  event: RecordedEvent,
): void => {
  for (const key of keys(event)) {
    const document = evolve(documents.get(key), event, key)
    if (document === undefined) documents.delete(key)
    else documents.set(key, document)
  }
}
