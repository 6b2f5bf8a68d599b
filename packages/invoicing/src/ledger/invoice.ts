import { listOf, oneOf, Refined, record } from '@underlag/kernel'
import * as t from 'io-ts'
import { Percent, Quantity } from '../values/decimal.js'
import { Id } from '../values/identifiers.js'
import { Money } from '../values/money.js'
import { Address, ElectronicAddress, Language, LanguageTag, Payer } from '../values/party.js'
import { LocalDate } from '../values/time.js'
import { Vat } from '../values/vat.js'

/** `booking:ID`, `journalEntry:ID` or `line:ID`. */
export type ItemId = string
export const ItemId = new Refined(
  'booking:ID, journalEntry:ID or line:ID',
  (u): u is ItemId => typeof u === 'string' && /^(booking|journalEntry|line):[A-Za-z0-9_.:-]{1,64}$/.test(u),
  true,
)

/** The ways out of the house; `none` only registers. */
export type DeliveryChannel = 'none' | 'email' | 'letter' | 'communication' | 'eInvoice'
export const DeliveryChannel = oneOf('none', 'email', 'letter', 'communication', 'eInvoice')

/** How the seller's OCR references are made. */
export type OcrKind = 'mod10' | 'mod10WithLength'

/** The clinic, as it stands on its invoices. */
export interface Seller {
  readonly name: string
  readonly organisationNumber: string
  readonly vatNumber?: string
  readonly address: Address
  readonly email: string
  readonly bankgiro?: string
  readonly plusgiro?: string
  readonly swish?: string
  /** Godkänd för F-skatt. */
  readonly fSkatt: boolean
  readonly paymentTermsDays: number
  readonly pricesIncludeVat: boolean
  /** Öresavrundning: what is to pay is rounded to whole kronor. */
  readonly wholeKronor?: boolean
  readonly ocr?: OcrKind
}

/** Who the invoice is made out to. Every field of a person is sealed: once erased, `name` is absent. */
export interface Buyer {
  readonly name?: string
  readonly address?: Address
  readonly email?: string
  readonly language?: LanguageTag
  readonly organisationNumber?: string
  readonly vatNumber?: string
  readonly buyerReference?: string
  readonly eInvoice?: ElectronicAddress
}

export interface InvoiceLine {
  readonly itemId: ItemId
  readonly clientId: Id | null
  /** Date of supply. */
  readonly date: LocalDate
  /** Absent once the person it is about was erased. */
  readonly description?: string
  /** What the payer's invoice calls the client, where that is somebody else than the payer. */
  readonly clientLabel?: string
  readonly practitioner?: string
  readonly quantity: Quantity
  /** As priced: VAT is in it where the seller's prices include VAT. */
  readonly unitPrice: Money
  readonly vat: Vat
  /** `"0"`: none. */
  readonly discountPercent: Percent
  /** Amount of the line without VAT, discount taken off. */
  readonly net: Money
  /** The booking of the same visit: it is billed with this line, once. */
  readonly bookingId?: Id
  /** Revision of the item's stream when it was registered: what came later was not seen by it. */
  readonly sourceRevision: number
}

/** Taxable amount and VAT of all lines with one VAT; reckoned once here, never per line (EN 16931 BR-CO-17). */
export interface VatSubtotal {
  readonly vat: Vat
  readonly taxable: Money
  readonly vatAmount: Money
}

/** Amounts of an invoice in full. Always: Σ line `net` = Σ `taxable` = `net`, and `net + vatAmount + rounding = toPay`. */
export interface Totals {
  readonly vatBreakdown: ReadonlyArray<VatSubtotal>
  readonly net: Money
  readonly vatAmount: Money
  readonly rounding: Money
  readonly toPay: Money
}

/** The side of the envelope's window. */
export type AddressPosition = 'left' | 'right'

/**
 * An invoice or credit note as it was registered: frozen, whatever changes elsewhere (rule 4).
 * A credit note has negative quantities and amounts, positive unit prices, and names what it credits.
 */
export interface IssuedInvoice extends Totals {
  readonly invoiceNumber: string
  readonly sequence: number
  readonly kind: 'invoice' | 'creditNote'
  readonly ocr: string
  readonly invoiceDate: LocalDate
  readonly dueDate: LocalDate
  readonly payer: Payer
  readonly seller: Seller
  readonly buyer: Buyer
  /** Language of its documents. */
  readonly language: Language
  readonly lines: ReadonlyArray<InvoiceLine>
  /** Number of the invoice that a credit note credits. */
  readonly credits?: string
  /** Why it was credited (credit notes). */
  readonly reason?: string
  readonly reference?: string
  readonly message?: string
  readonly delivery: DeliveryChannel
  /** Version of the built-in document template that was in force. */
  readonly templateVersion: number
  /** Where its documents place the recipient's address: on the side of the window of the envelope. Absent: to the right. */
  readonly addressPosition?: AddressPosition
  /** SHA-256 of the host's theme that was in force, by which it is stored; absent: the built-in looks. */
  readonly theme?: string
}

export type InvoiceStatus = 'credited' | 'paid' | 'overdue' | 'partlyPaid' | 'registered'

/** An invoice as it stands today: what was issued, and what became of it. */
export interface Invoice extends IssuedInvoice {
  readonly paid: Money
  readonly credited: Money
  /** `toPay − paid − credited`; negative: to be paid back. */
  readonly balance: Money
  readonly status: InvoiceStatus
  readonly creditedBy: ReadonlyArray<string>
  /** What came in and went back, in the order of recording; their sum is `paid`. */
  readonly payments: ReadonlyArray<ReceivedPayment>
}

/** Money received for the invoice; a negative amount is a refund. */
export interface ReceivedPayment {
  readonly amount: Money
  readonly receivedOn: LocalDate
  readonly reference: string
}

const Bool = new Refined('true or false', (u): u is boolean => typeof u === 'boolean')
const Text = new Refined('text', (u): u is string => typeof u === 'string', true)
const Count = new Refined('a whole number, 0 or more', (u): u is number => Number.isInteger(u) && (u as number) >= 0)

/** Stored shapes: what was once written stays readable, so nothing here is stricter than it was on the day it was written. */
export const SellerCodec: t.Type<Seller, unknown, unknown> = record(
  {
    name: Text,
    organisationNumber: Text,
    address: Address,
    email: Text,
    fSkatt: Bool,
    paymentTermsDays: Count,
    pricesIncludeVat: Bool,
  },
  {
    vatNumber: Text,
    bankgiro: Text,
    plusgiro: Text,
    swish: Text,
    wholeKronor: Bool,
    ocr: oneOf('mod10', 'mod10WithLength'),
  },
)

export const BuyerCodec: t.Type<Buyer, unknown, unknown> = record(
  {},
  {
    name: Text,
    address: Address,
    email: Text,
    language: LanguageTag,
    organisationNumber: Text,
    vatNumber: Text,
    buyerReference: Text,
    eInvoice: ElectronicAddress,
  },
)

export const InvoiceLineCodec: t.Type<InvoiceLine, unknown, unknown> = record(
  {
    itemId: ItemId,
    clientId: t.union([Id, t.null]),
    date: LocalDate,
    quantity: Quantity,
    unitPrice: Money,
    vat: Vat,
    discountPercent: Percent,
    net: Money,
    sourceRevision: new Refined('a revision', (u): u is number => Number.isInteger(u)),
  },
  { description: Text, clientLabel: Text, practitioner: Text, bookingId: Id },
)

const VatSubtotalCodec: t.Type<VatSubtotal, unknown, unknown> = record({ vat: Vat, taxable: Money, vatAmount: Money })

/** Fields of `IssuedInvoice` for codecs that add to them. */
export const issuedInvoiceFields = {
  required: {
    invoiceNumber: Text,
    sequence: Count,
    kind: oneOf('invoice', 'creditNote'),
    ocr: Text,
    invoiceDate: LocalDate,
    dueDate: LocalDate,
    payer: Payer,
    seller: SellerCodec,
    language: Language,
    lines: listOf(InvoiceLineCodec),
    vatBreakdown: listOf(VatSubtotalCodec),
    net: Money,
    vatAmount: Money,
    rounding: Money,
    toPay: Money,
    delivery: DeliveryChannel,
    templateVersion: Count,
    buyer: BuyerCodec,
  },
  optional: {
    credits: Text,
    reason: Text,
    reference: Text,
    message: Text,
    theme: Text,
    addressPosition: oneOf('left', 'right'),
  },
} as const
