import { createHash } from 'node:crypto'
import type {
  EventMetadata,
  JsonObject,
  NewEvent,
  RecordedEvent,
  Revision,
  SealedPart,
  StoreUnavailable,
} from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { SentEvent, ServerEvent } from './client.js'
import { unavailable } from './failure.js'
import { ownStream } from './stream-name.js'

const NONE: ReadonlyArray<SealedPart> = Object.freeze([])

const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const Place = new t.Type('a revision', isPlace, (u, c) => (isPlace(u) ? t.success(u) : t.failure(u, c)), t.identity)

/** Where an event's content lies that did not fit into its append. */
export type Ref = t.TypeOf<typeof Ref>
export const Ref = t.readonly(
  t.type({
    /** Id of the overflow stream. */
    stream: t.string,
    revision: Place,
    /** Of the content's bytes, base64url. */
    sha256: t.string,
  }),
)

/**
 * What is kept beside an event's data. `id` is ours: the server takes a known id for a repeat and keeps the older content, so that
 * what it gets as id is a hash of everything (`serverId`).
 */
interface Beside {
  readonly id: string
  readonly metadata: EventMetadata
  readonly personal?: ReadonlyArray<SealedPart>
  /** The data is a `$ref` to where the content lies. */
  readonly overflow?: true
}

const SealedPartCodec = t.type({ subject: t.string, purpose: t.string, key: t.string, box: t.string })
const Beside = t.intersection([
  t.type({
    id: t.string,
    metadata: t.type({
      commandId: t.string,
      correlationId: t.string,
      causationId: t.string,
      at: t.string,
      recordedAt: t.string,
    }) as t.Type<EventMetadata>,
  }),
  t.partial({ personal: t.array(SealedPartCodec), overflow: t.literal(true) }),
])
const Content = t.intersection([t.type({ data: t.UnknownRecord }), t.partial({ personal: t.array(SealedPartCodec) })])
const Refer = t.type({ $ref: Ref })

export interface EncodedEvent extends SentEvent {
  /** What a `$ref` would stand for. */
  readonly content: () => Uint8Array
  /** The event again, its content elsewhere. */
  readonly referring: (ref: Ref) => SentEvent
}

export const encode = (stream: string, event: NewEvent<SealedPart>): EncodedEvent => {
  const { id, type, data, personal, metadata } = event
  const parts = personal.length === 0 ? {} : { personal }
  const text = JSON.stringify(data)
  const beside = JSON.stringify({ id, metadata, ...parts } satisfies Beside)
  return {
    id: serverId(stream, type, text, beside),
    type,
    data: Buffer.from(text),
    metadata: Buffer.from(beside),
    content: () => Buffer.from(JSON.stringify({ data, ...parts })),
    referring: (ref) => ({
      id: serverId(stream, type, text, beside),
      type,
      data: Buffer.from(JSON.stringify({ $ref: ref } satisfies t.TypeOf<typeof Refer>)),
      metadata: Buffer.from(JSON.stringify({ id, metadata, overflow: true } satisfies Beside)),
    }),
  }
}

/** A UUID (version 8) of everything that is stored: equal ids are equal content, down to the last byte. */
const serverId = (...parts: ReadonlyArray<string>): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}\n`).update(part)
  const hex = hash.digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** An event as read; with `ref`, its content is elsewhere and `withContent` puts it in. */
export interface Decoded {
  readonly event: RecordedEvent
  readonly ref?: Ref
}

export const decode = ({
  stream: name,
  revision,
  position,
  type,
  data,
  metadata,
}: ServerEvent): E.Either<StoreUnavailable, Decoded> => {
  const stream = ownStream(name)?.stream
  const beside = parsed(metadata)
  const content = parsed(data)
  if (stream === undefined || !Beside.is(beside) || !t.UnknownRecord.is(content)) return E.left(foreign(name, revision))
  const { id, metadata: own, personal = NONE, overflow } = beside
  const event: RecordedEvent = {
    stream,
    revision,
    position,
    id,
    type,
    data: content as JsonObject,
    personal: personal as ReadonlyArray<SealedPart>,
    metadata: own,
  }
  if (overflow === undefined) return E.right({ event })
  return Refer.is(content) ? E.right({ event, ref: content.$ref }) : E.left(foreign(name, revision))
}

/** The event with the content its `$ref` stands for, checked against the hash. */
export const withContent = (
  event: RecordedEvent,
  ref: Ref,
  bytes: Uint8Array | undefined,
): E.Either<StoreUnavailable, RecordedEvent> => {
  if (bytes === undefined || hashOf(bytes) !== ref.sha256) return E.left(broken(event))
  const content = Content.decode(parsed(bytes))
  if (E.isLeft(content)) return E.left(broken(event))
  const { data, personal = NONE } = content.right
  return E.right({ ...event, data: data as JsonObject, personal: personal as ReadonlyArray<SealedPart> })
}

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch {
    return undefined
  }
}

const foreign = (stream: string, revision: Revision): StoreUnavailable =>
  unavailable(
    `Event ${revision} of the stream ${stream} was not written by Underlag.`,
    'Let nothing else write to streams that begin with underlag. and restore the last backup.',
  )

const broken = ({ stream, revision }: RecordedEvent): StoreUnavailable =>
  unavailable(
    `The content of event ${revision} of ${stream} is missing or was altered.`,
    'Restore the last backup of the server: the streams that begin with underlagOverflow belong to it.',
  )
