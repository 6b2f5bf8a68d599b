import { documentStream, type Invoice, type IssuedDocument, issuedDocument, payerKey } from '@underlag/invoicing'
import { decided, type ExecuteFailure, type Intent } from '@underlag/kernel'
import { option as O, taskEither as TE } from 'fp-ts'
import { pipe } from 'fp-ts/lib/function.js'
import type { Operation, OperationFailure, Runtime } from './runtime.js'

/** The document of an invoice: its bytes, and the name they are stored under. */
export interface StoredPdf {
  readonly sha256: string
  readonly bytes: Uint8Array
}

/**
 * The PDF of an invoice: rendered and stored the first time anybody needs it, and the same bytes ever after.
 * `none`: its person was erased, and the document with it.
 */
export const invoicePdf = (runtime: Runtime, invoice: Invoice): Operation<O.Option<StoredPdf>> =>
  pipe(
    runtime.executor.load(issuedDocument, documentStream(invoice.sequence)),
    TE.chainW(({ state }) => (state === null ? render(runtime, invoice) : TE.right(state.sha256))),
    TE.chainW((sha256) =>
      pipe(runtime.documents.get(sha256), TE.map(O.map((bytes): StoredPdf => ({ sha256, bytes })))),
    ),
  )

const render = (runtime: Runtime, invoice: Invoice): Operation<string> =>
  pipe(
    runtime.renderer.render(invoice),
    TE.chainW((bytes) =>
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
            mediaType: 'application/pdf',
            sha256,
            bytes: bytes.length,
            templateVersion: invoice.templateVersion,
          }),
        ),
      ),
    ),
    TE.chainW((data) => issue(runtime, data)),
  )

/** Issues the document, or learns which one another process issued meanwhile. */
const issue = (runtime: Runtime, data: IssuedDocument): Operation<string> => {
  const stream = documentStream(data.sequence)
  return pipe(
    runtime.executor.execute(
      issuedDocument,
      stream,
      processIntent(runtime, `document:${data.sequence}`, data.sha256),
      ({ state }) => decided(issuedDocument.decider.decide({ type: 'IssueDocument', data })(state)),
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
