import type { AccountsConfig } from '@underlag/bookkeeping'
import type { Voucher } from '@underlag/bookkeeping/sie'
import { type InvoiceDocument, type IssuedInvoice, invoicesView, type LocalDate } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { type Operation, type OperationFailure, type Runtime, sync, today } from '../runtime.js'

export interface SieQuery {
  /** Days of the vouchers, both inclusive: an invoice's is its date, a payment's the day it was received. */
  readonly from?: LocalDate
  readonly to?: LocalDate
}

/** Bookkeeping out: a file of SIE type 4I, and how many vouchers of each kind are in it; what comes to nothing has none. */
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
  (runtime: Runtime, config: AccountsConfig | undefined, query: SieQuery = {}): Operation<O.Option<SieExport>> =>
  async (): Promise<E.Either<OperationFailure, O.Option<SieExport>>> => {
    const { accountsOf, invoiceVoucher, paymentVoucher, sieFile } = await import('@underlag/bookkeeping/sie')
    const accounts = accountsOf(config)
    const synced = await sync(runtime, [invoicesView])()
    if (E.isLeft(synced)) return synced
    const found: Array<Booked> = []
    let newest: IssuedInvoice | undefined
    for (let after: string | undefined; ; ) {
      const page = await runtime.readModels.page(invoicesView.table, after, PAGE)()
      if (E.isLeft(page)) return page
      for (const [, document] of page.right) {
        const { issued, payments } = document as unknown as InvoiceDocument
        const invoice = issued as unknown as IssuedInvoice
        const { sequence, kind } = invoice
        if (sequence > (newest?.sequence ?? 0)) newest = invoice
        const all: ReadonlyArray<Booked> = [
          {
            sequence,
            what: kind === 'invoice' ? 'invoices' : 'creditNotes',
            voucher: invoiceVoucher(invoice, accounts),
          },
          ...payments.map((payment): Booked => {
            return { sequence, what: 'payments', voucher: paymentVoucher(invoice, payment, accounts) }
          }),
        ]
        // One that comes to nothing has nothing to book.
        found.push(...all.filter(({ voucher }) => isWithin(voucher.date, query) && voucher.rows.length > 0))
      }
      after = page.right.at(-1)?.[0]
      if (page.right.length < PAGE) break
    }
    if (newest === undefined || found.length === 0) return E.right(O.none)
    const vouchers = found.toSorted(byDay).map(({ voucher }) => voucher)
    const count = (of: Booked['what']): number => found.filter(({ what }) => what === of).length
    return E.right(
      O.some({
        file: sieFile(vouchers, accounts, newest.seller, today(runtime)),
        ...{ invoices: count('invoices'), creditNotes: count('creditNotes'), payments: count('payments') },
      }),
    )
  }

interface Booked {
  readonly sequence: number
  readonly what: 'invoices' | 'creditNotes' | 'payments'
  readonly voucher: Voucher
}

const isWithin = (day: LocalDate, { from, to }: SieQuery): boolean =>
  (from === undefined || day >= from) && (to === undefined || day <= to)

const byDay = (a: Booked, b: Booked): number =>
  a.voucher.date === b.voucher.date ? a.sequence - b.sequence : a.voucher.date < b.voucher.date ? -1 : 1
