import type { IssuedInvoice, LocalDate, ReceivedPayment } from '@underlag/invoicing'
import { type Accounts, salesAccount } from './accounts.js'

/** What is booked of one event: rows that add up to 0. */
export interface Voucher {
  readonly date: LocalDate
  /** Says what it is by number; nothing of a person. */
  readonly text: string
  readonly rows: ReadonlyArray<Row>
}

/** Öre on an account: positive is debit. */
interface Row {
  readonly account: string
  readonly amount: number
}

/** Of an invoice or credit note as it was issued: what is owed, against sales and VAT per rate. */
export const invoiceVoucher = (
  { kind, invoiceNumber, credits, invoiceDate, vatBreakdown, rounding, toPay }: IssuedInvoice,
  accounts: Accounts,
): Voucher => ({
  date: invoiceDate,
  text: kind === 'invoice' ? `Faktura ${invoiceNumber}` : `Kreditfaktura ${invoiceNumber} till faktura ${credits}`,
  rows: booked([
    { account: accounts.receivables, amount: toPay.amount },
    ...vatBreakdown.flatMap(({ vat, taxable, vatAmount }) => [
      { account: salesAccount(accounts, vat), amount: -taxable.amount },
      ...(vat.kind === 'standard' ? [{ account: accounts.vat[`${vat.rate}`], amount: -vatAmount.amount }] : []),
    ]),
    { account: accounts.rounding, amount: -rounding.amount },
  ]),
})

/** Of money that came in for an invoice, or went back. */
export const paymentVoucher = (
  { invoiceNumber }: Pick<IssuedInvoice, 'invoiceNumber'>,
  { amount, receivedOn }: ReceivedPayment,
  accounts: Accounts,
): Voucher => ({
  date: receivedOn,
  text: `${amount.amount < 0 ? 'Återbetalning' : 'Betalning'} faktura ${invoiceNumber}`,
  rows: booked([
    { account: accounts.bank, amount: amount.amount },
    { account: accounts.receivables, amount: -amount.amount },
  ]),
})

const booked = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => rows.filter(({ amount }) => amount !== 0)
