import type { Vat } from '@underlag/invoicing'
import { record, text } from '@underlag/kernel'
import type * as t from 'io-ts'

const Account = text('an account number of 4 to 8 digits', /^\d{4,8}$/)

/** Accounts that a clinic books on, where they are others than those of BAS. */
export interface AccountsConfig {
  /** What payers owe (kundfordringar). */
  readonly receivables?: string
  /** Where payments come in. */
  readonly bank?: string
  /** Öresavrundning. */
  readonly rounding?: string
  /** Sales by VAT: by rate, by why they are exempt, and on reverse charge. */
  readonly sales?: Readonly<Partial<Record<SalesKind, string>>>
  /** VAT to pay, by rate. */
  readonly vat?: Readonly<Partial<Record<Rate, string>>>
}

type Rate = '25' | '12' | '6'
type SalesKind = Rate | 'healthcare' | 'smallBusiness' | 'reverseCharge'

export const AccountsConfig: t.Type<AccountsConfig, unknown, unknown> = record(
  {},
  {
    receivables: Account,
    bank: Account,
    rounding: Account,
    sales: record(
      {},
      { 25: Account, 12: Account, 6: Account, healthcare: Account, smallBusiness: Account, reverseCharge: Account },
    ),
    vat: record({}, { 25: Account, 12: Account, 6: Account }),
  },
)

/** An account for everything. */
export interface Accounts {
  readonly receivables: string
  readonly bank: string
  readonly rounding: string
  readonly sales: Readonly<Record<SalesKind, string>>
  readonly vat: Readonly<Record<Rate, string>>
}

/** BAS 2024, the chart that most Swedish businesses have. */
const BAS: Accounts = {
  receivables: '1510',
  bank: '1930',
  rounding: '3740',
  sales: { 25: '3001', 12: '3002', 6: '3003', healthcare: '3004', smallBusiness: '3004', reverseCharge: '3308' },
  vat: { 25: '2611', 12: '2621', 6: '2631' },
}

/** The clinic's accounts, and those of BAS where it names none. */
export const accountsOf = (config: AccountsConfig = {}): Accounts => ({
  ...BAS,
  ...config,
  sales: { ...BAS.sales, ...config.sales },
  vat: { ...BAS.vat, ...config.vat },
})

/** What each account is called in a program that does not have it. */
export const accountNames = ({ receivables, bank, rounding, sales, vat }: Accounts): ReadonlyMap<string, string> =>
  new Map([
    [receivables, 'Kundfordringar'],
    [bank, 'Bank'],
    [rounding, 'Öres- och kronutjämning'],
    ...(['25', '12', '6'] as const).flatMap(
      (rate): ReadonlyArray<readonly [string, string]> => [
        [sales[rate], `Försäljning, ${rate} % moms`],
        [vat[rate], `Utgående moms, ${rate} %`],
      ],
    ),
    [sales.smallBusiness, 'Försäljning, momsfri'],
    [sales.healthcare, 'Försäljning, momsfri'],
    [sales.reverseCharge, 'Försäljning, omvänd betalningsskyldighet'],
  ])

/** Where the sales of one VAT are booked. */
export const salesAccount = ({ sales }: Accounts, vat: Vat): string => {
  switch (vat.kind) {
    case 'standard':
      return sales[`${vat.rate}`]
    case 'exempt':
      return sales[vat.reason]
    case 'reverseCharge':
      return sales.reverseCharge
  }
}
