import { luhnDigit } from '../values/checksum.js'
import type { OcrKind } from './invoice.js'

/**
 * The OCR reference of an invoice: its sequence, with `mod10WithLength` the total length's last digit, and a Luhn digit; 2 to 25 digits.
 * Where that was given before (under another setting), a zero is put behind the sequence until it was not (rule 1).
 */
export const ocrOf = (sequence: number, kind: OcrKind, isTaken: (ocr: string) => boolean): string => {
  for (let body = String(sequence); ; body += '0') {
    const counted = kind === 'mod10WithLength' ? `${body}${(body.length + 2) % 10}` : body
    const ocr = `${counted}${luhnDigit(counted)}`
    if (!isTaken(ocr)) return ocr
  }
}
