import type { Buyer } from '@underlag/invoicing'
import type { EkopostSettings } from './settings.js'

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

/** Name, lines, postal code and country: so many stand in the window, as the documents' template sets them. */
const LINES_IN_WINDOW = 4
/** About so many letters fit on a line of the address; a longer one is set on two. */
const LETTERS_ON_LINE = 42

/** `undefined` for a buyer without an address, which preflight has refused. */
export const ekopostAddress = (
  { name = '', address }: Buyer,
  coverPage: EkopostSettings['coverPage'],
): EkopostAddress | undefined => {
  if (address === undefined) return undefined
  const { lines, postalCode, city, country } = address
  const printed = [name, ...lines, `${postalCode} ${city}`, ...(country === 'SE' ? [] : [country])]
  const rows = printed.reduce((sum, line) => sum + Math.ceil(Math.max(line.length, 1) / LETTERS_ON_LINE), 0)
  return {
    $type: 'postal',
    name: [name],
    street: lines,
    postal_code: country === 'SE' ? postalCode.replace(' ', '') : postalCode,
    city,
    country,
    use_coverpage: coverPage === 'always' || (coverPage === 'whenNeeded' && rows > LINES_IN_WINDOW),
  }
}
