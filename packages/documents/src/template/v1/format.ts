import type { Address, Language, LocalDate, Money } from '@underlag/invoicing'

const NBSP = '\u00a0'
const MINUS = '\u2212'

/**
 * A number of 10^-`decimals` as text: 123450 with 2 decimals is `1 234,50` in Swedish, `1,234.50` in English.
 * Written out here and not left to Intl, whose spaces change from one ICU to the next: an old invoice must not.
 */
export const decimalText = (units: number | bigint, decimals: number, language: Language): string => {
  const negative = units < 0
  const digits = (negative ? -units : units).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, language === 'sv' ? NBSP : ',')
  const fraction = decimals === 0 ? '' : `${language === 'sv' ? ',' : '.'}${digits.slice(-decimals)}`
  return `${negative ? MINUS : ''}${grouped}${fraction}`
}

/** An amount without its currency, as it stands in columns: `1 234,50`. */
export const amountText = (money: Money, language: Language): string => decimalText(money.amount, 2, language)

/** An amount with its currency: `1 234,50 kr`, `SEK 1,234.50`. */
export const moneyText = (money: Money, language: Language): string => {
  const amount = amountText(money, language)
  return language === 'sv' ? `${amount}${NBSP}kr` : `SEK${NBSP}${amount}`
}

/** A decimal string in the language's own way, nothing rounded: `1.5` is `1,5`. */
export const numberText = (decimal: string, language: Language): string =>
  (language === 'sv' ? decimal.replace('.', ',') : decimal).replace('-', MINUS)

export const percentText = (percent: string, language: Language): string =>
  `${numberText(percent, language)}${language === 'sv' ? NBSP : ''}%`

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `2026-03-31` in Swedish, `31 Mar 2026` in English (all-number dates are read in two ways there). */
export const dateText = (date: LocalDate, language: Language): string => {
  if (language === 'sv') return date
  const [year, month, day] = date.split('-')
  return `${Number(day)}${NBSP}${MONTHS[Number(month) - 1] ?? month}${NBSP}${year}`
}

/** `5566778899` as `556677-8899`; what is not ten digits stays as it was written. */
export const organisationNumberText = (number: string): string =>
  number.replace(/^(?:\d{2})?(\d{6})-?(\d{4})$/, '$1-$2')

/** `50501055` as `5050-1055`. */
export const bankgiroText = (number: string): string => number.replace(/\D/g, '').replace(/(\d{4})$/, '-$1')

/** `12345674` as `1 23 45 67-4`: pairs from the right, hyphen before the check digit. */
export const plusgiroText = (number: string): string => {
  const digits = number.replace(/\D/g, '')
  return `${digits.slice(0, -1).replace(/\B(?=(\d{2})+$)/g, NBSP)}-${digits.slice(-1)}`
}

/** `1237856901` as `123 785 69 01`; other numbers as written. */
export const swishText = (number: string): string =>
  number.replace(/[ -]/g, '').replace(/^(\d{3})(\d{3})(\d{2})(\d{2})$/, `$1${NBSP}$2${NBSP}$3${NBSP}$4`)

/** The lines of an address as the post reads them: no blank ones, the country only where it is not Sweden. */
export const addressLines = (address: Address, language: Language): ReadonlyArray<string> => {
  const swedish = address.country === 'SE'
  const postalCode = swedish ? address.postalCode.replace(/^(\d{3}) ?(\d{2})$/, `$1${NBSP}$2`) : address.postalCode
  const lines = [...address.lines, `${postalCode} ${address.city}`]
  if (!swedish) lines.push(countryText(address.country, language))
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

const countryText = (country: string, language: Language): string =>
  (new Intl.DisplayNames([language], { type: 'region', fallback: 'code' }).of(country) ?? country).toUpperCase()
