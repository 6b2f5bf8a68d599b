import {
  type Buyer,
  type Candidate,
  type CustomerParts,
  candidates,
  customerRefs,
  customersView,
  ERASED,
  type Id,
  type ItemId,
  type LocalDate,
  noSettings,
  openPayers,
  openProfile,
  type Payer,
  type Profile,
  payerKey,
  type RegistrationContext,
  SETTINGS_KEY,
  type Settings,
  settingsView,
  type Visit,
  type VisitAlias,
  visits,
} from '@underlag/invoicing'
import type { JsonObject, SealedRef } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { type OperationFailure, type Runtime, sync } from '../runtime.js'

/** What is asked for: whose underlag, and which items beside. */
export interface Wanted {
  /** `all`: every payer's. */
  readonly payers: 'all' | ReadonlyArray<Payer>
  readonly items?: ReadonlyArray<ItemId>
  /** Items after it are upcoming. */
  readonly today: LocalDate
}

/** What was read, opened and joined: everything the pure functions of the underlag ask for. */
export interface Reading {
  readonly context: RegistrationContext
  readonly visits: ReadonlyArray<Visit>
  /** Their items, billable or not. */
  readonly items: ReadonlyArray<Candidate>
}

type Result<A> = Promise<E.Either<OperationFailure, A>>

/** Where the documents of a reading come from: the read models as they are, or as they were at some moment. */
export interface Source {
  readonly settings: () => Result<Settings>
  readonly customers: (keys: ReadonlyArray<string>) => Result<ReadonlyMap<string, CustomerParts>>
  /** Customers who were ever assigned one of these payers. */
  readonly customersPaidBy: (payers: ReadonlyArray<string>) => Result<ReadonlyMap<string, CustomerParts>>
  readonly visits: (keys: ReadonlyArray<string>) => Result<ReadonlyMap<string, Visit | VisitAlias>>
  /** Open visits, all or under these terms. */
  readonly openVisits: (terms?: ReadonlyArray<string>) => Result<ReadonlyMap<string, Visit>>
  /** Visits that may contradict an invoice, all or under these terms. */
  readonly contradictedVisits: (terms?: ReadonlyArray<string>) => Result<ReadonlyMap<string, Visit>>
  /** Makes settings and customers no older than the visits that were read. */
  readonly level: () => Result<unknown>
}

export const readModelSource = ({ store, readModels }: Pick<Runtime, 'store' | 'readModels'>): Source => ({
  settings: async () => {
    const found = await readModels.get(settingsView.table, [SETTINGS_KEY])()
    return E.isLeft(found) ? found : E.right((found.right.get(SETTINGS_KEY) as Settings | undefined) ?? noSettings)
  },
  customers: (keys) => readModels.get(customersView.table, keys)() as Result<never>,
  customersPaidBy: (payers) => readModels.find(customersView.table, 'payer', payers)() as Result<never>,
  visits: (keys) => readModels.get(visits.table, keys)() as Result<never>,
  openVisits: (terms) => readModels.find(visits.table, 'open', terms)() as Result<never>,
  contradictedVisits: (terms) => readModels.find(visits.table, 'conflict', terms)() as Result<never>,
  level: sync({ store, readModels }, [settingsView, customersView]),
})

/** Reads and opens what the underlag of these payers is made of. */
export const read = async (
  { sealing, timeZone, deliveries }: Pick<Runtime, 'sealing' | 'timeZone' | 'deliveries'>,
  source: Source,
  wanted: Wanted,
): Result<Reading> => {
  const open = await openVisitsOf(source, wanted)
  if (E.isLeft(open)) return open
  const named = await namedVisits(source, wanted.items ?? [])
  if (E.isLeft(named)) return named
  const found = new Map([...open.right, ...named.right])

  // Another process may have taken the visits alone further: a visit must not meet a price or a payer of before it was recorded.
  const level = await source.level()
  if (E.isLeft(level)) return level
  const settings = await source.settings()
  if (E.isLeft(settings)) return settings
  const customers = await customersOf(source, found, wanted)
  if (E.isLeft(customers)) return customers
  const refs = [
    ...[...customers.right.values()].flatMap(customerRefs),
    ...[...found.values()].flatMap(({ booking, entries = [], line }) =>
      [
        booking?.editedDescription,
        ...entries.map((entry) => entry.editedDescription),
        line?.editedDescription,
        line?.description,
      ].filter((ref) => ref !== null && ref !== undefined),
    ),
  ]
  const opened = await opener(sealing, refs)
  if (E.isLeft(opened)) return opened
  return E.right(
    joined(settings.right, customers.right, [...found.values()], opened.right, {
      timeZone,
      deliveries,
      today: wanted.today,
    }),
  )
}

/** Opens sealed parts at once, and answers for each; `undefined` where the person was erased. */
export const opener = async (
  sealing: Runtime['sealing'],
  refs: ReadonlyArray<SealedRef>,
): Result<(ref: SealedRef) => JsonObject | undefined> => {
  const opened = await sealing.openParts(refs)()
  if (E.isLeft(opened)) return opened
  const byBox = new Map(refs.map((ref, i) => [ref.part.box, O.toUndefined(opened.right[i] ?? O.none)]))
  return E.right((ref) => byBox.get(ref.part.box))
}

const openVisitsOf = async (source: Source, { payers }: Wanted): Result<ReadonlyMap<string, Visit>> => {
  if (payers === 'all') return source.openVisits()
  if (payers.length === 0) return E.right(new Map())
  const terms = await termsOf(source, payers)
  return E.isLeft(terms) ? terms : source.openVisits(terms.right)
}

/** Under which terms the visits stand that payers may be asked to pay. */
export const termsOf = async (source: Source, payers: ReadonlyArray<Payer>): Result<ReadonlyArray<string>> => {
  const keys = payers.map(payerKey)
  const paidFor = await source.customersPaidBy(keys)
  if (E.isLeft(paidFor)) return paidFor
  const clients = [...keys.filter((key) => key.startsWith('client:')), ...paidFor.right.keys()]
  return E.right([...new Set([...keys.map((key) => `payer:${key}`), ...clients])])
}

const namedVisits = async (source: Source, items: ReadonlyArray<ItemId>): Result<ReadonlyMap<string, Visit>> => {
  const direct = await source.visits(items)
  if (E.isLeft(direct)) return direct
  const aliases = [...direct.right.values()].flatMap((document) => ('visit' in document ? [document.visit] : []))
  const aliased = await source.visits(aliases)
  if (E.isLeft(aliased)) return aliased
  return E.right(
    new Map([...direct.right, ...aliased.right].filter((pair): pair is [string, Visit] => !('visit' in pair[1]))),
  )
}

const customersOf = async (
  source: Source,
  found: ReadonlyMap<string, Visit>,
  { payers }: Wanted,
): Result<ReadonlyMap<string, CustomerParts>> => {
  const keys = new Set<string>(payers === 'all' ? [] : payers.map(payerKey))
  for (const { booking, entries = [], line } of found.values()) {
    if (booking !== undefined) keys.add(`client:${booking.clientId}`)
    for (const { clientId } of entries) keys.add(`client:${clientId}`)
    if (line !== undefined) keys.add(payerKey(line.payer))
    if (line?.clientId !== undefined) keys.add(`client:${line.clientId}`)
  }
  const clients = await source.customers([...keys])
  if (E.isLeft(clients)) return clients
  const assigned = [...clients.right.values()].flatMap((document) =>
    document.payers.map(({ payer }) => payerKey(payer)),
  )
  const rest = await source.customers([...new Set(assigned)].filter((key) => !keys.has(key)))
  return E.isLeft(rest) ? rest : E.right(new Map([...clients.right, ...rest.right]))
}

const joined = (
  settings: Settings,
  customers: ReadonlyMap<string, CustomerParts>,
  found: ReadonlyArray<Visit>,
  open: (ref: SealedRef) => JsonObject | undefined,
  rest: Pick<RegistrationContext, 'timeZone' | 'deliveries' | 'today'>,
): Reading => {
  const profiles = new Map<string, Profile>()
  for (const [key, document] of customers) profiles.set(key, openProfile(document, open))
  const assignments = new Map([...customers].map(([key, document]) => [key, openPayers(document, open)]))

  const context: Omit<RegistrationContext, 'item' | 'itemsOf'> = {
    ...rest,
    settings,
    open,
    payersOf: (clientId: Id) => assignments.get(`client:${clientId}`) ?? [],
    nameOf: (customer) => profiles.get(payerKey(customer))?.name ?? ERASED,
    buyer: (payer) => buyerOf(profiles.get(payerKey(payer))),
  }
  const items = new Map<ItemId, Candidate>()
  const byPayer = new Map<string, Array<Candidate>>()
  for (const visit of found)
    for (const candidate of candidates(visit, context)) {
      items.set(candidate.itemId, candidate)
      const own = byPayer.get(payerKey(candidate.payer))
      if (own === undefined) byPayer.set(payerKey(candidate.payer), [candidate])
      else own.push(candidate)
    }
  return {
    visits: found,
    items: [...items.values()],
    context: {
      ...context,
      item: (itemId) => items.get(itemId),
      itemsOf: (payer) => byPayer.get(payerKey(payer)) ?? [],
    },
  }
}

/** What an invoice says of its buyer: never an identity number. One whose data was erased is no customer any more. */
const buyerOf = (profile: Profile | undefined): Buyer | undefined => {
  if (profile?.name === undefined) return undefined
  const { personalIdentityNumber: _, ...buyer } = profile
  return buyer
}
