import {
  type CustomerDocument,
  conflictsOf,
  customersView,
  localDate,
  noSettings,
  type Payer,
  type PayerUnderlag,
  payerKey,
  SETTINGS_KEY,
  type Settings,
  settingsView,
  type UnderlagConflict,
  underlagOf,
  type Visit,
  type VisitAlias,
  visits,
} from '@underlag/invoicing'
import type { Json, Projection } from '@underlag/kernel'
import { either as E, taskEither as TE } from 'fp-ts'
import { pipe } from 'fp-ts/lib/function.js'
import { type Operation, type Runtime, sync, today } from '../runtime.js'
import { isAfter } from './period.js'
import { type Reading, read, readModelSource, type Source } from './reader.js'
import { type Replayed, replay } from './replay.js'

/** Everything done, neither paid nor invoiced, per payer, with the conflicts that wait for a person. */
export interface Basis {
  readonly payers: ReadonlyArray<PayerUnderlag>
  readonly conflicts: ReadonlyArray<UnderlagConflict>
}

export interface BasisQuery {
  readonly payer?: Payer
  /** As recorded by then: an instant in UTC, or a day to its end. Settings and customers are those of then as well. */
  readonly asOf?: string
}

const UNDERLAG = [settingsView, customersView, visits]

export const basis = (runtime: Runtime, { payer, asOf }: BasisQuery = {}): Operation<Basis> =>
  asOf === undefined
    ? pipe(
        sync(runtime, UNDERLAG),
        TE.chainW(
          () => () =>
            read(runtime, readModelSource(runtime), {
              payers: payer === undefined ? 'all' : [payer],
              today: today(runtime),
            }),
        ),
        TE.chainW((reading) =>
          pipe(
            runtime.readModels.find(visits.table, 'conflict'),
            TE.map((found) => shown(runtime, reading, [...found.values()] as unknown as ReadonlyArray<Visit>, payer)),
          ),
        ),
      )
    : pipe(
        replay(runtime, UNDERLAG, (recordedAt) => !isAfter(recordedAt, asOf, runtime.timeZone)),
        TE.chain((replayed) =>
          pipe(
            () =>
              read(runtime, replayedSource(replayed), {
                payers: payer === undefined ? 'all' : [payer],
                today: asOf.length === 10 ? asOf : localDate(asOf, runtime.timeZone),
              }),
            TE.map((reading) => shown(runtime, reading, underTerm<Visit>(replayed, visits, 'conflict'), payer)),
          ),
        ),
      )

const shown = (
  { timeZone }: Runtime,
  { context, visits: open }: Reading,
  contradicted: ReadonlyArray<Visit>,
  payer: Payer | undefined,
): Basis => ({
  payers: underlagOf(open, context).filter((group) => payer === undefined || payerKey(group.payer) === payerKey(payer)),
  conflicts: contradicted
    .flatMap((visit) => conflictsOf(visit, timeZone))
    .sort((a, b) => (a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0)),
})

/** A replay in the place of the read models. */
const replayedSource = (replayed: Replayed): Source => {
  const some = <A>(projection: Projection, keys: ReadonlyArray<string>): ReadonlyMap<string, A> => {
    const documents = replayed.get(projection.table.name) ?? new Map<string, Json>()
    return new Map(keys.flatMap((key) => (documents.has(key) ? [[key, documents.get(key) as A] as const] : [])))
  }
  const under = <A>(
    projection: Projection,
    index: string,
    terms: ReadonlyArray<string> | undefined,
  ): ReadonlyMap<string, A> =>
    new Map(
      [...(replayed.get(projection.table.name) ?? [])]
        .filter(([key, document]) =>
          projection
            .terms(document, key)
            .some(([name, term]) => name === index && (terms === undefined || terms.includes(term))),
        )
        .map(([key, document]) => [key, document as A]),
    )
  return {
    settings: async () =>
      E.right(
        (replayed.get(settingsView.table.name)?.get(SETTINGS_KEY) as unknown as Settings | undefined) ?? noSettings,
      ),
    customers: async (keys) => E.right(some<CustomerDocument>(customersView, keys)),
    customersPaidBy: async (payers) => E.right(under<CustomerDocument>(customersView, 'payer', payers)),
    visits: async (keys) => E.right(some<Visit | VisitAlias>(visits, keys)),
    openVisits: async (terms) => E.right(under<Visit>(visits, 'open', terms)),
    level: async () => E.right(undefined),
  }
}

const underTerm = <A>(replayed: Replayed, projection: Projection, index: string): ReadonlyArray<A> =>
  [...(replayed.get(projection.table.name) ?? [])]
    .filter(([key, document]) => projection.terms(document, key).some(([name]) => name === index))
    .map(([, document]) => document as A)
