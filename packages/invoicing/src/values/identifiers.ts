import { text } from '@underlag/kernel'
import { passesLuhn } from './checksum.js'

/** An id chosen by the host: 1 to 64 of `A-Z a-z 0-9 _ . : -`. Never an identity number: ids are not sealed. */
export type Id = string
export const Id = text(
  'an id of 1 to 64 of the characters A-Z a-z 0-9 _ . : -, and no identity number',
  /^[A-Za-z0-9_.:-]{1,64}$/,
  (value) => !looksLikeIdentityNumber(value),
  // What is no id may be a name that a host put there.
  true,
)

// Ten digits alone may be any number of a host's own; written as people write theirs, they are nothing else.
const looksLikeIdentityNumber = (value: string): boolean =>
  /^(\d{6}[-+]\d{4}|\d{8}[-+]?\d{4})$/.test(value) && isPersonalIdentityNumber(value)

/** Whether it is a Swedish organisationsnummer: 10 digits with Luhn, the third at least 2 (12 with 16 before them); or a sole trader's personal identity number. */
export const isOrganisationNumber = (value: string): boolean => {
  const digits = value.replace(/^(?:16)?(\d{6})-?(\d{4})$/, '$1$2')
  if (/^\d{10}$/.test(digits) && Number(digits[2]) >= 2) return passesLuhn(digits)
  return isPersonalIdentityNumber(value)
}

/**
 * Whether it is a Swedish personnummer or samordningsnummer (day + 60): 10 or 12 digits, `-`, or `+` from age 100, before the last four.
 * Luhn over the ten digits; the date exists.
 */
export const isPersonalIdentityNumber = (value: string): boolean => {
  const parts = /^(\d{2})?(\d{2})(\d{2})(\d{2})[-+]?(\d{4})$/.exec(value)
  if (parts === null) return false
  const [, century, year = '', month = '', day = '', last = ''] = parts
  if (!passesLuhn(year + month + day + last)) return false
  const dayOfMonth = Number(day) > 60 ? Number(day) - 60 : Number(day)
  const exists = (fullYear: number): boolean => {
    const date = new Date(Date.UTC(fullYear, Number(month) - 1, dayOfMonth))
    return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === dayOfMonth
  }
  // Without a century, 29 February must only exist in one that may be meant.
  return century === undefined
    ? exists(1900 + Number(year)) || exists(2000 + Number(year))
    : /^(18|19|20)$/.test(century) && exists(Number(century + year))
}

/** Whether it is a VAT number: Swedish ones `SE` + organisationsnummer + `01`, others two letters and 2 to 12 characters. */
export const isVatNumber = (value: string): boolean => {
  const compact = value.replace(/[ -]/g, '')
  const swedish = /^SE(\d{10})01$/.exec(compact)
  if (compact.startsWith('SE')) return swedish !== null && passesLuhn(swedish[1] ?? '')
  return /^[A-Z]{2}[0-9A-Z+*]{2,12}$/.test(compact)
}

/** Whether it is a bankgiro number: 7 or 8 digits with Luhn, a hyphen before the last four allowed. */
export const isBankgiro = (value: string): boolean =>
  /^\d{3,4}-?\d{4}$/.test(value) && passesLuhn(value.replace('-', '')) && /[1-9]/.test(value)

/** Whether it is a plusgiro number: 2 to 8 digits with Luhn, spaces and a hyphen before the last allowed. */
export const isPlusgiro = (value: string): boolean => {
  const digits = value.replace(/[ -]/g, '')
  return (
    /^[\d ]+-?\d$/.test(value) && digits.length >= 2 && digits.length <= 8 && passesLuhn(digits) && /[1-9]/.test(digits)
  )
}

/** Whether it is a Swish number: 123 and seven digits for companies, or a Swedish mobile number. */
export const isSwish = (value: string): boolean => /^(123\d{7}|07\d{8}|\+?467\d{8})$/.test(value.replace(/[ -]/g, ''))
