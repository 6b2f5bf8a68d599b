import type { LocalDate } from '@underlag/invoicing'

/** What an attached UBL is called and dated by. */
export interface UblAttachment {
  /** As readers show it: `faktura-1042.xml`. */
  readonly fileName: string
  /** In the document's language. */
  readonly description: string
  readonly date: LocalDate
}

/**
 * The PDF with the UBL inside: the same invoice for programs (PDF 2.0, 14.13: an associated file of the document, `Alternative`).
 * An incremental update: the PDF's own bytes stay as they are, tags and all, and the file is written after them. Same PDF and same UBL,
 * same bytes. Rejects for bytes that are no PDF.
 */
export const attachUbl = async (
  pdf: Uint8Array,
  ubl: string,
  { fileName, description, date }: UblAttachment,
): Promise<Uint8Array> => {
  // Loaded with the first attachment: no other document needs it.
  const { AFRelationship, PDFDocument } = await import('@cantoo/pdf-lib')
  const document = await PDFDocument.load(pdf, { updateMetadata: false, forIncrementalUpdate: true })
  const made = new Date(`${date}T00:00:00Z`)
  await document.attach(Buffer.from(ubl, 'utf8'), fileName, {
    mimeType: 'application/xml',
    description,
    creationDate: made,
    modificationDate: made,
    afRelationship: AFRelationship.Alternative,
  })
  return document.commit({ useObjectStreams: false })
}
