import {
  type CustomerDocument,
  type CustomerParts,
  customersView,
  isOpen,
  mayConflict,
  noSettings,
  payerKey,
  SETTINGS_KEY,
  SETTINGS_STREAM,
  type Settings,
  settingsView,
  shownAt,
  type Visit,
  type VisitAlias,
  type VisitHistory,
  visitHistories,
  whose,
  whoseOf,
} from '@underlag/invoicing'
import { type Json, NO_STREAM, stateAt } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { OperationFailure, Runtime } from '../runtime.js'
import type { Source } from './reader.js'
import { takeInto } from './replay.js'

type Result<A> = Promise<E.Either<OperationFailure, A>>

/**
 * Settings, customers and visits as they stood at an instant, in ms since 1970. An index tells which visits the underlag had to look
 * at then: it costs what was in it, however long the log is.
 */
export const sourceThen = ({ store, readModels }: Pick<Runtime, 'store' | 'readModels'>, instant: number): Source => {
  const customers: Source['customers'] = async (keys) => {
    const found = await readModels.get(customersView.table, keys)()
    if (E.isLeft(found)) return found
    return E.right(
      some(found.right, (document) => stateAt<CustomerParts>(document as unknown as CustomerDocument, instant)),
    )
  }
  const visitsOf = async (keys: ReadonlyArray<string>): Result<ReadonlyMap<string, Visit | VisitAlias>> => {
    const found = await readModels.get(visitHistories.table, keys)()
    if (E.isLeft(found)) return found
    return E.right(
      some(found.right, (document) => {
        const visit = document as unknown as VisitHistory | VisitAlias
        return 'visit' in visit ? visit : stateAt<Visit>(visit, instant)
      }),
    )
  }
  const shown = rememberingLast(
    async (terms: ReadonlyArray<string> | undefined): Result<ReadonlyMap<string, Visit>> => {
      const found = await readModels.between(visitHistories.table, 'then', shownAt(instant))()
      if (E.isLeft(found)) return found
      const keys = found.right.filter(([term]) => terms === undefined || terms.includes(whoseOf(term)))
      return visitsOf([...new Set(keys.map(([, key]) => key))]) as Result<ReadonlyMap<string, Visit>>
    },
  )
  const listed = async (
    isOn: (visit: Visit) => boolean,
    terms: ReadonlyArray<string> | undefined,
  ): Result<ReadonlyMap<string, Visit>> => {
    const found = await shown(terms)
    if (E.isLeft(found)) return found
    const isWanted = (visit: Visit): boolean =>
      isOn(visit) && (terms === undefined || whose(visit).some((term) => terms.includes(term)))
    return E.right(some(found.right, (visit) => (isWanted(visit) ? visit : undefined)))
  }
  return {
    settings: async () => {
      const events = await store.read(SETTINGS_STREAM, NO_STREAM)()
      if (E.isLeft(events)) return events
      const documents = new Map<string, Json>()
      for (const event of events.right) {
        if (Date.parse(event.metadata.recordedAt) > instant) break
        takeInto(settingsView, documents, event)
      }
      return E.right((documents.get(SETTINGS_KEY) as unknown as Settings | undefined) ?? noSettings)
    },
    customers,
    customersPaidBy: async (payers) => {
      // Whoever was ever assigned one of them: more than then, and none fewer.
      const ever = await readModels.find(customersView.table, 'payer', payers)()
      if (E.isLeft(ever)) return ever
      const found = await customers([...ever.right.keys()])
      if (E.isLeft(found)) return found
      return E.right(
        some(found.right, (customer) =>
          customer.payers.some(({ payer }) => payers.includes(payerKey(payer))) ? customer : undefined,
        ),
      )
    },
    visits: visitsOf,
    openVisits: (terms) => listed(isOpen, terms),
    contradictedVisits: (terms) => listed(mayConflict, terms),
    level: async () => E.right(undefined),
  }
}

const some = <A, B>(map: ReadonlyMap<string, A>, change: (a: A) => B | undefined): ReadonlyMap<string, B> => {
  const changed = new Map<string, B>()
  for (const [key, a] of map) {
    const b = change(a)
    if (b !== undefined) changed.set(key, b)
  }
  return changed
}

/** The answer to the question asked last: the underlag is asked for its items and its conflicts in turn. */
const rememberingLast = <Q, A>(ask: (question: Q) => Promise<A>): ((question: Q) => Promise<A>) => {
  let last: readonly [question: string, answer: Promise<A>] | undefined
  return (question) => {
    const asked = JSON.stringify(question) ?? ''
    if (last?.[0] !== asked) last = [asked, ask(question)]
    return last[1]
  }
}
