import type { AddressPosition, Buyer, Channel } from '@underlag/invoicing'
import type { LetterZones } from './zones.js'

/** How many rows a recipient's name and address take in the window, as the documents' template sets them. */
export type AddressRows = (buyer: Buyer, position: AddressPosition) => number

/** What of the page shows through the printer's window. */
export type LetterWindow = Pick<LetterZones, 'addressPosition' | 'mostRows'>

/** Whether the whole address shows through the window. */
export const shows = (
  { buyer, addressPosition = 'right' }: Parameters<Channel['preflight']>[0],
  window: LetterWindow,
  rows: AddressRows,
): boolean => addressPosition === window.addressPosition && rows(buyer, addressPosition) <= window.mostRows

/**
 * Why no letter can go to this recipient: `noRecipientName` (also when it was erased), `noPostalAddress`, `countryNotServed` where the
 * printer does not send to that country, `addressOnOtherSide` where the page was made for another window, and `addressTooLong` where
 * not all of the address would show. Without `window` the printer puts a page with the address before it.
 */
export const letterPreflight =
  (
    countries: ReadonlyArray<string> | undefined,
    window: LetterWindow | undefined,
    rows: AddressRows,
  ): Channel['preflight'] =>
  ({ buyer, addressPosition = 'right' }) => {
    const { name, address } = buyer
    return [
      ...(name === undefined || name.trim() === '' ? ['noRecipientName'] : []),
      ...(address === undefined
        ? ['noPostalAddress']
        : [
            ...(countries !== undefined && !countries.includes(address.country) ? ['countryNotServed'] : []),
            ...(window !== undefined && addressPosition !== window.addressPosition ? ['addressOnOtherSide'] : []),
            ...(window !== undefined && rows(buyer, addressPosition) > window.mostRows ? ['addressTooLong'] : []),
          ]),
    ]
  }
