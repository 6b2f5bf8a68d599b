import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AuditEntry,
  type Basis,
  type Command,
  type DeliveryView,
  type Invoice,
  openUnderlag,
  type Payer,
  type Refusal,
  type Underlag,
  type Verification,
} from 'underlag'
import { firstDayOf, instant, lastDayOf, monthBefore, monthsLater } from './calendar.js'
import { ANNA, clinic, FIRST_COMMAND } from './clinic.js'
import { customers, nameOf } from './customers.js'
import { ask, CouldNot, done, tell } from './host.js'
import { type Mail, type Mailbox, openMailbox } from './mailbox.js'
import { happenings } from './month.js'
import { type Paper, writePapers } from './papers.js'

/** Where everything lies. */
export interface Places {
  readonly store: string
  readonly invoices: string
  readonly mails: string
}

export const placesIn = (folder: string): Places => ({
  store: join(folder, 'underlag.db'),
  invoices: join(folder, 'invoices'),
  mails: join(folder, 'mails'),
})

/** A payer who got no invoice, or none by e-mail, and why. */
export interface Refused {
  readonly payer: Payer
  readonly name: string
  readonly refusal: Refusal
}

/** What each step shows as it is done. */
export interface Narrator {
  readonly opened: (month: string, eventsBefore: number) => void
  readonly recorded: (commands: number) => void
  readonly underlag: (basis: Basis) => void
  readonly registered: (invoices: ReadonlyArray<Invoice>, refused: ReadonlyArray<Refused>) => void
  readonly printing: (done: number, of: number) => void
  readonly printed: (papers: ReadonlyArray<Paper>) => void
  readonly delivering: (done: number) => void
  readonly delivered: (
    newMails: number,
    mails: ReadonlyArray<Mail>,
    deliveries: ReadonlyArray<DeliveryView>,
    papers: ReadonlyArray<Paper>,
  ) => void
  readonly audited: (invoiceNumber: string, trail: ReadonlyArray<AuditEntry>) => void
  readonly ended: (end: MonthEnd) => void
}

/** How the books stand in the end. */
export interface MonthEnd {
  readonly verification: Verification
  readonly newEvents: number
  readonly newMails: number
}

/**
 * A clinic's month end: what happened is told to Underlag, what is left to pay is invoiced, printed, sent and proved.
 * Every command has an id of its own. So this can be broken off anywhere and started again, and nothing happens twice.
 */
export const monthEnd = async (places: Places, today: string, show: Narrator): Promise<MonthEnd> => {
  mkdirSync(join(places.store, '..'), { recursive: true })
  const mailbox = await openMailbox(places.mails)
  try {
    const underlag = await done(
      openUnderlag({
        store: `sqlite:${places.store}`,
        config: {
          email: { smtp: { host: mailbox.host, port: mailbox.port }, from: 'faktura@kliniken.example.com' },
        },
      }),
    )
    try {
      return await steps(underlag, mailbox, places, today, show)
    } finally {
      await underlag.close()
    }
  } finally {
    await mailbox.close()
  }
}

const steps = async (
  underlag: Underlag,
  mailbox: Mailbox,
  places: Places,
  today: string,
  show: Narrator,
): Promise<MonthEnd> => {
  const before = (await done(underlag.audit())).length
  const month = await monthOf(underlag, before, today)
  show.opened(month, before)

  const commands = [...clinic(month), ...customers(month), ...happenings(month)]
  await tell(underlag, commands)
  show.recorded(commands.length)

  show.underlag(await done(underlag.basis()))

  const refused = await registerAll(underlag, month)
  const invoices = await done(underlag.invoices())
  show.registered(invoices, refused)

  const papers = await writePapers(underlag, invoices, places.invoices, (written) =>
    show.printing(written, invoices.length),
  )
  show.printed(papers)

  let newMails = 0
  await done(
    underlag.deliver({
      onStep: () => {
        newMails += mailbox.save()
        show.delivering(newMails)
      },
    }),
  )
  show.delivered(newMails, await mailbox.read(), await done(underlag.deliveries()), papers)

  const shown = invoices.find(({ lines }) => lines.some(({ discountPercent }) => discountPercent !== '0'))
  if (shown !== undefined) show.audited(shown.invoiceNumber, await trailOf(underlag, shown))

  const end = {
    verification: await done(underlag.verify()),
    newEvents: (await done(underlag.audit())).length - before,
    newMails,
  }
  show.ended(end)
  return end
}

/** The month that this store is about: the one it began with, or the one just over. */
const monthOf = async (underlag: Underlag, events: number, today: string): Promise<string> => {
  const [first] = await done(underlag.audit({ about: FIRST_COMMAND }))
  if (first !== undefined) return first.at.slice(0, 7)
  if (events > 0) throw new CouldNot('The store holds something else than this demo: name another folder with --dir.')
  return monthBefore(today)
}

/** All payers at once by e-mail; whoever cannot get one by e-mail is invoiced on paper. Answers who was refused, by name. */
const registerAll = async (underlag: Underlag, month: string): Promise<ReadonlyArray<Refused>> => {
  const stamp = { actor: ANNA, at: instant(firstDayOf(monthsLater(month, 1)), '09:00') }
  const until = lastDayOf(month)
  const answer = await ask(underlag, {
    type: 'RegisterInvoices',
    commandId: `register:${month}`,
    ...stamp,
    data: { payers: 'all', delivery: 'email', until },
  })
  if (!answer.ok) throw new CouldNot(`Nothing was registered: ${JSON.stringify(answer.refusal)}`)
  const refused = (answer.refused ?? []).map(({ payer, refusal }) => ({
    payer,
    name: nameOf(payer),
    refusal: { ...refusal },
  }))
  await tell(
    underlag,
    refused
      .filter(({ refusal }) => refusal._tag === 'DeliveryNotPossible')
      .map(
        ({ payer }): Command => ({
          type: 'RegisterInvoice',
          commandId: `register:${month}:${payer.id}`,
          ...stamp,
          data: { payer, delivery: 'none', until },
        }),
      ),
  )
  return refused
}

/** What was recorded about an invoice, and about each item on it before. */
const trailOf = async (underlag: Underlag, invoice: Invoice): Promise<ReadonlyArray<AuditEntry>> => {
  const trail = new Map<number, AuditEntry>()
  for (const about of [invoice.invoiceNumber, ...invoice.lines.map(({ itemId }) => itemId)])
    for (const entry of await done(underlag.audit({ about }))) trail.set(entry.position, entry)
  return [...trail.values()].sort((a, b) => a.position - b.position)
}
