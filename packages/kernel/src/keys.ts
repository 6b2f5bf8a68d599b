import type * as O from 'fp-ts/lib/Option.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Purpose } from './event.js'
import type { StoreFailure } from './event-store.js'

/** What a key is for: one person, one purpose. */
export interface KeySubject {
  readonly subject: string
  readonly purpose: Purpose | 'tenant'
}

/** A key of AES-256: 32 bytes. `id` says which, also after the subject got another. */
export interface Key {
  readonly id: string
  readonly secret: Uint8Array
}

/**
 * The keys of one tenant, kept outside the log so that erasing a key erases what was sealed with it, in every copy and backup of the log.
 */
export interface Keys {
  /** The current key of each subject in turn, made where there is none. A key is durable before it is answered. */
  readonly obtain: (subjects: ReadonlyArray<KeySubject>) => TE.TaskEither<StoreFailure, ReadonlyArray<Key>>
  /** The secret of each key id in turn; `none` where it was erased. */
  readonly find: (ids: ReadonlyArray<string>) => TE.TaskEither<StoreFailure, ReadonlyArray<O.Option<Uint8Array>>>
  /** Whether each key id in turn was erased here. One neither found nor erased was lost, or is of other keys than these. */
  readonly isErased: (ids: ReadonlyArray<string>) => TE.TaskEither<StoreFailure, ReadonlyArray<boolean>>
  /** Destroys every key of the subject, of that purpose or of all. Cannot be undone. */
  readonly erase: (subject: string, purpose?: Purpose) => TE.TaskEither<StoreFailure, void>
  readonly close: () => Promise<void>
}
