import type { Invoice, Language, Money } from '@underlag/invoicing'
import type { Disclosure } from './disclosure.js'
import { plainLine } from './plain-line.js'
import { filled, mailTexts } from './texts.js'

/** What one mail says, before it is laid out as text and as HTML. */
export interface MailContent {
  readonly language: Language
  readonly subject: string
  readonly greeting: string
  readonly paragraphs: ReadonlyArray<string>
  readonly portalUrl: string | undefined
  readonly linesHeading: string
  readonly lines: ReadonlyArray<string>
  readonly amountsHeading: string
  readonly rows: ReadonlyArray<{ readonly label: string; readonly value: string }>
  readonly message: string | undefined
  readonly questions: string
  readonly regards: string
  readonly seller: string
}

/** What may be told of that invoice under that disclosure, in the invoice's language. Pure. */
export const mailContent = (invoice: Invoice, disclosure: Disclosure, portalUrl: string | undefined): MailContent => {
  const texts = mailTexts[invoice.language]
  const seller = plainLine(invoice.seller.name)
  const buyer = plainLine(invoice.buyer.name ?? '')
  const values = { number: invoice.invoiceNumber, seller, buyer, credits: invoice.credits ?? '' }
  const say = (text: string): string => filled(text, values)
  const common = {
    language: invoice.language,
    greeting: say(buyer === '' ? texts.greetingNameless : texts.greeting),
    linesHeading: texts.linesHeading,
    amountsHeading: texts.amountsHeading,
    questions: texts.questions,
    regards: texts.regards,
    seller,
  }

  if (disclosure === 'notice') {
    const [subject, intro] =
      invoice.kind === 'creditNote'
        ? [texts.subject.noticeCreditNote, texts.intro.noticeCreditNote]
        : [texts.subject.noticeInvoice, texts.intro.noticeInvoice]
    return {
      ...common,
      subject: say(subject),
      paragraphs: [say(intro), portalUrl === undefined ? texts.logIn : texts.logInAt],
      portalUrl,
      lines: [],
      rows: [],
      message: undefined,
    }
  }

  const full = disclosure === 'full'
  const closing = invoice.kind === 'creditNote' ? [texts.credited] : isSettled(invoice) ? [texts.settled] : []
  return {
    ...common,
    subject: say(texts.subject[invoice.kind]),
    paragraphs: [say(texts.intro[invoice.kind]), texts.attached, ...closing],
    portalUrl: undefined,
    lines: full ? describedLines(invoice) : [],
    rows: rows(invoice, full),
    // The clinic's own words: they may speak of the care.
    message: full ? invoice.message?.split('\n').map(plainLine).join('\n') : undefined,
  }
}

/** Paid or credited since it was registered: a mail sent again must not ask for the money again. */
const isSettled = (invoice: Invoice): boolean => invoice.kind === 'invoice' && invoice.balance.amount <= 0

const rows = (invoice: Invoice, full: boolean): MailContent['rows'] => {
  const { labels } = mailTexts[invoice.language]
  const { seller } = invoice
  const credit = invoice.kind === 'creditNote'
  const payable = !credit && !isSettled(invoice)
  const partly = invoice.balance.amount !== invoice.toPay.amount
  const row = (label: string, value: string | undefined): MailContent['rows'] =>
    value === undefined || value === '' ? [] : [{ label, value: plainLine(value) }]
  return [
    ...row(credit ? labels.creditNoteNumber : labels.invoiceNumber, invoice.invoiceNumber),
    ...row(labels.credits, credit ? invoice.credits : undefined),
    ...row(labels.reference, full ? invoice.reference : undefined),
    ...row(labels.reason, full && credit ? invoice.reason : undefined),
    ...(credit
      ? row(labels.creditAmount, inWords({ ...invoice.toPay, amount: -invoice.toPay.amount }, invoice.language))
      : row(payable && !partly ? labels.amount : labels.total, inWords(invoice.toPay, invoice.language))),
    ...(payable && partly ? row(labels.left, inWords(invoice.balance, invoice.language)) : []),
    ...(payable
      ? [
          ...row(labels.dueDate, invoice.dueDate),
          ...row(labels.ocr, invoice.ocr),
          ...row(labels.bankgiro, seller.bankgiro),
          ...row(labels.plusgiro, seller.plusgiro),
          ...row(labels.swish, seller.swish),
        ]
      : []),
  ]
}

const describedLines = (invoice: Invoice): ReadonlyArray<string> =>
  invoice.lines.map((line) =>
    plainLine(
      [
        line.date,
        line.description ?? mailTexts[invoice.language].lineErased,
        ...(line.clientLabel === undefined ? [] : [`(${line.clientLabel})`]),
        ...(line.quantity === '1'
          ? []
          : [`× ${invoice.language === 'sv' ? line.quantity.replace('.', ',') : line.quantity}`]),
      ].join(' '),
    ),
  )

const FORMATS: Readonly<Record<Language, readonly [string, Intl.NumberFormatOptions]>> = {
  sv: ['sv-SE', { style: 'currency', currency: 'SEK' }],
  en: ['en-GB', { style: 'currency', currency: 'SEK', currencyDisplay: 'code' }],
}
// Made with the first mail: each costs some ms, and most processes write none.
const formats = new Map<Language, Intl.NumberFormat>()

const formatOf = (language: Language): Intl.NumberFormat => {
  const format = formats.get(language) ?? new Intl.NumberFormat(...FORMATS[language])
  formats.set(language, format)
  return format
}

/** `1 200,00 kr`. Öre are far below where dividing by a hundred would be felt in the second decimal. */
const inWords = (money: Money, language: Language): string => formatOf(language).format(money.amount / 100 || 0)
