/** A value that JSON can carry. What stores keep is always this. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * The one text of a JSON value: keys sorted, no white space, absent fields left out.
 * Two values with the same content have the same text, whatever order their fields were written in.
 */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`)
    return `{${fields.join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** The values at those JSON pointers (RFC 6901), keyed by pointer; what is absent is left out. */
export const pickFields = (data: JsonObject, pointers: ReadonlyArray<string>): JsonObject => {
  const picked: Record<string, Json> = {}
  for (const pointer of pointers) {
    const value = steps(pointer).reduce<Json | undefined>((at, step) => (isContainer(at) ? at[step] : undefined), data)
    if (value !== undefined) picked[pointer] = value
  }
  return picked
}

/** A copy without the values at those pointers, sharing what is not changed. Pointers name fields of objects, never whole elements of arrays. */
export const dropFields = (data: JsonObject, pointers: ReadonlyArray<string>): JsonObject =>
  pointers.reduce((copy, pointer) => changedAt(copy, steps(pointer), undefined), data)

/** A copy with the values put back at their pointers, sharing what is not changed; a pointer whose parent is not there is passed over. */
export const putFields = (data: JsonObject, fields: JsonObject): JsonObject =>
  Object.entries(fields).reduce((copy, [pointer, value]) => changedAt(copy, steps(pointer), value), data)

/** `undefined`: without it. */
const changedAt = (value: JsonObject, path: ReadonlyArray<string>, to: Json | undefined): JsonObject => {
  const [step = '', ...rest] = path
  const inner = value[step]
  if (rest.length > 0) {
    if (!isContainer(inner)) return value
    const changed = changedAt(inner, rest, to)
    if (!Array.isArray(value)) return { ...value, [step]: changed }
    return value.with(Number(step), changed) as unknown as JsonObject
  }
  if (to !== undefined) return { ...value, [step]: to }
  if (inner === undefined) return value
  const { [step]: _, ...others } = value
  return others
}

const steps = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

const isContainer = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null
