import { createHash } from 'node:crypto'
import {
  type AppendFailure,
  canonicalJson,
  type Json,
  type NewEvent,
  type Position,
  type RawDocuments,
  type RawEventStore,
  type RecordedEvent,
  type SealedPart,
  START,
  type StoreUnavailable,
} from '@underlag/kernel'
import { openSqlite } from '@underlag/store-sqlite'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { UnderlagConfig, UnusableConfig } from './config.js'
import { type EventStoreDBConnection, isEventStoreDB, openRawEventStoreDB } from './event-store-db.js'

export type StoreName = `sqlite:${string}` | EventStoreDBConnection

export interface CopyOptions {
  readonly from: StoreName
  readonly to: StoreName
  /** Default: `default`. */
  readonly tenant?: string
  readonly config?: UnderlagConfig
  /** Where `{ "env": "NAME" }` is looked up. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Events that are in both stores by now. */
  readonly onProgress?: (events: number) => void
}

export interface Copied {
  /** Events in the target, each equal to the source's. */
  readonly events: number
  /** How many of them this call brought over. */
  readonly added: number
  readonly documents: number
  /** Over every event of the target, read back, in order: streams, revisions, ids, types, data, sealed parts, metadata. */
  readonly sha256: string
}

/** A tenant's log and documents, sealed as they lie there. */
export interface RawStore {
  readonly eventStore: RawEventStore
  readonly documents: RawDocuments
  readonly close: () => Promise<void>
}

type Failure = StoreUnavailable | UnusableConfig

/** Events read, and at most appended, at once. */
const PAGE = 1_000

/**
 * Copies one tenant's log and documents, beneath the sealing: nothing is opened, and the keys stay where they are. The target holds
 * nothing, or what an earlier call brought over; then it goes on from there. At the end both are read again and compared.
 * Nobody is to write to either meanwhile.
 */
export const copyTenant = ({
  from,
  to,
  tenant = 'default',
  config = {},
  env = process.env,
  onProgress = () => {},
}: CopyOptions): TE.TaskEither<Failure, Copied> => {
  if (from === to) return TE.left(unable('The source and the target are the same store.', 'Name two stores.'))
  const open = (store: StoreName, create: boolean): TE.TaskEither<Failure, RawStore> =>
    isEventStoreDB(store)
      ? openRawEventStoreDB({ connection: store, config, env, create }, tenant)
      : openRawSqlite(store.slice('sqlite:'.length), tenant, create)
  return TE.bracketW(
    open(from, false),
    (source) =>
      TE.bracketW(
        open(to, true),
        (target) => () => copy(source, target, onProgress),
        (target) => TE.fromTask(target.close),
      ),
    (source) => TE.fromTask(source.close),
  )
}

const openRawSqlite = (path: string, tenant: string, create: boolean): TE.TaskEither<StoreUnavailable, RawStore> =>
  pipe(
    // No key is needed, and no key file is to be made: beside a log an empty one says that everybody was erased.
    openSqlite(path, { keysPath: ':memory:', ...(create ? {} : { readOnly: true }) }),
    TE.map((store) => ({
      eventStore: store.eventStore(tenant),
      documents: store.documents(tenant),
      close: store.close,
    })),
  )

const copy = async (
  source: RawStore,
  target: RawStore,
  onProgress: (events: number) => void,
): Promise<E.Either<StoreUnavailable, Copied>> => {
  const known = await compared(source.eventStore, target.eventStore)
  if (E.isLeft(known)) return known
  const { position: after, events: before } = known.right
  const added = await brought(source, target, after, (events) => onProgress(before + events))
  if (E.isLeft(added)) return added
  const documents = await documentsBrought(source, target)
  if (E.isLeft(documents)) return documents
  const proof = await compared(source.eventStore, target.eventStore)
  if (E.isLeft(proof)) return proof
  const rest = await source.eventStore.readAll(proof.right.position, 1)()
  if (E.isLeft(rest)) return rest
  if (rest.right.length > 0)
    return E.left(unable('Something wrote to the source meanwhile.', 'End whatever writes to it, and copy again.'))
  const { events, sha256 } = proof.right
  return E.right({ events, added: added.right, documents: documents.right, sha256 })
}

/** Walks both logs from the beginning: how far the target goes, and that it is the source's up to there. */
const compared = async (
  source: RawEventStore,
  target: RawEventStore,
): Promise<
  E.Either<StoreUnavailable, { readonly position: Position; readonly events: number; readonly sha256: string }>
> => {
  const hash = createHash('sha256')
  let position = START
  let at = START
  let events = 0
  for (;;) {
    const copies = await target.readAll(at, PAGE)()
    if (E.isLeft(copies)) return copies
    if (copies.right.length === 0) return E.right({ position, events, sha256: hash.digest('hex') })
    const originals = await source.readAll(position, copies.right.length)()
    if (E.isLeft(originals)) return originals
    for (const [i, copied] of copies.right.entries()) {
      const original = originals.right[i]
      const text = textOf(copied)
      hash.update(`${text.length}\n`).update(text)
      if (original === undefined || textOf(original) !== text)
        return E.left(
          unable(
            `Event ${copied.revision} of ${copied.stream} in the target is not the source's.`,
            'Copy into a store that has nothing of this tenant, or only what an earlier copy brought.',
          ),
        )
    }
    events += copies.right.length
    position = originals.right.at(-1)?.position ?? position
    at = copies.right.at(-1)?.position ?? at
  }
}

const textOf = ({ stream, revision, id, type, data, personal, metadata }: RecordedEvent): string =>
  canonicalJson([stream, String(revision), id, type, data, personal, metadata])

/** Runs of events of one stream are appended at once; a command's events stay together, as they were committed. */
const brought = async (
  { eventStore: source }: RawStore,
  { eventStore: target }: RawStore,
  from: Position,
  onProgress: (events: number) => void,
): Promise<E.Either<StoreUnavailable, number>> => {
  let added = 0
  let run: Array<RecordedEvent> = []
  const append = async (): Promise<E.Either<StoreUnavailable, void>> => {
    const [first] = run
    if (first === undefined) return E.right(undefined)
    const appended = await target.append(first.stream, first.revision - 1n, run.map(asNew))()
    if (E.isLeft(appended)) return E.left(notAppended(first, appended.left))
    added += run.length
    run = []
    onProgress(added)
    return E.right(undefined)
  }
  for (let after = from; ; ) {
    const page = await source.readAll(after, PAGE)()
    if (E.isLeft(page)) return page
    for (const event of page.right) {
      const last = run.at(-1)
      const goesOn =
        last?.stream === event.stream && (run.length < PAGE || last.metadata.commandId === event.metadata.commandId)
      if (!goesOn) {
        const done = await append()
        if (E.isLeft(done)) return done
      }
      run.push(event)
    }
    after = page.right.at(-1)?.position ?? after
    if (page.right.length < PAGE) break
  }
  const done = await append()
  return E.isLeft(done) ? done : E.right(added)
}

const asNew = ({ id, type, data, personal, metadata }: RecordedEvent): NewEvent<SealedPart> => ({
  id,
  type,
  data,
  personal,
  metadata,
})

const notAppended = ({ stream, revision }: RecordedEvent, failure: AppendFailure): StoreUnavailable => {
  switch (failure._tag) {
    case 'StoreUnavailable':
      return failure
    case 'Conflict':
    case 'Outdated':
      return unable(
        `Something else wrote to ${stream} in the target meanwhile.`,
        'End whatever writes to it, and copy into a store that has nothing of this tenant.',
      )
    case 'TooLarge':
      return unable(
        `Event ${revision} of ${stream} has ${failure.size} bytes, and the target takes ${failure.limit}.`,
        'Let the server take larger appends (max-append-size).',
      )
    case 'OutcomeUnknown':
      return unable(failure.reason, 'Copy again: it goes on where it was cut off.', true)
  }
}

/** Whatever the log names by its hash, and the source has: issued documents, and the looks they were issued in. */
const documentsBrought = async (source: RawStore, target: RawStore): Promise<E.Either<StoreUnavailable, number>> => {
  const names = new Set<string>()
  for (let after = START; ; ) {
    const page = await source.eventStore.readAll(after, PAGE)()
    if (E.isLeft(page)) return page
    for (const { data } of page.right) gatherHashes(data, names)
    after = page.right.at(-1)?.position ?? after
    if (page.right.length < PAGE) break
  }
  let documents = 0
  for (const name of names) {
    const document = await source.documents.get(name)()
    if (E.isLeft(document)) return document
    if (O.isNone(document.right)) continue
    const stored = await target.documents.put(name, document.right.value)()
    if (E.isLeft(stored)) return stored
    documents += 1
  }
  return E.right(documents)
}

const gatherHashes = (value: Json | undefined, names: Set<string>): void => {
  if (typeof value === 'string') {
    if (/^[0-9a-f]{64}$/.test(value)) names.add(value)
  } else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) gatherHashes(part as Json, names)
}

const unable = (reason: string, remedy: string, transient = false): StoreUnavailable => ({
  _tag: 'StoreUnavailable',
  reason,
  remedy,
  transient,
})
