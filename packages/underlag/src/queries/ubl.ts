import { attachUbl } from '@underlag/documents'
import type { UblNotPossible } from '@underlag/documents/ubl'
import type { Invoice } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { invoicePdf, issueDocument, issuedDocumentOf, pdfFileName, type StoredDocument } from '../documents.js'
import type { Operation, Runtime } from '../runtime.js'
import { invoice } from './invoices.js'

type Ubl = E.Either<UblNotPossible, string>

/** An invoice or credit note as UBL: as it was sent, where it was. `none`: no such invoice, or erased. */
export const ubl = (runtime: Runtime, invoiceNumber: string): Operation<O.Option<Ubl>> =>
  pipe(
    invoice(runtime, invoiceNumber),
    TE.chain((found) =>
      O.isNone(found) ? TE.right(O.none) : issuedOr(runtime, found.value, (made) => TE.right(O.some(made))),
    ),
  )

/** The UBL that is sent: stored and issued the first time, and the same ever after. */
export const ublToSend = (runtime: Runtime, document: Invoice): Operation<O.Option<Ubl>> =>
  issuedOr(runtime, document, (made) =>
    E.isLeft(made)
      ? TE.right(O.some(made))
      : pipe(
          issueDocument(runtime, document, 'application/xml', new TextEncoder().encode(made.right)),
          // As it was issued: another process may have been there first.
          TE.chain(() => issuedUbl(runtime, document)),
          TE.map((issued) => issued ?? O.none),
        ),
  )

/**
 * The stored PDF with the UBL inside, for a recipient who reads either: the bytes of the one stay as they are, and the other is the
 * UBL that is sent. Both are issued the first time and the same ever after, so this is too. `none`: erased.
 */
export const pdfWithUbl = (
  runtime: Runtime,
  document: Invoice,
): Operation<O.Option<E.Either<UblNotPossible, Uint8Array>>> =>
  pipe(
    ublToSend(runtime, document),
    TE.chain((made): ReturnType<typeof withUbl> => {
      if (O.isNone(made)) return TE.right(O.none)
      return E.isLeft(made.value) ? TE.right(O.some(made.value)) : withUbl(runtime, document, made.value.right)
    }),
  )

const withUbl = (
  runtime: Runtime,
  document: Invoice,
  text: string,
): Operation<O.Option<E.Either<UblNotPossible, Uint8Array>>> =>
  pipe(
    invoicePdf(runtime, document),
    TE.chain(
      (pdf) => async () =>
        O.isNone(pdf)
          ? E.right(O.none)
          : E.right(
              O.some(
                E.right(
                  await attachUbl(pdf.value.bytes, text, {
                    fileName: pdfFileName(document).replace(/\.pdf$/, '.xml'),
                    description: 'Peppol BIS Billing 3.0 (UBL 2.1)',
                    date: document.invoiceDate,
                  }),
                ),
              ),
            ),
    ),
  )

const issuedOr = (
  runtime: Runtime,
  document: Invoice,
  otherwise: (made: Ubl) => Operation<O.Option<Ubl>>,
): Operation<O.Option<Ubl>> =>
  pipe(
    issuedUbl(runtime, document),
    TE.chain((issued) =>
      issued === undefined ? pipe(makeUbl(runtime, document), TE.chain(otherwise)) : TE.right(issued),
    ),
  )

const issuedUbl = (runtime: Runtime, document: Invoice): Operation<O.Option<Ubl> | undefined> =>
  pipe(
    issuedDocumentOf(runtime, document, 'application/xml'),
    TE.map(
      (issued) => issued && O.map(({ bytes }: StoredDocument): Ubl => E.right(new TextDecoder().decode(bytes)))(issued),
    ),
  )

/** A credit note names the invoice it credits by number and date, so that one is looked up too. */
const makeUbl = (runtime: Runtime, document: Invoice): Operation<Ubl> =>
  pipe(
    document.credits === undefined ? TE.right(O.none) : invoice(runtime, document.credits),
    TE.chain((original) => async () => {
      // Loaded when one is asked for: most calls never write XML.
      const { invoiceUbl } = await import('@underlag/documents/ubl')
      return E.right(invoiceUbl(document, O.toUndefined(original)))
    }),
  )
