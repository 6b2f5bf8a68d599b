import { suite } from '@underlag/kernel/testing'
import * as fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Answer, Command, CommandType, Invoice, Payer } from '../src/index.js'
import { type Clinic, openClinic, right } from './support/clinic.js'
import { address, care, kr, onDay, clinic as seller, vat25 } from './support/samples.js'
import { onlyUpTo, onMemory, onSqlite, type StoreKind } from './support/stores.js'

const Histories = suite('random histories')

interface Step {
  readonly type: CommandType
  readonly data: object
  /** Sent through this process, and once more through the other one. */
  readonly process: 0 | 1
  readonly again: boolean
  /** Whether the read models are made anew beside it, now and then. */
  readonly rebuild: boolean
}

const client = fc.constantFrom('c0', 'c1', 'c2')
const payer: fc.Arbitrary<Payer> = fc.constantFrom(
  { kind: 'client', id: 'c0' },
  { kind: 'client', id: 'c1' },
  { kind: 'client', id: 'c2' },
  { kind: 'company', id: 'f0' },
)
const bookingId = fc.integer({ min: 0, max: 11 }).map((n) => `b${n}`)
const journalEntryId = fc.constantFrom('e0', 'e1', 'e2', 'e3')
const lineId = fc.integer({ min: 0, max: 7 }).map((n) => `l${n}`)
const itemId = fc.oneof(
  bookingId.map((id) => `booking:${id}`),
  journalEntryId.map((id) => `journalEntry:${id}`),
  lineId.map((id) => `line:${id}`),
)
const startsAt = fc.integer({ min: 1, max: 14 }).map(onDay)
const price = fc.integer({ min: 0, max: 200_000 }).map((amount) => ({ amount, currency: 'SEK' as const }))
const vat = fc.constantFrom(care, vat25, { kind: 'standard', rate: 6 }, { kind: 'exempt', reason: 'smallBusiness' })
const quantity = fc.constantFrom('1', '0.5', '1.333', '2', '-0.25')
/** Counted round the invoices there are, when it is sent. */
const invoiceNumber = fc.integer({ min: 0, max: 30 }).map(String)
const delivery = fc.constantFrom('none', 'none', 'email')

/** Every command there is: one that is added without a place here does not compile. */
const data: { readonly [Type in CommandType]: readonly [number, fc.Arbitrary<object>] } = {
  RecordBooking: [
    8,
    fc.record({ bookingId, clientId: client, treatmentTypeId: fc.constantFrom('t0', 't1', 'unpriced'), startsAt }),
  ],
  RescheduleBooking: [3, fc.record({ bookingId, startsAt })],
  CancelBooking: [2, fc.record({ bookingId })],
  MarkBookingPaid: [4, fc.record({ bookingId, method: fc.constant('card') })],
  MarkBookingUnpaid: [3, fc.record({ bookingId })],
  RecordJournalEntry: [
    6,
    fc.record(
      {
        journalEntryId,
        clientId: client,
        contactTypeId: fc.constantFrom('k0', 'k1'),
        occurredAt: startsAt,
        bookingId,
      },
      { requiredKeys: ['journalEntryId', 'clientId', 'contactTypeId', 'occurredAt'] },
    ),
  ],
  RemoveJournalEntry: [2, fc.record({ journalEntryId })],
  AddLine: [
    4,
    fc.record({
      lineId,
      payer,
      description: fc.constant('Rad'),
      quantity,
      price,
      vat,
      date: fc.constantFrom('2026-03-01', '2026-03-12'),
    }),
  ],
  RemoveLine: [1, fc.record({ lineId })],
  ChangeLine: [
    4,
    fc.record(
      {
        itemId,
        price: fc.option(price),
        vat: fc.option(vat),
        quantity: fc.option(quantity),
        description: fc.option(fc.constantFrom('Ändrad', 'Igen')),
        discountPercent: fc.option(fc.constantFrom('10', '33.3', '100')),
      },
      { requiredKeys: ['itemId'] },
    ),
  ],
  ExcludeItem: [2, fc.record({ itemId })],
  IncludeItem: [2, fc.record({ itemId })],
  SetInvoicingBasis: [2, fc.record({ basis: fc.constantFrom('bookings', 'journal') })],
  HideContactType: [1, fc.record({ contactTypeId: fc.constantFrom('k0', 'k1') })],
  ShowContactType: [1, fc.record({ contactTypeId: fc.constantFrom('k0', 'k1') })],
  SetTreatmentTypePrice: [
    1,
    fc.record(
      {
        treatmentTypeId: fc.constantFrom('t0', 't1'),
        name: fc.constant('Ny'),
        price,
        vat,
        validFrom: fc.constantFrom('2026-03-01', '2026-03-06'),
      },
      { requiredKeys: ['treatmentTypeId', 'name', 'price', 'vat'] },
    ),
  ],
  SetContactTypePrice: [
    1,
    fc.record(
      {
        contactTypeId: fc.constantFrom('k0', 'k1'),
        name: fc.constant('Ny'),
        price,
        vat,
        validFrom: fc.constantFrom('2026-03-01', '2026-03-06'),
      },
      { requiredKeys: ['contactTypeId', 'name', 'price', 'vat'] },
    ),
  ],
  AssignPayer: [
    2,
    fc.record(
      {
        clientId: client,
        payer,
        validFrom: fc.constantFrom('2026-03-01', '2026-03-06', '2026-03-12'),
        reference: fc.constant('KST 1'),
        showAs: fc.constantFrom('name', 'initials', 'reference'),
      },
      { requiredKeys: ['clientId', 'payer'] },
    ),
  ],
  RegisterClient: [
    1,
    fc.record({
      clientId: fc.constantFrom('c0', 'c1', 'c2', 'c3'),
      name: fc.constant('Ny'),
      email: fc.constant('ny@example.se'),
    }),
  ],
  ChangeClient: [
    1,
    fc.record({ clientId: client, email: fc.option(fc.constant('c@example.se')), name: fc.constant('Ö') }),
  ],
  RegisterCompany: [
    1,
    fc.record({
      companyId: fc.constantFrom('f0', 'f1'),
      name: fc.constant('Ny'),
      organisationNumber: fc.constant('556677-8899'),
    }),
  ],
  ChangeCompany: [
    1,
    fc.record({ companyId: fc.constantFrom('f0', 'f1'), buyerReference: fc.option(fc.constant('Kim')) }),
  ],
  SetNumberSeries: [1, fc.record({ firstNumber: fc.constantFrom(1, 7), prefix: fc.constantFrom('A', 'B') })],
  ActivateInvoicing: [5, fc.record({})],
  DeactivateInvoicing: [1, fc.record({})],
  SendInvoice: [2, fc.record({ invoiceNumber, delivery: fc.constantFrom('email', 'letter') })],
  SetSeller: [
    1,
    fc
      .record({ pricesIncludeVat: fc.boolean(), wholeKronor: fc.boolean() })
      .map((changed) => ({ ...seller, ...changed })),
  ],
  RegisterInvoice: [
    10,
    fc.oneof(
      fc.record({ payer, delivery }),
      fc.record({ payer, delivery, items: fc.uniqueArray(itemId, { minLength: 1, maxLength: 3 }) }),
      fc.record({ payer, delivery, until: fc.constantFrom('2026-03-05', '2026-03-31') }),
    ),
  ],
  RegisterInvoices: [
    3,
    fc.oneof(
      fc.record({ payers: fc.constant('all'), delivery }),
      fc.record({
        payers: fc.uniqueArray(payer, { minLength: 1, selector: ({ kind, id }) => `${kind}:${id}` }),
        delivery,
      }),
    ),
  ],
  CreditInvoice: [
    9,
    fc.record(
      {
        invoiceNumber,
        reason: fc.constant('Fel'),
        releaseItems: fc.boolean(),
        delivery,
        lines: fc.uniqueArray(
          // By its number among the lines of that invoice.
          fc.record(
            { itemId: fc.constantFrom('0', '1', '2'), quantity: fc.constantFrom('0.25', '1', '0.1') },
            { requiredKeys: ['itemId'] },
          ),
          { minLength: 1, maxLength: 2, selector: (line) => line.itemId },
        ),
      },
      { requiredKeys: ['invoiceNumber', 'reason', 'releaseItems'] },
    ),
  ],
  RecordPayment: [
    3,
    fc.record({
      invoiceNumber,
      amount: fc.constantFrom(kr(100), kr(-50), kr(0.01)),
      receivedOn: fc.constant('2026-03-12'),
      reference: fc.constantFrom('r1', 'r2', 'r3'),
      byOcr: fc.boolean(),
    }),
  ],
}

const step: fc.Arbitrary<Step> = fc.oneof(
  ...Object.entries(data).map(([type, [weight, arbitrary]]) => ({
    weight,
    arbitrary: fc
      .tuple(arbitrary, fc.constantFrom(0 as const, 1 as const), fc.boolean(), fc.nat({ max: 15 }))
      .map(
        ([of, process, again, n]): Step => ({ type: type as CommandType, data: of, process, again, rebuild: n === 0 }),
      ),
  })),
)

const setup = async ({ accept }: Clinic): Promise<void> => {
  await accept('ActivateInvoicing', {})
  await accept('SetSeller', seller)
  for (const id of ['t0', 't1'])
    await accept('SetTreatmentTypePrice', { treatmentTypeId: id, name: id, price: kr(999.95), vat: vat25 })
  for (const id of ['k0', 'k1'])
    await accept('SetContactTypePrice', { contactTypeId: id, name: id, price: kr(800), vat: care })
  for (const id of ['c0', 'c1', 'c2'])
    await accept('RegisterClient', { clientId: id, name: id, email: `${id}@example.se` })
  await accept('RegisterCompany', { companyId: 'f0', name: 'F0', organisationNumber: '556677-8899', address })
  for (let i = 0; i < 8; i++)
    await accept('RecordBooking', {
      bookingId: `b${i}`,
      clientId: `c${i % 3}`,
      treatmentTypeId: `t${i % 2}`,
      startsAt: onDay(i + 2),
    })
  await accept('RecordJournalEntry', {
    journalEntryId: 'e0',
    clientId: 'c0',
    contactTypeId: 'k0',
    occurredAt: onDay(2),
    bookingId: 'b0',
  })
  await accept('AddLine', {
    lineId: 'l0',
    payer: { kind: 'company', id: 'f0' },
    description: 'Rad',
    quantity: '3',
    price: kr(33.33),
    vat: vat25,
    date: '2026-03-01',
  })
}

type Fields = Readonly<Record<string, unknown>>

/** What is known of each source, from the events that were answered and nothing else. */
class Model {
  readonly paid = new Set<string>()
  readonly cancelled = new Set<string>()
  readonly removed = new Set<string>()
  readonly excluded = new Set<string>()
  readonly hidden = new Set<string>()
  readonly bookingOf = new Map<string, string>()
  readonly contactType = new Map<string, string>()
  readonly startsAt = new Map<string, string>()
  /** Source to the invoice it is on; credited and kept ones too. */
  readonly claims = new Map<string, { invoiceNumber: string; date: string; credited: boolean }>()
  readonly left = new Map<string, Map<string, number>>()

  visitOf(itemId: string): string {
    const booking = this.bookingOf.get(itemId)
    return booking === undefined ? itemId : `booking:${booking}`
  }

  take(type: string, event: Fields): void {
    const booking = `booking:${event.bookingId}`
    switch (type) {
      case 'BookingRecorded':
      case 'BookingRescheduled':
        this.startsAt.set(booking, String(event.startsAt).slice(0, 10))
        break
      case 'BookingMarkedPaid':
        this.paid.add(booking)
        break
      case 'BookingMarkedUnpaid':
        this.paid.delete(booking)
        break
      case 'BookingCancelled':
        this.cancelled.add(booking)
        break
      case 'JournalEntryRecorded': {
        const entry = `journalEntry:${event.journalEntryId}`
        this.contactType.set(entry, String(event.contactTypeId))
        if (event.bookingId !== undefined) this.bookingOf.set(entry, String(event.bookingId))
        break
      }
      case 'JournalEntryRemoved':
        this.removed.add(`journalEntry:${event.journalEntryId}`)
        break
      case 'LineRemoved':
        this.removed.add(`line:${event.lineId}`)
        break
      case 'ItemExcluded':
        this.excluded.add(String(event.itemId))
        break
      case 'ItemIncluded':
        this.excluded.delete(String(event.itemId))
        break
      case 'ContactTypeHidden':
        this.hidden.add(String(event.contactTypeId))
        break
      case 'ContactTypeShown':
        this.hidden.delete(String(event.contactTypeId))
        break
      case 'InvoiceRegistered':
        this.register(event as unknown as Invoice)
        break
      case 'InvoiceCredited':
        this.credit(event as unknown as Invoice)
        break
    }
  }

  private register({ invoiceNumber, lines }: Invoice): void {
    const left = new Map<string, number>()
    for (const { itemId, date, quantity } of lines) {
      const visit = this.visitOf(itemId)
      assert.not.ok(this.paid.has(visit), `${itemId} is paid and was invoiced`)
      assert.not.ok(this.cancelled.has(visit), `${itemId} is cancelled and was invoiced`)
      assert.not.ok(this.removed.has(itemId), `${itemId} is removed and was invoiced`)
      assert.not.ok(this.excluded.has(itemId), `${itemId} is kept off the invoices and was invoiced`)
      const type = this.contactType.get(itemId)
      assert.not.ok(type !== undefined && this.hidden.has(type), `${itemId} is hidden and was invoiced`)
      for (const source of new Set([itemId, visit])) {
        assert.not.ok(this.claims.has(source), `${source} was invoiced twice`)
        this.claims.set(source, { invoiceNumber, date, credited: false })
      }
      left.set(itemId, Math.round(Math.abs(Number(quantity)) * 1000))
    }
    this.left.set(invoiceNumber, left)
  }

  private credit(note: Invoice): void {
    const left = this.left.get(note.credits ?? '')
    for (const { itemId, quantity } of note.lines) {
      const rest = (left?.get(itemId) ?? 0) - Math.round(Math.abs(Number(quantity)) * 1000)
      assert.ok(rest >= 0, `more of ${itemId} was credited than there is`)
      left?.set(itemId, rest)
    }
  }

  /** An item of which nothing is left is given back or kept, as the command said. */
  gone(note: Invoice, release: boolean): void {
    for (const { itemId } of note.lines)
      if (this.left.get(note.credits ?? '')?.get(itemId) === 0)
        for (const source of new Set([itemId, this.visitOf(itemId)])) {
          const claim = this.claims.get(source)
          if (release) this.claims.delete(source)
          else if (claim !== undefined) this.claims.set(source, { ...claim, credited: true })
        }
  }

  /** By states alone: an uncredited item that is paid, cancelled, removed or on another day. */
  conflicts(): ReadonlyArray<string> {
    const found: Array<string> = []
    for (const [itemId, { invoiceNumber: number, date, credited }] of this.claims) {
      const visit = this.visitOf(itemId)
      // The claim of an entry's booking is that of the entry.
      const own = this.left.get(number)?.has(itemId) === true
      if (credited || !own) continue
      const moved = itemId.startsWith('booking:') && this.startsAt.get(itemId) !== date
      if (this.paid.has(visit) || this.cancelled.has(visit) || this.removed.has(itemId) || moved) found.push(itemId)
    }
    return found.sort()
  }
}

const invoicesOf = (answer: Answer): ReadonlyArray<Invoice> =>
  (answer.ok ? answer.events : [])
    .filter(({ type }) => type.startsWith('Invoice') && type !== 'InvoicingBasisSet')
    .map(({ data: event }) => event as Invoice)

/** The underlag as of a moment is what a store shows that never saw more; what one payer is shown is a part of what all are. */
const assertThen = async ({ underlag, place, clock: { now } }: Clinic): Promise<void> => {
  const entries = await right(underlag.audit())
  const customers = entries.flatMap(({ stream }): ReadonlyArray<Payer> => {
    const [, kind, id] = /^(client|company)\/(.+)$/.exec(stream) ?? []
    return kind === undefined ? [] : [{ kind, id } as Payer]
  })
  const payers = [...new Map(customers.map((payer) => [`${payer.kind}:${payer.id}`, payer])).values()]
  const moments = [...new Set(entries.map(({ recordedAt }) => recordedAt))]
  const between = [0.25, 0.5, 0.75].flatMap((part) => moments[Math.floor(moments.length * part)] ?? [])
  for (const asOf of [...between, now]) {
    const all = await right(underlag.basis({ asOf }))
    const then = await openClinic({ ...place, store: () => onlyUpTo(place, asOf) }, {}, { now: asOf })
    try {
      assert.equal(all, await right(then.underlag.basis()), `as of ${asOf}`)
    } finally {
      await then.close()
    }
    const conflicts = new Map<string, object>()
    for (const payer of payers) {
      const own = await right(underlag.basis({ asOf, payer }))
      if (asOf === now) assert.equal(own, await right(underlag.basis({ payer })))
      assert.equal(
        own.payers,
        all.payers.filter((group) => group.payer.kind === payer.kind && group.payer.id === payer.id),
      )
      for (const conflict of own.conflicts) conflicts.set(`${conflict.itemId} ${conflict.invoiceNumber}`, conflict)
    }
    assert.equal(
      all.conflicts.map(({ itemId, invoiceNumber }) => conflicts.get(`${itemId} ${invoiceNumber}`)),
      all.conflicts,
    )
    assert.is(conflicts.size, all.conflicts.length)
  }
}

/** What must hold of any history, however it came about. */
const lawful = async (clinic: Clinic): Promise<ReadonlyArray<Invoice>> => {
  const { underlag } = clinic
  const verified = await right(underlag.verify())
  assert.ok(verified.ok, JSON.stringify(verified.checks))
  await assertThen(clinic)
  const invoices = await right(underlag.invoices())
  for (const status of ['credited', 'paid', 'overdue', 'partlyPaid', 'registered'] as const)
    assert.equal(
      await right(underlag.invoices({ status })),
      invoices.filter((one) => one.status === status),
    )
  const { sequence: first = 1, invoiceNumber: begins = '1' } = invoices[0] ?? {}
  const prefix = begins.slice(0, begins.length - String(first).length)
  assert.equal(
    invoices.map(({ sequence, invoiceNumber: number }) => [sequence, number]),
    invoices.map((_, i) => [first + i, `${prefix}${first + i}`]),
  )
  for (const invoice of invoices) {
    const { lines, vatBreakdown, net, vatAmount, rounding, toPay, paid, credited, balance } = invoice
    const sum = (amounts: ReadonlyArray<number>): number => amounts.reduce((a, b) => a + b, 0)
    for (const { vat: of, taxable } of vatBreakdown)
      assert.is(
        sum(lines.filter((line) => JSON.stringify(line.vat) === JSON.stringify(of)).map((line) => line.net.amount)),
        taxable.amount,
      )
    assert.is(sum(vatBreakdown.map(({ taxable }) => taxable.amount)), net.amount)
    assert.is(sum(vatBreakdown.map((part) => part.vatAmount.amount)), vatAmount.amount)
    assert.is(net.amount + vatAmount.amount + rounding.amount, toPay.amount)
    assert.is(toPay.amount - paid.amount - credited.amount, balance.amount)
    const notes = invoices.filter(({ credits }) => credits === invoice.invoiceNumber)
    assert.is(sum(notes.map((note) => note.toPay.amount)), -credited.amount || 0)
    if (invoice.status === 'credited') assert.is(toPay.amount, credited.amount)
    assert.ok(invoice.kind === 'creditNote' ? toPay.amount <= 0 : toPay.amount >= 0)
  }
  return invoices
}

interface Dated {
  readonly validFrom?: string
}
const inForce = <D extends Dated>(all: ReadonlyArray<D>, date: string): D | undefined =>
  all.reduce<D | undefined>((best, one) => {
    const from = one.validFrom ?? ''
    return from <= date && from >= (best?.validFrom ?? '') ? one : best
  }, undefined)

/** Read from its beginning, the log has every setting in the invoices that come after it, whoever recorded it while they were made. */
const settingsAreInInvoices = (entries: ReadonlyArray<{ readonly type: string; readonly data: object }>): void => {
  let [activated, basis] = [false, 'bookings']
  const hidden = new Set<unknown>()
  const sources = new Map<string, Fields>()
  const edited = new Set<unknown>()
  const dated = new Map<string, Array<Fields & Dated>>()
  const add = (key: string, event: Fields): void => {
    dated.set(key, [...(dated.get(key) ?? []), event as Fields & Dated])
  }
  for (const { type, data: of } of entries) {
    const event = of as Fields
    if (type === 'InvoicingActivated' || type === 'InvoicingDeactivated') activated = type === 'InvoicingActivated'
    if (type === 'InvoicingBasisSet') basis = String(event.basis)
    if (type === 'ContactTypeHidden') hidden.add(event.contactTypeId)
    if (type === 'ContactTypeShown') hidden.delete(event.contactTypeId)
    if (type === 'PayerAssigned') add(`payer:${event.clientId}`, event)
    if (type === 'TreatmentTypePriceSet') add(`booking:${event.treatmentTypeId}`, event)
    if (type === 'ContactTypePriceSet') add(`journalEntry:${event.contactTypeId}`, event)
    if (type === 'BookingRecorded') sources.set(`booking:${event.bookingId}`, event)
    if (type === 'JournalEntryRecorded') sources.set(`journalEntry:${event.journalEntryId}`, event)
    if (type === 'LineChanged' && event.price !== undefined) edited.add(event.itemId)
    if (type !== 'InvoiceRegistered') continue
    const { invoiceNumber: number, payer: paying, lines } = event as unknown as Invoice
    assert.ok(activated, `invoice ${number} was registered while invoicing was not activated`)
    for (const { itemId: id, date, unitPrice } of lines) {
      const source = sources.get(id)
      if (source === undefined) continue
      const kind = id.slice(0, id.indexOf(':'))
      assert.is(kind, basis === 'journal' ? 'journalEntry' : 'booking', `${id} on ${number}: not of the basis`)
      assert.not.ok(kind === 'journalEntry' && hidden.has(source.contactTypeId), `${id} on ${number}: hidden`)
      const assigned = inForce(dated.get(`payer:${source.clientId}`) ?? [], date)
      assert.equal(paying, assigned?.payer ?? { kind: 'client', id: source.clientId }, `${id} on ${number}: the payer`)
      const priced = inForce(dated.get(`${kind}:${source.treatmentTypeId ?? source.contactTypeId}`) ?? [], date)
      if (!edited.has(id)) assert.equal(unitPrice, priced?.price, `${id} on ${number}: the price`)
      met.settings += 1
    }
  }
}

const inHistory =
  (kind: StoreKind, play: (clinics: readonly [Clinic, Clinic], steps: ReadonlyArray<Step>) => Promise<void>) =>
  async (steps: ReadonlyArray<Step>): Promise<void> => {
    const place = await kind.place()
    const clinic = await openClinic(place, {
      config: { email: { smtp: { host: '127.0.0.1', port: 9 }, from: 'a@example.se' } },
    })
    try {
      await setup(clinic)
      await play([clinic, await clinic.open()], steps)
    } finally {
      await clinic.close()
      await place.cleanup()
    }
  }

/** The command of a step, which speaks of the invoices there are and of their lines. */
const commandOf = ({ type, data: of }: Step, i: number, invoices: ReadonlyArray<Invoice>): Command => {
  const { invoiceNumber: number, lines, byOcr = false, ...rest } = of as Fields
  const named = number === undefined ? undefined : invoices[Number(number) % Math.max(1, invoices.length)]
  const asked = lines as ReadonlyArray<Fields> | undefined
  return {
    type,
    commandId: `s${i}`,
    data: {
      ...rest,
      ...(number === undefined
        ? {}
        : byOcr === true && named !== undefined
          ? { ocr: named.ocr }
          : { invoiceNumber: named?.invoiceNumber ?? '1' }),
      ...(asked === undefined
        ? {}
        : {
            lines: asked.map((line) => ({
              ...line,
              itemId: named?.lines[Number(line.itemId) % named.lines.length]?.itemId ?? 'line:none',
            })),
          }),
    },
  } as unknown as Command
}

/** What the histories met, so that a rule that is never tried is noticed. */
const met = { histories: 0, sent: 0, rebuilt: 0, invoices: 0, notes: 0, partly: 0, conflicts: 0, settings: 0 }

const inTurn = (kind: StoreKind) =>
  inHistory(kind, async (clinics, steps) => {
    const model = new Model()
    const { clock, underlag } = clinics[0]
    const answers: Array<Answer> = []
    const commands: Array<Command> = []
    // The setup's events are facts like any other.
    for (const { type, data: event } of await right(underlag.audit())) model.take(type, event)
    for (const [i, one] of steps.entries()) {
      clock.now = new Date(Date.parse(clock.now) + 60_000).toISOString()
      const { underlag: library } = clinics[one.process]
      const command = commandOf(one, i, answers.flatMap(invoicesOf))
      commands.push(command)
      if (one.rebuild) await right(library.rebuild())
      const previewed = /^(RegisterInvoices?|CreditInvoice)$/.test(one.type)
        ? await right(library.preview(command))
        : undefined
      const answer = await right(library.execute(command))
      answers.push(answer)
      if (previewed !== undefined)
        assert.equal(
          previewed.invoices.map(({ payer: of, net, toPay, vatBreakdown, rounding }) => [
            of,
            net,
            toPay,
            vatBreakdown,
            rounding,
          ]),
          invoicesOf(answer).map(({ payer: of, net, toPay, vatBreakdown, rounding }) => [
            of,
            net,
            toPay,
            vatBreakdown,
            rounding,
          ]),
          'a preview came to something else',
        )
      for (const { type, data: event } of answer.ok ? answer.events : []) {
        model.take(type, event as Fields)
        if (type === 'InvoiceCredited')
          model.gone(event as Invoice, (one.data as { releaseItems: boolean }).releaseItems)
      }
      if (one.again && answer.ok && answer.events.length > 0)
        assert.equal(await right(clinics[one.process === 0 ? 1 : 0].underlag.execute(command)), answer, 'repeated')
    }
    const all = await lawful(clinics[0])
    settingsAreInInvoices(await right(clinics[0].underlag.audit()))
    met.invoices += all.length
    met.notes += all.filter(({ kind: of }) => of === 'creditNote').length
    met.partly += all.filter(({ credited, status }) => credited.amount > 0 && status !== 'credited').length
    const { conflicts, payers } = await right(underlag.basis())
    assert.equal(
      conflicts.map((conflict) => conflict.itemId),
      model.conflicts(),
    )
    met.conflicts += conflicts.length
    met.histories += 1
    met.rebuilt += steps.filter(({ rebuild }) => rebuild).length
    met.sent += answers.filter(
      (answer) => answer.ok && answer.events.some(({ type }) => type === 'DeliveryRequested'),
    ).length
    for (const { items } of payers)
      for (const { itemId: id, excluded } of items) {
        assert.not.ok(
          model.claims.has(id) || model.claims.has(model.visitOf(id)),
          `${id} is invoiced and in the underlag`,
        )
        assert.not.ok(
          model.paid.has(model.visitOf(id)) || model.cancelled.has(model.visitOf(id)) || model.removed.has(id),
        )
        assert.is(excluded, model.excluded.has(id))
      }
    // Everything again, from the first: nothing new, and what was done is told as the first time.
    const end = await right(underlag.caughtUp())
    for (const [i, command] of commands.entries()) {
      const before = answers[i]
      if (before?.ok !== true || before.events.length === 0) continue
      assert.equal(await right(underlag.execute(command)), before, `${command.type}, repeated at the end`)
    }
    assert.is(await right(underlag.caughtUp()), end)
    // What the underlag comes to is what is registered now.
    for (const { payer: of, toPay, net } of payers) {
      const answer = await right(
        underlag.execute({
          type: 'RegisterInvoice',
          commandId: `last-${of.id}`,
          data: { payer: of, delivery: 'none' },
        }),
      )
      if (!answer.ok) continue
      const [invoice] = invoicesOf(answer)
      assert.equal([invoice?.toPay, invoice?.net], [toPay, net])
    }
    await lawful(clinics[0])
  })

const atOnce = (kind: StoreKind) =>
  inHistory(kind, async (clinics, steps) => {
    const answers: Array<readonly [Command, Answer]> = []
    for (let i = 0; i < steps.length; i += 5) {
      const known = await right(clinics[0].underlag.invoices())
      await Promise.all(
        steps.slice(i, i + 5).map(async (one, n) => {
          const rebuilt = one.rebuild ? right(clinics[one.process].underlag.rebuild()) : undefined
          const command = commandOf(one, i + n, known)
          const process = clinics[one.process]
          const both = one.again ? [process, clinics[one.process === 0 ? 1 : 0]] : [process]
          const told = await Promise.all(both.map(({ underlag }) => right(underlag.execute(command))))
          const done = told.filter((answer) => answer.ok && answer.events.length > 0)
          for (const answer of done) assert.equal(answer, done[0], 'one command was answered in two ways')
          if (done[0] !== undefined) answers.push([command, done[0]])
          await rebuilt
        }),
      )
    }
    for (const [command, before] of answers)
      assert.equal(await right(clinics[0].underlag.execute(command)), before, `${command.type}, repeated at the end`)
    const invoices = await lawful(clinics[0])
    settingsAreInInvoices(await right(clinics[0].underlag.audit()))
    const claimed = new Set<string>()
    for (const invoice of invoices.filter(({ kind: of, status }) => of === 'invoice' && status !== 'credited')) {
      const gone = new Set(
        invoices
          .filter(({ credits }) => credits === invoice.invoiceNumber)
          .flatMap(({ lines }) => lines.map((line) => line.itemId)),
      )
      for (const { itemId: id, bookingId: of } of invoice.lines.filter((line) => !gone.has(line.itemId)))
        for (const source of new Set([id, of === undefined ? id : `booking:${of}`])) {
          assert.not.ok(claimed.has(source), `${source} is on two invoices`)
          claimed.add(source)
        }
    }
    assert.equal(await right(clinics[1].underlag.basis()), await right(clinics[0].underlag.basis()))
  })

const check = (play: (steps: ReadonlyArray<Step>) => Promise<void>, numRuns: number, maxLength: number) =>
  fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength, size: 'max' }), play), {
    numRuns,
    interruptAfterTimeLimit: process.env.RUNS === undefined ? 60_000 : 600_000,
    endOnFailure: false,
    includeErrorInReport: true,
  })

Histories('keep every rule: numbers, claims, sums, conflicts, previews, repeats (in memory)', () =>
  check(inTurn(onMemory), Number(process.env.RUNS ?? 300), 60),
)
Histories('keep every rule (on SQLite)', () => check(inTurn(onSqlite), 12, 50))
Histories('met what the rules are about', () => {
  console.log(JSON.stringify(met))
  for (const count of Object.values(met)) assert.ok(count >= met.histories / 10, JSON.stringify(met))
})
Histories('keep every rule when two processes act at once (in memory)', () =>
  check(atOnce(onMemory), Number(process.env.RUNS ?? 150), 50),
)
Histories('keep every rule when two processes act at once (on SQLite)', () => check(atOnce(onSqlite), 12, 50))
