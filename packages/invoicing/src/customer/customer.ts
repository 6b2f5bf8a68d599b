import {
  type Aggregate,
  canonicalJson,
  type Decider,
  eventCodec,
  oneOf,
  Refined,
  record,
  type StreamName,
  text,
} from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import type { Buyer } from '../ledger/invoice.js'
import { Id, isOrganisationNumber, isPersonalIdentityNumber, isVatNumber } from '../values/identifiers.js'
import { Address, ElectronicAddress, LanguageTag, Payer, payerKey } from '../values/party.js'
import { LocalDate } from '../values/time.js'

/** What is known of a client or a company. All of it is sealed: once erased, nothing is left but the id. */
export interface Profile extends Buyer {
  readonly personalIdentityNumber?: string
}

/** What the payer's invoice calls the client. */
export type ShowAs = 'name' | 'initials' | 'reference'
export const ShowAs = oneOf('name', 'initials', 'reference')

/** Who pays for a client's services from a day on (absent: always). */
export interface PayerAssignment {
  readonly payer: Payer
  readonly validFrom?: LocalDate
  readonly reference?: string
  readonly showAs?: ShowAs
}

// Events. Names and shapes are stored: another shape is another version.
// A change carries the whole profile after it, so that whoever shows one opens one part.
export type CustomerEvent =
  | { readonly type: 'ClientRegistered'; readonly data: Profile & { readonly clientId: Id } }
  | {
      readonly type: 'ClientChanged'
      readonly data: Profile & { readonly clientId: Id; readonly changed: ReadonlyArray<string> }
    }
  | { readonly type: 'CompanyRegistered'; readonly data: Profile & { readonly companyId: Id } }
  | {
      readonly type: 'CompanyChanged'
      readonly data: Profile & { readonly companyId: Id; readonly changed: ReadonlyArray<string> }
    }
  | { readonly type: 'PayerAssigned'; readonly data: PayerAssignment & { readonly clientId: Id } }

const Text = text('text', /^[\s\S]*$/, undefined, true)
const profileFields = {
  name: Text,
  personalIdentityNumber: Text,
  organisationNumber: Text,
  vatNumber: Text,
  address: Address,
  email: Text,
  language: LanguageTag,
  buyerReference: Text,
  eInvoice: ElectronicAddress,
}
const profilePointers = Object.keys(profileFields).map((field) => `/${field}`)
const FieldNames: t.Type<ReadonlyArray<string>, unknown, unknown> = new Refined(
  'a list of field names',
  (u): u is ReadonlyArray<string> => Array.isArray(u) && u.every((name) => typeof name === 'string'),
)

export const customerCodec = eventCodec<CustomerEvent>(
  {
    ClientRegistered: record({ clientId: Id }, profileFields),
    ClientChanged: record({ clientId: Id, changed: FieldNames }, profileFields),
    CompanyRegistered: record({ companyId: Id }, profileFields),
    CompanyChanged: record({ companyId: Id, changed: FieldNames }, profileFields),
    PayerAssigned: record({ clientId: Id, payer: Payer }, { validFrom: LocalDate, reference: Text, showAs: ShowAs }),
  },
  (event) => [
    {
      subject: payerKey(customerOf(event)),
      purpose: 'care',
      pointers: event.type === 'PayerAssigned' ? ['/reference'] : profilePointers,
    },
  ],
)

/** Whom an event of a customer is about. */
export const customerOf = (event: CustomerEvent): Payer =>
  'companyId' in event.data
    ? { kind: 'company', id: event.data.companyId }
    : { kind: 'client', id: event.data.clientId }

/** `null`: not registered. */
export interface Customer {
  readonly profile: Profile
  readonly payers: ReadonlyArray<PayerAssignment>
}
type State = Customer | null

const evolve = (customer: State, event: CustomerEvent): State => {
  switch (event.type) {
    case 'ClientRegistered':
    case 'ClientChanged': {
      const { clientId: _, ...profile } = event.data
      return { profile: withoutChanged(profile), payers: customer?.payers ?? [] }
    }
    case 'CompanyRegistered':
    case 'CompanyChanged': {
      const { companyId: _, ...profile } = event.data
      return { profile: withoutChanged(profile), payers: customer?.payers ?? [] }
    }
    case 'PayerAssigned': {
      const { clientId: _, ...assignment } = event.data
      return customer === null ? null : { ...customer, payers: [...customer.payers, assignment] }
    }
  }
}

const withoutChanged = (data: Profile & { readonly changed?: ReadonlyArray<string> }): Profile => {
  const { changed: _, ...profile } = data
  return profile
}

/** Who pays for a service on a day: the latest assignment not after it, of two for one day the later; else the client. A payer's own payer is not followed (rule 6). */
export const payerOn = (clientId: Id, payers: ReadonlyArray<PayerAssignment>, date: LocalDate): PayerAssignment => {
  let best: PayerAssignment | undefined
  for (const assignment of payers) {
    const from = assignment.validFrom ?? ''
    if (from <= date && from >= (best?.validFrom ?? '')) best = assignment
  }
  return best ?? { payer: { kind: 'client', id: clientId } }
}

export type CustomerRefusal =
  | { readonly _tag: 'CustomerExists'; readonly customer: Payer }
  | { readonly _tag: 'UnknownCustomer'; readonly customer: Payer }
  | { readonly _tag: 'InvalidPersonalIdentityNumber'; readonly field: 'personalIdentityNumber' }
  | { readonly _tag: 'InvalidOrganisationNumber'; readonly field: 'organisationNumber' }
  | { readonly _tag: 'InvalidVatNumber'; readonly field: 'vatNumber' }

/** The fields to change; `null` clears one. */
export type ProfileChange = { readonly [Field in keyof Profile]: Profile[Field] | null }

export type CustomerCommand =
  | { readonly type: 'RegisterClient'; readonly data: Profile & { readonly clientId: Id; readonly name: string } }
  | { readonly type: 'ChangeClient'; readonly data: ProfileChange & { readonly clientId: Id } }
  | {
      readonly type: 'RegisterCompany'
      readonly data: Profile & { readonly companyId: Id; readonly name: string; readonly address: Address }
    }
  | { readonly type: 'ChangeCompany'; readonly data: ProfileChange & { readonly companyId: Id } }
  | {
      readonly type: 'AssignPayer'
      readonly data: PayerAssignment & { readonly clientId: Id }
      readonly payerKnown: boolean
    }

type Decision = E.Either<CustomerRefusal, ReadonlyArray<CustomerEvent>>

const decide =
  (command: CustomerCommand) =>
  (customer: State): Decision => {
    switch (command.type) {
      case 'RegisterClient':
        if (customer !== null)
          return E.left({ _tag: 'CustomerExists', customer: { kind: 'client', id: command.data.clientId } })
        return checked('client', command.data, Object.keys(command.data), {
          type: 'ClientRegistered',
          data: command.data,
        })
      case 'RegisterCompany':
        if (customer !== null)
          return E.left({ _tag: 'CustomerExists', customer: { kind: 'company', id: command.data.companyId } })
        return checked('company', command.data, [...Object.keys(command.data), 'organisationNumber'], {
          type: 'CompanyRegistered',
          data: command.data,
        })
      case 'ChangeClient': {
        const { clientId, ...change } = command.data
        if (customer === null) return E.left({ _tag: 'UnknownCustomer', customer: { kind: 'client', id: clientId } })
        const { profile, changed } = apply(customer.profile, change)
        if (changed.length === 0) return E.right([])
        return checked('client', profile, changed, { type: 'ClientChanged', data: { clientId, changed, ...profile } })
      }
      case 'ChangeCompany': {
        const { companyId, ...change } = command.data
        if (customer === null) return E.left({ _tag: 'UnknownCustomer', customer: { kind: 'company', id: companyId } })
        const { profile, changed } = apply(customer.profile, change)
        if (changed.length === 0) return E.right([])
        return checked('company', profile, changed, {
          type: 'CompanyChanged',
          data: { companyId, changed, ...profile },
        })
      }
      case 'AssignPayer': {
        const { clientId, ...assignment } = command.data
        if (customer === null) return E.left({ _tag: 'UnknownCustomer', customer: { kind: 'client', id: clientId } })
        if (!command.payerKnown) return E.left({ _tag: 'UnknownCustomer', customer: assignment.payer })
        const inForce = customer.payers.findLast(({ validFrom }) => validFrom === assignment.validFrom)
        return E.right(
          inForce !== undefined && same(inForce, assignment) ? [] : [{ type: 'PayerAssigned', data: command.data }],
        )
      }
    }
  }

const same = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b)

const apply = (profile: Profile, change: ProfileChange): { profile: Profile; changed: ReadonlyArray<string> } => {
  const fields: Record<string, unknown> = { ...profile }
  const changed: Array<string> = []
  for (const [field, value] of Object.entries(change)) {
    if (value === undefined || same(fields[field] ?? null, value)) continue
    changed.push(field)
    if (value === null) delete fields[field]
    else fields[field] = value
  }
  return { profile: fields as Profile, changed }
}

/** Only what changed is looked at: of a customer who was erased the rest is not there. */
const checked = (
  kind: Payer['kind'],
  profile: Profile,
  changed: ReadonlyArray<string>,
  event: CustomerEvent,
): Decision => {
  const { personalIdentityNumber, organisationNumber, vatNumber, address } = profile
  if (personalIdentityNumber !== undefined && !isPersonalIdentityNumber(personalIdentityNumber))
    return E.left({ _tag: 'InvalidPersonalIdentityNumber', field: 'personalIdentityNumber' })
  // A foreign company has another kind of number, or none.
  const swedish = address === undefined || address.country === 'SE'
  const numberMatters = changed.includes('organisationNumber') || changed.includes('address')
  if (kind === 'company' && swedish && numberMatters && !isOrganisationNumber(organisationNumber ?? ''))
    return E.left({ _tag: 'InvalidOrganisationNumber', field: 'organisationNumber' })
  if (vatNumber !== undefined && !isVatNumber(vatNumber))
    return E.left({ _tag: 'InvalidVatNumber', field: 'vatNumber' })
  return E.right([event])
}

export const customerDecider: Decider<State, CustomerCommand, CustomerEvent, CustomerRefusal> = {
  initial: () => null,
  fold: (customer, events) => events.reduce(evolve, customer),
  decide,
}

export const customer: Aggregate<State, CustomerCommand, CustomerEvent, CustomerRefusal> = {
  decider: customerDecider,
  codec: customerCodec,
  opened: true,
}

export const customerStream = (payer: Payer): StreamName => `${payer.kind}/${payer.id}`
