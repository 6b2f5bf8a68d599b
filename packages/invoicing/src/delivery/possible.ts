import type { Buyer, DeliveryChannel } from '../ledger/invoice.js'
import type { Payer } from '../values/party.js'

/** Which channels the host has set up, and which of them a bulk registration may use. */
export interface DeliverySettings {
  readonly configured: ReadonlyArray<DeliveryChannel>
  readonly bulk: ReadonlyArray<DeliveryChannel>
}

export type DeliveryReason =
  | 'notConfigured'
  | 'notToCompanies'
  | 'noEmailAddress'
  | 'noPostalAddress'
  | 'noElectronicAddress'

/** Why an invoice to this buyer cannot go this way (rule 7); empty: it can. */
export const whyNotDeliverable = (
  delivery: DeliveryChannel,
  payer: Payer,
  buyer: Buyer,
  { configured }: Pick<DeliverySettings, 'configured'>,
): ReadonlyArray<DeliveryReason> => {
  if (delivery === 'none') return []
  const reasons: Array<DeliveryReason> = []
  if (!configured.includes(delivery)) reasons.push('notConfigured')
  if (delivery === 'communication' && payer.kind === 'company') reasons.push('notToCompanies')
  if (delivery === 'email' && buyer.email === undefined) reasons.push('noEmailAddress')
  if (delivery === 'letter' && buyer.address === undefined) reasons.push('noPostalAddress')
  if (delivery === 'eInvoice' && buyer.eInvoice === undefined) reasons.push('noElectronicAddress')
  return reasons
}
