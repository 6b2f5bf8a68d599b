export type { OriginalInvoice } from './document.js'
export { invoiceUbl, type UblNotPossible } from './invoice-ubl.js'
export { type UblParts, type UblReason, ublPreflight } from './preflight.js'
