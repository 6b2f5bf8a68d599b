import type * as TE from 'fp-ts/lib/TaskEither.js'

/** A message to one client. It says that there is an invoice and where to read it; nothing of what is in it. */
export interface InboxMessage {
  /** The intent's idempotency key: the same at every attempt of one intent, and of no other. */
  readonly messageId: string
  /** Whose it is, by the host's own id. */
  readonly clientId: string
  /** Plain text, ready to be shown. */
  readonly text: string
  /** Where the document is read after a login. Says nothing by itself: a host shows it as it is. */
  readonly link: string
}

/** Why a message was not put into an inbox. Holds no personal data: it is recorded with the delivery. */
export type InboxFailure =
  /**
   * Not now; the same may go well later. `notPosted` where that is certain: without it the message may have been put there, and a
   * delivery that never gets an answer ends in doubt. `detail` names no client.
   */
  | { readonly _tag: 'InboxUnavailable'; readonly detail: string; readonly notPosted?: true }
  /** This client has no inbox here, and trying again will not help. */
  | { readonly _tag: 'ClientUnreachable' }

/**
 * Where messages to clients are put: the port that a host implements for its chat.
 *
 * The one duty: a `messageId` is put there once. Asked again for the same, the inbox answers `alreadyPosted` and shows no second
 * message; an attempt whose answer was lost is repeated on the strength of that.
 */
export interface Inbox {
  readonly post: (
    message: InboxMessage,
    /** Aborted when the attempt's time is over. */
    signal: AbortSignal,
  ) => TE.TaskEither<InboxFailure, 'posted' | 'alreadyPosted'>
}
