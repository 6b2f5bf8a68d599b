import { LocalDate } from '@underlag/invoicing'
import {
  apart,
  type IncomingPayment,
  ocrIn,
  type PaidAccount,
  type PaymentFile,
  type ReadPayments,
  referenceOf,
  said,
} from './incoming.js'
import { trimmed, unusable, whole } from './whole.js'

// Bankgirot, «Bankgiro Inbetalningar, teknisk manual»: records of 80 characters in latin1, columns counted from 1.

const RECORD = 80

/** What a file of Bankgirot's layout BgMax tells. Its own counts and sums must be right. */
export const readBgMax: ReadPayments = whole((content) => {
  const text = new TextDecoder('latin1').decode(content)
  if (!/^01BGMAX\b/.test(text))
    return unusable(
      'The file does not begin as one of the layout BgMax.',
      /^\W*</.test(text) ? 'It may be a camt.054: say camt054.' : 'Name a file as the bank sent it.',
    )
  const lines = trimmed(text).split(/\r?\n/)
  // Between files that were put behind one another are blank lines, with some systems.
  return fileOf(lines.flatMap((line, i) => (trimmed(line) === '' ? [] : [rowOf(line, i + 1)])))
})

interface Row {
  readonly line: number
  readonly code: string
  /** The text of the columns `from` to `to`, both inclusive. */
  readonly text: (from: number, to: number) => string
  readonly number: (from: number, to: number) => number
}

const rowOf = (content: string, line: number): Row => {
  if (content.length > RECORD || content.includes('\t')) unusable(`Line ${line} is no record of ${RECORD} characters.`)
  const text = (from: number, to: number): string => content.slice(from - 1, to).trim()
  return {
    line,
    code: text(1, 2),
    text,
    number: (from, to) => {
      const digits = text(from, to)
      const number = Number(digits)
      return /^\d+$/.test(digits) && Number.isSafeInteger(number)
        ? number
        : unusable(`Line ${line}: columns ${from} to ${to} are no number.`)
    },
  }
}

/** A payment as its records come in; its day is known with the deposit that ends its section. */
interface Payment {
  readonly isDeduction: boolean
  readonly amount: number
  readonly main: string
  readonly serial: string
  readonly line: number
  readonly others: Array<{ readonly text: string; readonly amount: number; readonly isDeduction: boolean }>
  readonly texts: Array<string>
  name: string
}

/** Where the reading stands. */
interface Reading {
  /** When the file was written, as it says, and the line it begins with; absent between files. */
  file?: { readonly written: string; readonly line: number }
  counts: { payments: number; deductions: number; references: number; deposits: number }
  /** Where and in what the section was paid; absent between sections. */
  opened?: { readonly account: PaidAccount | undefined; readonly currency: string }
  section: Array<Payment>
  readonly payments: Array<IncomingPayment>
  ignored: number
}

const none = { payments: 0, deductions: 0, references: 0, deposits: 0 } as const

const fileOf = (rows: ReadonlyArray<Row>): PaymentFile => {
  const reading: Reading = { counts: { ...none }, section: [], payments: [], ignored: 0 }
  for (const row of rows) {
    if (reading.file === undefined && row.code !== '01') unusable(`Line ${row.line} stands after the end record (70).`)
    // Records of codes that are not known are to be passed over, says the manual.
    records[row.code]?.(reading, row)
  }
  if (reading.file !== undefined) unusable('The file ends before its end record (70): it is cut off.')
  return { payments: apart(reading.payments), ignored: reading.ignored }
}

/** What each record does, by its code. */
const records: Readonly<Record<string, (reading: Reading, row: Row) => void>> = {
  '01': (reading, row) => {
    if (reading.file !== undefined) unusable(`Line ${row.line} begins a file before the one before it has ended (70).`)
    if (row.text(45, 45) === 'T') unusable('It is a test file of Bankgirot’s.', 'Name one with real payments.')
    reading.file = { written: row.text(25, 44), line: row.line }
  },
  '05': (reading, row) => {
    closed(reading, row)
    reading.opened = { account: accountOf(row), currency: row.text(23, 25) }
  },
  '20': (reading, row) => begin(reading, row, false),
  '21': (reading, row) => begin(reading, row, true),
  '22': (reading, row) => another(reading, row, false),
  '23': (reading, row) => another(reading, row, true),
  '25': (reading, row) => void current(reading, row).texts.push(row.text(3, 52)),
  '26': (reading, row) => {
    current(reading, row).name = [row.text(3, 37), row.text(38, 72)].filter((part) => part !== '').join(' ')
  },
  '15': (reading, row) => {
    const { section } = reading
    const sum = section.reduce((total, { amount, isDeduction }) => total + (isDeduction ? -amount : amount), 0)
    if (sum !== row.number(51, 68)) unusable(`Line ${row.line}: the payments before it are not the sum of the deposit.`)
    if (section.length !== row.number(72, 79))
      unusable(`Line ${row.line}: there are not as many payments before it as it says.`)
    const receivedOn = dayOf(row)
    // One of 0 is a message to the recipient.
    const paid = section.filter(({ amount }) => amount > 0)
    for (const payment of paid) reading.payments.push(...incoming(payment, receivedOn, reading))
    reading.ignored += section.length - paid.length
    reading.section = []
    delete reading.opened
    reading.counts.deposits += 1
  },
  '70': (reading, row) => {
    closed(reading, row)
    const { payments, deductions, references, deposits } = reading.counts
    if (
      payments !== row.number(3, 10) ||
      deductions !== row.number(11, 18) ||
      references !== row.number(19, 26) ||
      deposits !== row.number(27, 34)
    )
      unusable(`Line ${row.line}: there are not as many records before it as it says.`)
    delete reading.file
    delete reading.opened
    reading.counts = { ...none }
  },
}

const closed = ({ section }: Reading, { line }: Row): void => {
  if (section.length > 0) unusable(`Line ${line}: the section before it has no deposit record (15).`)
}

const current = ({ section }: Reading, { line }: Row): Payment =>
  section.at(-1) ?? unusable(`Line ${line} belongs to no payment.`)

const begin = ({ counts, section, opened }: Reading, row: Row, isDeduction: boolean): void => {
  if (opened === undefined) unusable(`Line ${row.line} stands before the opening record (05) of a section.`)
  counts[isDeduction ? 'deductions' : 'payments'] += 1
  section.push({
    isDeduction,
    amount: row.number(38, 55),
    main: row.text(13, 37),
    serial: row.text(58, 69).replace(/^0+/, ''),
    line: row.line,
    others: [],
    texts: [],
    name: '',
  })
}

const another = (reading: Reading, row: Row, isDeduction: boolean): void => {
  reading.counts.references += 1
  current(reading, row).others.push({ text: row.text(13, 37), amount: row.number(38, 55), isDeduction })
}

const accountOf = (row: Row): PaidAccount | undefined => {
  const [bankgiro = '', plusgiro = ''] = [row.text(3, 12), row.text(13, 22)].map((digits) => digits.replace(/^0+/, ''))
  if (bankgiro !== '') return { scheme: 'bankgiro', id: bankgiro }
  return plusgiro === '' ? undefined : { scheme: 'plusgiro', id: plusgiro }
}

const dayOf = (row: Row): LocalDate => {
  const day = row.text(38, 45).replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
  return LocalDate.is(day) ? day : unusable(`Line ${row.line}: columns 38 to 45 are no date.`)
}

/** One payment, or its parts where it says how much of it is for which invoice. */
const incoming = (
  { isDeduction, amount, main, serial, line, others, texts, name }: Payment,
  receivedOn: LocalDate,
  { opened, file }: Reading,
): ReadonlyArray<IncomingPayment> => {
  const { account, currency = '' } = opened ?? {}
  // A serial number is given once a day; where the bank gives none, the file and the place in it have to do.
  const reference =
    serial === ''
      ? `bgmax.${file?.written}.${line - (file?.line ?? 0)}`
      : `bgmax.${account?.id ?? ''}.${receivedOn}.${serial}`
  const payment = {
    ...{ reference, bookedAs: reference },
    amount: { amount: isDeduction ? -amount : amount, currency },
    receivedOn,
    ...(account === undefined ? {} : { account }),
    ...said(name, texts),
  }
  if (currency !== 'SEK') return [{ ...payment, unclear: { _tag: 'ForeignCurrency', currency } }]
  if (isDeduction) return [{ ...payment, unclear: { _tag: 'Deduction' } }]
  const parts = others.flatMap((other) => {
    const ocr = ocrIn(other.text)
    return ocr === undefined || other.isDeduction || other.amount === 0 ? [] : [{ ocr, amount: other.amount }]
  })
  // Several references may stand in the field of one.
  const own = main.split(/\s+/)
  const isTold =
    parts.length === others.length &&
    parts.reduce((sum, part) => sum + part.amount, 0) === amount &&
    own.every((one) => one === '' || parts.some(({ ocr }) => ocr === one))
  return isTold
    ? parts.map((part, i) => ({
        ...payment,
        reference: `${reference}.${i + 1}`,
        amount: { amount: part.amount, currency },
        ocr: part.ocr,
      }))
    : [{ ...payment, ...referenceOf([...own, ...others.map(({ text }) => text)], texts) }]
}
