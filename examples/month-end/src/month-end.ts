import { mkdirSync } from 'node:fs'
import { type AuditEntry, type Invoice, openUnderlag, type Underlag } from 'underlag'
import { bookIn, notificationOf, takeIn } from './bank.js'
import { monthBefore } from './calendar.js'
import { clinic, FIRST_COMMAND, SELLER } from './clinic.js'
import { customers } from './customers.js'
import { CouldNot, done, tell } from './host.js'
import { type Mailbox, openMailbox } from './mailbox.js'
import { happenings } from './month.js'
import type { MonthEnd, Narrator } from './narrator.js'
import { carryTheir, writePapers } from './papers.js'
import type { Places } from './places.js'
import { registerAll } from './register.js'

/**
 * A clinic's month end: what happened is told to Underlag, what is left to pay is invoiced, printed, sent and proved.
 * Every command has an id of its own. So this can be broken off anywhere and started again, and nothing happens twice.
 */
export const monthEnd = async (places: Places, today: string, show: Narrator): Promise<MonthEnd> => {
  mkdirSync(places.folder, { recursive: true })
  const mailbox = await openMailbox(places.mails)
  try {
    const underlag = await done(
      openUnderlag({
        ...places.open,
        config: {
          ...places.open.config,
          email: { smtp: { host: mailbox.host, port: mailbox.port }, from: SELLER.email },
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
  const countEvents = async (): Promise<number> => (await done(underlag.audit())).length
  const before = await countEvents()
  const month = await monthOf(underlag, before, today)
  show.opened(month, before)

  const commands = [...clinic(month), ...customers(month), ...happenings(month)]
  await tell(underlag, commands)
  show.recorded(commands.length, (await countEvents()) - before)

  show.underlag(await done(underlag.basis()))

  const exceptions = await registerAll(underlag, month)
  const invoices = await done(underlag.invoices())
  show.registered(invoices, exceptions)

  const papers = await writePapers(underlag, invoices, places.invoices, (written) =>
    show.printing(written, invoices.length),
  )
  show.printed(papers)

  let newMails = 0
  const collect = (): void => {
    newMails += mailbox.save()
    show.delivering(newMails)
  }
  show.delivering(0)
  await done(underlag.deliver({ onStep: collect }))
  const mails = await mailbox.read()
  show.delivered(newMails, mails, await done(underlag.deliveries()))

  show.paid(await takeIn(underlag, places.notification, notificationOf(invoices)))
  show.booked(await bookIn(underlag, places.vouchers))

  const discounted = invoices.find(({ lines }) => lines.some(({ discountPercent }) => discountPercent !== '0'))
  if (discounted !== undefined) show.audited(discounted, await trailOf(underlag, discounted))

  const end: MonthEnd = {
    verification: await done(underlag.verify()),
    mailsAreRight: carryTheir(papers, mails),
    newEvents: (await countEvents()) - before,
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

/** What was recorded about an invoice, and about each item on it before. */
const trailOf = async (underlag: Underlag, invoice: Invoice): Promise<ReadonlyArray<AuditEntry>> => {
  const trail = new Map<number, AuditEntry>()
  for (const about of [invoice.invoiceNumber, ...invoice.lines.map(({ itemId }) => itemId)])
    for (const entry of await done(underlag.audit({ about }))) trail.set(entry.position, entry)
  return [...trail.values()].sort((a, b) => a.position - b.position)
}
