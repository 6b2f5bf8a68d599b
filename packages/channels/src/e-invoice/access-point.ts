import type { Channel, DeliveryReport } from '@underlag/invoicing'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { DocumentKind, Participant } from './peppol.js'

/** From whom to whom, and what: as it stands in the document, which is checked before anything is sent. */
export interface Routing {
  readonly sender: Participant
  readonly receiver: Participant
  readonly document: DocumentKind
  /** The invoice's number. */
  readonly documentId: string
  /** The sender's country (ISO 3166-1). */
  readonly country: string
}

/** It will not be taken, and trying again will not help. */
export interface Rejected {
  readonly _tag: 'rejected'
  readonly detail: string
  /** Said of whatever was ever submitted under the key, and not of this try alone. */
  readonly ofKey?: true
}

/** It was taken already, under this very key or as this very document. */
export interface Duplicate {
  readonly _tag: 'duplicate'
  /** Where the access point says under which id. */
  readonly transportId?: string
}

/** It was not taken; the same may go well later. */
export interface Retryable {
  readonly _tag: 'retryable'
  readonly detail: string
  /** Not earlier than then, by the access point's own word (ISO 8601). */
  readonly notBefore?: string
}

/** It may have been taken: the answer was lost, or made no sense. */
export interface InDoubt {
  readonly _tag: 'inDoubt'
  readonly detail: string
}

/** Why a document was not (or not certainly) taken. No detail names a person, an address or a company. */
export type SubmitFailure = Rejected | Duplicate | Retryable | InDoubt

/** Asking has no effect, so it is never in doubt. */
export type AskFailure = Rejected | Retryable

/**
 * Whether a participant takes a document: `registered`, `notRegistered`, or `notAsked` where the access point finds out
 * by itself when it sends.
 */
export type Registration = 'registered' | 'notRegistered' | 'notAsked'

/**
 * A Peppol access point: the port behind the channel. AS4, certificates and the network's directory are its business.
 *
 * Everything it is asked for can be stopped by `signal`. None of it throws, and none of it tries again by itself.
 */
export interface AccessPoint {
  /** Its name in the configuration, such as `storecove`. */
  readonly name: string
  /**
   * Whether submitting the same key again is harmless: it knows it again, or is asked before every submission. Where it is not,
   * an answer that is lost leaves a doubt that only a person can settle.
   */
  readonly idempotent: boolean
  /** Whether it can address this participant at all. */
  readonly serves: (participant: Participant) => boolean
  readonly lookup: (
    participant: Participant,
    document: DocumentKind,
    signal: AbortSignal,
  ) => TE.TaskEither<AskFailure, Registration>
  /** Hands a document over; the access point's id of it. */
  readonly submit: (
    ubl: string,
    idempotencyKey: string,
    routing: Routing,
    signal: AbortSignal,
  ) => TE.TaskEither<SubmitFailure, string>
  /** How a document stands that was handed over; `undefined`: it has no such document. Absent: it keeps none. */
  readonly status?: (transportId: string, signal: AbortSignal) => TE.TaskEither<AskFailure, DeliveryReport | undefined>
  /** Absent: it sends none. */
  readonly verifyWebhook?: NonNullable<Channel['verifyWebhook']>
}
