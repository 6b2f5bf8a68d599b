import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { inClinic, right, settled } from './support/clinic.js'
import { anna, care, kr, onDay } from './support/samples.js'
import { stores } from './support/stores.js'

for (const kind of stores) {
  const Own = suite(`what an edit hides on ${kind.name}`)

  Own(
    'an edit stands through late changes of its source, and what the source says now is shown beside it',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      const { accept, underlag } = clinic
      const item = async () => (await right(underlag.basis({ payer: anna }))).payers[0]?.items[0]
      await accept('RecordBooking', {
        bookingId: 'b1',
        clientId: 'anna',
        treatmentTypeId: 'therapy',
        startsAt: onDay(2),
      })
      const before = await item()
      assert.is(before?.own, undefined)

      await accept('ChangeLine', { itemId: 'booking:b1', price: kr(800), description: 'Kort samtal' })
      const edited = await item()
      assert.equal([edited?.unitPrice, edited?.description], [kr(800), 'Kort samtal'])
      assert.equal(edited?.own, { unitPrice: before?.unitPrice, description: before?.description })

      await accept('SetTreatmentTypePrice', {
        treatmentTypeId: 'therapy',
        name: 'Nytt namn',
        price: kr(1500),
        vat: care,
      })
      await accept('RescheduleBooking', { bookingId: 'b1', startsAt: onDay(3) })
      await right(underlag.rebuild())
      const late = await item()
      assert.equal([late?.date, late?.unitPrice, late?.description], ['2026-03-03', kr(800), 'Kort samtal'])
      assert.equal(late?.own, { unitPrice: kr(1500), description: 'Nytt namn' })

      await accept('ChangeLine', { itemId: 'booking:b1', price: null, description: null })
      const back = await item()
      assert.equal(
        [back?.unitPrice, back?.description, back?.edited, back?.own],
        [kr(1500), 'Nytt namn', false, undefined],
      )
    }),
  )
}
