import { documentStream, type Invoice, type IssuedDocument, issuedDocument, payerKey } from '@underlag/invoicing'
import { decided, type ExecuteFailure, type Intent } from '@underlag/kernel'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Operation, OperationFailure, Runtime } from './runtime.js'
import { lookOf } from './theme.js'

/** A document of an invoice: its bytes, and the name they are stored under. */
export interface StoredDocument {
  readonly sha256: string
  readonly bytes: Uint8Array
}

/** What a recipient's copy is called. */
export const pdfFileName = ({ kind, invoiceNumber }: Invoice): string =>
  `${kind === 'creditNote' ? 'kreditfaktura' : 'faktura'}-${invoiceNumber}.pdf`

type MediaType = IssuedDocument['mediaType']

/**
 * The PDF of an invoice: rendered and stored the first time anybody needs it, and the same bytes ever after.
 * `none`: its person was erased, and the document with it.
 */
export const invoicePdf = (runtime: Runtime, invoice: Invoice): Operation<O.Option<StoredDocument>> =>
  pipe(
    issuedAs(runtime, invoice, 'application/pdf'),
    TE.chain((sha256) =>
      sha256 !== undefined
        ? TE.right(sha256)
        : pipe(
            lookOf(runtime, invoice),
            TE.chainW((theme) => runtime.renderer.render(invoice, { theme })),
            TE.chainW((bytes) => issueDocument(runtime, invoice, 'application/pdf', bytes)),
          ),
    ),
    TE.chainW((sha256) => stored(runtime, sha256)),
  )

/** A document of an invoice where it was issued; `undefined`: it was not yet. */
export const issuedDocumentOf = (
  runtime: Runtime,
  invoice: Invoice,
  mediaType: MediaType,
): Operation<O.Option<StoredDocument> | undefined> =>
  pipe(
    issuedAs(runtime, invoice, mediaType),
    TE.chainW((sha256) => (sha256 === undefined ? TE.right(undefined) : stored(runtime, sha256))),
  )

/** Stores and issues a document; its name, or the name of the one that another process issued meanwhile. */
export const issueDocument = (
  runtime: Runtime,
  invoice: Invoice,
  mediaType: MediaType,
  bytes: Uint8Array,
): Operation<string> =>
  pipe(
    // Stored before it is named: a name in the log always has its bytes.
    runtime.documents.put(bytes, {
      subject: payerKey(invoice.payer),
      purpose: `bookkeeping:${Number(invoice.invoiceDate.slice(0, 4))}`,
    }),
    TE.map(
      (sha256): IssuedDocument => ({
        invoiceNumber: invoice.invoiceNumber,
        sequence: invoice.sequence,
        mediaType,
        sha256,
        bytes: bytes.length,
        templateVersion: invoice.templateVersion,
      }),
    ),
    TE.chainW((data) => issue(runtime, data)),
  )

const issuedAs = (runtime: Runtime, { sequence }: Invoice, mediaType: MediaType): Operation<string | undefined> =>
  pipe(
    runtime.executor.load(issuedDocument, documentStream(sequence, mediaType)),
    TE.map(({ state }) => state?.sha256),
  )

const stored = (runtime: Runtime, sha256: string): Operation<O.Option<StoredDocument>> =>
  pipe(runtime.documents.get(sha256), TE.map(O.map((bytes): StoredDocument => ({ sha256, bytes }))))

/** Issues the document, or learns which one another process issued meanwhile. */
const issue = (runtime: Runtime, data: IssuedDocument): Operation<string> => {
  const stream = documentStream(data.sequence, data.mediaType)
  return pipe(
    runtime.executor.execute(issuedDocument, stream, processIntent(runtime, stream, data.sha256), ({ state }) =>
      decided(issuedDocument.decider.decide({ type: 'IssueDocument', data })(state)),
    ),
    TE.map(() => undefined),
    TE.orElse((failure) => (isTold(failure) ? TE.right(undefined) : TE.left(failure as OperationFailure))),
    TE.chainW(() => runtime.executor.load(issuedDocument, stream)),
    TE.map(({ state }) => state?.sha256 ?? data.sha256),
  )
}

const isTold = (failure: ExecuteFailure<unknown>): boolean =>
  failure._tag === 'Refused' || failure._tag === 'CommandIdReused'

/** An intent of the library's own, such as a step of the delivery process: made of what it is about, so that a repeat is known. */
export const processIntent = ({ clock }: Pick<Runtime, 'clock'>, id: string, fingerprint = ''): Intent => ({
  commandId: id,
  actor: 'underlag',
  correlationId: id,
  causationId: id,
  at: clock(),
  fingerprint,
})
