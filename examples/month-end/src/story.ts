import { relative } from 'node:path'
import type { Invoice } from 'underlag'
import { nameOf } from './calendar.js'
import { CLIENTS } from './customers.js'
import type { Narrator, Places, Refused } from './month-end.js'
import { table } from './table.js'
import { visits } from './visits.js'

/** What a person reads while the demo runs. `at` is where they stand: commands are written so that they work from there. */
export const story = (
  places: Places,
  at: string,
  write: (text: string) => void,
  progress: (text: string) => void,
): Narrator => {
  const began = performance.now()
  let chapter = 0
  const say = (text: string): void => {
    progress('')
    write(text)
  }
  const heading = (text: string): void => {
    chapter += 1
    say(`\n${chapter}. ${text}\n`)
  }
  const path = (file: string): string => {
    const near = relative(at, file)
    const shown = near === '' ? '.' : near.startsWith('..') ? file : near
    return /^[\w./-]+$/.test(shown) ? shown : `'${shown}'`
  }
  const underlag = (call: string): string =>
    `npm run --silent underlag -- ${call} --store ${path(places.store).replace(/^('?)/, '$1sqlite:')}`

  return {
    opened: (month, eventsBefore) => {
      say(`Month end at Kliniken Björkhagen: ${nameOf(month)}`)
      say(
        eventsBefore === 0
          ? `A new store in ${path(places.store)}.`
          : `The store in ${path(places.store)} is there since an earlier run, with ${eventsBefore} events: the same is done again.`,
      )
      const all = visits(month)
      const ended = (...endings: ReadonlyArray<string>): number =>
        all.filter(({ ending }) => endings.includes(ending)).length
      heading('What happened')
      say(
        [
          `${CLIENTS.length} clients, 2 companies that pay for some of them, and ${all.length} bookings:`,
          `${ended('card')} paid by card and ${ended('swish')} by Swish at the desk, ${ended('cancelled')} cancelled, ${ended('held')} left to invoice, and 1 that is still to come.`,
        ].join('\n'),
      )
    },

    recorded: (commands) => say(`${commands} commands carried out, each answer durable on disk.`),

    underlag: ({ payers, conflicts }) => {
      heading('The underlag: done, neither paid nor invoiced')
      if (payers.length === 0) return say('Nothing.')
      say(
        table(
          ['Payer', 'Items', 'Net', 'VAT', 'To pay', ''],
          payers.map(({ name, items, net, vatAmount, toPay }) => [
            name,
            String(items.length),
            kronor(net),
            kronor(vatAmount),
            kronor(toPay),
            marks(items),
          ]),
          ['Items', 'Net', 'VAT', 'To pay'],
        ),
      )
      const sum = payers.reduce((total, { toPay }) => total + toPay.amount, 0)
      say(`\n${payers.length} payers, ${kronor({ amount: sum })} in all. ${conflicts.length} conflicts.`)
      say(`Look closer: ${underlag('basis --payer client:k01')}`)
    },

    registered: (invoices, refused) => {
      heading('Registered: numbered, frozen and issued, all at once')
      say(
        table(
          ['Number', 'Date', 'Due', 'To', 'Lines', 'Net', 'VAT', 'Rounding', 'To pay', 'By'],
          invoices.map((invoice) => [
            invoice.invoiceNumber,
            invoice.invoiceDate,
            invoice.dueDate,
            invoice.buyer.name ?? '',
            String(invoice.lines.length),
            kronor(invoice.net),
            kronor(invoice.vatAmount),
            kronor(invoice.rounding),
            kronor(invoice.toPay),
            invoice.delivery,
          ]),
          ['Number', 'Lines', 'Net', 'VAT', 'Rounding', 'To pay'],
        ),
      )
      const sum = invoices.reduce((total, { toPay }) => total + toPay.amount, 0)
      say(`\n${invoices.length} invoices, ${kronor({ amount: sum })} in all.`)
      if (refused.length > 0) say(`\nNot by e-mail with the others:`)
      for (const one of refused) say(`  ${one.name}: ${reason(one, invoices)}`)
    },

    printing: (done, of) => progress(`Printing ${done} of ${of} …`),

    printed: (papers) => {
      heading('Printed')
      const unchanged = papers.filter((paper) => paper.unchanged).length
      say(
        `${papers.length} PDFs in ${path(places.invoices)}${unchanged === 0 ? '' : `, ${unchanged} of them lay there already, the same to the byte`}.`,
      )
      say(`The first: ${path(papers[0]?.file ?? places.invoices)}`)
    },

    delivering: (done) => progress(`Sent ${done} …`),

    delivered: (newMails, mails, deliveries, papers) => {
      heading('Delivered by e-mail, to a mail server on this machine')
      const byStatus = new Map<string, number>()
      for (const { status } of deliveries) byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
      say(
        `${newMails} mails sent now; ${mails.length} in ${path(places.mails)}. Deliveries: ${[...byStatus].map(([status, count]) => `${count} ${status}`).join(', ')}.`,
      )
      const issued = new Map(papers.map(({ invoiceNumber, sha256 }) => [`faktura-${invoiceNumber}.pdf`, sha256]))
      const same = mails.filter(({ attached, sha256 }) => issued.get(attached) === sha256)
      const distinct = new Set(mails.map(({ attached }) => attached)).size
      say(
        same.length === mails.length && distinct === mails.length
          ? `Each carries one invoice, no invoice came twice, and every PDF attached is the very one in ${path(places.invoices)}, byte for byte.`
          : `WRONG: of ${mails.length} mails ${same.length} carry the PDF as it was issued, and ${distinct} invoices are among them.`,
      )
      const [first] = mails
      if (first !== undefined) say(`For example: "${first.subject}" to ${first.to}, ${path(first.file)}`)
    },

    audited: (invoiceNumber, trail) => {
      heading(`The audit trail of invoice ${invoiceNumber}`)
      say(
        table(
          ['Happened', 'Recorded', 'By', 'What'],
          trail.map(({ at, recordedAt, actor, summary }) => [at, recordedAt, actor ?? '', summary]),
        ),
      )
      say(`\nOf anything else: ${underlag(`audit --about ${invoiceNumber}`)}`)
    },

    ended: ({ verification, newEvents, newMails }) => {
      heading('Proved')
      for (const { ok, name, detail } of verification.checks) say(`${ok ? '✓' : '✗'} ${name}: ${detail}`)
      say(`\n${newEvents} new events and ${newMails} new mails in this run.`)
      say(
        `\n${table(
          ['Look at', 'With'],
          [
            ['the invoices', path(places.invoices)],
            ['the mails', path(places.mails)],
            ['the register', underlag('invoices')],
            ['what is left', underlag('basis')],
            ['the deliveries', underlag('deliveries')],
            ['the proof', underlag('verify')],
            ['the same again', 'npm run demo              (nothing happens twice)'],
            ['a new start', 'npm run demo -- --fresh'],
          ],
        )}`,
      )
      say(`\nDone in ${((performance.now() - began) / 1000).toFixed(1)} s.`)
    },
  }
}

const amounts = new Intl.NumberFormat('sv-SE', { style: 'currency', currency: 'SEK' })
const kronor = ({ amount }: { readonly amount: number }): string => amounts.format(amount / 100)

const marks = (
  items: ReadonlyArray<{ readonly edited: boolean; readonly upcoming: boolean; readonly priceMissing: boolean }>,
): string => {
  const count = (mark: 'edited' | 'upcoming' | 'priceMissing', word: string): ReadonlyArray<string> => {
    const found = items.filter((item) => item[mark]).length
    return found === 0 ? [] : [`${found} ${word}`]
  }
  return [
    ...count('edited', 'edited'),
    ...count('upcoming', 'upcoming'),
    ...count('priceMissing', 'without price'),
  ].join(', ')
}

const reason = ({ payer, refusal }: Refused, invoices: ReadonlyArray<Invoice>): string => {
  const own = invoices.find((invoice) => invoice.payer.kind === payer.kind && invoice.payer.id === payer.id)
  switch (refusal._tag) {
    case 'DeliveryNotPossible':
      return `no e-mail address, so invoice ${own?.invoiceNumber} was registered for paper.`
    case 'PriceMissing':
      return 'nothing but group therapy, which has no price yet. It stays in the underlag.'
    default:
      return JSON.stringify(refusal)
  }
}
