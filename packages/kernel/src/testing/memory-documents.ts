import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RawDocuments } from '../documents.js'
import type { SealedPart } from '../event.js'
import { frozenCopy } from './frozen.js'

/** Documents by tenant and name, shared by handles. */
export type MemoryDocuments = Map<string, Map<string, SealedPart>>

/** The documents of one tenant in memory: lost with the process. */
export const memoryDocuments = (all: MemoryDocuments = new Map(), tenant = 'default'): RawDocuments => ({
  put: (sha256, sealed) => {
    const copy = frozenCopy(sealed)
    return TE.fromIO(() => {
      const own = all.get(tenant) ?? new Map<string, SealedPart>()
      all.set(tenant, own)
      if (!own.has(sha256)) own.set(sha256, copy)
    })
  },
  get: (sha256) => TE.fromIO(() => O.fromNullable(all.get(tenant)?.get(sha256))),
  close: async () => {},
})
