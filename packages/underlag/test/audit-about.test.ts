import { smtpSink } from '@underlag/channels/testing'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { type Clinic, inClinic, right, settled } from './support/clinic.js'
import { anna, onDay } from './support/samples.js'
import { type StoreKind, stores } from './support/stores.js'

/** The body of a test in a clinic that sends e-mail, to a server that takes everything. */
const inMailingClinic = (kind: StoreKind, test: (clinic: Clinic) => Promise<void>) => async (): Promise<void> => {
  const sink = await smtpSink()
  try {
    const email = { smtp: { host: sink.host, port: sink.port }, from: 'faktura@kliniken.se' }
    await inClinic(kind, test, { config: { email } })()
  } finally {
    await sink.close()
  }
}

for (const kind of stores) {
  const About = suite(`audit about an id on ${kind.name}`)

  About(
    'an invoice number tells what became of its deliveries, also where numbers have a prefix',
    inMailingClinic(kind, async (clinic) => {
      await settled(clinic)
      await clinic.accept('SetNumberSeries', { prefix: 'F', firstNumber: 100 })
      await clinic.accept('RecordBooking', {
        bookingId: 'b1',
        clientId: 'anna',
        treatmentTypeId: 'therapy',
        startsAt: onDay(2),
      })
      await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'email' })
      const ofDelivery = async () => (await right(clinic.underlag.audit({ about: '100.1' }))).map(({ type }) => type)
      assert.equal(await ofDelivery(), ['InvoiceRegistered'])
      await right(clinic.underlag.deliver())
      assert.equal(await ofDelivery(), [
        ...['InvoiceRegistered', 'DeliveryRequested', 'DeliveryAttemptStarted', 'DeliveryAccepted'],
      ])
      const trail = await right(clinic.underlag.audit({ about: 'F100' }))
      assert.equal(
        trail.map(({ type }) => type),
        ['InvoiceRegistered', 'DeliveryRequested', 'DocumentIssued', 'DeliveryAttemptStarted', 'DeliveryAccepted'],
      )
      const byLibrary = await right(clinic.underlag.audit({ about: 'F100', actor: 'underlag' }))
      assert.equal(byLibrary, trail.slice(1))
    }),
  )

  About(
    'an item tells where it came from as well as what was done with it, and nothing of another source of that id',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      const at = onDay(2)
      await clinic.accept('RecordBooking', {
        bookingId: 'x',
        clientId: 'anna',
        treatmentTypeId: 'therapy',
        startsAt: at,
      })
      await clinic.accept('RecordJournalEntry', {
        journalEntryId: 'x',
        clientId: 'bo',
        contactTypeId: 'visit',
        occurredAt: at,
      })
      await clinic.accept('ChangeLine', { itemId: 'booking:x', discountPercent: '10' })
      await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      const trail = await right(clinic.underlag.audit({ about: 'booking:x' }))
      assert.equal(
        trail.map(({ type }) => type),
        ['BookingRecorded', 'LineChanged', 'InvoiceRegistered'],
      )
    }),
  )

  About(
    'a client tells all that happened to the client’s items, under the bare id and with its kind',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      const at = onDay(2)
      for (const [bookingId, clientId] of [
        ['x', 'anna'],
        ['y', 'bo'],
      ] as const)
        await clinic.accept('RecordBooking', { bookingId, clientId, treatmentTypeId: 'therapy', startsAt: at })
      await clinic.accept('RescheduleBooking', { bookingId: 'x', startsAt: onDay(3) })
      await clinic.accept('CancelBooking', { bookingId: 'x' })
      await clinic.accept('CancelBooking', { bookingId: 'y' })
      const trail = await right(clinic.underlag.audit({ about: 'anna' }))
      assert.equal(
        trail.map(({ type, stream }) => `${type} ${stream}`),
        [
          'ClientRegistered client/anna',
          'BookingRecorded booking/x',
          'BookingRescheduled booking/x',
          'BookingCancelled booking/x',
        ],
      )
      assert.equal(await right(clinic.underlag.audit({ about: 'client:anna' })), trail)
    }),
  )

  About(
    'a payer tells what was paid and sent of the payer’s invoices, and nothing of what others pay',
    inMailingClinic(kind, async (clinic) => {
      await settled(clinic)
      // A booking whose id is the number of Anna's invoice is none of hers.
      for (const [bookingId, clientId] of [
        ['x', 'anna'],
        ['1', 'bo'],
      ] as const)
        await clinic.accept('RecordBooking', {
          bookingId,
          clientId,
          treatmentTypeId: 'therapy',
          startsAt: onDay(2),
        })
      await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'email' })
      await clinic.accept('RegisterInvoice', { payer: { kind: 'client', id: 'bo' }, delivery: 'none' })
      await right(clinic.underlag.deliver())
      for (const [invoiceNumber, reference] of [
        ['1', 'bg-1'],
        ['2', 'bg-2'],
      ] as const)
        await clinic.accept('RecordPayment', {
          invoiceNumber,
          amount: { amount: 100, currency: 'SEK' },
          receivedOn: '2026-03-20',
          reference,
        })
      const trail = await right(clinic.underlag.audit({ about: 'anna' }))
      assert.equal(
        trail.map(({ type, stream }) => `${type} ${stream}`),
        [
          'ClientRegistered client/anna',
          'BookingRecorded booking/x',
          'InvoiceRegistered ledger/invoices',
          'DeliveryRequested delivery/1.1',
          'DocumentIssued document/1',
          'DeliveryAttemptStarted delivery/1.1',
          'DeliveryAccepted delivery/1.1',
          'PaymentRecorded payments/1',
        ],
      )
      assert.equal(await right(clinic.underlag.audit({ about: 'client:anna' })), trail)
    }),
  )
}
