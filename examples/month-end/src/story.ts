import { basename, isAbsolute, relative } from 'node:path'
import type { Basis, Invoice } from 'underlag'
import { nameOf as monthName } from './calendar.js'
import { CLIENTS, nameOf } from './customers.js'
import type { Narrator } from './narrator.js'
import type { Places } from './places.js'
import type { Exceptions } from './register.js'
import { table } from './table.js'
import { visits } from './visits.js'

/** A word of a shell. */
const quoted = (word: string): string => (/^[\w./:-]+$/.test(word) ? word : `'${word}'`)

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
    return quoted(near === '' ? '.' : near.startsWith('..') ? file : near)
  }
  /** As a call takes it: paths are shown from where the reader stands. */
  const argument = (text: string): string => {
    const [, scheme = '', file] = /^(sqlite:)?(\/.*)$/s.exec(text) ?? []
    if (file === undefined) return quoted(text)
    return path(file).replace(/^('?)/, `$1${scheme}`)
  }
  const underlag = (call: string): string =>
    ['npm run --silent underlag --', call, ...places.named.map(argument)].join(' ')
  const demo = (folder: string, options: ReadonlyArray<string>): string => {
    const all = [...(basename(folder) === 'demo' ? [] : [`--dir ${path(folder)}`]), ...options.map(argument)]
    return ['npm run demo', ...(all.length === 0 ? [] : ['--', ...all])].join(' ')
  }

  const place = isAbsolute(places.store) ? path(places.store) : places.store

  return {
    opened: (month, eventsBefore) => {
      say(`Month end at Kliniken Björkhagen: ${monthName(month)}`)
      say(
        eventsBefore === 0
          ? `A new store in ${place}.`
          : `The store in ${place} is there since an earlier run, with ${eventsBefore} events: the same is done again.`,
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

    recorded: (commands, events) =>
      say(
        events === 0
          ? `${commands} commands sent once more: each was known and answered as the first time, and nothing was recorded.`
          : `${commands} commands sent, ${events} events recorded; each answer means that they are on disk.`,
      ),

    underlag: ({ payers, conflicts }) => {
      heading('The underlag: done, neither paid nor invoiced')
      if (payers.length === 0) return say('Nothing.')
      const ordinary = payers.filter((group) => isOrdinary(group))
      const row = (name: string, groups: typeof payers, note: string): ReadonlyArray<string> => [
        name,
        String(groups.reduce((count, { items }) => count + items.length, 0)),
        ...(['net', 'vatAmount', 'toPay'] as const).map((field) =>
          kronor({ amount: groups.reduce((sum, group) => sum + group[field].amount, 0) }),
        ),
        note,
      ]
      say(
        table(
          ['Payer', 'Items', 'Net', 'VAT', 'To pay', ''],
          [
            ...payers
              .filter((group) => !isOrdinary(group))
              .map((group) => row(group.name, [group], notes(group.items))),
            row(`${ordinary.length} other clients`, ordinary, 'care only'),
            row('All', payers, `${conflicts.length} conflicts`),
          ],
          ['Items', 'Net', 'VAT', 'To pay'],
        ),
      )
      say(`\nLook closer: ${underlag('basis --payer client:k28')}`)
    },

    registered: (invoices, { refused, warnings }) => {
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
            invoice.delivery === 'none' ? 'paper' : 'e-mail',
          ]),
          ['Number', 'Lines', 'Net', 'VAT', 'Rounding', 'To pay'],
        ),
      )
      const sum = invoices.reduce((total, { toPay }) => total + toPay.amount, 0)
      say(`\n${invoices.length} invoices, ${kronor({ amount: sum })} in all.`)
      if (refused.length > 0) say('\nNot by e-mail with the others:')
      for (const one of refused) say(`  ${nameOf(one.payer)}: ${why(one, invoices)}`)
      if (warnings.length > 0) say('\nInvoiced, with a warning:')
      for (const warning of warnings)
        if (warning._tag === 'PriceMissing' && warning.payer !== undefined)
          say(`  ${nameOf(warning.payer)}: PriceMissing (${warning.items.join(', ')}); the rest is on the invoice.`)
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

    delivered: (newMails, mails, deliveries) => {
      heading('Delivered by e-mail, to a mail server on this machine')
      const statuses = [...new Set(deliveries.map(({ status }) => status))]
      const counts = statuses.map((status) => `${deliveries.filter((one) => one.status === status).length} ${status}`)
      say(`${newMails} mails sent now; ${mails.length} lie in ${path(places.mails)}. Deliveries: ${counts.join(', ')}.`)
      if (statuses.includes('inDoubt'))
        say(
          `An earlier run was broken off while it sent. Look whether the mail came, and say so: ${underlag('deliveries settle ID sent')} (or retry)`,
        )
      const [first] = mails
      if (first !== undefined) say(`The first: "${first.subject}" to ${first.to}, ${path(first.file)}`)
    },

    paid: ({ payments, recorded, alreadyRecorded }) => {
      heading('Paid, by a file of the bank')
      const sum = payments.reduce(
        (total, { outcome, amount }) => total + (outcome === 'notRecorded' ? 0 : amount.amount),
        0,
      )
      say(
        `${path(places.notification)} tells of ${payments.length} payments: ${recorded} recorded now, ${alreadyRecorded} before, ${kronor({ amount: sum })} in all, each on the invoice of its OCR reference.`,
      )
      for (const { outcome, invoiceNumber, balance } of payments)
        if (outcome !== 'notRecorded' && balance !== undefined && balance.amount !== 0)
          say(`Invoice ${invoiceNumber} has ${kronor(balance)} left to pay.`)
      for (const { refusal, amount, payerName, text, reference } of payments)
        if (refusal !== undefined)
          say(`Left to a person: ${kronor(amount)} from ${payerName}, «${text}» (${refusal._tag}, ${reference}).`)
    },

    booked: ({ invoices, creditNotes, payments }) =>
      say(
        `Booked: ${path(places.vouchers)} has the vouchers of ${invoices} invoices, ${creditNotes} credit notes and ${payments} payments.`,
      ),

    audited: ({ invoiceNumber, buyer }, trail) => {
      heading(`The audit trail of invoice ${invoiceNumber}, to ${buyer.name}, and of what is on it`)
      say(
        table(
          ['Happened', 'Recorded', 'By', 'What'],
          trail.map(({ at, recordedAt, actor, summary }) => [at, recordedAt, actor ?? '', summary]),
        ),
      )
      say(`\nThe trail of anything, by its id: ${underlag(`audit --about ${invoiceNumber}`)}`)
      say(`Why it came to that amount:       ${underlag(`why ${invoiceNumber}`)}`)
    },

    ended: ({ verification, mailsAreRight, newEvents, newMails }) => {
      heading('Proved')
      const checks = [
        ...verification.checks,
        {
          name: 'mails',
          ok: mailsAreRight,
          detail: `each carries one invoice, none comes twice, and every PDF attached is the one in ${path(places.invoices)}, byte for byte`,
        },
      ]
      for (const { ok, name, detail } of checks) say(`${ok ? '✓' : '✗'} ${name}: ${detail}`)
      say(`\n${newEvents} new events and ${newMails} new mails in this run.`)
      say(
        `\n${table(
          ['Look at', 'With'],
          [
            ['the invoices', path(places.invoices)],
            ['the mails', path(places.mails)],
            ['the vouchers', path(places.vouchers)],
            ['the register', underlag('invoices')],
            ['what is left', underlag('basis')],
            ['the deliveries', underlag('deliveries')],
            ['the proof', underlag('verify')],
            ['the same again', `${demo(places.folder, places.again)}   (nothing happens twice)`],
            ['a new start', demo(places.anew.folder, places.anew.options)],
          ],
        )}`,
      )
      say(`\nDone in ${((performance.now() - began) / 1000).toFixed(1)} s.`)
    },
  }
}

const amounts = new Intl.NumberFormat('sv-SE', { style: 'currency', currency: 'SEK' })
const kronor = ({ amount }: { readonly amount: number }): string => amounts.format(amount / 100)

type Group = Basis['payers'][number]

/** A client with nothing to explain: care only, at the list price, all of it done. */
const isOrdinary = ({ payer, items, vatAmount }: Group): boolean =>
  payer.kind === 'client' && vatAmount.amount === 0 && notes(items) === ''

const notes = (items: Group['items']): string =>
  (
    [
      ['edited', 'edited'],
      ['upcoming', 'still to come'],
      ['priceMissing', 'without a price'],
    ] as const
  )
    .map(([mark, words]) => [items.filter((item) => item[mark]).length, words] as const)
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(', ')

/** Why somebody got no invoice, or none by e-mail. */
const why = ({ payer, refusal }: Exceptions['refused'][number], invoices: ReadonlyArray<Invoice>): string => {
  const own = invoices.find((invoice) => invoice.payer.kind === payer.kind && invoice.payer.id === payer.id)
  const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value))
  switch (refusal._tag) {
    case 'DeliveryNotPossible':
      return `${refusal._tag} (${list(refusal.reasons)}); ${own === undefined ? 'not invoiced' : `invoiced on paper instead, number ${own.invoiceNumber}`}.`
    case 'PriceMissing':
      return `${refusal._tag} (${list(refusal.items)}); nobody has set the price of this treatment, so it stays in the underlag.`
    default:
      return refusal._tag
  }
}
