import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { openUnderlag } from '../src/index.js'
import { isAfter, isBefore } from '../src/queries/period.js'
import { type Clinic, inClinic, openClinic, right, settled } from './support/clinic.js'
import { acme, anna, bo, care, kr, onDay } from './support/samples.js'
import { type Place, stores, temporaryFolder } from './support/stores.js'

const booking = ({ accept }: Clinic, bookingId: string, day: number, clientId = 'anna', actor?: string) =>
  accept(
    'RecordBooking',
    { bookingId, clientId, treatmentTypeId: 'therapy', startsAt: onDay(day) },
    actor === undefined ? {} : { actor },
  )

const later = ({ clock }: Clinic, seconds = 60): void => {
  clock.now = new Date(Date.parse(clock.now) + seconds * 1000).toISOString()
}

for (const kind of stores) {
  const Audit = suite(`the audit trail on ${kind.name}`)

  Audit(
    'tells who did what and when, oldest first, in one sentence without names',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      later(clinic)
      await accept(
        'RecordBooking',
        { bookingId: 'b1', clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(2) },
        { actor: 'user:anna', at: '2026-03-02T08:00:00Z', commandId: 'rec-b1' },
      )
      const entries = await right(underlag.audit())
      const positions = entries.map(({ position }) => position)
      // They grow; where the log is one tenant's alone, they count.
      assert.equal(
        positions,
        positions.toSorted((a, b) => a - b),
      )
      if (kind.consecutivePositions) {
        assert.equal(
          positions,
          entries.map((_, i) => i + 1),
        )
      }
      assert.equal(entries.at(-1), {
        position: positions.at(-1),
        recordedAt: '2026-03-10T10:01:00.000Z',
        at: '2026-03-02T08:00:00Z',
        actor: 'user:anna',
        commandId: 'rec-b1',
        correlationId: 'rec-b1',
        causationId: 'rec-b1',
        stream: 'booking/b1',
        type: 'BookingRecorded',
        summary: 'Booking b1 of client anna at 2026-03-02T09:00:00Z was recorded',
        data: { bookingId: 'b1', clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(2) },
      })
      assert.is(entries[0]?.actor, null)
      for (const { summary } of entries) assert.not.match(summary, /Andersson|Berg|example\.se/)
    }),
  )

  Audit(
    'is found by any id of the domain, by invoice number, by actor and by time, and by several of them',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      await accept('AssignPayer', { clientId: 'bo', payer: acme })
      later(clinic)
      await booking(clinic, 'b1', 2, 'anna', 'user:kim')
      await booking(clinic, 'b2', 2, 'bo', 'user:pat')
      later(clinic, 86_400)
      await accept('RecordJournalEntry', {
        journalEntryId: 'e1',
        clientId: 'anna',
        contactTypeId: 'visit',
        occurredAt: onDay(2),
        bookingId: 'b1',
      })
      await accept('AddLine', { lineId: 'l1', payer: acme, description: 'x', quantity: '1', price: kr(1), vat: care })
      await accept('RegisterInvoice', { payer: anna, delivery: 'none' }, { actor: 'user:kim' })
      await accept('RegisterInvoice', { payer: acme, delivery: 'none' }, { actor: 'user:pat' })
      await accept('RecordPayment', { invoiceNumber: '2', amount: kr(1), receivedOn: '2026-03-11', reference: 'r' })
      await accept('CreditInvoice', { invoiceNumber: '1', reason: 'x', releaseItems: true })
      const types = async (query: Parameters<typeof underlag.audit>[0]) =>
        (await right(underlag.audit(query))).map(({ type }) => type)
      const visit = ['BookingRecorded', 'JournalEntryRecorded', 'InvoiceRegistered', 'InvoiceCredited']
      assert.equal(await types({ about: 'b1' }), visit)
      assert.equal(await types({ about: 'booking:b1' }), ['BookingRecorded', 'InvoiceRegistered', 'InvoiceCredited'])
      assert.equal(await types({ about: 'e1' }), ['JournalEntryRecorded'])
      assert.equal(await types({ about: 'l1' }), ['LineAdded', 'InvoiceRegistered'])
      assert.equal(await types({ about: '2' }), ['InvoiceRegistered', 'PaymentRecorded'])
      assert.equal(await types({ about: '1' }), ['InvoiceRegistered', 'InvoiceCredited'])
      assert.equal(await types({ about: 'acme' }), [
        'CompanyRegistered',
        'PayerAssigned',
        'LineAdded',
        'InvoiceRegistered',
        'PaymentRecorded',
      ])
      assert.equal(await types({ about: 'therapy' }), ['TreatmentTypePriceSet', 'BookingRecorded', 'BookingRecorded'])
      assert.equal(await types({ about: 'nothing' }), [])
      assert.equal(await types({ actor: 'user:kim' }), ['BookingRecorded', 'InvoiceRegistered'])
      assert.equal(await types({ actor: 'user:kim', about: 'b2' }), [])
      assert.equal(await types({ actor: 'user:pat', about: 'b2' }), ['BookingRecorded', 'InvoiceRegistered'])
      assert.equal(await types({ actor: 'user:kim', from: '2026-03-11' }), ['InvoiceRegistered'])
      assert.equal(await types({ about: 'b1', to: '2026-03-10' }), ['BookingRecorded'])
      const all = await types({})
      assert.equal([...(await types({ to: '2026-03-10' })), ...(await types({ from: '2026-03-11' }))], all)
      assert.equal(await types({ from: '2026-03-10T10:01:00Z', to: '2026-03-10T10:01:00Z' }), [
        'BookingRecorded',
        'BookingRecorded',
      ])
    }),
  )

  Audit(
    'of a period is what was recorded in it, by anybody or by one, wherever clocks that differ put it in the log',
    inClinic(kind, async (clinic) => {
      const { underlag, clock } = clinic
      await settled(clinic)
      const times = ['2026-03-12T22:59:00.000Z', '2026-03-12T23:01:00.000Z', '2026-03-11T12:00:00.000Z']
      const more = ['2026-03-14T00:00:00.000Z', '2026-03-13T12:00:00.000Z', '2026-03-20T12:00:00.000Z']
      for (const [i, now] of [...times, ...more].entries()) {
        clock.now = now
        await booking(clinic, `b${i}`, 2, 'anna', i % 2 === 0 ? 'user:kim' : 'user:pat')
      }
      const whole = await right(underlag.audit())
      for (const actor of [undefined, 'user:kim', 'user:pat', 'user:nobody'])
        for (const from of [undefined, '2026-03-12', '2026-03-13', times[1], '2026-03-21', '0000-01-01', 'nonsense'])
          for (const to of [undefined, '2026-03-12', '2026-03-13', times[0], more[0], '2026-01-01', '9999-12-31']) {
            const found = await right(
              underlag.audit({
                ...(actor === undefined ? {} : { actor }),
                ...(from === undefined ? {} : { from }),
                ...(to === undefined ? {} : { to }),
              }),
            )
            const expected = whole.filter(
              (entry) =>
                (actor === undefined || entry.actor === actor) &&
                (from === undefined || !isBefore(entry.recordedAt, from, 'Europe/Stockholm')) &&
                (to === undefined || !isAfter(entry.recordedAt, to, 'Europe/Stockholm')),
            )
            assert.equal(found, expected, `${actor} from ${from} to ${to}`)
          }
    }),
  )

  const Then = suite(`as of then on ${kind.name}`)

  Then(
    'the underlag is what was recorded by then, with the settings and customers of then',
    inClinic(kind, async (clinic) => {
      const { accept, underlag, clock } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      const now = (): Promise<unknown> => right(underlag.basis())
      const history: Array<readonly [string, unknown]> = [[clock.now, await now()]]
      const note = async (): Promise<void> => {
        history.push([clock.now, await now()])
        later(clinic)
      }
      later(clinic)
      await booking(clinic, 'b2', 3)
      await accept('ChangeLine', { itemId: 'booking:b2', price: kr(1), description: 'Kort' })
      await note()
      await accept('SetTreatmentTypePrice', { treatmentTypeId: 'therapy', name: 'Dyrt', price: kr(5000), vat: care })
      await accept('ChangeClient', { clientId: 'anna', name: 'Anna Ny' })
      await note()
      await accept('AssignPayer', { clientId: 'anna', payer: bo })
      await note()
      await accept('RegisterInvoice', { payer: bo, delivery: 'none', items: ['booking:b1'] })
      await accept('MarkBookingPaid', { bookingId: 'b1', method: 'card' })
      await note()
      await accept('CreditInvoice', { invoiceNumber: '1', reason: 'x', releaseItems: true })
      await accept('MarkBookingUnpaid', { bookingId: 'b1' })
      await note()
      assert.equal(await right(underlag.basis({ asOf: '2026-01-01T00:00:00Z' })), { payers: [], conflicts: [] })
      for (const [at, shown] of history) assert.equal(await right(underlag.basis({ asOf: at })), shown, `as of ${at}`)
      const [at] = history[2] ?? []
      const own = await right(underlag.basis({ asOf: at ?? '', payer: anna }))
      assert.equal(
        own.payers.map(({ name }) => name),
        ['Anna Ny'],
      )
    }),
  )

  Then(
    'a day lasts to its end in the time zone of the seller, for the audit trail too',
    inClinic(kind, async (clinic) => {
      const { underlag, clock } = clinic
      clock.now = '2026-03-09T22:59:59.999Z'
      await settled(clinic)
      clock.now = '2026-03-09T23:00:00.000Z'
      await booking(clinic, 'b1', 2)
      const items = async (asOf: string) => (await right(underlag.basis({ asOf }))).payers.length
      assert.equal([await items('2026-03-09'), await items('2026-03-10')], [0, 1])
      const entries = async (query: object) => (await right(underlag.audit({ about: 'b1', ...query }))).length
      assert.equal([await entries({ from: '2026-03-10' }), await entries({ to: '2026-03-09' })], [1, 0])
    }),
  )

  Then(
    'an event counts from when all before it of the same visit were recorded, whatever the clocks of several machines say',
    inClinic(kind, async (clinic) => {
      const { accept, underlag, clock } = clinic
      await settled(clinic)
      clock.now = '2026-03-10T12:00:00.000Z'
      await booking(clinic, 'b1', 2)
      clock.now = '2026-03-10T11:00:00.000Z'
      await accept('MarkBookingPaid', { bookingId: 'b1', method: 'card' })
      await booking(clinic, 'b2', 2)
      clock.now = '2026-03-10T11:30:00.000Z'
      await accept('MarkBookingUnpaid', { bookingId: 'b1' })
      await accept('ChangeClient', { clientId: 'anna', name: 'Anna Ny' })
      const items = async (asOf: string) =>
        (await right(underlag.basis({ asOf }))).payers.map(({ name, items: shown }) => [
          name,
          ...shown.map(({ itemId }) => itemId),
        ])
      assert.equal(await items('2026-03-10T10:59:59.999Z'), [])
      assert.equal(await items('2026-03-10T11:29:59.999Z'), [['Anna Andersson', 'booking:b2']])
      assert.equal(await items('2026-03-10T11:59:59.999Z'), [['Anna Ny', 'booking:b2']])
      assert.equal(await items('2026-03-10T12:00:00.000Z'), [['Anna Ny', 'booking:b1', 'booking:b2']])
      assert.equal(await right(underlag.basis({ asOf: '2026-03-10T12:00:00.000Z' })), await right(underlag.basis()))
    }),
  )

  const Erased = suite(`an erased person on ${kind.name}`)

  Erased(
    'is shown as erased everywhere; the numbers, the amounts and the proof stay',
    inClinic(kind, async (clinic) => {
      const { accept, refuse, underlag, place, tenant } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await booking(clinic, 'b2', 3)
      await booking(clinic, 'bo1', 3, 'bo')
      await accept('RegisterInvoice', { payer: anna, delivery: 'none', items: ['booking:b1'], message: 'Hej Anna' })
      await accept('ChangeLine', { itemId: 'booking:b2', description: 'Om Annas hund', price: kr(700) })
      assert.is((await right(underlag.invoicePdf('1')))._tag, 'Some')
      const sums = async () =>
        (await right(underlag.invoices())).map(({ toPay, invoiceNumber, lines }) => [
          toPay,
          invoiceNumber,
          lines.length,
        ])
      const before = await sums()
      await place.withKeys(tenant, async (keys) => {
        assert.ok(E.isRight(await keys.erase('client:anna')()))
      })
      const everything = async () =>
        JSON.stringify([
          await right(underlag.basis()),
          await right(underlag.basis({ asOf: clinic.clock.now })),
          await right(underlag.invoices()),
          await right(underlag.audit()),
          await right(underlag.invoiceHtml('1')),
          await right(
            underlag.preview({ type: 'RegisterInvoices', commandId: 'p', data: { payers: 'all', delivery: 'none' } }),
          ),
        ])
      assert.not.match(await everything(), /Andersson|anna@example|hund|Hej Anna/)
      assert.match(await everything(), /Bo Berg/)
      assert.equal(await sums(), before)
      assert.is((await right(underlag.invoicePdf('1')))._tag, 'None')
      const verified = await right(underlag.verify())
      assert.ok(verified.ok, JSON.stringify(verified.checks))
      assert.match(JSON.stringify(verified.checks), /sealed parts open, [1-9]\d* erased/)
      assert.equal(await refuse('RegisterInvoice', { payer: anna, delivery: 'none' }), {
        _tag: 'UnknownCustomer',
        customer: anna,
      })
      await right(underlag.rebuild())
      const other = await clinic.open()
      assert.not.match(JSON.stringify(await right(other.underlag.invoices())), /Andersson/)
      assert.ok((await right(other.underlag.verify())).ok)
      await accept('CreditInvoice', { invoiceNumber: '1', reason: 'x', releaseItems: false })
      await accept('RecordPayment', { invoiceNumber: '1', amount: kr(-1), receivedOn: '2026-03-11', reference: 'r' })
      assert.ok((await right(underlag.verify())).ok)
    }),
  )

  Erased(
    'for care alone: the invoice under retention still shows who it was',
    inClinic(kind, async (clinic) => {
      const { accept, underlag, place, tenant } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      const before = await right(underlag.invoices())
      await place.withKeys(tenant, async (keys) => {
        assert.ok(E.isRight(await keys.erase('client:anna', 'care')()))
      })
      assert.equal(await right(underlag.invoices()), before)
      const registered = (await right(underlag.audit({ about: 'anna' })))[0]
      assert.not.match(JSON.stringify(registered), /Andersson/)
      assert.ok((await right(underlag.verify())).ok)
    }),
  )

  const Tenants = suite(`tenants on ${kind.name}`)

  Tenants(
    'of one store see nothing of each other, and number their invoices each',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      const other = await clinic.open({ tenant: 'other' })
      assert.equal(await right(other.underlag.basis()), { payers: [], conflicts: [] })
      assert.equal(await right(other.underlag.audit()), [])
      await settled(other)
      for (const one of [clinic, other]) {
        await booking(one, 'b1', 2)
        const answer = await one.accept('RegisterInvoice', { payer: anna, delivery: 'none' }, { commandId: 'same' })
        assert.is(({ ...answer.events[0]?.data } as { invoiceNumber?: string }).invoiceNumber, '1')
      }
      await clinic.accept('MarkBookingPaid', { bookingId: 'b1', method: 'card' })
      assert.is((await right(clinic.underlag.basis())).conflicts.length, 1)
      assert.is((await right(other.underlag.basis())).conflicts.length, 0)
      await clinic.place.withKeys('other', async (keys) => {
        assert.ok(E.isRight(await keys.erase('client:anna')()))
      })
      assert.is((await right(clinic.underlag.invoices()))[0]?.buyer.name, 'Anna Andersson')
      assert.is((await right(other.underlag.invoices()))[0]?.buyer.name, undefined)
      for (const one of [clinic, other]) assert.ok((await right(one.underlag.verify())).ok)
    }),
  )

  const Models = suite(`read models and proof on ${kind.name}`)

  Models(
    'are made anew, all or one by name, while the old ones serve; an unknown name is none',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      await settled(clinic)
      await booking(clinic, 'b1', 2)
      await booking(clinic, 'b2', 2)
      await accept('RegisterInvoice', { payer: anna, delivery: 'none', items: ['booking:b1'] })
      const before = [await right(underlag.basis()), await right(underlag.invoices()), await right(underlag.audit())]
      const seen: Array<number> = []
      const rebuilt = await right(underlag.rebuild(undefined, ({ position }) => seen.push(Number(position))))
      assert.equal(rebuilt, { _tag: 'Some', value: BigInt((await right(underlag.audit())).at(-1)?.position ?? 0) })
      assert.ok(seen.length > 0)
      assert.is((await right(underlag.rebuild('visits')))._tag, 'Some')
      assert.is((await right(underlag.rebuild('nonsense')))._tag, 'None')
      assert.equal(
        [await right(underlag.basis()), await right(underlag.invoices()), await right(underlag.audit())],
        before,
      )
    }),
  )

  Models(
    'the proof names what it looked at',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      const { ok, checks } = await right(clinic.underlag.verify())
      assert.is(ok, true)
      const names = checks.map(({ name }) => name)
      for (const name of ['numbersWithoutGap', 'noSourceTwice', 'readModelsEqualReplay', 'documentsUnchanged'])
        assert.ok(names.includes(name), name)
      for (const check of checks) assert.ok(check.ok && check.detail.length > 0)
    }),
  )

  const Opening = suite(`opening on ${kind.name}`)

  Opening(
    'says what in the configuration cannot be used, and shows no secret',
    inClinic(kind, async ({ place }) => {
      const opened = await openUnderlag({
        store: await place.store('default'),
        config: {
          email: {
            smtp: { host: 'smtp.example.se', port: 587, auth: { user: { env: 'NO_SUCH_USER' }, pass: { env: 'PW' } } },
            from: 'faktura@kliniken.se',
          },
        },
        env: { PW: 'hemligt' },
      })()
      assert.ok(E.isLeft(opened))
      assert.is(opened.left._tag, 'UnusableConfig')
      assert.match(JSON.stringify(opened.left), /NO_SUCH_USER/)
      assert.not.match(JSON.stringify(opened.left), /hemligt/)
    }),
  )
}

const Documents = suite('issued documents on SQLite')

Documents('that were altered or lost in the file fail the proof, and are not shown', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'clinic.db')
  const place: Place = {
    store: () => `sqlite:${path}`,
    ports: async () => undefined as never,
    withKeys: async () => undefined as never,
    cleanup: async () => {},
  }
  try {
    const clinic = await openClinic(place)
    await settled(clinic)
    for (const [i, id] of ['b1', 'b2'].entries()) {
      await booking(clinic, id, 2)
      await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      assert.is((await right(clinic.underlag.invoicePdf(String(i + 1))))._tag, 'Some')
    }
    assert.ok((await right(clinic.underlag.verify())).ok)
    await clinic.close()
    const spoil = new DatabaseSync(path)
    spoil.exec(
      'UPDATE documents SET sealed = (SELECT sealed FROM documents ORDER BY rowid DESC LIMIT 1) WHERE rowid = (SELECT min(rowid) FROM documents)',
    )
    spoil.close()
    const failing = async (shown: number): Promise<ReadonlyArray<string>> => {
      const again = await openClinic(place)
      try {
        const pdfs = await Promise.all(['1', '2'].map((number) => again.underlag.invoicePdf(number)()))
        assert.is(pdfs.filter((pdf) => E.isRight(pdf) && pdf.right._tag === 'Some').length, shown)
        const { ok, checks } = await right(again.underlag.verify())
        assert.is(ok, false)
        return checks.filter((check) => !check.ok).map(({ name }) => name)
      } finally {
        await again.close()
      }
    }
    assert.equal(await failing(1), ['documentsUnchanged'])
    const lose = new DatabaseSync(path)
    lose.exec('DELETE FROM documents WHERE rowid = (SELECT min(rowid) FROM documents)')
    lose.close()
    assert.ok((await failing(1)).includes('documentsUnchanged'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
