import { openUnderlag } from '../../packages/underlag/dist/src/index.js'
import { seller } from './invoice.mjs'

export const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}

export const command = (type, commandId, data) => ({ type, commandId, actor: 'user:anna', data })

/** Carries out commands, all in flight at once; throws unless each is accepted. */
export const accepted = async (underlag, commands) => {
  const answers = await Promise.all(commands.map((one) => underlag.execute(one)()))
  return answers.map((answer) => {
    if (!right(answer).ok) throw new Error(JSON.stringify(answer.right))
    return answer.right
  })
}

export const settings = [
  command('ActivateInvoicing', 'activate', {}),
  command('SetSeller', 'seller', seller),
  command('SetTreatmentTypePrice', 'price', {
    treatmentTypeId: 'samtal',
    name: 'Samtal, 45 minuter',
    price: { amount: 120000, currency: 'SEK' },
    vat: { kind: 'exempt', reason: 'healthcare' },
  }),
]

const CLIENTS = 500
/** A client comes for so many months, then another takes the place. */
const MONTHS_A_CLIENT = 24
/** As many of each client, in a week of the month one. */
const VISITS_A_WEEK = CLIENTS
const COMPANIES = 10
const DAYS = 28
/** What all that comes to. */
export const EVENTS_A_MONTH = 3_270
const FIRST_YEAR = 2000

const two = (n) => String(n).padStart(2, '0')
const dayOf = (month, day) => `${FIRST_YEAR + Math.floor(month / 12)}-${two(1 + (month % 12))}-${two(day)}`
const clientAt = (slot, month) => `c${slot}-${Math.floor((month + (slot % MONTHS_A_CLIENT)) / MONTHS_A_CLIENT)}`
const companyOf = (slot) => (slot % 10 === 0 ? `f${(slot / 10) % COMPANIES}` : undefined)

/**
 * A clinic that has been open for so many months and a half, made by its own commands: every tenth client is paid for by a company; some
 * visits are paid, cancelled or edited; at each month's end all are invoiced, and the invoices of the month before are paid. The
 * visits of the half month are open, as many however long the clinic was open. Gives back what to ask of it: the open bookings, a
 * client who pays for one of them, an invoice of the month before, and an instant `earlier` when half of that month was open.
 */
export const clinicOpenFor = async (path, months, progress) => {
  let now = `${dayOf(0, 1)}T08:00:00.000Z`
  const underlag = right(await openUnderlag({ store: `sqlite:${path}`, clock: () => now })())
  const all = (commands) => accepted(underlag, commands)
  for (const one of settings) await all([one])
  await all(
    Array.from({ length: COMPANIES }, (_, i) =>
      command('RegisterCompany', `f${i}`, {
        companyId: `f${i}`,
        name: `Företag ${i} AB`,
        address: { lines: [`Box ${i}`], postalCode: '111 22', city: 'Stockholm', country: 'SE' },
        organisationNumber: '556016-0680',
      }),
    ),
  )

  const known = new Set()
  const comeNew = async (month) => {
    const slots = Array.from({ length: CLIENTS }, (_, slot) => slot).filter((slot) => !known.has(clientAt(slot, month)))
    for (const slot of slots) known.add(clientAt(slot, month))
    await all(
      slots.map((slot) => {
        const clientId = clientAt(slot, month)
        return command('RegisterClient', `client:${clientId}`, { clientId, name: `Klient ${clientId}` })
      }),
    )
    await all(
      slots
        .filter((slot) => companyOf(slot) !== undefined)
        .map((slot) => {
          const clientId = clientAt(slot, month)
          const payer = { kind: 'company', id: companyOf(slot) }
          return command('AssignPayer', `payer:${clientId}`, { clientId, payer, showAs: 'initials' })
        }),
    )
  }

  let visits = 0
  /** Gives back the bookings that stay open, each with its client. */
  const comeOn = async (month, day) => {
    now = `${dayOf(month, day)}T16:00:00.000Z`
    const recorded = Array.from({ length: VISITS_A_WEEK }, (_, i) => ({
      nth: visits + i,
      bookingId: `b${visits + i}`,
      slot: (i * 7) % CLIENTS,
      clientId: clientAt((i * 7) % CLIENTS, month),
    }))
    visits += VISITS_A_WEEK
    await all(
      recorded.map(({ bookingId, clientId }, i) => {
        const startsAt = `${dayOf(month, day)}T${two(7 + (i % 9))}:00:00Z`
        return command('RecordBooking', bookingId, { bookingId, clientId, treatmentTypeId: 'samtal', startsAt })
      }),
    )
    // By numbers that share no factor with that of the clients: each has its turn.
    const isPaid = ({ nth }) => nth % 11 === 3
    const isCancelled = ({ nth }) => nth % 23 === 7 && nth % 11 !== 3
    const isEdited = ({ nth }) => nth % 29 === 11
    await all([
      ...recorded
        .filter(isPaid)
        .map(({ bookingId }) => command('MarkBookingPaid', `${bookingId}:paid`, { bookingId, method: 'card' })),
      ...recorded
        .filter(isCancelled)
        .map(({ bookingId }) => command('CancelBooking', `${bookingId}:cancelled`, { bookingId })),
      ...recorded
        .filter(isEdited)
        .map(({ bookingId }) =>
          command('ChangeLine', `${bookingId}:discount`, { itemId: `booking:${bookingId}`, discountPercent: '10' }),
        ),
    ])
    return recorded.filter((one) => !isPaid(one) && !isCancelled(one))
  }

  let unpaid = []
  const monthEnds = async (month) => {
    now = `${dayOf(month, DAYS)}T18:00:00.000Z`
    await all(
      unpaid.map((event) => {
        const { invoiceNumber, toPay: amount } = event.data
        const paid = { invoiceNumber, amount, receivedOn: dayOf(month, DAYS), reference: `BG-${invoiceNumber}` }
        return command('RecordPayment', `${invoiceNumber}:paid`, paid)
      }),
    )
    const invoiceDate = dayOf(month, DAYS)
    const [{ events }] = await all([
      command('RegisterInvoices', `month-${month}`, { payers: 'all', delivery: 'none', invoiceDate }),
    ])
    unpaid = events.filter(({ type }) => type === 'InvoiceRegistered')
  }

  for (let month = 0; month < months; month++) {
    progress?.(`a clinic of ${months} months: month ${month + 1}`)
    now = `${dayOf(month, 1)}T08:00:00.000Z`
    await comeNew(month)
    for (let day = 1; day <= DAYS; day += 7) await comeOn(month, day)
    await monthEnds(month)
  }
  await comeNew(months)
  const open = []
  for (const day of [1, 8]) open.push(...(await comeOn(months, day)))
  return {
    underlag,
    events: Number(right(await underlag.caughtUp()())),
    open: open.map(({ bookingId }) => bookingId),
    today: dayOf(months, 8),
    invoiceNumber: unpaid[Math.floor(unpaid.length / 2)]?.data.invoiceNumber,
    client: open.find(({ slot }) => companyOf(slot) === undefined).clientId,
    earlier: `${dayOf(months - 1, 14)}T12:00:00.000Z`,
  }
}
