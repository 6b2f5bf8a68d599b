import type { Language } from '@underlag/invoicing'

/** Every word of the mails in one language. `{name}` stands for a value. */
export interface MailTexts {
  readonly subject: {
    readonly invoice: string
    readonly creditNote: string
    readonly noticeInvoice: string
    readonly noticeCreditNote: string
  }
  readonly greeting: string
  /** Once a buyer is erased there is no name to greet. */
  readonly greetingNameless: string
  readonly intro: {
    readonly invoice: string
    readonly creditNote: string
    readonly noticeInvoice: string
    readonly noticeCreditNote: string
  }
  readonly attached: string
  /** Nothing is left to pay on the day the mail is sent. */
  readonly settled: string
  readonly credited: string
  readonly logIn: string
  readonly logInAt: string
  readonly linesHeading: string
  readonly lineErased: string
  readonly amountsHeading: string
  readonly labels: {
    readonly invoiceNumber: string
    readonly creditNoteNumber: string
    readonly credits: string
    readonly amount: string
    /** The same once something was paid or credited: it is no longer what is asked for. */
    readonly total: string
    readonly creditAmount: string
    readonly left: string
    readonly dueDate: string
    readonly ocr: string
    readonly bankgiro: string
    readonly plusgiro: string
    readonly swish: string
    readonly reference: string
    readonly reason: string
  }
  readonly questions: string
  readonly regards: string
}

/** The texts, as data: another language is another entry. */
export const mailTexts: Readonly<Record<Language, MailTexts>> = {
  sv: {
    subject: {
      invoice: 'Faktura {number} från {seller}',
      creditNote: 'Kreditfaktura {number} från {seller}',
      noticeInvoice: 'Ny faktura från {seller}',
      noticeCreditNote: 'Ny kreditfaktura från {seller}',
    },
    greeting: 'Hej {buyer},',
    greetingNameless: 'Hej,',
    intro: {
      invoice: 'Här kommer faktura {number} från {seller}.',
      creditNote: 'Här kommer kreditfaktura {number} från {seller}. Den avser faktura {credits}.',
      noticeInvoice: 'Du har fått en ny faktura från {seller}.',
      noticeCreditNote: 'Du har fått en ny kreditfaktura från {seller}.',
    },
    attached: 'Dokumentet är bifogat som PDF.',
    settled: 'Fakturan är reglerad. Du behöver inte betala något.',
    credited: 'Beloppet räknas av från fakturan. Du ska inte betala något för kreditfakturan.',
    logIn: 'Logga in hos oss för att läsa den.',
    logInAt: 'Logga in för att läsa den:',
    linesHeading: 'Fakturan avser',
    lineErased: 'Uppgiften är raderad',
    amountsHeading: 'Betalning',
    labels: {
      invoiceNumber: 'Fakturanummer',
      creditNoteNumber: 'Kreditfakturanummer',
      credits: 'Avser faktura',
      amount: 'Att betala',
      total: 'Fakturabelopp',
      creditAmount: 'Krediterat belopp',
      left: 'Kvar att betala',
      dueDate: 'Förfallodatum',
      ocr: 'OCR-nummer',
      bankgiro: 'Bankgiro',
      plusgiro: 'Plusgiro',
      swish: 'Swish',
      reference: 'Er referens',
      reason: 'Orsak',
    },
    questions: 'Har du frågor, svara på det här mejlet.',
    regards: 'Med vänlig hälsning',
  },
  en: {
    subject: {
      invoice: 'Invoice {number} from {seller}',
      creditNote: 'Credit note {number} from {seller}',
      noticeInvoice: 'New invoice from {seller}',
      noticeCreditNote: 'New credit note from {seller}',
    },
    greeting: 'Dear {buyer},',
    greetingNameless: 'Hello,',
    intro: {
      invoice: 'This is invoice {number} from {seller}.',
      creditNote: 'This is credit note {number} from {seller}. It credits invoice {credits}.',
      noticeInvoice: 'You have a new invoice from {seller}.',
      noticeCreditNote: 'You have a new credit note from {seller}.',
    },
    attached: 'The document is attached as a PDF.',
    settled: 'The invoice is settled. There is nothing for you to pay.',
    credited: 'The amount is deducted from the invoice. There is nothing to pay for the credit note.',
    logIn: 'Please log in with us to read it.',
    logInAt: 'Please log in to read it:',
    linesHeading: 'What is invoiced',
    lineErased: 'This detail has been erased',
    amountsHeading: 'Payment',
    labels: {
      invoiceNumber: 'Invoice number',
      creditNoteNumber: 'Credit note number',
      credits: 'Credits invoice',
      amount: 'To pay',
      total: 'Invoice total',
      creditAmount: 'Credited amount',
      left: 'Left to pay',
      dueDate: 'Due date',
      ocr: 'Payment reference (OCR)',
      bankgiro: 'Bankgiro',
      plusgiro: 'Plusgiro',
      swish: 'Swish',
      reference: 'Your reference',
      reason: 'Reason',
    },
    questions: 'If you have any questions, just reply to this message.',
    regards: 'Kind regards',
  },
}

/** Puts values into a text. They are put in once, so a value that looks like a placeholder stays as it is. */
export const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : placeholder,
  )
