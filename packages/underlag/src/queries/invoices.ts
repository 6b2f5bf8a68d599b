import {
  type Invoice,
  type InvoiceDocument,
  type InvoiceStatus,
  invoicesView,
  openInvoice,
  type Payer,
  payerKey,
  statusOn,
  statusTerms,
} from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Operation, type OperationFailure, type Runtime, sync, today } from '../runtime.js'
import { opener } from './reader.js'

export interface InvoicesQuery {
  readonly payer?: Payer
  readonly status?: InvoiceStatus
}

/** The register of invoices and credit notes, in the order of issue. */
export const invoices = (runtime: Runtime, { payer, status }: InvoicesQuery = {}): Operation<ReadonlyArray<Invoice>> =>
  pipe(
    sync(runtime, [invoicesView]),
    TE.chainW(() => {
      const { find } = runtime.readModels
      if (payer !== undefined) return find(invoicesView.table, 'payer', [payerKey(payer)])
      return status === undefined
        ? find(invoicesView.table, 'sequence')
        : find(invoicesView.table, 'status', statusTerms(status))
    }),
    TE.chain((found) => {
      const day = today(runtime)
      const all = [...found.values()] as unknown as ReadonlyArray<InvoiceDocument>
      return opened(runtime, status === undefined ? all : all.filter((one) => statusOn(one, day) === status))
    }),
    TE.map((all) => all.toSorted((a, b) => a.sequence - b.sequence)),
  )

/** One invoice or credit note as it stands today; `none`: there is no such number. */
export const invoice = (runtime: Runtime, invoiceNumber: string): Operation<O.Option<Invoice>> =>
  pipe(
    sync(runtime, [invoicesView]),
    TE.chainW(() => runtime.readModels.get(invoicesView.table, [invoiceNumber])),
    TE.chain((found) => opened(runtime, [...found.values()] as unknown as ReadonlyArray<InvoiceDocument>)),
    TE.map(([only]) => O.fromNullable(only)),
  )

const opened =
  (runtime: Runtime, stored: ReadonlyArray<InvoiceDocument>): Operation<ReadonlyArray<Invoice>> =>
  async (): Promise<E.Either<OperationFailure, ReadonlyArray<Invoice>>> => {
    const open = await opener(
      runtime.sealing,
      stored.flatMap(({ parts }) => parts),
    )
    if (E.isLeft(open)) return open
    const day = today(runtime)
    return E.right(stored.map((document) => openInvoice(document, open.right, day)))
  }
