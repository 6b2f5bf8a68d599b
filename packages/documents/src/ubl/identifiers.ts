/** A Swedish organisation or personal identity number as Peppol writes it: the ten digits. */
export const organisationDigits = (number: string): string => {
  const digits = number.replace(/\D/g, '')
  return digits.length === 12 ? digits.slice(2) : digits
}

/** A VAT number without what people put between its parts. */
export const compactVatNumber = (number: string | undefined): string =>
  (number ?? '').replace(/[\s.-]/g, '').toUpperCase()

/** A bankgiro, plusgiro or Swish number: its digits. */
export const giroDigits = (number: string): string => number.replace(/\D/g, '')
