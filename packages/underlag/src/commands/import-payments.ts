import { createHash, randomUUID } from 'node:crypto'
import type {
  IncomingPayment,
  PaidAccount,
  PaymentFile,
  PaymentsFormat,
  Unclear,
  UnusableFile,
} from '@underlag/bookkeeping/payments'
import {
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
    const imported = await importFile(runtime, `${format}:${fingerprint(content)}`, file.right, options)
    return E.isLeft(imported) ? imported : E.right(imported)
  }

/** Names the file in the audit trail: all that came from it has it as `correlationId`. */
const fingerprint = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex').slice(0, 32)

const importFile = async (
  runtime: Runtime,
  fileId: string,
  { payments, ignored }: PaymentFile,
  { actor, onProgress }: ImportOptions,
): Result<ImportedPayments> => {
  const known = await knownOf(runtime, payments)
  if (E.isLeft(known)) return known
  const done: Array<ImportedPayment> = []
  for (let i = 0; i < payments.length; i += TOGETHER) {
    const some = await Promise.all(
      payments.slice(i, i + TOGETHER).map((payment) => importOne(runtime, fileId, payment, known.right, actor)),
    )
    for (const one of some) {
      if (E.isLeft(one)) return one
      done.push(one.right)
    }
    onProgress?.(done.length, payments.length)
  }
  const balances = await balancesOf(runtime, done)
  if (E.isLeft(balances)) return balances
  const count = (outcome: ImportedPayment['outcome']): number => done.filter((one) => one.outcome === outcome).length
  return E.right({
    payments: done.map((one) => ({ ...one, ...balances.right.get(one.invoiceNumber ?? '') })),
    recorded: count('recorded'),
    alreadyRecorded: count('alreadyRecorded'),
    notRecorded: count('notRecorded'),
    ignored,
  })
}

/** What is known of a file's payments before any of them is recorded. */
interface Known {
  /** By OCR reference. */
  readonly invoices: ReadonlyMap<string, IssuedInvoice>
  /** Of references that are also the number of another invoice. */
  readonly numbers: ReadonlySet<string>
  /** What is recorded already, by the payment's reference. */
  readonly recorded: ReadonlyMap<string, Recorded>
}

/** The invoices that payments of one reference are on, and the öre they come to. */
interface Recorded {
  readonly invoiceNumbers: ReadonlyArray<string>
  readonly amount: number
}

const knownOf = async (runtime: Runtime, payments: ReadonlyArray<IncomingPayment>): Result<Known> => {
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
    if (ocr === undefined || number === undefined) continue
    asked.set(ocr, number)
    if (ocr !== number && entries.has(ocr)) numbers.add(ocr)
  }
  const documents = await runtime.readModels.get(invoicesView.table, [...new Set(asked.values())])()
  if (E.isLeft(documents)) return documents
  const invoices = new Map<string, IssuedInvoice>()
  for (const [ocr, number] of asked) {
    const document = documents.right.get(number) as unknown as InvoiceDocument | undefined
    if (document !== undefined) invoices.set(ocr, document.issued as unknown as IssuedInvoice)
  }
  const recorded = await recordedOf(runtime, [...new Set(payments.map(({ reference }) => reference))])
  return E.isLeft(recorded) ? recorded : E.right({ invoices, numbers, recorded: recorded.right })
}

const recordedOf = async (
  { readModels }: Runtime,
  references: ReadonlyArray<string>,
): Result<ReadonlyMap<string, Recorded>> => {
  const found = await readModels.between(
    invoicesView.table,
    'paymentReference',
    references.map((reference) => [reference, reference] as const),
  )()
  if (E.isLeft(found)) return found
  const documents = await readModels.get(invoicesView.table, [...new Set(found.right.map(([, number]) => number))])()
  if (E.isLeft(documents)) return documents
  const recorded = new Map<string, Recorded>()
  for (const [reference, number] of found.right) {
    const { payments = [] } = (documents.right.get(number) ?? {}) as Partial<InvoiceDocument>
    const { invoiceNumbers = [], amount = 0 } = recorded.get(reference) ?? {}
    const here = payments.filter((payment) => payment.reference === reference)
    recorded.set(reference, {
      invoiceNumbers: [...invoiceNumbers, number],
      amount: here.reduce((sum, payment) => sum + payment.amount.amount, amount),
    })
  }
  return E.right(recorded)
}

const importOne = async (
  runtime: Runtime,
  fileId: string,
  payment: IncomingPayment,
  { invoices, numbers, recorded }: Known,
  actor: string | undefined,
): Result<ImportedPayment> => {
  const { reference, amount, receivedOn, ocr, payerName, text } = payment
  const told = { reference, amount, receivedOn, ...(ocr === undefined ? {} : { ocr }) }
  const invoice = invoices.get(payment.ocr ?? '')
  const refusal = refusalOf(payment, invoice, numbers)
  // For the person who finds out what it is for, and no longer than that.
  const left = {
    ...told,
    ...(payerName === undefined ? {} : { payerName }),
    ...(text === undefined ? {} : { text }),
    outcome: 'notRecorded',
  } as const
  const before = recorded.get(reference)
  if (before !== undefined)
    return E.right(
      isThat(payment, refusal === undefined ? invoice?.invoiceNumber : undefined, before)
        ? { ...told, outcome: 'alreadyRecorded', ...firstOf(before) }
        : { ...left, refusal: { _tag: 'RecordedOtherwise', ...before, amount: sek(before.amount) } },
    )
  if (refusal !== undefined || invoice === undefined) return E.right({ ...left, ...refusal })
  const { invoiceNumber } = invoice
  const answer = await execute(runtime)({
    type: 'RecordPayment',
    // Of this import alone: what makes a payment one and the same is its reference.
    commandId: randomUUID(),
    correlationId: fileId,
    ...(actor === undefined ? {} : { actor }),
    data: { invoiceNumber, amount: sek(amount.amount), receivedOn, reference },
  })()
  if (E.isLeft(answer)) return answer
  if (!answer.right.ok) return E.right({ ...left, refusal: answer.right.refusal })
  const outcome = answer.right.events.length === 0 ? 'alreadyRecorded' : 'recorded'
  return E.right({ ...told, outcome, invoiceNumber })
}

/** Whether what is recorded is that payment: all of it, and on its own invoice, where that is known. Banks have given a reference twice. */
const isThat = (
  { amount, unclear }: IncomingPayment,
  invoiceNumber: string | undefined,
  { invoiceNumbers, amount: recorded }: Recorded,
): boolean => {
  const isAmountSure = unclear?._tag !== 'ForeignCurrency' && unclear?._tag !== 'AmountsDiffer'
  return (
    (!isAmountSure || recorded === amount.amount) &&
    (invoiceNumber === undefined || invoiceNumbers.includes(invoiceNumber))
  )
}

const firstOf = ({ invoiceNumbers: [invoiceNumber] }: Recorded): Pick<ImportedPayment, 'invoiceNumber'> =>
  invoiceNumber === undefined ? {} : { invoiceNumber }

/** Why a payment is left to a person. */
const refusalOf = (
  { ocr, unclear, account, isWritten }: IncomingPayment,
  invoice: IssuedInvoice | undefined,
  numbers: ReadonlySet<string>,
): { readonly refusal: Unclear | Refusal } | undefined => {
  if (unclear !== undefined) return { refusal: { ...unclear } }
  if (invoice === undefined) return { refusal: { _tag: 'UnknownInvoice', ocr } }
  const { invoiceNumber } = invoice
  if (isWritten && ocr !== undefined && numbers.has(ocr))
    return { refusal: { _tag: 'AmbiguousReference', ocr, invoiceNumbers: [invoiceNumber, ocr] } }
  // Short references are those of many businesses: money that came to another account is for none of these invoices.
  return account === undefined || isOf(account, invoice)
    ? undefined
    : { refusal: { _tag: 'OtherAccount', invoiceNumber, account: account.id } }
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
        const { issued, paid, credited } = document as unknown as InvoiceDocument
        return [number, { balance: sek((issued as unknown as IssuedInvoice).toPay.amount - paid - credited) }]
      }),
    ),
  )
}
