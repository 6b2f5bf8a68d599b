import { readFileSync } from 'node:fs'
import { type IssuedInvoice, sek, totals, type Vat } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { AccountsConfig } from '../src/index.js'
import { accountsOf, invoiceVoucher, paymentVoucher, sieFile, type Voucher } from '../src/sie/index.js'

const accounts = accountsOf()
const care: Vat = { kind: 'exempt', reason: 'healthcare' }

/** An invoice with what a voucher is made of. */
const issued = (
  lines: Parameters<typeof totals>[0],
  settings: Parameters<typeof totals>[1] = { pricesIncludeVat: false },
  about: Partial<IssuedInvoice> = {},
): IssuedInvoice =>
  ({
    ...{ kind: 'invoice', invoiceNumber: '12', sequence: 12, invoiceDate: '2026-03-31' },
    ...totals(lines, settings),
    ...about,
  }) as unknown as IssuedInvoice

const line = (unitPrice: number, vat: Vat, quantity = '1') => ({ unitPrice, quantity, discountPercent: '0', vat })
const rows = ({ rows: found }: Voucher) => found.map(({ account, amount }) => [account, amount])

const Vouchers = suite('vouchers')

Vouchers('of an invoice: what is owed, against sales and VAT per rate and the rounding', () => {
  const invoice = issued(
    [line(120000, care), line(3333, { kind: 'standard', rate: 6 }, '3'), line(80000, { kind: 'standard', rate: 25 })],
    { pricesIncludeVat: false, wholeKronor: true },
  )
  const voucher = invoiceVoucher(invoice, accounts)
  assert.is(voucher.text, 'Faktura 12')
  assert.is(voucher.date, '2026-03-31')
  assert.equal(rows(voucher), [
    ['1510', 230600],
    ['3001', -80000],
    ['2611', -20000],
    ['3003', -9999],
    ['2631', -600],
    ['3004', -120000],
    ['3740', -1],
  ])
})

Vouchers('of each rate have accounts of their own', () => {
  for (const [rate, sales, vat] of [
    [6, '3003', '2631'],
    [12, '3002', '2621'],
    [25, '3001', '2611'],
  ] as const)
    assert.equal(
      rows(invoiceVoucher(issued([line(10000, { kind: 'standard', rate })]), accounts)).map(([account]) => account),
      ['1510', sales, vat],
    )
})

Vouchers('of reverse charge and small businesses: sales alone', () => {
  const kinds: ReadonlyArray<readonly [Vat, string]> = [
    [{ kind: 'reverseCharge' }, '3308'],
    [{ kind: 'exempt', reason: 'smallBusiness' }, '3004'],
  ]
  for (const [vat, account] of kinds)
    assert.equal(rows(invoiceVoucher(issued([line(100, vat)]), accounts)), [
      ['1510', 100],
      [account, -100],
    ])
})

Vouchers('of a credit note: the same, the other way round', () => {
  const note = issued([line(100, care, '-1')], undefined, { kind: 'creditNote', invoiceNumber: '13', credits: '12' })
  const voucher = invoiceVoucher(note, accounts)
  assert.is(voucher.text, 'Kreditfaktura 13 till faktura 12')
  assert.equal(rows(voucher), [
    ['1510', -100],
    ['3004', 100],
  ])
})

Vouchers('of a payment and a refund', () => {
  const of = (amount: number) =>
    paymentVoucher({ invoiceNumber: '12' }, { amount: sek(amount), receivedOn: '2026-04-02', reference: 'x' }, accounts)
  assert.equal(
    [of(100).text, of(100).date, rows(of(100))],
    [
      'Betalning faktura 12',
      '2026-04-02',
      [
        ['1930', 100],
        ['1510', -100],
      ],
    ],
  )
  assert.equal(
    [of(-100).text, rows(of(-100))],
    [
      'Återbetalning faktura 12',
      [
        ['1930', -100],
        ['1510', 100],
      ],
    ],
  )
})

Vouchers('are on the accounts of the clinic where it has others', () => {
  const own = accountsOf({ bank: '1920', sales: { healthcare: '3055' }, vat: { 12: '2622' } })
  assert.equal([own.bank, own.sales.healthcare, own.sales[25], own.receivables], ['1920', '3055', '3001', '1510'])
  assert.equal([own.vat[12], own.vat[25]], ['2622', '2611'])
  assert.ok(AccountsConfig.is({ bank: '1920', sales: { 25: '3051' } }))
  for (const wrong of [{ bank: 1920 }, { bank: '19' }, { bnk: '1920' }, { sales: { 20: '3051' } }])
    assert.is(AccountsConfig.decode(wrong)._tag, 'Left', JSON.stringify(wrong))
})

const anyVat: fc.Arbitrary<Vat> = fc.constantFrom(
  ...([6, 12, 25] as const).map((rate): Vat => ({ kind: 'standard', rate })),
  care,
  { kind: 'reverseCharge' } as const,
)
const anyLine = fc.record({
  unitPrice: fc.integer({ min: 0, max: 10 ** 7 }),
  quantity: fc.constantFrom('1', '-1', '1.5', '0.333', '3'),
  discountPercent: fc.constantFrom('0', '12.5', '100'),
  vat: anyVat,
})
const anySettings = fc.record({ pricesIncludeVat: fc.boolean(), wholeKronor: fc.boolean() })

Vouchers('add up to 0, whatever was invoiced, with öre rounded', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 8 }), anySettings, (lines, settings) => {
      const { rows: found } = invoiceVoucher(issued(lines, settings), accounts)
      assert.is(
        found.reduce((sum, { amount }) => sum + amount, 0),
        0,
      )
      assert.ok(found.every(({ amount }) => amount !== 0))
    }),
  )
})

const Sie = suite('the SIE file')

Sie('is the one that was agreed upon, in code page 437', () => {
  const vouchers = [
    invoiceVoucher(issued([line(120000, care)]), accounts),
    paymentVoucher({ invoiceNumber: '12' }, { amount: sek(-5), receivedOn: '2026-04-02', reference: 'x' }, accounts),
  ]
  const file = sieFile(
    vouchers,
    accounts,
    { name: 'Södra "Kliniken" \\ Å\nĆurić–AB', organisationNumber: '16556677-8899' },
    '2026-04-03',
  )
  assert.is(
    Buffer.from(file).toString('latin1'),
    [
      '#FLAGGA 0',
      '#PROGRAM Underlag 0.1.0',
      '#FORMAT PC8',
      '#GEN 20260403',
      '#SIETYP 4',
      '#ORGNR 556677-8899',
      // ö is 94, Å is 8F, Å in «Återbetalning» too.
      '#FNAMN "S\x94dra \\"Kliniken\\" / \x8f Curic?AB"',
      '#KONTO 1510 "Kundfordringar"',
      '#KONTO 1930 "Bank"',
      '#KONTO 3004 "F\x94rs\x84ljning, momsfri"',
      '#VER "" "" 20260331 "Faktura 12"',
      '{',
      '   #TRANS 1510 {} 1200.00',
      '   #TRANS 3004 {} -1200.00',
      '}',
      '#VER "" "" 20260402 "\x8fterbetalning faktura 12"',
      '{',
      '   #TRANS 1930 {} -0.05',
      '   #TRANS 1510 {} 0.05',
      '}',
      '',
    ].join('\r\n'),
  )
})

Sie('balances to the öre when it is read again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(anyLine, { minLength: 1, maxLength: 4 }), { maxLength: 5 }),
      anySettings,
      (invoices, settings) => {
        const vouchers = invoices.map((lines) => invoiceVoucher(issued(lines, settings), accounts))
        const text = Buffer.from(
          sieFile(vouchers, accounts, { name: 'K', organisationNumber: '5566778899' }, '2026-04-03'),
        ).toString('latin1')
        const blocks = [...text.matchAll(/#VER [^\r]*\r\n\{\r\n([^}]*(?:\{\}[^}]*)*)\}\r\n/g)].map(([, block = '']) =>
          [...block.matchAll(/#TRANS (\d+) \{\} (-?\d+)\.(\d\d)\r\n/g)].map(([, account, whole = '', ore = '']) => [
            account,
            Number(`${whole}${ore}`),
          ]),
        )
        assert.equal(blocks, vouchers.map(rows))
      },
    ),
  )
})

Sie('names the library’s version', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const text = Buffer.from(
    sieFile([], accounts, { name: 'K', organisationNumber: '5566778899' }, '2026-04-03'),
  ).toString()
  assert.match(text, new RegExp(`^#PROGRAM Underlag ${version}\r$`, 'm'))
})

Sie('writes a letter the same, however it was typed', () => {
  const named = (name: string) =>
    Buffer.from(sieFile([], accounts, { name, organisationNumber: '5566778899' }, '2026-04-03'))
  assert.equal(named('Å'.normalize('NFD')), named('Å'))
})
