import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  type Candidate,
  candidates,
  conflictsOf,
  DEFAULT_TIME_ZONE,
  type Draft,
  type IssuedInvoice,
  localDate,
  type Payer,
  payerKey,
  payerOn,
  type RegisteredCreditNote,
  type Settings,
  type Visit,
} from '../src/index.js'
import { address, care, clinic, kr, vat25 } from './support/samples.js'
import { type Said, World } from './support/world.js'

/** A command as it comes, or an invoice drafted now and issued later, with whatever happened in between. */
type Step =
  | { readonly _tag: 'say'; readonly command: Said; readonly race: boolean }
  | { readonly _tag: 'draft'; readonly payer: Payer; readonly until: string }
  | { readonly _tag: 'issue' }

const small = (prefix: string, max: number) => fc.nat({ max }).map((n) => `${prefix}${n}`)
const bookingId = small('b', 2)
const entryId = small('e', 3)
const clientId = small('c', 1)
const contactTypeId = fc.constantFrom('visit', 'phone')
const instant = fc.constantFrom(
  '2026-03-02T09:00:00Z',
  '2026-03-02T23:30:00Z',
  '2026-03-30T09:00:00Z',
  '2026-04-20T09:00:00Z',
)
const payer = fc.constantFrom<Payer>(
  { kind: 'client', id: 'c0' },
  { kind: 'client', id: 'c1' },
  { kind: 'company', id: 'f0' },
)
const itemId = fc.oneof(
  bookingId.map((id) => `booking:${id}`),
  entryId.map((id) => `journalEntry:${id}`),
  small('l', 1).map((id) => `line:${id}`),
)
const until = fc.constantFrom('2026-03-31', '2026-04-30')

const fact: fc.Arbitrary<Said> = fc.oneof(
  fc
    .record({ bookingId, clientId, startsAt: instant })
    .map((data): Said => ({ type: 'RecordBooking', data: { ...data, treatmentTypeId: 'therapy' } })),
  fc
    .record({
      journalEntryId: entryId,
      clientId,
      contactTypeId,
      occurredAt: instant,
      visit: fc.option(bookingId, { nil: undefined }),
    })
    .map(
      ({ visit, ...data }): Said => ({
        type: 'RecordJournalEntry',
        data: { ...data, ...(visit === undefined ? {} : { bookingId: visit }) },
      }),
    ),
  fc.record({ bookingId, startsAt: instant }).map((data): Said => ({ type: 'RescheduleBooking', data })),
  bookingId.map((id): Said => ({ type: 'CancelBooking', data: { bookingId: id } })),
  bookingId.map((id): Said => ({ type: 'MarkBookingPaid', data: { bookingId: id, method: 'card' } })),
  bookingId.map((id): Said => ({ type: 'MarkBookingUnpaid', data: { bookingId: id } })),
  entryId.map((journalEntryId): Said => ({ type: 'RemoveJournalEntry', data: { journalEntryId } })),
)
const edit: fc.Arbitrary<Said> = fc.oneof(
  fc
    .tuple(itemId, fc.option(fc.constantFrom('1', '2')))
    .map(([id, quantity]): Said => ({ type: 'ChangeLine', data: { itemId: id, quantity } })),
  fc
    .tuple(itemId, fc.option(fc.constant('Text')))
    .map(([id, description]): Said => ({ type: 'ChangeLine', data: { itemId: id, description } })),
  itemId.map((id): Said => ({ type: 'ExcludeItem', data: { itemId: id } })),
  itemId.map((id): Said => ({ type: 'IncludeItem', data: { itemId: id } })),
  fc.tuple(small('l', 1), payer, fc.option(clientId, { nil: undefined })).map(
    ([lineId, who, client]): Said => ({
      type: 'AddLine',
      data: {
        lineId,
        payer: who,
        ...(client === undefined ? {} : { clientId: client }),
        date: '2026-03-02',
        description: 'Rad',
        quantity: '1',
        price: kr(10),
        vat: vat25,
      },
    }),
  ),
  small('l', 1).map((lineId): Said => ({ type: 'RemoveLine', data: { lineId } })),
)
const setting: fc.Arbitrary<Said> = fc.oneof(
  fc
    .constantFrom('bookings' as const, 'journal' as const)
    .map((basis): Said => ({ type: 'SetInvoicingBasis', data: { basis } })),
  contactTypeId.map((id): Said => ({ type: 'HideContactType', data: { contactTypeId: id } })),
  contactTypeId.map((id): Said => ({ type: 'ShowContactType', data: { contactTypeId: id } })),
  fc
    .record({ clientId, payer, validFrom: fc.constantFrom('2026-01-01', '2026-03-03') })
    .map((data): Said => ({ type: 'AssignPayer', data })),
)
const billing: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ payer, until }).map((data): Said => ({ type: 'RegisterInvoice', data: { ...data, delivery: 'none' } })),
  fc
    .record({ payer, items: fc.uniqueArray(itemId, { minLength: 1, maxLength: 2 }) })
    .map((data): Said => ({ type: 'RegisterInvoice', data: { ...data, delivery: 'none' } })),
  until.map((day): Said => ({ type: 'RegisterInvoices', data: { payers: 'all', delivery: 'none', until: day } })),
  fc.record({ at: fc.nat({ max: 5 }), releaseItems: fc.boolean() }).map(
    ({ at, releaseItems }): Said => ({
      type: 'CreditInvoice',
      data: { invoiceNumber: String(at + 1), reason: 'Fel', releaseItems },
    }),
  ),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(
        fc.oneof(
          { weight: 5, arbitrary: fact },
          { weight: 3, arbitrary: edit },
          { weight: 2, arbitrary: setting },
          { weight: 3, arbitrary: billing },
        ),
        fc.nat({ max: 3 }).map((n) => n === 0),
      )
      .map(([command, race]): Step => ({ _tag: 'say', command, race })),
  },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant('draft' as const), payer, until }) },
  { weight: 2, arbitrary: fc.constant<Step>({ _tag: 'issue' }) },
)

const contactType = (contactTypeIdOf: string): Said => ({
  type: 'SetContactTypePrice',
  data: { contactTypeId: contactTypeIdOf, name: contactTypeIdOf, price: kr(900), vat: vat25 },
})
const live = (steps: ReadonlyArray<Step>): World => {
  const world = new World(
    { type: 'ActivateInvoicing', data: {} },
    { type: 'SetSeller', data: clinic },
    { type: 'SetTreatmentTypePrice', data: { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1200), vat: care } },
    contactType('visit'),
    contactType('phone'),
    { type: 'RegisterClient', data: { clientId: 'c0', name: 'Anna' } },
    { type: 'RegisterClient', data: { clientId: 'c1', name: 'Bo' } },
    { type: 'RegisterCompany', data: { companyId: 'f0', name: 'Acme', organisationNumber: '556677-8899', address } },
  )
  let waiting: Draft | undefined
  for (const each of steps) {
    if (each._tag === 'draft') {
      const draft = world.draft({ payer: each.payer, delivery: 'none', until: each.until })
      if (E.isRight(draft)) waiting = draft.right
    } else if (each._tag === 'issue') {
      if (waiting !== undefined) world.issue(waiting)
      waiting = undefined
    } else if (
      each.command.type !== 'CreditInvoice' ||
      Number(each.command.data.invoiceNumber) <= world.allIssued().length
    )
      world.try(each.command, { race: each.race })
  }
  return world
}
const histories = fc.array(step, { maxLength: 60, size: 'max' }).map(live)

/** Every combination of the settings that decide what is billed. */
const anySettings = (settings: Settings): ReadonlyArray<Settings> =>
  (['bookings', 'journal'] as const).flatMap((basis) =>
    [{}, { visit: true as const }, { phone: true as const }, { visit: true as const, phone: true as const }].map(
      (hiddenContactTypes): Settings => ({ ...settings, basis, hiddenContactTypes }),
    ),
  )

const Histories = suite('the underlag, under any history')

Histories('what is billable under any settings is found under its term, for whoever pays', () => {
  fc.assert(
    fc.property(histories, (world) => {
      for (const settings of anySettings(world.settings()))
        for (const [key, visit] of world.allVisits())
          for (const { state, itemId: item, clientId: client, payer: who } of candidates(
            visit,
            world.context('all', [], settings),
          )) {
            if (state !== 'billable') continue
            const open = world.terms(key).flatMap(([index, term]) => (index === 'open' ? [term] : []))
            assert.ok(open.includes(item.startsWith('line:') ? `payer:${payerKey(who)}` : `client:${client}`), item)
            assert.ok(world.openVisits(who).includes(visit), `${item} is found for ${payerKey(who)}`)
          }
    }),
    { numRuns: 400 },
  )
})

// Else what was settled years ago would be read again at every query.
Histories('what no settings can make billable is under no term', () => {
  fc.assert(
    fc.property(histories, (world) => {
      const every = anySettings(world.settings()).map((settings) => world.context('all', [], settings))
      for (const [key, visit] of world.allVisits()) {
        const billable = every.some((context) => candidates(visit, context).some(({ state }) => state === 'billable'))
        assert.is(
          world.terms(key).some(([index]) => index === 'open'),
          billable,
          key,
        )
      }
    }),
    { numRuns: 400 },
  )
})

Histories('whatever is in conflict is found under that term', () => {
  fc.assert(
    fc.property(histories, (world) => {
      for (const [key, visit] of world.allVisits())
        if (conflictsOf(visit, DEFAULT_TIME_ZONE).length > 0)
          assert.ok(
            world.terms(key).some(([index]) => index === 'conflict'),
            key,
          )
    }),
    { numRuns: 400 },
  )
})

/** The facts told once more, from the events alone and in the words of the rules. */
const facts = (world: World) => {
  const of = (...types: ReadonlyArray<string>) => world.log.filter(({ type }) => types.includes(type))
  const last = (key: string, id: unknown, ...types: ReadonlyArray<string>) =>
    of(...types).findLast(({ data }) => data[key] === id)
  const bookings = new Map(
    of('BookingRecorded').map(({ data }) => [
      data.bookingId as string,
      {
        clientId: data.clientId as string,
        startsAt: last('bookingId', data.bookingId, 'BookingRecorded', 'BookingRescheduled')?.data.startsAt as string,
        paid:
          last('bookingId', data.bookingId, 'BookingMarkedPaid', 'BookingMarkedUnpaid')?.type === 'BookingMarkedPaid',
        cancelled: last('bookingId', data.bookingId, 'BookingCancelled') !== undefined,
      },
    ]),
  )
  const entries = of('JournalEntryRecorded').map(({ data }) => ({
    id: data.journalEntryId as string,
    bookingId: data.bookingId as string | undefined,
    contactTypeId: data.contactTypeId as string,
    removed: last('journalEntryId', data.journalEntryId, 'JournalEntryRemoved') !== undefined,
  }))
  const lines = of('LineAdded').map(({ data }) => ({
    id: data.lineId as string,
    removed: last('lineId', data.lineId, 'LineRemoved') !== undefined,
  }))
  const notes = of('InvoiceCredited').map(({ data }) => data as unknown as RegisteredCreditNote)
  const claims = of('InvoiceRegistered').flatMap(({ data }) => {
    const invoice = data as unknown as IssuedInvoice
    const own = notes.filter(({ credits }) => credits === invoice.invoiceNumber)
    return invoice.lines
      .filter(({ itemId: id }) => !own.some(({ released }) => released.includes(id)))
      .map((line) => ({
        ...line,
        invoiceNumber: invoice.invoiceNumber,
        settled: own.some(({ settled }) => settled.includes(line.itemId)),
      }))
  })
  return { bookings, entries, lines, claims }
}

const billableBy = (
  { bookings, entries, lines, claims }: ReturnType<typeof facts>,
  { basis, hiddenContactTypes }: Settings,
) => {
  const visitOf = (item: string, booking: string | undefined) => (booking === undefined ? item : `booking:${booking}`)
  const claimed = new Set(claims.map((line) => visitOf(line.itemId, line.bookingId)))
  const found: Array<string> = []
  if (basis === 'bookings')
    for (const [id, { paid, cancelled }] of bookings)
      if (!paid && !cancelled && !claimed.has(`booking:${id}`)) found.push(`booking:${id}`)
  const stands = new Set<string>()
  if (basis === 'journal')
    for (const { id, bookingId: of, contactTypeId: type, removed } of entries) {
      const visit = visitOf(`journalEntry:${id}`, of)
      if (removed || type in hiddenContactTypes || stands.has(visit)) continue
      stands.add(visit)
      const settled = of === undefined ? undefined : bookings.get(of)
      if (settled?.paid !== true && settled?.cancelled !== true && !claimed.has(visit)) found.push(`journalEntry:${id}`)
    }
  for (const { id, removed } of lines) if (!removed && !claimed.has(`line:${id}`)) found.push(`line:${id}`)
  return found.sort()
}

Histories('what is billable is what the rules say, from the facts alone', () => {
  fc.assert(
    fc.property(histories, (world) => {
      const known = facts(world)
      for (const settings of anySettings(world.settings())) {
        const context = world.context('all', [], settings)
        const found = world
          .openVisits()
          .flatMap((visit) => candidates(visit, context))
          .filter(({ state }) => state === 'billable')
          .map(({ itemId: id }) => id)
        assert.equal(
          found.sort(),
          billableBy(known, settings),
          `${settings.basis} ${Object.keys(settings.hiddenContactTypes)}`,
        )
      }
    }),
    { numRuns: 400 },
  )
})

Histories('a conflict is an uncredited item whose states contradict it, in whatever order they came', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(histories, (world) => {
      const { bookings, entries, lines, claims } = facts(world)
      const expected = claims
        .filter(({ settled }) => !settled)
        .flatMap(({ itemId: item, bookingId: of, date, invoiceNumber, sourceRevision }) => {
          const booking = bookings.get(of ?? '')
          const removed = [
            ...entries.map((e) => ({ ...e, item: `journalEntry:${e.id}` })),
            ...lines.map((l) => ({ ...l, item: `line:${l.id}` })),
          ]
          const editedLater = world.log.some(
            ({ type, data, revision }) =>
              ['LineChanged', 'ItemExcluded', 'ItemIncluded'].includes(type) &&
              data.itemId === item &&
              revision > BigInt(sourceRevision),
          )
          const reason = booking?.paid
            ? 'paid'
            : booking?.cancelled
              ? 'cancelled'
              : removed.find((each) => each.item === item)?.removed
                ? 'removed'
                : item.startsWith('booking:') &&
                    booking !== undefined &&
                    localDate(booking.startsAt, DEFAULT_TIME_ZONE) !== date
                  ? 'rescheduled'
                  : editedLater
                    ? 'edited'
                    : undefined
          return reason === undefined ? [] : [`${item} ${reason} ${invoiceNumber}`]
        })
      for (const each of expected) seen.add(each.split(' ')[1]!)
      assert.equal(world.conflicts(), expected.sort())
    }),
    { numRuns: 800 },
  )
  assert.equal(
    [...seen].sort(),
    ['cancelled', 'edited', 'paid', 'removed', 'rescheduled'],
    'the histories reach each of them',
  )
})

Histories('no visit is on two invoices, and the underlag holds nothing that is on one', () => {
  fc.assert(
    fc.property(histories, (world) => {
      const { claims } = facts(world)
      const visits = claims.map(({ itemId: item, bookingId: of }) => (of === undefined ? item : `booking:${of}`))
      assert.is(new Set(visits).size, visits.length)
      for (const [key, visit] of world.allVisits()) {
        const claimed = visits.includes(key)
        for (const { state } of candidates(visit, world.context('all'))) assert.is(state === 'invoiced', claimed, key)
      }
    }),
    { numRuns: 400 },
  )
})

Histories('each payer’s totals are what registering now comes to', () => {
  fc.assert(
    fc.property(histories, (world) => {
      for (const { payer: who, net, vatAmount, toPay, items } of world.underlag()) {
        const due = items.filter(({ excluded, upcoming, priceMissing }) => !excluded && !upcoming && !priceMissing)
        const draft = world.draft({ payer: who, delivery: 'none' })
        if (E.isLeft(draft)) assert.equal(due, [])
        else {
          assert.equal([draft.right.net, draft.right.vatAmount, draft.right.toPay], [net, vatAmount, toPay])
          assert.equal(
            draft.right.lines.map((line) => line.net),
            due.map((item) => item.net),
          )
        }
      }
    }),
    { numRuns: 300 },
  )
})

Histories('the payer is the one of the day of service', () => {
  fc.assert(
    fc.property(histories, (world) => {
      const context = world.context('all')
      const check = ({ clientId: client, date, payer: who, source }: Candidate) => {
        if (source !== 'line' && client !== null)
          assert.equal(who, payerOn(client, context.payersOf(client), date).payer)
      }
      for (const [, visit] of world.allVisits()) candidates(visit as Visit, context).forEach(check)
    }),
    { numRuns: 100 },
  )
})
