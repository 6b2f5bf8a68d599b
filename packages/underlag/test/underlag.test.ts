import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import type { Accepted, Invoice, Payer, Ports, Preview } from '../src/index.js'
import { type Clinic, inClinic, openClinic, right, settled } from './support/clinic.js'
import { acme, anna, bo, care, kr, onDay, clinic as seller, vat25 } from './support/samples.js'
import { type Place, stores } from './support/stores.js'

const none = kr(0)

const booking = (
  { accept }: Clinic,
  bookingId: string,
  day: number,
  clientId = 'anna',
  treatmentTypeId = 'therapy',
): Promise<Accepted> => accept('RecordBooking', { bookingId, clientId, treatmentTypeId, startsAt: onDay(day) })

const entry = (
  { accept }: Clinic,
  journalEntryId: string,
  day: number,
  more: { clientId?: string; bookingId?: string; contactTypeId?: string } = {},
): Promise<Accepted> =>
  accept('RecordJournalEntry', {
    journalEntryId,
    clientId: 'anna',
    contactTypeId: 'visit',
    occurredAt: onDay(day),
    ...more,
  })

/** The place's ports, where something happens just before the open visits are read. */
const interrupted = async (place: Place, work: () => Promise<void>): Promise<Ports> => {
  const ports = await place.ports()
  return {
    ...ports,
    readModels: {
      ...ports.readModels,
      find: (table, index, terms) => async () => {
        if (table.name === 'visits' && index === 'open') await work()
        return ports.readModels.find(table, index, terms)()
      },
    },
  }
}

/** The place's ports, where something happens after an invoice was planned and before it is appended. */
const overtaken = async (place: Place, work: () => Promise<void>): Promise<Ports> => {
  const ports = await place.ports()
  return {
    ...ports,
    eventStore: {
      ...ports.eventStore,
      append:
        (stream, ...rest) =>
        async () => {
          if (stream === 'ledger/invoices') await work()
          return ports.eventStore.append(stream, ...rest)()
        },
    },
  }
}

const invoiceOf = (answer: Accepted): Invoice => {
  assert.equal(
    answer.events.map(({ type }) => type),
    ['InvoiceRegistered'],
  )
  return answer.events[0]?.data as Invoice
}

const itemIds = async ({ underlag }: Clinic): Promise<ReadonlyArray<string>> =>
  (await right(underlag.basis())).payers.flatMap(({ items }) => items.map(({ itemId }) => itemId)).sort()

const conflicts = async ({ underlag }: Clinic): Promise<ReadonlyArray<readonly [string, string, string]>> =>
  (await right(underlag.basis())).conflicts.map(({ itemId, invoiceNumber, reason, remedy }) => {
    assert.ok(remedy.length > 20, 'a conflict says what to do')
    return [itemId, invoiceNumber, reason] as const
  })

for (const kind of stores) {
  const Basis = suite(`the underlag on ${kind.name}`)

  Basis(
    'previews what an invoice would lack by law, and registers it all the same',
    inClinic(kind, async (clinic) => {
      const { underlag, accept } = clinic
      await settled(clinic)
      const advice = async (payer: Payer) => {
        const command = { type: 'RegisterInvoice', commandId: 'p', data: { payer, delivery: 'none' } }
        return (await right(underlag.preview(command))).advice?.map(({ rule, field }) => `${rule} ${field}`)
      }
      await booking(clinic, 'b1', 2)
      assert.is(await advice(anna), undefined)
      const { bankgiro: _, ...poor } = seller
      await accept('SetSeller', poor)
      await accept('AddLine', {
        ...{ lineId: 'l1', payer: anna, description: 'Bok', quantity: '1', price: kr(100) },
        vat: { kind: 'reverseCharge' },
      })
      await accept('AddLine', {
        ...{ lineId: 'l2', payer: anna, description: 'Kurs', quantity: '1', price: kr(100), vat: vat25 },
      })
      await accept('AddLine', {
        ...{ lineId: 'l3', payer: anna, description: 'Te', quantity: '1', price: kr(10) },
        vat: { kind: 'exempt', reason: 'smallBusiness' },
      })
      assert.equal(await advice(anna), [
        'ML-17-24-3 seller.vatNumber',
        'UNDERLAG-REVERSE-CHARGE lines',
        'UNDERLAG-SMALL-BUSINESS lines',
        'UNDERLAG-ACCOUNT seller.bankgiro',
      ])
      const all = { type: 'RegisterInvoices', commandId: 'a', data: { payers: 'all', delivery: 'none' } }
      assert.equal(
        (await right(underlag.preview(all))).advice?.map(({ payer }) => payer.id),
        ['anna', 'anna', 'anna', 'anna'],
      )
      await accept('AddLine', {
        ...{ lineId: 'l4', payer: acme, description: 'Kurs', quantity: '1', price: kr(100) },
        vat: { kind: 'reverseCharge' },
      })
      await accept('SetSeller', { ...seller, vatNumber: 'SE556677889901' })
      assert.equal(await advice(acme), ['ML-17-24-4 buyer.vatNumber'])
      const { warnings } = await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      assert.is(warnings, undefined)
    }),
  )

  Basis(
    'says how far it has seen the log, without looking further',
    inClinic(kind, async (clinic) => {
      const { underlag } = clinic
      await settled(clinic)
      const before = await right(underlag.health())
      assert.equal(await right(underlag.health()), before)
      assert.ok(before.readModels.some(({ position }) => position < before.end))
      const end = await right(underlag.caughtUp())
      const after = await right(underlag.health())
      assert.is(after.end, end)
      assert.ok(after.readModels.every(({ position }) => position === end))
    }),
  )

  Basis(
    'is what was done, neither paid nor invoiced, per payer, in exactly this shape',
    inClinic(kind, async (clinic) => {
      const { underlag, accept } = clinic
      assert.equal(await right(underlag.basis()), { payers: [], conflicts: [] })
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await booking(clinic, 'b2', 3, 'anna', 'massage')
      await accept('AddLine', {
        lineId: 'l1',
        payer: acme,
        description: 'Föreläsning',
        quantity: '1.5',
        price: kr(1000),
        vat: vat25,
        date: '2026-03-04',
      })
      const common = {
        clientId: 'anna',
        quantity: '1',
        discountPercent: '0',
        edited: false,
        excluded: false,
        upcoming: false,
        priceMissing: false,
      }
      assert.equal(await right(underlag.basis()), {
        payers: [
          {
            payer: acme,
            name: 'Acme AB',
            items: [
              {
                ...common,
                itemId: 'line:l1',
                source: 'line',
                clientId: null,
                date: '2026-03-04',
                description: 'Föreläsning',
                quantity: '1.5',
                unitPrice: kr(1000),
                vat: vat25,
                net: kr(1500),
              },
            ],
            net: kr(1500),
            vatAmount: kr(375),
            toPay: kr(1875),
          },
          {
            payer: anna,
            name: 'Anna Andersson',
            items: [
              {
                ...common,
                itemId: 'booking:b1',
                source: 'booking',
                date: '2026-03-02',
                description: 'Samtal',
                unitPrice: kr(1200),
                vat: care,
                net: kr(1200),
              },
              {
                ...common,
                itemId: 'booking:b2',
                source: 'booking',
                date: '2026-03-03',
                description: 'Massage',
                unitPrice: kr(800),
                vat: vat25,
                net: kr(800),
              },
            ],
            net: kr(2000),
            vatAmount: kr(200),
            toPay: kr(2200),
          },
        ],
        conflicts: [],
      })
      const own = await right(underlag.basis({ payer: acme }))
      assert.equal(
        own.payers.map(({ payer }) => payer),
        [acme],
      )
      assert.equal(await right(underlag.basis({ payer: bo })), { payers: [], conflicts: [] })
    }),
  )

  Basis(
    'loses what is paid, cancelled or removed, and gets back what is unpaid again',
    inClinic(kind, async (clinic) => {
      const { accept } = clinic
      await settled(clinic)
      for (const [i, id] of ['b1', 'b2', 'b3'].entries()) await booking(clinic, id, i + 2)
      await accept('AddLine', { lineId: 'l1', payer: anna, description: 'x', quantity: '1', price: kr(1), vat: vat25 })
      await accept('MarkBookingPaid', { bookingId: 'b1', method: 'cash' })
      await accept('CancelBooking', { bookingId: 'b2' })
      await accept('RemoveLine', { lineId: 'l1' })
      assert.equal(await itemIds(clinic), ['booking:b3'])
      await accept('MarkBookingUnpaid', { bookingId: 'b1' })
      assert.equal(await itemIds(clinic), ['booking:b1', 'booking:b3'])
      await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      assert.equal(await itemIds(clinic), [])
    }),
  )

  Basis(
    'shows what is upcoming, excluded, edited or without a price, and leaves it out of the totals where it must',
    inClinic(kind, async (clinic) => {
      const { accept, underlag, clock } = clinic
      await settled(clinic)
      await booking(clinic, 'today', 10)
      await booking(clinic, 'tomorrow', 11)
      await booking(clinic, 'excluded', 2)
      await booking(clinic, 'edited', 3)
      await booking(clinic, 'unpriced', 4, 'anna', 'nothing-known')
      await accept('ExcludeItem', { itemId: 'booking:excluded' })
      await accept('ChangeLine', {
        itemId: 'booking:edited',
        price: kr(1000),
        quantity: '2',
        discountPercent: '10',
        description: 'Dubbeltid',
      })
      const [group] = (await right(underlag.basis())).payers
      const item = (id: string) => group?.items.find(({ itemId }) => itemId === `booking:${id}`)
      const flags = (id: string) => {
        const { edited, excluded, upcoming, priceMissing } = item(id) ?? {}
        return { edited, excluded, upcoming, priceMissing }
      }
      const plain = { edited: false, excluded: false, upcoming: false, priceMissing: false }
      assert.equal(flags('today'), plain)
      assert.equal(flags('tomorrow'), { ...plain, upcoming: true })
      assert.equal(flags('excluded'), { ...plain, excluded: true })
      assert.equal(flags('edited'), { ...plain, edited: true })
      assert.equal(flags('unpriced'), { ...plain, priceMissing: true })
      const { unitPrice, quantity, discountPercent, description, net } = item('edited') ?? {}
      assert.equal(
        { unitPrice, quantity, discountPercent, description, net },
        { unitPrice: kr(1000), quantity: '2', discountPercent: '10', description: 'Dubbeltid', net: kr(1800) },
      )
      assert.equal([item('unpriced')?.unitPrice, item('unpriced')?.vat, item('unpriced')?.net], [null, null, null])
      assert.equal(group?.toPay, kr(1200 + 1800))
      await accept('ChangeLine', {
        itemId: 'booking:edited',
        price: null,
        quantity: null,
        discountPercent: null,
        description: null,
      })
      const [back] = (await right(underlag.basis())).payers
      assert.equal(
        [back?.items.find(({ itemId }) => itemId === 'booking:edited')?.edited, back?.toPay],
        [false, kr(2400)],
      )
      clock.now = '2026-03-10T23:30:00.000Z'
      const [later] = (await right(underlag.basis())).payers
      assert.is(later?.items.find(({ itemId }) => itemId === 'booking:tomorrow')?.upcoming, false, 'midnight is local')
    }),
  )

  Basis(
    'keeps an edit whatever the source does afterwards, and prices by the date of service',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      await accept('SetTreatmentTypePrice', {
        treatmentTypeId: 'therapy',
        name: 'Samtal',
        price: kr(1300),
        vat: care,
        validFrom: '2026-03-05',
      })
      await booking(clinic, 'before', 4)
      await booking(clinic, 'after', 5)
      await accept('ChangeLine', { itemId: 'booking:before', description: 'Krissamtal' })
      const prices = async () =>
        (await right(underlag.basis())).payers[0]?.items.map(({ itemId, unitPrice, description }) => [
          itemId,
          unitPrice?.amount,
          description,
        ])
      assert.equal(await prices(), [
        ['booking:before', 120000, 'Krissamtal'],
        ['booking:after', 130000, 'Samtal'],
      ])
      await accept('RescheduleBooking', { bookingId: 'before', startsAt: onDay(6) })
      assert.equal(await prices(), [
        ['booking:after', 130000, 'Samtal'],
        ['booking:before', 130000, 'Krissamtal'],
      ])
      await right(underlag.rebuild())
      assert.is((await prices())?.[1]?.[2], 'Krissamtal')
    }),
  )

  Basis(
    'asks the payer of the day of service, and bills a visit once whichever the basis is',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      await accept('AssignPayer', { clientId: 'bo', payer: acme, validFrom: '2026-03-03', showAs: 'initials' })
      await booking(clinic, 'b2', 2, 'bo')
      await booking(clinic, 'b3', 3, 'bo')
      await entry(clinic, 'e3', 3, { clientId: 'bo', bookingId: 'b3' })
      await entry(clinic, 'e4', 4, { clientId: 'bo' })
      const by = async () =>
        (await right(underlag.basis())).payers.map(({ payer, items }) => [
          payer.id,
          ...items.map(({ itemId }) => itemId),
        ])
      assert.equal(await by(), [
        ['acme', 'booking:b3'],
        ['bo', 'booking:b2'],
      ])
      await accept('SetInvoicingBasis', { basis: 'journal' })
      assert.equal(await by(), [['acme', 'journalEntry:e3', 'journalEntry:e4']])
      const invoice = invoiceOf(await accept('RegisterInvoice', { payer: acme, delivery: 'none' }))
      assert.equal(
        invoice.lines.map(({ itemId, clientLabel }) => [itemId, clientLabel]),
        [
          ['journalEntry:e3', 'BB'],
          ['journalEntry:e4', 'BB'],
        ],
      )
      await accept('SetInvoicingBasis', { basis: 'bookings' })
      assert.equal(await by(), [['bo', 'booking:b2']])
    }),
  )

  Basis(
    'of several entries of one booking the first recorded stands for the visit, unless it is removed or hidden',
    inClinic(kind, async (clinic) => {
      const { accept } = clinic
      await settled(clinic)
      await accept('SetInvoicingBasis', { basis: 'journal' })
      await accept('SetContactTypePrice', { contactTypeId: 'phone', name: 'Telefon', price: kr(300), vat: care })
      await entry(clinic, 'e1', 2, { bookingId: 'b1' })
      await entry(clinic, 'e2', 2, { bookingId: 'b1', contactTypeId: 'phone' })
      assert.equal(await itemIds(clinic), ['journalEntry:e1'])
      await accept('HideContactType', { contactTypeId: 'visit' })
      assert.equal(await itemIds(clinic), ['journalEntry:e2'])
      await accept('ShowContactType', { contactTypeId: 'visit' })
      await accept('RemoveJournalEntry', { journalEntryId: 'e1' })
      assert.equal(await itemIds(clinic), ['journalEntry:e2'])
      await booking(clinic, 'b1', 2)
      await accept('MarkBookingPaid', { bookingId: 'b1', method: 'card' })
      assert.equal(await itemIds(clinic), [])
      assert.equal(await conflicts(clinic), [])
    }),
  )

  Basis(
    'reckons days in the time zone of the seller, and what is backdated by its own day',
    inClinic(
      kind,
      async (clinic) => {
        const { accept, underlag } = clinic
        await settled(clinic)
        const at = (bookingId: string, startsAt: string) =>
          accept('RecordBooking', { bookingId, clientId: 'anna', treatmentTypeId: 'therapy', startsAt })
        await at('evening', '2026-03-06T04:30:00Z')
        await at('morning', '2026-03-06T05:30:00Z')
        const [group] = (await right(underlag.basis())).payers
        assert.equal(
          group?.items.map(({ itemId, date }) => [itemId, date]),
          [
            ['booking:evening', '2026-03-05'],
            ['booking:morning', '2026-03-06'],
          ],
        )
        const invoice = invoiceOf(
          await accept('RegisterInvoice', { payer: anna, delivery: 'none' }, { at: '2026-03-06T04:59:00Z' }),
        )
        assert.equal(
          [invoice.invoiceDate, invoice.dueDate, invoice.lines.map(({ itemId }) => itemId)],
          ['2026-03-05', '2026-04-04', ['booking:evening']],
        )
      },
      { config: { timeZone: 'America/New_York' } },
    ),
  )

  Basis(
    'takes any id that the contract allows, and mixes none up',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      const ids = [
        '__proto__',
        'constructor',
        'toString',
        'a:b',
        'booking:a',
        'B',
        'b',
        '.',
        '..',
        '-',
        '_',
        '1.1',
        'x'.repeat(64),
      ]
      for (const id of ids) {
        await accept('RegisterClient', { clientId: id, name: `Client ${id}` })
        await accept('RegisterCompany', {
          companyId: id,
          name: `Company ${id}`,
          organisationNumber: '556677-8899',
          address: { lines: ['x'], postalCode: '111 22', city: 'y', country: 'SE' },
        })
        await accept('SetTreatmentTypePrice', { treatmentTypeId: id, name: `Type ${id}`, price: kr(100), vat: care })
        await accept('SetContactTypePrice', { contactTypeId: id, name: `Contact ${id}`, price: kr(200), vat: care })
        await booking(clinic, id, 2, id, id)
        await entry(clinic, id, 2, { clientId: id, contactTypeId: id })
        await accept('AddLine', {
          lineId: id,
          payer: { kind: 'company', id },
          description: id,
          quantity: '1',
          price: kr(300),
          vat: care,
        })
        await accept('ExcludeItem', { itemId: `booking:${id}` })
        await accept('IncludeItem', { itemId: `booking:${id}` })
        await accept('HideContactType', { contactTypeId: id })
      }
      const { payers } = await right(underlag.basis())
      assert.equal(
        new Map<string, unknown>(
          payers.map(({ payer, name, items, toPay }) => [
            `${payer.kind}:${payer.id}`,
            [name, items.map(({ itemId }) => itemId), toPay],
          ]),
        ),
        new Map<string, unknown>(
          ids.flatMap(
            (id): ReadonlyArray<readonly [string, unknown]> => [
              [`client:${id}`, [`Client ${id}`, [`booking:${id}`], kr(100)]],
              [`company:${id}`, [`Company ${id}`, [`line:${id}`], kr(300)]],
            ],
          ),
        ),
      )
      const { events } = await accept('RegisterInvoices', { payers: 'all', delivery: 'none' })
      assert.is(events.length, 2 * ids.length)
      for (const id of ids) {
        const marked = await accept('MarkBookingPaid', { bookingId: id, method: 'card' })
        const [invoice] = await right(underlag.invoices({ payer: { kind: 'client', id } }))
        assert.equal(marked.warnings, [{ _tag: 'AlreadyInvoiced', invoiceNumber: invoice?.invoiceNumber }])
      }
      assert.is((await conflicts(clinic)).length, ids.length)
      assert.ok((await right(underlag.verify())).ok)
      assert.equal(await right(underlag.basis({ asOf: clinic.clock.now })), await right(underlag.basis()))
    }),
  )

  const Conflicts = suite(`conflicts on ${kind.name}`)

  for (const [fact, reason, act, undo] of [
    [
      'paid',
      'paid',
      ({ accept }: Clinic) => accept('MarkBookingPaid', { bookingId: 'b1', method: 'card' }),
      ({ accept }: Clinic) => accept('MarkBookingUnpaid', { bookingId: 'b1' }),
    ],
    [
      'moved to another day',
      'rescheduled',
      ({ accept }: Clinic) => accept('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(9) }),
      ({ accept }: Clinic) => accept('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(2) }),
    ],
    ['cancelled', 'cancelled', ({ accept }: Clinic) => accept('CancelBooking', { bookingId: 'b1' }), undefined],
  ] as const)
    Conflicts(
      `an invoiced booking is ${fact}: the answer warns, the case stays until it is undone or credited`,
      inClinic(kind, async (clinic) => {
        await settled(clinic)
        await booking(clinic, 'b1', 2)
        await booking(clinic, 'b2', 3)
        const { invoiceNumber } = invoiceOf(await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' }))
        const warning = [{ _tag: 'AlreadyInvoiced', invoiceNumber }]
        assert.equal((await act(clinic)).warnings, warning)
        assert.equal(await conflicts(clinic), [['booking:b1', invoiceNumber, reason]])
        if (undo !== undefined) {
          assert.equal((await undo(clinic)).warnings, warning)
          assert.equal(await conflicts(clinic), [])
          await act(clinic)
        }
        await clinic.accept('CreditInvoice', {
          invoiceNumber,
          lines: [{ itemId: 'booking:b1' }],
          reason: 'Fel',
          releaseItems: false,
        })
        assert.equal(await conflicts(clinic), [])
        const again = await clinic.send('MarkBookingPaid', { bookingId: 'b2', method: 'card' })
        assert.equal(again.ok && again.warnings, warning)
      }),
    )

  Conflicts(
    'a booking moved within its day is no conflict; the answer warns all the same',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      const moved = await clinic.accept('RescheduleBooking', { bookingId: 'b1', startsAt: '2026-03-02T15:00:00Z' })
      assert.equal(moved.warnings, [{ _tag: 'AlreadyInvoiced', invoiceNumber: '1' }])
      assert.equal(await conflicts(clinic), [])
    }),
  )

  Conflicts(
    'an invoiced journal entry: removed, or its booking paid or cancelled; one that only comes to know its booking is none',
    inClinic(kind, async (clinic) => {
      const { accept } = clinic
      await settled(clinic)
      await accept('SetInvoicingBasis', { basis: 'journal' })
      for (const n of [1, 2, 3]) await entry(clinic, `e${n}`, n + 1, { bookingId: `b${n}` })
      await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      const warning = [{ _tag: 'AlreadyInvoiced', invoiceNumber: '1' }]
      for (const edit of ['ChangeLine', 'ExcludeItem', 'IncludeItem'] as const)
        assert.equal(
          await clinic.refuse(edit, { itemId: 'booking:b1' }),
          { _tag: 'UnknownItem', items: ['booking:b1'] },
          'a booking that was never recorded',
        )
      for (const n of [1, 2, 3]) assert.equal((await booking(clinic, `b${n}`, n + 1)).warnings, warning)
      const late = await entry(clinic, 'late', 2, { bookingId: 'b1' })
      assert.equal(late.warnings, warning)
      assert.equal(await conflicts(clinic), [])
      assert.equal((await accept('RemoveJournalEntry', { journalEntryId: 'e1' })).warnings, warning)
      assert.equal((await accept('MarkBookingPaid', { bookingId: 'b2', method: 'cash' })).warnings, warning)
      assert.equal((await accept('CancelBooking', { bookingId: 'b3' })).warnings, warning)
      assert.equal(await conflicts(clinic), [
        ['journalEntry:e1', '1', 'removed'],
        ['journalEntry:e2', '1', 'paid'],
        ['journalEntry:e3', '1', 'cancelled'],
      ])
    }),
  )

  /** Recorded after an invoice was planned and before it is appended; what it comes to then, of one payer. */
  const settingsMeanwhile: ReadonlyArray<
    readonly [what: string, record: (clinic: Clinic) => Promise<unknown>, comesTo: object]
  > = [
    [
      'its contact type was hidden',
      ({ accept }) => accept('HideContactType', { contactTypeId: 'visit' }),
      { _tag: 'NothingToInvoice' },
    ],
    [
      'another came to pay',
      ({ accept }) => accept('AssignPayer', { clientId: 'anna', payer: acme }),
      { _tag: 'NothingToInvoice' },
    ],
    [
      'the basis was changed',
      ({ accept }) => accept('SetInvoicingBasis', { basis: 'bookings' }),
      { _tag: 'NothingToInvoice' },
    ],
    ['invoicing was deactivated', ({ accept }) => accept('DeactivateInvoicing', {}), { _tag: 'InvoicingNotActivated' }],
    [
      'the price was changed',
      ({ accept }) =>
        accept('SetContactTypePrice', { contactTypeId: 'visit', name: 'Besök', price: kr(990), vat: care }),
      { net: kr(990), buyer: 'Anna Andersson', dueDate: '2026-04-09' },
    ],
    [
      'the payer has another name',
      ({ accept }) => accept('ChangeClient', { clientId: 'anna', name: 'Anna Ek' }),
      { net: kr(950), buyer: 'Anna Ek', dueDate: '2026-04-09' },
    ],
    [
      'the seller has other terms',
      ({ accept }) => accept('SetSeller', { ...seller, paymentTermsDays: 10 }),
      { net: kr(950), buyer: 'Anna Andersson', dueDate: '2026-03-20' },
    ],
    [
      'another client was changed, and there is a new booking',
      async (clinic) => {
        await clinic.accept('ChangeClient', { clientId: 'bo', name: 'Bo Ek' })
        await booking(clinic, 'b1', 2)
      },
      { net: kr(950), buyer: 'Anna Andersson', dueDate: '2026-04-09' },
    ],
  ]
  for (const [what, record, comesTo] of settingsMeanwhile)
    for (const type of ['RegisterInvoice', 'RegisterInvoices'] as const)
      Conflicts(`an invoice is made by what was recorded before it: ${what} (${type})`, async () => {
        const place = await kind.place()
        const clinic = await openClinic(place)
        try {
          await settled(clinic)
          await clinic.accept('SetInvoicingBasis', { basis: 'journal' })
          await entry(clinic, 'e1', 2)
          let times = 0
          const overtaking = await clinic.open({
            store: await overtaken(place, async () => {
              times += 1
              if (times === 1) await record(clinic)
            }),
          })
          const answer =
            type === 'RegisterInvoice'
              ? await overtaking.send(type, { payer: anna, delivery: 'none' })
              : await overtaking.send(type, { payers: [anna], delivery: 'none' })
          const refusal = answer.ok ? answer.refused?.[0]?.refusal : answer.refusal
          const invoice = answer.ok ? (answer.events[0]?.data as Invoice | undefined) : undefined
          assert.equal(refusal ?? { net: invoice?.net, buyer: invoice?.buyer.name, dueDate: invoice?.dueDate }, comesTo)
          assert.is((await right(clinic.underlag.invoices())).length, refusal === undefined ? 1 : 0)
          assert.equal(answer.ok ? answer.warnings : undefined, undefined)
        } finally {
          await clinic.close()
          await place.cleanup()
        }
      })

  for (const type of ['RegisterInvoice', 'RegisterInvoices'] as const)
    Conflicts(
      `facts and edits met ${type} as it was appended: it tells of them, and so it does when it is repeated after all is resolved`,
      async () => {
        const place = await kind.place()
        const clinic = await openClinic(place)
        const { accept, underlag } = clinic
        try {
          await settled(clinic)
          for (const n of [1, 2, 3, 4, 5]) await booking(clinic, `b${n}`, n + 1)
          await entry(clinic, 'e1', 2, { bookingId: 'b1' })
          let meanwhile: (() => Promise<void>) | undefined
          const facts = new Map<string, Accepted>()
          const fact: Clinic['accept'] = async (of, data, { commandId = of } = {}) => {
            const answer = await accept(of, data, { commandId })
            facts.set(commandId, answer)
            return answer
          }
          const overtaking = await clinic.open({
            store: await overtaken(place, async () => {
              const work = meanwhile
              meanwhile = undefined
              await work?.()
            }),
          })
          let own: Promise<Accepted> | undefined
          const payOwn = (through: Clinic) =>
            through.accept('MarkBookingPaid', { bookingId: 'b5', method: 'card' }, { commandId: 'own' })
          meanwhile = async () => {
            await fact('MarkBookingPaid', { bookingId: 'b1', method: 'card' })
            await fact('RescheduleBooking', { bookingId: 'b2', startsAt: onDay(9) })
            await fact('ChangeLine', { itemId: 'booking:b3', quantity: '2' })
            // Of the same process, which answers it once the invoice is there.
            own = payOwn(overtaking)
            while ((await right(underlag.audit({ about: 'own' }))).length === 0) await Promise.resolve()
          }
          const register = (through: Clinic) =>
            type === 'RegisterInvoice'
              ? through.accept(type, { payer: anna, delivery: 'none' }, { commandId: 'register' })
              : through.accept(type, { payers: 'all', delivery: 'none' }, { commandId: 'register' })
          const first = await register(overtaking)
          const met = (itemId: string, reason: string) => ({
            _tag: 'Conflict',
            itemId,
            invoiceNumber: '1',
            reason,
            ...(type === 'RegisterInvoices' ? { payer: anna } : {}),
          })
          assert.equal(first.warnings, [
            met('booking:b1', 'paid'),
            met('booking:b2', 'rescheduled'),
            met('booking:b3', 'edited'),
            met('booking:b5', 'paid'),
          ])
          const paidOwn = await own
          await fact('CancelBooking', { bookingId: 'b4' })
          assert.equal(facts.get('CancelBooking')?.warnings, [{ _tag: 'AlreadyInvoiced', invoiceNumber: '1' }])

          const repeated = async (): Promise<void> => {
            for (const through of [overtaking, clinic]) {
              assert.equal(await register(through), first)
              assert.equal(await payOwn(through), paidOwn)
              for (const command of clinic.sent.filter(({ commandId }) => facts.has(commandId)))
                assert.equal(await right(through.underlag.execute(command)), facts.get(command.commandId))
            }
          }
          await repeated()
          await accept('MarkBookingUnpaid', { bookingId: 'b1' })
          await accept('RescheduleBooking', { bookingId: 'b2', startsAt: onDay(3) })
          await repeated()
          await accept('CreditInvoice', { invoiceNumber: '1', reason: 'Fel', releaseItems: true })
          assert.equal(await conflicts(clinic), [])
          await repeated()
          await accept('RegisterInvoices', { payers: 'all', delivery: 'none' })
          await repeated()
        } finally {
          await clinic.close()
          await place.cleanup()
        }
      },
    )

  const Register = suite(`registering on ${kind.name}`)

  Register(
    'takes everything dated to the day of the command, numbers it and freezes it; the event is the invoice',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await booking(clinic, 'b2', 3, 'anna', 'massage')
      await booking(clinic, 'later', 20)
      const answer = await accept('RegisterInvoice', { payer: anna, delivery: 'none', message: 'Tack!' })
      const invoice = invoiceOf(answer)
      assert.is(answer.warnings, undefined)
      assert.is(invoice.invoiceNumber, '1')
      assert.is(invoice.sequence, 1)
      assert.is(invoice.kind, 'invoice')
      assert.match(invoice.ocr, /^\d{2,25}$/)
      assert.equal([invoice.invoiceDate, invoice.dueDate], ['2026-03-10', '2026-04-09'])
      assert.equal([invoice.payer, invoice.buyer.name, invoice.seller.name], [anna, 'Anna Andersson', 'Kliniken AB'])
      assert.equal(
        invoice.lines.map(
          ({ itemId, clientId, date, description, quantity, unitPrice, vat, discountPercent, net }) => ({
            itemId,
            clientId,
            date,
            description,
            quantity,
            unitPrice,
            vat,
            discountPercent,
            net,
          }),
        ),
        [
          {
            itemId: 'booking:b1',
            clientId: 'anna',
            date: '2026-03-02',
            description: 'Samtal',
            quantity: '1',
            unitPrice: kr(1200),
            vat: care,
            discountPercent: '0',
            net: kr(1200),
          },
          {
            itemId: 'booking:b2',
            clientId: 'anna',
            date: '2026-03-03',
            description: 'Massage',
            quantity: '1',
            unitPrice: kr(800),
            vat: vat25,
            discountPercent: '0',
            net: kr(800),
          },
        ],
      )
      assert.equal(invoice.vatBreakdown, [
        { vat: vat25, taxable: kr(800), vatAmount: kr(200) },
        { vat: care, taxable: kr(1200), vatAmount: none },
      ])
      const { net, vatAmount, rounding, toPay, paid, credited, balance, status, creditedBy, message } = invoice
      assert.equal(
        { net, vatAmount, rounding, toPay, paid, credited, balance, status, creditedBy, message },
        {
          net: kr(2000),
          vatAmount: kr(200),
          rounding: none,
          toPay: kr(2200),
          paid: none,
          credited: none,
          balance: kr(2200),
          status: 'registered',
          creditedBy: [],
          message: 'Tack!',
        },
      )
      assert.equal(await right(underlag.invoices()), [invoice])
      assert.equal(await right(underlag.invoice('1')), { _tag: 'Some', value: invoice })
      assert.equal(await right(underlag.invoice('2')), { _tag: 'None' })

      await accept('ChangeClient', { clientId: 'anna', name: 'Anna Ek', email: null })
      await accept('SetTreatmentTypePrice', { treatmentTypeId: 'therapy', name: 'Dyrt', price: kr(9999), vat: vat25 })
      await accept('SetSeller', { ...invoice.seller, name: 'Nya Kliniken' })
      await accept('AssignPayer', { clientId: 'anna', payer: acme })
      await right(underlag.rebuild())
      assert.equal(await right(underlag.invoices()), [invoice], 'what is registered is frozen')
    }),
  )

  Register(
    'asks the payer and the price that were set before the visit was recorded, also when another process is at work',
    async () => {
      const place = await kind.place()
      const clinic = await openClinic(place)
      try {
        await settled(clinic)
        await booking(clinic, 'old', 2)
        let meanwhile: (() => Promise<void>) | undefined
        const slow = await clinic.open({
          store: await interrupted(place, async () => {
            const work = meanwhile
            meanwhile = undefined
            await work?.()
          }),
        })
        meanwhile = async () => {
          await clinic.accept('SetTreatmentTypePrice', {
            treatmentTypeId: 'therapy',
            name: 'Samtal',
            price: kr(1300),
            vat: care,
            validFrom: '2026-03-03',
          })
          await clinic.accept('AssignPayer', { clientId: 'anna', payer: acme, validFrom: '2026-03-04' })
          await booking(clinic, 'dearer', 3)
          await booking(clinic, 'of-acme', 4)
          // Of the read models it takes the visits alone further.
          await right(clinic.underlag.deliver())
        }
        const invoice = invoiceOf(await slow.accept('RegisterInvoice', { payer: anna, delivery: 'none' }))
        assert.is(meanwhile, undefined)
        assert.equal(
          invoice.lines.map(({ itemId, unitPrice }) => [itemId, unitPrice]),
          [
            ['booking:old', kr(1200)],
            ['booking:dearer', kr(1300)],
          ],
        )
      } finally {
        await clinic.close()
        await place.cleanup()
      }
    },
  )

  Register(
    'takes the items named, or all until a day; upcoming ones only then',
    inClinic(kind, async (clinic) => {
      const { accept } = clinic
      await settled(clinic)
      for (const day of [2, 3, 20, 25]) await booking(clinic, `b${day}`, day)
      const lines = (answer: Accepted) => invoiceOf(answer).lines.map(({ itemId }) => itemId)
      const register = (more: object) => accept('RegisterInvoice', { payer: anna, delivery: 'none', ...more })
      assert.equal(lines(await register({ items: ['booking:b25'] })), ['booking:b25'])
      assert.equal(lines(await register({ until: '2026-03-02' })), ['booking:b2'])
      assert.equal(lines(await register({})), ['booking:b3'])
      const dated = invoiceOf(
        await register({ until: '2026-03-31', invoiceDate: '2026-03-31', dueDate: '2026-04-15', reference: 'PO 7' }),
      )
      assert.equal([dated.invoiceDate, dated.dueDate, dated.reference], ['2026-03-31', '2026-04-15', 'PO 7'])
      assert.equal(
        dated.lines.map(({ itemId }) => itemId),
        ['booking:b20'],
      )
    }),
  )

  Register(
    'is refused with the reason and the items it is about',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      const register = (more: object) => refuse('RegisterInvoice', { payer: anna, delivery: 'none', ...more })
      assert.equal(await register({}), { _tag: 'InvoicingNotActivated' })
      assert.equal(await refuse('RegisterInvoices', { payers: 'all', delivery: 'none' }), {
        _tag: 'InvoicingNotActivated',
      })
      await accept('ActivateInvoicing', {})
      assert.equal(await register({}), { _tag: 'SellerMissing' })
      assert.equal(await refuse('RegisterInvoices', { payers: 'all', delivery: 'none' }), { _tag: 'SellerMissing' })
      await settled(clinic)
      const nobody = { kind: 'company', id: 'nobody' } as const
      assert.equal(await register({ payer: nobody }), { _tag: 'UnknownCustomer', customer: nobody })
      assert.equal(await register({}), { _tag: 'NothingToInvoice' })
      for (const id of ['paid', 'cancelled', 'excluded', 'free', 'invoiced']) await booking(clinic, id, 2)
      await booking(clinic, 'others', 2, 'bo')
      await booking(clinic, 'unpriced', 2, 'anna', 'nothing-known')
      await entry(clinic, 'entry', 2)
      await accept('RegisterInvoice', { payer: anna, delivery: 'none', items: ['booking:invoiced'] })
      await accept('MarkBookingPaid', { bookingId: 'paid', method: 'cash' })
      await accept('CancelBooking', { bookingId: 'cancelled' })
      await accept('ExcludeItem', { itemId: 'booking:excluded' })
      const of = (...ids: ReadonlyArray<string>) => ids.map((id) => `booking:${id}`)
      assert.equal(await register({ items: of('free', 'nonsense') }), { _tag: 'UnknownItem', items: of('nonsense') })
      assert.equal(await register({ items: of('free', 'invoiced') }), {
        _tag: 'AlreadyInvoiced',
        items: of('invoiced'),
        invoiceNumber: '1',
      })
      for (const id of ['paid', 'cancelled', 'excluded', 'others'])
        assert.equal(await register({ items: of('free', id) }), { _tag: 'NotBillable', items: of(id) })
      assert.equal(await register({ items: ['journalEntry:entry'] }), {
        _tag: 'NotBillable',
        items: ['journalEntry:entry'],
      })
      assert.equal(await register({ items: of('free', 'unpriced') }), { _tag: 'PriceMissing', items: of('unpriced') })
      assert.equal(await register({ delivery: 'email' }), {
        _tag: 'DeliveryNotPossible',
        delivery: 'email',
        reasons: ['notConfigured'],
      })
      await accept('AddLine', {
        lineId: 'back',
        payer: anna,
        description: 'Avdrag',
        quantity: '-1',
        price: kr(5000),
        vat: care,
      })
      const { _tag, toPay } = await register({})
      assert.equal([_tag, toPay], ['NegativeTotal', kr(1200 - 5000)])
      await accept('RemoveLine', { lineId: 'back' })
      await accept('MarkBookingPaid', { bookingId: 'free', method: 'cash' })
      assert.equal(await register({}), { _tag: 'PriceMissing', items: of('unpriced') })
      assert.equal((await right(clinic.underlag.invoices())).length, 1)
    }),
  )

  Register(
    'leaves out what has no price with a warning, until a price list or a change gives both price and VAT',
    inClinic(kind, async (clinic) => {
      const { accept } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await booking(clinic, 'b2', 2, 'anna', 'unpriced')
      const first = await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      assert.equal(first.warnings, [{ _tag: 'PriceMissing', items: ['booking:b2'] }])
      assert.not.ok('leftOut' in invoiceOf(first))
      await accept('ChangeLine', { itemId: 'booking:b2', price: kr(500) })
      const refusal = await clinic.refuse('RegisterInvoice', { payer: anna, delivery: 'none' })
      assert.equal(refusal, { _tag: 'PriceMissing', items: ['booking:b2'] })
      await accept('ChangeLine', { itemId: 'booking:b2', vat: vat25 })
      const second = await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      assert.equal(invoiceOf(second).toPay, kr(625))
      assert.is(second.warnings, undefined)
    }),
  )

  Register(
    'an invoice of 0 is registered and paid at once',
    inClinic(kind, async (clinic) => {
      const { accept } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await accept('ChangeLine', { itemId: 'booking:b1', discountPercent: '100' })
      const invoice = invoiceOf(await accept('RegisterInvoice', { payer: anna, delivery: 'none' }))
      assert.equal([invoice.toPay, invoice.status], [none, 'paid'])
    }),
  )

  Register(
    'many at once: each payer is invoiced with a number of its own, or named with the reason; repeated it is the same',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      await accept('RegisterClient', { clientId: 'cilla', name: 'Cilla' })
      await accept('RegisterClient', { clientId: 'dan', name: 'Dan' })
      await booking(clinic, 'a1', 2)
      await booking(clinic, 'a2', 2, 'anna', 'unpriced')
      await booking(clinic, 'b1', 2, 'bo', 'unpriced')
      await booking(clinic, 'c1', 2, 'cilla')
      await booking(clinic, 'd1', 20, 'dan')
      await booking(clinic, 'd2', 2, 'dan')
      await accept('ExcludeItem', { itemId: 'booking:d2' })
      const all = await accept(
        'RegisterInvoices',
        { payers: 'all', delivery: 'none', invoiceDate: '2026-03-09', dueDate: '2026-03-31' },
        { commandId: 'month' },
      )
      assert.equal(
        all.events.map(({ type, data }) => {
          const { invoiceNumber, payer, invoiceDate, dueDate } = data as Invoice
          return [type, invoiceNumber, payer.id, invoiceDate, dueDate]
        }),
        [
          ['InvoiceRegistered', '1', 'anna', '2026-03-09', '2026-03-31'],
          ['InvoiceRegistered', '2', 'cilla', '2026-03-09', '2026-03-31'],
        ],
      )
      assert.equal(all.refused, [{ payer: bo, refusal: { _tag: 'PriceMissing', items: ['booking:b1'] } }])
      assert.equal(all.warnings, [{ _tag: 'PriceMissing', items: ['booking:a2'], payer: anna }])
      const named = await accept('RegisterInvoices', {
        payers: [anna, bo, { kind: 'client', id: 'dan' }, { kind: 'client', id: 'nobody' }],
        delivery: 'none',
        until: '2026-03-31',
      })
      assert.equal(
        named.events.map(({ data }) => (data as Invoice).payer.id),
        ['dan'],
      )
      assert.equal(
        named.refused?.map(({ payer, refusal }) => [payer.id, refusal._tag]),
        [
          ['anna', 'PriceMissing'],
          ['bo', 'PriceMissing'],
          ['nobody', 'UnknownCustomer'],
        ],
      )
      const nothing = await accept('RegisterInvoices', { payers: [acme], delivery: 'none' })
      assert.equal([nothing.events, nothing.refused], [[], [{ payer: acme, refusal: { _tag: 'NothingToInvoice' } }]])
      assert.equal(
        await accept(
          'RegisterInvoices',
          { payers: 'all', delivery: 'none', invoiceDate: '2026-03-09', dueDate: '2026-03-31' },
          { commandId: 'month' },
        ),
        all,
      )
      assert.equal(
        (await right(underlag.invoices())).map(({ invoiceNumber }) => invoiceNumber),
        ['1', '2', '3'],
      )
    }),
  )

  Register(
    'many at once only by the ways allowed for many',
    inClinic(
      kind,
      async (clinic) => {
        const { accept, refuse } = clinic
        await settled(clinic)
        await booking(clinic, 'a1', 2)
        await booking(clinic, 'b1', 2, 'bo')
        const { _tag, delivery } = await refuse('RegisterInvoices', { payers: 'all', delivery: 'letter' })
        assert.equal([_tag, delivery], ['DeliveryNotAllowedInBulk', 'letter'])
        const mailed = await accept('RegisterInvoices', { payers: 'all', delivery: 'email' })
        assert.equal(
          mailed.events.map(({ data }) => (data as Invoice).payer.id),
          ['anna'],
        )
        assert.equal(mailed.refused, [
          { payer: bo, refusal: { _tag: 'DeliveryNotPossible', delivery: 'email', reasons: ['noEmailAddress'] } },
        ])
        const host = await clinic.open({ config: { bulkDeliveries: ['letter'] } })
        const allowed = await host.accept('RegisterInvoices', { payers: [bo], delivery: 'letter' })
        assert.equal(
          allowed.refused?.map(({ refusal }) => refusal._tag),
          ['DeliveryNotPossible'],
        )
      },
      { config: { email: { smtp: { host: '127.0.0.1', port: 9 }, from: 'faktura@kliniken.se' } } },
    ),
  )

  Register(
    'communication is not possible to companies, a letter needs an address, an e-invoice an electronic one',
    inClinic(kind, async (clinic) => {
      const { accept, refuse } = clinic
      await settled(clinic)
      await accept('AddLine', { lineId: 'l', payer: acme, description: 'x', quantity: '1', price: kr(1), vat: vat25 })
      await booking(clinic, 'a1', 2)
      for (const [payer, delivery, reason] of [
        [acme, 'communication', 'notToCompanies'],
        [acme, 'eInvoice', 'noElectronicAddress'],
        [anna, 'letter', 'noPostalAddress'],
      ] as const) {
        const refusal = await refuse('RegisterInvoice', { payer, delivery })
        assert.is(refusal._tag, 'DeliveryNotPossible')
        assert.ok((refusal.reasons as ReadonlyArray<string>).includes(reason))
      }
    }),
  )

  const Previews = suite(`previews on ${kind.name}`)

  const numberless = (invoice: Invoice): object => {
    const { invoiceNumber: _, sequence: __, ocr: ___, ...rest } = invoice
    return rest
  }

  Previews(
    'show what each registration and credit would come to, to the öre, and store nothing',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      await accept('SetSeller', {
        name: 'Kliniken AB',
        organisationNumber: '556677-8899',
        address: { lines: ['Storgatan 1'], postalCode: '111 22', city: 'Stockholm', country: 'SE' },
        email: 'faktura@kliniken.se',
        fSkatt: true,
        paymentTermsDays: 10,
        pricesIncludeVat: true,
        wholeKronor: true,
      })
      for (const [i, price] of [333.33, 99.95, 1234.56].entries())
        await accept('AddLine', {
          lineId: `l${i}`,
          payer: anna,
          description: `Rad ${i}`,
          quantity: '1.333',
          price: kr(price),
          vat: i === 1 ? { kind: 'standard', rate: 6 } : vat25,
        })
      await booking(clinic, 'b1', 2, 'bo', 'massage')
      await booking(clinic, 'b2', 2, 'bo', 'unpriced')
      const before = await right(underlag.caughtUp())
      const compare = async (
        type: 'RegisterInvoice' | 'RegisterInvoices' | 'CreditInvoice',
        data: object,
      ): Promise<Preview> => {
        const shown = await right(underlag.preview({ type, commandId: 'preview', data }))
        const answer = await accept(type, data as never)
        assert.equal(
          shown.invoices,
          answer.events.map(({ data: event }) => numberless(event as Invoice)),
        )
        assert.equal(shown.refused, answer.refused ?? [])
        assert.equal(shown.warnings, answer.warnings)
        for (const one of shown.invoices)
          assert.is(one.net.amount + one.vatAmount.amount + one.rounding.amount, one.toPay.amount)
        return shown
      }
      const all = { type: 'RegisterInvoices', commandId: 'all', data: { payers: 'all', delivery: 'none' } }
      assert.is((await right(underlag.preview(all))).invoices.length, 2)
      assert.is(await right(underlag.caughtUp()), before, 'a preview stores nothing')
      await compare('RegisterInvoice', { payer: anna, delivery: 'none', items: ['line:l0', 'line:l1'] })
      await compare('CreditInvoice', {
        invoiceNumber: '1',
        lines: [{ itemId: 'line:l0', quantity: '0.5' }],
        reason: 'Del',
        releaseItems: false,
      })
      await compare('CreditInvoice', { invoiceNumber: '1', reason: 'Resten', releaseItems: true })
      const bulk = await compare('RegisterInvoices', { payers: [anna, bo, acme], delivery: 'none' })
      assert.equal(bulk.warnings, [{ _tag: 'PriceMissing', items: ['booking:b2'], payer: bo }])
      await booking(clinic, 'b3', 2)
      await booking(clinic, 'b4', 2, 'anna', 'unpriced')
      const one = await compare('RegisterInvoice', { payer: anna, delivery: 'none', invoiceDate: '2026-01-01' })
      assert.equal(one.warnings, [{ _tag: 'PriceMissing', items: ['booking:b4'] }])
    }),
  )

  Previews(
    'name the refusals of the command, and refuse what cannot be previewed',
    inClinic(kind, async (clinic) => {
      const { underlag } = clinic
      await settled(clinic)
      const preview = (type: string, data: object) => right(underlag.preview({ type, commandId: 'p', data }))
      assert.equal(await preview('RegisterInvoice', { payer: anna, delivery: 'none' }), {
        invoices: [],
        refused: [{ payer: anna, refusal: { _tag: 'NothingToInvoice' } }],
      })
      assert.equal(await preview('RegisterInvoices', { payers: 'all', delivery: 'none' }), {
        invoices: [],
        refused: [],
      })
      assert.equal(await preview('CreditInvoice', { invoiceNumber: '9', reason: 'x', releaseItems: true }), {
        invoices: [],
        refused: [{ refusal: { _tag: 'UnknownInvoice', invoiceNumber: '9' } }],
      })
      const other = await preview('CancelBooking', { bookingId: 'b1' })
      assert.equal([other.invoices, other.refused[0]?.refusal._tag], [[], 'MalformedCommand'])
      const malformed = await preview('RegisterInvoice', { payer: anna })
      assert.equal([malformed.invoices, malformed.refused[0]?.refusal._tag], [[], 'MalformedCommand'])
    }),
  )

  Previews(
    'the totals of the underlag are those of the invoice registered now',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      for (const [i, price] of [0.05, 333.33, 17.99].entries())
        await accept('AddLine', {
          lineId: `l${i}`,
          payer: anna,
          description: 'x',
          quantity: '0.333',
          price: kr(price),
          vat: { kind: 'standard', rate: 12 },
        })
      await accept('ExcludeItem', { itemId: 'line:l2' })
      await booking(clinic, 'later', 20)
      const [group] = (await right(underlag.basis({ payer: anna }))).payers
      const invoice = invoiceOf(await accept('RegisterInvoice', { payer: anna, delivery: 'none' }))
      assert.equal([group?.net, group?.vatAmount, group?.toPay], [invoice.net, invoice.vatAmount, invoice.toPay])
      const nets = new Map(group?.items.map(({ itemId, net }) => [itemId, net]))
      for (const { itemId, net } of invoice.lines) assert.equal(nets.get(itemId), net)
    }),
  )

  const After = suite(`after registration on ${kind.name}`)

  After(
    'payments make an invoice partly paid, paid and overpaid; the same reference again changes nothing; a refund is negative',
    inClinic(kind, async (clinic) => {
      const { accept, refuse, underlag, clock } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      const { ocr } = invoiceOf(await accept('RegisterInvoice', { payer: anna, delivery: 'none' }))
      const pay = (more: object, kronor: number, reference: string) =>
        accept('RecordPayment', { amount: kr(kronor), receivedOn: '2026-03-20', reference, ...more } as never)
      const standing = async () => {
        const [invoice] = await right(underlag.invoices())
        return [invoice?.paid.amount, invoice?.balance.amount, invoice?.status]
      }
      const paid = await pay({ invoiceNumber: '1' }, 200, 'r1')
      assert.equal(paid.events[0]?.type, 'PaymentRecorded')
      assert.equal(await standing(), [20000, 100000, 'partlyPaid'])
      assert.equal((await pay({ invoiceNumber: '1' }, 200, 'r1')).events, [])
      assert.equal((await pay({ ocr }, 999, 'r1')).events, [])
      clock.now = '2026-06-01T10:00:00.000Z'
      assert.equal(await standing(), [20000, 100000, 'overdue'])
      await pay({ ocr }, 1000, 'r2')
      assert.equal(await standing(), [120000, 0, 'paid'])
      await pay({ ocr }, 50, 'r3')
      assert.equal(await standing(), [125000, -5000, 'paid'])
      await pay({ invoiceNumber: '1' }, -50, 'refund')
      assert.equal(await standing(), [120000, 0, 'paid'])
      const payment = { amount: kr(1), receivedOn: '2026-03-20', reference: 'x' }
      assert.equal(await refuse('RecordPayment', { ...payment, invoiceNumber: '7' }), {
        _tag: 'UnknownInvoice',
        invoiceNumber: '7',
      })
      assert.equal(await refuse('RecordPayment', { ...payment, ocr: '1234567' }), {
        _tag: 'UnknownInvoice',
        ocr: '1234567',
      })
      await accept('CreditInvoice', { invoiceNumber: '1', reason: 'x', releaseItems: false })
      assert.equal(await refuse('RecordPayment', { ...payment, invoiceNumber: '2' }), {
        _tag: 'NotPayable',
        invoiceNumber: '2',
      })
    }),
  )

  After(
    'a credit note takes a number, negates what is left, and gives its items back with their edits, or keeps them',
    inClinic(kind, async (clinic) => {
      const { accept, refuse, underlag } = clinic
      await settled(clinic)
      for (const n of [1, 2]) await booking(clinic, `b${n}`, n + 1)
      await accept('ChangeLine', { itemId: 'booking:b1', quantity: '2', description: 'Dubbel' })
      const invoice = invoiceOf(await accept('RegisterInvoice', { payer: anna, delivery: 'none' }))
      const credit = (more: object) => ({ invoiceNumber: '1', reason: 'Fel', releaseItems: true, ...more })
      assert.equal(await refuse('CreditInvoice', credit({ invoiceNumber: '4' })), {
        _tag: 'UnknownInvoice',
        invoiceNumber: '4',
      })
      assert.equal(await refuse('CreditInvoice', credit({ lines: [{ itemId: 'booking:b9' }] })), {
        _tag: 'UnknownItem',
        items: ['booking:b9'],
      })
      assert.equal(await refuse('CreditInvoice', credit({ lines: [{ itemId: 'booking:b1', quantity: '2.001' }] })), {
        _tag: 'AlreadyCredited',
        items: ['booking:b1'],
      })
      const part = await accept('CreditInvoice', credit({ lines: [{ itemId: 'booking:b1', quantity: '0.5' }] }))
      assert.is(part.events[0]?.type, 'InvoiceCredited')
      const note = part.events[0]?.data as Invoice
      assert.equal(
        [note.kind, note.invoiceNumber, note.credits, note.toPay, note.lines[0]?.quantity, note.lines[0]?.unitPrice],
        ['creditNote', '2', '1', kr(-600), '-0.5', kr(1200)],
      )
      assert.equal(await itemIds(clinic), [])
      const whole = await accept('CreditInvoice', credit({}))
      const { toPay } = { ...whole.events[0]?.data } as Invoice
      assert.equal(toPay.amount, -(invoice.toPay.amount - 60000))
      const [credited, ...notes] = await right(underlag.invoices())
      assert.equal(
        [credited?.status, credited?.balance, credited?.credited, credited?.creditedBy],
        ['credited', none, invoice.toPay, ['2', '3']],
      )
      assert.equal(
        notes.map(({ status }) => status),
        ['registered', 'registered'],
      )
      assert.equal(await itemIds(clinic), ['booking:b1', 'booking:b2'])
      const [group] = (await right(underlag.basis())).payers
      assert.equal(
        group?.items.map(({ quantity, description, edited }) => [quantity, description, edited]),
        [
          ['2', 'Dubbel', true],
          ['1', 'Samtal', false],
        ],
      )
      assert.equal(await refuse('CreditInvoice', credit({})), {
        _tag: 'AlreadyCredited',
        items: ['booking:b1', 'booking:b2'],
      })
      assert.equal(await refuse('CreditInvoice', credit({ invoiceNumber: '2' })), {
        _tag: 'NotCreditable',
        invoiceNumber: '2',
      })
      assert.is(invoiceOf(await accept('RegisterInvoice', { payer: anna, delivery: 'none' })).invoiceNumber, '4')
      await accept('CreditInvoice', credit({ invoiceNumber: '4', releaseItems: false }))
      assert.equal(await itemIds(clinic), [])
      assert.equal(
        await refuse('RegisterInvoice', { payer: anna, delivery: 'none', items: ['booking:b1'] }),
        { _tag: 'AlreadyInvoiced', items: ['booking:b1'], invoiceNumber: '4' },
        'it stays claimed',
      )
      const { _tag } = await refuse('CreditInvoice', credit({ delivery: 'email', invoiceNumber: '4' }))
      assert.is(_tag, 'AlreadyCredited')
    }),
  )

  After(
    'the register is in the order of issue, by payer and by status',
    inClinic(kind, async (clinic) => {
      const { accept, underlag, clock } = clinic
      await settled(clinic)
      await booking(clinic, 'a1', 2)
      await booking(clinic, 'b1', 2, 'bo')
      await booking(clinic, 'a2', 3)
      await accept('RegisterInvoice', { payer: anna, delivery: 'none', items: ['booking:a1'] })
      await accept('RegisterInvoice', { payer: bo, delivery: 'none' })
      await accept('RegisterInvoice', { payer: anna, delivery: 'none', dueDate: '2027-01-01' })
      await accept('RecordPayment', { invoiceNumber: '1', amount: kr(1200), receivedOn: '2026-03-11', reference: 'r' })
      clock.now = '2026-08-01T10:00:00.000Z'
      const numbers = async (query?: Parameters<typeof underlag.invoices>[0]) =>
        (await right(underlag.invoices(query))).map(({ invoiceNumber }) => invoiceNumber)
      assert.equal(await numbers(), ['1', '2', '3'])
      assert.equal(await numbers({ payer: anna }), ['1', '3'])
      assert.equal(await numbers({ status: 'paid' }), ['1'])
      assert.equal(await numbers({ status: 'overdue' }), ['2'])
      assert.equal(await numbers({ payer: anna, status: 'registered' }), ['3'])
      assert.equal(await numbers({ status: 'credited' }), [])
    }),
  )
}
