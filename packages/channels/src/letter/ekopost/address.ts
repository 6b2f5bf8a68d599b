import type { Buyer } from '@underlag/invoicing'

/** A postal address as Ekopost has it. */
export interface EkopostAddress {
  readonly $type: 'postal'
  readonly name: ReadonlyArray<string>
  readonly street: ReadonlyArray<string>
  readonly postal_code: string
  readonly city: string
  readonly country: string
  readonly use_coverpage: boolean
}

/** `undefined` for a buyer without an address, which preflight has refused. */
export const ekopostAddress = ({ name = '', address }: Buyer, coverPage: boolean): EkopostAddress | undefined => {
  if (address === undefined) return undefined
  const { lines, postalCode, city, country } = address
  return {
    $type: 'postal',
    name: [name],
    street: lines,
    postal_code: country === 'SE' ? postalCode.replace(' ', '') : postalCode,
    city,
    country,
    use_coverpage: coverPage,
  }
}
