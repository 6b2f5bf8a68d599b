export { type Accounts, accountsOf } from './accounts.js'
export { sieFile } from './sie-file.js'
export { invoiceVoucher, paymentVoucher, type Voucher } from './voucher.js'
