import { DEFAULT_TIME_ZONE, sek } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import { isLeft } from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type IncomingPayment, type PaymentFile, readers } from '../src/payments/index.js'
import { BANKGIRO, camt054, type Entry, escaped, ocr, wrote } from '../src/testing/index.js'

const read = (content: Uint8Array) => readers.camt054(content, DEFAULT_TIME_ZONE)
const told = (content: Uint8Array): PaymentFile => {
  const done = read(content)
  if (isLeft(done)) throw new Error(done.left.reason)
  return done.right
}
const reasonOf = (content: Uint8Array): string => {
  const done = read(content)
  return isLeft(done) ? done.left.reason : 'it was read'
}
const of = (...entries: ReadonlyArray<Entry>): ReadonlyArray<IncomingPayment> => told(camt054(entries)).payments
const tags = (payments: ReadonlyArray<IncomingPayment>) =>
  payments.map((payment) => payment.unclear?._tag ?? payment.ocr)

const Camt = suite('payments in camt.054')

for (const version of [2, 4, 8, 13])
  Camt(`are told with amount, day, account, reference and payer (.001.${version})`, () => {
    const debtor =
      version < 8 ? '<Dbtr><Nm>Åke &amp; Öberg</Nm></Dbtr>' : '<Dbtr><Pty><Nm>Åke &amp; Öberg</Nm></Pty></Dbtr>'
    const details = [
      { ore: 120000, xml: `<RltdPties>${debtor}</RltdPties>${ocr('1230')}` },
      { ore: 50, xml: `<Refs><AcctSvcrRef>B-2</AcctSvcrRef></Refs>${wrote('12 48')}` },
    ]
    const { payments, ignored } = told(camt054([{ ore: 120050, reference: 'B-1', details }], { version }))
    const account = { scheme: 'bankgiro', id: '50501055' } as const
    assert.equal(payments, [
      {
        ...{
          reference: 'camt054.50501055.B-1.1',
          bookedAs: 'camt054.50501055.B-1',
          amount: sek(120000),
          receivedOn: '2026-03-20',
          account,
        },
        ...{ payerName: 'Åke & Öberg', ocr: '1230' },
      },
      {
        ...{
          reference: 'camt054.50501055.B-2.1',
          bookedAs: 'camt054.50501055.B-2',
          amount: sek(50),
          receivedOn: '2026-03-20',
          account,
        },
        ...{ text: '12 48', ocr: '1248', isWritten: true },
      },
    ])
    assert.is(ignored, 0)
  })

Camt('are only booked credits: what left the account, or is not booked yet, is passed over', () => {
  const details = [{ ore: 100, xml: ocr('18') }]
  const { payments, ignored } = told(
    camt054([
      { ore: 100, details },
      { ore: 100, details, indicator: 'DBIT' },
      { ore: 100, details, status: 'PDNG' },
    ]),
  )
  assert.equal(tags(payments), ['18'])
  assert.is(ignored, 2)
})

Camt('that the bank took back, or a payer took off, are left to a person', () => {
  const [back] = of({ ore: 100, indicator: 'DBIT', isReversal: true, details: [{ ore: 100, xml: ocr('18') }] })
  assert.equal([back?.amount, back?.ocr, back?.unclear], [sek(-100), undefined, { _tag: 'Reversal' }])
  assert.match(back?.reference ?? '', /~reversal\.1$/, 'with some banks it has the reference of what it takes back')
  const [one] = told(
    Buffer.from(
      Buffer.from(camt054([{ ore: 100, indicator: 'DBIT', isReversal: true }]))
        .toString()
        .replace('>true<', '>1<'),
    ),
  ).payments
  assert.equal(one?.unclear, { _tag: 'Reversal' })
  const [came] = of({ ore: 100, indicator: 'CRDT', isReversal: true, details: [{ ore: 100, xml: ocr('18') }] })
  assert.equal([came?.amount, came?.unclear], [sek(100), { _tag: 'Reversal' }], 'a refund that came back')
  const off = of({
    ore: 60,
    details: [
      { ore: 100, xml: ocr('18') },
      { ore: 40, xml: `<CdtDbtInd>DBIT</CdtDbtInd>${ocr('26')}` },
    ],
  })
  assert.equal(
    off.map(({ amount }) => amount.amount),
    [100, -40],
  )
  assert.equal(tags(off), ['18', 'Deduction'])
})

const strd = (reference: string, remitted?: string, kind = 'RmtdAmt'): string =>
  `<Strd>${remitted === undefined ? '' : `<RfrdDocAmt><${kind} Ccy="SEK">${remitted}</${kind}></RfrdDocAmt>`}<CdtrRefInf><Ref>${reference}</Ref></CdtrRefInf></Strd>`
const remittance = (...structured: ReadonlyArray<string>): string => `<RmtInf>${structured.join('')}</RmtInf>`

Camt('for several invoices are parts where it says how much is for which, and else left to a person', () => {
  const paid = (xml: string) => of({ ore: 1000, reference: 'B', details: [{ ore: 1000, xml }] })
  assert.equal(
    paid(remittance(strd('18', '3.00'), strd('26', '7'))).map(({ reference, amount, ocr: of }) => [
      reference,
      amount.amount,
      of,
    ]),
    [
      ['camt054.50501055.B.1.1', 300, '18'],
      ['camt054.50501055.B.1.2', 700, '26'],
    ],
  )
  assert.equal(paid(remittance(strd('18'), strd('26')))[0]?.unclear, {
    _tag: 'SeveralReferences',
    references: ['18', '26'],
  })
  for (const xml of [
    remittance(strd('18', '3.00'), strd('26', '6.99')),
    remittance(strd('18', '3.00'), strd('26')),
    remittance(strd('18', '12.00'), strd('26', '2.00', 'CdtNoteAmt')),
    remittance(strd('18', '3.00'), strd('PO-7', '7.00')),
    remittance(strd('18', '3.00'), '<Strd><RfrdDocInf><Nb>26</Nb></RfrdDocInf></Strd>'),
  ])
    assert.equal(tags(paid(xml)), ['SeveralReferences'])
  assert.equal(tags(paid(remittance(strd('18'), strd('1 8')))), ['18'], 'the same one twice')
  assert.equal(
    tags(paid(remittance(strd('18'), '<Strd><AddtlRmtInf>tack</AddtlRmtInf></Strd>'))),
    ['18'],
    'words alone',
  )
})

Camt('without digits for a reference are left to a person, whatever stands in the text', () => {
  const paid = (xml?: string) => tags(of({ ore: 100, details: [xml === undefined ? { ore: 100 } : { ore: 100, xml }] }))
  assert.equal(paid(), ['NoReference'])
  assert.equal(paid(wrote('faktura 18, tack')), ['NoReference'])
  assert.equal(paid(`<RmtInf><Ustrd>18</Ustrd><Ustrd>26</Ustrd></RmtInf>`), ['SeveralReferences'])
  assert.equal(paid('<RmtInf><Ustrd>18</Ustrd><Ustrd>tack</Ustrd></RmtInf>'), ['NoReference'])
  assert.equal(paid(`<RmtInf><Ustrd>18</Ustrd>${strd('Karin')}</RmtInf>`), ['18'])
  assert.equal(tags(of({ ore: 100 })), ['NoReference'], 'an entry without details')
})

Camt('in another currency, or whose amounts are not the entry’s, are left to a person', () => {
  assert.equal(tags(of({ ore: 100, currency: 'EUR', details: [{ ore: 100, xml: ocr('18') }] })), ['ForeignCurrency'])
  assert.equal(tags(of({ ore: 100, details: [{ ore: 90, xml: ocr('18') }] })), ['AmountsDiffer'])
  const charged = (ore: number, charges: number) => tags(of({ ore, charges, details: [{ ore: 100, xml: ocr('18') }] }))
  assert.equal(charged(95, 5), ['18'], 'less charges')
  assert.equal([charged(1000, 0), charged(95, 4), charged(105, 5)].flat(), Array(3).fill('AmountsDiffer'))
  const batch = Buffer.from(camt054([{ ore: 100, details: [{ ore: 100, xml: ocr('18') }] }])).toString()
  const counted = (count: number) =>
    tags(told(Buffer.from(batch.replace('<TxDtls>', `<Btch><NbOfTxs>${count}</NbOfTxs></Btch><TxDtls>`))).payments)
  assert.equal([counted(1), counted(2)], [['18'], ['AmountsDiffer']])
  const untold = Buffer.from(camt054([{ ore: 300, details: [{ ore: 100 }, { ore: 200 }] }]))
    .toString()
    .replaceAll('TxAmt', 'InstdAmt')
  const [whole] = told(Buffer.from(untold)).payments
  assert.equal([whole?.amount, whole?.unclear], [sek(300), { _tag: 'AmountsDiffer' }], 'of how much it is not told')
})

Camt('have the account as it is named: a bankgiro, a plusgiro, an IBAN, another', () => {
  const account = (xml: string) => told(camt054([{ ore: 1 }], { account: xml })).payments[0]?.account
  assert.equal(account('<Othr><Id>5050-1055</Id><SchmeNm><Prtry>BGNR</Prtry></SchmeNm></Othr>'), {
    scheme: 'bankgiro',
    id: '50501055',
  })
  assert.equal(account('<Othr><Id>12345-6</Id><SchmeNm><Prtry>PGNR</Prtry></SchmeNm></Othr>'), {
    scheme: 'plusgiro',
    id: '123456',
  })
  assert.equal(account('<IBAN>se45 5000 0000 0583 9825 7466</IBAN>'), {
    scheme: 'other',
    id: 'SE4550000000058398257466',
  })
  assert.equal(account('<Othr><Id>5839</Id><SchmeNm><Cd>BBAN</Cd></SchmeNm></Othr>'), { scheme: 'other', id: '5839' })
})

const referencesOf = (...entries: ReadonlyArray<Entry>) => of(...entries).map(({ reference }) => reference)

Camt('are known by the transaction’s own reference, or the entry’s and their place in it', () => {
  const refs = (xml: string) => `<Refs>${xml}</Refs>`
  const with_ = (reference: string | undefined, ...own: ReadonlyArray<string>): Entry => ({
    ore: own.length,
    ...(reference === undefined ? {} : { reference }),
    details: own.map((xml) => ({ ore: 1, xml: `${refs(xml)}${ocr('18')}` })),
  })
  const own = (reference: string) => `<AcctSvcrRef>${reference}</AcctSvcrRef>`
  const b = 'camt054.50501055'
  assert.equal(referencesOf(with_('B', own('T1'), own('T2'))), [`${b}.T1.1`, `${b}.T2.1`], 'of their own')
  assert.equal(referencesOf(with_('C', own('T2'))), [`${b}.T2.1`], 'booked elsewhere')
  assert.equal(referencesOf(with_('T1', own('T1'))), [`${b}.T1.1`], 'the entry’s, repeated')
  assert.equal(referencesOf(with_('B', own('T'), own('T'))), [`${b}.T.1`, `${b}.T.2`], 'one for all')
  assert.equal(referencesOf(with_('B', '<UETR>U</UETR>')), [`${b}.B.1`])
  assert.equal(referencesOf(with_('B.1', own('T#2'))), [`${b}.T%232.1`], 'without the marks that stand behind it')
  assert.equal(referencesOf(with_('B.1', '')), [`${b}.B%2e1.1`])
  assert.equal(referencesOf(with_(undefined, '<UETR>U</UETR><TxId>X</TxId>', '<TxId>X</TxId>')), [
    `${b}.U.1`,
    `${b}.X.1`,
  ])
  assert.equal(referencesOf(with_(undefined, ''), with_(undefined, '')), [`${b}.N1:1.1`, `${b}.N1:2.1`], 'their place')
})

Camt('that a bank gave a reference for the second time are left to a person; the very same is told of twice', () => {
  const once = { ore: 1, reference: 'B', details: [{ ore: 1, xml: ocr('18') }] }
  const other = { ...once, details: [{ ore: 1, xml: ocr('26') }] }
  const b = 'camt054.50501055.B.1'
  assert.equal(referencesOf(once, other, once), [b, `${b}#2026-03-20.1.26`, b])
  assert.equal(tags(of(once, other, once)), ['18', 'SameReference', '18'])
})

Camt('come in several notifications, entries and details of an entry', () => {
  const detail = (reference: string) => ({ ore: 1, xml: ocr(reference) })
  const text = Buffer.from(camt054([{ ore: 2, details: [detail('18'), detail('26')] }])).toString()
  const apart = text.replace('</TxDtls><TxDtls>', '</TxDtls></NtryDtls><NtryDtls><TxDtls>')
  const twice = apart.replace(/<Ntfctn>.*<\/Ntfctn>/, (one) => one + one.replace('N1', 'N2').replaceAll('18<', '34<'))
  assert.equal(tags(told(Buffer.from(twice)).payments), ['18', '26', '34', '26'])
})

Camt('of nothing are messages', () => {
  const details = [
    { ore: 0, xml: ocr('18') },
    { ore: 5, xml: ocr('26') },
  ]
  const { payments, ignored } = told(camt054([{ ore: 5, details }, { ore: 0 }]))
  assert.equal([tags(payments), ignored], [['26'], 2])
})

Camt('that were written are told apart from those that stand in the field for it', () => {
  const isWritten = (xml: string) => of({ ore: 1, details: [{ ore: 1, xml }] })[0]?.isWritten
  assert.equal([isWritten(ocr('18')), isWritten(wrote('18'))], [undefined, true])
})

Camt('have a day of the clinic’s clocks', () => {
  const day = (xml: string) => {
    const file = Buffer.from(camt054([{ ore: 1 }]))
      .toString()
      .replace('<Dt>2026-03-20</Dt>', xml)
    return told(Buffer.from(file)).payments[0]?.receivedOn
  }
  assert.is(day('<DtTm>2026-03-30T23:30:00</DtTm>'), '2026-03-30')
  assert.is(day('<Dt>2026-03-30</Dt></BookgDt><ValDt><Dt>2026-03-31</Dt></ValDt><BookgDt>'), '2026-03-30')
  assert.is(day('</BookgDt><ValDt><Dt>2026-03-31</Dt></ValDt><BookgDt>'), '2026-03-31')
  assert.is(day('<DtTm>2026-03-30T23:30:00Z</DtTm>'), '2026-03-31')
  assert.is(day('<DtTm>2026-03-30T23:30:00+02:00</DtTm>'), '2026-03-30')
})

Camt('have the bankgiro of the transaction, where the account is told of by its IBAN', () => {
  const to = `<RltdPties><CdtrAcct><Id>${BANKGIRO}</Id></CdtrAcct></RltdPties>${ocr('18')}`
  const entry = { ore: 1, reference: 'B', details: [{ ore: 1, xml: to }] }
  const [payment] = told(camt054([entry], { account: '<IBAN>SE45</IBAN>' })).payments
  assert.equal([payment?.account, payment?.reference], [{ scheme: 'bankgiro', id: '50501055' }, 'camt054.SE45.B.1'])
  const related = Buffer.from(camt054([{ ore: 1, reference: 'B' }], { account: '<IBAN>SE45</IBAN>' }))
    .toString()
    .replace('</Acct>', `</Acct><RltdAcct><Id>${BANKGIRO}</Id></RltdAcct>`)
  assert.equal(told(Buffer.from(related)).payments[0]?.account, { scheme: 'bankgiro', id: '50501055' })
})

Camt('are not taken from a file that does not have the entries that it counts and sums up', () => {
  const summed = (xml: string, page = '') =>
    Buffer.from(
      Buffer.from(camt054([{ ore: 100 }, { ore: 50, indicator: 'DBIT' }]))
        .toString()
        .replace('<Id>N1</Id>', `<Id>N1</Id>${page}`)
        .replace('<Ntry>', `<TxsSummry>${xml}</TxsSummry><Ntry>`),
    )
  const right =
    '<TtlNtries><NbOfNtries>2</NbOfNtries><Sum>1.5</Sum></TtlNtries><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>1.00</Sum></TtlCdtNtries>'
  assert.is(told(summed(right)).payments.length, 1)
  const rows: ReadonlyArray<readonly [string, RegExp]> = [
    [right.replace('>2<', '>3<'), /says that it has 3 entries \(TxsSummry\/TtlNtries\), and has 2/],
    [right.replace('1.5', '2.5'), /come to 2\.5 \(TxsSummry\/TtlNtries\), and they come to 1\.5/],
    [right.replace('>1<', '>2<'), /says that it has 2 entries \(TxsSummry\/TtlCdtNtries\), and has 1/],
    [right.replace('1.00', '1.50'), /come to 1\.50 \(TxsSummry\/TtlCdtNtries\)/],
  ]
  for (const [xml, reason] of rows) {
    assert.match(reasonOf(summed(xml)), reason)
    const page = '<NtfctnPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></NtfctnPgntn>'
    assert.is(told(summed(xml, page)).payments.length, 1, 'one of several pages')
  }
})

Camt('tell who paid and what for on one line, without what steers a terminal', () => {
  const xml = `<RltdPties><Dbtr><Nm>Anna\u202eEk</Nm></Dbtr></RltdPties>${wrote('tack\n9 recorded\u0085\u009b2J så')}`
  const [payment] = of({ ore: 1, details: [{ ore: 1, xml }] })
  assert.equal([payment?.payerName, payment?.text], ['Anna Ek', 'tack 9 recorded 2J så'])
})

Camt('are read in the encoding that the file names', () => {
  const name = '<RltdPties><Dbtr><Nm>Åke</Nm></Dbtr></RltdPties>'
  const utf8 = Buffer.from(camt054([{ ore: 1, details: [{ ore: 1, xml: name }] }])).toString()
  const names = (content: Uint8Array) => told(content).payments.map(({ payerName }) => payerName)
  assert.equal(names(Buffer.from(`\ufeff${utf8}`)), ['Åke'])
  assert.equal(names(Buffer.from(`\r\n${utf8}\u001a\u0000`)), ['Åke'])
  assert.equal(names(Buffer.from(utf8.replace('UTF-8', 'ISO-8859-1'), 'latin1')), ['Åke'])
  assert.equal(names(Buffer.from(`\ufeff${utf8.replace('UTF-8', 'UTF-16')}`, 'utf16le')), ['Åke'])
  assert.match(reasonOf(Buffer.from(utf8, 'latin1')), /no text in the encoding UTF-8/)
  assert.match(reasonOf(Buffer.from(utf8.replace('UTF-8', 'KLINGON'))), /no text in the encoding KLINGON/)
})

Camt('are not taken from a file that is no such file, and it says why without a word of it', () => {
  const whole = Buffer.from(camt054([{ ore: 100, details: [{ ore: 100, xml: wrote('hemligt') }] }])).toString()
  const rows: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /is empty/],
    ['01BGMAX', /is BgMax/],
    ['   ', /no well-formed XML/],
    ['%PDF-1.7', /no well-formed XML/],
    [whole.slice(0, -30), /no well-formed XML/],
    ['<a>'.repeat(300_000), /stand deeper within one another/],
    [whole.replace('<Document', '<!DOCTYPE Document [<!ENTITY a "b">]><Document'), /DOCTYPE/],
    [
      '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt/></Document>',
      /is a camt\.053 and/,
    ],
    [whole.replace('<Sts>', '<RvslInd>ja</RvslInd><Sts>'), /has a RvslInd that is neither true nor false/],
    ['<html/>', /The file is no camt\.054/],
    ['<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"/>', /The file is no camt\.054\./],
    [whole.replace('<CdtDbtInd>CRDT</CdtDbtInd>', ''), /Entry 1 of notification "N1" has no CdtDbtInd/],
    [whole.replace('<Dt>2026-03-20</Dt>', '<Dt>2026-02-30</Dt>'), /has no booking date/],
    [whole.replaceAll('1.00', '.'), /has an amount that is no number/],
    [whole.replaceAll('1.00', '1.005'), /has an amount that is no number/],
    [whole.replaceAll('1.00', '-1.00'), /has an amount that is no number/],
    [whole.replace('<Amt Ccy="SEK">1.00</Amt>', ''), /has no amount \(Amt\)/],
  ]
  for (const [content, reason] of rows) {
    assert.match(reasonOf(Buffer.from(content)), reason)
    assert.not.match(reasonOf(Buffer.from(content)), /hemligt/)
  }
})

Camt('in any file are those it was made of, to the öre', () => {
  const anyDetail = fc.record({
    ore: fc.integer({ min: 1, max: 10 ** 11 }),
    text: fc.oneof(fc.stringMatching(/^[1-9]\d{1,24}$/), fc.stringMatching(/^[A-Zåäö<&> ]{1,20}$/)),
  })
  const anyEntries = fc.array(fc.array(anyDetail, { minLength: 1, maxLength: 5 }), { maxLength: 5 })
  fc.assert(
    fc.property(anyEntries, fc.constantFrom(2, 4, 8), (entries, version) => {
      const file = camt054(
        entries.map((details, i) => ({
          ore: details.reduce((sum, { ore }) => sum + ore, 0),
          reference: `R${i}`,
          details: details.map(({ ore, text }) => ({ ore, xml: `<RmtInf><Ustrd>${escaped(text)}</Ustrd></RmtInf>` })),
        })),
        { version },
      )
      assert.equal(
        told(file).payments.map(({ amount, ocr: found }) => [amount.amount, found]),
        entries.flat().map(({ ore, text }) => [ore, /^\d+$/.test(text) ? text : undefined]),
      )
    }),
  )
})
