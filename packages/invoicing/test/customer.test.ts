import { given, suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { type CustomerCommand, type CustomerEvent, customerDecider, type Payer, payerOn } from '../src/index.js'
import { address } from './support/samples.js'

const anna: CustomerEvent = { type: 'ClientRegistered', data: { clientId: 'c1', name: 'Anna Berg', email: 'a@x.se' } }
const acmeData = { companyId: 'f1', name: 'Acme AB', organisationNumber: '556677-8899', address }
const acme: CustomerEvent = { type: 'CompanyRegistered', data: acmeData }
const abroad = { lines: ['Main St 1'], postalCode: '10115', city: 'Berlin', country: 'DE' }
const client: Payer = { kind: 'client', id: 'c1' }
const company: Payer = { kind: 'company', id: 'f1' }
const customerGiven = given(customerDecider)
const assign = (data: object, payerKnown = true): CustomerCommand => ({
  type: 'AssignPayer',
  data: { clientId: 'c1', payer: company, ...data },
  payerKnown,
})
const assigned = (data: object = {}): CustomerEvent => ({
  type: 'PayerAssigned',
  data: { clientId: 'c1', payer: company, ...data },
})

const Customers = suite('customers')

Customers('a client is registered once', () => {
  const data = { clientId: 'c1', name: 'Anna Berg', personalIdentityNumber: '811218-9876' }
  customerGiven()
    .when({ type: 'RegisterClient', data })
    .then([{ type: 'ClientRegistered', data }])
  customerGiven(anna).when({ type: 'RegisterClient', data }).refused({ _tag: 'CustomerExists', customer: client })
})

Customers('a personal identity number must be one', () => {
  const refusal = { _tag: 'InvalidPersonalIdentityNumber', field: 'personalIdentityNumber' } as const
  const wrong = { clientId: 'c1', name: 'Anna', personalIdentityNumber: '811218-9877' }
  customerGiven().when({ type: 'RegisterClient', data: wrong }).refused(refusal)
  customerGiven(anna)
    .when({ type: 'ChangeClient', data: { clientId: 'c1', personalIdentityNumber: '8112189877' } })
    .refused(refusal)
})

Customers('a change carries the whole profile after it; null clears; what is so already changes nothing', () => {
  const change = (data: object): CustomerCommand => ({ type: 'ChangeClient', data: { clientId: 'c1', ...data } })
  customerGiven()
    .when(change({ name: 'Anna' }))
    .refused({ _tag: 'UnknownCustomer', customer: client })
  customerGiven(anna)
    .when(change({ name: 'Anna Ek', address }))
    .then([
      {
        type: 'ClientChanged',
        data: { clientId: 'c1', changed: ['name', 'address'], name: 'Anna Ek', email: 'a@x.se', address },
      },
    ])
  customerGiven(anna)
    .when(change({ email: null }))
    .then([{ type: 'ClientChanged', data: { clientId: 'c1', changed: ['email'], name: 'Anna Berg' } }])
  customerGiven(anna)
    .when(change({ name: 'Anna Berg', address: null }))
    .nothing()
  customerGiven(anna).when(change({})).nothing()
})

Customers('a company is registered once; a Swedish one needs its organisation number, a foreign one does not', () => {
  const register = (change: object): CustomerCommand => ({ type: 'RegisterCompany', data: { ...acmeData, ...change } })
  customerGiven().when(register({})).then([acme])
  customerGiven(acme).when(register({})).refused({ _tag: 'CustomerExists', customer: company })
  const invalid = { _tag: 'InvalidOrganisationNumber', field: 'organisationNumber' } as const
  customerGiven()
    .when(register({ organisationNumber: '556677-8898' }))
    .refused(invalid)
  const { organisationNumber: _, ...without } = acmeData
  customerGiven().when({ type: 'RegisterCompany', data: without }).refused(invalid)
  const german = { ...without, address: abroad, vatNumber: 'DE123456789' }
  customerGiven()
    .when({ type: 'RegisterCompany', data: german })
    .then([{ type: 'CompanyRegistered', data: german }])
  customerGiven()
    .when(register({ vatNumber: 'SE12' }))
    .refused({ _tag: 'InvalidVatNumber', field: 'vatNumber' })
})

Customers('a company is changed by the same rules', () => {
  const change = (data: object): CustomerCommand => ({ type: 'ChangeCompany', data: { companyId: 'f1', ...data } })
  customerGiven()
    .when(change({ name: 'Acme' }))
    .refused({ _tag: 'UnknownCustomer', customer: company })
  customerGiven(acme)
    .when(change({ buyerReference: 'Ref 1' }))
    .then([{ type: 'CompanyChanged', data: { ...acmeData, changed: ['buyerReference'], buyerReference: 'Ref 1' } }])
  const invalid = { _tag: 'InvalidOrganisationNumber', field: 'organisationNumber' } as const
  customerGiven(acme)
    .when(change({ organisationNumber: null }))
    .refused(invalid)
  const { organisationNumber: _, ...without } = acmeData
  const german: CustomerEvent = { type: 'CompanyRegistered', data: { ...without, address: abroad } }
  customerGiven(german).when(change({ address })).refused(invalid)
  customerGiven(acme)
    .when(change({ vatNumber: 'SE556677889902' }))
    .refused({ _tag: 'InvalidVatNumber', field: 'vatNumber' })
})

Customers('one whose data was erased can be changed all the same', () => {
  const erased: CustomerEvent = { type: 'CompanyRegistered', data: { companyId: 'f1' } }
  customerGiven(erased)
    .when({ type: 'ChangeCompany', data: { companyId: 'f1', email: 'ny@acme.se' } })
    .then([{ type: 'CompanyChanged', data: { companyId: 'f1', changed: ['email'], email: 'ny@acme.se' } }])
})

Customers('a payer is assigned from a day on; both must be known; the same again changes nothing', () => {
  customerGiven().when(assign({})).refused({ _tag: 'UnknownCustomer', customer: client })
  customerGiven(anna).when(assign({}, false)).refused({ _tag: 'UnknownCustomer', customer: company })
  customerGiven(anna)
    .when(assign({ validFrom: '2026-01-01', reference: 'S-1', showAs: 'initials' }))
    .then([assigned({ validFrom: '2026-01-01', reference: 'S-1', showAs: 'initials' })])
  customerGiven(anna, assigned()).when(assign({})).nothing()
  customerGiven(anna, assigned())
    .when(assign({ reference: 'S-1' }))
    .then([assigned({ reference: 'S-1' })])
  customerGiven(anna, assigned(), assigned({ payer: client }))
    .when(assign({}))
    .then([assigned()])
})

Customers('assignments survive a change of the profile', () => {
  const changed: CustomerEvent = { type: 'ClientChanged', data: { clientId: 'c1', changed: ['name'], name: 'A' } }
  const state = customerDecider.fold(customerDecider.initial(), [anna, assigned(), changed])
  assert.equal(state, { profile: { name: 'A' }, payers: [{ payer: company }] })
})

Customers('who pays follows the day of service; of two for one day the later counts', () => {
  const mother: Payer = { kind: 'client', id: 'c9' }
  const payers = [
    { payer: company, validFrom: '2026-02-01' },
    { payer: mother },
    { payer: mother, validFrom: '2026-03-01' },
  ]
  const on = (date: string) => payerOn('c1', payers, date).payer
  assert.equal(payerOn('c1', [], '2026-01-01').payer, client)
  assert.equal(payerOn('c1', [{ payer: company, validFrom: '2026-02-01' }], '2026-01-31').payer, client)
  assert.equal(on('2026-01-31'), mother)
  assert.equal(on('2026-02-01'), company)
  assert.equal(on('2026-03-01'), mother)
  assert.equal(payerOn('c1', [...payers, { payer: client, validFrom: '2026-03-01' }], '2026-03-02').payer, client)
})
