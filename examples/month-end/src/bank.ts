import { writeFileSync } from 'node:fs'
import { isLeft } from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import type { ImportedPayments, Invoice, SieExport, Underlag } from 'underlag'
import { SELLER } from './clinic.js'
import { CouldNot, done } from './host.js'

/** Takes in the file of the bank, as a person at the clinic does once a day. */
export const takeIn = async (underlag: Underlag, file: string, notification: string): Promise<ImportedPayments> => {
  writeFileSync(file, notification)
  const imported = await done(underlag.importPayments('camt054', Buffer.from(notification), { actor: 'user:bo' }))
  if (isLeft(imported)) throw new CouldNot(`${file}: ${imported.left.reason} ${imported.left.remedy}`)
  return imported.right
}

/** Writes the vouchers of everything there is, for the bookkeeping program. */
export const bookIn = async (underlag: Underlag, file: string): Promise<Omit<SieExport, 'file'>> => {
  const exported = await done(underlag.exportSie())
  if (O.isNone(exported)) return { invoices: 0, creditNotes: 0, payments: 0 }
  const { file: bytes, ...counts } = exported.value
  writeFileSync(file, bytes)
  return counts
}

/**
 * What the bank writes after some days (camt.054): four of five have paid, the second a part only, the third without a reference. It is made of what
 * the invoices say, so that it is the same file whenever it is asked for.
 */
export const notificationOf = (invoices: ReadonlyArray<Invoice>): string => {
  const paid = invoices.filter(({ toPay }, i) => toPay.amount > 0 && i % 5 !== 4)
  const details = paid.map(({ toPay, ocr, buyer }, i) => {
    const ore = i === 1 ? Math.floor(toPay.amount / 2) : toPay.amount
    const remittance =
      i === 2 ? '<Ustrd>tack för hjälpen</Ustrd>' : `<Strd><CdtrRefInf><Ref>${ocr}</Ref></CdtrRefInf></Strd>`
    const xml = `<TxDtls><Amt Ccy="SEK">${kronor(ore)}</Amt><RltdPties><Dbtr><Pty><Nm>${escaped(buyer.name ?? '')}</Nm></Pty></Dbtr></RltdPties><RmtInf>${remittance}</RmtInf></TxDtls>`
    return { ore, xml }
  })
  const sum = details.reduce((total, { ore }) => total + ore, 0)
  const day = invoices[0]?.invoiceDate ?? ''
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>',
    `<GrpHdr><MsgId>${day}</MsgId><CreDtTm>${day}T06:00:00</CreDtTm></GrpHdr>`,
    `<Ntfctn><Id>${day}-1</Id><Acct><Id><Othr><Id>${SELLER.bankgiro?.replace('-', '')}</Id><SchmeNm><Prtry>BGNR</Prtry></SchmeNm></Othr></Id></Acct>`,
    `<Ntry><Amt Ccy="SEK">${kronor(sum)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><AcctSvcrRef>5484-7731</AcctSvcrRef>`,
    '<NtryDtls>',
    ...details.map(({ xml }) => xml),
    '</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>',
    '',
  ].join('\n')
}

const kronor = (ore: number): string => (ore / 100).toFixed(2)

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
