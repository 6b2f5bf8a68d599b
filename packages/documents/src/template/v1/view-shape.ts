import { TEXT_LABELS, type TextLabel } from './text-labels.js'
import type { View } from './view.js'

/** What a field of the view model is to a template. */
export type Shape =
  /** A text; nothing (`null`) where the document does not say it. */
  | { readonly kind: 'text'; readonly about: string }
  /** Whether something holds: for `{{#if}}` alone. */
  | { readonly kind: 'flag'; readonly about: string }
  /** A picture: for the `src` of an `<img>` alone. */
  | { readonly kind: 'image'; readonly about: string }
  | { readonly kind: 'list'; readonly about: string; readonly of: Shape }
  | { readonly kind: 'group'; readonly about: string; readonly fields: Readonly<Record<string, Shape>> }

type ListShape<T> = { readonly kind: 'list'; readonly about: string; readonly of: ShapeOf<T> }
type GroupShape<T> = {
  readonly kind: 'group'
  readonly about: string
  readonly fields: { readonly [K in keyof T]-?: ShapeOf<NonNullable<T[K]>> }
}
type LeafShape<T> = T extends boolean
  ? { readonly kind: 'flag'; readonly about: string }
  : { readonly kind: 'text' | 'image'; readonly about: string }
type ShapeOf<T> = [T] extends [string | number | boolean]
  ? LeafShape<T>
  : [T] extends [ReadonlyArray<infer Item>]
    ? ListShape<Item>
    : GroupShape<T>

const text = (about: string) => ({ kind: 'text', about }) as const
const flag = (about: string) => ({ kind: 'flag', about }) as const
const image = (about: string) => ({ kind: 'image', about }) as const
const list = <S extends Shape>(about: string, of: S) => ({ kind: 'list', about, of }) as const
const group = <F extends Readonly<Record<string, Shape>>>(about: string, fields: F) =>
  ({ kind: 'group', about, fields }) as const

const fact = { label: text('what it is called'), value: text('what it is') }
const lines = (about: string) => list(about, text('one line'))

const lineGroup = group('one client’s', {
  label: text('what the client is called; nothing where lines are not by client'),
  lines: list(
    'the lines',
    group('one line', {
      supplied: text('date of the visit'),
      description: text('what was done'),
      practitioner: text('by whom'),
      quantity: text('quantity'),
      unitPrice: text('price without VAT'),
      unitPriceWithVat: text('price with VAT, where prices include it'),
      discount: text('discount in percent'),
      vat: text('VAT, in short'),
      net: text('amount without VAT'),
      withVat: text('amount with VAT, where prices include it'),
    }),
  ),
})

/** Everything a template can say: the view model, told to whoever writes one, and what a template is checked against. */
export const viewShape = group('the document', {
  language: text('`sv` or `en`'),
  title: text('title of the document'),
  heading: text('invoice or credit note, in the document’s language'),
  isCreditNote: flag('whether it is a credit note'),
  number: text('the invoice’s number'),
  date: text('invoice date as YYYY-MM-DD'),
  invoiceDate: text('invoice date, as the language writes it'),
  dueDate: text('due date; nothing on a credit note'),
  paymentReference: text('OCR number; nothing where nothing is to pay'),
  credits: text('number of the invoice that a credit note credits'),
  reason: text('why it was credited'),
  reference: text('reference'),
  addressPosition: text('`left` or `right`: where the window of the envelope is'),
  logo: image('the theme’s logo; nothing without one'),
  seller: group('the clinic', {
    name: text('name'),
    address: lines('address'),
    email: text('e-mail address'),
    organisationNumber: text('organisation number'),
    vatNumber: text('VAT number'),
    fSkatt: text('the statement of F-tax; nothing where the clinic has none'),
    bankgiro: text('bankgiro'),
    plusgiro: text('plusgiro'),
    swish: text('Swish number'),
  }),
  sender: group('the clinic as a letter’s head says it', {
    name: text('name'),
    lines: lines('address and e-mail address'),
    longName: flag('whether the name takes more than a line'),
    flowing: flag('whether the lines are to run on, for there is room for few'),
  }),
  recipient: group('who gets it', {
    lines: lines('name and address, each a line of the window'),
    dense: flag('whether there are many lines for the window'),
  }),
  facts: list('dates, references and numbers, those that are said', group('one', fact)),
  payment: group('what to pay and how', {
    label: text('what the amount is called'),
    amount: text('the amount, with currency'),
    details: list('due date, OCR number, accounts', group('one', fact)),
    code: group('the QR code; nothing where nothing is to pay', {
      image: image('the code'),
      alt: text('what it is, for who does not see it'),
    }),
  }),
  message: lines('the invoice’s own message, by paragraph'),
  columns: group('which columns the lines need', {
    discount: flag('some line has a discount'),
    vat: flag('some line has VAT, or reverse charge'),
    withVat: flag('prices include VAT'),
    excludingVat: flag('some line has VAT'),
    count: text('number of columns of the built-in table'),
  }),
  groups: list('the lines, by client where the payer is somebody else', lineGroup),
  tables: list(
    'the same groups by table: a client with many lines has one, so that its head can be repeated on the next page',
    group('one table', {
      label: text('the client of all its lines; nothing where the groups say it'),
      groups: list('the groups of lines', lineGroup),
    }),
  ),
  vatRows: list(
    'taxable amounts and VAT, by kind of VAT',
    group('one kind', {
      label: text('the rate, or why there is none'),
      taxable: text('taxable amount'),
      vatAmount: text('VAT'),
    }),
  ),
  sums: list('the sums before the total', group('one', fact)),
  total: group('the total', fact),
  statements: lines('what the act asks to be stated'),
  note: lines('the theme’s own note, by paragraph'),
  footer: list('what stands at the foot of each page, by column', lines('one column')),
  runningHead: text('what stands at the head of the second page and on'),
  texts: group(
    'the words on the document, in its language',
    Object.fromEntries(Object.entries(TEXT_LABELS).map(([label, about]) => [label, text(about)])) as {
      readonly [K in TextLabel]: ReturnType<typeof text>
    },
  ),
} satisfies GroupShape<Omit<View, 'texts'>>['fields'] & Readonly<Record<'texts', Shape>>)
