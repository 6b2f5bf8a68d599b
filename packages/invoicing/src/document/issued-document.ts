import { type Aggregate, type Decider, eventCodec, oneOf, record, type StreamName, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

/** A document of an invoice as it was made, once: what was sent is what is shown. Its PDF, and where an e-invoice was sent, its XML. */
export interface IssuedDocument {
  readonly invoiceNumber: string
  readonly sequence: number
  readonly mediaType: 'application/pdf' | 'application/xml'
  /** SHA-256 of the bytes in hex: their name in the documents' store. */
  readonly sha256: string
  readonly bytes: number
  readonly templateVersion: number
}

// Events. Names and shapes are stored: another shape is another version.
export type DocumentEvent = { readonly type: 'DocumentIssued'; readonly data: IssuedDocument }

const Text = text('text', /^[\s\S]*$/)

export const documentCodec = eventCodec<DocumentEvent>({
  DocumentIssued: record({
    invoiceNumber: Text,
    sequence: t.number,
    mediaType: oneOf('application/pdf', 'application/xml'),
    sha256: Text,
    bytes: t.number,
    templateVersion: t.number,
  }),
})

type State = IssuedDocument | null

export type DocumentCommand = { readonly type: 'IssueDocument'; readonly data: IssuedDocument }

/** The first that is issued stays; whoever comes later takes that one. */
export const documentDecider: Decider<State, DocumentCommand, DocumentEvent, never> = {
  initial: () => null,
  fold: (state, events) => state ?? events[0]?.data ?? null,
  decide: (command) => (state) => E.right(state === null ? [{ type: 'DocumentIssued', data: command.data }] : []),
}

export const issuedDocument: Aggregate<State, DocumentCommand, DocumentEvent, never> = {
  decider: documentDecider,
  codec: documentCodec,
  opened: false,
}

export const documentStream = (
  sequence: number,
  mediaType: IssuedDocument['mediaType'] = 'application/pdf',
): StreamName => `document/${sequence}${mediaType === 'application/xml' ? '.xml' : ''}`
