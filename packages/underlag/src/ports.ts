import type { Keys, RawDocuments, RawEventStore, ReadModels, StoreUnavailable } from '@underlag/kernel'
import type { Integrity } from '@underlag/store-sqlite'
import type * as TE from 'fp-ts/lib/TaskEither.js'

/** How this process follows a log that is on a server: while a delivery process watches, or a host subscribes. */
export interface Following {
  /** `idle`: nobody follows it; `interrupted`: cut off, and being taken up again. */
  readonly state: 'idle' | 'connecting' | 'live' | 'interrupted'
  /** How far behind the end of the server's log it is, of all tenants together, in bytes of log. */
  readonly lag: bigint
  /** How often it was taken up again. */
  readonly restarts: number
  /** Why it was cut off the last time. */
  readonly reason?: string
  /** Why the tenant's own events cannot be read, where that is so. Other tenants go on. */
  readonly parked?: string
}

/** One tenant's ports, as a store adapter gives them. */
export interface Ports {
  readonly eventStore: RawEventStore
  readonly readModels: ReadModels
  readonly keys: Keys
  readonly documents: RawDocuments
  /** Whether the files themselves are whole; part of `verify`. */
  readonly integrity?: TE.TaskEither<StoreUnavailable, Integrity>
  readonly following?: TE.TaskEither<StoreUnavailable, Following>
  readonly close: () => Promise<void>
}
