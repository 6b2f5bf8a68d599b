import type { IssuedInvoice } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { type OriginalInvoice, ublDocument } from './document.js'
import { type UblReason, ublPreflight } from './preflight.js'

/** What stands between the invoice and Peppol. */
export interface UblNotPossible {
  readonly _tag: 'UblNotPossible'
  readonly reasons: ReadonlyArray<UblReason>
}

/**
 * The invoice or credit note as Peppol BIS Billing 3.0 (UBL 2.1), or why it cannot be one. Pure: the same invoice gives the same
 * text, and every sum is the invoice's to the öre. `original` is the invoice that a credit note credits.
 */
export const invoiceUbl = (invoice: IssuedInvoice, original?: OriginalInvoice): E.Either<UblNotPossible, string> => {
  const reasons = ublPreflight(invoice)
  return reasons.length > 0 ? E.left({ _tag: 'UblNotPossible', reasons }) : E.right(ublDocument(invoice, original))
}
