import type {
  EventMetadata,
  JsonObject,
  NewEvent,
  Position,
  RecordedEvent,
  Revision,
  SealedPart,
  StreamName,
} from '@underlag/kernel'

const NONE: ReadonlyArray<SealedPart> = Object.freeze([])

/**
 * An event as read. `position`, `personal` and `metadata` are made when first asked for: folding a stream or filling a read
 * model looks at `data` alone, and so costs one JSON.parse an event.
 *
 * They are getters of the class: read them by name (`event.metadata`), for `{ ...event }` leaves them out.
 */
export class StoredEvent implements RecordedEvent {
  readonly stream: StreamName
  readonly revision: Revision
  readonly id: string
  readonly type: string
  readonly data: JsonObject
  #position: number | Position
  #personal: string | null | ReadonlyArray<SealedPart>
  #metadata: string | EventMetadata

  constructor(
    stream: StreamName,
    revision: number,
    position: number,
    id: string,
    type: string,
    data: string,
    personal: string | null,
    metadata: string,
  ) {
    this.stream = stream
    this.revision = BigInt(revision)
    this.id = id
    this.type = type
    this.data = JSON.parse(data)
    this.#position = position
    this.#personal = personal
    this.#metadata = metadata
  }

  get position(): Position {
    if (typeof this.#position === 'number') this.#position = BigInt(this.#position)
    return this.#position
  }

  get personal(): ReadonlyArray<SealedPart> {
    if (this.#personal === null) return NONE
    if (typeof this.#personal === 'string') this.#personal = JSON.parse(this.#personal) as ReadonlyArray<SealedPart>
    return this.#personal
  }

  get metadata(): EventMetadata {
    if (typeof this.#metadata === 'string') this.#metadata = JSON.parse(this.#metadata) as EventMetadata
    return this.#metadata
  }
}

/** An event's columns: `id`, `type`, `data`, `personal`, `metadata`. */
export type EncodedEvent = readonly [string, string, string, string | null, string]

/** To text before the transaction begins, so that the file is locked no longer than it takes to write. */
export const encode = ({ id, type, data, personal, metadata }: NewEvent<SealedPart>): EncodedEvent => [
  id,
  type,
  JSON.stringify(data),
  personal.length === 0 ? null : JSON.stringify(personal),
  JSON.stringify(metadata),
]
