import {
  type Buyer,
  draftCredit,
  type ElectronicAddress,
  type InvoiceLine,
  type IssuedInvoice,
  isInReach,
  isOrganisationNumber,
  lineAmount,
  luhnDigit,
  ocrOf,
  quantityOf,
  type Seller,
  scaled,
  sek,
  TEMPLATE_VERSION,
  totals,
  type Vat,
} from '@underlag/invoicing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { ADDRESS_SCHEMES, COUNTRIES, ID_CHECKS } from '../../src/ubl/codes.js'
import { organisationDigits } from '../../src/ubl/identifiers.js'

/** A document and the invoice it credits, as the host would give them. */
export interface Issued {
  readonly invoice: IssuedInvoice
  readonly original?: IssuedInvoice
}

const digits = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[1-9]\\d{${length - 1}}$`))
const withLuhn = (length: number): fc.Arbitrary<string> =>
  digits(length - 1).map((number) => `${number}${luhnDigit(number)}`)

const organisationNumber: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('556', '969', '802', '212', '262'), digits(6))
  .map(([group, rest]) => `${group}${rest}${luhnDigit(group + rest)}`)

/** A sole trader's: a personal identity number. */
const personalNumber = fc
  .tuple(
    fc.integer({ min: 50, max: 99 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    fc.integer({ min: 0, max: 999 }),
  )
  .map(([year, month, day, number]) => {
    const body =
      [year, month, day].map((part) => String(part).padStart(2, '0')).join('') + String(number).padStart(3, '0')
    return `${body}${luhnDigit(body)}`
  })

/** Texts that people write, and what XML makes trouble of. */
const text = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('Samtalsterapi, 45 minuter', 'Handledning', 'Åsa & Örjan <AB>', 'R&amp;D “akut”'),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({
        unit: fc.constantFrom(
          'a',
          'Ö',
          ' ',
          '&',
          '<',
          '>',
          '"',
          "'",
          ']]>',
          '\u00a0',
          '😀',
          '\ud800',
          '\udc00',
          '\ufffe',
          '\uffff',
          '\u0000',
          '\u0007',
          '\u001b',
          '\u0085',
          '\u200b',
          '\u202e',
          '\u2028',
          '-->',
          '{',
          '%',
        ),
      })
      .map((odd) => `x${odd.slice(0, 60)}`),
  },
)
const paragraph = fc.tuple(text, fc.constantFrom('\n', '\r\n', '\t'), text).map((parts) => parts.join(''))

const optional = <T, K extends string>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<{ readonly [k in K]?: T }> =>
  fc.option(
    value.map((present) => ({ [key]: present }) as { [k in K]: T }),
    { nil: {} },
  )

const anySeller: fc.Arbitrary<Seller> = fc
  .record({
    number: fc.oneof({ weight: 3, arbitrary: organisationNumber }, { weight: 1, arbitrary: personalNumber }),
    written: fc.constantFrom('plain', 'hyphen', 'spaced', 'twelve'),
    name: text,
    lines: fc.array(text, { minLength: 1, maxLength: 4 }),
    postalCode: fc.constantFrom('111 22', '11122'),
    city: text,
    hasVatNumber: fc.boolean(),
    fSkatt: fc.boolean(),
    pricesIncludeVat: fc.boolean(),
    wholeKronor: fc.boolean(),
    ocr: fc.constantFrom('mod10' as const, 'mod10WithLength' as const),
    pay: fc
      .tuple(
        optional(
          'bankgiro',
          fc.oneof(
            withLuhn(7),
            withLuhn(8).map((number) => `${number.slice(0, 4)}-${number.slice(4)}`),
          ),
        ),
        optional(
          'plusgiro',
          fc.oneof(
            withLuhn(2),
            withLuhn(5),
            withLuhn(8).map((n) => `${n.slice(0, 2)} ${n.slice(2, 4)} ${n.slice(4, 7)}-${n.slice(7)}`),
          ),
        ),
        optional(
          'swish',
          fc.oneof(
            digits(7).map((number) => `123 ${number}`),
            digits(8).map((number) => `+46 7${number}`),
          ),
        ),
      )
      .map(([a, b, c]) => ({ ...a, ...b, ...c })),
  })
  .map(({ number, written, name, lines, postalCode, city, hasVatNumber, pay, fSkatt, ...rest }) => ({
    ...rest,
    name,
    organisationNumber:
      written === 'hyphen'
        ? `${number.slice(0, 6)}-${number.slice(6)}`
        : written === 'twelve'
          ? `${Number(number[2]) >= 2 ? '16' : '19'}${number}`
          : number,
    ...(hasVatNumber ? { vatNumber: written === 'spaced' ? `SE ${number} 01` : `SE${number}01` } : {}),
    address: { lines, postalCode, city, country: 'SE' },
    email: 'ekonomi@kliniken.example',
    fSkatt: fSkatt || !hasVatNumber,
    paymentTermsDays: 30,
    ...pay,
  }))

const gln = digits(12).map((number) => {
  const sum = [...number].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0)
  return `${number}${(10 - (sum % 10)) % 10}`
})
const address: fc.Arbitrary<ElectronicAddress> = fc.oneof(
  organisationNumber.map((id) => ({ scheme: '0007', id })),
  gln.map((id) => ({ scheme: '0088', id })),
  fc.constantFrom(
    { scheme: '0184', id: 'DK13585628' },
    { scheme: '0192', id: '923609016' },
    { scheme: '0208', id: '0202239951' },
    { scheme: '9930', id: 'DE129273398' },
    { scheme: '0204', id: '04011000-1234512345-06' },
  ),
  // Schemes whose ids nobody checks take what the domain takes.
  fc.record({
    scheme: fc.constantFrom(...[...ADDRESS_SCHEMES].filter((scheme) => ID_CHECKS[scheme] === undefined)),
    id: fc.stringMatching(/^[A-Za-z0-9:.-]{1,50}$/),
  }),
)

const anyBuyer: fc.Arbitrary<Buyer> = fc
  .tuple(
    fc.record({
      name: text,
      eInvoice: address,
      address: fc.record({
        lines: fc.array(text, { minLength: 1, maxLength: 4 }),
        postalCode: fc.constantFrom('412 55', '41255'),
        city: text,
        country: fc.oneof(fc.constant('SE'), fc.constantFrom(...COUNTRIES)),
      }),
    }),
    optional(
      'organisationNumber',
      fc.oneof(
        organisationNumber,
        personalNumber.map((n) => `19${n}`),
        // What a company abroad may be registered under.
        text.map((odd) => odd.slice(0, 30)),
      ),
    ),
    optional(
      'vatNumber',
      fc.oneof(
        organisationNumber.map((number) => `SE${number}01`),
        fc.constantFrom('DK13585628', 'NL123456789B12', 'EL094014201', 'XI123456789', 'DE 129273398', 'NO923609016MVA'),
      ),
    ),
    optional('buyerReference', text),
    optional('language', fc.constantFrom('sv' as const, 'en' as const)),
  )
  .map((parts) => Object.assign({}, ...parts) as Buyer)
  .filter(
    ({ address, organisationNumber }) =>
      address?.country !== 'SE' || organisationNumber === undefined || isOrganisationNumber(organisationNumber),
  )

const VATS: ReadonlyArray<Vat> = [
  { kind: 'standard', rate: 25 },
  { kind: 'standard', rate: 12 },
  { kind: 'standard', rate: 6 },
  { kind: 'exempt', reason: 'healthcare' },
  { kind: 'exempt', reason: 'smallBusiness' },
  { kind: 'reverseCharge' },
]

const quantity = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('1', '1', '2', '1.5', '0.75', '-1', '-2', '0') },
  { weight: 2, arbitrary: fc.integer({ min: -5_000, max: 20_000 }).map((n) => quantityOf(BigInt(n))) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 9_999_999_999 }).map((n) => quantityOf(BigInt(n))) },
)
const price = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 3_000 }).map((kronor) => kronor * 100) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 500_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1_000_000_000_000 }) },
)
const discountPercent = fc.oneof(
  { weight: 5, arbitrary: fc.constant('0') },
  { weight: 3, arbitrary: fc.constantFrom('10', '12.5', '33.3333', '50', '100', '99.9999', '0.0001') },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 100 }).map(String) },
)
const dayOf = (n: number): string => new Date(Date.UTC(2023, 11, 31 + n)).toISOString().slice(0, 10)
const day = fc.integer({ min: 0, max: 1_200 }).map(dayOf)

type Unreckoned = Omit<InvoiceLine, 'net'>
const anyLine = (vats: ReadonlyArray<Vat>): fc.Arbitrary<Unreckoned> =>
  fc
    .tuple(
      fc.record({ date: day, quantity, price, discountPercent, vat: fc.constantFrom(...vats) }),
      optional('description', text),
      optional('clientLabel', text),
      optional('practitioner', text),
    )
    .map(([{ price: amount, ...line }, ...texts]) => ({
      ...Object.assign({}, ...texts),
      ...line,
      itemId: 'line:l',
      clientId: 'c1',
      unitPrice: sek(amount),
      sourceRevision: 0,
    }))
    .filter((line) => isInReach(Number(lineAmount({ ...line, unitPrice: line.unitPrice.amount }))))

/** Lines that a deduction all but cancels out, or to the öre: their nets are shares of what is left. */
const withDeduction = (lines: ReadonlyArray<Unreckoned>, off: number): ReadonlyArray<Unreckoned> => {
  const [first] = lines
  const amount = first === undefined ? 0n : lineAmount({ ...first, unitPrice: first.unitPrice.amount })
  return first === undefined || amount <= 0n
    ? lines
    : [
        ...lines,
        {
          ...first,
          quantity: '-1',
          discountPercent: '0',
          unitPrice: sek(Math.max(0, Number(amount) + off)),
          description: 'Avdrag',
        },
      ]
}

/** An invoice as rule 8 reckons it. */
export const reckoned = (
  lines: ReadonlyArray<Unreckoned>,
  rest: Pick<IssuedInvoice, 'seller' | 'buyer'> & Partial<IssuedInvoice>,
): IssuedInvoice => {
  const { nets, ...amounts } = totals(
    lines.map(({ unitPrice, ...line }) => ({ ...line, unitPrice: unitPrice.amount })),
    { pricesIncludeVat: rest.seller.pricesIncludeVat, wholeKronor: rest.seller.wholeKronor ?? false },
  )
  return {
    invoiceNumber: '17',
    sequence: 17,
    kind: 'invoice',
    ocr: ocrOf(rest.sequence ?? 17, rest.seller.ocr ?? 'mod10', () => false),
    invoiceDate: '2026-03-31',
    dueDate: '2026-04-30',
    payer: { kind: 'company', id: 'k1' },
    language: rest.buyer.language === 'en' ? 'en' : 'sv',
    lines: lines.map((line, i) => ({ ...line, itemId: `line:l${i + 1}`, net: sek(nets[i] ?? 0) })),
    ...amounts,
    delivery: 'eInvoice',
    templateVersion: TEMPLATE_VERSION,
    ...rest,
  }
}

const taxed = (vats: ReadonlyArray<Vat>): boolean => vats.some(({ kind }) => kind !== 'exempt')

/** Any invoice to a company that the domain registers and Peppol takes. */
export const anyInvoice: fc.Arbitrary<IssuedInvoice> = fc
  .tuple(fc.subarray([...VATS], { minLength: 1 }), anySeller, anyBuyer)
  .chain(([vats, seller, buyer]) =>
    fc
      .tuple(
        fc.oneof(
          { weight: 30, arbitrary: fc.array(anyLine(vats), { minLength: 1, maxLength: 8 }) },
          { weight: 1, arbitrary: fc.array(anyLine(vats), { minLength: 60, maxLength: 120 }) },
        ),
        fc.option(fc.integer({ min: -3, max: 3 })),
        fc.record({
          sequence: fc.oneof(fc.integer({ min: 1, max: 99_999_999 }), fc.integer({ min: 1, max: 999_999_999_999 })),
          prefix: fc.oneof(fc.constantFrom('', '', 'F-'), fc.stringMatching(/^[A-Za-z0-9_.:-]{0,16}$/)),
          invoiced: fc.integer({ min: 0, max: 1_200 }),
          terms: fc.integer({ min: 0, max: 365 }),
        }),
        optional('reference', text),
        optional('message', paragraph),
        organisationNumber,
      )
      .map(([lines, deduction, { sequence, prefix, invoiced, terms }, reference, message, spare]) => {
        const asked =
          reference.reference === undefined && buyer.buyerReference === undefined
            ? { reference: 'KST-4410' }
            : reference
        return reckoned(deduction === null ? lines : withDeduction(lines, deduction), {
          seller: taxed(vats)
            ? { ...seller, vatNumber: seller.vatNumber ?? `SE${organisationDigits(seller.organisationNumber)}01` }
            : seller,
          buyer: vats.some(({ kind }) => kind === 'reverseCharge')
            ? { ...buyer, vatNumber: buyer.vatNumber ?? `SE${spare}01` }
            : buyer,
          sequence,
          invoiceNumber: `${prefix}${sequence}`,
          invoiceDate: dayOf(invoiced),
          dueDate: dayOf(invoiced + terms),
          ...asked,
          ...message,
        })
      }),
  )
  .filter(
    ({ toPay, net, lines }) =>
      toPay.amount >= 0 && [toPay.amount, net.amount, ...lines.map((line) => line.net.amount)].every(isInReach),
  )

/** The credit notes that somebody asks for, one after the other, by the domain; the last may take what is left. */
const anyNotes = (invoice: IssuedInvoice): fc.Arbitrary<ReadonlyArray<IssuedInvoice>> =>
  fc
    .tuple(
      fc.array(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 8 }), { maxLength: 3 }),
      fc.boolean(),
      paragraph,
    )
    .map(([parts, all, reason]) => {
      const notes: Array<IssuedInvoice> = []
      const prefix = invoice.invoiceNumber.slice(0, -String(invoice.sequence).length)
      const issue = (lines?: ReadonlyArray<{ readonly itemId: string; readonly quantity: string }>): void => {
        const draft = draftCredit(
          {
            invoiceNumber: invoice.invoiceNumber,
            reason,
            releaseItems: true,
            ...(lines === undefined ? {} : { lines }),
          },
          invoice,
          notes,
          invoice.dueDate,
          TEMPLATE_VERSION,
        )
        if (E.isLeft(draft)) return
        const sequence = invoice.sequence + notes.length + 1
        const { released: _, settled: __, nothingLeft: ___, ...note } = draft.right
        notes.push({
          ...note,
          invoiceNumber: `${prefix}${sequence}`,
          sequence,
          kind: 'creditNote',
          ocr: ocrOf(sequence, invoice.seller.ocr ?? 'mod10', () => false),
        })
      }
      for (const shares of parts) {
        const lines = invoice.lines.flatMap(({ itemId, quantity: whole }, i) => {
          const size = scaled(whole.replace('-', ''), 3)
          const thousandths = (size * BigInt(shares[i % shares.length] ?? 0)) / 3_000n
          return thousandths === 0n ? [] : [{ itemId, quantity: quantityOf(thousandths) }]
        })
        if (lines.length > 0) issue(lines)
      }
      if (all || notes.length === 0) issue()
      return notes
    })

/** Any invoice or credit note. */
export const anyIssued: fc.Arbitrary<Issued> = fc.oneof(
  { weight: 3, arbitrary: anyInvoice.map((invoice) => ({ invoice })) },
  {
    weight: 2,
    arbitrary: anyInvoice.chain((original) =>
      anyNotes(original).map((notes) => {
        const last = notes.at(-1)
        return last === undefined ? { invoice: original } : { invoice: last, original }
      }),
    ),
  },
)
