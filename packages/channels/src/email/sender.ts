import { Email } from '@underlag/invoicing'
import { Refined } from '@underlag/kernel'

/** Who the mails are from. */
export interface Sender {
  readonly address: string
  /** Absent: the seller's name is shown. */
  readonly name?: string
}

/** `faktura@klinik.se` or `Kliniken <faktura@klinik.se>`; `undefined` where it is neither. */
export const parseSender = (from: string): Sender | undefined => {
  const parts = /^([^<>\p{Cc}]*)<([^<>]+)>$/u.exec(from.trim())
  const address = (parts?.[2] ?? from).trim()
  const name = (parts?.[1] ?? '').trim().replace(/^"(.*)"$/, '$1')
  return Email.is(address) ? { address, ...(name === '' ? {} : { name }) } : undefined
}

/** The configuration's `from`. */
export const SenderText = new Refined(
  'an e-mail address, or a name and <address>, such as "Kliniken <faktura@klinik.se>"',
  (u): u is string => typeof u === 'string' && parseSender(u) !== undefined,
)
