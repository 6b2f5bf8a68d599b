import { LocalDate, type Money, sek } from '@underlag/invoicing'
import {
  apart,
  type IncomingPayment,
  ocrIn,
  type PaidAccount,
  type PaymentFile,
  type ReadPayments,
  referenceOf,
  type Unclear,
} from './incoming.js'
import { unusable, whole } from './whole.js'
import { all, type Element, everywhere, first, parsed } from './xml.js'

// ISO 20022 BankToCustomerDebitCreditNotification, camt.054.001.02 to .13: what differs between them is named where it does.

/** What a camt.054 tells of booked credit entries. */
export const readCamt054: ReadPayments = whole((content) => {
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
    const id = first(message, 'GrpHdr/MsgId')?.text ?? ''
    return all(message, 'Ntfctn').map((notification) => paymentsOf(notification, id))
  })
  return {
    payments: apart(files.flatMap(({ payments }) => payments)),
    ignored: files.reduce((sum, { ignored }) => sum + ignored, 0),
  }
})

const paymentsOf = (notification: Element, messageId: string): PaymentFile => {
  const account = accountOf(notification)
  const id = first(notification, 'Id')?.text ?? messageId
  const payments: Array<IncomingPayment> = []
  let ignored = 0
  all(notification, 'Ntry').forEach((entry, i) => {
    const place = `Entry ${i + 1} of notification ${JSON.stringify(id)}`
    const isCredit = textAt(entry, 'CdtDbtInd', place) === 'CRDT'
    const isReversal = first(entry, 'RvslInd')?.text === 'true'
    // Before .001.08 the status is the text itself.
    const status = first(entry, 'Sts/Cd', 'Sts')?.text
    if (status !== 'BOOK' || isCredit === isReversal) ignored += 1
    else {
      const found = ofEntry(entry, { place, account, isReversal, fallback: `${id}.${i + 1}` })
      payments.push(...found.filter(({ amount }) => amount.amount !== 0))
    }
  })
  return { payments, ignored }
}

interface Around {
  readonly place: string
  readonly account: PaidAccount | undefined
  readonly isReversal: boolean
  /** What an entry is known by again where the bank gives it no reference. */
  readonly fallback: string
}

/** The payments of one entry: one where it has no details. */
const ofEntry = (entry: Element, around: Around): ReadonlyArray<IncomingPayment> => {
  const { place, account, isReversal, fallback } = around
  const total = amountOf(first(entry, 'Amt'), place)
  const receivedOn = dayOf(entry, place)
  const details = all(entry, 'NtryDtls/TxDtls')
  const bookedAs = first(entry, 'AcctSvcrRef')?.text ?? fallback
  if (details.length === 0)
    return [
      {
        ...{ reference: `camt054.${bookedAs}.1`, receivedOn, amount: sek(isReversal ? -total.ore : total.ore) },
        ...(account === undefined ? {} : { account }),
        unclear: isReversal ? { _tag: 'Reversal' } : (foreign(total) ?? { _tag: 'NoReference' }),
      },
    ]
  const amounts = details.map((detail) =>
    amountOf(
      // Since .001.04 a transaction has an amount of its own; before, only among the details of it.
      first(detail, 'Amt', 'AmtDtls/TxAmt/Amt') ?? (details.length === 1 ? first(entry, 'Amt') : undefined),
      place,
    ),
  )
  const sum = amounts.reduce((all, { ore }, i) => all + (isTakenOff(details[i]) ? -ore : ore), 0)
  const isWhole = sum === total.ore || all(entry, 'Chrgs').length > 0
  return details.flatMap((detail, i) => {
    const { ore, currency } = amounts[i] as Amount
    const negative = isReversal || isTakenOff(detail)
    const written = all(detail, 'RmtInf/Ustrd').map(({ text }) => text)
    const payerName = first(detail, 'RltdPties/Dbtr/Nm', 'RltdPties/Dbtr/Pty/Nm')?.text
    const payment = {
      reference: `camt054.${first(detail, 'Refs/AcctSvcrRef')?.text ?? bookedAs}.${i + 1}`,
      amount: sek(negative ? -ore : ore),
      receivedOn,
      ...(account === undefined ? {} : { account }),
      ...(payerName === undefined ? {} : { payerName }),
      ...(written.length === 0 ? {} : { text: written.join(' ') }),
    }
    const unclear: Unclear | undefined = isReversal
      ? { _tag: 'Reversal' }
      : negative
        ? { _tag: 'Deduction' }
        : (foreign({ ore, currency }) ?? (isWhole ? undefined : { _tag: 'AmountsDiffer' }))
    if (unclear !== undefined) return [{ ...payment, unclear }]
    const structured = all(detail, 'RmtInf/Strd')
    return (
      partsOf(payment, structured, place) ?? [
        {
          ...payment,
          ...referenceOf(
            structured.flatMap((one) => first(one, 'CdtrRefInf/Ref')?.text ?? []),
            written,
          ),
        },
      ]
    )
  })
}

/** The parts of a payment for several invoices, where it says how much is for which. */
const partsOf = (
  payment: IncomingPayment,
  structured: ReadonlyArray<Element>,
  place: string,
): ReadonlyArray<IncomingPayment> | undefined => {
  if (structured.length < 2) return undefined
  const parts = structured.map((one) => ({
    ocr: ocrIn(first(one, 'CdtrRefInf/Ref')?.text ?? ''),
    amount: first(one, 'RfrdDocAmt/RmtdAmt'),
    isCreditNote: first(one, 'RfrdDocAmt/CdtNoteAmt') !== undefined,
  }))
  const told = parts.flatMap(({ ocr, amount, isCreditNote }) => {
    if (ocr === undefined || amount === undefined || isCreditNote) return []
    const { ore, currency } = amountOf(amount, place)
    return currency === 'SEK' && ore > 0 ? [{ ocr, ore }] : []
  })
  const isAll = told.length === parts.length && told.reduce((sum, { ore }) => sum + ore, 0) === payment.amount.amount
  return isAll
    ? told.map(({ ocr, ore }, i) => ({
        ...payment,
        reference: `${payment.reference}.${i + 1}`,
        amount: sek(ore),
        ocr,
      }))
    : undefined
}

const isTakenOff = (detail: Element | undefined): boolean =>
  detail !== undefined && first(detail, 'CdtDbtInd')?.text === 'DBIT'

interface Amount {
  readonly ore: Money['amount']
  readonly currency: string
}

const foreign = ({ currency }: Amount): Unclear | undefined =>
  currency === 'SEK' ? undefined : { _tag: 'ForeignCurrency', currency }

const amountOf = (element: Element | undefined, place: string): Amount => {
  if (element === undefined) return unusable(`${place} has a transaction without an amount.`)
  const [, whole = '', fraction = ''] = /^(\d{1,13})(?:\.(\d{1,2})0*)?$/.exec(element.text) ?? []
  if (whole === '') return unusable(`${place} has an amount that is no number with at most two decimals.`)
  return { ore: Number(whole) * 100 + Number(fraction.padEnd(2, '0')), currency: element.attributes.get('Ccy') ?? '' }
}

const textAt = (element: Element, path: string, place: string): string =>
  first(element, path)?.text ?? unusable(`${place} has no ${path}.`)

const dayOf = (entry: Element, place: string): LocalDate => {
  const day = first(entry, 'BookgDt/Dt', 'BookgDt/DtTm', 'ValDt/Dt', 'ValDt/DtTm')?.text.slice(0, 10) ?? ''
  return LocalDate.is(day) ? day : unusable(`${place} has no booking date.`)
}

const accountOf = (notification: Element): PaidAccount | undefined => {
  const iban = first(notification, 'Acct/Id/IBAN')?.text
  if (iban !== undefined) return { scheme: 'other', id: iban }
  const other = first(notification, 'Acct/Id/Othr')
  const id = other === undefined ? undefined : first(other, 'Id')?.text
  if (other === undefined || id === undefined) return undefined
  const scheme = first(other, 'SchmeNm/Prtry', 'SchmeNm/Cd')?.text
  return scheme === 'BGNR'
    ? { scheme: 'bankgiro', id: id.replace(/\D/g, '').replace(/^0+/, '') }
    : scheme === 'PGNR'
      ? { scheme: 'plusgiro', id: id.replace(/\D/g, '').replace(/^0+/, '') }
      : { scheme: 'other', id }
}
