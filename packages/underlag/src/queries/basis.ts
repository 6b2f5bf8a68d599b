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
import { type Operation, type OperationFailure, type Runtime, sync, today } from '../runtime.js'
import { payerThen } from './payer-then.js'
import { isAfter } from './period.js'
import { read, readModelSource, type Source, termsOf } from './reader.js'
import { type Replayed, replay } from './replay.js'

/** Everything done, neither paid nor invoiced, per payer, with the conflicts that wait for a person. */
export interface Basis {
  readonly payers: ReadonlyArray<PayerUnderlag>
  readonly conflicts: ReadonlyArray<UnderlagConflict>
}

export interface BasisQuery {
  /** Only this payer, and of the conflicts those about what this payer may be asked to pay. */
  readonly payer?: Payer
  /** As recorded by then: an instant in UTC, or a day to its end. Settings and customers are those of then as well. */
  readonly asOf?: string
}

const UNDERLAG = [settingsView, customersView, visits]

export const basis = (runtime: Runtime, { payer, asOf }: BasisQuery = {}): Operation<Basis> => {
  if (asOf === undefined)
    return pipe(
      sync(runtime, UNDERLAG),
      TE.chainW(() => () => basisOf(runtime, readModelSource(runtime), payer, today(runtime))),
    )
  const isThen = (recordedAt: string): boolean => !isAfter(recordedAt, asOf, runtime.timeZone)
  return pipe(
    payer === undefined ? replay(runtime, UNDERLAG, isThen) : payerThen(runtime, payer, isThen),
    TE.chainW(
      (replayed) => () =>
        basisOf(
          runtime,
          replayedSource(replayed),
          payer,
          asOf.length === 10 ? asOf : localDate(asOf, runtime.timeZone),
        ),
    ),
  )
}

const basisOf = async (
  runtime: Runtime,
  source: Source,
  payer: Payer | undefined,
  day: string,
): Promise<E.Either<OperationFailure, Basis>> => {
  const reading = await read(runtime, source, { payers: payer === undefined ? 'all' : [payer], today: day })
  if (E.isLeft(reading)) return reading
  const terms = payer === undefined ? E.right(undefined) : await termsOf(source, [payer])
  if (E.isLeft(terms)) return terms
  const contradicted = await source.contradictedVisits(terms.right)
  if (E.isLeft(contradicted)) return contradicted
  const { context, visits: open } = reading.right
  return E.right({
    payers: underlagOf(open, context).filter(
      (group) => payer === undefined || payerKey(group.payer) === payerKey(payer),
    ),
    conflicts: [...contradicted.right.values()]
      .flatMap((visit) => conflictsOf(visit, runtime.timeZone))
      .sort((a, b) => (a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0)),
  })
}

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
    contradictedVisits: async (terms) => E.right(under<Visit>(visits, 'conflict', terms)),
    level: async () => E.right(undefined),
  }
}
