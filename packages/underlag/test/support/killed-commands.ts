import type { Answer, Command, UnderlagConfig, UnderlagOptions } from '../../src/index.js'
import { care, kr, onDay, clinic as seller, vat25 } from './samples.js'

/** So short that whoever takes over from a killed process does so at once. */
export const LEASE_TTL_MS = 250

export const SENDER = 'faktura@kliniken.se'

/** Mail goes to this port of the machine, and is tried again at once. */
export const toPort = (port: number): UnderlagConfig => ({
  email: {
    smtp: { host: '127.0.0.1', port },
    from: SENDER,
    retry: { attempts: 100, firstDelayMs: 10, maxDelayMs: 30 },
    timeoutMs: 3000,
  },
})

/** Where the clinic's store is, as it is handed to a process. */
export interface Where {
  readonly store: `sqlite:${string}` | `esdb://${string}`
  readonly tenant: string
  /** Of a store on a server: where this machine's files are. */
  readonly files?: string
}

export const onFile = (path: string): Where => ({ store: `sqlite:${path}`, tenant: 'default' })

export const optionsOn = ({ store, tenant, files }: Where, port: number): UnderlagOptions => ({
  store,
  tenant,
  config: { ...toPort(port), ...(files === undefined ? {} : { eventStoreDB: { files } }) },
})

const of = (commandId: string, type: Command['type'], data: object): Command =>
  ({ type, commandId, actor: 'user:anna', data }) as Command

/** What comes before everything else. */
export const opening: ReadonlyArray<Command> = [
  of('activate', 'ActivateInvoicing', {}),
  of('seller', 'SetSeller', seller),
  of('therapy', 'SetTreatmentTypePrice', { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1200), vat: care }),
  of('visit', 'SetContactTypePrice', { contactTypeId: 'visit', name: 'Besök', price: kr(950), vat: care }),
]

/** How many chunks one bulk registration gathers. */
const BULK = 5

/**
 * The commands of one client, always the same for the same number: facts, edits, a registration (alone, or of all who wait),
 * then what may befall an invoice. They are sent one after the other; what a registration answered tells which number to credit.
 */
export const chunk = async (i: number, send: (command: Command) => Promise<Answer>): Promise<void> => {
  const clientId = `c${i}`
  const payer = { kind: 'client', id: clientId }
  await send(of(`client-${i}`, 'RegisterClient', { clientId, name: `Klient ${i}`, email: `c${i}@example.se` }))
  for (const n of [0, 1, 2, 3])
    await send(
      of(`book-${i}.${n}`, 'RecordBooking', {
        bookingId: `b${i}.${n}`,
        clientId,
        treatmentTypeId: 'therapy',
        startsAt: onDay(n + 2),
      }),
    )
  await send(
    of(`entry-${i}`, 'RecordJournalEntry', {
      journalEntryId: `e${i}`,
      clientId,
      contactTypeId: 'visit',
      occurredAt: onDay(3),
      bookingId: `b${i}.1`,
    }),
  )
  await send(
    of(`line-${i}`, 'AddLine', {
      lineId: `l${i}`,
      payer,
      description: 'Intyg',
      quantity: '1',
      price: kr(333.33),
      vat: vat25,
    }),
  )
  await send(of(`edit-${i}`, 'ChangeLine', { itemId: `booking:b${i}.0`, quantity: '1.5' }))
  await send(of(`paid-${i}`, 'MarkBookingPaid', { bookingId: `b${i}.3`, method: 'card' }))
  if (i % BULK === BULK - 1) await send(of(`bulk-${i}`, 'RegisterInvoices', { payers: 'all', delivery: 'email' }))
  if (i % BULK > 1) return
  const answer = await send(of(`invoice-${i}`, 'RegisterInvoice', { payer, delivery: 'email' }))
  const { invoiceNumber } = { ...(answer.ok ? answer.events[0]?.data : {}) } as { invoiceNumber?: string }
  if (invoiceNumber === undefined) throw new Error(`the invoice of chunk ${i} was refused: ${JSON.stringify(answer)}`)
  if (i % 2 === 0) await send(of(`late-${i}`, 'MarkBookingPaid', { bookingId: `b${i}.2`, method: 'swish' }))
  await send(
    of(`payment-${i}`, 'RecordPayment', {
      invoiceNumber,
      amount: kr(100),
      receivedOn: '2026-03-20',
      reference: `r${i}`,
    }),
  )
  if (i % 4 === 0)
    await send(
      of(`credit-${i}`, 'CreditInvoice', {
        invoiceNumber,
        lines: [{ itemId: `booking:b${i}.2` }],
        reason: 'Redan betald',
        releaseItems: false,
        delivery: 'email',
      }),
    )
  if (i % 3 === 0) await send(of(`again-${i}`, 'SendInvoice', { invoiceNumber, delivery: 'email' }))
}
