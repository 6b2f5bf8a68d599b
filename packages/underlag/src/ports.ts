import type { Keys, RawDocuments, RawEventStore, ReadModels, StoreUnavailable } from '@underlag/kernel'
import type { Integrity } from '@underlag/store-sqlite'
import type { taskEither as TE } from 'fp-ts'

/** One tenant's ports, as a store adapter gives them. */
export interface Ports {
  readonly eventStore: RawEventStore
  readonly readModels: ReadModels
  readonly keys: Keys
  readonly documents: RawDocuments
  /** Whether the files themselves are whole; part of `verify`. */
  readonly integrity?: TE.TaskEither<StoreUnavailable, Integrity>
  readonly close: () => Promise<void>
}
