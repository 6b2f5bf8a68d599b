import type { DocumentKind, Participant } from './peppol.js'

/** What a UBL document says of itself. */
export interface UblParties {
  readonly document: DocumentKind
  readonly documentId: string
  readonly sender: Participant
  readonly receiver: Participant
}

/**
 * Kind, number and both electronic addresses of a document as it was written; `undefined` where it does not say them. Read from the
 * text itself and not from what it was made of: this is what is compared before it goes to anybody.
 */
export const ublParties = (ubl: string): UblParties | undefined => {
  const root = /^\s*(?:<\?xml[^>]*\?>\s*)?<(?:\w+:)?(Invoice|CreditNote)[\s>]/.exec(ubl)?.[1]
  const documentId = /<(?:\w+:)?ID>([^<]*)</.exec(ubl)?.[1]
  const sender = endpointIn(ubl, 'AccountingSupplierParty')
  const receiver = endpointIn(ubl, 'AccountingCustomerParty')
  return root === undefined || documentId === undefined || sender === undefined || receiver === undefined
    ? undefined
    : {
        document: root === 'Invoice' ? 'invoice' : 'creditNote',
        documentId: unescaped(documentId),
        sender,
        receiver,
      }
}

const endpointIn = (ubl: string, name: string): Participant | undefined => {
  const party = new RegExp(`<(?:\\w+:)?${name}>[\\s\\S]*?</(?:\\w+:)?${name}>`).exec(ubl)?.[0] ?? ''
  const [, scheme, id] = /<(?:\w+:)?EndpointID\s+schemeID="(\d{4})"\s*>([^<]+)</.exec(party) ?? []
  return scheme === undefined || id === undefined ? undefined : { scheme, id: unescaped(id) }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (entity, name: string) => ENTITIES[name] ?? entity)
