import { suite } from '@underlag/kernel/testing'
import * as O from 'fp-ts/lib/Option.js'
import * as assert from 'uvu/assert'
import { type Clinic, inClinic, right, settled } from './support/clinic.js'
import { acme, anna, bo, care, kr, onDay, vat25 } from './support/samples.js'
import { onMemory } from './support/stores.js'

const Why = suite('why')

type Rule = 'basis' | 'visit' | 'date' | 'payer' | 'price' | 'vat' | 'edit' | 'state' | 'invoice'

/** Of an item, or of an invoice's first line and then of the invoice itself: what a rule says, and the type of the event it rests on. */
const said = async (
  { underlag }: Clinic,
  about: string,
  rule: Rule,
): Promise<ReadonlyArray<readonly [string, string]>> => {
  const explained = await right(underlag.why(about))
  if (O.isNone(explained)) throw new Error(`there is no ${about}`)
  const { items, because } = explained.value
  return [...(items[0]?.because ?? []), ...because]
    .filter((reason) => reason.rule === rule)
    .map(({ says, event }) => [says, event === null ? '–' : event.summary] as const)
}

const booked = ({ accept }: Clinic, bookingId = 'b1', clientId = 'anna') =>
  accept('RecordBooking', { bookingId, clientId, treatmentTypeId: 'therapy', startsAt: onDay(2) })
const entered = ({ accept }: Clinic, journalEntryId: string, more: object = {}) =>
  accept('RecordJournalEntry', {
    journalEntryId,
    clientId: 'anna',
    contactTypeId: 'visit',
    occurredAt: onDay(2),
    ...more,
  })
const credit = ({ accept }: Clinic, releaseItems: boolean) =>
  accept('CreditInvoice', { invoiceNumber: '1', reason: 'Fel', releaseItems })

/** Invoiced at 1 200 kronor, exempt, to Anna; since then dearer, with VAT, and Bo's. */
const invoicedThenChanged = async (clinic: Clinic): Promise<void> => {
  const { accept } = clinic
  await settled(clinic)
  await booked(clinic)
  await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
  await accept('SetTreatmentTypePrice', { treatmentTypeId: 'therapy', name: 'Dyrt', price: kr(2000), vat: vat25 })
  await accept('AssignPayer', { clientId: 'anna', payer: bo })
  await accept('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(5) })
}

const frozen = async (clinic: Clinic, about: string): Promise<void> => {
  const listed = 'The price of treatment type therapy is 1 200.00 SEK'
  const asked = async (rule: Rule) => (await said(clinic, about, rule))[0]
  assert.equal(await asked('date'), ['It was dated 2026-03-02.', '–'])
  assert.equal(await asked('payer'), ['client:anna pays: nobody else was assigned for 2026-03-02.', '–'])
  assert.equal(await asked('price'), [
    '1 200.00 SEK a unit: the latest price whose validFrom is not after 2026-03-02.',
    listed,
  ])
  assert.equal(await asked('vat'), ['Exempt: care, mervärdesskattelagen (2023:200) 10 kap. 6 §.', listed])
}

Why(
  'an invoice, its credit note and an item on it are explained by what the invoice had seen',
  inClinic(onMemory, async (clinic) => {
    await invoicedThenChanged(clinic)
    await frozen(clinic, '1')
    await frozen(clinic, 'booking:b1')
    const invoice = 'Invoice 1 of 1 200.00 SEK to client anna was registered with 1 line'
    const [state, conflict] = await said(clinic, 'booking:b1', 'state')
    assert.equal(state, ['It is on invoice 1.', invoice])
    assert.match(conflict?.[0] ?? '', /^It was moved to another day and is on invoice 1/)
    await credit(clinic, false)
    await frozen(clinic, '2')
    const note = 'Credit note 2 of −1 200.00 SEK on invoice 1 was registered'
    assert.equal((await said(clinic, '1', 'invoice')).at(-1), [`${note}.`, note])
    assert.equal(await said(clinic, 'booking:b1', 'state'), [
      ['It was on invoice 1, is credited in full and not released: it is billed no more.', note],
    ])
  }),
)

Why(
  'an item that was given back is explained by what is in force now',
  inClinic(onMemory, async (clinic) => {
    await invoicedThenChanged(clinic)
    await credit(clinic, true)
    assert.equal((await said(clinic, 'booking:b1', 'payer'))[0]?.[1], 'client bo pays for client anna')
    assert.match((await said(clinic, 'booking:b1', 'price'))[0]?.[0] ?? '', /^2 000\.00 SEK a unit/)
    assert.equal(await said(clinic, 'booking:b1', 'state'), [
      ['It is neither paid nor invoiced: it is in the underlag.', '–'],
    ])
  }),
)

Why(
  'an added line names its payer, whoever pays for its client otherwise',
  inClinic(onMemory, async (clinic) => {
    await settled(clinic)
    await clinic.accept('AssignPayer', { clientId: 'anna', payer: bo })
    const line = { lineId: 'l1', payer: acme, clientId: 'anna', description: 'Intyg', quantity: '1' }
    await clinic.accept('AddLine', { ...line, price: kr(100), vat: care })
    const named = [['company:acme was named as payer of the line.', '–']]
    assert.equal(await said(clinic, 'line:l1', 'payer'), named)
    await clinic.accept('RegisterInvoice', { payer: acme, delivery: 'none' })
    assert.equal(await said(clinic, '1', 'payer'), named)
    assert.equal(await said(clinic, 'line:l1', 'payer'), named)
  }),
)

Why(
  'what was undone is no ground, and what stands is',
  inClinic(onMemory, async (clinic) => {
    const { accept } = clinic
    await settled(clinic)
    await booked(clinic)
    const state = () => said(clinic, 'booking:b1', 'state')
    const open = [['It is neither paid nor invoiced: it is in the underlag.', '–']]
    await accept('MarkBookingPaid', { bookingId: 'b1', method: 'card' })
    const paid = ['It is not billable: it is paid.', 'Booking b1 was paid (card)']
    assert.equal(await state(), [paid])
    await accept('MarkBookingUnpaid', { bookingId: 'b1' })
    assert.equal(await state(), open)
    await accept('ExcludeItem', { itemId: 'booking:b1' })
    assert.equal(await state(), [
      ['It is kept off the invoices until it is included again.', 'booking:b1 is kept off the invoices'],
    ])
    await accept('IncludeItem', { itemId: 'booking:b1' })
    assert.equal(await state(), open)
    await accept('SetInvoicingBasis', { basis: 'journal' })
    const basis = [
      'It is not billable: the underlag is made of journal entries.',
      'The underlag is made of journal entries from now on',
    ]
    assert.equal(await state(), [basis])
    await accept('CancelBooking', { bookingId: 'b1' })
    assert.equal(await state(), [['It is not billable: it is cancelled.', 'Booking b1 was cancelled'], basis])
  }),
)

Why(
  'an entry that is not billable says which of the reasons it is',
  inClinic(onMemory, async (clinic) => {
    const { accept } = clinic
    await settled(clinic)
    await booked(clinic)
    await entered(clinic, 'e1', { bookingId: 'b1' })
    await entered(clinic, 'e2', { bookingId: 'b1' })
    const state = (id: string) => said(clinic, `journalEntry:${id}`, 'state')
    assert.equal(await state('e1'), [['It is not billable: the underlag is made of bookings.', '–']])
    await accept('SetInvoicingBasis', { basis: 'journal' })
    assert.equal(await state('e2'), [['It is not billable: journalEntry:e1 stands for the visit.', '–']])
    await accept('HideContactType', { contactTypeId: 'visit' })
    const hidden = ['It is not billable: contact type visit is hidden.', 'Contact type visit was hidden']
    assert.equal(await state('e2'), [hidden])
    await accept('ShowContactType', { contactTypeId: 'visit' })
    await accept('RemoveJournalEntry', { journalEntryId: 'e1' })
    assert.equal(await state('e1'), [['It is not billable: it was removed.', 'Journal entry e1 was removed']])
    await accept('MarkBookingPaid', { bookingId: 'b1', method: 'cash' })
    assert.equal(await state('e2'), [['It is not billable: its booking b1 is paid.', 'Booking b1 was paid (cash)']])
  }),
)

Why(
  'an entry whose booking is invoiced is not said to be on the invoice itself',
  inClinic(onMemory, async (clinic) => {
    await settled(clinic)
    await booked(clinic)
    await entered(clinic, 'e1', { bookingId: 'b1', clientId: 'bo' })
    await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' })
    assert.equal(
      (await said(clinic, 'journalEntry:e1', 'state')).map(([says]) => says),
      ['Its visit, with booking:b1, is on invoice 1.'],
    )
  }),
)

Why(
  'an item with a price and no VAT says what lacks, and a VAT that was edited is in words',
  inClinic(onMemory, async (clinic) => {
    const { accept } = clinic
    await settled(clinic)
    await accept('RecordBooking', { bookingId: 'b1', clientId: 'anna', treatmentTypeId: 'new', startsAt: onDay(2) })
    await accept('ChangeLine', { itemId: 'booking:b1', price: kr(500) })
    assert.match((await said(clinic, 'booking:b1', 'price'))[0]?.[0] ?? '', /^500\.00 SEK a unit, as edited/)
    assert.equal(await said(clinic, 'booking:b1', 'vat'), [
      ['No VAT is in force on 2026-03-02: set a price for its type, or give it one with ChangeLine.', '–'],
    ])
    assert.match((await said(clinic, 'booking:b1', 'state'))[0]?.[0] ?? '', /cannot be invoiced until it has both/)
    await accept('ChangeLine', { itemId: 'booking:b1', vat: vat25 })
    assert.match((await said(clinic, 'booking:b1', 'state'))[0]?.[0] ?? '', /it is in the underlag\.$/)
    const edits = await said(clinic, 'booking:b1', 'edit')
    assert.equal(
      edits.map(([says]) => says),
      ['Edited: price 500.00 SEK.', 'Edited: vat 25 %.'],
    )
  }),
)

Why(
  'the note that leaves nothing says that it takes the rest, and the others that they are reckoned',
  inClinic(onMemory, async (clinic) => {
    const { accept } = clinic
    await settled(clinic)
    for (const lineId of ['l1', 'l2', 'l3'])
      await accept('AddLine', {
        lineId,
        payer: acme,
        description: 'Intyg',
        quantity: '1',
        price: kr(33.33),
        vat: vat25,
      })
    await accept('RegisterInvoice', { payer: acme, delivery: 'none' })
    for (const lineId of ['l1', 'l2', 'l3'])
      await accept('CreditInvoice', {
        invoiceNumber: '1',
        lines: [{ itemId: `line:${lineId}` }],
        reason: 'Fel',
        releaseItems: false,
      })
    const vat = async (note: string) => (await said(clinic, note, 'vat')).at(-1)?.[0]
    assert.is(await vat('2'), 'VAT is 25 %. Of −33.33 SEK that is −8.33 SEK, reckoned once for all its lines.')
    assert.is(
      await vat('4'),
      'VAT is 25 %. Of −33.33 SEK that is −8.34 SEK, what the notes before it left of the invoice.',
    )
  }),
)
