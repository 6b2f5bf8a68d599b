import {
  conflictsOf,
  customersView,
  endOfDay,
  localDate,
  type Payer,
  type PayerUnderlag,
  payerKey,
  settingsView,
  type UnderlagConflict,
  underlagOf,
  visitHistories,
  visits,
} from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Operation, type OperationFailure, type Runtime, sync, today } from '../runtime.js'
import { read, readModelSource, type Source, termsOf } from './reader.js'
import { sourceThen } from './then.js'

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
  return pipe(
    sync(runtime, [customersView, visitHistories]),
    TE.chainW(() => async () => {
      const instant = asOf.length === 10 ? endOfDay(asOf, runtime.timeZone) : Date.parse(asOf)
      const day = localDate(new Date(instant).toISOString(), runtime.timeZone)
      return basisOf(runtime, sourceThen(runtime, instant), payer, day)
    }),
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
  const { context, items } = reading.right
  return E.right({
    payers: underlagOf(items, context).filter(
      (group) => payer === undefined || payerKey(group.payer) === payerKey(payer),
    ),
    conflicts: [...contradicted.right.values()]
      .flatMap((visit) => conflictsOf(visit, runtime.timeZone))
      .sort((a, b) => (a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0)),
  })
}
