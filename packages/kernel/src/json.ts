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
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  // Put together piece by piece: every command and every event goes through here.
  let text = ''
  const fields = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key]
    if (field === undefined) continue
    text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${canonicalJson(field)}`
  }
  return text === '' ? '{}' : `${text}}`
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
  changedBy(data, changesOf(pointers.map((pointer) => [pointer, undefined])))

/** A copy with the values put back at their pointers, sharing what is not changed; a pointer whose parent is not there is passed over. */
export const putFields = (data: JsonObject, fields: JsonObject): JsonObject =>
  changedBy(data, changesOf(Object.entries(fields)))

/** What changes within a container, by step: a field, `undefined` to go, or what is deeper. */
type Changes = Map<string, { readonly to: Json | undefined } | Changes>

const changesOf = (fields: ReadonlyArray<readonly [pointer: string, to: Json | undefined]>): Changes => {
  const all: Changes = new Map()
  for (const [pointer, to] of fields) {
    const path = steps(pointer)
    let at = all
    for (const step of path.slice(0, -1)) {
      const known = at.get(step)
      const deeper: Changes = known instanceof Map ? known : new Map()
      at.set(step, deeper)
      at = deeper
    }
    at.set(path.at(-1) ?? '', { to })
  }
  return all
}

/** Each container is copied once, however many of its fields change: an invoice has dozens. */
const changedBy = (value: JsonObject, changes: Changes): JsonObject => {
  const put: Array<readonly [string, Json]> = []
  const gone = new Set<string>()
  for (const [step, change] of changes) {
    const inner = value[step]
    if (change instanceof Map) {
      const changed = isContainer(inner) ? changedBy(inner, change) : inner
      if (changed !== undefined && changed !== inner) put.push([step, changed])
    } else if (change.to !== undefined) put.push([step, change.to])
    else if (inner !== undefined) gone.add(step)
  }
  if (put.length + gone.size === 0) return value
  if (Array.isArray(value)) {
    const copy = [...value]
    for (const [step, to] of put) copy[Number(step)] = to
    return copy as unknown as JsonObject
  }
  const kept = gone.size === 0 ? value : Object.fromEntries(Object.entries(value).filter(([step]) => !gone.has(step)))
  return put.length === 0 ? kept : { ...kept, ...Object.fromEntries(put) }
}

const steps = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => (step.includes('~') ? step.replaceAll('~1', '/').replaceAll('~0', '~') : step))

const isContainer = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null
