import type { AuditEntry, Basis, DeliveryView, ImportedPayments, Invoice, SieExport, Verification } from 'underlag'
import type { Mail } from './mailbox.js'
import type { Paper } from './papers.js'
import type { Exceptions } from './register.js'

/** What each step shows as it is done. */
export interface Narrator {
  readonly opened: (month: string, eventsBefore: number) => void
  readonly recorded: (commands: number, events: number) => void
  readonly underlag: (basis: Basis) => void
  readonly registered: (invoices: ReadonlyArray<Invoice>, exceptions: Exceptions) => void
  readonly printing: (done: number, of: number) => void
  readonly printed: (papers: ReadonlyArray<Paper>) => void
  readonly delivering: (done: number) => void
  readonly delivered: (newMails: number, mails: ReadonlyArray<Mail>, deliveries: ReadonlyArray<DeliveryView>) => void
  readonly paid: (payments: ImportedPayments) => void
  readonly booked: (vouchers: Omit<SieExport, 'file'>) => void
  readonly audited: (invoice: Invoice, trail: ReadonlyArray<AuditEntry>) => void
  readonly ended: (end: MonthEnd) => void
}

/** How the books stand in the end. */
export interface MonthEnd {
  readonly verification: Verification
  /** Every mail carries one invoice, no invoice came in two, and each PDF attached is the one in the folder, byte for byte. */
  readonly mailsAreRight: boolean
  readonly newEvents: number
  readonly newMails: number
}
