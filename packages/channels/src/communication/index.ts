/** Invoices via the host's communication with its clients: `communicationChannel` posts, `embeddedInbox` keeps, `documentHandler` serves. */
export { communicationChannel } from './channel.js'
export { CommunicationConfig } from './config.js'
export { type DocumentHandler, type DocumentHandlerOptions, documentHandler } from './document-handler.js'
export { type EmbeddedInbox, type EmbeddedInboxOptions, embeddedInbox, type ReceivedMessage } from './embedded-inbox.js'
export type { Inbox, InboxFailure, InboxMessage } from './inbox.js'
export type {
  LinkedDocument,
  Links,
  LinksUnavailable,
  LinkTaken,
  LinkTarget,
  NotYours,
  OpenedDocument,
  UnknownLink,
} from './links.js'
export { type CommunicationSettings, communicationSettings } from './settings.js'
export { inboxTexts } from './texts.js'
