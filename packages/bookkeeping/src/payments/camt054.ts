import { LocalDate, localDate, type TimeZone } from '@underlag/invoicing'
import {
  apart,
  type IncomingPayment,
  ocrIn,
  oneLine,
  type PaidAccount,
  type PaymentFile,
  type ReadPayments,
  referenceOf,
  said,
  type Unclear,
} from './incoming.js'
import { unusable, whole } from './whole.js'
import { all, type Element, everywhere, first, parsed } from './xml.js'

// ISO 20022 BankToCustomerDebitCreditNotification, camt.054.001.02 to .13: what differs between them is named where it does.

/** What a camt.054 tells of booked credit entries. Where it counts and sums up its entries, that must be right. */
export const readCamt054: ReadPayments = whole((content, timeZone) => {
  const isBgMax = new TextDecoder('latin1').decode(content.subarray(0, 7)) === '01BGMAX'
  if (isBgMax) return unusable('The file is BgMax and no camt.054.', 'Say bgmax.')
  const root = parsed(content)
  const messages = everywhere(root, 'BkToCstmrDbtCdtNtfctn')
  if (messages.length === 0) {
    const [, other] = /((?:camt|pain)\.(?!054)\d{3})/.exec(root.namespace) ?? []
    return unusable(
      other === undefined ? 'The file is no camt.054.' : `The file is a ${other} and no camt.054.`,
      'Fetch the credit notification (camt.054, «betalningsavisering») from the bank.',
    )
  }
  const files = messages.flatMap((message) => {
    const id = textAt(message, 'GrpHdr/MsgId') ?? ''
    return all(message, 'Ntfctn').map((notification) => paymentsOf(notification, id, timeZone))
  })
  return {
    payments: apart(files.flatMap(({ payments }) => payments)),
    ignored: files.reduce((sum, { ignored }) => sum + ignored, 0),
  }
})

/** An entry with what every payment of it has. */
interface Entry {
  readonly element: Element
  /** Where it stands, for whoever reads that something is amiss. */
  readonly place: string
  readonly total: Amount
  /** Whether money came in: with a reversal, of what had left. */
  readonly isCredit: boolean
  readonly isReversal: boolean
  readonly receivedOn: LocalDate
  readonly account: PaidAccount | undefined
  /** How the references of all its payments begin: banks number the entries of an account, not each other's. */
  readonly known: string
  /** By which it is known again; where the bank gives it none, by its place. */
  readonly reference: string
}

const paymentsOf = (notification: Element, messageId: string, timeZone: TimeZone): PaymentFile => {
  const id = textAt(notification, 'Id') ?? messageId
  const entries = all(notification, 'Ntry').map((element, i) => {
    const place = `Entry ${i + 1} of notification ${JSON.stringify(id)}`
    return { element, place, total: amountOf(first(element, 'Amt'), place), isCredit: isCredit(element, place) }
  })
  summedUp(notification, entries, `Notification ${JSON.stringify(id)}`)
  const account = accountOf(first(notification, 'Acct/Id'))
  const giro = giroOf(first(notification, 'RltdAcct/Id')) ?? account
  const payments: Array<IncomingPayment> = []
  let ignored = 0
  entries.forEach(({ element, place, total, isCredit }, i) => {
    const isReversal = isTrue(element, 'RvslInd', place)
    // Before .001.08 the status is the text itself.
    const status = textAt(element, 'Sts/Cd', 'Sts')
    const told =
      status !== 'BOOK' || (!isCredit && !isReversal)
        ? []
        : ofEntry({
            ...{ element, place, total, isCredit, isReversal, account: giro },
            known: `camt054.${account?.id ?? ''}`,
            receivedOn: dayOf(element, place, timeZone),
            reference: referenceAt(element, 'AcctSvcrRef') ?? `${undotted(id)}:${i + 1}`,
          })
    // One of 0 is a message to the recipient.
    const found = told.filter(({ amount }) => amount.amount !== 0)
    payments.push(...found)
    ignored += Math.max(told.length, 1) - found.length
  })
  return { payments, ignored }
}

/** The payments of one entry: one where it has no details, or not of how much. */
const ofEntry = (entry: Entry): ReadonlyArray<IncomingPayment> => {
  const { element, place, total, isCredit, isReversal, known, reference } = entry
  const details = all(element, 'NtryDtls/TxDtls')
  const amounts = details.map((detail) => {
    // Since .001.04 a transaction has an amount of its own; before, only among the details of it.
    const told = first(detail, 'Amt', 'AmtDtls/TxAmt/Amt') ?? (details.length === 1 ? first(element, 'Amt') : undefined)
    return told === undefined ? undefined : amountOf(told, place)
  })
  const isTold = amounts.every((amount) => amount !== undefined)
  if (details.length === 0 || !isTold)
    return [
      {
        ...common(entry, { bookedAs: `${known}.${reference}`, place: 1, amount: total, isNegative: !isCredit }),
        unclear: isReversal
          ? { _tag: 'Reversal' }
          : (foreign(total) ?? { _tag: isTold ? 'NoReference' : 'AmountsDiffer' }),
      },
    ]
  const sum = amounts.reduce((so, { hundredths }, i) => so + (isTakenOff(details[i]) ? -hundredths : hundredths), 0)
  const charges = [element, ...details].reduce((so, one) => so + chargesOf(one, place), 0)
  const isWhole =
    (sum === total.hundredths || sum - charges === total.hundredths) && all(element, 'NtryDtls').every(isCounted)
  const references = referencesOf(entry, details)
  return details.flatMap((detail, i) =>
    ofDetail(entry, detail, { ...(references[i] as Known), amount: amounts[i] as Amount, isWhole }),
  )
}

/** What the bank took for itself. */
const chargesOf = (element: Element, place: string): number => {
  const total = all(element, 'Chrgs/TtlChrgsAndTaxAmt')
  const parts = total.length > 0 ? total : [...all(element, 'Chrgs/Rcrd/Amt'), ...all(element, 'Chrgs/Amt')]
  return parts.reduce((sum, part) => sum + amountOf(part, place).hundredths, 0)
}

/** Whether a part of an entry has as many transactions as it says. */
const isCounted = (part: Element): boolean => {
  const count = textAt(part, 'Btch/NbOfTxs')
  return count === undefined || Number(count) === all(part, 'TxDtls').length
}

/** By what a transaction is known again: what it was booked as, and its place among those. */
interface Known {
  readonly bookedAs: string
  readonly place: number
}

interface Told extends Known {
  readonly amount: Amount
  /** Whether the payments of the entry are the entry's amount, but for what the bank charged. */
  readonly isWhole: boolean
}

const ofDetail = (entry: Entry, detail: Element, { isWhole, ...told }: Told): ReadonlyArray<IncomingPayment> => {
  const { amount } = told
  const isNegative = !entry.isCredit || isTakenOff(detail)
  const written = all(detail, 'RmtInf/Ustrd').map(({ text }) => text)
  // An account with a bankgiro of its own is told of by its IBAN, and each payment by the bankgiro.
  const account = giroOf(first(detail, 'RltdPties/CdtrAcct/Id'))
  const payment = {
    ...common(entry, { ...told, isNegative }),
    ...(account === undefined ? {} : { account }),
    ...said(textAt(detail, 'RltdPties/Dbtr/Nm', 'RltdPties/Dbtr/Pty/Nm'), written),
  }
  const unclear: Unclear | undefined = entry.isReversal
    ? { _tag: 'Reversal' }
    : isNegative
      ? { _tag: 'Deduction' }
      : (foreign(amount) ?? (isWhole ? undefined : { _tag: 'AmountsDiffer' }))
  if (unclear !== undefined) return [{ ...payment, unclear }]
  // Each is of a document, but for one that holds words alone.
  const structured = all(detail, 'RmtInf/Strd').filter((one) => one.children.some(({ name }) => name !== 'AddtlRmtInf'))
  const given = structured.flatMap((one) => textAt(one, 'CdtrRefInf/Ref') ?? [])
  const parts = partsOf(payment, structured, entry.place)
  if (parts !== undefined) return parts
  if (structured.length > 1 && given.length < structured.length) {
    const references = structured.flatMap((one) => textAt(one, 'CdtrRefInf/Ref', 'RfrdDocInf/Nb') ?? []).map(oneLine)
    return [{ ...payment, unclear: { _tag: 'SeveralReferences', references } }]
  }
  return [{ ...payment, ...referenceOf(given, written) }]
}

const common = (
  { account, receivedOn, isReversal }: Entry,
  {
    bookedAs,
    place,
    amount: { hundredths, currency },
    isNegative,
  }: Omit<Told, 'isWhole'> & { readonly isNegative: boolean },
): IncomingPayment => ({
  // What is reversed has the reference of what it reverses, with some banks.
  ...(isReversal
    ? { bookedAs: `${bookedAs}~reversal`, reference: `${bookedAs}~reversal.${place}` }
    : { bookedAs, reference: `${bookedAs}.${place}` }),
  amount: { amount: isNegative ? -hundredths : hundredths, currency },
  receivedOn,
  ...(account === undefined ? {} : { account }),
})

/**
 * By what each transaction is known again: its own reference of the bank's, wherever the bank books it, or else the entry's; with its place among
 * those of that reference, for some banks write the entry's in each of them.
 */
const referencesOf = ({ element, known, reference }: Entry, details: ReadonlyArray<Element>): ReadonlyArray<Known> => {
  const hasReference = textAt(element, 'AcctSvcrRef') !== undefined
  const times = new Map<string, number>()
  return details.map((detail) => {
    const own = referenceAt(detail, 'Refs/AcctSvcrRef')
    // Where the bank gives none at all, the one that goes with the transaction from bank to bank.
    const carried = hasReference ? undefined : referenceAt(detail, 'Refs/UETR', 'Refs/TxId')
    const bookedAs = `${known}.${own ?? carried ?? reference}`
    const place = (times.get(bookedAs) ?? 0) + 1
    times.set(bookedAs, place)
    return { bookedAs, place }
  })
}

const referenceAt = (element: Element, ...paths: ReadonlyArray<string>): string | undefined => {
  const reference = textAt(element, ...paths)
  return reference === undefined ? undefined : undotted(reference)
}

/** With neither of the marks that stand behind it here. */
const undotted = (reference: string): string =>
  oneLine(reference).replace(/[.#%]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)

/** The parts of a payment for several invoices, where it says how much is for which. */
const partsOf = (
  payment: IncomingPayment,
  structured: ReadonlyArray<Element>,
  place: string,
): ReadonlyArray<IncomingPayment> | undefined => {
  if (structured.length < 2) return undefined
  const { currency } = payment.amount
  const parts = structured.flatMap((one) => {
    const ocr = ocrIn(textAt(one, 'CdtrRefInf/Ref') ?? '')
    const remitted = first(one, 'RfrdDocAmt/RmtdAmt')
    if (ocr === undefined || remitted === undefined || first(one, 'RfrdDocAmt/CdtNoteAmt') !== undefined) return []
    const amount = amountOf(remitted, place)
    return amount.currency === currency && amount.hundredths > 0 ? [{ ocr, amount: amount.hundredths }] : []
  })
  const isAll =
    parts.length === structured.length && parts.reduce((sum, { amount }) => sum + amount, 0) === payment.amount.amount
  return isAll
    ? parts.map(({ ocr, amount }, i) => ({
        ...payment,
        reference: `${payment.reference}.${i + 1}`,
        amount: { amount, currency },
        ocr,
      }))
    : undefined
}

/** Refuses a notification that is not all there, where it says how many entries of how much it has; one of several pages sums up them all. */
const summedUp = (
  notification: Element,
  entries: ReadonlyArray<Pick<Entry, 'total'> & { readonly isCredit: boolean }>,
  what: string,
): void => {
  const page = first(notification, 'NtfctnPgntn')
  if (page !== undefined && (textAt(page, 'PgNb') !== '1' || textAt(page, 'LastPgInd') === 'false')) return
  const rows: ReadonlyArray<readonly [string, typeof entries]> = [
    ['TxsSummry/TtlNtries', entries],
    ['TxsSummry/TtlCdtNtries', entries.filter((entry) => entry.isCredit)],
  ]
  for (const [path, summed] of rows) {
    const told = first(notification, path)
    if (told === undefined) continue
    const count = textAt(told, 'NbOfNtries')
    if (count !== undefined && Number(count) !== summed.length)
      unusable(`${what} says that it has ${count} entries (${path}), and has ${summed.length}.`)
    const sum = summed.reduce((so, { total }) => so + total.hundredths, 0)
    const total = first(told, 'Sum')
    if (total !== undefined && amountOf(total, what).hundredths !== sum)
      unusable(`${what} says that its entries come to ${total.text} (${path}), and they come to ${sum / 100}.`)
  }
}

const isCredit = (entry: Element, place: string): boolean => {
  const indicator = textAt(entry, 'CdtDbtInd')
  return indicator === 'CRDT' || indicator === 'DBIT'
    ? indicator === 'CRDT'
    : unusable(`${place} has no CdtDbtInd that is CRDT or DBIT.`)
}

const isTrue = (element: Element, path: string, place: string): boolean => {
  const told = textAt(element, path) ?? 'false'
  if (!['true', 'false', '1', '0'].includes(told)) unusable(`${place} has a ${path} that is neither true nor false.`)
  return told === 'true' || told === '1'
}

const isTakenOff = (detail: Element | undefined): boolean =>
  detail !== undefined && textAt(detail, 'CdtDbtInd') === 'DBIT'

interface Amount {
  readonly hundredths: number
  readonly currency: string
}

const foreign = ({ currency }: Amount): Unclear | undefined =>
  currency === 'SEK' ? undefined : { _tag: 'ForeignCurrency', currency }

const amountOf = (element: Element | undefined, place: string): Amount => {
  if (element === undefined) return unusable(`${place} has no amount (Amt).`)
  const [, whole, fraction = ''] = /^\+?(\d{0,13})(?:\.(\d{0,2})0*)?$/.exec(element.text) ?? []
  if (whole === undefined || `${whole}${fraction}` === '')
    return unusable(`${place} has an amount that is no number with at most two decimals.`)
  return {
    hundredths: Number(whole) * 100 + Number(fraction.padEnd(2, '0')),
    currency: element.attributes.get('Ccy') ?? '',
  }
}

const textAt = (element: Element, ...paths: ReadonlyArray<string>): string | undefined => {
  const text = first(element, ...paths)?.text
  return text === '' ? undefined : text
}

const dayOf = (entry: Element, place: string, timeZone: TimeZone): LocalDate => {
  const told = textAt(entry, 'BookgDt/Dt', 'BookgDt/DtTm', 'ValDt/Dt', 'ValDt/DtTm') ?? ''
  const instant = /T.*(?:Z|[+-]\d{2}:\d{2})$/.test(told) ? Date.parse(told) : Number.NaN
  const day = Number.isNaN(instant) ? told.slice(0, 10) : localDate(new Date(instant).toISOString(), timeZone)
  return LocalDate.is(day) ? day : unusable(`${place} has no booking date (BookgDt), such as 2026-03-31.`)
}

const accountOf = (id: Element | undefined): PaidAccount | undefined => {
  const number = id === undefined ? undefined : textAt(id, 'IBAN', 'Othr/Id')
  return number === undefined ? undefined : (giroOf(id) ?? { scheme: 'other', id: normal(number) })
}

/** An account number, however it was written. */
const normal = (number: string): string =>
  number
    .replace(/[^0-9A-Za-z]/g, '')
    .toUpperCase()
    .replace(/^0+/, '')

const giroOf = (id: Element | undefined): PaidAccount | undefined => {
  const number = id === undefined ? undefined : textAt(id, 'Othr/Id')
  if (id === undefined || number === undefined) return undefined
  const scheme = textAt(id, 'Othr/SchmeNm/Prtry', 'Othr/SchmeNm/Cd')?.toUpperCase()
  const digits = normal(number)
  if (scheme === 'BGNR') return { scheme: 'bankgiro', id: digits }
  return scheme === 'PGNR' ? { scheme: 'plusgiro', id: digits } : undefined
}
