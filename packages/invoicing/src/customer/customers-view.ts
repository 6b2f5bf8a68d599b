import {
  type Json,
  type JsonObject,
  type Projection,
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
  readonly profile: SealedRef | null
  readonly payers: ReadonlyArray<{
    readonly payer: Payer
    readonly validFrom?: string
    readonly showAs?: ShowAs
    readonly reference: SealedRef | null
  }>
}

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
  const { data } = event
  if (event.type === 'PayerAssigned') {
    const { payer, validFrom, showAs } = data as unknown as PayerAssignment
    const assignment = {
      payer,
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(showAs === undefined ? {} : { showAs }),
      reference: sealedIn(event),
    }
    const customer: Payer = { kind: 'client', id: data.clientId as Id }
    return { customer, profile: document?.profile ?? null, payers: [...(document?.payers ?? []), assignment] }
  }
  const customer: Payer =
    data.companyId === undefined
      ? { kind: 'client', id: data.clientId as Id }
      : { kind: 'company', id: data.companyId as Id }
  return { customer, profile: sealedIn(event), payers: document?.payers ?? [] }
}

/** Customers by `client:ID` or `company:ID`; under `payer` each client's assigned payers, whenever they pay. */
export const customersView: Projection = {
  table: { name: 'customers', version: 1 },
  keys,
  evolve: evolve as unknown as Projection['evolve'],
  terms: (document: Json) =>
    [...new Set((document as unknown as CustomerDocument).payers.map(({ payer }) => payerKey(payer)))].map(
      (payer) => ['payer', payer] as const,
    ),
}

type Open = (ref: SealedRef) => JsonObject | undefined

/** What is known of a customer, as far as it was not erased. */
export const openProfile = ({ profile }: CustomerDocument, open: Open): Profile =>
  Object.fromEntries(
    Object.entries((profile === null ? undefined : open(profile)) ?? {}).map(([pointer, value]) => [
      pointer.slice(1),
      value,
    ]),
  )

/** Who pays for a client, with the references opened. */
export const openPayers = ({ payers }: CustomerDocument, open: Open): ReadonlyArray<PayerAssignment> =>
  payers.map(({ reference, ...assignment }) => {
    const opened = reference === null ? undefined : open(reference)?.['/reference']
    return typeof opened === 'string' ? { ...assignment, reference: opened } : assignment
  })

/** Every sealed part that showing these customers opens. */
export const customerRefs = ({ profile, payers }: CustomerDocument): ReadonlyArray<SealedRef> =>
  [profile, ...payers.map(({ reference }) => reference)].filter((ref) => ref !== null)
