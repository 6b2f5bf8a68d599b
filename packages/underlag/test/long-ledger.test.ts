import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import type { Accepted, Ports } from '../src/index.js'
import { type Clinic, inClinic, openClinic, right, settled } from './support/clinic.js'
import { acme, care, kr } from './support/samples.js'
import { onMemory, stores } from './support/stores.js'

const CLIENTS = 60
const MONTHS = 9

const line = (lineId: string) =>
  ({ lineId, payer: acme, description: 'x', quantity: '1', price: kr(1), vat: care, date: '2026-03-01' }) as const

/** Nine month ends of sixty clients; what the first of them answered. */
const years = async (clinic: Clinic): Promise<Accepted> => {
  const { accept } = clinic
  await settled(clinic)
  const clients = Array.from({ length: CLIENTS }, (_, i) => ({ kind: 'client' as const, id: `c${i}` }))
  await Promise.all(clients.map(({ id }) => accept('RegisterClient', { clientId: id, name: id })))
  const ends: Array<Accepted> = []
  for (let month = 0; month < MONTHS; month++) {
    await Promise.all(clients.map((payer) => accept('AddLine', { ...line(`${payer.id}.${month}`), payer })))
    ends.push(await accept('RegisterInvoices', MONTH_END, { commandId: `month-${month}` }))
  }
  const [first] = ends
  if (first?.events.length !== CLIENTS) throw new Error('not all were invoiced')
  return first
}
const MONTH_END = { payers: 'all', delivery: 'none' } as const

for (const kind of stores) {
  const Long = suite(`a ledger of many invoices on ${kind.name}`)

  Long(
    'holds for a program that starts, which reads of it what came last: numbers, claims, repeats, OCR, credits',
    inClinic(kind, async (clinic) => {
      const { accept, underlag } = clinic
      const registered = await years(clinic)
      await accept('CreditInvoice', { invoiceNumber: '7', reason: 'x', releaseItems: true })
      await accept('CreditInvoice', { invoiceNumber: '8', reason: 'x', releaseItems: false })

      // Each starts anew, and the second finds the view of the first.
      for (const round of [0, 1]) {
        const other = await clinic.open()
        const items = registered.events.map(
          ({ data }) => (data as { lines: ReadonlyArray<{ itemId: string }> }).lines[0]?.itemId,
        )
        const again = { type: 'RegisterInvoices', commandId: 'month-0', data: MONTH_END }
        assert.equal(await right(other.underlag.execute(again)), registered)
        const edit = (n: number) => other.send('ChangeLine', { itemId: String(items[n]), quantity: '1' })
        const answer = await edit(4)
        assert.equal(answer.ok ? answer : answer.refusal, {
          _tag: 'AlreadyInvoiced',
          items: [items[4]],
          invoiceNumber: '5',
        })
        assert.is((await edit(7)).ok, false)
        assert.is((await edit(6)).ok, true)
        await other.accept('RecordPayment', {
          ocr: String(({ ...registered.events[3]?.data } as { ocr?: string }).ocr),
          amount: kr(1),
          receivedOn: '2026-03-10',
          reference: `r${round}`,
        })
        await other.accept('AddLine', line(`new${round}`))
        const { events } = await other.accept('RegisterInvoice', { payer: acme, delivery: 'none' })
        assert.is(({ ...events[0]?.data } as { sequence?: number }).sequence, CLIENTS * MONTHS + 3 + round)
        assert.is((await right(other.underlag.why('3')))._tag, 'Some')
      }
      const { ok, checks } = await right(underlag.verify())
      assert.ok(ok, JSON.stringify(checks))
    }),
  )
}

const Broken = suite('a ledger of many invoices whose view cannot be had')

Broken('is read from its first event: no command fails of it', async () => {
  const place = await onMemory.place()
  const first = await openClinic(place)
  try {
    await years(first)
    const ports = (await place.store('default')) as Ports
    const unreadable: Ports['readModels'] = {
      ...ports.readModels,
      page: () => async () => ({
        _tag: 'Left',
        left: { _tag: 'StoreUnavailable', reason: 'locked', remedy: 'wait', transient: true },
      }),
    }
    const other = await first.open({ store: { ...ports, readModels: unreadable } })
    assert.equal(await other.refuse('RemoveLine', { lineId: 'c4.8' }), {
      _tag: 'AlreadyInvoiced',
      items: ['line:c4.8'],
      invoiceNumber: (await right(first.underlag.invoices({ payer: { kind: 'client', id: 'c4' } })))[MONTHS - 1]
        ?.invoiceNumber,
    })
  } finally {
    await first.close()
    await place.cleanup()
  }
})
