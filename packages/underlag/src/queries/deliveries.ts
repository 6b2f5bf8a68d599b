import {
  conflictsOf,
  type DeliveryDocument,
  type DeliveryStatus,
  deliveriesView,
  type Visit,
  visits,
} from '@underlag/invoicing'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Operation, type Runtime, sync } from '../runtime.js'

/** One intent to deliver. `attempts` oldest first; `retryAt` where one waits. */
export type DeliveryView = Omit<DeliveryDocument, 'status' | 'sequence'> & { readonly status: DeliveryStatus }

/** Every delivery, by invoice and intent. */
export const deliveries = (runtime: Runtime, status?: DeliveryStatus): Operation<ReadonlyArray<DeliveryView>> =>
  pipe(
    sync(runtime, [deliveriesView, visits]),
    TE.chainW(() => heldInvoices(runtime)),
    TE.chainW((held) =>
      pipe(
        runtime.readModels.find(deliveriesView.table, 'invoice'),
        TE.map((found) =>
          ([...found.values()] as unknown as ReadonlyArray<DeliveryDocument>)
            .slice()
            .sort((a, b) => a.sequence - b.sequence || intentOf(a) - intentOf(b))
            .map((document) => shown(document, held)),
        ),
      ),
    ),
    TE.map((all) => (status === undefined ? all : all.filter((one) => one.status === status))),
  )

/** Numbers of the invoices that a fact contradicts: their deliveries wait for a person. */
export const heldInvoices = (runtime: Runtime): Operation<ReadonlySet<string>> =>
  pipe(
    runtime.readModels.find(visits.table, 'conflict'),
    TE.map(
      (found) =>
        new Set(
          ([...found.values()] as unknown as ReadonlyArray<Visit>)
            .flatMap((visit) => conflictsOf(visit, runtime.timeZone))
            .map(({ invoiceNumber }) => invoiceNumber),
        ),
    ),
  )

const intentOf = ({ deliveryId }: DeliveryDocument): number => Number(deliveryId.split('.')[1])

/** An attempt that runs, or was cut off, is still a request to everybody but the process. */
const shown = ({ sequence: _, status, ...document }: DeliveryDocument, held: ReadonlySet<string>): DeliveryView => {
  const known = status === 'attempting' ? 'requested' : status
  const waits = known === 'requested' || known === 'waiting'
  return { ...document, status: waits && held.has(document.invoiceNumber) ? 'held' : known }
}
