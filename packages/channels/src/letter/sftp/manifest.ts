import { createHash } from 'node:crypto'
import type { Address, Shipment } from '@underlag/invoicing'
import type { SftpSettings } from './settings.js'

/** What the mail house is told of a document: one JSON file per letter. It names the document by its content. */
export interface LetterManifest {
  readonly version: 1
  /** The idempotency key: the mail house never prints one twice. */
  readonly id: string
  readonly document: { readonly file: string; readonly sha256: string; readonly bytes: number }
  readonly invoiceNumber: string
  readonly recipient: { readonly name: string } & Address
  readonly sender: { readonly name: string } & Address
  readonly addressPosition: 'left' | 'right'
  readonly options: Readonly<Record<string, string>>
}

/** Names of one letter's files: always the same for one intent, so that a repeat meets what is there. */
export const letterFiles = (idempotencyKey: string): { readonly document: string; readonly manifest: string } => ({
  document: `${idempotencyKey}.pdf`,
  manifest: `${idempotencyKey}.json`,
})

/** The manifest's bytes: the same at every attempt, for they are compared with what is there. `undefined` without an address. */
export const manifestOf = (
  { idempotencyKey, invoice, pdf }: Pick<Shipment, 'idempotencyKey' | 'invoice' | 'pdf'>,
  { addressPosition, options }: Pick<SftpSettings, 'addressPosition' | 'options'>,
): Uint8Array | undefined => {
  const { buyer, seller, invoiceNumber } = invoice
  if (buyer.address === undefined) return undefined
  const manifest: LetterManifest = {
    version: 1,
    id: idempotencyKey,
    document: {
      file: letterFiles(idempotencyKey).document,
      sha256: createHash('sha256').update(pdf).digest('hex'),
      bytes: pdf.length,
    },
    invoiceNumber,
    recipient: party(buyer.name ?? '', buyer.address),
    sender: party(seller.name, seller.address),
    addressPosition,
    options,
  }
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)
}

const party = (name: string, { lines, postalCode, city, country }: Address): { readonly name: string } & Address => ({
  name,
  lines,
  postalCode,
  city,
  country,
})
