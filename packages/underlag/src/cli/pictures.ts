import { type Invoice, statusOnceSettled, type UnderlagItem } from '@underlag/invoicing'
import type { Refusal } from '../commands/answer.js'
import type { ImportedPayments } from '../commands/import-payments.js'
import { HELD } from '../delivery/step.js'
import type { AuditEntry } from '../queries/audit.js'
import type { Basis } from '../queries/basis.js'
import type { DeliveryView } from '../queries/deliveries.js'
import type { SieExport } from '../queries/export-sie.js'
import type { Preview } from '../queries/preview.js'
import { kronor } from '../queries/summary.js'
import type { Verification } from '../queries/verify.js'
import type { Explanation, Reason } from '../queries/why.js'

/** Rows as columns of equal width; numbers to the right. */
const table = (
  heads: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  right: ReadonlyArray<number> = [],
): string => {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>): string =>
    cells
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(heads), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n')
}

export const basisPicture = ({ payers, conflicts }: Basis): string => {
  const groups = payers.map(({ payer, name, items, net, vatAmount, toPay }) => {
    const rows = items.map((item) => [
      item.date,
      item.itemId,
      item.description,
      item.quantity,
      item.unitPrice === null ? '–' : kronor(item.unitPrice),
      item.discountPercent === '0' ? '' : `−${item.discountPercent} %`,
      item.net === null ? '–' : kronor(item.net),
      [
        item.edited && editedText(item),
        item.excluded && 'excluded',
        item.upcoming && 'upcoming',
        item.priceMissing && (item.unitPrice === null ? 'no price' : 'no VAT'),
      ]
        .filter(Boolean)
        .join(', '),
    ])
    return `${name} (${payer.kind}:${payer.id})\n${table(['Date', 'Item', 'Description', 'Qty', 'Price', '', 'Net', ''], rows, [3, 4, 6])}\n  net ${kronor(net)} + VAT ${kronor(vatAmount)} = to pay ${kronor(toPay)}`
  })
  const waiting = conflicts.map(({ itemId, remedy }) => `! ${itemId}: ${remedy}`)
  return [
    ...(groups.length === 0 ? ['Nothing to invoice.'] : groups),
    ...(waiting.length === 0 ? [] : [waiting.join('\n')]),
  ].join('\n\n')
}

/** That it was edited, and what its price would be without: the price list may have changed since. */
const editedText = ({ own }: UnderlagItem): string =>
  own?.unitPrice === undefined || own.unitPrice === null ? 'edited' : `edited (own price ${kronor(own.unitPrice)})`

export const invoicesPicture = (invoices: ReadonlyArray<Invoice>): string =>
  invoices.length === 0
    ? 'No invoices.'
    : table(
        ['Number', 'Date', 'Due', 'Payer', 'Name', 'To pay', 'Balance', 'Status'],
        invoices.map((invoice) => [
          invoice.invoiceNumber,
          invoice.invoiceDate,
          invoice.dueDate,
          `${invoice.payer.kind}:${invoice.payer.id}`,
          invoice.buyer.name ?? '(raderad)',
          kronor(invoice.toPay),
          kronor(invoice.balance),
          invoice.kind === 'creditNote' ? `credits ${invoice.credits}` : invoice.status,
        ]),
        [5, 6],
      )

export const invoicePicture = (
  invoice: Omit<Invoice, 'invoiceNumber' | 'sequence' | 'ocr'> & Partial<Pick<Invoice, 'invoiceNumber' | 'ocr'>>,
): string => {
  const rows = invoice.lines.map((line) => [
    line.date,
    line.description ?? '(raderad)',
    line.quantity,
    kronor(line.unitPrice),
    kronor(line.net),
  ])
  const head =
    invoice.invoiceNumber === undefined
      ? 'Not registered'
      : `${invoice.kind === 'creditNote' ? 'Credit note' : 'Invoice'} ${invoice.invoiceNumber}`
  return [
    `${head}  ${invoice.invoiceDate}, due ${invoice.dueDate}${invoice.ocr === undefined ? '' : `  OCR ${invoice.ocr}`}`,
    `To ${invoice.buyer.name ?? '(raderad)'} (${invoice.payer.kind}:${invoice.payer.id})`,
    '',
    table(['Date', 'Description', 'Qty', 'Price', 'Net'], rows, [2, 3, 4]),
    '',
    `net ${kronor(invoice.net)} + VAT ${kronor(invoice.vatAmount)} + rounding ${kronor(invoice.rounding)} = to pay ${kronor(invoice.toPay)}`,
    `paid ${kronor(invoice.paid)}, credited ${kronor(invoice.credited)}, balance ${kronor(invoice.balance)}: ${invoice.status}`,
  ].join('\n')
}

export const previewPicture = (
  { invoices, refused, warnings = [], advice = [] }: Preview,
  sentence: (refusal: Preview['refused'][number]['refusal']) => string,
): string =>
  [
    ...invoices.map(invoicePicture),
    ...refused.map(
      ({ payer, refusal }) => `${payer === undefined ? '' : `${payer.kind}:${payer.id}: `}${sentence(refusal)}`,
    ),
    ...warnings.map(
      ({ items, payer }) =>
        `${payer === undefined ? '' : `${payer.kind}:${payer.id}: `}left out for want of a price: ${items.join(', ')}`,
    ),
    ...advicePicture(advice),
  ].join('\n\n')

/** Each thing that is lacking once, however many invoices lack it. */
const advicePicture = (advice: NonNullable<Preview['advice']>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const { rule, remedy } of advice) {
    const said = `${remedy} (${rule}`
    counts.set(said, (counts.get(said) ?? 0) + 1)
  }
  return [...counts].map(([said, count]) => `Before you register: ${said}${count === 1 ? '' : `, ${count} invoices`})`)
}

export const deliveriesPicture = (deliveries: ReadonlyArray<DeliveryView>): string =>
  deliveries.length === 0
    ? 'No deliveries.'
    : table(
        ['Delivery', 'Invoice', 'By', 'Status', 'Attempts', 'Last word'],
        deliveries.map((one) => [
          one.deliveryId,
          one.invoiceNumber,
          one.delivery,
          one.status,
          String(one.attempts.length),
          lastWord(one),
        ]),
        [4],
      )

const lastWord = ({ status, attempts, settled, reported, retryAt, openedAt }: DeliveryView): string => {
  if (status === 'held') return HELD
  if (status === 'delivered' && openedAt !== null) return `opened at ${openedAt}`
  // Told of after it was taken: whoever took it by a person's word too.
  if (status === 'accepted' && reported !== null) return `${reported.status}: ${reported.detail}`
  // A person's word, until something came of it or after it.
  if (settled !== null && statusOnceSettled[settled.as] === status)
    return `settled as ${settled.as}${settled.by === null ? '' : ` by ${settled.by}`}`
  return `${attempts.at(-1)?.detail ?? ''}${retryAt === null ? '' : `; again at ${retryAt}`}`
}

export const auditPicture = (entries: ReadonlyArray<AuditEntry>): string =>
  entries.length === 0
    ? 'Nothing recorded.'
    : entries
        .map(({ recordedAt, actor, summary }) => `${recordedAt}  ${(actor ?? '–').padEnd(16)}  ${summary}`)
        .join('\n')

export const verificationPicture = ({ ok, checks }: Verification): string =>
  [
    ...checks.map((check) => `${check.ok ? '✓' : '✗'} ${check.name}: ${check.detail}`),
    ok ? 'All is well.' : 'Something is wrong.',
  ].join('\n')

export const explanationPicture = ({ about, items, because }: Explanation): string =>
  [
    ...items.map((item) => [item.itemId, ...item.because.map(reasonLine)].join('\n')),
    ...(because.length === 0 ? [] : [[`Invoice ${about}`, ...because.map(reasonLine)].join('\n')]),
  ].join('\n\n')

const reasonLine = ({ rule, says, event }: Reason): string =>
  `  ${rule.padEnd(8)} ${says}${event === null ? '' : `  [${event.recordedAt.slice(0, 16)} ${event.actor ?? '–'}]`}`

/** What became of each payment; of one that a person has to look at also who paid, what for, and why. */
export const importedPicture = (
  { payments, recorded, alreadyRecorded, notRecorded, ignored }: ImportedPayments,
  sentenceOf: (refusal: Refusal) => string,
): string => {
  const rows = payments.flatMap(({ receivedOn, amount, invoiceNumber, balance, outcome }) =>
    outcome === 'notRecorded'
      ? []
      : [
          [
            receivedOn,
            kronor(amount),
            invoiceNumber ?? '',
            balance === undefined ? '' : kronor(balance),
            [outcome === 'alreadyRecorded' && 'recorded before', (balance?.amount ?? 0) < 0 && 'too much was paid']
              .filter(Boolean)
              .join(', '),
          ],
        ],
  )
  const left = payments.flatMap(({ reference, receivedOn, amount, refusal, payerName, text }) => {
    if (refusal === undefined) return []
    const from = payerName === undefined ? '' : ` from ${payerName}`
    const words = text === undefined ? '' : ` («${text}»)`
    return [`! ${kronor(amount)} of ${receivedOn}${from}${words}: ${sentenceOf(refusal)}\n  Reference ${reference}`]
  })
  const passedOver = ignored === 0 ? '' : `, ${ignored} passed over (no money received, or not booked yet)`
  return [
    ...(rows.length === 0 ? [] : [table(['Received', 'Amount', 'Invoice', 'Left to pay', ''], rows, [1, 3])]),
    ...left,
    `${recorded} recorded, ${alreadyRecorded} recorded before, ${notRecorded} left to you${passedOver}.`,
    ...(notRecorded === 0
      ? []
      : ['Record by hand what is for an invoice (RecordPayment, with the reference named above): it is then known.']),
  ].join('\n')
}

export const exportedPicture = ({ invoices, creditNotes, payments }: Omit<SieExport, 'file'>): string =>
  `Vouchers of ${invoices} invoices, ${creditNotes} credit notes and ${payments} payments.`
