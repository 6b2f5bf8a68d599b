/**
 * Invoices to companies through the Peppol network: `EInvoiceConfig` decodes the configuration, `eInvoiceSettings` resolves its
 * secrets, `accessPointOf` speaks to the provider, `eInvoiceChannel` sends.
 */
export { type Environment, resolveSecret, Secret, type SecretMissing } from '../secret.js'
export { type MakeUbl, type NoUbl, type UblNotNow, ublNotNow } from '../ubl.js'
export type {
  AccessPoint,
  AskFailure,
  Duplicate,
  InDoubt,
  Registration,
  Rejected,
  Retryable,
  Routing,
  SubmitFailure,
} from './access-point.js'
export { accessPointOf } from './access-points.js'
export { eInvoiceChannel } from './channel.js'
export { EInvoiceConfig } from './config.js'
export type { DocumentKind, Participant } from './peppol.js'
export { type EInvoiceSettings, eInvoiceSettings } from './settings.js'
export type { EInvoiceCommon } from './settings-parts.js'
