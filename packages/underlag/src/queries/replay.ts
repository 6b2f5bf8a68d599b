import { decodeEvent } from '@underlag/invoicing'
import { type Json, type Projection, type RecordedEvent, START } from '@underlag/kernel'
import { either as E } from 'fp-ts'
import type { Operation, Runtime } from '../runtime.js'

/** Documents by table name and key, made of the log alone. */
export type Replayed = ReadonlyMap<string, ReadonlyMap<string, Json>>

const PAGE = 5_000

/** Folds the log into fresh documents in memory: all of it, or up to the first event that was not recorded by then. */
export const replay =
  (
    { store }: Pick<Runtime, 'store'>,
    projections: ReadonlyArray<Projection>,
    isThen: (recordedAt: string) => boolean = () => true,
    onEvents?: (count: number) => void,
  ): Operation<Replayed> =>
  async () => {
    const tables = new Map(projections.map((projection) => [projection.table.name, new Map<string, Json>()]))
    const take = (event: RecordedEvent): void => {
      for (const projection of projections) {
        const documents = tables.get(projection.table.name)
        if (documents !== undefined) takeInto(projection, documents, event)
      }
    }
    for (let from = START, done = 0; ; ) {
      const page = await store.readAll(from, PAGE)()
      if (E.isLeft(page)) return page
      for (const event of page.right) {
        if (!isThen(event.metadata.recordedAt)) return E.right(tables)
        const decoded = decodeEvent(event)
        if (E.isLeft(decoded)) return E.left({ ...decoded.left, stream: event.stream })
        take(event)
      }
      done += page.right.length
      onEvents?.(done)
      if (page.right.length < PAGE) return E.right(tables)
      from = page.right.at(-1)?.position ?? from
    }
  }

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
