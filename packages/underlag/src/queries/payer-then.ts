import {
  type CustomerDocument,
  customerStream,
  customersView,
  decodeEvent,
  type Payer,
  payerKey,
  SETTINGS_STREAM,
  settingsView,
  type Visit,
  visits,
} from '@underlag/invoicing'
import { type Json, NO_STREAM, type Projection, type RecordedEvent } from '@underlag/kernel'
import { either as E } from 'fp-ts'
import { type Operation, type OperationFailure, type Runtime, sync } from '../runtime.js'
import { eventsAbout } from './about.js'
import { BEGINNINGS } from './audit.js'
import { readModelSource, termsOf } from './reader.js'
import { type Replayed, takeInto } from './replay.js'

type Result<A> = Promise<E.Either<OperationFailure, A>>

/**
 * Settings, customers and visits as they were recorded by then, as far as one payer's underlag looks at them. Found by the index of the
 * audit trail: of a long log a few events are read.
 */
export const payerThen =
  (runtime: Runtime, payer: Payer, isThen: (recordedAt: string) => boolean): Operation<Replayed> =>
  async () => {
    const synced = await sync(runtime, [customersView])()
    if (E.isLeft(synced)) return synced
    // Whoever was ever assigned the payer: more than then, and none fewer.
    const terms = await termsOf(readModelSource(runtime), [payer])
    if (E.isLeft(terms)) return terms
    const own = [payerKey(payer), ...terms.right.filter((term) => term.startsWith('client:'))]

    const trail = await eventsAbout(runtime, own)()
    if (E.isLeft(trail)) return trail
    const beginnings = trail.right.filter(({ type }) => BEGINNINGS.includes(type))
    // Whatever happens to an item or a visit says the id of its key.
    const sources = await eventsAbout(runtime, beginnings.flatMap(visits.keys).map(bareId))()
    if (E.isLeft(sources)) return sources
    const found = new Map<string, Json>()
    const taken = takeAll(visits, found, [...trail.right, ...sources.right], isThen)
    if (E.isLeft(taken)) return taken
    const settings = new Map<string, Json>()
    const ofSettings = await takeStream(runtime, settingsView, settings, SETTINGS_STREAM, isThen)
    if (E.isLeft(ofSettings)) return ofSettings
    const customers = await customersOf(runtime, [...own, ...[...found.values()].flatMap(namedIn)], isThen)
    return E.isLeft(customers)
      ? customers
      : E.right(
          new Map([
            [settingsView.table.name, settings],
            [visits.table.name, found],
            [customersView.table.name, customers.right],
          ]),
        )
  }

const bareId = (key: string): string => key.slice(key.indexOf(':') + 1)

/** Each event once, in the order of the log. */
const takeAll = (
  projection: Projection,
  documents: Map<string, Json>,
  events: ReadonlyArray<RecordedEvent>,
  isThen: (recordedAt: string) => boolean,
): E.Either<OperationFailure, void> => {
  const once = new Map(events.map((event) => [event.position, event]))
  for (const event of [...once.values()].sort((a, b) => (a.position < b.position ? -1 : 1))) {
    if (!isThen(event.metadata.recordedAt)) continue
    const decoded = decodeEvent(event)
    if (E.isLeft(decoded)) return E.left({ ...decoded.left, stream: event.stream })
    takeInto(projection, documents, event)
  }
  return E.right(undefined)
}

const takeStream = async (
  { store }: Runtime,
  projection: Projection,
  documents: Map<string, Json>,
  stream: RecordedEvent['stream'],
  isThen: (recordedAt: string) => boolean,
): Result<void> => {
  const events = await store.read(stream, NO_STREAM)()
  return E.isLeft(events) ? events : takeAll(projection, documents, events.right, isThen)
}

/** Customers by their keys, and who was to pay for them. */
const customersOf = async (
  runtime: Runtime,
  keys: ReadonlyArray<string>,
  isThen: (recordedAt: string) => boolean,
): Result<ReadonlyMap<string, Json>> => {
  const documents = new Map<string, Json>()
  const named = new Set(keys)
  const wanted = new Set(named)
  // What is added while it is gone through is gone through as well.
  for (const key of wanted) {
    const [kind, id] = [key.slice(0, key.indexOf(':')), bareId(key)]
    const taken = await takeStream(runtime, customersView, documents, customerStream({ kind, id } as Payer), isThen)
    if (E.isLeft(taken)) return taken
    const document = documents.get(key) as unknown as CustomerDocument | undefined
    if (named.has(key)) for (const { payer } of document?.payers ?? []) wanted.add(payerKey(payer))
  }
  return E.right(documents)
}

/** Customers that a visit names. */
const namedIn = (document: Json): ReadonlyArray<string> => {
  const { booking, entries = [], line } = document as unknown as Visit
  return [
    ...[booking, ...entries, line].flatMap((source) =>
      source?.clientId === undefined ? [] : [`client:${source.clientId}`],
    ),
    ...(line === undefined ? [] : [payerKey(line.payer)]),
  ]
}
