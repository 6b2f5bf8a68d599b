import type { Aggregate, DomainEvent, Json, JsonObject, Projection, RecordedEvent, SealedRef } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import {
  type BulkRequest,
  booking,
  type Candidate,
  type CommandData,
  type CreditRequest,
  type CustomerDocument,
  candidates,
  claimKeys,
  conflictsOf,
  customer,
  customerStream,
  customersView,
  DEFAULT_TIME_ZONE,
  type Draft,
  draftCredit,
  draftInvoice,
  draftInvoices,
  ERASED,
  type InvoiceDocument,
  type IssuedInvoice,
  type ItemId,
  invoicesView,
  journalEntry,
  LEDGER_STREAM,
  type Ledger,
  type LedgerCommand,
  type LedgerEvent,
  ledger,
  line,
  noSettings,
  openInvoice,
  openPayers,
  openProfile,
  type Payer,
  payerKey,
  payment,
  paymentStream,
  type RegistrationContext,
  type RegistrationRequest,
  SETTINGS_STREAM,
  type Settings,
  settings,
  settingsView,
  underlagOf,
  type Visit,
  type VisitAlias,
  visits,
} from '../../src/index.js'

export type Said = {
  [Type in keyof CommandData]: { readonly type: Type; readonly data: CommandData[Type] }
}[keyof CommandData]

type Tagged = { readonly _tag: string }
type Result = E.Either<Tagged, ReadonlyArray<DomainEvent>>

/** Frozen to its depths and as JSON carries it: who changes a document in place, or puts in it what is no JSON, is found out. */
const stored = <A>(value: A): A => freeze(JSON.parse(JSON.stringify(value)) as A)
const freeze = <A>(value: A): A => {
  if (value !== null && typeof value === 'object') for (const field of Object.values(value)) freeze(field)
  return Object.freeze(value)
}

interface Filled {
  readonly documents: Map<string, Json>
}

/**
 * A clinic in memory: commands go to their streams as a host's do, events are kept as they are stored (personal parts apart), and the
 * projections are folded event by event. Nothing is sealed; who is `erased` reads as such.
 */
export class World {
  readonly log: Array<RecordedEvent> = []
  readonly #states = new Map<string, { state: unknown; revision: number }>()
  readonly #tables = new Map<string, Filled>()
  readonly erased = new Set<string>()
  today = '2026-03-31'
  deliveries: RegistrationContext['deliveries'] = { configured: ['email', 'letter'], bulk: ['none', 'email'] }

  constructor(...commands: ReadonlyArray<Said>) {
    this.do(...commands)
  }

  /** Each must be accepted. */
  do(...commands: ReadonlyArray<Said>): this {
    for (const command of commands) {
      const result = this.try(command)
      if (E.isLeft(result)) throw new Error(`${command.type}: ${JSON.stringify(result.left)}`)
    }
    return this
  }

  refusal(command: Said): Tagged | undefined {
    const result = this.try(command)
    return E.isLeft(result) ? result.left : undefined
  }

  /** `race`: an edit whose look at the ledger came before the registration that takes its item. */
  try(command: Said, { race = false } = {}): Result {
    const { type, data } = command
    switch (type) {
      case 'ActivateInvoicing':
      case 'DeactivateInvoicing':
      case 'SetInvoicingBasis':
      case 'SetSeller':
      case 'SetTreatmentTypePrice':
      case 'SetContactTypePrice':
      case 'HideContactType':
      case 'ShowContactType':
        return this.#run(settings, SETTINGS_STREAM, command)
      case 'RegisterClient':
      case 'ChangeClient':
        return this.#run(customer, customerStream({ kind: 'client', id: data.clientId }), command)
      case 'RegisterCompany':
      case 'ChangeCompany':
        return this.#run(customer, customerStream({ kind: 'company', id: data.companyId }), command)
      case 'AssignPayer':
        return this.#run(customer, customerStream({ kind: 'client', id: data.clientId }), {
          ...command,
          payerKnown: this.#states.has(customerStream(data.payer)),
        })
      case 'RecordBooking':
      case 'RescheduleBooking':
      case 'CancelBooking':
      case 'MarkBookingPaid':
      case 'MarkBookingUnpaid':
        return this.#run(booking, `booking/${data.bookingId}`, command)
      case 'RecordJournalEntry':
      case 'RemoveJournalEntry':
        return this.#run(journalEntry, `journalEntry/${data.journalEntryId}`, command)
      case 'AddLine':
        return this.#run(line, `line/${data.lineId}`, {
          type: 'AddLine',
          data: { ...data, date: data.date ?? this.today },
        })
      case 'RemoveLine':
        if (!race && this.#isClaimed(`line:${data.lineId}`)) return E.left({ _tag: 'AlreadyInvoiced' })
        return this.#run(line, `line/${data.lineId}`, command)
      case 'ChangeLine':
      case 'ExcludeItem':
      case 'IncludeItem': {
        const { itemId } = data
        const id = itemId.slice(itemId.indexOf(':') + 1)
        if (!race && this.#isClaimed(itemId)) return E.left({ _tag: 'AlreadyInvoiced' })
        if (itemId.startsWith('booking:')) return this.#run(booking, `booking/${id}`, command)
        if (itemId.startsWith('line:')) return this.#run(line, `line/${id}`, command)
        return this.#run(journalEntry, `journalEntry/${id}`, command)
      }
      case 'SetNumberSeries':
        return this.#run(ledger, LEDGER_STREAM, command)
      case 'RegisterInvoice': {
        const draft = this.draft(data)
        return E.isLeft(draft) ? draft : this.issue(draft.right)
      }
      case 'RegisterInvoices': {
        const plan = this.draftAll(data)
        return E.isLeft(plan) ? plan : this.#run(ledger, LEDGER_STREAM, { type: 'RegisterInvoices', ...plan.right })
      }
      case 'CreditInvoice':
        return this.#credit(data)
      case 'RecordPayment': {
        const { sequence } = this.issued(data.invoiceNumber ?? '')
        const { invoiceNumber = '', amount, receivedOn, reference } = data
        return this.#run(payment, paymentStream(sequence), {
          type: 'RecordPayment',
          data: { invoiceNumber, sequence, amount, receivedOn, reference },
        })
      }
      case 'SendInvoice':
        throw new Error('not here')
    }
  }

  draft(request: RegistrationRequest) {
    return draftInvoice(request, this.context(request.payer, request.items))
  }

  draftAll(request: BulkRequest) {
    const every = new Map<string, Payer>()
    for (const visit of this.openVisits())
      for (const { payer } of candidates(visit, this.context('all'))) every.set(payerKey(payer), payer)
    return draftInvoices(request, [...every.values()], this.context('all'))
  }

  /** Registers a draft, made now or some time ago. */
  issue(draft: Draft): Result {
    return this.#run(ledger, LEDGER_STREAM, { type: 'RegisterInvoice', draft })
  }

  #credit(request: CreditRequest): Result {
    const notes = this.allIssued().filter(({ credits }) => credits === request.invoiceNumber)
    const draft = draftCredit(request, this.issued(request.invoiceNumber), notes, this.today, 1)
    return E.isLeft(draft) ? draft : this.#run(ledger, LEDGER_STREAM, { type: 'CreditInvoice', draft: draft.right })
  }

  #isClaimed(itemId: ItemId): boolean {
    const { bookingId } = (this.#states.get(itemId.replace(':', '/'))?.state ?? {}) as { bookingId?: string }
    const { claims } = this.ledger()
    return claimKeys({ itemId, ...(bookingId === undefined ? {} : { bookingId }) }).some((key) => claims.has(key))
  }

  #run<S, C, Ev extends DomainEvent, R extends Tagged>(
    { decider, codec }: Aggregate<S, C, Ev, R>,
    stream: RecordedEvent['stream'],
    command: C,
  ): Result {
    const { state, revision } = this.#states.get(stream) ?? { state: decider.initial(), revision: -1 }
    const decision = decider.decide(command)(state as S)
    if (E.isLeft(decision) || decision.right.length === 0) return decision
    decision.right.forEach((event, i) => {
      const { type, data, personal } = codec.encode(event)
      this.#record(
        stored({
          id: `${this.log.length}`,
          type,
          data,
          personal: personal.map(({ subject, purpose, fields }) => ({
            subject,
            purpose,
            key: subject,
            box: JSON.stringify(fields),
          })),
          metadata: {
            commandId: `k${this.log.length}`,
            correlationId: 'r',
            causationId: 's',
            at: '2026-03-31T12:00:00Z',
            recordedAt: '2026-03-31T12:00:00Z',
          },
          stream,
        }),
        BigInt(revision + 1 + i),
      )
    })
    const folded = decider.fold(state as S, decision.right)
    this.#states.set(stream, { state: folded, revision: revision + decision.right.length })
    return decision
  }

  #record(event: Omit<RecordedEvent, 'revision' | 'position'>, revision: bigint): void {
    const recorded = Object.freeze({ ...event, revision, position: BigInt(this.log.length + 1) })
    this.log.push(recorded)
    for (const projection of [settingsView, customersView, visits, invoicesView]) {
      const { documents } = this.#table(projection)
      for (const key of projection.keys(recorded)) {
        const next = projection.evolve(documents.get(key), recorded, key)
        if (next === undefined) documents.delete(key)
        else documents.set(key, stored(next))
      }
    }
  }

  #table({ table }: Projection): Filled {
    const found = this.#tables.get(table.name) ?? { documents: new Map() }
    this.#tables.set(table.name, found)
    return found
  }

  readonly open = ({ part }: SealedRef): JsonObject | undefined =>
    this.erased.has(part.subject) ? undefined : (JSON.parse(part.box) as JsonObject)

  ledger(): Ledger {
    return (this.#states.get(LEDGER_STREAM)?.state as Ledger | undefined) ?? ledger.decider.initial()
  }

  allIssued(): ReadonlyArray<IssuedInvoice> {
    return this.log
      .filter(({ type }) => type === 'InvoiceRegistered' || type === 'InvoiceCredited')
      .map((event) => this.#opened(event))
  }

  issued(invoiceNumber: string): IssuedInvoice {
    const found = this.allIssued().find((invoice) => invoice.invoiceNumber === invoiceNumber)
    if (found === undefined) throw new Error(`no invoice ${invoiceNumber}`)
    return found
  }

  #opened(event: RecordedEvent): IssuedInvoice {
    const parts = event.personal.map((part) => ({ stream: event.stream, eventId: event.id, part }))
    const document = {
      issued: event.data,
      parts,
      paid: 0,
      credited: 0,
      creditedBy: [],
      payments: [],
      nothingLeft: false,
    }
    return openInvoice(document, this.open, this.today)
  }

  /** The invoice as it stands. */
  invoice(invoiceNumber: string) {
    const document = this.#table(invoicesView).documents.get(invoiceNumber)
    if (document === undefined) throw new Error(`no invoice ${invoiceNumber}`)
    return openInvoice(document as unknown as InvoiceDocument, this.open, this.today)
  }

  allVisits(): ReadonlyArray<readonly [string, Visit]> {
    return [...this.#table(visits).documents].flatMap(([key, document]) =>
      'visit' in (document as object) ? [] : [[key, document as unknown as Visit] as const],
    )
  }

  terms(key: string): ReadonlyArray<readonly [string, string]> {
    const document = this.#table(visits).documents.get(key)
    return document === undefined ? [] : visits.terms(document, key)
  }

  /** Visits under `open`, all or those that a query for this payer finds. */
  openVisits(payer?: Payer): ReadonlyArray<Visit> {
    const of = payer === undefined ? undefined : new Set([`payer:${payerKey(payer)}`, ...this.#clientsOf(payer)])
    return this.allVisits()
      .filter(([key]) => this.terms(key).some(([index, term]) => index === 'open' && (of?.has(term) ?? true)))
      .map(([, visit]) => visit)
  }

  #clientsOf(payer: Payer): ReadonlyArray<string> {
    const assigned = [...this.#table(customersView).documents].filter(([key, document]) =>
      customersView.terms(document, key).some(([, term]) => term === payerKey(payer)),
    )
    return [...(payer.kind === 'client' ? [payerKey(payer)] : []), ...assigned.map(([key]) => key)]
  }

  settings(): Settings {
    return (this.#table(settingsView).documents.get('settings') as unknown as Settings | undefined) ?? noSettings
  }

  #customer(payer: Payer): CustomerDocument | undefined {
    return this.#table(customersView).documents.get(payerKey(payer)) as unknown as CustomerDocument | undefined
  }

  context(of: Payer | 'all', items: ReadonlyArray<ItemId> = [], as: Settings = this.settings()): RegistrationContext {
    const under = {
      settings: as,
      timeZone: DEFAULT_TIME_ZONE,
      today: this.today,
      open: this.open,
      payersOf: (id: string) => {
        const document = this.#customer({ kind: 'client', id })
        return document === undefined ? [] : openPayers(document, this.open)
      },
      nameOf: (who: Payer) => {
        const document = this.#customer(who)
        return (document === undefined ? undefined : openProfile(document, this.open).name) ?? ERASED
      },
    }
    const documents = this.#table(visits).documents
    const named = items.flatMap((itemId) => {
      const found = documents.get(itemId) as unknown as Visit | VisitAlias | undefined
      if (found === undefined) return []
      return [('visit' in found ? documents.get(found.visit) : found) as Visit]
    })
    const all = [...this.openVisits(of === 'all' ? undefined : of), ...named]
    const found = new Map<ItemId, Candidate>()
    for (const visit of all) for (const each of candidates(visit, under)) found.set(each.itemId, each)
    return {
      ...under,
      deliveries: this.deliveries,
      buyer: (who) => {
        const document = this.#customer(who)
        if (document === undefined) return undefined
        const { personalIdentityNumber: _, ...buyer } = openProfile(document, this.open)
        return buyer
      },
      item: (itemId) => found.get(itemId),
      itemsOf: (who) => [...found.values()].filter(({ payer }) => payerKey(payer) === payerKey(who)),
    }
  }

  underlag() {
    const context = this.context('all')
    return underlagOf(
      this.openVisits().flatMap((visit) => candidates(visit, context)),
      context,
    )
  }

  /** The items of everybody's underlag, by id. */
  items(): ReadonlyArray<ItemId> {
    return this.underlag()
      .flatMap(({ items }) => items.map(({ itemId }) => itemId))
      .sort()
  }

  /** `item reason invoice`, of the visits under the term `conflict`. */
  conflicts(): ReadonlyArray<string> {
    return this.allVisits()
      .filter(([key]) => this.terms(key).some(([index]) => index === 'conflict'))
      .flatMap(([, visit]) => conflictsOf(visit, DEFAULT_TIME_ZONE))
      .map(({ itemId, reason, invoiceNumber }) => `${itemId} ${reason} ${invoiceNumber}`)
      .sort()
  }
}

export type { LedgerCommand, LedgerEvent }
