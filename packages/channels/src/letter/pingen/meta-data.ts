import type { Address, Invoice } from '@underlag/invoicing'

/** A party of a letter as Pingen has it, the house number apart. */
export interface PingenParty {
  readonly name: string
  readonly street?: string
  readonly number?: string
  readonly zip: string
  readonly city: string
  readonly country: string
}

/** Who the letter is to and from, for the products that want it as fields (registered letters). */
export const pingenMetaData = ({
  buyer,
  seller,
}: Pick<Invoice, 'buyer' | 'seller'>): { readonly recipient: PingenParty; readonly sender: PingenParty } | undefined =>
  buyer.address === undefined
    ? undefined
    : { recipient: party(buyer.name ?? '', buyer.address), sender: party(seller.name, seller.address) }

const party = (name: string, { lines, postalCode, city, country }: Address): PingenParty => ({
  name,
  ...street(lines.at(-1) ?? ''),
  zip: postalCode,
  city,
  country,
})

/** The line with the street is the last one before the postal code; what begins with a digit at its end is the number. */
const street = (line: string): Pick<PingenParty, 'street' | 'number'> => {
  const [, name, number] = /^(.*\D) +(\d[^,]{0,20})$/.exec(line) ?? []
  return name === undefined || number === undefined ? { street: line } : { street: name, number }
}
