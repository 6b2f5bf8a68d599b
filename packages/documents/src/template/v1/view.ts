import {
  divideRounded,
  type Invoice,
  type InvoiceLine,
  type Language,
  scaled,
  type Vat,
  vatKey,
  vatRate,
} from '@underlag/invoicing'
import type { Look } from '../../theme/look.js'
import { RECIPIENT, setRows } from '../address-rows.js'
import type { AddressPosition } from '../layout.js'
import { paymentCode, qrImage } from '../payment-code.js'
import {
  addressLines,
  amountText,
  bankgiroText,
  dateText,
  decimalText,
  moneyText,
  numberText,
  organisationNumberText,
  percentText,
  plusgiroText,
  swishText,
} from './format.js'
import type { Texts } from './texts.js'
import { english } from './texts-en.js'
import { swedish } from './texts-sv.js'

/** A label and what stands beside it. */
export interface Fact {
  readonly label: string
  readonly value: string
}

export interface LineView {
  readonly supplied: string
  readonly description: string
  readonly practitioner: string | null
  readonly quantity: string
  /** Without VAT. */
  readonly unitPrice: string
  /** As priced, where prices include VAT. */
  readonly unitPriceWithVat: string | null
  readonly discount: string | null
  readonly vat: string
  /** Without VAT. */
  readonly net: string
  readonly withVat: string | null
}

export interface GroupView {
  readonly label: string | null
  readonly lines: ReadonlyArray<LineView>
}

export interface TableView {
  /** Whose lines all of them are; said again at the head of each page they run on to. */
  readonly label: string | null
  readonly groups: ReadonlyArray<GroupView>
}

export interface SellerView {
  readonly name: string
  readonly address: ReadonlyArray<string>
  readonly email: string
  readonly organisationNumber: string
  readonly vatNumber: string | null
  readonly fSkatt: string | null
  readonly bankgiro: string | null
  readonly plusgiro: string | null
  readonly swish: string | null
}

/** The document as text, ready to be set: the template only places it. Every field is there, `null` where it is not said. */
export interface View {
  readonly language: Language
  readonly title: string
  readonly heading: string
  readonly isCreditNote: boolean
  readonly number: string
  readonly date: string
  readonly invoiceDate: string
  readonly dueDate: string | null
  readonly paymentReference: string | null
  readonly credits: string | null
  readonly reason: string | null
  readonly reference: string | null
  readonly texts: Texts
  readonly logo: string | null
  readonly seller: SellerView
  readonly sender: {
    readonly name: string
    readonly lines: ReadonlyArray<string>
    readonly longName: boolean
    readonly flowing: boolean
  }
  readonly recipient: { readonly lines: ReadonlyArray<string>; readonly dense: boolean }
  readonly addressPosition: AddressPosition
  readonly facts: ReadonlyArray<Fact>
  readonly payment: {
    readonly label: string
    readonly amount: string
    readonly details: ReadonlyArray<Fact>
    readonly code: { readonly image: string; readonly alt: string } | null
  }
  readonly message: ReadonlyArray<string>
  readonly columns: {
    readonly discount: boolean
    readonly vat: boolean
    readonly withVat: boolean
    readonly excludingVat: boolean
    readonly count: number
  }
  readonly groups: ReadonlyArray<GroupView>
  readonly tables: ReadonlyArray<TableView>
  readonly vatRows: ReadonlyArray<{ readonly label: string; readonly taxable: string; readonly vatAmount: string }>
  readonly sums: ReadonlyArray<Fact>
  readonly total: Fact
  readonly statements: ReadonlyArray<string>
  /** The theme's own words below it all. */
  readonly note: ReadonlyArray<string>
  /** What stands at the foot of every page: columns of lines. */
  readonly footer: ReadonlyArray<ReadonlyArray<string>>
  /** What stands at the head of the second page and on. */
  readonly runningHead: string
}

/** The document's words and figures, from the frozen invoice and its theme: what became of it later (paid, credited) is not said. */
export const invoiceView = (invoice: Invoice, addressPosition: AddressPosition, look: Look): View => {
  const { language, seller, buyer } = invoice
  const { note, ...own } = look.texts?.[language] ?? {}
  const texts: Texts = { ...(language === 'sv' ? swedish : english), ...own }
  const isNote = invoice.kind === 'creditNote'
  const heading = isNote ? texts.creditNote : texts.invoice
  const date = (day: string): string => dateText(day, language)
  const pricesWithVat = seller.pricesIncludeVat && invoice.lines.some((line) => vatRate(line.vat) > 0)
  const mark = groundMarks(invoice)
  const marked = (text: string, vat: Vat): string => (mark(vat) === '' ? text : `${text}\u00a0${mark(vat)}`)
  const columns = {
    discount: invoice.lines.some((line) => !isZero(line.discountPercent)),
    vat: invoice.lines.some((line) => line.vat.kind !== 'exempt' || mark(line.vat) !== ''),
    withVat: pricesWithVat,
    excludingVat: invoice.lines.some((line) => vatRate(line.vat) > 0),
  }
  const showsAmountsWithVat = pricesWithVat && amountsWithVatAddUp(invoice)
  const lineView = (line: InvoiceLine): LineView => ({
    supplied: date(line.date),
    description: line.description ?? texts.erased,
    practitioner: line.practitioner ?? null,
    quantity: numberText(line.quantity, language),
    unitPrice: unitPriceWithoutVat(line, seller.pricesIncludeVat, language),
    unitPriceWithVat: pricesWithVat ? amountText(line.unitPrice, language) : null,
    discount: isZero(line.discountPercent) ? null : percentText(line.discountPercent, language),
    vat: marked(texts.lineVat(line.vat), line.vat),
    net: amountText(line.net, language),
    withVat: showsAmountsWithVat ? decimalText(amountAsPriced(line), 2, language) : null,
  })
  const groups = groupLines(invoice, texts).map(({ label, lines }) => ({ label, lines: lines.map(lineView) }))
  const number = (label: string, value: string | undefined, how = (text: string) => text): ReadonlyArray<Fact> =>
    value === undefined || value === '' ? [] : [{ label, value: how(value) }]
  const recipient = [buyer.name ?? texts.erased, ...(buyer.address ? addressLines(buyer.address, language) : [])]
  const code = paymentCode(invoice)
  const owes = !isNote && invoice.toPay.amount > 0
  const rounded = invoice.rounding.amount !== 0
  return {
    language,
    title: `${heading} ${invoice.invoiceNumber} – ${seller.name}`,
    heading,
    isCreditNote: isNote,
    number: invoice.invoiceNumber,
    date: invoice.invoiceDate,
    invoiceDate: date(invoice.invoiceDate),
    dueDate: isNote ? null : date(invoice.dueDate),
    paymentReference: owes ? invoice.ocr : null,
    credits: invoice.credits ?? null,
    reason: invoice.reason ?? null,
    reference: invoice.reference ?? null,
    texts,
    logo: look.logo ?? null,
    seller: {
      name: seller.name,
      address: addressLines(seller.address, language),
      email: seller.email,
      organisationNumber: organisationNumberText(seller.organisationNumber),
      vatNumber: seller.vatNumber ?? null,
      fSkatt: seller.fSkatt ? texts.fSkatt : null,
      bankgiro: seller.bankgiro === undefined ? null : bankgiroText(seller.bankgiro),
      plusgiro: seller.plusgiro === undefined ? null : plusgiroText(seller.plusgiro),
      swish: seller.swish === undefined ? null : swishText(seller.swish),
    },
    sender: {
      name: seller.name,
      lines: [...addressLines(seller.address, language), seller.email],
      longName: seller.name.length > 36,
      flowing:
        addressPosition === 'left' &&
        (seller.address.lines.length > 1 || seller.name.length > 36 || look.logo !== undefined),
    },
    recipient: {
      lines: recipient,
      dense: setRows(recipient, RECIPIENT.usual, addressPosition) > RECIPIENT.mostUsualRows,
    },
    addressPosition,
    facts: [
      { label: texts.invoiceDate, value: date(invoice.invoiceDate) },
      ...(isNote ? [] : [{ label: texts.dueDate, value: date(invoice.dueDate) }]),
      ...number(texts.reason, invoice.reason),
      ...number(texts.reference, invoice.reference),
      // Registration takes the buyer's own reference where no other was given: it is said once.
      ...(buyer.buyerReference === invoice.reference ? [] : number(texts.buyerReference, buyer.buyerReference)),
      ...number(texts.buyerOrganisationNumber, buyer.organisationNumber, organisationNumberText),
      ...number(texts.buyerVatNumber, buyer.vatNumber),
    ],
    payment: {
      label: isNote ? texts.toRepay : owes ? texts.toPay : texts.nothingToPay,
      amount: moneyText(isNote ? negated(invoice.toPay) : invoice.toPay, language),
      details: owes
        ? [
            { label: texts.dueDate, value: date(invoice.dueDate) },
            { label: texts.paymentReference, value: invoice.ocr },
            ...number('Bankgiro', seller.bankgiro, bankgiroText),
            ...number('Plusgiro', seller.plusgiro, plusgiroText),
            ...number('Swish', seller.swish, swishText),
          ]
        : isNote
          ? [...number(texts.credits, invoice.credits)]
          : [],
      code: code === null ? null : { image: qrImage(code.content), alt: texts.paymentCode(code.how) },
    },
    message: paragraphs(invoice.message),
    columns: { ...columns, count: 5 + Number(columns.discount) + Number(columns.vat) },
    groups,
    tables: tablesOf(groups),
    vatRows: invoice.vatBreakdown.map(({ vat, taxable, vatAmount }) => ({
      label: marked(texts.vatGroup(vat), vat),
      taxable: amountText(taxable, language),
      vatAmount: amountText(vatAmount, language),
    })),
    sums: [
      { label: texts.sumExcludingVat, value: amountText(invoice.net, language) },
      { label: texts.vat, value: amountText(invoice.vatAmount, language) },
      ...(rounded ? [{ label: texts.rounding, value: amountText(invoice.rounding, language) }] : []),
    ],
    total: {
      label: isNote ? texts.toRepay : texts.toPay,
      value: moneyText(isNote ? negated(invoice.toPay) : invoice.toPay, language),
    },
    statements: statements(invoice, texts, mark),
    note: paragraphs(note),
    footer: [
      [seller.name, seller.address.lines.join(', '), ...addressLines({ ...seller.address, lines: [] }, language)],
      [
        seller.email,
        ...number('Bankgiro', seller.bankgiro, bankgiroText).map(inOne),
        ...number('Plusgiro', seller.plusgiro, plusgiroText).map(inOne),
        ...number('Swish', seller.swish, swishText).map(inOne),
      ],
      [
        `${texts.organisationNumber} ${organisationNumberText(seller.organisationNumber)}`,
        ...number(texts.vatNumber, seller.vatNumber).map(inOne),
        ...(seller.fSkatt ? [texts.fSkatt] : []),
      ],
    ],
    runningHead: `${seller.name}  ·  ${heading} ${invoice.invoiceNumber}`,
  }
}

const inOne = (fact: Fact): string => `${fact.label} ${fact.value}`

const negated = (money: Invoice['toPay']): Invoice['toPay'] => ({
  ...money,
  amount: money.amount === 0 ? 0 : -money.amount,
})

const isZero = (decimal: string): boolean => /^-?0(\.0*)?$/.test(decimal)

const paragraphs = (text: string | undefined): ReadonlyArray<string> =>
  text === undefined
    ? []
    : text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '')

/** What the line costs as priced: price × quantity × (1 − discount), rounded once (rule 8). */
const amountAsPriced = (line: InvoiceLine): bigint =>
  divideRounded(
    BigInt(line.unitPrice.amount) * scaled(line.quantity, 3) * (1_000_000n - scaled(line.discountPercent, 4)),
    1_000_000_000n,
  )

/**
 * The unit price without VAT (17:24 asks for it). Where prices include VAT it seldom ends on a whole öre, so it takes as many
 * decimals, up to four, as make quantity × price × (1 − discount) come out at the amount beside it.
 */
const unitPriceWithoutVat = (line: InvoiceLine, pricesIncludeVat: boolean, language: Language): string => {
  const rate = pricesIncludeVat ? vatRate(line.vat) : 0
  if (rate === 0) return amountText(line.unitPrice, language)
  const share = scaled(line.quantity, 3) * (1_000_000n - scaled(line.discountPercent, 4))
  const priceWith = (decimals: number): bigint =>
    divideRounded(BigInt(line.unitPrice.amount) * 10n ** BigInt(decimals - 2) * 100n, BigInt(100 + rate))
  for (const decimals of [2, 3, 4]) {
    const price = priceWith(decimals)
    const amount = divideRounded(price * share, 1_000_000_000n * 10n ** BigInt(decimals - 2))
    if (amount === BigInt(line.net.amount)) return decimalText(price, decimals, language)
  }
  return decimalText(priceWith(2), 2, language)
}

/**
 * Whether the lines' amounts with VAT sum up to taxable + VAT, öre of rounding aside. On the last of several credit notes they may
 * not, since it takes what the others left; then the column is left out rather than shown wrong.
 */
const amountsWithVatAddUp = (invoice: Invoice): boolean =>
  invoice.vatBreakdown.every(({ vat, taxable, vatAmount }) => {
    const sum = invoice.lines
      .filter((line) => vatKey(line.vat) === vatKey(vat))
      .reduce((total, line) => total + amountAsPriced(line), 0n)
    const off = Number(sum) - taxable.amount - vatAmount.amount
    return Math.abs(off) <= 1
  })

/** Lines by the client they are about, in the order in which the clients first appear; one group without label where no client is named. */
const groupLines = (
  invoice: Invoice,
  texts: Texts,
): ReadonlyArray<{ readonly label: string | null; readonly lines: ReadonlyArray<InvoiceLine> }> => {
  if (!invoice.lines.some((line) => line.clientLabel !== undefined)) return [{ label: null, lines: invoice.lines }]
  const isErased = (line: InvoiceLine): boolean =>
    line.clientLabel === undefined && line.description === undefined && line.clientId !== null
  const groups = new Map<string, { readonly label: string; readonly lines: Array<InvoiceLine> }>()
  for (const line of invoice.lines) {
    const label = line.clientLabel ?? (isErased(line) ? texts.erased : texts.otherLines)
    // By id and label: two clients may have the same initials.
    const key = JSON.stringify([line.clientId, label])
    const group = groups.get(key) ?? { label, lines: [] }
    group.lines.push(line)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** As many lines as stay together on one page. */
const MOST_TOGETHER = 6

/**
 * The groups by table. One that may run on to the next page has a table of its own, whose head, and so the client's name, is
 * repeated there; the others share one, and each of them stays whole.
 */
const tablesOf = (groups: ReadonlyArray<GroupView>): ReadonlyArray<TableView> => {
  const tables: Array<{ readonly label: string | null; readonly groups: Array<GroupView> }> = []
  let shared: Array<GroupView> | undefined
  for (const group of groups) {
    if (group.label !== null && group.lines.length > MOST_TOGETHER) {
      tables.push({ label: group.label, groups: [{ ...group, label: null }] })
      shared = undefined
    } else if (shared === undefined) {
      shared = [group]
      tables.push({ label: null, groups: shared })
    } else shared.push(group)
  }
  return tables
}

/** What the act asks to be stated, once each, in the order of the lines. */
const statements = (invoice: Invoice, texts: Texts, mark: (vat: Vat) => string): ReadonlyArray<string> => {
  const seen = new Map<string, Vat>(invoice.lines.map((line) => [vatKey(line.vat), line.vat]))
  return [...seen.values()].flatMap((vat) => {
    const statement = texts.vatStatement(vat)
    return statement === null ? [] : mark(vat) === '' ? statement : `${mark(vat)}\u00a0${statement}`
  })
}

/**
 * Where lines are exempt on several grounds, each ground has a mark that ties the line and its taxable amount to the statement
 * (17:24: taxable amounts per exemption). One ground needs none.
 */
const groundMarks = (invoice: Invoice): ((vat: Vat) => string) => {
  const grounds = [...new Set(invoice.lines.filter(({ vat }) => vat.kind === 'exempt').map(({ vat }) => vatKey(vat)))]
  return (vat) => (grounds.length < 2 ? '' : (MARKS[grounds.indexOf(vatKey(vat))] ?? ''))
}
const MARKS = ['\u00b9', '\u00b2', '\u00b3']
