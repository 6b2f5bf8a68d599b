import type { AddressPosition, DeliveryChannel, IssuedInvoice } from '../ledger/invoice.js'

/** What is asked whether it can go out: an invoice, or a draft of one. */
export type Deliverable = Pick<IssuedInvoice, 'payer' | 'buyer' | 'seller'> &
  Partial<
    Pick<
      IssuedInvoice,
      | 'lines'
      | 'vatBreakdown'
      | 'net'
      | 'vatAmount'
      | 'rounding'
      | 'toPay'
      | 'reference'
      | 'credits'
      | 'addressPosition'
    >
  >

/** Which channels the host has set up, which of them a bulk registration may use, and what they themselves ask of an invoice. */
export interface DeliverySettings {
  readonly configured: ReadonlyArray<DeliveryChannel>
  readonly bulk: ReadonlyArray<DeliveryChannel>
  /** Where documents of what is registered from now on place the address. Absent: to the right. */
  readonly addressPosition?: AddressPosition
  /** Why a configured channel cannot carry it: its own codes, such as `invalidEmailAddress` or the id of a Peppol rule. */
  readonly preflight?: (delivery: DeliveryChannel, document: Deliverable) => ReadonlyArray<string>
}

/**
 * Why an invoice cannot go this way (rule 7): `notConfigured`, `notToCompanies`, `noEmailAddress`, `noPostalAddress`,
 * `noElectronicAddress`, and the channel's own reasons; empty: it can.
 */
export const whyNotDeliverable = (
  delivery: DeliveryChannel,
  document: Deliverable,
  { configured, preflight }: Pick<DeliverySettings, 'configured' | 'preflight'>,
): ReadonlyArray<string> => {
  if (delivery === 'none') return []
  const { payer, buyer } = document
  const reasons: Array<string> = []
  if (!configured.includes(delivery)) reasons.push('notConfigured')
  if (delivery === 'communication' && payer.kind === 'company') reasons.push('notToCompanies')
  if (delivery === 'email' && buyer.email === undefined) reasons.push('noEmailAddress')
  if (delivery === 'letter' && buyer.address === undefined) reasons.push('noPostalAddress')
  if (delivery === 'eInvoice' && buyer.eInvoice === undefined) reasons.push('noElectronicAddress')
  return [...new Set([...reasons, ...(preflight?.(delivery, document) ?? [])])]
}
