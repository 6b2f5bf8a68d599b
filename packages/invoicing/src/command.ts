import { oneOf, problems, Refined, record, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { BulkRequest, RegistrationRequest } from './basis/registration.js'
import { type CustomerCommand, ShowAs } from './customer/customer.js'
import { type BookingCommand, PaymentMethod } from './item/booking.js'
import type { JournalEntryCommand } from './item/journal-entry.js'
import type { LineFacts } from './item/line.js'
import type { CreditRequest } from './ledger/credit.js'
import { DeliveryChannel, ItemId } from './ledger/invoice.js'
import type { NumberSeries } from './ledger/ledger.js'
import { InvoicingBasis, type SettingsCommand } from './settings/settings.js'
import { Percent, Quantity } from './values/decimal.js'
import { Id } from './values/identifiers.js'
import { isInReach, Money, Price } from './values/money.js'
import {
  Address,
  ElectronicAddress,
  Email,
  LanguageTag,
  LineOfText,
  Paragraph,
  Payer,
  payerKey,
} from './values/party.js'
import { Instant, LocalDate } from './values/time.js'
import { Vat } from './values/vat.js'

/** `payer` may be left out of nothing: who pays is always said. `date` of a line: the day of the command where absent. */
export type AddLine = Omit<LineFacts, 'date' | 'description'> & {
  readonly date?: LocalDate
  readonly description: string
}

export interface RecordPayment {
  readonly invoiceNumber?: string
  readonly ocr?: string
  readonly amount: Money
  readonly receivedOn: LocalDate
  readonly reference: string
}

/** Everything a host can say, by type, with its data. */
export type CommandData = {
  [C in SettingsCommand as C['type']]: C['data']
} & {
  [C in CustomerCommand as C['type']]: C['data']
} & {
  [C in BookingCommand | JournalEntryCommand as C['type']]: C['data']
} & {
  readonly AddLine: AddLine
  readonly RemoveLine: { readonly lineId: Id }
  readonly SetNumberSeries: NumberSeries
  readonly RegisterInvoice: RegistrationRequest
  readonly RegisterInvoices: BulkRequest
  readonly SendInvoice: { readonly invoiceNumber: string; readonly delivery: DeliveryChannel }
  readonly CreditInvoice: CreditRequest
  readonly RecordPayment: RecordPayment
}

export type CommandType = keyof CommandData

/** A command as a host sends it: `data` by its type. */
export type Command = {
  [Type in CommandType]: {
    readonly type: Type
    readonly commandId: string
    readonly actor?: string
    /** When it happened for the business; default: now. */
    readonly at?: Instant
    readonly correlationId?: string
    readonly causationId?: string
    readonly data: CommandData[Type]
  }
}[CommandType]

const Reference = text(
  'text of 1 to 64 characters on one line',
  /^[^\n\r\t]{1,64}$/u,
  (value) => value.trim() !== '',
  true,
)
const InvoiceNumber = text('an invoice number', /^[A-Za-z0-9_.:-]{1,80}$/)
const Bool = new Refined('true or false', (u): u is boolean => typeof u === 'boolean')
const Days = new Refined(
  'a whole number of days from 0 to 365',
  (u): u is number => Number.isInteger(u) && (u as number) >= 0 && (u as number) <= 365,
)
const FirstNumber = new Refined(
  'a whole number from 1 to 999999999999',
  (u): u is number => Number.isSafeInteger(u) && (u as number) >= 1 && (u as number) < 1e12,
)
const Prefix = text('up to 16 of the characters A-Z a-z 0-9 _ . : -', /^[A-Za-z0-9_.:-]{0,16}$/)
const Positive = text(
  'a decimal string above "0" with at most three decimals, such as "1" or "1.5"',
  /^(?!0+(\.0+)?$)/,
  (value) => Quantity.is(value) && !value.startsWith('-'),
)
const Number_ = text('text of 1 to 30 characters', /^[^\n\r\t]{1,30}$/u, undefined, true)

const orNull = <A>(codec: t.Type<A, unknown, unknown>): t.Type<A | null, unknown, unknown> => {
  const name = `${codec.name}, or null`
  const is = (u: unknown): u is A | null => u === null || codec.is(u)
  if (codec instanceof Refined) return new Refined(name, is, codec.personal)
  return new t.Type(name, is, (u, context) => (u === null ? t.success(null) : codec.validate(u, context)), t.identity)
}

/** A list of at least one, without anything twice. */
const several = <A>(
  codec: t.Type<A, unknown, unknown>,
  what: string,
  keyOf: (a: A) => string,
): t.Type<ReadonlyArray<A>, unknown, unknown> => {
  const list = t.readonlyArray(codec)
  const distinct = new Refined(
    `a list of one or more ${what}, none named twice`,
    (u): u is ReadonlyArray<A> => list.is(u) && u.length > 0 && new Set(u.map(keyOf)).size === u.length,
    true,
  )
  return new t.Type(
    distinct.name,
    distinct.is,
    (u, context) => {
      const decoded = list.validate(u, context)
      return E.isRight(decoded) && !distinct.is(u)
        ? t.failure(u, [...context.slice(0, -1), { key: context.at(-1)?.key ?? '', type: distinct }])
        : decoded
    },
    t.identity,
  )
}

/** The codec with one more thing that must hold of the whole; the problem is told at `field`. */
const where = <A>(
  codec: t.Type<A, unknown, unknown>,
  field: string,
  remedy: string,
  holds: (a: A) => boolean,
): t.Type<A, unknown, unknown> =>
  new t.Type(
    codec.name,
    (u): u is A => codec.is(u) && holds(u),
    (u, context) => {
      const decoded = codec.validate(u, context)
      if (E.isLeft(decoded) || holds(decoded.right)) return decoded
      return t.failure(
        (u as Record<string, unknown>)[field],
        t.appendContext(context, field, new Refined(remedy, (_u): _u is unknown => false, true)),
      )
    },
    t.identity,
  )

const none = record({})
const booking = { bookingId: Id }
const treatmentPrice = { name: LineOfText, price: Price, vat: Vat }
const clientFields = {
  personalIdentityNumber: Number_,
  address: Address,
  email: Email,
  language: LanguageTag,
  eInvoice: ElectronicAddress,
}
const companyFields = {
  organisationNumber: Number_,
  vatNumber: Number_,
  email: Email,
  language: LanguageTag,
  buyerReference: LineOfText,
  eInvoice: ElectronicAddress,
}
const nullable = <P extends Record<string, t.Mixed>>(fields: P) =>
  Object.fromEntries(Object.entries(fields).map(([key, codec]) => [key, orNull(codec)]))
const dates = { until: LocalDate, invoiceDate: LocalDate, dueDate: LocalDate }
const noOlderDueDate = { field: 'dueDate', remedy: 'on or after invoiceDate' }
const dueInOrder = ({ invoiceDate, dueDate }: { invoiceDate?: string; dueDate?: string }): boolean =>
  invoiceDate === undefined || dueDate === undefined || dueDate >= invoiceDate

/** The codec of each command's data. */
export const commandData: { readonly [Type in CommandType]: t.Type<CommandData[Type], unknown, unknown> } = {
  ActivateInvoicing: none,
  DeactivateInvoicing: none,
  SetInvoicingBasis: record({ basis: InvoicingBasis }),
  SetSeller: record(
    {
      name: LineOfText,
      organisationNumber: Number_,
      address: Address,
      email: Email,
      fSkatt: Bool,
      paymentTermsDays: Days,
      pricesIncludeVat: Bool,
    },
    {
      vatNumber: Number_,
      bankgiro: Number_,
      plusgiro: Number_,
      swish: Number_,
      wholeKronor: Bool,
      ocr: oneOf('mod10', 'mod10WithLength'),
    },
  ),
  SetNumberSeries: record({ firstNumber: FirstNumber }, { prefix: Prefix }),
  SetTreatmentTypePrice: record({ treatmentTypeId: Id, ...treatmentPrice }, { validFrom: LocalDate }),
  SetContactTypePrice: record({ contactTypeId: Id, ...treatmentPrice }, { validFrom: LocalDate }),
  HideContactType: record({ contactTypeId: Id }),
  ShowContactType: record({ contactTypeId: Id }),
  RegisterClient: record({ clientId: Id, name: LineOfText }, clientFields),
  ChangeClient: record({ clientId: Id }, { name: LineOfText, ...nullable(clientFields) }) as t.Type<
    CommandData['ChangeClient'],
    unknown,
    unknown
  >,
  RegisterCompany: record({ companyId: Id, name: LineOfText, address: Address }, companyFields),
  ChangeCompany: record(
    { companyId: Id },
    { name: LineOfText, address: Address, ...nullable(companyFields) },
  ) as t.Type<CommandData['ChangeCompany'], unknown, unknown>,
  AssignPayer: record({ clientId: Id, payer: Payer }, { validFrom: LocalDate, reference: Reference, showAs: ShowAs }),
  RecordBooking: record(
    { ...booking, clientId: Id, treatmentTypeId: Id, startsAt: Instant },
    { practitioner: LineOfText },
  ),
  RescheduleBooking: record({ ...booking, startsAt: Instant }),
  CancelBooking: record(booking),
  MarkBookingPaid: record({ ...booking, method: PaymentMethod }, { note: Paragraph }),
  MarkBookingUnpaid: record(booking),
  RecordJournalEntry: record(
    { journalEntryId: Id, clientId: Id, contactTypeId: Id, occurredAt: Instant },
    { practitioner: LineOfText, bookingId: Id },
  ),
  RemoveJournalEntry: record({ journalEntryId: Id }),
  ChangeLine: record(
    { itemId: ItemId },
    {
      price: orNull(Price),
      vat: orNull<Vat>(Vat),
      quantity: orNull(Quantity),
      description: orNull(LineOfText),
      discountPercent: orNull(Percent),
    },
  ),
  AddLine: record(
    { lineId: Id, payer: Payer, description: LineOfText, quantity: Quantity, price: Price, vat: Vat },
    { clientId: Id, date: LocalDate },
  ),
  RemoveLine: record({ lineId: Id }),
  ExcludeItem: record({ itemId: ItemId }),
  IncludeItem: record({ itemId: ItemId }),
  RegisterInvoice: where(
    where(
      record(
        { payer: Payer, delivery: DeliveryChannel },
        { items: several(ItemId, 'item ids', (id) => id), ...dates, reference: LineOfText, message: Paragraph },
      ),
      'until',
      'left out where items are named',
      ({ items, until }) => items === undefined || until === undefined,
    ),
    noOlderDueDate.field,
    noOlderDueDate.remedy,
    dueInOrder,
  ),
  RegisterInvoices: where(
    record(
      {
        payers: new t.Type<'all' | ReadonlyArray<Payer>, unknown, unknown>(
          '"all" or a list of payers',
          (u): u is 'all' | ReadonlyArray<Payer> => u === 'all' || payerList.is(u),
          (u, context) =>
            u === 'all' ? t.success(u) : Array.isArray(u) ? payerList.validate(u, context) : t.failure(u, context),
          t.identity,
        ),
        delivery: DeliveryChannel,
      },
      dates,
    ),
    noOlderDueDate.field,
    noOlderDueDate.remedy,
    dueInOrder,
  ),
  SendInvoice: where(
    record({ invoiceNumber: InvoiceNumber, delivery: DeliveryChannel }),
    'delivery',
    'email, letter, communication or eInvoice: there is nothing to send by none',
    ({ delivery }) => delivery !== 'none',
  ),
  CreditInvoice: record(
    { invoiceNumber: InvoiceNumber, reason: Paragraph, releaseItems: Bool },
    {
      lines: several(record({ itemId: ItemId }, { quantity: Positive }), 'lines', ({ itemId }) => itemId),
      delivery: DeliveryChannel,
    },
  ),
  RecordPayment: where(
    where(
      record(
        {
          amount: where(
            Money,
            'amount',
            'a whole number of öre other than 0, at most 1000000000000 either way',
            ({ amount }) => amount !== 0 && isInReach(amount),
          ),
          receivedOn: LocalDate,
          reference: LineOfText,
        },
        { invoiceNumber: InvoiceNumber, ocr: text('an OCR reference of 2 to 25 digits', /^\d{2,25}$/) },
      ),
      'invoiceNumber',
      'given, or ocr instead',
      ({ invoiceNumber, ocr }) => invoiceNumber !== undefined || ocr !== undefined,
    ),
    'ocr',
    'left out where invoiceNumber is given',
    ({ invoiceNumber, ocr }) => invoiceNumber === undefined || ocr === undefined,
  ),
}

const payerList = several(Payer, 'payers', payerKey)

/** Every command there is, in the order of the table. */
export const commandTypes = Object.keys(commandData) as ReadonlyArray<CommandType>

const CommandId = text('an id of 1 to 64 of the characters A-Z a-z 0-9 _ . : -', /^[A-Za-z0-9_.:-]{1,64}$/)
const Actor = text(CommandId.remedy, /^[A-Za-z0-9_.:-]{1,64}$/, undefined, true)
const CommandTypeCodec = new Refined(
  `a known command (one of ${commandTypes.join(', ')})`,
  (u): u is CommandType => typeof u === 'string' && Object.hasOwn(commandData, u),
)
const anything = new Refined('an object', (u): u is object => typeof u === 'object' && u !== null && !Array.isArray(u))
const envelope = { type: CommandTypeCodec, commandId: CommandId }
const optional = { actor: Actor, at: Instant, correlationId: CommandId, causationId: CommandId }
const dataless: ReadonlyArray<string> = ['ActivateInvoicing', 'DeactivateInvoicing']

export interface MalformedCommand {
  readonly _tag: 'MalformedCommand'
  readonly problems: ReadonlyArray<string>
}

/** Decodes what a host sent; every problem names the field and what it must be. */
export const decodeCommand = (input: unknown): E.Either<MalformedCommand, Command> => {
  const type = typeof input === 'object' && input !== null ? (input as { type?: unknown }).type : undefined
  const known = CommandTypeCodec.is(type)
  const codec = known
    ? dataless.includes(type)
      ? record(envelope, { ...optional, data: commandData[type] })
      : record({ ...envelope, data: commandData[type] }, optional)
    : record(envelope, { ...optional, data: anything })
  const decoded = codec.decode(input)
  return E.isLeft(decoded)
    ? E.left({ _tag: 'MalformedCommand', problems: problems(decoded.left) })
    : E.right({
        ...(decoded.right as object),
        data: (decoded.right as { data?: object }).data ?? {},
      } as unknown as Command)
}
