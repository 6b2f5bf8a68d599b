import {
  type Aggregate,
  type Decider,
  eventCodec,
  type JsonObject,
  listOf,
  type PersonalFields,
  Refined,
  record,
  type StreamName,
  text,
} from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { Payer, payerKey } from '../values/party.js'
import { type InvoiceLine, type IssuedInvoice, ItemId, issuedInvoiceFields } from './invoice.js'
import { ocrOf } from './ocr.js'

/** An invoice before it has its number: everything that will be frozen. */
export type Draft = Omit<IssuedInvoice, 'invoiceNumber' | 'sequence' | 'ocr' | 'kind'> & {
  /** Items due that have no price yet and stay in the underlag; told as a warning. */
  readonly leftOut: ReadonlyArray<ItemId>
}

/** A credit note before it has its number. */
export type CreditDraft = Omit<IssuedInvoice, 'invoiceNumber' | 'sequence' | 'ocr' | 'kind' | 'credits'> & {
  readonly credits: string
  /** Items of which nothing is left and that return to the underlag. */
  readonly released: ReadonlyArray<ItemId>
  /** Items of which nothing is left and that stay claimed. */
  readonly settled: ReadonlyArray<ItemId>
  /** Whether nothing at all is left of the invoice. */
  readonly nothingLeft: boolean
}

/** Why one payer of many was not invoiced; `refusal` as the single command would have answered. */
export interface PayerRefused {
  readonly payer: Payer
  readonly refusal: { readonly _tag: string }
}

export type RegisteredInvoice = IssuedInvoice & { readonly leftOut?: ReadonlyArray<ItemId> }
export type RegisteredCreditNote = IssuedInvoice & Pick<CreditDraft, 'credits' | 'released' | 'settled' | 'nothingLeft'>

// Events. Names and shapes are stored: another shape is another version.
export type LedgerEvent =
  | { readonly type: 'NumberSeriesSet'; readonly data: NumberSeries }
  | { readonly type: 'InvoiceRegistered'; readonly data: RegisteredInvoice }
  | { readonly type: 'InvoiceCredited'; readonly data: RegisteredCreditNote }
  /** Last of a bulk registration: who was not invoiced, so that a repeated command answers the same. */
  | { readonly type: 'InvoicesRefused'; readonly data: { readonly refused: ReadonlyArray<PayerRefused> } }

export interface NumberSeries {
  readonly prefix?: string
  readonly firstNumber: number
}

const items: t.Type<ReadonlyArray<ItemId>, unknown, unknown> = listOf(ItemId)
const { buyer, ...required } = issuedInvoiceFields.required
const issued = { ...required, buyer }

const refusedPayer: t.Type<PayerRefused, unknown, unknown> = record({
  payer: Payer,
  refusal: new Refined(
    'a refusal',
    (u): u is { _tag: string } => typeof u === 'object' && u !== null && '_tag' in u && typeof u._tag === 'string',
  ),
})

export const ledgerCodec = eventCodec<LedgerEvent>(
  {
    NumberSeriesSet: record({ firstNumber: t.number }, { prefix: text('text', /^[\s\S]*$/) }),
    InvoiceRegistered: record(issued, { ...issuedInvoiceFields.optional, leftOut: items }),
    InvoiceCredited: record(
      { ...issued, credits: text('text', /^[\s\S]*$/), released: items, settled: items, nothingLeft: t.boolean },
      {
        reference: issuedInvoiceFields.optional.reference,
        message: issuedInvoiceFields.optional.message,
        reason: issuedInvoiceFields.optional.reason,
      },
    ),
    InvoicesRefused: record({ refused: listOf(refusedPayer) }),
  },
  (event) =>
    event.type === 'InvoiceRegistered' || event.type === 'InvoiceCredited' ? personalOfInvoice(event.data) : [],
)

/**
 * What an invoice says of people, kept as long as bookkeeping asks (bokföringslagen 7:2): the buyer and free texts are the payer's,
 * each line's words its client's.
 */
const personalOfInvoice = (invoice: IssuedInvoice): ReadonlyArray<PersonalFields> => {
  const purpose = `bookkeeping:${Number(invoice.invoiceDate.slice(0, 4))}` as const
  const payer = payerKey(invoice.payer)
  const pointers = new Map<string, Array<string>>([
    [payer, [...Object.keys(invoice.buyer).map((field) => `/buyer/${field}`), '/message', '/reference', '/reason']],
  ])
  for (const [i, line] of invoice.lines.entries()) {
    const subject = line.clientId === null ? payer : `client:${line.clientId}`
    const own = pointers.get(subject) ?? []
    own.push(`/lines/${i}/description`, `/lines/${i}/clientLabel`)
    pointers.set(subject, own)
  }
  return [...pointers].map(([subject, fields]) => ({ subject, purpose, pointers: fields }))
}

/** That an item, or its visit, is on an invoice. */
export interface Claim {
  readonly invoiceNumber: string
  /** Credited in full and not given back: it is never billed again, and no conflict. */
  readonly credited: boolean
}

export interface LedgerEntry {
  readonly invoiceNumber: string
  readonly sequence: number
  readonly kind: IssuedInvoice['kind']
  readonly ocr: string
  /** Revision of the event that holds it. */
  readonly revision: number
  readonly creditedBy: ReadonlyArray<string>
}

/**
 * The ledger folded. Its maps are private to the fold and changed in place: copying them per event costs seconds at a few
 * thousand invoices. Nobody else changes them.
 */
export interface Ledger {
  readonly series: NumberSeries
  /** The next number of the series. */
  readonly next: number
  readonly started: boolean
  readonly events: number
  readonly claims: ReadonlyMap<string, Claim>
  /** What was claimed once and given back, claimed anew or not. */
  readonly released: ReadonlySet<string>
  readonly entries: ReadonlyMap<string, LedgerEntry>
  /** Invoice number by OCR reference. */
  readonly ocrs: ReadonlyMap<string, string>
}

/** What an item claims: itself and, where it has one, the booking of its visit. */
export const claimKeys = (line: Pick<InvoiceLine, 'itemId' | 'bookingId'>): ReadonlyArray<string> => {
  const visit = line.bookingId === undefined ? line.itemId : `booking:${line.bookingId}`
  return visit === line.itemId ? [visit] : [line.itemId, visit]
}

type Mutable = { -readonly [K in keyof Ledger]: Ledger[K] } & {
  claims: Map<string, Claim>
  released: Set<string>
  entries: Map<string, LedgerEntry>
  ocrs: Map<string, string>
}

/** As much of an event as the fold looks at. Kept by the view of the ledger: another shape is another version of that table. */
export type LedgerFact =
  | { readonly type: 'NumberSeriesSet'; readonly data: NumberSeries }
  | { readonly type: 'InvoiceRegistered'; readonly data: Issued }
  | {
      readonly type: 'InvoiceCredited'
      readonly data: Issued & Pick<RegisteredCreditNote, 'credits' | 'released' | 'settled'>
    }
  | { readonly type: 'InvoicesRefused'; readonly data: object }

type Issued = Pick<IssuedInvoice, 'invoiceNumber' | 'sequence' | 'kind' | 'ocr'> & {
  readonly lines: ReadonlyArray<Pick<InvoiceLine, 'itemId' | 'bookingId'>>
}

export const ledgerFact = (type: string, data: JsonObject): LedgerFact => {
  const event = { type, data } as unknown as LedgerEvent
  switch (event.type) {
    case 'NumberSeriesSet':
      return event
    case 'InvoiceRegistered':
      return { type: event.type, data: issuedFact(event.data) }
    case 'InvoiceCredited': {
      const { credits, released, settled } = event.data
      return { type: event.type, data: { ...issuedFact(event.data), credits, released, settled } }
    }
    case 'InvoicesRefused':
      return { type: event.type, data: {} }
  }
}

const issuedFact = ({ invoiceNumber, sequence, kind, ocr, lines }: IssuedInvoice): Issued => ({
  ...{ invoiceNumber, sequence, kind, ocr },
  // A booking claims itself alone.
  lines: lines.map(({ itemId, bookingId }) =>
    bookingId === undefined || itemId === `booking:${bookingId}` ? { itemId } : { itemId, bookingId },
  ),
})

const fold = (ledger: Ledger, events: ReadonlyArray<LedgerFact>): Ledger => {
  const state = ledger as Mutable
  for (const event of events) {
    switch (event.type) {
      case 'NumberSeriesSet':
        state.series = event.data
        state.next = event.data.firstNumber
        break
      case 'InvoiceRegistered': {
        issue(state, event.data)
        const claim = { invoiceNumber: event.data.invoiceNumber, credited: false }
        for (const line of event.data.lines) for (const key of claimKeys(line)) state.claims.set(key, claim)
        break
      }
      case 'InvoiceCredited': {
        const { credits, lines, released, settled } = event.data
        issue(state, event.data)
        const entry = state.entries.get(credits)
        if (entry !== undefined)
          state.entries.set(credits, { ...entry, creditedBy: [...entry.creditedBy, event.data.invoiceNumber] })
        for (const line of lines) {
          for (const key of claimKeys(line)) {
            if (released.includes(line.itemId)) {
              state.claims.delete(key)
              state.released.add(key)
            } else if (settled.includes(line.itemId)) state.claims.set(key, { invoiceNumber: credits, credited: true })
          }
        }
        break
      }
      case 'InvoicesRefused':
        break
    }
    state.events += 1
  }
  return state
}

const issue = (state: Mutable, invoice: Issued): void => {
  const { invoiceNumber, sequence, kind, ocr } = invoice
  state.entries.set(invoiceNumber, { invoiceNumber, sequence, kind, ocr, revision: state.events, creditedBy: [] })
  state.ocrs.set(ocr, invoiceNumber)
  state.next = sequence + 1
  state.started = true
}

export type LedgerRefusal =
  | { readonly _tag: 'SeriesStarted' }
  | { readonly _tag: 'AlreadyInvoiced'; readonly items: ReadonlyArray<ItemId> }

export type LedgerCommand =
  | { readonly type: 'SetNumberSeries'; readonly data: NumberSeries }
  | { readonly type: 'RegisterInvoice'; readonly draft: Draft }
  | {
      readonly type: 'RegisterInvoices'
      readonly drafts: ReadonlyArray<Draft>
      readonly refused: ReadonlyArray<PayerRefused>
    }
  | { readonly type: 'CreditInvoice'; readonly draft: CreditDraft }

const decide =
  (command: LedgerCommand) =>
  (ledger: Ledger): E.Either<LedgerRefusal, ReadonlyArray<LedgerEvent>> => {
    switch (command.type) {
      case 'SetNumberSeries': {
        if (ledger.started) return E.left({ _tag: 'SeriesStarted' })
        const { prefix, firstNumber } = command.data
        const same = prefix === ledger.series.prefix && firstNumber === ledger.series.firstNumber
        return E.right(same ? [] : [{ type: 'NumberSeriesSet', data: command.data }])
      }
      case 'RegisterInvoice': {
        const taken = claimed(command.draft, (key) => ledger.claims.has(key))
        if (taken.length > 0) return E.left({ _tag: 'AlreadyInvoiced', items: taken })
        return E.right([registered(command.draft, ledger, 0, new Set())])
      }
      case 'RegisterInvoices': {
        const invoices: Array<LedgerEvent> = []
        const refused = [...command.refused]
        const claims = new Set<string>()
        const ocrs = new Set<string>()
        for (const draft of command.drafts) {
          const taken = claimed(draft, (key) => ledger.claims.has(key) || claims.has(key))
          if (taken.length > 0) {
            refused.push({
              payer: draft.payer,
              refusal: { _tag: 'AlreadyInvoiced', items: taken } as PayerRefused['refusal'],
            })
            continue
          }
          invoices.push(registered(draft, ledger, invoices.length, ocrs))
          for (const line of draft.lines) for (const key of claimKeys(line)) claims.add(key)
        }
        const rest: ReadonlyArray<LedgerEvent> =
          refused.length === 0 ? [] : [{ type: 'InvoicesRefused', data: { refused } }]
        return E.right(invoices.length === 0 ? [] : [...invoices, ...rest])
      }
      case 'CreditInvoice':
        return E.right([
          {
            type: 'InvoiceCredited',
            data: { ...numbered(command.draft, ledger, 0, new Set()), ...command.draft, kind: 'creditNote' },
          },
        ])
    }
  }

const claimed = (draft: Draft, isClaimed: (key: string) => boolean): ReadonlyArray<ItemId> =>
  draft.lines.filter((line) => claimKeys(line).some(isClaimed)).map(({ itemId }) => itemId)

/** The number a draft gets: the `offset`th after the last. `ocrs` gathers those given in the same breath. */
const numbered = (draft: Pick<Draft, 'seller'>, ledger: Ledger, offset: number, ocrs: Set<string>) => {
  const sequence = ledger.next + offset
  const ocr = ocrOf(sequence, draft.seller.ocr ?? 'mod10', (taken) => ledger.ocrs.has(taken) || ocrs.has(taken))
  ocrs.add(ocr)
  return { invoiceNumber: `${ledger.series.prefix ?? ''}${sequence}`, sequence, ocr }
}

const registered = (draft: Draft, ledger: Ledger, offset: number, ocrs: Set<string>): LedgerEvent => {
  const { leftOut, ...invoice } = draft
  const data = { ...numbered(draft, ledger, offset, ocrs), kind: 'invoice' as const, ...invoice }
  return { type: 'InvoiceRegistered', data: leftOut.length === 0 ? data : { ...data, leftOut } }
}

export const ledgerDecider: Decider<Ledger, LedgerCommand, LedgerEvent, LedgerRefusal> = {
  initial: () => ({
    series: { firstNumber: 1 },
    next: 1,
    started: false,
    events: 0,
    claims: new Map(),
    released: new Set(),
    entries: new Map(),
    ocrs: new Map(),
  }),
  fold,
  decide,
}

export const ledger: Aggregate<Ledger, LedgerCommand, LedgerEvent, LedgerRefusal> = {
  decider: ledgerDecider,
  codec: ledgerCodec,
  opened: false,
}

/** One stream a tenant: it alone guards that numbers run without gap and no source is invoiced twice. */
export const LEDGER_STREAM: StreamName = 'ledger/invoices'
