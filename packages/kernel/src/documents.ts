import type * as O from 'fp-ts/lib/Option.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { SealedPart } from './event.js'
import type { StoreFailure } from './event-store.js'

/**
 * Bytes of issued documents, by the SHA-256 (hex) of their plain content. Write once: the same name always gives the same bytes.
 * What lies here is sealed (`sealedDocuments`); the name alone is not secret.
 */
export interface RawDocuments {
  readonly put: (sha256: string, sealed: SealedPart) => TE.TaskEither<StoreFailure, void>
  readonly get: (sha256: string) => TE.TaskEither<StoreFailure, O.Option<SealedPart>>
  readonly close: () => Promise<void>
}
