import type { ElectronicAddress } from '@underlag/invoicing'

/** A participant of the network: scheme (EAS code list) and id, such as 0007 and an organisation number. */
export type Participant = ElectronicAddress

/** What Peppol BIS Billing 3.0 has a document type for. */
export type DocumentKind = 'invoice' | 'creditNote'

const BILLING = 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0'
const typeOf = (root: string): string =>
  `urn:oasis:names:specification:ubl:schema:xsd:${root}-2::${root}##${BILLING}::2.1`

/** Document type identifiers with their scheme (Peppol policy for use of identifiers). */
export const DOCUMENT_TYPE_IDS: Readonly<Record<DocumentKind, string>> = {
  invoice: `busdox-docid-qns::${typeOf('Invoice')}`,
  creditNote: `busdox-docid-qns::${typeOf('CreditNote')}`,
}

/** The process identifier of BIS Billing, with its scheme. */
export const PROCESS_ID = 'cenbii-procid-ubl::urn:fdc:peppol.eu:2017:poacc:billing:01:1.0'

/** `0007:5567212047`. */
export const participantText = ({ scheme, id }: Participant): string => `${scheme}:${id}`

/** `iso6523-actorid-upis::0007:5567212047`. */
export const participantId = (participant: Participant): string =>
  `iso6523-actorid-upis::${participantText(participant)}`

/** Ids are compared as the network does it: case makes no difference. */
export const isSameParticipant = (a: Participant, b: Participant): boolean =>
  a.scheme === b.scheme && a.id.toLowerCase() === b.id.toLowerCase()
