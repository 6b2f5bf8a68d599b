import { oneOf, Refined, record, text } from '@underlag/kernel'
import * as t from 'io-ts'
import { Id } from './identifiers.js'

/** Who pays: kind and id together are the key. */
export interface Payer {
  readonly kind: 'client' | 'company'
  readonly id: Id
}
export const Payer: t.Type<Payer, unknown, unknown> = record({ kind: oneOf('client', 'company'), id: Id })

/** `client:c1`: the one text of a payer, also the subject of personal data about a client. */
export const payerKey = (payer: Payer): string => `${payer.kind}:${payer.id}`

const noControls = (value: string): boolean =>
  value.trim() !== '' && !/\p{Surrogate}/u.test(value) && !/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029]/.test(value)

/** One line of text of 1 to 200 characters. */
export const LineOfText = text('text of 1 to 200 characters on one line', /^[^\n\r\t]{1,200}$/u, noControls, true)
/** Text of up to 2 000 characters, line breaks allowed. */
export const Paragraph = text('text of 1 to 2 000 characters', /^[\s\S]{1,2000}$/u, noControls, true)

export const Email = text(
  'an e-mail address',
  /^[^\s@<>(),;:"[\]\\]{1,64}@[^\s@<>(),;:"[\]\\]{1,190}\.[^\s@<>(),;:"[\]\\.]{2,}$/u,
  noControls,
  true,
)

/** A language that documents and messages are written in. */
export type Language = 'sv' | 'en'
export const Language = oneOf('sv', 'en')

/** The language a customer prefers, as a BCP 47 tag: `sv`, `en-GB`, `fi`. Documents are in the nearest there is. */
export type LanguageTag = string
export const LanguageTag = text(
  'a language as a BCP 47 tag, such as "sv" or "en"',
  /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/,
)

/** The language of documents for a customer: English where it is asked for, else Swedish. */
export const documentLanguage = (preferred: LanguageTag | undefined): Language =>
  preferred !== undefined && /^en(-|$)/i.test(preferred) ? 'en' : 'sv'

export interface Address {
  readonly lines: ReadonlyArray<string>
  readonly postalCode: string
  readonly city: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
}
const AnyAddress = record({
  lines: new Refined(
    'a list of 1 to 4 lines of text',
    (u): u is ReadonlyArray<string> => Array.isArray(u) && u.length >= 1 && u.length <= 4 && u.every(LineOfText.is),
    true,
  ),
  postalCode: text('a postal code', /^[A-Za-z0-9 -]{2,12}$/, noControls, true),
  city: LineOfText,
  country: text('a country as two capital letters (ISO 3166-1)', /^[A-Z]{2}$/),
})
export const Address: t.Type<Address, unknown, unknown> = new t.Type(
  AnyAddress.name,
  (u): u is Address => AnyAddress.is(u) && (u.country !== 'SE' || SwedishPostalCode.is(u.postalCode)),
  (u, context) => {
    const address = AnyAddress.validate(u, context)
    if (address._tag === 'Left' || address.right.country !== 'SE' || SwedishPostalCode.is(address.right.postalCode))
      return address
    return t.failure(address.right.postalCode, t.appendContext(context, 'postalCode', SwedishPostalCode))
  },
  t.identity,
)
const SwedishPostalCode = text('a Swedish postal code, such as "111 22"', /^\d{3} ?\d{2}$/, undefined, true)

/** An electronic address in the Peppol network: scheme of the EAS code list, such as 0007 (organisationsnummer) or 0088 (GLN). */
export interface ElectronicAddress {
  readonly scheme: string
  readonly id: string
}
export const ElectronicAddress: t.Type<ElectronicAddress, unknown, unknown> = record({
  scheme: text('a scheme of four digits (EAS code list), such as "0007"', /^\d{4}$/),
  id: text('an id of 1 to 50 letters, digits, colons, dots or hyphens', /^[A-Za-z0-9:.-]{1,50}$/, undefined, true),
})
