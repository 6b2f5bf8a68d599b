/** A stretch of time in whole seconds since 1970; the end is not in it. */
export type Spell = readonly [from: number, to: number]

/** From the first to the last of them, as an index sorts terms. */
export type TermRange = readonly [first: string, last: string]

/** The last second that fits 32 bits: 2106. */
const LAST = 2 ** 32 - 1

const BITS = 32

/** The second of an instant in ms since 1970. */
export const secondOf = (instant: number): number => Math.min(LAST - 1, Math.max(0, Math.floor(instant / 1000)))

/**
 * Terms by which a spell is found at any second it holds. Spells stand in an interval tree over all seconds, each at the highest node
 * that it reaches across, and at a node twice: by where they begin and by where they end (Kriegel, Pötke, Seidl: Managing Intervals
 * Efficiently in Object-Relational Databases, VLDB 2000). A sorted index is all it takes.
 */
export const spellTerms = ([from, to]: Spell): ReadonlyArray<string> => {
  const level = BITS - 1 - Math.clz32(from ^ to)
  const node = nodeOf(level, to)
  return [`${node}from${digits(from)}`, `${node}to${digits(to)}`]
}

/** The term of a spell that has no end yet. */
export const openSpellTerm = (from: number): string => `since${digits(from)}`

/** The ranges in which the terms lie of every spell that holds a second, and of no other: one range a level of the tree. */
export const rangesHolding = (second: number): ReadonlyArray<TermRange> => [
  [openSpellTerm(0), openSpellTerm(second)],
  ...Array.from({ length: BITS }, (_, level): TermRange => {
    const node = nodeOf(level, second)
    // Of a spell across the middle of a node only one end is in doubt, for a moment on either side of it.
    return isInUpperHalf(level, second)
      ? [`${node}to${digits(second + 1)}`, `${node}to${digits(LAST)}`]
      : [`${node}from${digits(0)}`, `${node}from${digits(second)}`]
  }),
]

const digits = (number: number): string => String(number).padStart(10, '0')

const nodeOf = (level: number, second: number): string =>
  `${String(level).padStart(2, '0')}.${digits(Math.floor(second / 2 ** (level + 1)))}.`

const isInUpperHalf = (level: number, second: number): boolean => Math.floor(second / 2 ** level) % 2 === 1
