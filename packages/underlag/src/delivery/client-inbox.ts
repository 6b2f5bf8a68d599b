import {
  type DocumentHandler,
  type DocumentHandlerOptions,
  documentHandler,
  type EmbeddedInbox,
  type LinksUnavailable,
  type ReceivedMessage,
} from '@underlag/channels/communication'
import { delivery, deliveryStream, type Invoice } from '@underlag/invoicing'
import { decided, type StoreUnavailable } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { invoicePdf, pdfFileName, processIntent } from '../documents.js'
import { invoice } from '../queries/invoices.js'
import type { Operation, Runtime } from '../runtime.js'

/** The clients' side of `communication`. */
export interface ClientInbox {
  /**
   * Serves the documents that messages link to, to the one client who is logged in: mount it at the path of `communication.documentsUrl`.
   * The first reading of each is recorded as `DocumentOpened`.
   */
  readonly documentHandler: (options: Pick<DocumentHandlerOptions, 'authenticate'>) => DocumentHandler
  /** A client's messages in the embedded inbox, the newest first; none where the host has a chat of its own. */
  readonly messagesOf: (clientId: string) => Operation<ReadonlyArray<ReceivedMessage>>
  /** Removes a client's messages and links, as when the client is erased. */
  readonly forget: (clientId: string) => Operation<void>
}

export const clientInbox = (runtime: Runtime, inbox: EmbeddedInbox | undefined): ClientInbox => ({
  documentHandler: ({ authenticate }) =>
    documentHandler({
      links: inbox ?? NO_LINKS,
      authenticate,
      pdf: (deliveryId) => pdfOf(runtime, deliveryId),
      onOpened: async ({ deliveryId, openedAt }) => {
        const recorded = await runtime.executor.execute(
          delivery,
          deliveryStream(deliveryId),
          processIntent(runtime, `delivery:${deliveryId}:opened`, openedAt),
          ({ state }) => decided(delivery.decider.decide({ type: 'Open', data: { deliveryId, openedAt } })(state)),
        )()
        if (E.isLeft(recorded) && recorded.left._tag !== 'Refused') throw new Error(recorded.left._tag)
      },
    }),
  messagesOf: (clientId) =>
    inbox === undefined ? TE.right([]) : pipe(inbox.messagesOf(clientId), TE.mapLeft(unavailable)),
  forget: (clientId) =>
    inbox === undefined ? TE.right(undefined) : pipe(inbox.forget(clientId), TE.mapLeft(unavailable)),
})

const NO_LINKS: DocumentHandlerOptions['links'] = {
  issue: () => TE.left({ _tag: 'InboxUnavailable', detail: 'communication is not configured' }),
  look: () => TE.left({ _tag: 'UnknownLink' }),
  open: () => TE.left({ _tag: 'UnknownLink' }),
}

/** Thrown failures are answered by the handler as "try again in a moment". */
const pdfOf = async (runtime: Runtime, deliveryId: string): ReturnType<DocumentHandlerOptions['pdf']> => {
  const loaded = await runtime.executor.load(delivery, deliveryStream(deliveryId))()
  if (E.isLeft(loaded)) throw new Error(loaded.left._tag)
  const { state } = loaded.right
  if (state.status === 'none') return undefined
  const found = await pipe(
    invoice(runtime, state.invoiceNumber),
    TE.chain((one) => (O.isNone(one) ? TE.right(O.none) : documentOf(runtime, one.value))),
  )()
  if (E.isLeft(found)) throw new Error(found.left._tag)
  return O.toUndefined(found.right)
}

const documentOf = (runtime: Runtime, document: Invoice) =>
  pipe(invoicePdf(runtime, document), TE.map(O.map(({ bytes }) => ({ bytes, fileName: pdfFileName(document) }))))

const unavailable = ({ detail }: LinksUnavailable): StoreUnavailable => ({
  _tag: 'StoreUnavailable',
  reason: `The inbox: ${detail}.`,
  remedy: 'Look at the file named in communication.inbox.file, or beside the store.',
  transient: true,
})
