import {
  asIssued,
  type BulkRequest,
  booking,
  bookingStream,
  type Command,
  type CommandType,
  type CreditDraft,
  claimKeys,
  conflictsOf,
  customer,
  customerStream,
  customersView,
  type Draft,
  decodeCommand,
  draftCredit,
  draftInvoice,
  draftInvoices,
  type InvoiceLine,
  type IssuedInvoice,
  type ItemId,
  journalEntry,
  journalEntryStream,
  LEDGER_STREAM,
  type Ledger,
  type LedgerEvent,
  ledger,
  line,
  lineStream,
  localDate,
  type Payer,
  type PayerRefused,
  payerKey,
  payment,
  paymentStream,
  placed,
  type RegisteredInvoice,
  type RegistrationRequest,
  SETTINGS_STREAM,
  settings,
  settingsView,
  sourceOf,
  standing,
  TEMPLATE_VERSION,
  type TimeZone,
  type UnderlagConflict,
  type Visit,
  visits,
  whyNotDeliverable,
} from '@underlag/invoicing'
import {
  type Aggregate,
  type DecidedBy,
  type DecidedEvents,
  type DomainEvent,
  decided,
  type Executed,
  type ExecuteFailure,
  type Intent,
  type Json,
  type Loaded,
  type Position,
  type RecordedEvent,
  type Refused,
  refused,
  type StreamName,
} from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { requestDelivery } from '../delivery/request.js'
import { eventsAbout } from '../queries/about.js'
import { type Reading, read, readModelSource } from '../queries/reader.js'
import { type Operation, type OperationFailure, type Runtime, sync } from '../runtime.js'
import { keepTheme } from '../theme.js'
import { type Accepted, type Answer, answeredEvent, type Refusal, type Warning } from './answer.js'

/** One type for every refusal, for what is asked on the way refuses in other words than the stream itself. */
const refuse = (refusal: unknown): TE.TaskEither<OperationFailure | Refused<unknown>, never> =>
  TE.left(refused(refusal))
const settle = <Ev>(decision: E.Either<unknown, ReadonlyArray<Ev>>): Decided<Ev> => decided(decision)

type CommandOf<Type extends CommandType> = Extract<Command, { type: Type }>
type Decided<Ev> = TE.TaskEither<OperationFailure | Refused<unknown>, ReadonlyArray<Ev>>
type Planned<Ev> = TE.TaskEither<OperationFailure | Refused<unknown>, DecidedEvents<Ev>>
type Handled = TE.TaskEither<ExecuteFailure<unknown> | OperationFailure, Omit<Accepted, 'commandId' | 'ok'>>

/**
 * Decodes a command and carries it out. The answer means durable. A refusal is an answer; a failure (the store, a poison event) is a `Left`,
 * after which the same command can be sent again.
 */
export const execute =
  (runtime: Runtime) =>
  (input: unknown): Operation<Answer> => {
    const command = decodeCommand(input)
    if (E.isLeft(command)) return TE.right({ ...idOf(input), ok: false, refusal: { ...command.left } })
    return pipe(
      intentOf(runtime, command.right),
      TE.chainW((intent) => handle(runtime, command.right, intent)),
      TE.map((done): Answer => ({ commandId: command.right.commandId, ok: true, ...done })),
      TE.orElse((failure) => answerOf(command.right.commandId, failure)),
    )
  }

const idOf = (input: unknown): { commandId?: string } => {
  const id = typeof input === 'object' && input !== null ? (input as { commandId?: unknown }).commandId : undefined
  return typeof id === 'string' && /^[A-Za-z0-9_.:-]{1,64}$/.test(id) ? { commandId: id } : {}
}

const answerOf = (commandId: string, failure: ExecuteFailure<unknown> | OperationFailure): Operation<Answer> => {
  switch (failure._tag) {
    case 'Refused':
      return TE.right({ commandId, ok: false, refusal: failure.refusal as Refusal })
    case 'CommandIdReused':
      return TE.right({ commandId, ok: false, refusal: { _tag: 'CommandIdReused', commandId } })
    default:
      return TE.left(failure)
  }
}

const intentOf = ({ sealing, clock }: Runtime, command: Command): Operation<Intent> =>
  pipe(
    sealing.fingerprint([command.type, command.data]),
    TE.map((fingerprint) => ({
      commandId: command.commandId,
      ...(command.actor === undefined ? {} : { actor: command.actor }),
      correlationId: command.correlationId ?? command.commandId,
      causationId: command.causationId ?? command.commandId,
      at: command.at ?? clock(),
      fingerprint,
    })),
  )

const handle = (runtime: Runtime, command: Command, intent: Intent): Handled => {
  switch (command.type) {
    case 'ActivateInvoicing':
    case 'DeactivateInvoicing':
    case 'SetInvoicingBasis':
    case 'SetSeller':
    case 'SetTreatmentTypePrice':
    case 'SetContactTypePrice':
    case 'HideContactType':
    case 'ShowContactType':
      return plain(runtime, settings, SETTINGS_STREAM, intent, command)
    case 'RegisterClient':
    case 'ChangeClient':
      return plain(runtime, customer, customerStream({ kind: 'client', id: command.data.clientId }), intent, command)
    case 'RegisterCompany':
    case 'ChangeCompany':
      return plain(runtime, customer, customerStream({ kind: 'company', id: command.data.companyId }), intent, command)
    case 'AssignPayer':
      return assignPayer(runtime, command, intent)
    case 'RecordBooking':
      return ofKnownClient(
        runtime,
        command.data.clientId,
        intent,
        booking,
        bookingStream(command.data.bookingId),
        command,
      )
    case 'RescheduleBooking':
    case 'CancelBooking':
    case 'MarkBookingPaid':
    case 'MarkBookingUnpaid':
      return fact(runtime, booking, bookingStream(command.data.bookingId), intent, command)
    case 'RecordJournalEntry': {
      const { journalEntryId, clientId } = command.data
      return ofKnownClient(runtime, clientId, intent, journalEntry, journalEntryStream(journalEntryId), command)
    }
    case 'RemoveJournalEntry':
      return fact(runtime, journalEntry, journalEntryStream(command.data.journalEntryId), intent, command)
    case 'AddLine':
      return addLine(runtime, command, intent)
    case 'RemoveLine': {
      const { lineId } = command.data
      return uninvoiced(
        runtime,
        line,
        lineStream(lineId),
        intent,
        `line:${lineId}`,
        () => undefined,
        (state) => line.decider.decide(command)(state),
      )
    }
    case 'ChangeLine':
    case 'ExcludeItem':
    case 'IncludeItem':
      return edit(runtime, command, intent)
    case 'SetNumberSeries':
      return plain(runtime, ledger, LEDGER_STREAM, intent, command)
    case 'RegisterInvoice':
      return registerInvoice(runtime, command.data, intent)
    case 'RegisterInvoices':
      return registerInvoices(runtime, command.data, intent)
    case 'CreditInvoice':
      return creditInvoice(runtime, command, intent)
    case 'RecordPayment':
      return recordPayment(runtime, command, intent)
    case 'SendInvoice':
      return sendInvoice(runtime, command, intent)
  }
}

// --- commands that their own stream decides

/** Decided by the stream's state alone. */
const plain = <S, C, Ev extends DomainEvent, R>(
  { executor }: Runtime,
  aggregate: Aggregate<S, C, Ev, R>,
  stream: StreamName,
  intent: Intent,
  command: C,
): Handled =>
  pipe(
    executor.execute(aggregate, stream, intent, ({ state }) => settle(aggregate.decider.decide(command)(state))),
    TE.map(told),
  )

const told = ({ events }: Executed): { events: Accepted['events'] } => ({
  events: events.map((event) => answeredEvent(event)),
})

/** The same of a stream whose client must be known. */
const ofKnownClient = <S, C, Ev extends DomainEvent, R>(
  runtime: Runtime,
  clientId: string,
  intent: Intent,
  aggregate: Aggregate<S, C, Ev, R>,
  stream: StreamName,
  command: C,
): Handled =>
  pipe(
    runtime.executor.execute(aggregate, stream, intent, ({ state }) =>
      pipe(
        knownCustomer(runtime, { kind: 'client', id: clientId }),
        TE.chainW(() => settle(aggregate.decider.decide(command)(state))),
      ),
    ),
    TE.chainW((executed) => warned(runtime, executed)),
  )

const knownCustomer = ({ executor }: Runtime, payer: Payer) =>
  pipe(
    executor.load(customer, customerStream(payer)),
    TE.chainW(({ state }) => (state === null ? refuse({ _tag: 'UnknownCustomer', customer: payer }) : TE.right(state))),
  )

const assignPayer = (runtime: Runtime, command: CommandOf<'AssignPayer'>, intent: Intent): Handled => {
  const client: Payer = { kind: 'client', id: command.data.clientId }
  const { payer } = command.data
  // Looked up before the client's turn: two clients who come to pay for each other must not wait for one another.
  return pipe(
    payerKey(payer) === payerKey(client)
      ? TE.right(true)
      : pipe(
          runtime.executor.load(customer, customerStream(payer)),
          TE.map(({ state }) => state !== null),
        ),
    TE.chainW((payerKnown) => plain(runtime, customer, customerStream(client), intent, { ...command, payerKnown })),
  )
}

// --- facts, which are never refused because of an invoice

/** Recorded as it happened; when its item is on an invoice, or came onto one at that moment, the answer says so. */
const fact = <S, C, Ev extends DomainEvent, R>(
  runtime: Runtime,
  aggregate: Aggregate<S, C, Ev, R>,
  stream: StreamName,
  intent: Intent,
  command: C,
): Handled =>
  pipe(
    runtime.executor.execute(aggregate, stream, intent, ({ state }) =>
      settle(aggregate.decider.decide(command)(state)),
    ),
    TE.chainW((executed) => warned(runtime, executed)),
  )

/**
 * Of a fact and an invoice the one that came second tells of the other: here the fact, of the invoices that its item or visit was on
 * by then; an invoice that came after it sees it in `metFacts`. So a repeated command is answered as the first time.
 */
const warned = (runtime: Runtime, executed: Executed): Handled => {
  const [recorded] = executed.events
  return pipe(
    recorded === undefined ? TE.right([]) : (executed.repeated ? invoicesThen : invoicesNow)(runtime, recorded),
    TE.map((numbers) => {
      const warnings = [...new Set(numbers)].map(
        (invoiceNumber): Warning => ({ _tag: 'AlreadyInvoiced', invoiceNumber }),
      )
      return warnings.length === 0 ? told(executed) : { ...told(executed), warnings }
    }),
  )
}

/** What the item of a fact or an edit claims. */
const claimsOf = ({ stream, data: { bookingId } }: RecordedEvent): ReadonlyArray<string> =>
  claimKeys({ itemId: stream.replace('/', ':'), ...(typeof bookingId === 'string' ? { bookingId } : {}) })

// The ledger is read after the append: read before it, a registration in between would go unnoticed. What came after the append
// counts as little as it will when the command is repeated.
const invoicesNow = (runtime: Runtime, recorded: RecordedEvent): Operation<ReadonlyArray<string>> =>
  pipe(
    runtime.executor.load(ledger, LEDGER_STREAM),
    TE.chainW(({ state, revision }) => {
      const claims = claimsOf(recorded)
      if (!claims.some((key) => state.claims.has(key) || state.released.has(key))) return TE.right([])
      const numbers = invoicesOn(state, claims)
      return pipe(
        runtime.store.read(LEDGER_STREAM, revision - 1n, 1),
        TE.chainW(([last]) =>
          last !== undefined && last.position > recorded.position ? invoicesThen(runtime, recorded) : TE.right(numbers),
        ),
      )
    }),
  )

const invoicesThen = (runtime: Runtime, recorded: RecordedEvent): Operation<ReadonlyArray<string>> =>
  pipe(
    eventsAbout(runtime, claimsOf(recorded).map(idOfClaim), recorded.position),
    TE.chainEitherKW((events) =>
      E.sequenceArray(events.filter(({ stream }) => stream === LEDGER_STREAM).map(ledger.codec.decode)),
    ),
    TE.map((events) => invoicesOn(ledger.decider.fold(ledger.decider.initial(), events), claimsOf(recorded))),
  )

const idOfClaim = (key: string): string => key.slice(key.indexOf(':') + 1)

/** The invoices that claims are on, as far as not credited. */
const invoicesOn = ({ claims }: Ledger, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.flatMap((key) => {
    const claim = claims.get(key)
    return claim === undefined || claim.credited ? [] : [claim.invoiceNumber]
  })

// --- edits, which an invoice forbids

const uninvoiced = <S, C, Ev extends DomainEvent, R>(
  runtime: Runtime,
  aggregate: Aggregate<S, C, Ev, R>,
  stream: StreamName,
  intent: Intent,
  itemId: ItemId,
  bookingIdOf: (state: S) => string | undefined,
  decide: (state: S) => E.Either<R, ReadonlyArray<Ev>>,
): Handled => {
  const decision = ({ state }: Loaded<S>): Decided<Ev> => {
    const changes = decide(state)
    if (E.isLeft(changes)) return refuse(changes.left)
    const bookingId = bookingIdOf(state)
    const claims = claimKeys({ itemId, ...(bookingId === undefined ? {} : { bookingId }) })
    return pipe(
      runtime.executor.load(ledger, LEDGER_STREAM),
      TE.chainW((loaded) => {
        const claim = claims.map((key) => loaded.state.claims.get(key)).find((found) => found !== undefined)
        return claim === undefined
          ? settle(changes)
          : refuse({ _tag: 'AlreadyInvoiced', items: [itemId], invoiceNumber: claim.invoiceNumber })
      }),
    )
  }
  return pipe(
    runtime.executor.execute(aggregate, stream, intent, decision),
    TE.chainW((executed) => warned(runtime, executed)),
  )
}

const edit = (
  runtime: Runtime,
  command: CommandOf<'ChangeLine' | 'ExcludeItem' | 'IncludeItem'>,
  intent: Intent,
): Handled => {
  const { itemId } = command.data
  const id = itemId.slice(itemId.indexOf(':') + 1)
  if (itemId.startsWith('booking:'))
    return uninvoiced(runtime, booking, bookingStream(id), intent, itemId, () => id, booking.decider.decide(command))
  if (itemId.startsWith('journalEntry:'))
    return uninvoiced(
      runtime,
      journalEntry,
      journalEntryStream(id),
      intent,
      itemId,
      (state) => state?.bookingId,
      journalEntry.decider.decide(command),
    )
  return uninvoiced(runtime, line, lineStream(id), intent, itemId, () => undefined, line.decider.decide(command))
}

const addLine = (runtime: Runtime, command: CommandOf<'AddLine'>, intent: Intent): Handled => {
  const { lineId, payer, clientId } = command.data
  const data = { ...command.data, date: command.data.date ?? localDate(intent.at, runtime.timeZone) }
  return pipe(
    runtime.executor.execute(line, lineStream(lineId), intent, ({ state }) =>
      pipe(
        knownCustomer(runtime, payer),
        TE.chainW(() =>
          clientId === undefined
            ? TE.right(undefined)
            : TE.map(() => undefined)(knownCustomer(runtime, { kind: 'client', id: clientId })),
        ),
        TE.chainW(() => settle(line.decider.decide({ type: 'AddLine', data })(state))),
      ),
    ),
    TE.map(told),
  )
}

// --- registration: candidates from the read models at the log's end, claimed in the ledger

/** The underlag as it is now, caught up to the log's end. */
export const readUnderlag = (
  runtime: Runtime,
  payers: 'all' | ReadonlyArray<Payer>,
  items: ReadonlyArray<ItemId>,
  day: string,
): Operation<Reading & { readonly position: Position }> =>
  pipe(
    sync(runtime, [settingsView, customersView, visits]),
    TE.chain(
      (position) => async () =>
        E.map((reading: Reading) => ({ ...reading, position }))(
          await read(runtime, readModelSource(runtime), { payers, items, today: day }),
        ),
    ),
  )

/**
 * What a draft was made of beside its items: settings, and who pays for whom under which name. A fact that meets it is a conflict and is
 * shown; a setting that was recorded before it has to be in it.
 */
const madeBy = (drafts: ReadonlyArray<Draft>, position: Position): DecidedBy => {
  const payers = drafts.map(({ payer }) => payer)
  const clients = drafts.flatMap(({ lines }) =>
    lines.flatMap(
      ({ clientId }): ReadonlyArray<Payer> => (clientId === null ? [] : [{ kind: 'client', id: clientId }]),
    ),
  )
  return { streams: new Set([SETTINGS_STREAM, ...[...payers, ...clients].map(customerStream)]), position }
}

/** What is registered now looks as the theme in force now says, whenever it is rendered. */
const themed = <D extends Draft | CreditDraft>({ theme }: Runtime, draft: D): D =>
  theme === undefined ? draft : { ...draft, theme: theme.sha256 }

/** Draft of one payer's invoice as of now. */
export const planInvoice = (runtime: Runtime, request: RegistrationRequest, day: string) =>
  pipe(
    readUnderlag(runtime, [request.payer], request.items ?? [], day),
    TE.map(({ context, position }) =>
      pipe(
        draftInvoice(request, context),
        E.map((draft) => ({ draft: themed(runtime, draft), by: madeBy([draft], position) })),
      ),
    ),
  )

/** Drafts of many payers' invoices as of now. */
export const planInvoices = (runtime: Runtime, request: BulkRequest, day: string) =>
  pipe(
    readUnderlag(runtime, request.payers, [], day),
    TE.map((reading) =>
      pipe(
        draftInvoices(request, everyPayer(reading), reading.context),
        E.map(({ drafts, refused }) => ({
          drafts: drafts.map((draft) => themed(runtime, draft)),
          refused,
          by: madeBy(drafts, reading.position),
        })),
      ),
    ),
  )

const everyPayer = ({ visits: found, context }: Reading): ReadonlyArray<Payer> => {
  const payers = new Map<string, Payer>()
  for (const visit of found) {
    const ids = [visit.booking?.clientId, ...(visit.entries ?? []).map(({ clientId }) => clientId)]
    for (const id of ids)
      if (id !== undefined) for (const { payer } of context.payersOf(id)) payers.set(payerKey(payer), payer)
    for (const id of ids) if (id !== undefined) payers.set(`client:${id}`, { kind: 'client', id })
    if (visit.line !== undefined) payers.set(payerKey(visit.line.payer), visit.line.payer)
  }
  return [...payers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, payer]) => payer)
}

const registerInvoice = (runtime: Runtime, request: RegistrationRequest, intent: Intent): Handled => {
  const day = localDate(intent.at, runtime.timeZone)
  return pipe(
    runtime.executor.execute(
      ledger,
      LEDGER_STREAM,
      intent,
      ({ state }: Loaded<Ledger>): Planned<LedgerEvent> =>
        pipe(
          keepTheme(runtime),
          TE.chainW(() => planInvoice(runtime, request, day)),
          TE.chainW((plan) =>
            E.isLeft(plan)
              ? refuse(plan.left)
              : pipe(
                  settle(ledger.decider.decide({ type: 'RegisterInvoice', draft: plan.right.draft })(state)),
                  TE.map((events) => ({ events, by: plan.right.by })),
                ),
          ),
        ),
    ),
    TE.chainW((executed) => registered(runtime, executed)),
  )
}

const registerInvoices = (runtime: Runtime, request: BulkRequest, intent: Intent): Handled => {
  const day = localDate(intent.at, runtime.timeZone)
  let refusedNow: ReadonlyArray<PayerRefused> = []
  return pipe(
    runtime.executor.execute(
      ledger,
      LEDGER_STREAM,
      intent,
      ({ state }: Loaded<Ledger>): Planned<LedgerEvent> =>
        pipe(
          keepTheme(runtime),
          TE.chainW(() => planInvoices(runtime, request, day)),
          TE.chainW((plan): Planned<LedgerEvent> => {
            if (E.isLeft(plan)) return refuse(plan.left)
            const { drafts, refused, by } = plan.right
            refusedNow = refused
            return pipe(
              settle(ledger.decider.decide({ type: 'RegisterInvoices', drafts, refused })(state)),
              TE.map((events) => ({ events, by })),
            )
          }),
        ),
    ),
    TE.chainW((executed) =>
      pipe(
        registered(runtime, executed),
        TE.map((answer) => {
          const stored = executed.events.find(({ type }) => type === 'InvoicesRefused')
          const refusedPayers =
            stored === undefined
              ? executed.repeated
                ? []
                : refusedNow
              : (stored.data as unknown as { refused: ReadonlyArray<PayerRefused> }).refused
          return {
            ...answer,
            events: answer.events.filter(({ type }) => type !== 'InvoicesRefused'),
            refused: refusedPayers,
            ...(answer.warnings === undefined
              ? {}
              : { warnings: answer.warnings.map((warning) => withPayer(warning, executed.events)) }),
          }
        }),
      ),
    ),
  )
}

const withPayer = (warning: Warning, events: ReadonlyArray<RecordedEvent>): Warning => {
  if (warning._tag !== 'PriceMissing' && warning._tag !== 'Conflict') return warning
  const of = events
    .filter(({ type }) => type === 'InvoiceRegistered')
    .map(({ data }) => data as unknown as RegisteredInvoice)
    .find(({ leftOut, invoiceNumber }) =>
      warning._tag === 'PriceMissing' ? leftOut === warning.items : invoiceNumber === warning.invoiceNumber,
    )
  return of === undefined ? warning : { ...warning, payer: of.payer }
}

/** The answer of a registration: each invoice whole, items left out for want of a price, and facts that met it at that moment. */
const registered = (runtime: Runtime, executed: Executed): Handled => {
  const invoices = executed.events.filter(({ type }) => type === 'InvoiceRegistered')
  const unpriced = invoices.flatMap((event): ReadonlyArray<Warning> => {
    const { leftOut } = event.data as unknown as RegisteredInvoice
    return leftOut === undefined ? [] : [{ _tag: 'PriceMissing', items: leftOut }]
  })
  return pipe(
    invoices.length === 0 ? TE.right([]) : metFacts(runtime, executed, invoices),
    TE.map((conflicts) => {
      const warnings = [...unpriced, ...conflicts]
      return {
        events: executed.events.map((event) => answeredEvent(event, shown(event, runtime.timeZone))),
        ...(warnings.length === 0 ? {} : { warnings }),
      }
    }),
  )
}

/** An invoice as it stood on the day of the command, however late that is repeated. */
const shown = ({ type, data, metadata }: RecordedEvent, timeZone: TimeZone): object => {
  if (type !== 'InvoiceRegistered' && type !== 'InvoiceCredited') return data
  const invoice = data as unknown as IssuedInvoice
  return standing(invoice, asIssued, localDate(metadata.at, timeZone))
}

// The items are looked at again after the append: a fact written in between saw no invoice, so this side has to see the fact.
// What came after the append has itself seen the invoice, and is no part of this answer, however late a repeated command asks.
const metFacts = (
  runtime: Runtime,
  { events, repeated }: Executed,
  invoices: ReadonlyArray<RecordedEvent>,
): Operation<ReadonlyArray<Warning>> => {
  const numbers = new Set(invoices.map(({ data }) => data.invoiceNumber))
  const end = events.at(-1)?.position ?? 0n
  return pipe(
    sync(runtime, [visits]),
    TE.chain(() => (repeated ? touchedSince(runtime, invoices) : contradictedNow(runtime, numbers))),
    TE.chain((items) => TE.sequenceSeqArray([...items].sort().map((itemId) => conflictsOfThen(runtime, itemId, end)))),
    TE.map((conflicts) =>
      conflicts
        .flat()
        .filter(({ invoiceNumber }) => numbers.has(invoiceNumber))
        .map(({ itemId, invoiceNumber, reason }): Warning => ({ _tag: 'Conflict', itemId, invoiceNumber, reason })),
    ),
  )
}

const contradictedNow = (
  { readModels, timeZone }: Runtime,
  numbers: ReadonlySet<unknown>,
): Operation<ReadonlyArray<ItemId>> =>
  pipe(
    readModels.find(visits.table, 'conflict'),
    TE.map((found) =>
      [...found.values()]
        .flatMap((visit) => conflictsOf(visit as never, timeZone))
        .filter(({ invoiceNumber }) => numbers.has(invoiceNumber))
        .map(({ itemId }) => itemId),
    ),
  )

/** The items of invoices to whose visits anything happened that the invoices had not seen: a conflict of then may be over by now. */
const touchedSince = (
  { readModels }: Runtime,
  invoices: ReadonlyArray<RecordedEvent>,
): Operation<ReadonlyArray<ItemId>> => {
  const lines = invoices.flatMap(({ data }) => (data as unknown as IssuedInvoice).lines)
  const visitOf = (line: InvoiceLine): string => claimKeys(line).at(-1) ?? line.itemId
  return pipe(
    readModels.get(visits.table, [...new Set(lines.map(visitOf))]),
    TE.map((found) =>
      lines
        .filter((line) => {
          const visit = (found.get(visitOf(line)) ?? {}) as Visit
          const revision = sourceOf(visit, line.itemId)?.revision ?? 0
          return revision > line.sourceRevision || (visitOf(line) !== line.itemId && (visit.booking?.revision ?? 0) > 0)
        })
        .map(({ itemId }) => itemId),
    ),
  )
}

/** The conflicts of an item's visit as they were at a position. */
const conflictsOfThen = (
  runtime: Runtime,
  itemId: ItemId,
  end: Position,
): Operation<ReadonlyArray<UnderlagConflict>> => {
  const about = (ids: ReadonlyArray<string>) => eventsAbout(runtime, ids, end + 1n)
  return pipe(
    about([itemId, idOfClaim(itemId)]),
    // Of a journal entry: also what became of its booking.
    TE.chain((own) => {
      const bookings = own.flatMap(({ data }) => (typeof data.bookingId === 'string' ? [data.bookingId] : []))
      return about([...new Set([itemId, idOfClaim(itemId), ...bookings])])
    }),
    TE.map((events) => {
      const documents = new Map<string, Json>()
      for (const event of events)
        for (const key of visits.keys(event)) {
          const document = visits.evolve(documents.get(key), event, key)
          if (document !== undefined) documents.set(key, document)
        }
      return [...documents.values()]
        .flatMap((visit) => ('visit' in (visit as object) ? [] : conflictsOf(visit as never, runtime.timeZone)))
        .filter((conflict) => conflict.itemId === itemId)
    }),
  )
}

// --- what becomes of an invoice

const invoiceAt = ({ store, sealing }: Runtime, revision: number): Operation<IssuedInvoice> =>
  pipe(
    store.read(LEDGER_STREAM, BigInt(revision) - 1n, 1),
    TE.chain((events) => sealing.openEvents(events)),
    TE.map(([event]) => event?.data as unknown as IssuedInvoice),
  )

/** The credit note that a request comes to as of now. */
export const planCredit = (
  runtime: Runtime,
  state: Ledger,
  request: CommandOf<'CreditInvoice'>['data'],
  day: string,
): Operation<E.Either<Refusal, CreditDraft>> => {
  const entry = state.entries.get(request.invoiceNumber)
  if (entry === undefined)
    return TE.right(E.left({ _tag: 'UnknownInvoice' as const, invoiceNumber: request.invoiceNumber }))
  const notes = entry.creditedBy.flatMap((number) => state.entries.get(number)?.revision ?? [])
  return pipe(
    TE.sequenceSeqArray([entry.revision, ...notes].map((revision) => invoiceAt(runtime, revision))),
    TE.map(([invoice, ...issuedNotes]) => {
      const draft = draftCredit(request, invoice as IssuedInvoice, issuedNotes, day, TEMPLATE_VERSION)
      if (E.isLeft(draft)) return E.left({ ...draft.left })
      const note = themed(runtime, { ...draft.right, ...placed(runtime.deliveries) })
      const { delivery } = note
      const reasons = whyNotDeliverable(delivery, note, runtime.deliveries)
      return reasons.length === 0 ? E.right(note) : E.left({ _tag: 'DeliveryNotPossible' as const, delivery, reasons })
    }),
  )
}

const creditInvoice = (runtime: Runtime, command: CommandOf<'CreditInvoice'>, intent: Intent): Handled => {
  const day = localDate(intent.at, runtime.timeZone)
  return pipe(
    runtime.executor.execute(
      ledger,
      LEDGER_STREAM,
      intent,
      ({ state }: Loaded<Ledger>): Decided<LedgerEvent> =>
        pipe(
          keepTheme(runtime),
          TE.chainW(() => planCredit(runtime, state, command.data, day)),
          TE.chainW((draft) =>
            E.isLeft(draft)
              ? refuse(draft.left)
              : settle(ledger.decider.decide({ type: 'CreditInvoice', draft: draft.right })(state)),
          ),
        ),
    ),
    TE.map((executed) => ({
      events: executed.events.map((event) => answeredEvent(event, shown(event, runtime.timeZone))),
    })),
  )
}

const recordPayment = (runtime: Runtime, { data }: CommandOf<'RecordPayment'>, intent: Intent): Handled =>
  pipe(
    runtime.executor.load(ledger, LEDGER_STREAM),
    TE.chainW(({ state }) => {
      const number = data.invoiceNumber ?? state.ocrs.get(data.ocr ?? '')
      const entry = number === undefined ? undefined : state.entries.get(number)
      if (entry === undefined)
        return refuse({
          _tag: 'UnknownInvoice',
          ...(data.invoiceNumber === undefined ? { ocr: data.ocr } : { invoiceNumber: data.invoiceNumber }),
        })
      const { invoiceNumber, sequence, kind } = entry
      if (kind === 'creditNote') return refuse({ _tag: 'NotPayable', invoiceNumber })
      const { amount, receivedOn, reference } = data
      return plain(runtime, payment, paymentStream(sequence), intent, {
        type: 'RecordPayment',
        data: { invoiceNumber, sequence, amount, receivedOn, reference },
      })
    }),
  )

const sendInvoice = (runtime: Runtime, { data }: CommandOf<'SendInvoice'>, intent: Intent): Handled =>
  pipe(
    runtime.executor.load(ledger, LEDGER_STREAM),
    TE.chainW(({ state }) => {
      const entry = state.entries.get(data.invoiceNumber)
      return entry === undefined
        ? refuse({ _tag: 'UnknownInvoice', invoiceNumber: data.invoiceNumber })
        : pipe(
            invoiceAt(runtime, entry.revision),
            TE.map((invoice) => ({ invoice, sequence: entry.sequence })),
          )
    }),
    TE.chainW(({ invoice, sequence }) =>
      requestDelivery(
        runtime,
        { sequence, invoiceNumber: data.invoiceNumber, delivery: data.delivery },
        invoice.delivery,
        intent,
        () => {
          const reasons = whyNotDeliverable(data.delivery, invoice, runtime.deliveries)
          return reasons.length === 0 ? undefined : { _tag: 'DeliveryNotPossible', delivery: data.delivery, reasons }
        },
      ),
    ),
    TE.map((executed) => {
      // As it was known then, so that a repeated command is answered the same.
      const underWay = executed.events.flatMap(({ data }) => (data.underWay ?? []) as ReadonlyArray<string>)
      const warnings = underWay.map((deliveryId): Warning => ({ _tag: 'DeliveryUnderWay', deliveryId }))
      return { ...told(executed), ...(warnings.length === 0 ? {} : { warnings }) }
    }),
  )
