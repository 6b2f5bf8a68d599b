import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Inbox, InboxFailure } from './inbox.js'
import { inboxFile, type Prepare } from './inbox-file.js'
import type { LinkedDocument, Links, LinksUnavailable, NotYours, OpenedDocument, UnknownLink } from './links.js'

/** A message as its client sees it. */
export interface ReceivedMessage {
  readonly messageId: string
  readonly text: string
  readonly link: string
  readonly postedAt: string
  /** Absent: its document was not opened yet. */
  readonly openedAt?: string
}

/** The inbox for hosts without a chat of their own, and the links for every host: durable, in one small file. */
export interface EmbeddedInbox extends Inbox, Links {
  /** A client's messages, the newest first. */
  readonly messagesOf: (clientId: string) => TE.TaskEither<LinksUnavailable, ReadonlyArray<ReceivedMessage>>
  /** Removes a client's messages and links, as when a client is erased. Links given out open nothing any more. */
  readonly forget: (clientId: string) => TE.TaskEither<LinksUnavailable, void>
  readonly close: () => void
}

/** Where the inbox is, and whose: clients of two tenants may have the same id and are two people. */
export interface EmbeddedInboxOptions {
  readonly file: string
  readonly tenant: string
  /** The time, ISO 8601 in UTC. Default: the machine's. */
  readonly clock?: () => string
}

/** Made without a file; the first message makes it. Processes may share it: one that delivers, one that serves the clients. */
export const embeddedInbox = (options: EmbeddedInboxOptions): EmbeddedInbox => {
  const { tenant, clock = () => new Date().toISOString() } = options
  const file = inboxFile(options.file)

  return {
    post: ({ messageId, clientId, text, link }) =>
      answer<InboxFailure, 'posted' | 'alreadyPosted'>(() => {
        const posted = file.write<E.Either<InboxFailure, 'posted' | 'alreadyPosted'>>((prepare) => {
          const found = prepare('SELECT client_id FROM message WHERE tenant = ? AND message_id = ?').get(
            tenant,
            messageId,
          )
          if (found !== undefined)
            // The same message for somebody else is a mistake, and must not read as done.
            return found.client_id === clientId ? E.right('alreadyPosted') : E.left({ _tag: 'ClientUnreachable' })
          prepare(
            'INSERT INTO message (tenant, message_id, client_id, text, link, posted_at) VALUES (?, ?, ?, ?, ?, ?)',
          ).run(tenant, messageId, clientId, text, link, clock())
          return E.right('posted')
        })
        return E.isLeft(posted) ? posted : posted.right
      }),

    issue: ({ messageId, clientId, invoiceNumber, deliveryId }) =>
      answer(() => {
        const issued = file.write((prepare) => {
          const token = newToken()
          prepare(
            `INSERT INTO link (tenant, message_id, token_hash, token, client_id, invoice_number, delivery_id)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, message_id) DO NOTHING`,
          ).run(tenant, messageId, hashOf(token), token, clientId, invoiceNumber, deliveryId)
          return prepare(
            `SELECT token FROM link WHERE tenant = ? AND message_id = ?
             AND client_id = ? AND invoice_number = ? AND delivery_id = ?`,
          ).get(tenant, messageId, clientId, invoiceNumber, deliveryId)
        })
        if (E.isLeft(issued)) return issued
        return issued.right === undefined ? E.left({ _tag: 'LinkTaken' }) : E.right(String(issued.right.token))
      }),

    look: (token, clientId) =>
      answer<NotOpened, LinkedDocument>(() => {
        const found = file.read<Found>(UNKNOWN, (prepare) => find(prepare, tenant, token, clientId))
        return E.isLeft(found) ? found : E.map(withoutOpening)(found.right)
      }),

    open: (token, clientId) =>
      answer<NotOpened, OpenedDocument>(() => {
        // Looked at first: who has no right to it does not even get the file locked, nor made.
        const found = file.read<Found>(UNKNOWN, (prepare) => find(prepare, tenant, token, clientId))
        if (E.isLeft(found)) return found
        if (E.isLeft(found.right)) return found.right
        const { messageId, openedAt, ...document } = found.right.right
        if (openedAt !== undefined) return E.right({ ...document, openedAt })
        const recorded = file.write((prepare) => {
          prepare('UPDATE link SET opened_at = ? WHERE tenant = ? AND message_id = ? AND opened_at IS NULL').run(
            clock(),
            tenant,
            messageId,
          )
          // Another process may have been there first; a client erased meanwhile has opened nothing.
          return prepare('SELECT opened_at FROM link WHERE tenant = ? AND message_id = ?').get(tenant, messageId)
        })
        if (E.isLeft(recorded)) return recorded
        return recorded.right === undefined
          ? UNKNOWN
          : E.right({ ...document, openedAt: String(recorded.right.opened_at) })
      }),

    messagesOf: (clientId) =>
      answer(() =>
        file.read<ReadonlyArray<ReceivedMessage>>([], (prepare) =>
          prepare(
            `SELECT message_id, text, message.link, posted_at, opened_at
             FROM message LEFT JOIN link USING (tenant, message_id)
             WHERE message.tenant = ? AND message.client_id = ? ORDER BY position DESC`,
          )
            .all(tenant, clientId)
            .map((row) => ({
              messageId: String(row.message_id),
              text: String(row.text),
              link: String(row.link),
              postedAt: String(row.posted_at),
              ...(row.opened_at === null ? {} : { openedAt: String(row.opened_at) }),
            })),
        ),
      ),

    forget: (clientId) =>
      answer(() => {
        const there = file.read(false, () => true)
        if (E.isLeft(there)) return there
        if (!there.right) return E.right(undefined)
        return file.write((prepare) => {
          prepare('DELETE FROM message WHERE tenant = ? AND client_id = ?').run(tenant, clientId)
          prepare('DELETE FROM link WHERE tenant = ? AND client_id = ?').run(tenant, clientId)
        })
      }),

    close: file.close,
  }
}

interface Link extends LinkedDocument {
  readonly messageId: string
  readonly openedAt: string | undefined
}

type NotOpened = LinksUnavailable | UnknownLink | NotYours

type Found = E.Either<UnknownLink | NotYours, Link>

const UNKNOWN: E.Either<UnknownLink, never> = E.left({ _tag: 'UnknownLink' })

/** The same work for a link that is not there as for another client's: only the answer differs, and the host hides that. */
const find = (prepare: Prepare, tenant: string, token: string, clientId: string): Found => {
  const row = prepare('SELECT * FROM link WHERE token_hash = ? AND tenant = ?').get(hashOf(token), tenant)
  const isTheirs = timingSafeEqual(hashOf(String(row?.client_id ?? '')), hashOf(clientId))
  if (row === undefined) return UNKNOWN
  if (!isTheirs) return E.left({ _tag: 'NotYours' })
  return E.right({
    messageId: String(row.message_id),
    invoiceNumber: String(row.invoice_number),
    deliveryId: String(row.delivery_id),
    openedAt: row.opened_at === null ? undefined : String(row.opened_at),
  })
}

const withoutOpening = ({ invoiceNumber, deliveryId }: Link): LinkedDocument => ({ invoiceNumber, deliveryId })

/** 256 bits in letters that need no escaping in an address. */
const newToken = (): string => randomBytes(32).toString('base64url')

const hashOf = (value: string): Uint8Array => createHash('sha256').update(value).digest()

/** The work is synchronous and done when it is asked for, not before. */
const answer =
  <L, A>(work: () => E.Either<L, A>): TE.TaskEither<L, A> =>
  () =>
    Promise.resolve().then(work)
