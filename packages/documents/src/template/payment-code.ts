import type { Invoice } from '@underlag/invoicing'
import { encode } from 'uqr'
import { bankgiroText, organisationNumberText, plusgiroText } from './v1/format.js'

/** What a payer's app reads from the QR code, and which app it is for. */
export interface PaymentCode {
  readonly how: 'bank' | 'swish'
  readonly content: string
}

/**
 * The payment as a QR code says it: UsingQR (Swedish invoice QR, rev. 2) where there is a bankgiro or plusgiro, a prefilled
 * Swish payment (Swish developer documentation, §6) where Swish is all there is. None on credit notes and where nothing is to pay.
 */
export const paymentCode = (invoice: Invoice): PaymentCode | null => {
  if (invoice.kind === 'creditNote' || invoice.toPay.amount <= 0) return null
  const { seller } = invoice
  const giro =
    seller.bankgiro !== undefined
      ? { pt: 'BG', acc: bankgiroText(seller.bankgiro) }
      : seller.plusgiro !== undefined
        ? { pt: 'PG', acc: plusgiroText(seller.plusgiro).replaceAll('\u00a0', '') }
        : undefined
  if (giro !== undefined) {
    const content = JSON.stringify({
      uqr: 1,
      tp: 1,
      nme: seller.name,
      cid: organisationNumberText(seller.organisationNumber),
      iref: invoice.ocr,
      idt: invoice.invoiceDate.replaceAll('-', ''),
      ddt: invoice.dueDate.replaceAll('-', ''),
      due: invoice.toPay.amount / 100,
      ...giro,
    })
    return { how: 'bank', content }
  }
  if (seller.swish === undefined) return null
  const amount = `${Math.trunc(invoice.toPay.amount / 100)},${String(invoice.toPay.amount % 100).padStart(2, '0')}`
  const number = seller.swish.replace(/\D/g, '')
  return { how: 'swish', content: `C${number};${amount};${encodeURIComponent(invoice.ocr)};0` }
}

const QUIET_ZONE = 4
// Every reader undoes any of the eight masks; trying all of them for the prettiest took most of a document's time.
const MASK = 0

/** A QR code (error correction M, quiet zone 4) as an SVG in a data: URI. */
export const qrImage = (content: string): string => {
  const { data, size } = encode(content, { ecc: 'M', boostEcc: false, border: 0, maskPattern: MASK })
  let path = ''
  data.forEach((row, y) => {
    for (let x = 0; x < size; x++) {
      if (row[x] !== true) continue
      let run = 1
      while (row[x + run] === true) run++
      path += `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h${run}v1h-${run}z`
      x += run
    }
  })
  const side = size + 2 * QUIET_ZONE
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><path d="${path}"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
