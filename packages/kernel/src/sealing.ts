import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RawDocuments } from './documents.js'
import type { NewEvent, PersonalPart, Purpose, RecordedEvent, SealedPart, StreamName } from './event.js'
import type { EventStore, RawEventStore, StoreFailure } from './event-store.js'
import { canonicalJson, type JsonObject, putFields } from './json.js'
import type { Key, Keys } from './keys.js'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A sealed part with what it is bound to, as read models keep it to be opened at a query. */
export interface SealedRef {
  readonly stream: StreamName
  readonly eventId: string
  readonly part: SealedPart
}

/** The one sealed part of an event, as a reference that opens later; `null`: it has none. */
export const sealedIn = ({ stream, id, personal: [part] }: RecordedEvent): SealedRef | null =>
  part === undefined ? null : { stream, eventId: id, part }

/** Where a part belongs: it opens nowhere else. */
const binding = (tenant: string, place: string, id: string, part: { subject: string; purpose: Purpose }): Buffer =>
  Buffer.from([tenant, place, id, part.subject, part.purpose].join('\n'))

// Node takes five times as long where it is given the secret's bytes.
const seal = (key: Key, content: Uint8Array, aad: Buffer): string => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key.secret), nonce).setAAD(aad)
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]).toString('base64')
}

const unseal = (secret: Uint8Array, box: string, aad: Buffer): Buffer => {
  const bytes = Buffer.from(box, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(secret), bytes.subarray(0, NONCE_BYTES))
    .setAAD(aad)
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
}

/** A part that its key does not open was altered or moved: never shown as if it were merely erased. */
const tampered = (place: string): StoreFailure => ({
  _tag: 'StoreUnavailable',
  reason: `a sealed part of ${place} does not open with its key: it was altered, or the key file belongs to another store`,
  remedy: 'restore the store and its key file from the same backup',
  transient: false,
})

/** How a sealed part stands. `lost`: its key is neither here nor was it erased here. */
export type PartState = 'opens' | 'erased' | 'lost' | 'altered'

/** Seals, for one tenant: events on their way in, documents both ways; opens what read models kept. */
export interface Sealing {
  /** A store whose appends are sealed (AES-256-GCM, one key a person and purpose). What it reads is still sealed: open it where it is shown. */
  readonly events: (raw: RawEventStore) => EventStore
  /** The events with their personal fields back in `data`, as far as the keys are there. */
  readonly openEvents: (
    events: ReadonlyArray<RecordedEvent>,
  ) => TE.TaskEither<StoreFailure, ReadonlyArray<RecordedEvent>>
  /** The fields of each part in turn, by JSON pointer; `none` where the person was erased. */
  readonly openParts: (
    refs: ReadonlyArray<SealedRef>,
  ) => TE.TaskEither<StoreFailure, ReadonlyArray<O.Option<JsonObject>>>
  /** How each part in turn stands, for a proof: nothing of it is shown. */
  readonly partStates: (refs: ReadonlyArray<SealedRef>) => TE.TaskEither<StoreFailure, ReadonlyArray<PartState>>
  readonly documents: (raw: RawDocuments) => Documents
  /** A keyed hash of a value: equal for equal content, and tells nothing to who lacks the tenant's key. */
  readonly fingerprint: (value: unknown) => TE.TaskEither<StoreFailure, string>
}

/** Bytes of issued documents by the SHA-256 (hex) of their content. */
export interface Documents {
  /** Stores the bytes for that person and purpose, and answers their name. Storing them again changes nothing. */
  readonly put: (
    bytes: Uint8Array,
    of: { readonly subject: string; readonly purpose: Purpose },
  ) => TE.TaskEither<StoreFailure, string>
  /** `none` where there is no such document, or the person was erased. Checked against its name. */
  readonly get: (sha256: string) => TE.TaskEither<StoreFailure, O.Option<Uint8Array>>
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export const sealing = (tenant: string, keys: Keys): Sealing => {
  let known: KeyObject | undefined
  const tenantKey: TE.TaskEither<StoreFailure, KeyObject> = () =>
    known !== undefined
      ? Promise.resolve(E.right(known))
      : pipe(
          keys.obtain([{ subject: 'tenant', purpose: 'tenant' }]),
          TE.map(([key]) => {
            known = createSecretKey((key as Key).secret)
            return known
          }),
        )()

  const sealEvents = (
    stream: StreamName,
    events: ReadonlyArray<NewEvent<PersonalPart>>,
  ): TE.TaskEither<StoreFailure, ReadonlyArray<NewEvent<SealedPart>>> => {
    const parts = events.flatMap((event) => event.personal)
    if (parts.length === 0) return TE.right(events as unknown as ReadonlyArray<NewEvent<SealedPart>>)
    return pipe(
      keys.obtain(parts),
      TE.map((obtained) => {
        let next = 0
        return events.map((event) => ({
          ...event,
          personal: event.personal.map((part) => {
            const key = obtained[next++] as Key
            const content = Buffer.from(JSON.stringify(part.fields))
            return {
              subject: part.subject,
              purpose: part.purpose,
              key: key.id,
              box: seal(key, content, binding(tenant, stream, event.id, part)),
            }
          }),
        }))
      }),
    )
  }

  const opened = (secret: Uint8Array, { stream, eventId, part }: SealedRef): JsonObject =>
    JSON.parse(unseal(secret, part.box, binding(tenant, stream, eventId, part)).toString()) as JsonObject

  const openParts: Sealing['openParts'] = (refs) =>
    refs.length === 0
      ? TE.right([])
      : pipe(
          keys.find(refs.map((ref) => ref.part.key)),
          TE.chain((secrets) =>
            TE.tryCatch(
              async () =>
                refs.map((ref, i) =>
                  pipe(
                    secrets[i] ?? O.none,
                    O.map((secret) => opened(secret, ref)),
                  ),
                ),
              () => tampered('an event'),
            ),
          ),
        )

  const opens = (secret: Uint8Array, ref: SealedRef): boolean => {
    try {
      opened(secret, ref)
      return true
    } catch {
      return false
    }
  }

  const partStates: Sealing['partStates'] = (refs) =>
    pipe(
      TE.Do,
      TE.bind('secrets', () => keys.find(refs.map(({ part }) => part.key))),
      TE.let('missing', ({ secrets }) => refs.filter((_, i) => O.isNone(secrets[i] ?? O.none))),
      TE.bind('erased', ({ missing }) => keys.isErased(missing.map(({ part }) => part.key))),
      TE.map(({ secrets, missing, erased }) => {
        const gone = new Map(missing.map((ref, i): [SealedRef, PartState] => [ref, erased[i] ? 'erased' : 'lost']))
        return refs.map((ref, i): PartState => {
          const secret = secrets[i] ?? O.none
          return O.isSome(secret) ? (opens(secret.value, ref) ? 'opens' : 'altered') : (gone.get(ref) ?? 'lost')
        })
      }),
    )

  return {
    events: (raw) => ({
      ...raw,
      append: (stream, expected, events, by) =>
        pipe(
          sealEvents(stream, events),
          TE.chainW((sealed) => raw.append(stream, expected, sealed, by)),
        ),
    }),
    openEvents: (events) => {
      if (events.every(({ personal }) => personal.length === 0)) return TE.right(events)
      const refs = events.flatMap((event) =>
        event.personal.map((part) => ({ stream: event.stream, eventId: event.id, part })),
      )
      return pipe(
        openParts(refs),
        TE.map((opened) => {
          let next = 0
          return events.map((event) => {
            const fields = event.personal.map(() => opened[next++] ?? O.none)
            return fields.length === 0
              ? event
              : {
                  ...recordedFields(event),
                  data: fields.reduce(
                    (data, found) => (O.isSome(found) ? putFields(data, found.value) : data),
                    event.data,
                  ),
                }
          })
        }),
      )
    },
    openParts,
    partStates,
    documents: (raw) => ({
      put: (bytes, of) => {
        const name = sha256(bytes)
        return pipe(
          keys.obtain([of]),
          TE.chain(([key]) =>
            raw.put(name, {
              ...of,
              key: (key as Key).id,
              box: seal(key as Key, bytes, binding(tenant, 'document', name, of)),
            }),
          ),
          TE.map(() => name),
        )
      },
      get: (name) =>
        pipe(
          raw.get(name),
          TE.chain((found) =>
            O.isNone(found)
              ? TE.right(O.none)
              : pipe(
                  keys.find([found.value.key]),
                  TE.chain(([secret]) =>
                    TE.tryCatch(
                      async () =>
                        pipe(
                          secret ?? O.none,
                          O.map((opened): Uint8Array => {
                            const bytes = unseal(
                              opened,
                              found.value.box,
                              binding(tenant, 'document', name, found.value),
                            )
                            if (sha256(bytes) !== name) throw new Error('content differs from its name')
                            return bytes
                          }),
                        ),
                      () => tampered(`document ${name}`),
                    ),
                  ),
                ),
          ),
        ),
    }),
    fingerprint: (value) =>
      pipe(
        tenantKey,
        TE.map((key) => createHmac('sha256', key).update(canonicalJson(value)).digest('hex').slice(0, 32)),
      ),
  }
}

/** A plain copy: stores may hand out events whose metadata is parsed on demand by a getter, and spreading would lose it. */
export const recordedFields = (event: RecordedEvent): RecordedEvent => ({
  id: event.id,
  type: event.type,
  data: event.data,
  personal: event.personal,
  metadata: event.metadata,
  stream: event.stream,
  revision: event.revision,
  position: event.position,
})
