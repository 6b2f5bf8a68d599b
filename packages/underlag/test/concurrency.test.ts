import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type Answer, type Command, type CommandData, type Invoice, openUnderlag } from '../src/index.js'
import { type Executing, executing, runCli } from './support/cli.js'
import { quickRenderer, right } from './support/clinic.js'
import { care, kr, onDay, clinic as seller } from './support/samples.js'
import { temporaryFolder } from './support/stores.js'

const Concurrency = suite('several processes at once')

const CLIENTS = 30
const BOOKINGS = 3

let intents = 0
const of = <T extends Command['type']>(type: T, data: CommandData[T]): Command => {
  intents += 1
  return { type, commandId: `${type}-${intents}`, data } as unknown as Command
}

const clients = Array.from({ length: CLIENTS }, (_, i) => `c${i}`)
const bookings = clients.flatMap((clientId) =>
  Array.from({ length: BOOKINGS }, (_, n) => ({ clientId, bookingId: `${clientId}.${n}` })),
)

const shuffled = <A>(list: ReadonlyArray<A>): ReadonlyArray<A> =>
  list
    .map((one) => [Math.random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one)

/** Sends them one after the other; the processes meet wherever they meet. */
const all = async (process: Executing, commands: ReadonlyArray<Command>) => {
  const answers: Array<{ readonly command: Command; readonly answer: Answer }> = []
  for (const command of commands) answers.push({ command, answer: await process.send(command) })
  return answers
}

const warnings = (answer: Answer): ReadonlyArray<Record<string, unknown>> =>
  (answer.ok ? (answer.warnings ?? []) : []) as unknown as ReadonlyArray<Record<string, unknown>>

Concurrency(
  'registering, marking paid, moving and editing the same visits, while read models are rebuilt and proved: nothing twice, and every contradiction is seen by somebody and shown',
  async () => {
    const folder = await temporaryFolder()
    let met = 0
    try {
      for (let round = 0; round < 5; round++) {
        const path = join(folder, `${round}.db`)
        const processes = Array.from({ length: 5 }, () => executing(['--store', `sqlite:${path}`]))
        const [first, second, third, fourth, fifth] = processes as [
          Executing,
          Executing,
          Executing,
          Executing,
          Executing,
        ]
        const prices = { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1000), vat: care }
        await all(first, [
          of('ActivateInvoicing', {}),
          of('SetSeller', seller),
          of('SetTreatmentTypePrice', prices),
          ...clients.map((clientId) => of('RegisterClient', { clientId, name: clientId })),
          ...bookings.map((one) => of('RecordBooking', { ...one, treatmentTypeId: 'therapy', startsAt: onDay(2) })),
        ])
        // Every process is up, and has read what there is, before they meet.
        await Promise.all(processes.map((one) => one.send(of('ActivateInvoicing', {}))))

        const bulk = round % 2 === 1
        const registrations = (): ReadonlyArray<Command> =>
          bulk
            ? Array.from({ length: 6 }, (_, i) =>
                of('RegisterInvoices', {
                  payers: shuffled(clients)
                    .slice(i, i + 8)
                    .map((id) => ({ kind: 'client' as const, id })),
                  delivery: 'none',
                }),
              )
            : shuffled(clients).map((id) => of('RegisterInvoice', { payer: { kind: 'client', id }, delivery: 'none' }))
        let areDone = false
        const rebuilding = (async () => {
          while (!areDone) {
            for (const call of ['rebuild', 'verify']) {
              const { code, out, err } = await runCli([call, '--store', `sqlite:${path}`])
              assert.is(code, 0, `${call}: ${out}${err}`)
            }
          }
        })()
        const [a, b, paying, moving, editing] = await Promise.all([
          all(first, registrations()),
          all(second, registrations()),
          all(
            third,
            shuffled(bookings).map(({ bookingId }) => of('MarkBookingPaid', { bookingId, method: 'card' })),
          ),
          all(
            fourth,
            shuffled(bookings)
              .filter((_, i) => i % 3 === 0)
              .map(({ bookingId }) => of('RescheduleBooking', { bookingId, startsAt: onDay(5) })),
          ),
          all(
            fifth,
            shuffled(bookings)
              .filter((_, i) => i % 3 === 0)
              .map(({ bookingId }) => of('ChangeLine', { itemId: `booking:${bookingId}`, price: kr(1) })),
          ),
        ])
        areDone = true
        await rebuilding
        for (const process of processes) assert.ok([0, 1].includes((await process.end()) ?? 9))

        const underlag = await openUnderlag({ store: `sqlite:${path}`, renderer: quickRenderer })()
        if (E.isLeft(underlag)) throw new Error(JSON.stringify(underlag.left))
        try {
          const verified = await right(underlag.right.verify())
          assert.ok(verified.ok, JSON.stringify(verified.checks))
          const invoices = await right(underlag.right.invoices())
          assert.equal(
            invoices.map(({ sequence }) => sequence),
            invoices.map((_, i) => i + 1),
          )
          const lines = new Map<string, { invoice: Invoice; price: number; date: string }>()
          for (const invoice of invoices)
            for (const { itemId, unitPrice, date } of invoice.lines) {
              assert.not.ok(lines.has(itemId), `${itemId} is on two invoices`)
              lines.set(itemId, { invoice, price: unitPrice.amount, date })
            }
          const told = [...a, ...b].flatMap(({ answer }) => (answer.ok ? answer.events : []))
          assert.is(told.filter(({ type }) => type === 'InvoiceRegistered').length, invoices.length)

          for (const { command, answer } of [...a, ...b, ...paying, ...moving, ...editing])
            if (answer.ok && answer.events.length > 0)
              assert.equal(await right(underlag.right.execute(command)), answer, `${command.type}, repeated`)

          const { conflicts } = await right(underlag.right.basis())
          const seen = (itemId: string, invoiceNumber: string, answer: Answer): boolean =>
            warnings(answer).some((one) => one._tag === 'AlreadyInvoiced' && one.invoiceNumber === invoiceNumber) ||
            [...a, ...b].some(({ answer: registration }) =>
              warnings(registration).some((one) => one._tag === 'Conflict' && one.itemId === itemId),
            )
          for (const { command, answer } of paying) {
            assert.ok(answer.ok, 'what the host reports is never refused because of an invoice')
            const itemId = `booking:${(command.data as { bookingId: string }).bookingId}`
            const line = lines.get(itemId)
            assert.is(
              conflicts.some((one) => one.itemId === itemId && one.reason === 'paid'),
              line !== undefined,
            )
            if (line === undefined) continue
            met += 1
            assert.ok(seen(itemId, line.invoice.invoiceNumber, answer), `nobody was told that ${itemId} is paid`)
          }
          for (const { command, answer } of moving) {
            assert.ok(answer.ok)
            const itemId = `booking:${(command.data as { bookingId: string }).bookingId}`
            const line = lines.get(itemId)
            if (line === undefined || line.date === '2026-03-05') continue
            assert.ok(seen(itemId, line.invoice.invoiceNumber, answer), `nobody was told that ${itemId} was moved`)
          }
          for (const { command, answer } of editing) {
            const { itemId } = command.data as { itemId: string }
            const line = lines.get(itemId)
            if (!answer.ok) assert.equal([answer.refusal._tag, answer.refusal.items], ['AlreadyInvoiced', [itemId]])
            else if (line !== undefined && line.price !== 100) {
              assert.ok(conflicts.some((one) => one.itemId === itemId))
              assert.ok(seen(itemId, line.invoice.invoiceNumber, answer), `nobody was told that ${itemId} was edited`)
            }
          }
        } finally {
          await underlag.right.close()
        }
      }
      console.log(`${met} visits were paid and invoiced`)
      assert.ok(met > 20, `only ${met} visits were paid and invoiced: the processes hardly met`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
