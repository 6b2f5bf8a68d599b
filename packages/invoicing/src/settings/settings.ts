import { type Aggregate, canonicalJson, type Decider, eventCodec, oneOf, record } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { type Seller, SellerCodec } from '../ledger/invoice.js'
import { Id, isBankgiro, isOrganisationNumber, isPlusgiro, isSwish, isVatNumber } from '../values/identifiers.js'
import { type PriceEntry, type PriceHistory, priceFields } from './prices.js'

/** Where the underlag comes from: what was booked, or what was written in the journal. */
export type InvoicingBasis = 'bookings' | 'journal'
export const InvoicingBasis = oneOf('bookings', 'journal')

type TreatmentTypePrice = PriceEntry & { readonly treatmentTypeId: Id }
type ContactTypePrice = PriceEntry & { readonly contactTypeId: Id }

// Events. Names and shapes are stored: another shape is another version.
export type SettingsEvent =
  | { readonly type: 'InvoicingActivated'; readonly data: object }
  | { readonly type: 'InvoicingDeactivated'; readonly data: object }
  | { readonly type: 'InvoicingBasisSet'; readonly data: { readonly basis: InvoicingBasis } }
  | { readonly type: 'SellerSet'; readonly data: Seller }
  | { readonly type: 'TreatmentTypePriceSet'; readonly data: TreatmentTypePrice }
  | { readonly type: 'ContactTypePriceSet'; readonly data: ContactTypePrice }
  | { readonly type: 'ContactTypeHidden'; readonly data: { readonly contactTypeId: Id } }
  | { readonly type: 'ContactTypeShown'; readonly data: { readonly contactTypeId: Id } }

export const settingsCodec = eventCodec<SettingsEvent>({
  InvoicingActivated: record({}),
  InvoicingDeactivated: record({}),
  InvoicingBasisSet: record({ basis: InvoicingBasis }),
  SellerSet: SellerCodec,
  TreatmentTypePriceSet: record({ treatmentTypeId: Id, ...priceFields.required }, priceFields.optional),
  ContactTypePriceSet: record({ contactTypeId: Id, ...priceFields.required }, priceFields.optional),
  ContactTypeHidden: record({ contactTypeId: Id }),
  ContactTypeShown: record({ contactTypeId: Id }),
})

/** The clinic's settings; plain data, so that read models keep it as it is. */
export interface Settings {
  readonly activated: boolean
  readonly basis: InvoicingBasis
  readonly seller: Seller | null
  readonly treatmentTypes: Readonly<Record<Id, PriceHistory>>
  readonly contactTypes: Readonly<Record<Id, PriceHistory>>
  readonly hiddenContactTypes: Readonly<Record<Id, true>>
}

export const noSettings: Settings = {
  activated: false,
  basis: 'bookings',
  seller: null,
  treatmentTypes: {},
  contactTypes: {},
  hiddenContactTypes: {},
}

export const evolveSettings = (settings: Settings, event: SettingsEvent): Settings => {
  switch (event.type) {
    case 'InvoicingActivated':
      return { ...settings, activated: true }
    case 'InvoicingDeactivated':
      return { ...settings, activated: false }
    case 'InvoicingBasisSet':
      return { ...settings, basis: event.data.basis }
    case 'SellerSet':
      return { ...settings, seller: event.data }
    case 'TreatmentTypePriceSet': {
      const { treatmentTypeId, ...entry } = event.data
      return { ...settings, treatmentTypes: withPrice(settings.treatmentTypes, treatmentTypeId, entry) }
    }
    case 'ContactTypePriceSet': {
      const { contactTypeId, ...entry } = event.data
      return { ...settings, contactTypes: withPrice(settings.contactTypes, contactTypeId, entry) }
    }
    case 'ContactTypeHidden':
      return { ...settings, hiddenContactTypes: { ...settings.hiddenContactTypes, [event.data.contactTypeId]: true } }
    case 'ContactTypeShown': {
      const { [event.data.contactTypeId]: _, ...hiddenContactTypes } = settings.hiddenContactTypes
      return { ...settings, hiddenContactTypes }
    }
  }
}

const withPrice = (
  prices: Readonly<Record<Id, PriceHistory>>,
  id: Id,
  entry: PriceEntry,
): Readonly<Record<Id, PriceHistory>> => ({ ...prices, [id]: [...historyOf(prices, id), entry] })

/** The price history of a type; ids like `constructor` are ids as well. */
export const historyOf = (prices: Readonly<Record<Id, PriceHistory>>, id: Id): PriceHistory =>
  Object.hasOwn(prices, id) ? (prices[id] ?? []) : []

export const isHidden = (settings: Settings, contactTypeId: Id): boolean =>
  Object.hasOwn(settings.hiddenContactTypes, contactTypeId)

export type SettingsRefusal =
  | { readonly _tag: 'InvoicingNotActivated' }
  | { readonly _tag: 'UnknownContactType'; readonly contactTypeId: Id }
  | { readonly _tag: 'InvalidOrganisationNumber'; readonly field: 'organisationNumber' }
  | { readonly _tag: 'InvalidVatNumber'; readonly field: 'vatNumber' }
  | { readonly _tag: 'InvalidBankgiro'; readonly field: 'bankgiro' }
  | { readonly _tag: 'InvalidPlusgiro'; readonly field: 'plusgiro' }
  | { readonly _tag: 'InvalidSwish'; readonly field: 'swish' }

export type SettingsCommand =
  | { readonly type: 'ActivateInvoicing'; readonly data: object }
  | { readonly type: 'DeactivateInvoicing'; readonly data: object }
  | { readonly type: 'SetInvoicingBasis'; readonly data: { readonly basis: InvoicingBasis } }
  | { readonly type: 'SetSeller'; readonly data: Seller }
  | { readonly type: 'SetTreatmentTypePrice'; readonly data: TreatmentTypePrice }
  | { readonly type: 'SetContactTypePrice'; readonly data: ContactTypePrice }
  | { readonly type: 'HideContactType'; readonly data: { readonly contactTypeId: Id } }
  | { readonly type: 'ShowContactType'; readonly data: { readonly contactTypeId: Id } }

type Decision = E.Either<SettingsRefusal, ReadonlyArray<SettingsEvent>>

const decide =
  (command: SettingsCommand) =>
  (settings: Settings): Decision => {
    switch (command.type) {
      case 'ActivateInvoicing':
        return when(!settings.activated, { type: 'InvoicingActivated', data: {} })
      case 'DeactivateInvoicing':
        return when(settings.activated, { type: 'InvoicingDeactivated', data: {} })
      case 'SetInvoicingBasis':
        return settings.activated
          ? when(settings.basis !== command.data.basis, { type: 'InvoicingBasisSet', data: command.data })
          : E.left({ _tag: 'InvoicingNotActivated' })
      case 'SetSeller': {
        const refusal = invalidSeller(command.data)
        return refusal !== undefined
          ? E.left(refusal)
          : when(!same(settings.seller, command.data), { type: 'SellerSet', data: command.data })
      }
      case 'SetTreatmentTypePrice': {
        const { treatmentTypeId, ...entry } = command.data
        const known = isInForce(historyOf(settings.treatmentTypes, treatmentTypeId), entry)
        return when(!known, { type: 'TreatmentTypePriceSet', data: command.data })
      }
      case 'SetContactTypePrice': {
        const { contactTypeId, ...entry } = command.data
        const known = isInForce(historyOf(settings.contactTypes, contactTypeId), entry)
        return when(!known, { type: 'ContactTypePriceSet', data: command.data })
      }
      case 'HideContactType':
      case 'ShowContactType': {
        const { contactTypeId } = command.data
        if (historyOf(settings.contactTypes, contactTypeId).length === 0)
          return E.left({ _tag: 'UnknownContactType', contactTypeId })
        const hide = command.type === 'HideContactType'
        return when(isHidden(settings, contactTypeId) !== hide, {
          type: hide ? 'ContactTypeHidden' : 'ContactTypeShown',
          data: { contactTypeId },
        })
      }
    }
  }

const when = (changes: boolean, event: SettingsEvent): Decision => E.right(changes ? [event] : [])

const same = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b)

/** Of the entries for one day the last set counts: setting that one again changes nothing. */
const isInForce = (history: PriceHistory, entry: PriceEntry): boolean => {
  const last = history.findLast(({ validFrom }) => validFrom === entry.validFrom)
  return last !== undefined && same(last, entry)
}

const invalidSeller = (seller: Seller): SettingsRefusal | undefined => {
  if (!isOrganisationNumber(seller.organisationNumber))
    return { _tag: 'InvalidOrganisationNumber', field: 'organisationNumber' }
  if (seller.vatNumber !== undefined && !isVatNumber(seller.vatNumber))
    return { _tag: 'InvalidVatNumber', field: 'vatNumber' }
  if (seller.bankgiro !== undefined && !isBankgiro(seller.bankgiro))
    return { _tag: 'InvalidBankgiro', field: 'bankgiro' }
  if (seller.plusgiro !== undefined && !isPlusgiro(seller.plusgiro))
    return { _tag: 'InvalidPlusgiro', field: 'plusgiro' }
  if (seller.swish !== undefined && !isSwish(seller.swish)) return { _tag: 'InvalidSwish', field: 'swish' }
  return undefined
}

export const settingsDecider: Decider<Settings, SettingsCommand, SettingsEvent, SettingsRefusal> = {
  initial: () => noSettings,
  fold: (settings, events) => events.reduce(evolveSettings, settings),
  decide,
}

export const settings: Aggregate<Settings, SettingsCommand, SettingsEvent, SettingsRefusal> = {
  decider: settingsDecider,
  codec: settingsCodec,
  opened: false,
}

export const SETTINGS_STREAM = 'settings/clinic'
