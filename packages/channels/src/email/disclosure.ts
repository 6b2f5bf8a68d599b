import { oneOf } from '@underlag/kernel'

/**
 * How much of an invoice an e-mail tells (HSLF-FS 2016:40: health data over open networks).
 * - `full`: what is invoiced, amount, due date and how to pay; the PDF is attached.
 * - `neutral`: amount, due date and how to pay, nothing about the care; the PDF is attached. The default.
 * - `notice`: that there is an invoice, to be read behind a login; no amount, no PDF.
 */
export type Disclosure = 'full' | 'neutral' | 'notice'
export const Disclosure = oneOf('full', 'neutral', 'notice')
