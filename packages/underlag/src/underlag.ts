import { randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import type { AccountsConfig } from '@underlag/bookkeeping'
import type { PaymentsFormat, UnusableFile } from '@underlag/bookkeeping/payments'
import type { Inbox } from '@underlag/channels/communication'
import { type MakeUbl, ublNotNow } from '@underlag/channels/e-invoice'
import { invoiceHtml, type PdfRenderer, pdfRenderer, type Theme, ublPreflight } from '@underlag/documents'
import type { UblNotPossible } from '@underlag/documents/ubl'
import {
  type Channel,
  DEFAULT_TIME_ZONE,
  type DeliveryChannel,
  type DeliveryStatus,
  decodeEvent,
  delivery,
  deliveryStream,
  type Invoice,
  type Settlement,
  type WebhookHeaders,
  type WebhookRefused,
} from '@underlag/invoicing'
import {
  type Clock,
  decided,
  executor,
  type Position,
  type Progress,
  rebuild,
  type StoreUnavailable,
  sealing,
  systemClock,
} from '@underlag/kernel'
import { openSqlite } from '@underlag/store-sqlite'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Answer, answeredEvent, type Refusal } from './commands/answer.js'
import { execute } from './commands/execute.js'
import { type ImportedPayments, type ImportOptions, importPayments } from './commands/import-payments.js'
import type { UnderlagConfig, UnusableConfig } from './config.js'
import { type ClientInbox, clientInbox } from './delivery/client-inbox.js'
import type { LogEntry } from './delivery/log.js'
import { type DeliverOptions, type DeliverySummary, deliver } from './delivery/process.js'
import { hearWebhook, type WebhookHeard } from './delivery/reports.js'
import { invoicePdf, processIntent } from './documents.js'
import { type EventStoreDBConnection, eventStoreDBPorts, filesOf, isEventStoreDB } from './event-store-db.js'
import type { Ports } from './ports.js'
import { type AuditEntry, type AuditQuery, audit } from './queries/audit.js'
import { type Basis, type BasisQuery, basis } from './queries/basis.js'
import { type DeliveryView, deliveries } from './queries/deliveries.js'
import { exportSie, type SieExport, type SieQuery } from './queries/export-sie.js'
import { type Health, health } from './queries/health.js'
import { type InvoicesQuery, invoice, invoices } from './queries/invoices.js'
import { type Preview, preview } from './queries/preview.js'
import { pdfWithUbl, ubl, ublToSend } from './queries/ubl.js'
import { type Verification, verify } from './queries/verify.js'
import { type Explanation, why } from './queries/why.js'
import { beginningOf, type Operation, projections, type Runtime, sync } from './runtime.js'
import { lookOf, themeOf } from './theme.js'
import { type WaysOut, waysOut } from './ways-out.js'

export interface UnderlagOptions {
  /** `sqlite:PATH`, a connection string of EventStoreDB, or ports of another store. */
  readonly store: `sqlite:${string}` | EventStoreDBConnection | Ports
  /** Default: `default`. */
  readonly tenant?: string
  readonly config?: UnderlagConfig
  /** Channels of the host's own beside those of the configuration. */
  readonly channels?: ReadonlyArray<Channel>
  /** The host's chat, for the channel `communication`. Default: the embedded inbox. */
  readonly inbox?: Inbox
  /** Where `{ "env": "NAME" }` is looked up. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
  readonly renderer?: PdfRenderer
  /** Called while the read models catch up with the log, batch by batch: on a new machine that takes a while. */
  readonly onProgress?: (progress: Progress) => void
  /** The structured log of the delivery process: outcomes and troubles, without personal data. */
  readonly log?: (entry: LogEntry) => void
  /** Whether a store that is not there is made. Default: true. */
  readonly create?: boolean
}

/**
 * The library as a host embeds it: one tenant of one store. Every function answers with a `TaskEither`; a `Left` means that it could
 * not be done now (the store, the browser), and that doing it again is safe. Close it when done.
 */
export interface Underlag {
  /** Carries out one command (see the command table); the answer means durable. Refusals are answers. */
  readonly execute: (command: unknown) => Operation<Answer>
  /** The underlag and its conflicts. */
  readonly basis: (query?: BasisQuery) => Operation<Basis>
  /** What RegisterInvoice, RegisterInvoices or CreditInvoice would register; stores nothing. */
  readonly preview: (command: unknown) => Operation<Preview>
  readonly invoices: (query?: InvoicesQuery) => Operation<ReadonlyArray<Invoice>>
  readonly invoice: (invoiceNumber: string) => Operation<O.Option<Invoice>>
  /** The stored PDF of an invoice, rendered the first time it is asked for. `none`: no such invoice, or erased. */
  readonly invoicePdf: (invoiceNumber: string) => Operation<O.Option<Uint8Array>>
  /** The same PDF with the UBL inside, or by rule what the UBL lacks. `none`: no such invoice, or erased. */
  readonly invoicePdfWithUbl: (invoiceNumber: string) => Operation<O.Option<E.Either<UblNotPossible, Uint8Array>>>
  readonly invoiceHtml: (invoiceNumber: string) => Operation<O.Option<string>>
  /** The invoice as Peppol BIS Billing 3.0 (UBL 2.1), or by rule what it lacks. `none`: no such invoice. */
  readonly invoiceUbl: (invoiceNumber: string) => Operation<O.Option<E.Either<UblNotPossible, string>>>
  /** Runs the delivery process until nothing is due, or with `watch` until the signal. */
  readonly deliver: (options?: DeliverOptions) => Operation<DeliverySummary>
  readonly deliveries: (status?: DeliveryStatus) => Operation<ReadonlyArray<DeliveryView>>
  /**
   * What a counterpart of `letter` or `eInvoice` tells afterwards, as it came in: recorded where it is genuine and new. Answer the
   * counterpart 401 or 400 where it is refused, 503 where it is `later`, else 204.
   */
  readonly deliveryWebhook: (
    delivery: DeliveryChannel,
    rawBody: Uint8Array,
    headers: WebhookHeaders,
  ) => Operation<E.Either<WebhookRefused, WebhookHeard>>
  /** The clients' side of `communication`: their messages, and their documents behind the host's login. */
  readonly clientInbox: ClientInbox
  /** What a person says became of a delivery in doubt. */
  readonly settleDelivery: (deliveryId: string, as: Settlement, actor?: string) => Operation<Answer>
  /** Records the payments of a bank's file by their OCR references; the same payment is recorded once, from however many files. */
  readonly importPayments: (
    format: PaymentsFormat,
    content: Uint8Array,
    options?: ImportOptions,
  ) => Operation<E.Either<UnusableFile, ImportedPayments>>
  /** Invoices, credit notes and payments as vouchers for a bookkeeping program: a file of SIE type 4I. `none`: there are none in the period. */
  readonly exportSie: (query?: SieQuery) => Operation<O.Option<SieExport>>
  readonly audit: (query?: AuditQuery) => Operation<ReadonlyArray<AuditEntry>>
  /** Why an item stands in the underlag as it does, or why an invoice says what it says. `none`: there is neither. */
  readonly why: (itemOrInvoice: string) => Operation<O.Option<Explanation>>
  /** Makes the read models anew from the log while the old ones serve; `name`: only that one. `none`: there is no such one. */
  readonly rebuild: (name?: string, onProgress?: (progress: Progress) => void) => Operation<O.Option<Position>>
  readonly verify: (onProgress?: (events: number) => void) => Operation<Verification>
  /** Resolves once the read models have seen the position, or everything there is. Queries do this by themselves. */
  readonly caughtUp: (position?: Position) => Operation<Position>
  /** How the store is, for whoever watches over the host. */
  readonly health: () => Operation<Health>
  readonly close: () => Promise<void>
}

/** Opens the library on a store. Nothing runs in the background: deliveries go out while `deliver` runs. */
export const openUnderlag = (options: UnderlagOptions): TE.TaskEither<StoreUnavailable | UnusableConfig, Underlag> => {
  const { config = {}, tenant = 'default', env = process.env, clock = systemClock, store } = options
  // Known once the store is open; nothing is sent before.
  let runtime: Runtime | undefined
  const makeUbl: MakeUbl = async (document) => {
    const made = runtime === undefined ? undefined : await ublToSend(runtime, document)()
    if (made === undefined || E.isLeft(made)) return ublNotNow
    return O.isSome(made.right) ? made.right.value : E.left({ reasons: [{ rule: 'erased', field: 'invoice' }] })
  }
  const around = {
    ...{ tenant, clock, env, makeUbl, inbox: options.inbox, channels: options.channels ?? [] },
    inboxFile: typeof store === 'string' ? `${localFiles(store, config)}.inbox` : undefined,
  }
  return pipe(
    TE.fromEither(waysOut(config, around)),
    TE.bindTo('ways'),
    TE.bindW('theme', () => themeOf(config)),
    TE.chainW(({ ways, theme }) =>
      pipe(
        isEventStoreDB(store)
          ? eventStoreDBPorts({ connection: store, config, env, create: options.create ?? true }, tenant)
          : typeof store === 'string'
            ? sqlitePorts(store.slice('sqlite:'.length), tenant, config, options.create ?? true)
            : TE.right(store),
        TE.map((ports) => {
          runtime = runtimeOn(ports, tenant, ways, theme, options)
          return underlagOn(runtime, ports, ways, config.bookkeeping?.accounts)
        }),
      ),
    ),
  )
}

/** The path that the files of this machine begin with. */
const localFiles = (store: string, config: UnderlagConfig): string =>
  isEventStoreDB(store) ? filesOf(config.eventStoreDB) : store.slice('sqlite:'.length)

const sqlitePorts = (
  path: string,
  tenant: string,
  { keys }: UnderlagConfig,
  create: boolean,
): TE.TaskEither<StoreUnavailable, Ports> =>
  pipe(
    keysAreThere(path, keys?.file ?? `${path}.keys`),
    TE.chain(() => openSqlite(path, { create, ...(keys === undefined ? {} : { keysPath: keys.file }) })),
    TE.map((store) => ({
      eventStore: store.eventStore(tenant),
      readModels: store.readModels(tenant),
      keys: store.keys(tenant),
      documents: store.documents(tenant),
      integrity: store.integrity,
      close: store.close,
    })),
  )

/**
 * A log that lost its content would begin anew with the number 1: keys are only ever made after it.
 * A store whose keys are elsewhere would read as if everybody had been erased, and take every repeated command for another.
 * Looked at before anything is opened to be written: a new key file beside it would hide that the old one is missing.
 */
const keysAreThere =
  (path: string, keysPath: string): TE.TaskEither<StoreUnavailable, void> =>
  async () => {
    const log = statSync(path, { throwIfNoEntry: false })
    if (log === undefined) return E.right(undefined)
    if (existsSync(keysPath))
      return log.isFile() && log.size === 0 && (statSync(keysPath, { throwIfNoEntry: false })?.size ?? 0) > 0
        ? E.left({
            _tag: 'StoreUnavailable',
            reason: `${path} is empty, and its key file ${keysPath} is not: the store was cut off or overwritten.`,
            remedy: 'Put back the last backup of it, or move both files away to begin anew.',
            transient: false,
          })
        : E.right(undefined)
    const looked = await openSqlite(path, { readOnly: true, keysPath })()
    // Whatever else is wrong with it is told by opening it.
    if (E.isLeft(looked)) return E.right(undefined)
    const { keysWereMissing, close } = looked.right
    await close()
    // Another process may have been making the store just then.
    return keysWereMissing && !existsSync(keysPath)
      ? E.left({
          _tag: 'StoreUnavailable',
          reason: `The key file ${keysPath} of ${path} is missing.`,
          remedy:
            'Put it back, or name its place as keys.file in the configuration. If it is lost for good, make an empty file there: what was sealed then reads as erased.',
          transient: false,
        })
      : E.right(undefined)
  }

const runtimeOn = (
  ports: Ports,
  tenant: string,
  ways: WaysOut,
  theme: Theme | undefined,
  options: UnderlagOptions,
): Runtime => {
  const { config = {}, clock = systemClock } = options
  const { channels } = ways
  const seal = sealing(tenant, ports.keys)
  const store = seal.events(ports.eventStore)
  const reading = {
    readModels: ports.readModels,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  }
  return {
    tenant,
    store,
    sealing: seal,
    executor: executor({ tenant, store, sealing: seal, clock, beginning: beginningOf({ store, ...reading }) }),
    ...reading,
    documents: seal.documents(ports.documents),
    renderer: options.renderer ?? pdfRenderer({ ...config.browser }),
    ...(theme === undefined ? {} : { theme }),
    channels: new Map(channels.map((channel) => [channel.name, channel])),
    deliveries: {
      configured: ['none', ...channels.map(({ name }) => name)],
      bulk: [...new Set([...BULK, ...(config.bulkDeliveries ?? [])])],
      ...(ways.addressPosition === undefined ? {} : { addressPosition: ways.addressPosition }),
      preflight: (delivery, document) => [
        ...(channels.find(({ name }) => name === delivery)?.preflight(document) ?? []),
        ...(delivery === 'eInvoice' ? ublPreflight(document).map(({ rule }) => rule) : []),
      ],
    },
    timeZone: config.timeZone ?? DEFAULT_TIME_ZONE,
    clock,
    ...(options.log === undefined ? {} : { log: options.log }),
  }
}

const underlagOn = (runtime: Runtime, ports: Ports, ways: WaysOut, accounts: AccountsConfig | undefined): Underlag => {
  const { store, renderer } = runtime
  return {
    execute: execute(runtime),
    basis: (query) => basis(runtime, query),
    preview: (command) => preview(runtime, command),
    invoices: (query) => invoices(runtime, query),
    invoice: (number) => invoice(runtime, number),
    invoicePdf: (number) =>
      pipe(
        invoice(runtime, number),
        TE.chain((found) =>
          O.isNone(found)
            ? TE.right(O.none)
            : pipe(invoicePdf(runtime, found.value), TE.map(O.map(({ bytes }) => bytes))),
        ),
      ),
    invoicePdfWithUbl: (number) =>
      pipe(
        invoice(runtime, number),
        TE.chain((found) => (O.isNone(found) ? TE.right(O.none) : pdfWithUbl(runtime, found.value))),
      ),
    invoiceUbl: (number) => ubl(runtime, number),
    invoiceHtml: (number) =>
      pipe(
        invoice(runtime, number),
        TE.chain((found) =>
          O.isNone(found)
            ? TE.right(O.none)
            : pipe(
                lookOf(runtime, found.value),
                TE.map((theme) => O.some(invoiceHtml(found.value, { theme }))),
              ),
        ),
      ),
    deliver: (deliverOptions) => deliver(runtime, deliverOptions),
    deliveries: (status) => deliveries(runtime, status),
    deliveryWebhook: (name, rawBody, headers) => hearWebhook(runtime, name, rawBody, headers),
    clientInbox: clientInbox(runtime, ways.inbox),
    settleDelivery: (id, as, actor) => settle(runtime, id, as, actor),
    importPayments: (format, content, importOptions) => importPayments(runtime, format, content, importOptions),
    exportSie: (query) => exportSie(runtime, accounts, query),
    audit: (query) => audit(runtime, query),
    why: (about) => why(runtime, about),
    rebuild: (name, onProgress) => {
      const chosen = projections.filter(({ table }) => name === undefined || table.name === name)
      return chosen.length === 0
        ? TE.right(O.none)
        : pipe(
            rebuild(store, ports.readModels, chosen, {
              decode: decodeEvent,
              ...(onProgress === undefined ? {} : { onProgress }),
            }),
            TE.map(O.some),
          )
    },
    verify: (onProgress) => verify(runtime, ports.integrity, onProgress),
    caughtUp: (position) => sync(runtime, projections, position),
    health: () => health(runtime, ports),
    close: async () => {
      await Promise.all([renderer.close(), ways.close()])
      await ports.close()
    },
  }
}

/** What a bulk registration may always use (rule 7). */
const BULK = ['none', 'email'] as const

const settle = (runtime: Runtime, deliveryId: string, as: Settlement, actor?: string): Operation<Answer> => {
  // A person's word, and never the library's own, also where they are not named.
  const { actor: _, ...own } = processIntent(runtime, `settle:${randomUUID()}`)
  const intent = {
    // What a person says is an intent each time: two who settle at once must not be taken for one.
    ...own,
    ...(actor === undefined ? {} : { actor }),
  }
  const answer = (refusal: Refusal): Answer => ({ commandId: intent.commandId, ok: false, refusal })
  if (!/^[1-9]\d*\.[1-9]\d*$/.test(deliveryId)) return TE.right(answer({ _tag: 'UnknownDelivery', deliveryId }))
  return pipe(
    runtime.executor.execute(delivery, deliveryStream(deliveryId), intent, ({ state }) =>
      decided(delivery.decider.decide({ type: 'Settle', data: { deliveryId, as } })(state)),
    ),
    TE.map(
      ({ events }): Answer => ({
        commandId: intent.commandId,
        ok: true,
        events: events.map((event) => answeredEvent(event)),
      }),
    ),
    TE.orElse((failure) =>
      failure._tag === 'Refused'
        ? failure.refusal._tag === 'UnknownDelivery'
          ? notBegun(runtime, deliveryId, answer)
          : TE.right(answer({ ...failure.refusal }))
        : failure._tag === 'CommandIdReused'
          ? TE.right(answer({ ...failure }))
          : TE.left(failure),
    ),
  )
}

/** A delivery has no stream before the process begins with it, and is listed all the same. */
const notBegun = (runtime: Runtime, deliveryId: string, answer: (refusal: Refusal) => Answer): Operation<Answer> =>
  pipe(
    deliveries(runtime),
    TE.map((all) => all.find((one) => one.deliveryId === deliveryId)),
    TE.map((known) =>
      answer(
        known === undefined
          ? { _tag: 'UnknownDelivery', deliveryId }
          : { _tag: 'NotInDoubt', deliveryId, status: known.status },
      ),
    ),
  )
