import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import type { Accepted, Answer } from '../src/index.js'
import { type Clinic, inClinic, right, settled } from './support/clinic.js'
import { acme, address, anna, bo, care, kr, onDay, clinic as seller, vat25 } from './support/samples.js'
import { stores } from './support/stores.js'

/** Events of an answer without where they are stored. */
const events = ({ events: found }: Accepted): ReadonlyArray<readonly [string, object]> =>
  found.map(({ type, data }) => [type, data] as const)

/** The data of the one event of an answer. */
const only = ({ events: found }: Accepted, type: string): Readonly<Record<string, unknown>> => {
  assert.equal(
    found.map((event) => event.type),
    [type],
  )
  return { ...found[0]?.data }
}

const nothing = (answer: Accepted): void => {
  assert.equal(answer.events, [])
  assert.is(answer.warnings, undefined)
}

for (const kind of stores) {
  const Settings = suite(`commands on ${kind.name}: settings`)

  Settings(
    'activates and deactivates; twice changes nothing',
    inClinic(kind, async ({ accept }) => {
      assert.equal(events(await accept('ActivateInvoicing', {})), [['InvoicingActivated', {}]])
      nothing(await accept('ActivateInvoicing', {}))
      assert.equal(events(await accept('DeactivateInvoicing', {})), [['InvoicingDeactivated', {}]])
      nothing(await accept('DeactivateInvoicing', {}))
    }),
  )

  Settings(
    'takes ActivateInvoicing without data',
    inClinic(kind, async ({ underlag }) => {
      const answer = await right(underlag.execute({ type: 'ActivateInvoicing', commandId: 'a1' }))
      assert.equal(answer.ok && answer.events[0]?.type, 'InvoicingActivated')
    }),
  )

  Settings(
    'sets the basis while activated, and refuses it otherwise',
    inClinic(kind, async ({ accept, refuse }) => {
      assert.equal(await refuse('SetInvoicingBasis', { basis: 'journal' }), { _tag: 'InvoicingNotActivated' })
      await accept('ActivateInvoicing', {})
      nothing(await accept('SetInvoicingBasis', { basis: 'bookings' }))
      assert.equal(events(await accept('SetInvoicingBasis', { basis: 'journal' })), [
        ['InvoicingBasisSet', { basis: 'journal' }],
      ])
    }),
  )

  Settings(
    'sets the seller, and says which of its numbers is wrong',
    inClinic(kind, async ({ accept, refuse }) => {
      for (const [field, value, tag] of [
        ['organisationNumber', '556677-8898', 'InvalidOrganisationNumber'],
        ['vatNumber', 'SE556677889801', 'InvalidVatNumber'],
        ['bankgiro', '5050-1056', 'InvalidBankgiro'],
        ['plusgiro', '123', 'InvalidPlusgiro'],
        ['swish', '0812345678', 'InvalidSwish'],
      ] as const)
        assert.equal(await refuse('SetSeller', { ...seller, [field]: value }), { _tag: tag, field })
      assert.equal(events(await accept('SetSeller', seller)), [['SellerSet', seller]])
      nothing(await accept('SetSeller', seller))
    }),
  )

  Settings(
    'sets the number series before the first invoice and never after',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      const series = { prefix: 'F-', firstNumber: 1042 }
      assert.equal(events(await accept('SetNumberSeries', series)), [['NumberSeriesSet', series]])
      nothing(await accept('SetNumberSeries', series))
      await booked(clinic, 'b1')
      const registered = await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      const { invoiceNumber, sequence } = only(registered, 'InvoiceRegistered')
      assert.equal([invoiceNumber, sequence], ['F-1042', 1042])
      assert.equal(await refuse('SetNumberSeries', { firstNumber: 1 }), { _tag: 'SeriesStarted' })
    }),
  )

  Settings(
    'sets prices of treatment and contact types; the same again changes nothing',
    inClinic(kind, async ({ accept }) => {
      const price = { treatmentTypeId: 't1', name: 'Samtal', price: kr(900), vat: care, validFrom: '2026-01-01' }
      assert.equal(events(await accept('SetTreatmentTypePrice', price)), [['TreatmentTypePriceSet', price]])
      nothing(await accept('SetTreatmentTypePrice', price))
      const contact = { contactTypeId: 'k1', name: 'Besök', price: kr(900), vat: vat25 }
      assert.equal(events(await accept('SetContactTypePrice', contact)), [['ContactTypePriceSet', contact]])
      nothing(await accept('SetContactTypePrice', contact))
    }),
  )

  Settings(
    'hides and shows a contact type it knows',
    inClinic(kind, async ({ accept, refuse }) => {
      for (const type of ['HideContactType', 'ShowContactType'] as const)
        assert.equal(await refuse(type, { contactTypeId: 'k1' }), { _tag: 'UnknownContactType', contactTypeId: 'k1' })
      await accept('SetContactTypePrice', { contactTypeId: 'k1', name: 'Besök', price: kr(900), vat: care })
      nothing(await accept('ShowContactType', { contactTypeId: 'k1' }))
      const hidden = await accept('HideContactType', { contactTypeId: 'k1' })
      assert.equal(events(hidden), [['ContactTypeHidden', { contactTypeId: 'k1' }]])
      nothing(await accept('HideContactType', { contactTypeId: 'k1' }))
      const shown = await accept('ShowContactType', { contactTypeId: 'k1' })
      assert.equal(events(shown), [['ContactTypeShown', { contactTypeId: 'k1' }]])
    }),
  )

  const Customers = suite(`commands on ${kind.name}: customers`)

  Customers(
    'registers and changes a client',
    inClinic(kind, async ({ accept, refuse }) => {
      const client = { clientId: 'c1', name: 'Åsa Öberg', email: 'asa@example.se', address, language: 'en' as const }
      assert.equal(await refuse('ChangeClient', { clientId: 'c1', name: 'X' }), {
        _tag: 'UnknownCustomer',
        customer: { kind: 'client', id: 'c1' },
      })
      assert.equal(await refuse('RegisterClient', { ...client, personalIdentityNumber: '19811218-9877' }), {
        _tag: 'InvalidPersonalIdentityNumber',
        field: 'personalIdentityNumber',
      })
      assert.equal(events(await accept('RegisterClient', client)), [['ClientRegistered', client]])
      assert.equal(await refuse('RegisterClient', client), {
        _tag: 'CustomerExists',
        customer: { kind: 'client', id: 'c1' },
      })
      const { email: _, ...rest } = client
      const changed = await accept('ChangeClient', { clientId: 'c1', email: null, name: 'Åsa Ek' })
      const { changed: fields, ...profile } = only(changed, 'ClientChanged')
      assert.equal([...(fields as ReadonlyArray<string>)].sort(), ['email', 'name'])
      assert.equal(profile, { ...rest, name: 'Åsa Ek' })
      nothing(await accept('ChangeClient', { clientId: 'c1', email: null, name: 'Åsa Ek' }))
      assert.equal(await refuse('ChangeClient', { clientId: 'c1', personalIdentityNumber: '8112189877' }), {
        _tag: 'InvalidPersonalIdentityNumber',
        field: 'personalIdentityNumber',
      })
      await accept('ChangeClient', { clientId: 'c1', personalIdentityNumber: '811218-9876' })
    }),
  )

  Customers(
    'registers and changes a company; a Swedish one has an organisation number',
    inClinic(kind, async ({ accept, refuse }) => {
      const company = { companyId: 'f1', name: 'Acme AB', organisationNumber: '556677-8899', address }
      const { organisationNumber: _, ...numberless } = company
      const customer = { kind: 'company', id: 'f1' } as const
      assert.equal(await refuse('ChangeCompany', { companyId: 'f1', name: 'X' }), { _tag: 'UnknownCustomer', customer })
      const noNumber = { _tag: 'InvalidOrganisationNumber', field: 'organisationNumber' }
      assert.equal(await refuse('RegisterCompany', numberless), noNumber)
      assert.equal(await refuse('RegisterCompany', { ...company, organisationNumber: '5566778890' }), noNumber)
      const noVat = { _tag: 'InvalidVatNumber', field: 'vatNumber' }
      assert.equal(await refuse('RegisterCompany', { ...company, vatNumber: 'SE1' }), noVat)
      assert.equal(events(await accept('RegisterCompany', company)), [['CompanyRegistered', company]])
      assert.equal(await refuse('RegisterCompany', company), { _tag: 'CustomerExists', customer })
      await accept('RegisterCompany', { ...numberless, companyId: 'no1', address: { ...address, country: 'NO' } })
      assert.equal(await refuse('ChangeCompany', { companyId: 'f1', organisationNumber: null }), noNumber)
      assert.equal(await refuse('ChangeCompany', { companyId: 'f1', vatNumber: 'SE1' }), noVat)
      const changed = await accept('ChangeCompany', { companyId: 'f1', buyerReference: 'Kim' })
      assert.equal(events(changed), [
        ['CompanyChanged', { ...company, buyerReference: 'Kim', changed: ['buyerReference'] }],
      ])
    }),
  )

  Customers(
    'assigns a payer that is known to a client that is known',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      const stranger = { kind: 'client', id: 'nobody' } as const
      assert.equal(await refuse('AssignPayer', { clientId: 'nobody', payer: acme }), {
        _tag: 'UnknownCustomer',
        customer: stranger,
      })
      assert.equal(await refuse('AssignPayer', { clientId: 'anna', payer: stranger }), {
        _tag: 'UnknownCustomer',
        customer: stranger,
      })
      const assigned = {
        clientId: 'anna',
        payer: acme,
        validFrom: '2026-03-01',
        reference: 'KST 12',
        showAs: 'initials' as const,
      }
      assert.equal(events(await accept('AssignPayer', assigned)), [['PayerAssigned', assigned]])
      nothing(await accept('AssignPayer', assigned))
      await accept('AssignPayer', { clientId: 'anna', payer: anna, validFrom: '2026-03-01' })
      assert.is((await accept('AssignPayer', assigned)).events.length, 1, 'another was set for that day meanwhile')
    }),
  )

  const Facts = suite(`commands on ${kind.name}: facts`)

  Facts(
    'records, reschedules and cancels a booking, also while invoicing is not activated',
    inClinic(kind, async ({ accept, refuse }) => {
      const fact = { bookingId: 'b1', clientId: 'c1', treatmentTypeId: 't1', startsAt: onDay(2), practitioner: 'Dr Ek' }
      assert.equal(await refuse('RecordBooking', fact), {
        _tag: 'UnknownCustomer',
        customer: { kind: 'client', id: 'c1' },
      })
      for (const type of ['CancelBooking', 'MarkBookingUnpaid'] as const)
        assert.equal(await refuse(type, { bookingId: 'b1' }), { _tag: 'UnknownBooking', bookingId: 'b1' })
      assert.equal(await refuse('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(3) }), {
        _tag: 'UnknownBooking',
        bookingId: 'b1',
      })
      assert.equal(await refuse('MarkBookingPaid', { bookingId: 'b1', method: 'card' }), {
        _tag: 'UnknownBooking',
        bookingId: 'b1',
      })
      await accept('RegisterClient', { clientId: 'c1', name: 'Anna' })
      const recorded = await accept('RecordBooking', fact)
      assert.equal(events(recorded), [['BookingRecorded', fact]])
      assert.is(recorded.warnings, undefined)
      assert.equal(await refuse('RecordBooking', fact), { _tag: 'BookingExists', bookingId: 'b1' })
      assert.equal(events(await accept('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(3) })), [
        ['BookingRescheduled', { bookingId: 'b1', startsAt: onDay(3) }],
      ])
      nothing(await accept('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(3) }))
      assert.equal(events(await accept('CancelBooking', { bookingId: 'b1' })), [
        ['BookingCancelled', { bookingId: 'b1' }],
      ])
      const cancelled = { _tag: 'BookingCancelled', bookingId: 'b1' }
      assert.equal(await refuse('CancelBooking', { bookingId: 'b1' }), cancelled)
      assert.equal(await refuse('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(4) }), cancelled)
      assert.equal(await refuse('MarkBookingPaid', { bookingId: 'b1', method: 'card' }), cancelled)
      assert.equal(await refuse('RecordBooking', fact), { _tag: 'BookingExists', bookingId: 'b1' })
    }),
  )

  Facts(
    'marks a booking paid in every way there is, and unpaid again; unpaid also when it is cancelled',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      await booked(clinic, 'b1')
      assert.equal(await refuse('MarkBookingUnpaid', { bookingId: 'b1' }), { _tag: 'NotPaid', bookingId: 'b1' })
      for (const method of ['cash', 'card', 'swish', 'benefitCard', 'freeOfCharge', 'other'] as const) {
        const paid = await accept('MarkBookingPaid', { bookingId: 'b1', method, note: 'vid disken' })
        const { bookingId, method: stored, note } = only(paid, 'BookingMarkedPaid')
        assert.equal([bookingId, stored, note], ['b1', method, 'vid disken'])
        assert.equal(await refuse('MarkBookingPaid', { bookingId: 'b1', method }), {
          _tag: 'AlreadyPaid',
          bookingId: 'b1',
        })
        if (method === 'other') await accept('CancelBooking', { bookingId: 'b1' })
        assert.equal(events(await accept('MarkBookingUnpaid', { bookingId: 'b1' })), [
          ['BookingMarkedUnpaid', { bookingId: 'b1' }],
        ])
      }
    }),
  )

  Facts(
    'records and removes a journal entry, with a booking that is known or not; its id stays taken',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      const fact = {
        journalEntryId: 'e1',
        clientId: 'anna',
        contactTypeId: 'visit',
        occurredAt: onDay(2),
        bookingId: 'unknown-yet',
      }
      assert.equal(await refuse('RecordJournalEntry', { ...fact, clientId: 'nobody' }), {
        _tag: 'UnknownCustomer',
        customer: { kind: 'client', id: 'nobody' },
      })
      assert.equal(await refuse('RemoveJournalEntry', { journalEntryId: 'e1' }), {
        _tag: 'UnknownJournalEntry',
        journalEntryId: 'e1',
      })
      assert.equal(events(await accept('RecordJournalEntry', fact)), [['JournalEntryRecorded', fact]])
      const exists = { _tag: 'JournalEntryExists', journalEntryId: 'e1' }
      assert.equal(await refuse('RecordJournalEntry', fact), exists)
      const removed = await accept('RemoveJournalEntry', { journalEntryId: 'e1' })
      assert.is(removed.events[0]?.type, 'JournalEntryRemoved')
      nothing(await accept('RemoveJournalEntry', { journalEntryId: 'e1' }))
      assert.equal(await refuse('RecordJournalEntry', fact), exists)
    }),
  )

  const Edits = suite(`commands on ${kind.name}: edits`)

  Edits(
    'changes a line in what is given, and takes a change back with null',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      for (const itemId of ['booking:b1', 'journalEntry:e1', 'line:l1']) {
        assert.equal(await refuse('ChangeLine', { itemId, quantity: '2' }), { _tag: 'UnknownItem', items: [itemId] })
        assert.equal(await refuse('ExcludeItem', { itemId }), { _tag: 'UnknownItem', items: [itemId] })
        assert.equal(await refuse('IncludeItem', { itemId }), { _tag: 'UnknownItem', items: [itemId] })
      }
      await everySource(clinic)
      for (const itemId of ['booking:b1', 'journalEntry:e1', 'line:l1']) {
        const change = {
          price: kr(10),
          vat: vat25,
          quantity: '1.5',
          description: 'Efter överenskommelse',
          discountPercent: '12.5',
        }
        const changed = await accept('ChangeLine', { itemId, ...change })
        const { itemId: id, subject: _, bookingId: __, ...stored } = only(changed, 'LineChanged')
        assert.equal([id, stored], [itemId, change])
        nothing(await accept('ChangeLine', { itemId, ...change }))
        nothing(await accept('ChangeLine', { itemId }))
        const none = { price: null, vat: null, quantity: null, description: null, discountPercent: null }
        assert.is((await accept('ChangeLine', { itemId, ...none })).events.length, 1)
        nothing(await accept('ChangeLine', { itemId, ...none }))
      }
    }),
  )

  Edits(
    'keeps an item off the invoices until it is put back',
    inClinic(kind, async (clinic) => {
      const { accept } = clinic
      await settled(clinic)
      await everySource(clinic)
      for (const itemId of ['booking:b1', 'journalEntry:e1', 'line:l1']) {
        nothing(await accept('IncludeItem', { itemId }))
        assert.is((await accept('ExcludeItem', { itemId })).events[0]?.type, 'ItemExcluded')
        nothing(await accept('ExcludeItem', { itemId }))
        assert.is((await accept('IncludeItem', { itemId })).events[0]?.type, 'ItemIncluded')
      }
    }),
  )

  Edits(
    'adds and removes a line; its day is that of the command, in the time zone of the seller',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      const line = { lineId: 'l1', payer: acme, description: 'Intyg', quantity: '1', price: kr(500), vat: vat25 }
      const nobody = { kind: 'client', id: 'nobody' } as const
      assert.equal(await refuse('AddLine', { ...line, payer: nobody }), { _tag: 'UnknownCustomer', customer: nobody })
      assert.equal(await refuse('AddLine', { ...line, clientId: 'nobody' }), {
        _tag: 'UnknownCustomer',
        customer: nobody,
      })
      assert.equal(await refuse('RemoveLine', { lineId: 'l1' }), { _tag: 'UnknownItem', items: ['line:l1'] })
      const added = await accept('AddLine', line, { at: '2026-03-09T23:30:00Z' })
      assert.equal(events(added), [['LineAdded', { ...line, date: '2026-03-10' }]])
      assert.equal(await refuse('AddLine', line), { _tag: 'LineExists', lineId: 'l1' })
      assert.equal(events(await accept('RemoveLine', { lineId: 'l1' })), [['LineRemoved', { lineId: 'l1' }]])
      nothing(await accept('RemoveLine', { lineId: 'l1' }))
      assert.equal(await refuse('AddLine', line), { _tag: 'LineExists', lineId: 'l1' })
    }),
  )

  Edits(
    'refuses to change, exclude or remove what is invoiced, of the whole visit',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      await booked(clinic, 'b1')
      await accept('RecordJournalEntry', {
        journalEntryId: 'of-b1',
        clientId: 'anna',
        contactTypeId: 'visit',
        occurredAt: onDay(2),
        bookingId: 'b1',
      })
      await accept('AddLine', {
        lineId: 'l1',
        payer: anna,
        description: 'Intyg',
        quantity: '1',
        price: kr(100),
        vat: vat25,
      })
      await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      for (const itemId of ['booking:b1', 'journalEntry:of-b1', 'line:l1']) {
        for (const refusal of [
          await refuse('ChangeLine', { itemId, quantity: '2' }),
          await refuse('ExcludeItem', { itemId }),
          await refuse('IncludeItem', { itemId }),
        ])
          assert.equal([refusal._tag, refusal.items], ['AlreadyInvoiced', [itemId]])
      }
      const refusal = await refuse('RemoveLine', { lineId: 'l1' })
      assert.equal([refusal._tag, refusal.items], ['AlreadyInvoiced', ['line:l1']])
    }),
  )

  const Invoices = suite(`commands on ${kind.name}: invoices`)

  Invoices(
    'answers a registration and its preview as the invoice stands that day, also when it is backdated',
    inClinic(kind, async (clinic) => {
      const { accept, underlag, sent, clock } = clinic
      await settled(clinic)
      await booked(clinic, 'b1')
      const backdated = { payer: anna, delivery: 'none', invoiceDate: '2026-01-01' } as const
      const previewed = await right(
        underlag.preview({ type: 'RegisterInvoice', commandId: 'preview', data: backdated }),
      )
      const answer = await accept('RegisterInvoice', backdated)
      const { status, dueDate } = only(answer, 'InvoiceRegistered')
      assert.equal([status, dueDate, previewed.invoices[0]?.status], ['overdue', '2026-01-31', 'overdue'])
      clock.now = '2026-09-01T10:00:00.000Z'
      assert.equal(await right(underlag.execute(sent.at(-1))), answer)
    }),
  )

  Invoices(
    'say of each conflict a way out that is open, also of a line of nothing and of a deduction',
    inClinic(kind, async (clinic) => {
      const { accept, refuse, underlag } = clinic
      await settled(clinic)
      for (const bookingId of ['whole', 'none', 'minus']) await booked(clinic, bookingId)
      await accept('ChangeLine', { itemId: 'booking:none', quantity: '0' })
      await accept('ChangeLine', { itemId: 'booking:minus', quantity: '-0.5' })
      await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      for (const bookingId of ['none', 'minus']) await accept('CancelBooking', { bookingId })
      const conflicts = async () => (await right(underlag.basis())).conflicts
      const [minus, none] = await conflicts()
      assert.equal([minus?.itemId, none?.itemId], ['booking:minus', 'booking:none'])
      const credit = (...itemIds: ReadonlyArray<string>) => ({
        invoiceNumber: '1',
        reason: 'Avbokad',
        releaseItems: false,
        lines: itemIds.map((itemId) => ({ itemId })),
      })
      assert.match(none?.remedy ?? '', /CreditInvoice, releaseItems false\)\.$/)
      await accept('CreditInvoice', credit('booking:none'))
      assert.equal(await conflicts(), [minus])
      assert.is((await refuse('CreditInvoice', credit('booking:minus')))._tag, 'NegativeTotal')
      assert.match(minus?.remedy ?? '', /A deduction cannot be credited alone/)
      await accept('CreditInvoice', credit('booking:minus', 'booking:whole'))
      assert.equal(await conflicts(), [])
    }),
  )

  const Repeats = suite(`commands on ${kind.name}: repeated and malformed`)

  Repeats(
    'answers every command again as the first time and records nothing new, also after reopening',
    inClinic(kind, async (clinic) => {
      const { accept, sent, clock } = clinic
      const first: Array<Answer> = []
      const send = async (...of: Parameters<Clinic['accept']>): Promise<void> => {
        first.push(await accept(...of))
        clock.now = new Date(Date.parse(clock.now) + 1000).toISOString()
      }
      await settled({
        ...clinic,
        accept: async (...of) => {
          await send(...of)
          return first.at(-1) as Accepted
        },
      })
      const therapy = { clientId: 'anna', treatmentTypeId: 'therapy' }
      await send('SetNumberSeries', { prefix: 'A', firstNumber: 7 })
      await send('AssignPayer', { clientId: 'bo', payer: acme, reference: 'KST 1' })
      for (const [i, clientId] of ['anna', 'anna', 'bo', 'bo'].entries())
        await send('RecordBooking', { ...therapy, bookingId: `b${i}`, clientId, startsAt: onDay(i + 2) })
      await send('RecordBooking', { ...therapy, bookingId: 'b9', treatmentTypeId: 'unpriced', startsAt: onDay(2) })
      await send('RecordJournalEntry', {
        journalEntryId: 'e1',
        clientId: 'anna',
        contactTypeId: 'visit',
        occurredAt: onDay(3),
        bookingId: 'b1',
      })
      await send('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(4) })
      await send('MarkBookingPaid', { bookingId: 'b1', method: 'swish' })
      await send('MarkBookingUnpaid', { bookingId: 'b1' })
      await send('ChangeLine', { itemId: 'booking:b0', quantity: '2' })
      await send('ExcludeItem', { itemId: 'booking:b3' })
      await send('IncludeItem', { itemId: 'booking:b3' })
      for (const lineId of ['l1', 'l2'])
        await send('AddLine', { lineId, payer: anna, description: 'Intyg', quantity: '1', price: kr(99), vat: vat25 })
      await send('RemoveLine', { lineId: 'l2' })
      await send('ChangeClient', { clientId: 'bo', email: 'bo@example.se' })
      await send('ChangeCompany', { companyId: 'acme', buyerReference: 'Kim' })
      await send('HideContactType', { contactTypeId: 'visit' })
      await send('ShowContactType', { contactTypeId: 'visit' })
      await send('RegisterInvoice', { payer: anna, delivery: 'none' })
      await send('RegisterInvoices', { payers: [acme, bo], delivery: 'none' })
      await send('MarkBookingPaid', { bookingId: 'b0', method: 'card' })
      await send('CancelBooking', { bookingId: 'b1' })
      await send('RemoveJournalEntry', { journalEntryId: 'e1' })
      await send('RecordPayment', { invoiceNumber: 'A7', amount: kr(10), receivedOn: '2026-03-10', reference: 'r1' })
      await send('CreditInvoice', { invoiceNumber: 'A7', reason: 'Fel', releaseItems: true })
      await send('SetInvoicingBasis', { basis: 'journal' })
      await send('DeactivateInvoicing', {})
      assert.is(first.length, sent.length)

      const before = await right(clinic.underlag.caughtUp())
      clock.now = '2026-09-01T10:00:00.000Z'
      const commands = sent.slice()
      for (const { underlag } of [clinic, await clinic.open()])
        for (const [i, command] of commands.entries())
          assert.equal(await right(underlag.execute(command)), first[i], `${command.type}, repeated`)
      assert.is(await right(clinic.underlag.caughtUp()), before)
    }),
  )

  Repeats(
    'refuses a commandId that was used for other content of the same stream',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      await booked(clinic, 'b1', 'same')
      const reused = { _tag: 'CommandIdReused', commandId: 'same' }
      assert.equal(await refuse('CancelBooking', { bookingId: 'b1' }, { commandId: 'same' }), reused)
      const moved = { bookingId: 'b1', clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(5) }
      assert.equal(await refuse('RecordBooking', moved, { commandId: 'same' }), reused)
      await accept('RegisterInvoice', { payer: anna, delivery: 'none' }, { commandId: 'reg' })
      assert.equal(await refuse('RegisterInvoice', { payer: bo, delivery: 'none' }, { commandId: 'reg' }), {
        _tag: 'CommandIdReused',
        commandId: 'reg',
      })
      assert.equal(
        (await refuse('RegisterInvoices', { payers: 'all', delivery: 'none' }, { commandId: 'reg' }))._tag,
        'CommandIdReused',
      )
      const other = await clinic.open()
      assert.equal(await other.refuse('CancelBooking', { bookingId: 'b1' }, { commandId: 'same' }), reused)
    }),
  )

  Repeats(
    'decides a refused command again, and does not remember one that changed nothing',
    inClinic(kind, async ({ accept, refuse }) => {
      const id = { commandId: 'one' }
      assert.equal(await refuse('SetInvoicingBasis', { basis: 'journal' }, id), { _tag: 'InvoicingNotActivated' })
      await accept('ActivateInvoicing', {})
      nothing(await accept('ActivateInvoicing', {}, { commandId: 'two' }))
      assert.is((await accept('SetInvoicingBasis', { basis: 'journal' }, id)).events.length, 1)
      assert.is((await accept('DeactivateInvoicing', {}, { commandId: 'two' })).events.length, 1)
    }),
  )

  Repeats(
    'answers what is malformed with every problem, its id where it has one, and never with a person',
    inClinic(kind, async ({ underlag }) => {
      const cases: ReadonlyArray<readonly [unknown, string | undefined, RegExp]> = [
        [null, undefined, /object/],
        ['text', undefined, /object/],
        [[], undefined, /object/],
        [{ type: 'ActivateInvoicing' }, undefined, /commandId/],
        [{ type: 'Nonsense', commandId: 'x1' }, 'x1', /type must be a known command/],
        [{ type: 'ActivateInvoicing', commandId: 'a b' }, undefined, /commandId/],
        [
          { type: 'ActivateInvoicing', commandId: 'x1', data: { on: true } },
          'x1',
          /data\.on must be left out.*there are none/,
        ],
        [{ type: 'CancelBooking', commandId: 'x1' }, 'x1', /data/],
        [{ type: 'CancelBooking', commandId: 'x1', data: { bookingId: 'b1' }, extra: 1 }, 'x1', /extra/],
        [{ type: 'CancelBooking', commandId: 'x1', data: { bookingId: 'b1' }, at: '2026-03-01' }, 'x1', /at must be/],
      ]
      for (const [input, commandId, problem] of cases) {
        const answer = await right(underlag.execute(input))
        assert.is(answer.commandId, commandId)
        assert.ok(!answer.ok && answer.refusal._tag === 'MalformedCommand')
        assert.match((answer.refusal.problems as ReadonlyArray<string>).join('; '), problem)
      }
      const personal = await right(
        underlag.execute({
          type: 'RegisterClient',
          commandId: 'x2',
          data: { clientId: 'Anna Andersson', name: 'Anna\nAndersson', email: 'anna at example', note: 'Andersson' },
        }),
      )
      assert.not.match(JSON.stringify(personal), /Andersson|anna at/)
      const misplaced = await right(
        underlag.execute({
          type: 'RegisterClient',
          commandId: 'x3',
          data: { clientId: 'c1', name: 'Anna', language: 'Anna Andersson', 'Andersson 19121212-1212': true },
        }),
      )
      assert.ok(!misplaced.ok)
      const said = (misplaced.refusal.problems as ReadonlyArray<string>).join('; ')
      assert.not.match(said, /Andersson|1212/)
      assert.match(said, /data\.language must be .* \(got a string\)/)
      assert.match(said, /data\.\(a field\) must be left out/)
    }),
  )

  Repeats(
    'finds malformed: a negative price, no items, items with until, things named twice, floats, other currencies',
    inClinic(kind, async ({ underlag }) => {
      const line = { lineId: 'l1', payer: anna, description: 'x', quantity: '1', price: kr(1), vat: vat25 }
      const register = { payer: anna, delivery: 'none' }
      const cases: ReadonlyArray<readonly [string, object, RegExp]> = [
        ['AddLine', { ...line, price: { amount: -1, currency: 'SEK' } }, /data.price/],
        ['AddLine', { ...line, price: { amount: 1.5, currency: 'SEK' } }, /data.price/],
        ['AddLine', { ...line, price: { amount: 1, currency: 'EUR' } }, /data.price/],
        ['AddLine', { ...line, quantity: 1 }, /data.quantity/],
        ['AddLine', { ...line, quantity: '1.2345' }, /data.quantity/],
        ['AddLine', { ...line, vat: { kind: 'standard', rate: 0 } }, /data.vat/],
        ['ChangeLine', { itemId: 'booking:b1', price: { amount: -100, currency: 'SEK' } }, /data.price/],
        ['ChangeLine', { itemId: 'visit:b1' }, /data.itemId/],
        ['RegisterInvoice', { ...register, items: [] }, /data.items/],
        ['RegisterInvoice', { ...register, items: ['booking:b1', 'booking:b1'] }, /data.items/],
        ['RegisterInvoice', { ...register, items: ['booking:b1'], until: '2026-03-31' }, /data.until/],
        ['RegisterInvoice', { ...register, invoiceDate: '2026-02-30' }, /data.invoiceDate/],
        ['RegisterInvoice', { ...register, delivery: 'fax' }, /data.delivery/],
        ['RegisterInvoices', { payers: [], delivery: 'none' }, /data.payers/],
        ['RegisterInvoices', { payers: [anna, anna], delivery: 'none' }, /data.payers/],
        ['RegisterInvoices', { payers: 'some', delivery: 'none' }, /data.payers/],
        [
          'CreditInvoice',
          { invoiceNumber: '1', reason: 'x', releaseItems: true, lines: [{ itemId: 'line:a' }, { itemId: 'line:a' }] },
          /data.lines/,
        ],
        ['RecordPayment', { amount: kr(1), receivedOn: '2026-03-01', reference: 'r' }, /data.invoiceNumber/],
        ['SendInvoice', { invoiceNumber: '1', delivery: 'none' }, /data.delivery/],
        ['MarkBookingPaid', { bookingId: 'b1', method: 'cheque' }, /data.method/],
        ['RecordBooking', { bookingId: 'b1', clientId: 'c1', treatmentTypeId: 't', startsAt: onDay(32) }, /startsAt/],
      ]
      for (const [i, [type, data, problem]] of cases.entries()) {
        const answer = await right(underlag.execute({ type, commandId: `m${i}`, data }))
        assert.ok(!answer.ok && answer.refusal._tag === 'MalformedCommand', `${type} ${JSON.stringify(data)}`)
        assert.match((answer.refusal.problems as ReadonlyArray<string>).join('; '), problem)
      }
      assert.is(await right(underlag.caughtUp()), 0n)
    }),
  )
}

const booked = async ({ accept }: Clinic, bookingId: string, commandId?: string): Promise<void> => {
  await accept(
    'RecordBooking',
    { bookingId, clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(2) },
    commandId === undefined ? {} : { commandId },
  )
}

/** A booking, a journal entry and an added line of Anna's. */
const everySource = async (clinic: Clinic): Promise<void> => {
  await booked(clinic, 'b1')
  await clinic.accept('RecordJournalEntry', {
    journalEntryId: 'e1',
    clientId: 'anna',
    contactTypeId: 'visit',
    occurredAt: onDay(2),
  })
  await clinic.accept('AddLine', {
    lineId: 'l1',
    payer: anna,
    description: 'Intyg',
    quantity: '1',
    price: kr(100),
    vat: vat25,
  })
}
