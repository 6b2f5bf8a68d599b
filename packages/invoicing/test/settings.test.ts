import { given, suite } from '@underlag/kernel/testing'
import { type Seller, type SettingsCommand, type SettingsEvent, settingsDecider } from '../src/index.js'
import { care, clinic, kr, vat25 } from './support/samples.js'

const activate: SettingsCommand = { type: 'ActivateInvoicing', data: {} }
const deactivate: SettingsCommand = { type: 'DeactivateInvoicing', data: {} }
const activated: SettingsEvent = { type: 'InvoicingActivated', data: {} }
const deactivated: SettingsEvent = { type: 'InvoicingDeactivated', data: {} }
const basis = (of: 'bookings' | 'journal'): SettingsCommand => ({ type: 'SetInvoicingBasis', data: { basis: of } })
const basisSet = (of: 'bookings' | 'journal'): SettingsEvent => ({ type: 'InvoicingBasisSet', data: { basis: of } })
const setSeller = (change: Partial<Seller> = {}): SettingsCommand => ({
  type: 'SetSeller',
  data: { ...clinic, ...change },
})
const sellerSet: SettingsEvent = { type: 'SellerSet', data: clinic }
const therapy = { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1200), vat: care }
const visit = { contactTypeId: 'visit', name: 'Besök', price: kr(900), vat: vat25 }
const visitPriced: SettingsEvent = { type: 'ContactTypePriceSet', data: visit }
const hide = (contactTypeId = 'visit'): SettingsCommand => ({ type: 'HideContactType', data: { contactTypeId } })
const show = (contactTypeId = 'visit'): SettingsCommand => ({ type: 'ShowContactType', data: { contactTypeId } })
const hidden: SettingsEvent = { type: 'ContactTypeHidden', data: { contactTypeId: 'visit' } }
const shown: SettingsEvent = { type: 'ContactTypeShown', data: { contactTypeId: 'visit' } }
const clinicGiven = given(settingsDecider)

const Settings = suite('settings')

Settings('invoicing is activated and deactivated, and doing so again changes nothing', () => {
  clinicGiven().when(activate).then([activated])
  clinicGiven(activated).when(activate).nothing()
  clinicGiven(activated).when(deactivate).then([deactivated])
  clinicGiven(activated, deactivated).when(deactivate).nothing()
  clinicGiven().when(deactivate).nothing()
})

Settings('the basis is set only while invoicing is activated; bookings is the default', () => {
  clinicGiven().when(basis('journal')).refused({ _tag: 'InvoicingNotActivated' })
  clinicGiven(activated, deactivated).when(basis('journal')).refused({ _tag: 'InvoicingNotActivated' })
  clinicGiven(activated).when(basis('bookings')).nothing()
  clinicGiven(activated)
    .when(basis('journal'))
    .then([basisSet('journal')])
  clinicGiven(activated, basisSet('journal'))
    .when(basis('bookings'))
    .then([basisSet('bookings')])
})

Settings('a seller is set, also before invoicing is activated; the same again changes nothing', () => {
  clinicGiven().when(setSeller()).then([sellerSet])
  clinicGiven(sellerSet).when(setSeller()).nothing()
  const other = { ...clinic, wholeKronor: true }
  clinicGiven(sellerSet)
    .when(setSeller({ wholeKronor: true }))
    .then([{ type: 'SellerSet', data: other }])
})

Settings('a seller with a wrong number is refused, and the refusal names the field', () => {
  const refused = (change: Partial<Seller>) => clinicGiven().when(setSeller(change)).refused
  refused({ organisationNumber: '556677-8890' })({ _tag: 'InvalidOrganisationNumber', field: 'organisationNumber' })
  refused({ vatNumber: 'SE556677889002' })({ _tag: 'InvalidVatNumber', field: 'vatNumber' })
  refused({ bankgiro: '5050-1056' })({ _tag: 'InvalidBankgiro', field: 'bankgiro' })
  refused({ plusgiro: '123' })({ _tag: 'InvalidPlusgiro', field: 'plusgiro' })
  refused({ swish: '12345' })({ _tag: 'InvalidSwish', field: 'swish' })
})

Settings('a price is set; the one in force for its day again changes nothing, an earlier one again does', () => {
  const set = (price: number, validFrom?: string): SettingsCommand => ({
    type: 'SetTreatmentTypePrice',
    data: { ...therapy, price: kr(price), ...(validFrom === undefined ? {} : { validFrom }) },
  })
  const event = (price: number, validFrom?: string): SettingsEvent => ({
    type: 'TreatmentTypePriceSet',
    data: { ...therapy, price: kr(price), ...(validFrom === undefined ? {} : { validFrom }) },
  })
  clinicGiven()
    .when(set(1200))
    .then([event(1200)])
  clinicGiven(event(1200)).when(set(1200)).nothing()
  clinicGiven(event(1200))
    .when(set(1200, '2026-01-01'))
    .then([event(1200, '2026-01-01')])
  clinicGiven(event(1200), event(1300))
    .when(set(1200))
    .then([event(1200)])
})

Settings('a contact type is priced, hidden and shown; one without a price is unknown', () => {
  clinicGiven().when({ type: 'SetContactTypePrice', data: visit }).then([visitPriced])
  clinicGiven(visitPriced).when({ type: 'SetContactTypePrice', data: visit }).nothing()
  clinicGiven().when(hide()).refused({ _tag: 'UnknownContactType', contactTypeId: 'visit' })
  clinicGiven().when(show()).refused({ _tag: 'UnknownContactType', contactTypeId: 'visit' })
  clinicGiven(visitPriced)
    .when(hide('constructor'))
    .refused({ _tag: 'UnknownContactType', contactTypeId: 'constructor' })
  clinicGiven(visitPriced).when(hide()).then([hidden])
  clinicGiven(visitPriced, hidden).when(hide()).nothing()
  clinicGiven(visitPriced, hidden).when(show()).then([shown])
  clinicGiven(visitPriced, hidden, shown).when(show()).nothing()
})
