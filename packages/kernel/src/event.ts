import type { JsonObject } from './json.js'

/** `<kind>/<id>`, such as `booking/b1`. `/` is in no id; a name is unique within its tenant. */
export type StreamName = `${string}/${string}`

/** Place of an event within its stream, from 0n. `NO_STREAM` (-1n) is the revision of a stream that does not exist. */
export type Revision = bigint
export const NO_STREAM: Revision = -1n

/** Place of an event within its tenant's log; positions grow in the order of recording. `START` (0n) is before the first. */
export type Position = bigint
export const START: Position = 0n

/** Who did what and why, kept beside every event and never part of the domain's data. Nothing in it is sealed. */
export interface EventMetadata {
  /** The intent that made the event; the same on every event of one command. */
  readonly commandId: string
  readonly actor?: string
  readonly correlationId: string
  readonly causationId: string
  /** When it happened for the business, ISO 8601 in UTC. */
  readonly at: string
  /** When it was written, by our clock, ISO 8601 in UTC: a server's own time is lost when a log is copied. */
  readonly recordedAt: string
  /** Keyed hash of the command's content, by which a reused commandId is told from a repeated one. */
  readonly fingerprint?: string
}

/**
 * Fields of an event's data about one person, for one purpose, kept apart so that they can be erased alone.
 * `fields` is keyed by JSON pointer (RFC 6901) into the event's data, e.g. `/buyer/name`.
 */
export interface PersonalPart {
  /** Whom it is about: `client:c1`. */
  readonly subject: string
  readonly purpose: Purpose
  readonly fields: JsonObject
}

/** Why personal data is kept: for care, until it is erased; for bookkeeping of a year, as long as the law asks. */
export type Purpose = 'care' | `bookkeeping:${number}`

/** A personal part as stores keep it: encrypted under the key named. */
export interface SealedPart {
  readonly subject: string
  readonly purpose: Purpose
  /** Id of the key it was sealed with, see `Keys`. */
  readonly key: string
  /** Base64 of nonce, cipher text and tag. */
  readonly box: string
}

/** An event on its way into a store. `Part` is `PersonalPart` above the sealing and `SealedPart` beneath it. */
export interface NewEvent<Part = PersonalPart> {
  /** UUID; events of equal id have equal content, see `eventId`. */
  readonly id: string
  readonly type: string
  readonly data: JsonObject
  readonly personal: ReadonlyArray<Part>
  readonly metadata: EventMetadata
}

/** An event as a store gives it back, its personal parts still sealed. */
export interface RecordedEvent extends NewEvent<SealedPart> {
  readonly stream: StreamName
  readonly revision: Revision
  readonly position: Position
}
