import { field } from '../../http/json.js'
import type { Participant } from '../peppol.js'

/** Both ends of a document that Qvalia has. */
export interface QvaliaParties {
  readonly isFrom: (participant: Participant) => boolean
  readonly isTo: (participant: Participant) => boolean
}

/**
 * Of a document as Qvalia gives it back: UBL as JSON, every element a list, names with their prefix or without, a text in `_` and
 * attributes beside it or in `$`. `undefined` where it is something else.
 */
export const qvaliaParties = (stored: unknown): QvaliaParties | undefined => {
  const document = child(stored, 'Invoice') ?? child(stored, 'CreditNote')
  const sender = endpoint(child(document, 'AccountingSupplierParty'))
  const receiver = endpoint(child(document, 'AccountingCustomerParty'))
  return sender === undefined || receiver === undefined
    ? undefined
    : { isFrom: (one) => isSame(sender, one), isTo: (one) => isSame(receiver, one) }
}

const endpoint = (party: unknown): Participant | undefined => {
  const element = child(child(party, 'Party'), 'EndpointID')
  const id = typeof element === 'string' ? element : field(element, '_')
  const scheme = field(element, 'schemeID') ?? field(element, '$', 'schemeID')
  return typeof id === 'string' && typeof scheme === 'string' ? { scheme, id } : undefined
}

const child = (element: unknown, name: string): unknown => {
  const found = field(element, name) ?? field(element, `cac:${name}`) ?? field(element, `cbc:${name}`)
  return Array.isArray(found) ? found[0] : found
}

/** Qvalia may write hyphens into an organisation number. */
const isSame = (a: Participant, b: Participant): boolean => a.scheme === b.scheme && plain(a.id) === plain(b.id)

const plain = (id: string): string => id.replace(/[\s-]/g, '').toLowerCase()
