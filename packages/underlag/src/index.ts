export type { PaymentsFormat, UnusableFile } from '@underlag/bookkeeping/payments'
export type { Advice, PdfRenderer } from '@underlag/documents'
export {
  type Channel,
  type Command,
  type CommandData,
  type CommandType,
  commandTypes,
  type DeliveryStatus,
  type Invoice,
  type Payer,
  type PayerUnderlag,
  type Settlement,
  type UnderlagConflict,
} from '@underlag/invoicing'
export type { Clock } from '@underlag/kernel'
export type { Accepted, Answer, AnsweredEvent, Refusal, Warning } from './commands/answer.js'
export type { ImportedPayment, ImportedPayments, ImportOptions } from './commands/import-payments.js'
export { decodeConfig, type UnderlagConfig, type UnusableConfig } from './config.js'
export { type Copied, type CopyOptions, copyTenant } from './copy.js'
export type { ClientInbox } from './delivery/client-inbox.js'
export type { LogEntry } from './delivery/log.js'
export type { DeliverOptions, DeliverySummary } from './delivery/process.js'
export type { WebhookHeard } from './delivery/reports.js'
export type { DeliveryStep } from './delivery/step.js'
export type { Following, Ports } from './ports.js'
export type { AuditEntry, AuditQuery } from './queries/audit.js'
export type { Basis, BasisQuery } from './queries/basis.js'
export type { DeliveryView } from './queries/deliveries.js'
export type { SieExport, SieQuery } from './queries/export-sie.js'
export type { Health } from './queries/health.js'
export type { InvoicesQuery } from './queries/invoices.js'
export type { Preview } from './queries/preview.js'
export type { Check, Verification } from './queries/verify.js'
export type { Explained, Explanation, Grounds, Reason } from './queries/why.js'
export type { Operation, OperationFailure } from './runtime.js'
export { failureSentence, refusalSentence } from './sentences.js'
export { openUnderlag, type Underlag, type UnderlagOptions } from './underlag.js'
