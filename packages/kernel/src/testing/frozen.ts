/** A copy as JSON would carry it, frozen to its depths: nobody's later change reaches a store, and no store's reader another. */
export const frozenCopy = <A>(value: A): A => freeze(JSON.parse(JSON.stringify(value)) as A)

const freeze = <A>(value: A): A => {
  if (value !== null && typeof value === 'object') {
    for (const field of Object.values(value)) freeze(field)
    Object.freeze(value)
  }
  return value
}

/** The order of SQLite and of most databases: by UTF-8 bytes, which is by code point; `<` compares UTF-16 units. */
export const byCodePoint = (a: string, b: string): number => {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
