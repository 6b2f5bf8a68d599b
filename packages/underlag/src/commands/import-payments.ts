import { createHash, randomUUID } from 'node:crypto'
import { otherReference } from '@underlag/bookkeeping'
import type {
  IncomingPayment,
  PaidAccount,
  PaymentFile,
  PaymentsFormat,
  Unclear,
  UnusableFile,
} from '@underlag/bookkeeping/payments'
import {
  balanceIn,
  type InvoiceDocument,
  type IssuedInvoice,
  invoicesView,
  LEDGER_STREAM,
  ledger,
  type Money,
  sek,
} from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { type Operation, type OperationFailure, type Runtime, sync } from '../runtime.js'
import type { Refusal } from './answer.js'
import { execute } from './execute.js'
import { type KnownPayments, knownPayments, type Standing, standingsOf, type Told } from './known-payments.js'

export interface ImportOptions {
  /** Who imports, as `actor` of a command. */
  readonly actor?: string
  readonly onProgress?: (done: number, all: number) => void
}

/** One payment of the file, and what became of it. */
export interface ImportedPayment
  extends Pick<IncomingPayment, 'reference' | 'amount' | 'receivedOn' | 'ocr' | 'payerName' | 'text'> {
  /** `alreadyRecorded`: it was recorded before with this reference, from a file or by a person. */
  readonly outcome: 'recorded' | 'alreadyRecorded' | 'notRecorded'
  readonly invoiceNumber?: string
  /** What is left to pay of that invoice after the whole file; negative: to be paid back. */
  readonly balance?: Money
  /** Why it was not recorded. */
  readonly refusal?: Refusal
}

export interface ImportedPayments {
  readonly payments: ReadonlyArray<ImportedPayment>
  readonly recorded: number
  readonly alreadyRecorded: number
  readonly notRecorded: number
  /** Entries of the file that tell of no money received, such as what left the account. */
  readonly ignored: number
}

type Result<A> = Promise<E.Either<OperationFailure, A>>

/** How many are recorded at once. */
const TOGETHER = 32

/**
 * Records each payment of a bank's file on the invoice that its OCR reference names. A payment is known again by the bank's reference, so that
 * the same file, or another that tells of it too, records nothing twice; after a failure the same import goes on. What cannot be told
 * by itself is left to a person, and said.
 */
export const importPayments =
  (
    runtime: Runtime,
    format: PaymentsFormat,
    content: Uint8Array,
    options: ImportOptions = {},
  ): Operation<E.Either<UnusableFile, ImportedPayments>> =>
  async () => {
    const { readers } = await import('@underlag/bookkeeping/payments')
    const file = readers[format](content, runtime.timeZone)
    if (E.isLeft(file)) return E.right(file)
    const fileId = `${format}:${fingerprint(content)}`
    const imported = await importFile(runtime, fileId, file.right, options)
    return E.isLeft(imported) ? imported : E.right(imported)
  }

/** Names the file in the audit trail: all that came from it has it as `correlationId`. */
const fingerprint = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex').slice(0, 32)

const importFile = async (
  runtime: Runtime,
  fileId: string,
  file: PaymentFile,
  { actor, onProgress }: ImportOptions,
): Result<ImportedPayments> => {
  const invoices = await invoicesOf(runtime, file.payments)
  if (E.isLeft(invoices)) return invoices
  const asked = file.payments.map((payment): Asked => ({ payment, invoice: invoiceOf(payment, invoices.right) }))
  const known = await knownPayments(runtime, new Set(file.payments.map(({ bookedAs }) => bookedAs)))
  if (E.isLeft(known)) return known
  const standings = standingsIn(asked, known.right)
  const done: Array<ImportedPayment> = []
  for (let i = 0; i < asked.length; i += TOGETHER) {
    const some = await Promise.all(
      asked
        .slice(i, i + TOGETHER)
        .map((one, n) => importOne(runtime, one, standings[i + n] as Standing, { fileId, actor })),
    )
    for (const one of some) {
      if (E.isLeft(one)) return one
      done.push(one.right)
    }
    onProgress?.(done.length, asked.length)
  }
  const balances = await balancesOf(runtime, done)
  if (E.isLeft(balances)) return balances
  const count = (outcome: ImportedPayment['outcome']): number => done.filter((one) => one.outcome === outcome).length
  return E.right({
    payments: done.map((one) => ({ ...one, ...balances.right.get(one.invoiceNumber ?? '') })),
    recorded: count('recorded'),
    alreadyRecorded: count('alreadyRecorded'),
    notRecorded: count('notRecorded'),
    ignored: file.ignored,
  })
}

/** A payment of the file, and the number of the invoice that it is for, or why it is left to a person. */
interface Asked {
  readonly payment: IncomingPayment
  readonly invoice: E.Either<Unclear | Refusal, string>
}

const toldOf = ({ payment, invoice }: Asked): Told => ({
  payment,
  invoiceNumber: E.isRight(invoice) ? invoice.right : undefined,
})

const standingsIn = (asked: ReadonlyArray<Asked>, known: KnownPayments): ReadonlyArray<Standing> => {
  const together = new Map<string, Array<Asked>>()
  for (const one of asked) {
    const some = together.get(one.payment.bookedAs) ?? []
    some.push(one)
    together.set(one.payment.bookedAs, some)
  }
  const standings = new Map<Asked, Standing>()
  for (const [bookedAs, some] of together) {
    const found = standingsOf(some.map(toldOf), known.get(bookedAs))
    for (const [i, one] of some.entries()) standings.set(one, found[i] as Standing)
  }
  return asked.map((one) => standings.get(one) as Standing)
}

/** What the OCR references of a file stand for. */
interface Invoices {
  readonly byOcr: ReadonlyMap<string, IssuedInvoice>
  /** Of the OCR references those that are the number of an invoice. */
  readonly numbers: ReadonlySet<string>
}

const invoicesOf = async (runtime: Runtime, payments: ReadonlyArray<IncomingPayment>): Result<Invoices> => {
  const synced = await sync(runtime, [invoicesView])()
  if (E.isLeft(synced)) return synced
  const loaded = await runtime.executor.load(ledger, LEDGER_STREAM)()
  if (E.isLeft(loaded)) return loaded
  const { ocrs, entries } = loaded.right.state
  const asked = new Map<string, string>()
  const numbers = new Set<string>()
  for (const { ocr } of payments) {
    // Some banks fill a reference up with zeros; ours begins with none.
    const number = ocrs.get(ocr?.replace(/^0+/, '') ?? '')
    if (ocr === undefined) continue
    if (number !== undefined) asked.set(ocr, number)
    if (entries.has(ocr)) numbers.add(ocr)
  }
  const documents = await runtime.readModels.get(invoicesView.table, [...new Set(asked.values())])()
  if (E.isLeft(documents)) return documents
  const byOcr = new Map<string, IssuedInvoice>()
  for (const [ocr, number] of asked) {
    const document = documents.right.get(number) as unknown as InvoiceDocument | undefined
    if (document !== undefined) byOcr.set(ocr, document.issued as unknown as IssuedInvoice)
  }
  return E.right({ byOcr, numbers })
}

const importOne = async (
  runtime: Runtime,
  asked: Asked,
  standing: Standing,
  { fileId, actor }: { readonly fileId: string; readonly actor: string | undefined },
): Result<ImportedPayment> => {
  const { payment, invoice } = asked
  const { reference, amount, receivedOn, ocr, payerName, text } = payment
  const shown = { reference, amount, receivedOn, ...(ocr === undefined ? {} : { ocr }) }
  // For the person who finds out what it is for, and no longer than that.
  const left = (why: Unclear | Refusal): ImportedPayment => ({
    ...shown,
    ...(payerName === undefined ? {} : { payerName }),
    ...(text === undefined ? {} : { text }),
    outcome: 'notRecorded',
    refusal: { ...why },
  })
  const stood = ({ _tag, recorded }: Exclude<Standing, { _tag: 'new' }>): ImportedPayment => {
    const invoiceNumber = toldOf(asked).invoiceNumber ?? recorded.invoiceNumbers[0]
    return _tag === 'recorded'
      ? { ...shown, outcome: 'alreadyRecorded', ...(invoiceNumber === undefined ? {} : { invoiceNumber }) }
      : left({
          _tag: 'RecordedOtherwise',
          invoiceNumbers: recorded.invoiceNumbers,
          amount: sek(recorded.amount),
          otherReference: otherReference(payment),
        })
  }
  if (standing._tag !== 'new') return E.right(stood(standing))
  if (E.isLeft(invoice)) return E.right(left(invoice.left))
  const invoiceNumber = invoice.right
  const answer = await execute(runtime)({
    type: 'RecordPayment',
    // Of this import alone: what makes a payment one and the same is its reference.
    commandId: randomUUID(),
    correlationId: fileId,
    ...(actor === undefined ? {} : { actor }),
    data: { invoiceNumber, amount: sek(amount.amount), receivedOn, reference },
  })()
  if (E.isLeft(answer)) return answer
  if (!answer.right.ok) return E.right(left(answer.right.refusal))
  if (answer.right.events.length > 0) return E.right({ ...shown, outcome: 'recorded', invoiceNumber })
  // Somebody else was there first, just now: perhaps with other money.
  const synced = await sync(runtime, [invoicesView])()
  if (E.isLeft(synced)) return synced
  const known = await knownPayments(runtime, new Set([payment.bookedAs]))
  if (E.isLeft(known)) return known
  const own = new Map([...(known.right.get(payment.bookedAs) ?? [])].filter(([one]) => one === reference))
  const [now] = standingsOf([toldOf(asked)], own)
  return E.right(
    now === undefined || now._tag === 'new' ? { ...shown, outcome: 'alreadyRecorded', invoiceNumber } : stood(now),
  )
}

/** The number of the invoice that a payment is for, or why it is left to a person. */
const invoiceOf = (
  { ocr = '', unclear, account, isWritten }: IncomingPayment,
  { byOcr, numbers }: Invoices,
): Asked['invoice'] => {
  if (unclear !== undefined) return E.left(unclear)
  const invoice = byOcr.get(ocr)
  if (invoice === undefined)
    return E.left({ _tag: 'UnknownInvoice', ocr, ...(numbers.has(ocr) ? { sameNumber: ocr } : {}) })
  const { invoiceNumber, kind } = invoice
  if (kind === 'creditNote') return E.left({ _tag: 'NotPayable', invoiceNumber })
  if (isWritten && ocr !== invoiceNumber && numbers.has(ocr))
    return E.left({ _tag: 'AmbiguousReference', ocr, invoiceNumbers: [invoiceNumber, ocr] })
  // Short references are those of many businesses: money that came to another account is for none of these invoices.
  return account === undefined || isOf(account, invoice)
    ? E.right(invoiceNumber)
    : E.left({ _tag: 'OtherAccount', invoiceNumber, account: account.id })
}

/** Whether the account may be the one that the invoice asked to be paid to: of an IBAN, and where it names neither giro, nobody knows. */
const isOf = ({ scheme, id }: PaidAccount, { seller: { bankgiro, plusgiro } }: IssuedInvoice): boolean => {
  if (scheme === 'other' || (bankgiro === undefined && plusgiro === undefined)) return true
  return { bankgiro, plusgiro }[scheme]?.replace(/\D/g, '') === id
}

const balancesOf = async (
  runtime: Runtime,
  done: ReadonlyArray<ImportedPayment>,
): Result<ReadonlyMap<string, Pick<ImportedPayment, 'balance'>>> => {
  const synced = await sync(runtime, [invoicesView])()
  if (E.isLeft(synced)) return synced
  const numbers = [...new Set(done.flatMap(({ invoiceNumber }) => invoiceNumber ?? []))]
  const found = await runtime.readModels.get(invoicesView.table, numbers)()
  if (E.isLeft(found)) return found
  return E.right(
    new Map(
      [...found.right].map(([number, document]) => {
        return [number, { balance: sek(balanceIn(document as unknown as InvoiceDocument)) }]
      }),
    ),
  )
}
