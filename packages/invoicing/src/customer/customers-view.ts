import {
  type Json,
  type JsonObject,
  type Past,
  type Projection,
  pastAfter,
  type RecordedEvent,
  type SealedRef,
  sealedIn,
} from '@underlag/kernel'
import type { Id } from '../values/identifiers.js'
import { type Payer, payerKey } from '../values/party.js'
import type { PayerAssignment, Profile, ShowAs } from './customer.js'

/** A customer as read models keep one: sealed, opened at the query. */
export interface CustomerDocument {
  readonly customer: Payer
  readonly profile?: SealedRef
  readonly payers: ReadonlyArray<{
    readonly payer: Payer
    readonly validFrom?: string
    readonly showAs?: ShowAs
    readonly reference: SealedRef | null
  }>
  readonly past: Past<CustomerParts>
}

/** What of a customer changes. */
export type CustomerParts = Pick<CustomerDocument, 'profile' | 'payers'>

const PARTS = ['profile', 'payers'] as const

const keys = ({ type, data }: RecordedEvent): ReadonlyArray<string> => {
  switch (type) {
    case 'ClientRegistered':
    case 'ClientChanged':
    case 'PayerAssigned':
      return [`client:${data.clientId}`]
    case 'CompanyRegistered':
    case 'CompanyChanged':
      return [`company:${data.companyId}`]
    default:
      return []
  }
}

const evolve = (document: CustomerDocument | undefined, event: RecordedEvent): CustomerDocument => {
  const { data, metadata } = event
  const customer: Payer =
    data.companyId === undefined
      ? { kind: 'client', id: data.clientId as Id }
      : { kind: 'company', id: data.companyId as Id }
  const before = document ?? { payers: [], past: [] }
  const after = changed(before, event)
  return { customer, ...after, past: pastAfter<CustomerParts>(PARTS, before.past, before, after, metadata.recordedAt) }
}

const changed = ({ profile, payers }: CustomerParts, event: RecordedEvent): CustomerParts => {
  if (event.type !== 'PayerAssigned') {
    const sealed = sealedIn(event)
    return { ...(sealed === null ? {} : { profile: sealed }), payers }
  }
  const { payer, validFrom, showAs } = event.data as unknown as PayerAssignment
  const assignment = {
    payer,
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(showAs === undefined ? {} : { showAs }),
    reference: sealedIn(event),
  }
  return { ...(profile === undefined ? {} : { profile }), payers: [...payers, assignment] }
}

/** Customers by `client:ID` or `company:ID`; under `payer` each client's assigned payers, whenever they pay. */
export const customersView: Projection = {
  table: { name: 'customers', version: 2 },
  keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: (document: Json) =>
    [...new Set((document as unknown as CustomerDocument).payers.map(({ payer }) => payerKey(payer)))].map(
      (payer) => ['payer', payer] as const,
    ),
}

type Open = (ref: SealedRef) => JsonObject | undefined

/** What is known of a customer, as far as it was not erased. */
export const openProfile = ({ profile }: CustomerParts, open: Open): Profile =>
  Object.fromEntries(
    Object.entries((profile === undefined ? undefined : open(profile)) ?? {}).map(([pointer, value]) => [
      pointer.slice(1),
      value,
    ]),
  )

/** Who pays for a client, with the references opened. */
export const openPayers = ({ payers }: CustomerParts, open: Open): ReadonlyArray<PayerAssignment> =>
  payers.map(({ reference, ...assignment }) => {
    const opened = reference === null ? undefined : open(reference)?.['/reference']
    return typeof opened === 'string' ? { ...assignment, reference: opened } : assignment
  })

/** Every sealed part that showing these customers opens. */
export const customerRefs = ({ profile, payers }: CustomerParts): ReadonlyArray<SealedRef> =>
  [profile, ...payers.map(({ reference }) => reference)].filter((ref) => ref !== undefined && ref !== null)
