import type { IssuedInvoice } from '@underlag/invoicing'
import { onOneLine } from './xml-text.js'

/**
 * What the buyer asked to see. The buyer's own standing reference is BuyerReference; another one given for this invoice is then the
 * order's. With one of them only, it is BuyerReference.
 */
export const references = ({
  buyer,
  reference,
}: Pick<IssuedInvoice, 'buyer' | 'reference'>): {
  readonly buyerReference: string
  readonly orderReference: string
} => {
  const standing = onOneLine(buyer.buyerReference)
  const own = onOneLine(reference)
  return standing === '' || standing === own
    ? { buyerReference: own, orderReference: '' }
    : { buyerReference: standing, orderReference: own }
}
