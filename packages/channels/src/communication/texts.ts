import type { Invoice, Language } from '@underlag/invoicing'

/**
 * The messages, whole. They have no placeholders on purpose: nothing of an invoice can get into one, neither what was done nor the
 * amount, nor a name. The seller's is left out too: in a practice of one it is the practitioner's.
 */
export const inboxTexts: Readonly<Record<Language, Readonly<Record<Invoice['kind'], string>>>> = {
  sv: {
    invoice: 'Du har fått en ny faktura. Logga in och öppna länken för att läsa den.',
    creditNote: 'Du har fått en ny kreditfaktura. Logga in och öppna länken för att läsa den.',
  },
  en: {
    invoice: 'You have a new invoice. Log in and open the link to read it.',
    creditNote: 'You have a new credit note. Log in and open the link to read it.',
  },
}
