import type { PdfRenderer, RenderFailure, Theme } from '@underlag/documents'
import {
  auditView,
  type Channel,
  customersView,
  type DeliveryChannel,
  type DeliverySettings,
  daysView,
  decodeEvent,
  deliveriesView,
  invoicesView,
  joinedChunks,
  LEDGER_STREAM,
  type LocalDate,
  ledgerView,
  localDate,
  settingsView,
  type TimeZone,
  visitHistories,
  visits,
} from '@underlag/invoicing'
import {
  type Beginning,
  type Clock,
  catchUp,
  type Documents,
  type EventStore,
  type Executor,
  type Json,
  type LoadFailure,
  type Parked,
  type Position,
  type Progress,
  type Projection,
  type ReadModels,
  type Sealing,
  type StoreFailure,
  type StreamName,
  type TooLarge,
  type TooManyConflicts,
} from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { LogEntry } from './delivery/log.js'

/** Why something could not be done, as distinct from refused: the store, a poison event, the browser. Holds no personal data. */
export type OperationFailure = LoadFailure | StoreFailure | Parked | TooLarge | TooManyConflicts | RenderFailure

/** Whether the same may go well in a moment. */
export const isTransient = (failure: OperationFailure): boolean =>
  failure._tag === 'StoreUnavailable' && failure.transient

/** The result of everything the facade does. */
export type Operation<A> = TE.TaskEither<OperationFailure, A>

/** What every part of the facade runs on: one tenant's ports and settings. */
export interface Runtime {
  readonly tenant: string
  readonly store: EventStore
  readonly sealing: Sealing
  readonly executor: Executor
  readonly readModels: ReadModels
  readonly documents: Documents
  readonly renderer: PdfRenderer
  /** How documents of invoices look that are registered from now on; none: as they are built in. */
  readonly theme?: Theme
  readonly channels: ReadonlyMap<DeliveryChannel, Channel>
  readonly deliveries: DeliverySettings
  readonly timeZone: TimeZone
  readonly clock: Clock
  readonly onProgress?: (progress: Progress) => void
  readonly log?: (entry: LogEntry) => void
}

/** Every read model there is. */
export const projections: ReadonlyArray<Projection> = [
  settingsView,
  customersView,
  visits,
  invoicesView,
  deliveriesView,
  auditView,
  ledgerView,
  daysView,
  visitHistories,
]

/** Today in the seller's time zone. */
export const today = ({ clock, timeZone }: Pick<Runtime, 'clock' | 'timeZone'>): LocalDate =>
  localDate(clock(), timeZone)

/** Brings the read models named to the end of the log, or to `position` where that is enough. */
export const sync = (
  { store, readModels, onProgress }: Pick<Runtime, 'store' | 'readModels' | 'onProgress'>,
  which: ReadonlyArray<Projection> = projections,
  position?: Position,
): Operation<Position> =>
  pipe(
    position === undefined ? store.end : TE.right(position),
    TE.chain((target) =>
      catchUp(store, readModels, which, target, {
        decode: decodeEvent,
        ...(onProgress === undefined ? {} : { onProgress }),
      }),
    ),
  )

/** From here on a ledger is long: to read it whole costs more than to bring its view up to the log's end. */
const LONG = 500n

/** Chunks read at once. */
const CHUNKS = 50

/**
 * The ledger as its view has it, where it is long. Whatever is amiss with the view (an event that cannot be read, a file that is
 * locked) is no trouble of a command's: the stream is read from its first event then.
 */
export const beginningOf =
  (runtime: Pick<Runtime, 'store' | 'readModels' | 'onProgress'>) =>
  async (stream: StreamName): Promise<Beginning | undefined> => {
    if (stream !== LEDGER_STREAM) return undefined
    const long = await runtime.store.read(stream, LONG - 1n, 1)()
    if (E.isLeft(long) || long.right.length === 0) return undefined
    const synced = await sync(runtime, [ledgerView])()
    if (E.isLeft(synced)) return undefined
    const chunks: Array<readonly [string, Json]> = []
    for (let after: string | undefined; ; ) {
      const page = await runtime.readModels.page(ledgerView.table, after, CHUNKS)()
      if (E.isLeft(page)) return undefined
      chunks.push(...page.right)
      after = page.right.at(-1)?.[0]
      if (page.right.length < CHUNKS) break
    }
    const joined = joinedChunks(chunks)
    return joined === undefined ? undefined : { ...joined, events: joined.facts }
  }
