import type { LocalDate, Seller } from '@underlag/invoicing'
import iconv from 'iconv-lite'
import { type Accounts, accountNames } from './accounts.js'
import type { Voucher } from './voucher.js'

/**
 * Vouchers as a file of type 4I, for a bookkeeping program to import (SIE-Gruppen, «SIE filformat», utgåva 4B). Series and numbers are empty:
 * the program gives them. Code page 437, as the format has it.
 */
export const sieFile = (
  vouchers: ReadonlyArray<Voucher>,
  accounts: Accounts,
  seller: Pick<Seller, 'name' | 'organisationNumber'>,
  today: LocalDate,
): Uint8Array => {
  const lines = [
    '#FLAGGA 0',
    '#PROGRAM Underlag 0.1.0',
    '#FORMAT PC8',
    `#GEN ${compact(today)}`,
    '#SIETYP 4',
    `#ORGNR ${hyphened(seller.organisationNumber)}`,
    `#FNAMN ${quoted(seller.name)}`,
    ...namesOf(accounts, vouchers).map(([account, name]) => `#KONTO ${account} ${quoted(name)}`),
    ...vouchers.flatMap(({ date, text, rows }) => [
      `#VER "" "" ${compact(date)} ${quoted(text)}`,
      '{',
      ...rows.map(({ account, amount }) => `   #TRANS ${account} {} ${kronor(amount)}`),
      '}',
    ]),
  ]
  return iconv.encode(`${lines.join('\r\n')}\r\n`, CODE_PAGE)
}

const CODE_PAGE = 'cp437'

/** The accounts that something is booked on, in order. */
const namesOf = (accounts: Accounts, vouchers: ReadonlyArray<Voucher>): ReadonlyArray<readonly [string, string]> => {
  const used = new Set(vouchers.flatMap(({ rows }) => rows.map(({ account }) => account)))
  return [...accountNames(accounts)].filter(([account]) => used.has(account)).sort(([a], [b]) => (a < b ? -1 : 1))
}

const compact = (date: LocalDate): string => date.replaceAll('-', '')

/** Ten digits with a hyphen, also where a sole trader's has its century. */
const hyphened = (organisationNumber: string): string =>
  organisationNumber
    .replace(/\D/g, '')
    .slice(-10)
    .replace(/^(\d{6})(\d{4})$/, '$1-$2')

/** Control characters have no place in a field, and a quotation mark is marked. A letter that the code page lacks is without its accent. */
const quoted = (text: string): string =>
  `"${text
    .normalize('NFC')
    .replace(/\p{C}/gu, ' ')
    .replace(/[^ -~]/gu, (letter) => (isKept(letter) ? letter : letter.normalize('NFKD').replace(/\p{M}/gu, '')))
    .replaceAll('\\', '/')
    .replaceAll('"', '\\"')}"`

const isKept = (letter: string): boolean => iconv.decode(iconv.encode(letter, CODE_PAGE), CODE_PAGE) === letter

const kronor = (ore: number): string => {
  const digits = String(Math.abs(ore)).padStart(3, '0')
  return `${ore < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
