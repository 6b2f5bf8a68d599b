import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { DomainEvent } from './decider.js'
import type { PersonalPart, Purpose } from './event.js'
import { dropFields, type JsonObject, pickFields } from './json.js'

/**
 * A codec whose `remedy` says in words what a value must be; the value is shown in the problem unless it is personal.
 * `is` decides; nothing is coerced.
 */
export class Refined<A> extends t.Type<A, A, unknown> {
  constructor(
    readonly remedy: string,
    is: t.Is<A>,
    readonly personal: boolean = false,
  ) {
    super(
      remedy,
      is,
      (input, context) => (is(input) ? t.success(input) : t.failure(input, context)),
      (a) => a,
    )
  }
}

/** A string that fits `pattern` (and `holds`, where given). `remedy` reads after "must be". */
export const text = (
  remedy: string,
  pattern: RegExp,
  holds: (value: string) => boolean = () => true,
  personal = false,
): Refined<string> =>
  new Refined(remedy, (u): u is string => typeof u === 'string' && pattern.test(u) && holds(u), personal)

/** One of a few strings. */
export const oneOf = <A extends string>(...values: readonly [A, ...ReadonlyArray<A>]): Refined<A> =>
  new Refined(`one of ${values.join(', ')}`, (u): u is A => values.includes(u as A))

/** A list; `name` reads after "must be", where it is none. */
export const listOf = <A>(
  codec: t.Type<A, unknown, unknown>,
  name = `a list, each ${codec.name}`,
): t.Type<ReadonlyArray<A>, unknown, unknown> => t.readonlyArray(codec, name)

/** Required and optional fields; any other field is a problem, so that a misspelt one is never passed over in silence. */
export const record = <R extends t.Props, P extends t.Props = Record<never, never>>(
  required: R,
  optional?: P,
): t.Type<t.TypeOfProps<R> & t.TypeOfPartialProps<P>, unknown, unknown> => {
  const fields: t.Props = { ...required, ...optional }
  // Every stored event is checked by these: listed once, not at each look.
  const checks = Object.entries(fields).map(([key, codec]) => ({
    key,
    codec,
    isRequired: Object.hasOwn(required, key),
  }))
  type A = t.TypeOfProps<R> & t.TypeOfPartialProps<P>
  return new t.Type<A, unknown, unknown>(
    'an object',
    (u): u is A => {
      if (!isObject(u)) return false
      for (const { key, codec, isRequired } of checks) {
        const value = u[key]
        if (value === undefined ? isRequired : !codec.is(value)) return false
      }
      return true
    },
    (u, context) => {
      if (!isObject(u)) return t.failure(u, context)
      const errors: t.Errors = []
      const decoded: Record<string, unknown> = {}
      for (const [key, codec] of Object.entries(required)) {
        if (u[key] === undefined) errors.push({ value: undefined, context: t.appendContext(context, key, codec) })
      }
      for (const key of Object.keys(u)) {
        const codec = Object.hasOwn(fields, key) ? fields[key] : undefined
        if (u[key] === undefined) continue
        if (codec === undefined) {
          errors.push({ value: u[key], context: t.appendContext(context, key, unknownField(Object.keys(fields))) })
          continue
        }
        const field = codec.validate(u[key], t.appendContext(context, key, codec, u[key]))
        if (E.isLeft(field)) errors.push(...field.left)
        else decoded[key] = field.right
      }
      return errors.length > 0 ? t.failures(errors) : t.success(decoded as A)
    },
    t.identity,
  )
}

const isObject = (u: unknown): u is Record<string, unknown> => typeof u === 'object' && u !== null && !Array.isArray(u)

const unknownField = (known: ReadonlyArray<string>): t.Mixed =>
  new Refined(
    `left out: it is no field here (${known.length === 0 ? 'there are none' : `known: ${known.join(', ')}`})`,
    (_u): _u is unknown => false,
    true,
  )

// What is no name of a field, and no value of a code, may be a person's name that was put in the wrong place.
const fieldName = (key: string): string => (/^[A-Za-z_]\w{0,39}$|^\d+$/.test(key) ? key : '(a field)')
const isCode = (value: string): boolean => /^[\w.:+%/-]*$/.test(value)

/**
 * What is wrong with a value, a sentence per problem: the field, what it must be, and the value where it is short and not personal.
 * @example ["data.price.amount must be a whole number of öre (got 12.5)"]
 */
export const problems = (errors: t.Errors): ReadonlyArray<string> => {
  const said = errors.map((error) => {
    const path = error.context
      .slice(1)
      .filter(
        (entry, i) =>
          !(error.context[i]?.type instanceof t.UnionType || error.context[i]?.type instanceof t.IntersectionType) ||
          Number.isNaN(Number(entry.key)),
      )
      .map((entry) => fieldName(entry.key))
      .join('.')
    const type = error.context[error.context.length - 1]?.type
    const remedy = type === undefined ? 'something else' : type.name
    const value = error.value
    // Where a whole object was expected, what stands there instead may be anything, a name too: only its kind is told.
    const got =
      value === undefined
        ? 'missing'
        : !(type instanceof Refined)
          ? kindOf(value)
          : type.personal
            ? undefined
            : shown(value)
    return `${path || 'it'} must be ${article(remedy)}${got === undefined ? '' : ` (got ${got})`}`
  })
  return [...new Set(said)]
}

const article = (remedy: string): string => (/^(string|number|boolean)$/.test(remedy) ? `a ${remedy}` : remedy)

const kindOf = (value: unknown): string =>
  Array.isArray(value)
    ? 'a list'
    : value === null
      ? 'null'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`

const shown = (value: unknown): string => {
  if (typeof value === 'object' && value !== null) return kindOf(value)
  if (typeof value === 'string' && !isCode(value)) return kindOf(value)
  const json = JSON.stringify(value) ?? typeof value
  return json.length > 40 ? `${json.slice(0, 37)}…` : json
}

/** A stored event that the codec of its stream cannot read: a poison event, or one of a newer version. Holds no content of it. */
export interface UnreadableEvent {
  readonly _tag: 'UnreadableEvent'
  readonly type: string
  readonly problems: ReadonlyArray<string>
}

/** Which fields of an event are personal: about whom, for what, and where in the data (JSON pointers). */
export interface PersonalFields {
  readonly subject: string
  readonly purpose: Purpose
  readonly pointers: ReadonlyArray<string>
}

/** An event of the domain as it is stored: personal fields taken out of the data. */
export interface EncodedEvent {
  readonly type: string
  readonly data: JsonObject
  readonly personal: ReadonlyArray<PersonalPart>
}

/** Between an event of the domain and its stored type name and data. Only the newest shape is ever encoded; decoders know all that were. */
export interface EventCodec<Event extends DomainEvent> {
  readonly types: ReadonlyArray<string>
  readonly encode: (event: Event) => EncodedEvent
  readonly decode: (stored: { readonly type: string; readonly data: JsonObject }) => E.Either<UnreadableEvent, Event>
}

/**
 * The codec of a union of events: the data's codec is looked up by the stored type name (trying each in turn costs seven times as much).
 * `personal` names the fields to keep apart; they are optional in every codec, for they may have been erased.
 * `older` reads names no longer written, and answers with the newest shape.
 */
export const eventCodec = <Event extends DomainEvent>(
  current: { readonly [Type in Event['type']]: t.Type<Extract<Event, { type: Type }>['data'], unknown, unknown> },
  personal: (event: Event) => ReadonlyArray<PersonalFields> = () => [],
  older: Readonly<Record<string, (data: JsonObject) => t.Validation<Event>>> = {},
): EventCodec<Event> => {
  const codecs = new Map<string, t.Type<object, unknown, unknown>>(Object.entries(current))
  const upcasters = new Map(Object.entries(older))
  const read = (type: string, data: JsonObject): t.Validation<Event> => {
    const codec = codecs.get(type)
    if (codec === undefined) return upcasters.get(type)?.(data) ?? t.failure(type, [{ key: '', type: unknownType }])
    // Asking `is` first costs a third of decoding, which builds a path to every field to be able to name it.
    if (codec.is(data)) return E.right({ type, data } as unknown as Event)
    const decoded = codec.decode(data)
    return E.isLeft(decoded) ? decoded : E.right({ type, data: decoded.right } as unknown as Event)
  }
  return {
    types: [...codecs.keys(), ...upcasters.keys()],
    encode: (event) => {
      const data = event.data as JsonObject
      const parts = personal(event).map(({ subject, purpose, pointers }) => ({
        subject,
        purpose,
        fields: pickFields(data, pointers),
      }))
      return {
        type: event.type,
        data: dropFields(
          data,
          parts.flatMap((part) => Object.keys(part.fields)),
        ),
        personal: parts.filter((part) => Object.keys(part.fields).length > 0),
      }
    },
    decode: ({ type, data }) => {
      const decoded = read(type, data)
      return E.isLeft(decoded)
        ? E.left({
            _tag: 'UnreadableEvent',
            type,
            problems: problems(decoded.left).map((problem) => problem.replace(/ \(got .*\)$/, '')),
          })
        : decoded
    },
  }
}

const unknownType = new Refined('a known event type', (_u): _u is unknown => false)
