import { type Json, type Past, type Projection, pastAfter, type RecordedEvent, states } from '@underlag/kernel'
import { openSpellTerm, rangesHolding, secondOf, spellTerms, type TermRange } from './spells.js'
import { isShown, type Visit, type VisitAlias, visits, whose } from './visits.js'

/** A visit with all it was before. */
export interface VisitHistory extends Visit {
  readonly past: Past<Visit>
}

const PARTS = ['booking', 'entries', 'line', 'claims'] as const

const evolve = (
  document: VisitHistory | VisitAlias | undefined,
  event: RecordedEvent,
  key: string,
): VisitHistory | VisitAlias => {
  const before: VisitHistory = document === undefined || 'visit' in document ? { past: [] } : document
  const after = visits.evolve(before as unknown as Json, event, key) as unknown as Visit | VisitAlias
  if ('visit' in after) return after
  return { ...after, past: pastAfter<Visit>(PARTS, before.past, before, after, event.metadata.recordedAt) }
}

const terms = (document: VisitHistory | VisitAlias): ReadonlyArray<readonly [string, string]> =>
  'visit' in document
    ? []
    : spellsOf(document).flatMap((spell) => whose(document).map((term) => ['then', `${spell} ${term}`] as const))

/** Terms of the stretches of time in which the underlag had to look at it. */
const spellsOf = (history: VisitHistory): ReadonlyArray<string> => {
  const found: Array<string> = []
  /** The stretch at hand, `to` absent where it goes on. */
  let shown: { readonly from: number; readonly to: number | undefined } | undefined
  const close = (): void => {
    if (shown === undefined) return
    const [from, { to }] = [secondOf(shown.from), shown]
    // It was still shown in the second in which that ended.
    found.push(...(to === undefined ? [openSpellTerm(from)] : spellTerms([from, secondOf(to) + 1])))
    shown = undefined
  }
  for (const [state, from, until] of states<Visit>(history)) {
    if (isShown(state)) shown = { from, to: shown === undefined ? until : shown.to }
    else close()
  }
  close()
  // Two within one second have the same terms.
  return [...new Set(found)]
}

/**
 * Visits, by the same keys, with all they were before. Terms `then`: a stretch of time in which it was open or in conflict, and whose it is.
 * Apart from the visits as they are now: these are asked for with every command, what was is asked for now and then.
 */
export const visitHistories: Projection = {
  table: { name: 'visitHistories', version: 1 },
  keys: visits.keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: terms as unknown as (document: Json) => ReadonlyArray<readonly [string, string]>,
}

/** The ranges of terms under `then` of the visits that were open or in conflict in the second of an instant, in ms since 1970. */
export const shownAt = (instant: number): ReadonlyArray<TermRange> =>
  // `~` sorts after whatever an id is made of.
  rangesHolding(secondOf(instant)).map(([first, last]) => [first, `${last} ~`])

/** Whose the visit is, of a term under `then`. */
export const whoseOf = (term: string): string => term.slice(term.indexOf(' ') + 1)
