import type { AccountsConfig } from '@underlag/bookkeeping'
import type { Voucher } from '@underlag/bookkeeping/sie'
import { type InvoiceDocument, type IssuedInvoice, invoicesView, type LocalDate } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { type Operation, type OperationFailure, type Runtime, sync, today } from '../runtime.js'

export interface SieQuery {
  /** Days of the vouchers, both inclusive: an invoice's is its date, a payment's the day it was received. */
  readonly from?: LocalDate
  readonly to?: LocalDate
}

/** Bookkeeping out: a file of SIE type 4I, and how many vouchers of each kind are in it. */
export interface SieExport {
  readonly file: Uint8Array
  readonly invoices: number
  readonly creditNotes: number
  readonly payments: number
}

const PAGE = 2_000

/**
 * Invoices, credit notes and payments as vouchers (the invoice method, faktureringsmetoden), by day. `none` of them in the period: a file
 * without vouchers is no file that a program imports, and none is made.
 */
export const exportSie =
  (runtime: Runtime, config: AccountsConfig | undefined, query: SieQuery = {}): Operation<SieExport | undefined> =>
  async (): Promise<E.Either<OperationFailure, SieExport | undefined>> => {
    const { accountsOf, invoiceVoucher, paymentVoucher, sieFile } = await import('@underlag/bookkeeping/sie')
    const accounts = accountsOf(config)
    const synced = await sync(runtime, [invoicesView])()
    if (E.isLeft(synced)) return synced
    const isWithin = (day: LocalDate): boolean =>
      (query.from === undefined || day >= query.from) && (query.to === undefined || day <= query.to)
    const vouchers: Array<{ readonly voucher: Voucher; readonly sequence: number }> = []
    const counts = { invoices: 0, creditNotes: 0, payments: 0 }
    let newest: IssuedInvoice | undefined
    for (let after: string | undefined; ; ) {
      const page = await runtime.readModels.page(invoicesView.table, after, PAGE)()
      if (E.isLeft(page)) return page
      for (const [, document] of page.right) {
        const { issued, payments } = document as unknown as InvoiceDocument
        const invoice = issued as unknown as IssuedInvoice
        const { sequence, kind, invoiceDate } = invoice
        if (sequence > (newest?.sequence ?? 0)) newest = invoice
        if (isWithin(invoiceDate)) {
          counts[kind === 'invoice' ? 'invoices' : 'creditNotes'] += 1
          vouchers.push({ voucher: invoiceVoucher(invoice, accounts), sequence })
        }
        for (const payment of payments)
          if (isWithin(payment.receivedOn)) {
            counts.payments += 1
            vouchers.push({ voucher: paymentVoucher(invoice, payment, accounts), sequence })
          }
      }
      after = page.right.at(-1)?.[0]
      if (page.right.length < PAGE) break
    }
    if (newest === undefined || vouchers.length === 0) return E.right(undefined)
    const sorted = vouchers
      .toSorted((a, b) =>
        a.voucher.date === b.voucher.date ? a.sequence - b.sequence : a.voucher.date < b.voucher.date ? -1 : 1,
      )
      .flatMap(({ voucher }) => (voucher.rows.length === 0 ? [] : [voucher]))
    return E.right({ file: sieFile(sorted, newest.seller, today(runtime)), ...counts })
  }
