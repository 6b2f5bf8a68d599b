import {
  claimKeys,
  documentCodec,
  type IssuedInvoice,
  LEDGER_STREAM,
  ledgerCodec,
  type Money,
  type RegisteredInvoice,
  vatKey,
} from '@underlag/invoicing'
import { NO_STREAM, type RecordedEvent, START, type StoreUnavailable } from '@underlag/kernel'
import type { Integrity } from '@underlag/store-sqlite'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Operation, OperationFailure, Runtime } from '../runtime.js'
import { readModelsProof } from './read-models-proof.js'

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface Verification {
  readonly ok: boolean
  readonly checks: ReadonlyArray<Check>
}

type Result<A> = Promise<E.Either<OperationFailure, A>>

const PAGE = 2_000

/**
 * Proves what must always hold, from the log itself and not from what was made of it: numbers run without gap, no source is invoiced
 * twice, the read models equal a fresh replay, the stored documents are those that were issued, every personal part opens or was erased,
 * and the files are whole.
 */
export const verify =
  (
    runtime: Runtime,
    integrity: TE.TaskEither<StoreUnavailable, Integrity> | undefined,
    onProgress?: (events: number) => void,
  ): Operation<Verification> =>
  async () => {
    const issued = await ofLedger(runtime)
    if (E.isLeft(issued)) return issued
    const equal = await readModelsEqualReplay(runtime, onProgress)
    if (E.isLeft(equal)) return equal
    const looked = await eventByEvent(runtime, issued.right.themes)
    if (E.isLeft(looked)) return looked
    const whole = await integrity?.()
    if (whole !== undefined && E.isLeft(whole)) return whole
    const checks = [
      ...issued.right.checks,
      equal.right,
      ...looked.right,
      ...(whole === undefined ? [] : [storeIntact(whole.right)]),
    ]
    return E.right({ ok: checks.every(({ ok }) => ok), checks })
  }

/** What the ledger alone tells. Its events are let go afterwards: of a long one they fill the memory. */
const ofLedger = async (
  runtime: Runtime,
): Result<{ readonly checks: ReadonlyArray<Check>; readonly themes: ReturnType<typeof themesOf> }> => {
  const events = await ledgerOf(runtime)
  if (E.isLeft(events)) return events
  return E.right({
    checks: [numbersWithoutGap(events.right), noSourceTwice(events.right), amountsAddUp(events.right)],
    themes: themesOf(events.right),
  })
}

const ledgerOf = async ({ store }: Runtime): Result<ReadonlyArray<RecordedEvent>> => {
  const events: Array<RecordedEvent> = []
  for (let after = NO_STREAM; ; ) {
    const page = await store.read(LEDGER_STREAM, after, PAGE)()
    if (E.isLeft(page)) return page
    for (const event of page.right) {
      const decoded = ledgerCodec.decode(event)
      if (E.isLeft(decoded)) return E.left({ ...decoded.left, stream: LEDGER_STREAM })
    }
    events.push(...page.right)
    const last = page.right.at(-1)
    if (last === undefined || page.right.length < PAGE) return E.right(events)
    after = last.revision
  }
}

const isIssue = ({ type }: RecordedEvent): boolean => type === 'InvoiceRegistered' || type === 'InvoiceCredited'

const numbersWithoutGap = (events: ReadonlyArray<RecordedEvent>): Check => {
  const first = events.findLast(({ type }) => type === 'NumberSeriesSet')?.data.firstNumber
  const problems: Array<string> = []
  const ocrs = new Set<unknown>()
  let expected = typeof first === 'number' ? first : 1
  for (const { data } of events.filter(isIssue)) {
    if (data.sequence !== expected)
      problems.push(`${data.invoiceNumber} has number ${data.sequence} where ${expected} was next`)
    if (ocrs.has(data.ocr)) problems.push(`the OCR reference of ${data.invoiceNumber} was given before`)
    ocrs.add(data.ocr)
    expected = Number(data.sequence) + 1
  }
  return check('numbersWithoutGap', problems, `${ocrs.size} numbers in order, none missing or double`)
}

const noSourceTwice = (events: ReadonlyArray<RecordedEvent>): Check => {
  const claims = new Map<string, string>()
  const problems: Array<string> = []
  let sources = 0
  for (const event of events) {
    const invoice = event.data as unknown as RegisteredInvoice & { credits?: string; released?: ReadonlyArray<string> }
    if (event.type === 'InvoiceRegistered')
      for (const line of invoice.lines) {
        sources += 1
        for (const key of claimKeys(line)) {
          const other = claims.get(key)
          if (other !== undefined) problems.push(`${key} is on invoice ${other} and on ${invoice.invoiceNumber}`)
          claims.set(key, invoice.invoiceNumber)
        }
      }
    if (event.type === 'InvoiceCredited')
      for (const line of invoice.lines)
        if (invoice.released?.includes(line.itemId) === true) for (const key of claimKeys(line)) claims.delete(key)
  }
  return check('noSourceTwice', problems, `${sources} invoiced sources, each on one invoice that is not credited`)
}

/** Every invoice and note adds up, and no invoice was credited above itself (rule 8). */
const amountsAddUp = (events: ReadonlyArray<RecordedEvent>): Check => {
  const problems: Array<string> = []
  const left = new Map<string, number>()
  for (const { data } of events.filter(isIssue)) {
    const invoice = data as unknown as IssuedInvoice
    const { invoiceNumber, lines, vatBreakdown, net, vatAmount, rounding, toPay, credits } = invoice
    const sum = (amounts: ReadonlyArray<Money>): number => amounts.reduce((total, { amount }) => total + amount, 0)
    if (
      sum(vatBreakdown.map(({ taxable }) => taxable)) !== net.amount ||
      sum(lines.map((line) => line.net)) !== net.amount
    )
      problems.push(`the lines of ${invoiceNumber} do not add up to its net`)
    for (const { vat, taxable } of vatBreakdown)
      if (sum(lines.filter((line) => vatKey(line.vat) === vatKey(vat)).map((line) => line.net)) !== taxable.amount)
        problems.push(`the lines of one VAT of ${invoiceNumber} do not add up`)
    if (
      sum(vatBreakdown.map((part) => part.vatAmount)) !== vatAmount.amount ||
      sum([net, vatAmount, rounding]) !== toPay.amount
    )
      problems.push(`net, VAT and rounding of ${invoiceNumber} do not add up to what is to pay`)
    if (credits === undefined) left.set(invoiceNumber, toPay.amount)
    else left.set(credits, (left.get(credits) ?? 0) + toPay.amount)
    if (data.nothingLeft === true && left.get(credits ?? '') !== 0)
      problems.push(`${credits} and its credit notes do not cancel out`)
  }
  return check('amountsAddUp', problems, 'every invoice and credit note adds up to the öre')
}

const readModelsEqualReplay = async (runtime: Runtime, onProgress?: (events: number) => void): Result<Check> => {
  const proof = await readModelsProof(runtime, onProgress)
  if (E.isLeft(proof)) return proof
  const { documents, problems } = proof.right
  return E.right(
    check(
      'readModelsEqualReplay',
      problems,
      `${documents} documents equal a fresh replay (underlag rebuild makes them anew)`,
    ),
  )
}

/** The themes that invoices are issued with, each with one of them. */
const themesOf = (events: ReadonlyArray<RecordedEvent>): ReadonlyMap<string, string> =>
  new Map(
    events
      .filter(isIssue)
      .flatMap(({ data: { theme, invoiceNumber } }) =>
        typeof theme === 'string' ? [[theme, String(invoiceNumber)] as const] : [],
      ),
  )

/** The checks that look at every event, in one reading of the log, a page at a time. */
const eventByEvent = async (runtime: Runtime, themes: ReadonlyMap<string, string>): Result<ReadonlyArray<Check>> => {
  const documents = documentsUnchanged(runtime)
  const parts = sealedParts(runtime)
  await documents.themes(themes)
  for (let from = START; ; ) {
    const page = await runtime.store.readAll(from, PAGE)()
    if (E.isLeft(page)) return page
    await documents.look(page.right)
    const looked = await parts.look(page.right)
    if (E.isLeft(looked)) return looked
    const last = page.right.at(-1)
    if (last === undefined || page.right.length < PAGE) return E.right([documents.check(), ...parts.checks()])
    from = last.position
  }
}

const documentsUnchanged = ({ store, documents, sealing }: Runtime) => {
  const problems: Array<string> = []
  let unchanged = 0
  let erased = 0
  return {
    themes: async (themes: ReadonlyMap<string, string>): Promise<void> => {
      for (const [sha256, invoiceNumber] of themes) {
        const found = await documents.get(sha256)()
        if (E.isLeft(found)) problems.push(`the theme of ${invoiceNumber} cannot be opened: ${found.left.reason}`)
        else if (O.isNone(found.right)) problems.push(`the theme of ${invoiceNumber} is missing`)
      }
    },
    look: async (events: ReadonlyArray<RecordedEvent>): Promise<void> => {
      for (const event of events.filter(({ type }) => documentCodec.types.includes(type))) {
        const { sha256, invoiceNumber } = event.data as { sha256: string; invoiceNumber: string }
        const found = await documents.get(sha256)()
        if (E.isLeft(found)) problems.push(`the document of ${invoiceNumber} cannot be opened: ${found.left.reason}`)
        else if (O.isSome(found.right)) unchanged += 1
        else if (await isErased(sealing, store, event)) erased += 1
        else problems.push(`the document of ${invoiceNumber} is missing`)
      }
    },
    check: (): Check =>
      check('documentsUnchanged', problems, `${unchanged} documents as they were issued${alsoErased(erased)}`),
  }
}

const alsoErased = (erased: number): string => (erased === 0 ? '' : `, ${erased} erased`)

/** Personal parts open with their keys, and the keys that are not there were erased: another key file would pass for erasure. */
const sealedParts = ({ sealing }: Runtime) => {
  const problems: Array<string> = []
  const count = { opens: 0, erased: 0, lost: 0, altered: 0 }
  let firstLost: string | undefined
  return {
    look: async (events: ReadonlyArray<RecordedEvent>): Result<void> => {
      const parts = events.flatMap((event) => event.personal.map((part) => ({ event, part })))
      const states = await sealing.partStates(
        parts.map(({ event, part }) => ({ stream: event.stream, eventId: event.id, part })),
      )()
      if (E.isLeft(states)) return states
      for (const [i, { event }] of parts.entries()) {
        const state = states.right[i] ?? 'altered'
        const { position, type } = event
        count[state] += 1
        if (state === 'altered') problems.push(`a sealed part of ${type} at position ${position} was altered`)
        if (state === 'lost') firstLost ??= `${type} at position ${position}`
      }
      return E.right(undefined)
    },
    checks: (): ReadonlyArray<Check> => [
      check('sealedPartsOpen', problems, `${count.opens} sealed parts open${alsoErased(count.erased)}`),
      check(
        'keysBelong',
        firstLost === undefined
          ? []
          : [
              `${count.lost} sealed parts, the first that of ${firstLost}, have keys that the key file neither holds nor erased: it is older than the log, was begun anew or is another store's. Put back its newest backup`,
            ],
        'every key that is not in the key file was erased there',
      ),
    ],
  }
}

/** Whether the person of an invoice was erased, and its document with them: then the invoice itself does not open either. */
const isErased = async (
  sealing: Runtime['sealing'],
  store: Runtime['store'],
  issued: RecordedEvent,
): Promise<boolean> => {
  const ledgerEvents = await store.read(LEDGER_STREAM, NO_STREAM)()
  if (E.isLeft(ledgerEvents)) return false
  const invoice = ledgerEvents.right.find(({ data }) => data.invoiceNumber === issued.data.invoiceNumber)
  if (invoice === undefined) return false
  const refs = invoice.personal.map((part) => ({ stream: invoice.stream, eventId: invoice.id, part }))
  const opened = await sealing.openParts(refs)()
  return E.isRight(opened) && opened.right.some(O.isNone)
}

const storeIntact = (integrity: Integrity): Check => ({
  name: 'storeIntact',
  ok: integrity.ok,
  detail: integrity.ok ? 'the store file is whole' : integrity.problems.join('; '),
})

const MOST_TOLD = 10

const check = (name: string, problems: ReadonlyArray<string>, detail: string): Check => ({
  name,
  ok: problems.length === 0,
  detail:
    problems.length === 0
      ? detail
      : `${problems.slice(0, MOST_TOLD).join('; ')}${problems.length > MOST_TOLD ? `; and ${problems.length - MOST_TOLD} more` : ''}`,
})
