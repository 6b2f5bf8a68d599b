import { LocalDate, localDate, type TimeZone } from '@underlag/invoicing'
import {
  apart,
  type IncomingPayment,
  ocrIn,
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
    const [, other] = /(camt\.\d{3}|pain\.\d{3})/.exec(root.namespace) ?? []
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
  readonly isReversal: boolean
  readonly receivedOn: LocalDate
  readonly account: PaidAccount | undefined
  /** What its payments are known by again, but for their place in it. */
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
  const payments: Array<IncomingPayment> = []
  let ignored = 0
  entries.forEach(({ element, place, total, isCredit }, i) => {
    const isReversal = ['true', '1'].includes(textAt(element, 'RvslInd') ?? '')
    // Before .001.08 the status is the text itself.
    const status = textAt(element, 'Sts/Cd', 'Sts')
    const found =
      status !== 'BOOK' || isCredit === isReversal
        ? []
        : ofEntry({
            ...{ element, place, total, isReversal, account },
            receivedOn: dayOf(element, place, timeZone),
            // Banks number their accounts' entries, not each other's.
            reference: `camt054.${account?.id ?? ''}.${textAt(element, 'AcctSvcrRef') ?? `${id}.${i + 1}`}`,
          }).filter(({ amount }) => amount.amount !== 0)
    payments.push(...found)
    if (found.length === 0) ignored += 1
  })
  return { payments, ignored }
}

/** The payments of one entry: one where it has no details. */
const ofEntry = (entry: Entry): ReadonlyArray<IncomingPayment> => {
  const { element, place, total, isReversal } = entry
  const details = all(element, 'NtryDtls/TxDtls')
  if (details.length === 0)
    return [
      {
        ...common(entry, `${entry.reference}.1`, total, isReversal),
        unclear: isReversal ? { _tag: 'Reversal' } : (foreign(total) ?? { _tag: 'NoReference' }),
      },
    ]
  const amounts = details.map((detail) =>
    amountOf(
      // Since .001.04 a transaction has an amount of its own; before, only among the details of it.
      first(detail, 'Amt', 'AmtDtls/TxAmt/Amt') ?? (details.length === 1 ? first(element, 'Amt') : undefined),
      place,
    ),
  )
  const sum = amounts.reduce((all, { hundredths }, i) => all + (isTakenOff(details[i]) ? -hundredths : hundredths), 0)
  const isWhole = sum === total.hundredths || all(element, 'Chrgs').length > 0
  const references = referencesOf(entry, details)
  return details.flatMap((detail, i) =>
    ofDetail(entry, detail, { amount: amounts[i] as Amount, reference: references[i] as string, isWhole }),
  )
}

interface Told {
  readonly amount: Amount
  readonly reference: string
  /** Whether the payments of the entry are the entry's amount, but for what the bank charged. */
  readonly isWhole: boolean
}

const ofDetail = (
  entry: Entry,
  detail: Element,
  { amount, reference, isWhole }: Told,
): ReadonlyArray<IncomingPayment> => {
  const isNegative = entry.isReversal || isTakenOff(detail)
  const written = all(detail, 'RmtInf/Ustrd').map(({ text }) => text)
  const account = accountOf(first(detail, 'RltdPties/CdtrAcct/Id'))
  const payment = {
    ...common(entry, reference, amount, isNegative),
    // An account with a bankgiro of its own is told of by its IBAN, and each payment by the bankgiro.
    ...(account === undefined || account.scheme === 'other' ? {} : { account }),
    ...said(textAt(detail, 'RltdPties/Dbtr/Nm', 'RltdPties/Dbtr/Pty/Nm'), written),
  }
  const unclear: Unclear | undefined = entry.isReversal
    ? { _tag: 'Reversal' }
    : isNegative
      ? { _tag: 'Deduction' }
      : (foreign(amount) ?? (isWhole ? undefined : { _tag: 'AmountsDiffer' }))
  if (unclear !== undefined) return [{ ...payment, unclear }]
  const structured = all(detail, 'RmtInf/Strd')
  const given = structured.flatMap((one) => textAt(one, 'CdtrRefInf/Ref') ?? [])
  return partsOf(payment, structured, entry.place) ?? [{ ...payment, ...referenceOf(given, written) }]
}

const common = (
  { account, receivedOn, isReversal }: Entry,
  reference: string,
  { hundredths, currency }: Amount,
  isNegative: boolean,
): IncomingPayment => ({
  // What is taken back has the reference of what it takes back, with some banks.
  reference: isReversal ? `${reference}.reversal` : reference,
  amount: { amount: isNegative ? -hundredths : hundredths, currency },
  receivedOn,
  ...(account === undefined ? {} : { account }),
})

/**
 * By what each transaction is known again: its own reference of the bank's, wherever the bank books it, or else the entry's and its place in it.
 * Some banks write the entry's in each of them.
 */
const referencesOf = (
  { element, account, reference }: Entry,
  details: ReadonlyArray<Element>,
): ReadonlyArray<string> => {
  const own = details.map((detail) => textAt(detail, 'Refs/AcctSvcrRef'))
  const isOwn = (one: string | undefined): one is string =>
    one !== undefined && one !== textAt(element, 'AcctSvcrRef') && times.get(one) === 1
  const times = new Map<string | undefined, number>()
  for (const one of own) times.set(one, (times.get(one) ?? 0) + 1)
  const hasReference = textAt(element, 'AcctSvcrRef') !== undefined
  return own.map((one, i) => {
    if (isOwn(one)) return `camt054.${account?.id ?? ''}.${one}`
    // Where the bank gives none at all, the one that goes with the transaction from bank to bank.
    const carried = hasReference ? undefined : textAt(details[i] as Element, 'Refs/UETR', 'Refs/TxId')
    return carried === undefined ? `${reference}.${i + 1}` : `camt054.${account?.id ?? ''}.${carried}`
  })
}

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
    const sum = summed.reduce((all, { total }) => all + total.hundredths, 0)
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

const isTakenOff = (detail: Element | undefined): boolean =>
  detail !== undefined && textAt(detail, 'CdtDbtInd') === 'DBIT'

interface Amount {
  readonly hundredths: number
  readonly currency: string
}

const foreign = ({ currency }: Amount): Unclear | undefined =>
  currency === 'SEK' ? undefined : { _tag: 'ForeignCurrency', currency }

const amountOf = (element: Element | undefined, place: string): Amount => {
  if (element === undefined) return unusable(`${place} has a transaction without an amount.`)
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
  if (id === undefined) return undefined
  const number = textAt(id, 'IBAN', 'Othr/Id')
  if (number === undefined) return undefined
  const scheme = textAt(id, 'Othr/SchmeNm/Prtry', 'Othr/SchmeNm/Cd')?.toUpperCase()
  const digits = number.replace(/\D/g, '').replace(/^0+/, '')
  if (scheme === 'BGNR') return { scheme: 'bankgiro', id: digits }
  return scheme === 'PGNR' ? { scheme: 'plusgiro', id: digits } : { scheme: 'other', id: number.replace(/\s/g, '') }
}
