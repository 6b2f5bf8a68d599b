/**
 * Earlier states of a document, the latest first: until when each stood, in ms since 1970, and which of its parts were other than in the
 * state after it (`null`: it had no such part). The last has no parts: before that there was no document.
 */
export type Past<Parts> = ReadonlyArray<readonly [until: number, parts: PartsThen<Parts> | null]>

/** Absent is told apart from null by there being no null. */
type PartsOf<Parts> = { readonly [Part in keyof Parts]: string | number | boolean | object | undefined }

export type PartsThen<Parts> = { readonly [Part in keyof Parts]?: Parts[Part] | null }

/**
 * The past of a document after one more event. Clocks of several machines differ: an event counts from when it and all before it that
 * touched the document were recorded.
 */
export const pastAfter = <Parts extends PartsOf<Parts>>(
  names: ReadonlyArray<keyof Parts>,
  past: Past<Parts>,
  before: Parts,
  after: Parts,
  recordedAt: string,
): Past<Parts> => {
  const [latest, ...earlier] = past
  const at = Date.parse(recordedAt)
  if (latest === undefined) return [[at, null]]
  const [until, then] = latest
  const parts: { [Part in keyof Parts]?: Parts[Part] | null } = {}
  for (const name of names) if (before[name] !== after[name]) parts[name] = before[name] ?? null
  if (at > until) return [[at, parts], ...past]
  // A state that stood for no time was never seen.
  return [[until, then === null ? null : { ...parts, ...then }], ...earlier]
}

/** The states of a document with their times, the latest first; the first has no end. */
export function* states<Parts extends PartsOf<Parts>>(
  document: Parts & { readonly past: Past<Parts> },
): Generator<readonly [state: Parts, from: number, until: number | undefined]> {
  let state: Parts = document
  let end: number | undefined
  for (const [until, parts] of document.past) {
    yield [state, until, end]
    if (parts === null) return
    end = until
    state = { ...state }
    for (const [name, part] of Object.entries(parts)) {
      if (part === null) delete state[name as keyof Parts]
      else state[name as keyof Parts] = part as Parts[keyof Parts]
    }
  }
}

/** A document as it stood at an instant, in ms since 1970; `undefined`: there was none yet. */
export const stateAt = <Parts extends PartsOf<Parts>>(
  document: Parts & { readonly past: Past<Parts> },
  instant: number,
): Parts | undefined => {
  for (const [state, from] of states(document)) if (from <= instant) return state
  return undefined
}
