import { Refined } from '@underlag/kernel'
import type * as t from 'io-ts'

/**
 * How a line is taxed. Care is exempt: Sweden has no rate of 0 %.
 * Mervärdesskattelagen 2023:200: rates 9 kap., care 10:6–9, small businesses 18 kap., reverse charge 16 kap.
 */
export type Vat =
  | { readonly kind: 'standard'; readonly rate: 6 | 12 | 25 }
  | { readonly kind: 'exempt'; readonly reason: 'healthcare' | 'smallBusiness' }
  | { readonly kind: 'reverseCharge' }

const isVat = (u: unknown): u is Vat => {
  if (typeof u !== 'object' || u === null) return false
  const { kind, ...rest } = u as Record<string, unknown>
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined)
  const [only] = fields
  switch (kind) {
    case 'standard':
      return fields.length === 1 && only?.[0] === 'rate' && (only[1] === 6 || only[1] === 12 || only[1] === 25)
    case 'exempt':
      return fields.length === 1 && only?.[0] === 'reason' && (only[1] === 'healthcare' || only[1] === 'smallBusiness')
    case 'reverseCharge':
      return fields.length === 0
    default:
      return false
  }
}

export const Vat: t.Type<Vat, Vat, unknown> = new Refined(
  '{"kind":"standard","rate":6|12|25}, {"kind":"exempt","reason":"healthcare"|"smallBusiness"} or {"kind":"reverseCharge"}',
  isVat,
)

/** A key by which lines of one VAT are gathered; equal for equal VAT. */
export const vatKey = (vat: Vat): string =>
  vat.kind === 'standard' ? `standard:${vat.rate}` : vat.kind === 'exempt' ? `exempt:${vat.reason}` : vat.kind

/** Percent of tax that the VAT adds: 0 where none is charged. */
export const vatRate = (vat: Vat): 0 | 6 | 12 | 25 => (vat.kind === 'standard' ? vat.rate : 0)
