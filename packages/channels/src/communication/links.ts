import type * as TE from 'fp-ts/lib/TaskEither.js'

/** What a link leads to, and for whom. */
export interface LinkTarget {
  /** The intent's idempotency key. */
  readonly messageId: string
  readonly clientId: string
  readonly invoiceNumber: string
  readonly deliveryId: string
}

/** Nothing was or could be kept: the same may go well later. */
export interface LinksUnavailable {
  readonly _tag: 'InboxUnavailable'
  readonly detail: string
}

/** The message has a link already, to another document or for another client: it stays what it was. */
export interface LinkTaken {
  readonly _tag: 'LinkTaken'
}

/** There is no such link. */
export interface UnknownLink {
  readonly _tag: 'UnknownLink'
}

/** The link is there, and another client's. Whoever asked is told the same as for `UnknownLink`. */
export interface NotYours {
  readonly _tag: 'NotYours'
}

/** What a client may read by a link. */
export interface LinkedDocument {
  readonly invoiceNumber: string
  readonly deliveryId: string
}

/** A document that its client opened. */
export interface OpenedDocument extends LinkedDocument {
  /** When it was opened for the first time, whenever it is opened. */
  readonly openedAt: string
}

/**
 * Links to documents. A link's token is 256 random bits: it holds no id, cannot be guessed, and opens nothing without a login of
 * the one client that it was made for.
 */
export interface Links {
  /** The token of that message's link: made once, the same whenever it is asked for again. */
  readonly issue: (target: LinkTarget) => TE.TaskEither<LinksUnavailable | LinkTaken, string>
  /** What the link leads to, for the client who is logged in. Records nothing. */
  readonly look: (
    token: string,
    clientId: string,
  ) => TE.TaskEither<LinksUnavailable | UnknownLink | NotYours, LinkedDocument>
  /** As `look`, and records the first opening. The host then tells Underlag, as often as it likes: see `openedAt`. */
  readonly open: (
    token: string,
    clientId: string,
  ) => TE.TaskEither<LinksUnavailable | UnknownLink | NotYours, OpenedDocument>
}
