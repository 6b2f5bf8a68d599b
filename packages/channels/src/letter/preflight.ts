import type { Channel } from '@underlag/invoicing'

/**
 * Why no letter can go to this recipient: `noRecipientName` (also when it was erased), `noPostalAddress`, and
 * `countryNotServed` where the printer does not send to that country.
 */
export const letterPreflight =
  (countries: ReadonlyArray<string> | undefined): Channel['preflight'] =>
  ({ buyer: { name, address } }) => [
    ...(name === undefined || name.trim() === '' ? ['noRecipientName'] : []),
    ...(address === undefined
      ? ['noPostalAddress']
      : countries !== undefined && !countries.includes(address.country)
        ? ['countryNotServed']
        : []),
  ]
