import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { conflictsOf, DEFAULT_TIME_ZONE, type Payer, type RegistrationRequest } from '../src/index.js'
import { aBooking, address, aLine, anEntry, care, clinic, kr, vat25 } from './support/samples.js'
import { type Said, World } from './support/world.js'

const anna: Payer = { kind: 'client', id: 'c1' }
const acme: Payer = { kind: 'company', id: 'f1' }

const basis = (of: 'bookings' | 'journal'): Said => ({ type: 'SetInvoicingBasis', data: { basis: of } })
const therapy = (kronor: number, validFrom?: string): Said => ({
  type: 'SetTreatmentTypePrice',
  data: {
    treatmentTypeId: 'therapy',
    name: 'Samtal',
    price: kr(kronor),
    vat: care,
    ...(validFrom ? { validFrom } : {}),
  },
})
const visit = (kronor = 900): Said => ({
  type: 'SetContactTypePrice',
  data: { contactTypeId: 'visit', name: 'Besök', price: kr(kronor), vat: vat25 },
})
const phone: Said = {
  type: 'SetContactTypePrice',
  data: { contactTypeId: 'phone', name: 'Telefon', price: kr(300), vat: vat25 },
}
const hide = (contactTypeId: string): Said => ({ type: 'HideContactType', data: { contactTypeId } })
const show = (contactTypeId: string): Said => ({ type: 'ShowContactType', data: { contactTypeId } })
const book = (change: object = {}): Said => ({ type: 'RecordBooking', data: { ...aBooking, ...change } })
const write = (change: object = {}): Said => ({ type: 'RecordJournalEntry', data: { ...anEntry, ...change } })
const entryOf = (journalEntryId: string, bookingId: string, change: object = {}): Said =>
  write({ journalEntryId, bookingId, ...change })
const pay = (bookingId = 'b1'): Said => ({ type: 'MarkBookingPaid', data: { bookingId, method: 'card' } })
const unpay = (bookingId = 'b1'): Said => ({ type: 'MarkBookingUnpaid', data: { bookingId } })
const cancel = (bookingId = 'b1'): Said => ({ type: 'CancelBooking', data: { bookingId } })
const move = (startsAt: string, bookingId = 'b1'): Said => ({
  type: 'RescheduleBooking',
  data: { bookingId, startsAt },
})
const remove = (journalEntryId = 'e1'): Said => ({ type: 'RemoveJournalEntry', data: { journalEntryId } })
const edit = (itemId: string, data: object): Said => ({ type: 'ChangeLine', data: { itemId, ...data } })
const exclude = (itemId: string): Said => ({ type: 'ExcludeItem', data: { itemId } })
const include = (itemId: string): Said => ({ type: 'IncludeItem', data: { itemId } })
const add = (change: object = {}): Said => ({ type: 'AddLine', data: { ...aLine, ...change } })
const register = (change: Partial<RegistrationRequest> = {}): Said & { type: 'RegisterInvoice' } => ({
  type: 'RegisterInvoice',
  data: { payer: anna, delivery: 'none', ...change },
})
const credit = (invoiceNumber = '1', releaseItems = true): Said => ({
  type: 'CreditInvoice',
  data: { invoiceNumber, reason: 'Fel', releaseItems },
})
const assign = (change: object = {}): Said => ({
  type: 'AssignPayer',
  data: { clientId: 'c1', payer: acme, ...change },
})

const clinicWith = (...commands: ReadonlyArray<Said>): World =>
  new World(
    { type: 'ActivateInvoicing', data: {} },
    { type: 'SetSeller', data: clinic },
    { type: 'RegisterClient', data: { clientId: 'c1', name: 'Anna Berg', email: 'anna@example.se' } },
    { type: 'RegisterClient', data: { clientId: 'c2', name: 'Bo Ek', address } },
    { type: 'RegisterCompany', data: { companyId: 'f1', name: 'Acme AB', organisationNumber: '556677-8899', address } },
    therapy(1200),
    visit(),
    phone,
    ...commands,
  )
const numbersOf = (world: World) => world.allIssued().map(({ invoiceNumber }) => invoiceNumber)
const linesOf = (world: World, invoiceNumber = '1') => world.issued(invoiceNumber).lines.map(({ itemId }) => itemId)
const refusal = (world: World, change: Partial<RegistrationRequest> = {}) => world.refusal(register(change))

const Shown = suite('the underlag')

Shown('an unpaid booking is in it, whole, with its price by the day of service', () => {
  const world = clinicWith(book({ practitioner: 'Dr Ek' }))
  assert.equal(world.underlag(), [
    {
      payer: anna,
      name: 'Anna Berg',
      items: [
        {
          itemId: 'booking:b1',
          source: 'booking',
          clientId: 'c1',
          date: '2026-03-02',
          description: 'Samtal',
          quantity: '1',
          unitPrice: kr(1200),
          vat: care,
          discountPercent: '0',
          net: kr(1200),
          edited: false,
          excluded: false,
          upcoming: false,
          priceMissing: false,
        },
      ],
      net: kr(1200),
      vatAmount: kr(0),
      toPay: kr(1200),
    },
  ])
})

Shown('until it is paid, cancelled or invoiced, and again when that is undone', () => {
  const world = clinicWith(book())
  assert.equal(world.do(pay()).items(), [])
  assert.equal(world.do(unpay()).items(), ['booking:b1'])
  assert.equal(world.do(register()).items(), [])
  assert.equal(world.do(credit()).items(), ['booking:b1'])
  assert.equal(world.do(cancel()).items(), [])
})

Shown('the day is the seller’s: 23:30 in UTC is the next day', () => {
  const world = clinicWith(book({ startsAt: '2026-03-31T22:30:00Z' }))
  const [item] = world.underlag()[0]!.items
  assert.equal([item?.date, item?.upcoming], ['2026-04-01', true])
})

Shown('facts are kept while invoicing is not activated, and stand there when it is', () => {
  const world = new World(therapy(1200), book(), write())
  assert.equal(world.items(), ['booking:b1'])
  assert.equal(refusal(world), { _tag: 'InvoicingNotActivated' })
  world.do({ type: 'ActivateInvoicing', data: {} })
  assert.equal(refusal(world), { _tag: 'SellerMissing' })
})

Shown('totals are those of the invoice that would be registered now', () => {
  const world = clinicWith(
    book(),
    add({ lineId: 'l1' }),
    add({ lineId: 'off' }),
    exclude('line:off'),
    add({ lineId: 'later', date: '2026-04-20' }),
    book({ bookingId: 'b9', treatmentTypeId: 'unpriced' }),
  )
  const [group] = world.underlag()
  assert.equal([group?.net, group?.vatAmount, group?.toPay], [kr(1700), kr(125), kr(1825)])
  assert.equal(
    group?.items.map(({ itemId, net, excluded, upcoming, priceMissing }) => [
      itemId,
      net?.amount ?? null,
      excluded,
      upcoming,
      priceMissing,
    ]),
    [
      ['booking:b1', 120000, false, false, false],
      ['booking:b9', null, false, false, true],
      ['line:l1', 50000, false, false, false],
      ['line:off', 50000, true, false, false],
      ['line:later', 50000, false, true, false],
    ],
  )
  world.do(register())
  const { net, vatAmount, toPay } = world.issued('1')
  assert.equal([net, vatAmount, toPay], [group?.net, group?.vatAmount, group?.toPay])
})

Shown('payers by name, each with what they pay for', () => {
  const world = clinicWith(
    book(),
    book({ bookingId: 'b2', clientId: 'c2' }),
    assign({ validFrom: '2026-03-10' }),
    book({ bookingId: 'b3', startsAt: '2026-03-10T08:00:00Z' }),
    add({ lineId: 'l2', payer: acme }),
  )
  assert.equal(
    world.underlag().map(({ name, items }) => [name, items.map(({ itemId }) => itemId)]),
    [
      ['Acme AB', ['line:l2', 'booking:b3']],
      ['Anna Berg', ['booking:b1']],
      ['Bo Ek', ['booking:b2']],
    ],
  )
})

Shown('a payer’s own payer is not followed', () => {
  const world = clinicWith(
    { type: 'AssignPayer', data: { clientId: 'c2', payer: anna } },
    assign(),
    book({ clientId: 'c2' }),
  )
  assert.equal(
    world.underlag().map(({ payer }) => payer),
    [anna],
  )
})

Shown('who was erased is shown without words of theirs, and what was typed in reads as erased', () => {
  const world = clinicWith(book(), edit('booking:b1', { description: 'Samtal om sorg' }), add({ description: 'Intyg' }))
  world.erased.add('client:c1')
  const [group] = world.underlag()
  assert.is(group?.name, '(raderad)')
  assert.equal(
    group?.items.map(({ description, edited }) => [description, edited]),
    [
      ['(raderad)', true],
      ['(raderad)', false],
    ],
  )
})

const Once = suite('rule 2: a visit is billed once')

Once('by its booking or by its entry, as the basis is, in whatever order they were recorded', () => {
  for (const order of [
    [book(), entryOf('e1', 'b1')],
    [entryOf('e1', 'b1'), book()],
  ]) {
    const world = clinicWith(...order)
    assert.equal(world.items(), ['booking:b1'])
    assert.equal(world.do(basis('journal')).items(), ['journalEntry:e1'])
    assert.equal(world.do(basis('bookings')).items(), ['booking:b1'])
  }
})

Once('invoiced under one basis it is not billed again under the other', () => {
  for (const [first, second, item, other] of [
    ['bookings', 'journal', 'booking:b1', 'journalEntry:e1'],
    ['journal', 'bookings', 'journalEntry:e1', 'booking:b1'],
  ] as const) {
    const world = clinicWith(book(), entryOf('e1', 'b1'), basis(first), register())
    assert.equal(linesOf(world), [item])
    world.do(basis(second))
    assert.equal(world.items(), [])
    assert.equal(refusal(world), { _tag: 'NothingToInvoice' })
    assert.equal(refusal(world, { items: [other] }), { _tag: 'AlreadyInvoiced', items: [other], invoiceNumber: '1' })
    world.do(credit())
    assert.equal(world.items(), [other])
    assert.equal(linesOf(world.do(register()), '3'), [other])
  }
})

Once('an entry recorded after its booking was invoiced is not billed', () => {
  const world = clinicWith(book(), register(), entryOf('e1', 'b1'), basis('journal'))
  assert.equal(world.items(), [])
  assert.equal(world.conflicts(), [])
})

Once('an entry of a booking that nobody recorded is billed, and the booking then is not', () => {
  const world = clinicWith(basis('journal'), entryOf('e1', 'b7'))
  assert.equal(world.items(), ['journalEntry:e1'])
  world.do(register(), book({ bookingId: 'b7' }), basis('bookings'))
  assert.equal(world.items(), [])
})

Once('of several entries the first recorded that is neither removed nor hidden stands for the visit', () => {
  const world = clinicWith(
    basis('journal'),
    entryOf('e2', 'b1', { contactTypeId: 'phone' }),
    entryOf('e1', 'b1'),
    entryOf('e3', 'b1'),
  )
  assert.equal(world.items(), ['journalEntry:e2'])
  assert.equal(world.do(hide('phone')).items(), ['journalEntry:e1'])
  assert.equal(world.do(remove('e1')).items(), ['journalEntry:e3'])
  assert.equal(world.do(show('phone')).items(), ['journalEntry:e2'])
  assert.equal(world.do(remove('e2'), remove('e3')).items(), [])
  assert.equal(refusal(world, { items: ['journalEntry:e1'] }), { _tag: 'NotBillable', items: ['journalEntry:e1'] })
})

Once('the representative kept off the invoices keeps its visit off', () => {
  const world = clinicWith(basis('journal'), entryOf('e1', 'b1'), entryOf('e2', 'b1'), exclude('journalEntry:e1'))
  assert.equal(world.items(), ['journalEntry:e1'])
  assert.equal(refusal(world), { _tag: 'NothingToInvoice' })
  assert.equal(refusal(world, { items: ['journalEntry:e2'] }), { _tag: 'NotBillable', items: ['journalEntry:e2'] })
})

Once('an entry is settled with its booking, and that is no conflict', () => {
  for (const settled of [pay(), cancel()]) {
    const world = clinicWith(basis('journal'), book(), entryOf('e1', 'b1'), settled)
    assert.equal(world.items(), [])
    assert.equal(world.conflicts(), [])
    assert.equal(refusal(world, { items: ['journalEntry:e1'] }), { _tag: 'NotBillable', items: ['journalEntry:e1'] })
  }
  const paidFirst = clinicWith(basis('journal'), book(), pay(), entryOf('e1', 'b1'))
  assert.equal(paidFirst.items(), [])
  assert.equal(paidFirst.do(unpay()).items(), ['journalEntry:e1'])
})

Once('an entry invoiced before its booking is paid or cancelled is a conflict', () => {
  const world = clinicWith(basis('journal'), entryOf('e1', 'b1'), register(), book())
  assert.equal(world.conflicts(), [])
  assert.equal(world.do(pay()).conflicts(), ['journalEntry:e1 paid 1'])
  assert.equal(world.do(unpay(), cancel()).conflicts(), ['journalEntry:e1 cancelled 1'])
})

Once('a hidden type is not billed, and touches no invoice', () => {
  const world = clinicWith(basis('journal'), write(), hide('visit'))
  assert.equal(world.items(), [])
  world.do(show('visit'), register(), hide('visit'))
  assert.equal(world.conflicts(), [])
  assert.is(world.invoice('1').status, 'registered')
})

Once('credited and not given back, a visit stays claimed', () => {
  const world = clinicWith(book(), entryOf('e1', 'b1'), register(), credit('1', false))
  assert.equal(world.items(), [])
  assert.equal(world.do(basis('journal')).items(), [])
  assert.equal(refusal(world, { items: ['journalEntry:e1'] }), {
    _tag: 'AlreadyInvoiced',
    items: ['journalEntry:e1'],
    invoiceNumber: '1',
  })
  assert.equal(world.do(pay()).conflicts(), [])
})

const Conflicts = suite('rule 3: facts that meet an invoice')

Conflicts('paid, until it is unpaid or credited', () => {
  const world = clinicWith(book(), register(), pay())
  assert.equal(world.conflicts(), ['booking:b1 paid 1'])
  assert.equal(world.do(unpay()).conflicts(), [])
  assert.equal(world.do(pay(), credit()).conflicts(), [])
  assert.equal(world.items(), [])
})

Conflicts('cancelled, until it is credited; a paid one that is then cancelled is told as paid', () => {
  const world = clinicWith(book(), register(), cancel())
  assert.equal(world.conflicts(), ['booking:b1 cancelled 1'])
  assert.equal(world.do(credit('1', false)).conflicts(), [])
  assert.equal(clinicWith(book(), register(), pay(), cancel()).conflicts(), ['booking:b1 paid 1'])
})

Conflicts('on another day, until it is back on the day or credited; another hour is none', () => {
  const world = clinicWith(book(), register(), move('2026-03-02T15:00:00Z'))
  assert.equal(world.conflicts(), [])
  assert.equal(world.do(move('2026-03-02T23:30:00Z')).conflicts(), ['booking:b1 rescheduled 1'])
  assert.equal(world.do(move('2026-03-02T08:00:00Z')).conflicts(), [])
  assert.equal(world.do(move('2026-04-09T08:00:00Z'), credit()).conflicts(), [])
  assert.equal(
    world.underlag()[0]?.items.map(({ date }) => date),
    ['2026-04-09'],
  )
})

Conflicts('a removed entry, and a line removed or edited at the moment of the registration', () => {
  const world = clinicWith(basis('journal'), write(), add(), register(), remove())
  assert.equal(world.conflicts(), ['journalEntry:e1 removed 1'])
  const racing = (command: Said): ReadonlyArray<string> => {
    const race = clinicWith(add())
    const draft = race.draft(register().data)
    if (E.isLeft(draft)) throw new Error('no draft')
    assert.ok(E.isRight(race.try(command)))
    assert.ok(E.isRight(race.issue(draft.right)))
    return race.conflicts()
  }
  assert.equal(racing({ type: 'RemoveLine', data: { lineId: 'l1' } }), ['line:l1 removed 1'])
  assert.equal(racing(edit('line:l1', { price: kr(1) })), ['line:l1 edited 1'])
  assert.equal(racing(exclude('line:l1')), ['line:l1 edited 1'])
})

Conflicts('the same whichever of the two came first', () => {
  for (const [fact, reason] of [
    [pay(), 'paid'],
    [cancel(), 'cancelled'],
    [move('2026-03-05T09:00:00Z'), 'rescheduled'],
    [edit('booking:b1', { quantity: '2' }), 'edited'],
  ] as const) {
    const factFirst = clinicWith(book())
    const draft = factFirst.draft(register().data)
    if (E.isLeft(draft)) throw new Error('no draft')
    factFirst.do(fact)
    factFirst.issue(draft.right)
    const invoiceFirst = clinicWith(book(), register())
    assert.ok(E.isRight(invoiceFirst.try(fact, { race: true })))
    for (const world of [factFirst, invoiceFirst]) assert.equal(world.conflicts(), [`booking:b1 ${reason} 1`])
  }
})

Conflicts('an edit before the registration is on the invoice, and no conflict', () => {
  const world = clinicWith(book(), edit('booking:b1', { quantity: '2' }), register())
  assert.equal(world.conflicts(), [])
  assert.is(world.issued('1').lines[0]?.quantity, '2')
})

Conflicts('each says what to do, and names the invoice', () => {
  const world = clinicWith(book(), register(), pay())
  const [conflict] = world.allVisits().flatMap(([, found]) => conflictsOf(found, DEFAULT_TIME_ZONE))
  assert.equal([conflict?.itemId, conflict?.invoiceNumber, conflict?.reason], ['booking:b1', '1', 'paid'])
  assert.match(conflict?.remedy ?? '', /invoice 1: credit .*CreditInvoice.*MarkBookingUnpaid/)
})

Conflicts('settings never touch what is invoiced', () => {
  const world = clinicWith(book(), register())
  const before = world.issued('1')
  world.do(therapy(5000), hide('visit'), assign(), basis('journal'), {
    type: 'SetSeller',
    data: { ...clinic, name: 'Ny Klinik AB', pricesIncludeVat: true },
  })
  world.do({ type: 'ChangeClient', data: { clientId: 'c1', name: 'Anna Ek', email: 'ny@example.se' } })
  assert.equal(world.issued('1'), before)
  assert.equal(world.conflicts(), [])
})

const Edits = suite('rule 4: an edit survives')

Edits('any later change of the source and any replay, and goes back when told to', () => {
  const world = clinicWith(
    book(),
    edit('booking:b1', {
      price: kr(800),
      vat: vat25,
      quantity: '1.5',
      description: 'Utredning',
      discountPercent: '10',
    }),
  )
  const shown = () => {
    const { unitPrice, vat, quantity, description, discountPercent, edited } = world.underlag()[0]!.items[0]!
    return [unitPrice, vat, quantity, description, discountPercent, edited]
  }
  const standing = [kr(800), vat25, '1.5', 'Utredning', '10', true]
  assert.equal(shown(), standing)
  world.do(therapy(2000), move('2026-03-09T09:00:00Z'), pay(), unpay(), exclude('booking:b1'), include('booking:b1'))
  assert.equal(shown(), standing)
  world.do(edit('booking:b1', { description: null, price: null }))
  assert.equal(shown(), [kr(2000), vat25, '1.5', 'Samtal', '10', true])
  world.do(edit('booking:b1', { vat: null, quantity: null, discountPercent: null }))
  assert.equal(shown(), [kr(2000), care, '1', 'Samtal', '0', false])
})

Edits('credited and given back, the item comes back with its edits', () => {
  const world = clinicWith(book(), edit('booking:b1', { price: kr(800) }), register(), credit())
  assert.equal(
    world.underlag()[0]!.items.map(({ unitPrice, edited }) => [unitPrice, edited]),
    [[kr(800), true]],
  )
})

Edits('an invoiced item is not edited', () => {
  const world = clinicWith(book(), entryOf('e1', 'b1'), add(), register())
  for (const command of [
    edit('booking:b1', { quantity: '2' }),
    exclude('journalEntry:e1'),
    { type: 'RemoveLine', data: { lineId: 'l1' } } as const,
  ])
    assert.equal(world.refusal(command), { _tag: 'AlreadyInvoiced' })
})

const Prices = suite('rule 6: prices')

Prices('by the day of service, also when they are set or the booking is moved later', () => {
  const world = clinicWith(therapy(1300, '2026-03-01'), therapy(1400, '2026-04-01'), book())
  const after = (...commands: ReadonlyArray<Said>) => world.do(...commands).underlag()[0]!.items[0]!.unitPrice
  assert.equal(after(), kr(1300))
  assert.equal(after(move('2026-02-27T09:00:00Z')), kr(1200))
  assert.equal(after(move('2026-03-31T22:00:00Z')), kr(1400))
  assert.equal(after(therapy(1500, '2026-04-01')), kr(1500))
})

Prices('an item without one is shown, left out with a word, and refused where it is named or alone', () => {
  const world = clinicWith(book({ treatmentTypeId: 'group', bookingId: 'b9' }))
  assert.equal(
    world
      .underlag()[0]!
      .items.map(({ description, unitPrice, vat, net, priceMissing }) => [
        description,
        unitPrice,
        vat,
        net,
        priceMissing,
      ]),
    [['group', null, null, null, true]],
  )
  assert.equal(refusal(world), { _tag: 'PriceMissing', items: ['booking:b9'] })
  assert.equal(refusal(world, { items: ['booking:b9'] }), { _tag: 'PriceMissing', items: ['booking:b9'] })
  world.do(book())
  assert.equal(refusal(world, { items: ['booking:b1', 'booking:b9'] }), { _tag: 'PriceMissing', items: ['booking:b9'] })
  const draft = world.draft(register().data)
  assert.ok(E.isRight(draft))
  if (E.isRight(draft))
    assert.equal([draft.right.lines.map(({ itemId }) => itemId), draft.right.leftOut], [['booking:b1'], ['booking:b9']])
})

Prices('an edit gives what is missing only when it gives both price and VAT', () => {
  const world = clinicWith(book({ treatmentTypeId: 'group' }), edit('booking:b1', { price: kr(400) }))
  assert.equal(refusal(world), { _tag: 'PriceMissing', items: ['booking:b1'] })
  world.do(edit('booking:b1', { vat: care }), register())
  assert.equal(world.issued('1').toPay, kr(400))
})

Prices('a price for a later day only is missing before it', () => {
  const world = clinicWith(
    {
      type: 'SetTreatmentTypePrice',
      data: { treatmentTypeId: 'new', name: 'Ny', price: kr(1), vat: care, validFrom: '2026-03-03' },
    },
    book({ treatmentTypeId: 'new' }),
  )
  assert.equal(
    world.underlag()[0]!.items.map(({ description, priceMissing }) => [description, priceMissing]),
    [['Ny', true]],
  )
})

Prices(
  'a deduction is a line of negative quantity; nothing to pay is registered and paid, below nothing is refused',
  () => {
    const world = clinicWith(
      add(),
      add({ lineId: 'l2', quantity: '-1' }),
      add({ lineId: 'l3', quantity: '-0.001', date: '2026-04-30' }),
    )
    world.do(register())
    assert.equal([world.invoice('1').toPay, world.invoice('1').status], [kr(0), 'paid'])
    assert.equal(refusal(world, { items: ['line:l3'] }), {
      _tag: 'NegativeTotal',
      toPay: { amount: -63, currency: 'SEK' },
    })
  },
)

Prices('an amount beyond reach is refused, and never stored', () => {
  const world = clinicWith(add({ price: { amount: 1e12, currency: 'SEK' }, quantity: '9999999' }))
  assert.is(refusal(world)?._tag, 'AmountTooLarge')
})

const Upcoming = suite('rule 9: what is still to come')

Upcoming('is shown and only invoiced when it is named or until reaches it', () => {
  const make = () => clinicWith(book(), book({ bookingId: 'b2', startsAt: '2026-04-01T09:00:00Z' }))
  const world = make()
  assert.equal(
    world.underlag()[0]!.items.map(({ itemId, upcoming }) => [itemId, upcoming]),
    [
      ['booking:b1', false],
      ['booking:b2', true],
    ],
  )
  assert.equal(linesOf(world.do(register())), ['booking:b1'])
  assert.equal(refusal(world), { _tag: 'NothingToInvoice' })
  assert.equal(linesOf(make().do(register({ until: '2026-04-01' }))), ['booking:b1', 'booking:b2'])
  assert.equal(linesOf(make().do(register({ items: ['booking:b2'] }))), ['booking:b2'])
  assert.equal(refusal(make(), { until: '2026-03-01' }), { _tag: 'NothingToInvoice' })
  world.today = '2026-04-01'
  assert.equal(linesOf(world.do(register()), '2'), ['booking:b2'])
})

Upcoming('what is dated today is due, a booking late in the evening by the seller’s day', () => {
  const world = clinicWith(book({ startsAt: '2026-03-31T21:59:59Z' }), add({ date: '2026-03-31' }))
  assert.equal(
    world.underlag()[0]!.items.map(({ itemId, upcoming }) => [itemId, upcoming]),
    [
      ['booking:b1', false],
      ['line:l1', false],
    ],
  )
  assert.equal(linesOf(world.do(register())), ['booking:b1', 'line:l1'])
})

const Registration = suite('registration')

Registration('freezes payer, seller, lines and dates', () => {
  const world = clinicWith(book({ practitioner: 'Dr Ek' }), register({ message: 'Tack!', reference: 'Ref 7' }))
  const { invoiceDate, dueDate, payer, buyer, seller, language, lines, reference, message, templateVersion } =
    world.issued('1')
  assert.equal(
    [invoiceDate, dueDate, payer, language, reference, message],
    ['2026-03-31', '2026-04-30', anna, 'sv', 'Ref 7', 'Tack!'],
  )
  assert.equal([seller, buyer, templateVersion], [clinic, { name: 'Anna Berg', email: 'anna@example.se' }, 1])
  assert.equal(lines, [
    {
      itemId: 'booking:b1',
      clientId: 'c1',
      date: '2026-03-02',
      practitioner: 'Dr Ek',
      quantity: '1',
      unitPrice: kr(1200),
      vat: care,
      discountPercent: '0',
      net: kr(1200),
      bookingId: 'b1',
      sourceRevision: 0,
      description: 'Samtal',
    },
  ])
})

Registration('dates asked for are taken; due before it is issued is malformed', () => {
  const world = clinicWith(book())
  assert.is(refusal(world, { dueDate: '2026-03-30' })?._tag, 'MalformedCommand')
  world.do(register({ invoiceDate: '2026-03-15', dueDate: '2026-03-15' }))
  assert.equal([world.issued('1').invoiceDate, world.issued('1').dueDate], ['2026-03-15', '2026-03-15'])
  assert.is(
    clinicWith(book())
      .do(register({ invoiceDate: '2026-03-15' }))
      .issued('1').dueDate,
    '2026-04-14',
  )
})

Registration('refuses in a set order: who, what is named, what it comes to, how it is sent', () => {
  const world = clinicWith(book(), register(), add(), add({ lineId: 'gone' }), {
    type: 'RemoveLine',
    data: { lineId: 'gone' },
  })
  world.do(book({ bookingId: 'b9', treatmentTypeId: 'unpriced' }), book({ bookingId: 'bo', clientId: 'c2' }))
  const named = (...items: ReadonlyArray<string>) => refusal(world, { items, delivery: 'letter' })
  assert.equal(refusal(world, { payer: { kind: 'client', id: 'nobody' } }), {
    _tag: 'UnknownCustomer',
    customer: { kind: 'client', id: 'nobody' },
  })
  assert.equal(named('line:none', 'booking:b1', 'line:gone', 'booking:b9'), {
    _tag: 'UnknownItem',
    items: ['line:none'],
  })
  assert.equal(named('line:gone', 'booking:b1', 'booking:b9'), {
    _tag: 'AlreadyInvoiced',
    items: ['booking:b1'],
    invoiceNumber: '1',
  })
  assert.equal(named('booking:b9', 'line:gone', 'booking:bo'), {
    _tag: 'NotBillable',
    items: ['line:gone', 'booking:bo'],
  })
  assert.equal(named('booking:b9', 'line:l1'), { _tag: 'PriceMissing', items: ['booking:b9'] })
  assert.equal(named('line:l1'), { _tag: 'DeliveryNotPossible', delivery: 'letter', reasons: ['noPostalAddress'] })
})

Registration('an excluded item is not billable even when it is named', () => {
  const world = clinicWith(add(), exclude('line:l1'))
  assert.equal(refusal(world, { items: ['line:l1'] }), { _tag: 'NotBillable', items: ['line:l1'] })
  assert.equal(linesOf(world.do(include('line:l1'), register())), ['line:l1'])
})

Registration('a booking is not billable while the journal is the basis, nor an entry the other way round', () => {
  const world = clinicWith(book(), write({ journalEntryId: 'alone' }))
  assert.equal(refusal(world, { items: ['journalEntry:alone'] }), {
    _tag: 'NotBillable',
    items: ['journalEntry:alone'],
  })
  world.do(basis('journal'))
  assert.equal(refusal(world, { items: ['booking:b1'] }), { _tag: 'NotBillable', items: ['booking:b1'] })
})

Registration('a company’s invoice calls the client as was agreed, on added lines too', () => {
  const labels = (change: object) =>
    clinicWith(
      assign(change),
      book(),
      add({ payer: acme, clientId: 'c1' }),
      add({ lineId: 'l2', payer: acme }),
      register({ payer: acme }),
    )
      .issued('1')
      .lines.map(({ itemId, clientLabel }) => `${itemId} ${clientLabel}`)
      .sort()
  const as = (label: string) => [`booking:b1 ${label}`, `line:l1 ${label}`, 'line:l2 undefined']
  assert.equal(labels({}), as('Anna Berg'))
  assert.equal(labels({ showAs: 'name' }), as('Anna Berg'))
  assert.equal(labels({ showAs: 'initials' }), as('AB'))
  assert.equal(labels({ showAs: 'reference', reference: 'Skada 7' }), as('Skada 7'))
  assert.equal(labels({ showAs: 'reference' }), as('c1'))
})

Registration('initials are of every part of the name, and of an erased name there are none', () => {
  const world = clinicWith(assign({ showAs: 'initials' }), book())
  const label = () => {
    const draft = world.draft(register({ payer: acme }).data)
    return E.isRight(draft) ? draft.right.lines[0]?.clientLabel : draft.left._tag
  }
  world.do({ type: 'ChangeClient', data: { clientId: 'c1', name: 'anna-Karin  Ek' } })
  assert.is(label(), 'AKE')
  world.erased.add('client:c1')
  assert.is(label(), '(raderad)')
})

Registration('the payer’s reference is on it where all lines share it, and otherwise what the buyer goes by', () => {
  const world = clinicWith(assign({ reference: 'Skada 7' }), book(), register({ payer: acme }))
  assert.is(world.issued('1').reference, 'Skada 7')
  world.do(
    { type: 'AssignPayer', data: { clientId: 'c2', payer: acme, reference: 'Skada 8' } },
    book({ bookingId: 'b2' }),
    book({ bookingId: 'b3', clientId: 'c2' }),
    register({ payer: acme }),
  )
  assert.is(world.issued('2').reference, undefined)
  world.do(
    { type: 'ChangeCompany', data: { companyId: 'f1', buyerReference: 'Kim' } },
    book({ bookingId: 'b4' }),
    book({ bookingId: 'b5', clientId: 'c2' }),
    register({ payer: acme }),
  )
  assert.is(world.issued('3').reference, 'Kim')
})

const Bulk = suite('rule 5: many at once')
const many = (payers: 'all' | ReadonlyArray<Payer> = 'all', change: object = {}): Said => ({
  type: 'RegisterInvoices',
  data: { payers, delivery: 'none', ...change },
})
const bo: Payer = { kind: 'client', id: 'c2' }

Bulk('all: each payer with something due, by name who was not invoiced and why', () => {
  const world = clinicWith(
    book(),
    book({ bookingId: 'b2', clientId: 'c2', treatmentTypeId: 'unpriced' }),
    { type: 'RegisterClient', data: { clientId: 'c3', name: 'Cleo' } },
    book({ bookingId: 'b3', clientId: 'c3' }),
    exclude('booking:b3'),
    { type: 'RegisterClient', data: { clientId: 'c4', name: 'Disa' } },
    book({ bookingId: 'b4', clientId: 'c4', startsAt: '2026-04-09T09:00:00Z' }),
  )
  world.do(many())
  assert.equal(numbersOf(world), ['1'])
  assert.equal(world.log.at(-1)?.data, {
    refused: [{ payer: bo, refusal: { _tag: 'PriceMissing', items: ['booking:b2'] } }],
  })
})

Bulk('named payers are answered each, whoever they are', () => {
  const nobody: Payer = { kind: 'company', id: 'nobody' }
  const world = clinicWith(book(), many([bo, anna, nobody]))
  assert.equal(numbersOf(world), ['1'])
  assert.equal(world.log.at(-1)?.data, {
    refused: [
      { payer: bo, refusal: { _tag: 'NothingToInvoice' } },
      { payer: nobody, refusal: { _tag: 'UnknownCustomer', customer: nobody } },
    ],
  })
})

Bulk('until reaches what is to come', () => {
  const world = clinicWith(book({ startsAt: '2026-04-09T09:00:00Z' }))
  assert.equal(numbersOf(world.do(many())), [])
  assert.equal(numbersOf(world.do(many('all', { until: '2026-04-30' }))), ['1'])
})

Bulk('a payer who cannot be reached is refused alone', () => {
  const world = clinicWith(book(), book({ bookingId: 'b2', clientId: 'c2' }), many('all', { delivery: 'email' }))
  assert.equal(
    world.allIssued().map(({ payer }) => payer),
    [anna],
  )
  assert.equal(world.log.at(-1)?.data, {
    refused: [{ payer: bo, refusal: { _tag: 'DeliveryNotPossible', delivery: 'email', reasons: ['noEmailAddress'] } }],
  })
})

Bulk('not activated, no seller, a channel not for many, due before it is issued: refused as a whole', () => {
  const world = new World(therapy(1), book())
  assert.equal(world.refusal(many()), { _tag: 'InvoicingNotActivated' })
  assert.equal(world.do({ type: 'ActivateInvoicing', data: {} }).refusal(many()), { _tag: 'SellerMissing' })
  assert.equal(clinicWith(book()).refusal(many('all', { delivery: 'letter' })), {
    _tag: 'DeliveryNotAllowedInBulk',
    delivery: 'letter',
    allowed: ['none', 'email'],
  })
  assert.equal(clinicWith(book()).refusal(many('all', { dueDate: '2026-03-30' })), {
    _tag: 'MalformedCommand',
    problems: ['data.dueDate must not be before the invoice date 2026-03-31 (got 2026-03-30)'],
  })
})

const Standing = suite('an invoice as it stands')
const paid = (amount: number, reference: string): Said => ({
  type: 'RecordPayment',
  data: { invoiceNumber: '1', amount: kr(amount), receivedOn: '2026-04-01', reference },
})
const creditPart = (quantity: string): Said => ({
  type: 'CreditInvoice',
  data: { invoiceNumber: '1', lines: [{ itemId: 'booking:b1', quantity }], reason: 'Fel', releaseItems: true },
})

Standing('registered, partly paid, overdue, paid, credited: the first that fits', () => {
  const world = clinicWith(book(), register())
  const stands = () => {
    const { paid: received, credited, balance, status } = world.invoice('1')
    return [received.amount / 100, credited.amount / 100, balance.amount / 100, status]
  }
  assert.equal(stands(), [0, 0, 1200, 'registered'])
  world.do(paid(200, 'p1'), paid(200, 'p1'))
  assert.equal(stands(), [200, 0, 1000, 'partlyPaid'])
  world.today = '2026-04-30'
  assert.equal(stands(), [200, 0, 1000, 'partlyPaid'])
  world.today = '2026-05-01'
  assert.equal(stands(), [200, 0, 1000, 'overdue'])
  world.do(creditPart('0.5'))
  assert.equal(stands(), [200, 600, 400, 'overdue'])
  world.do(paid(450, 'p2'))
  assert.equal(stands(), [650, 600, -50, 'paid'])
  world.do(paid(-50, 'p3'), creditPart('0.5'))
  assert.equal(stands(), [600, 1200, -600, 'credited'])
  assert.equal(world.invoice('1').creditedBy, ['2', '3'])
  const note = world.invoice('3')
  assert.equal(
    [note.kind, note.credits, note.status, note.toPay, note.balance],
    ['creditNote', '1', 'registered', kr(-600), kr(-600)],
  )
})
