import { readBgMax } from './bgmax.js'
import { readCamt054 } from './camt054.js'
import type { ReadPayments } from './incoming.js'

export type { IncomingPayment, PaidAccount, PaymentFile, ReadPayments, Unclear, UnusableFile } from './incoming.js'

export type PaymentsFormat = 'camt054' | 'bgmax'

/** The reader of each layout. */
export const readers: Readonly<Record<PaymentsFormat, ReadPayments>> = { camt054: readCamt054, bgmax: readBgMax }
