import {
  type Invoice,
  type InvoiceDocument,
  type InvoiceStatus,
  invoicesView,
  openInvoice,
  type Payer,
  payerKey,
} from '@underlag/invoicing'
import type { Json } from '@underlag/kernel'
import { either as E, option as O, taskEither as TE } from 'fp-ts'
import { pipe } from 'fp-ts/lib/function.js'
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
    TE.chainW(() =>
      payer === undefined
        ? runtime.readModels.find(invoicesView.table, 'sequence')
        : runtime.readModels.find(invoicesView.table, 'payer', [payerKey(payer)]),
    ),
    TE.chain((found) => opened(runtime, [...found.values()])),
    TE.map((all) =>
      all
        .filter((invoice) => status === undefined || invoice.status === status)
        .sort((a, b) => a.sequence - b.sequence),
    ),
  )

/** One invoice or credit note as it stands today; `none`: there is no such number. */
export const invoice = (runtime: Runtime, invoiceNumber: string): Operation<O.Option<Invoice>> =>
  pipe(
    sync(runtime, [invoicesView]),
    TE.chainW(() => runtime.readModels.get(invoicesView.table, [invoiceNumber])),
    TE.chain((found) => opened(runtime, [...found.values()])),
    TE.map(([only]) => O.fromNullable(only)),
  )

const opened =
  (runtime: Runtime, documents: ReadonlyArray<Json>): Operation<ReadonlyArray<Invoice>> =>
  async (): Promise<E.Either<OperationFailure, ReadonlyArray<Invoice>>> => {
    const stored = documents as unknown as ReadonlyArray<InvoiceDocument>
    const open = await opener(
      runtime.sealing,
      stored.flatMap(({ parts }) => parts),
    )
    if (E.isLeft(open)) return open
    const day = today(runtime)
    return E.right(stored.map((document) => openInvoice(document, open.right, day)))
  }
