import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Position } from './event.js'
import type { StoreFailure } from './event-store.js'
import type { Json } from './json.js'

/** A projection's documents by key, with index terms, behind a checkpoint. Disposable: a rebuild from the log makes it again. */
export interface Table {
  readonly name: string
  /** Raised whenever keys, documents or terms change in shape: another version is another table, filled anew. */
  readonly version: number
}

/** Which of a table's two generations: the one that serves, or the one a rebuild is filling. */
export type Generation = 'serving' | 'next'

/** What a batch of events makes of one table. */
export interface TableChanges {
  readonly table: Table
  /** New document per key, each key once, such as a Map; `null` removes it. */
  readonly documents: Iterable<readonly [string, Json]>
  /** Index terms that came and went: `[index, term, key]`. */
  readonly added: ReadonlyArray<readonly [string, string, string]>
  readonly removed: ReadonlyArray<readonly [string, string, string]>
}

/** Where another process already moved the checkpoint: read it again and go on from there. Nothing was written. */
export interface Fenced {
  readonly _tag: 'Fenced'
  readonly position: Position
}

/** The read models of one tenant. */
export interface ReadModels {
  /** Up to where the table has seen the log; `START` for one that is new. */
  readonly checkpoint: (table: Table, generation?: Generation) => TE.TaskEither<StoreFailure, Position>
  readonly get: (
    table: Table,
    keys: ReadonlyArray<string>,
    generation?: Generation,
  ) => TE.TaskEither<StoreFailure, ReadonlyMap<string, Json>>
  /** Documents under an index term, by key; each once. `terms` absent: every term of that index. */
  readonly find: (
    table: Table,
    index: string,
    terms?: ReadonlyArray<string>,
  ) => TE.TaskEither<StoreFailure, ReadonlyMap<string, Json>>
  /** Keys under an index term, without their documents, sorted; at most `limit`, above `after`. */
  readonly keys: (
    table: Table,
    index: string,
    term: string,
    options?: { readonly after?: string; readonly limit?: number },
  ) => TE.TaskEither<StoreFailure, ReadonlyArray<string>>
  /** Terms within ranges, both ends included, each with a key that stands under it: range by range, sorted by term and key. */
  readonly between: (
    table: Table,
    index: string,
    ranges: ReadonlyArray<readonly [first: string, last: string]>,
  ) => TE.TaskEither<StoreFailure, ReadonlyArray<readonly [term: string, key: string]>>
  /** All documents by key order, in pages: above `after`, at most `limit`. */
  readonly page: (
    table: Table,
    after: string | undefined,
    limit: number,
    generation?: Generation,
  ) => TE.TaskEither<StoreFailure, ReadonlyArray<readonly [string, Json]>>
  /**
   * Documents, terms and checkpoint of all tables named, in one transaction, where every checkpoint is still `from`. `mark` is of the
   * event at `to` (`markOf`), for whoever has to know later whether the log is still the one there was.
   */
  readonly commit: (
    from: Position,
    to: Position,
    changes: ReadonlyArray<TableChanges>,
    generation?: Generation,
    mark?: string,
  ) => TE.TaskEither<StoreFailure | Fenced, void>
  /** Empties and begins the next generation of a table. Who fills it is alone with this handle: `catchUp` and `rebuild` take turns. */
  readonly beginRebuild: (table: Table) => TE.TaskEither<StoreFailure, void>
  /**
   * Puts the next generations in the place of the serving ones, all at once. `Fenced`, with nothing done, where one that serves
   * has seen more: whoever reads it has been told that it had.
   */
  readonly promote: (tables: ReadonlyArray<Table>) => TE.TaskEither<StoreFailure | Fenced, void>
  readonly close: () => Promise<void>
}
