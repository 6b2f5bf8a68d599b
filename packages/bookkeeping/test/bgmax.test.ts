import { DEFAULT_TIME_ZONE, sek } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import { type Either, isLeft } from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type IncomingPayment, type PaymentFile, readers, type UnusableFile } from '../src/payments/index.js'
import { bgMax, bgMaxRecords, type Section, type Told } from '../src/testing/index.js'

const read = (content: Uint8Array) => readers.bgmax(content, DEFAULT_TIME_ZONE)
const told = (read: Either<UnusableFile, PaymentFile>): PaymentFile => {
  if (isLeft(read)) throw new Error(read.left.reason)
  return read.right
}
const reasonOf = (content: Uint8Array): string => {
  const done = read(content)
  return isLeft(done) ? done.left.reason : 'it was read'
}
const day = (...payments: ReadonlyArray<Told>): ReadonlyArray<Section> => [{ date: '2026-03-20', payments }]
const one = (payment: Told): IncomingPayment => {
  const { payments } = told(read(bgMax(day(payment))))
  assert.is(payments.length, 1)
  return payments[0] as IncomingPayment
}

const BgMax = suite('payments in BgMax')

BgMax('are told with amount, day, account, reference and payer', () => {
  assert.equal(one({ ore: 120000, reference: '1230', name: 'Åke Öberg', text: 'tack', serial: '100' }), {
    reference: 'bgmax.50501055.2026-03-20.100',
    bookedAs: 'bgmax.50501055.2026-03-20.100',
    amount: sek(120000),
    receivedOn: '2026-03-20',
    account: { scheme: 'bankgiro', id: '50501055' },
    payerName: 'Åke Öberg',
    text: 'tack',
    ocr: '1230',
  })
})

BgMax('have a day and an account of their own in each section', () => {
  const { payments, ignored } = told(
    read(
      bgMax([
        { date: '2026-03-20', payments: [{ ore: 100, reference: '18', serial: '1' }] },
        { date: '2026-03-23', bankgiro: '1234566', payments: [{ ore: 200, reference: '26', serial: '1' }] },
      ]),
    ),
  )
  assert.equal(
    payments.map(({ receivedOn, account, reference }) => [receivedOn, account?.id, reference]),
    [
      ['2026-03-20', '50501055', 'bgmax.50501055.2026-03-20.1'],
      ['2026-03-23', '1234566', 'bgmax.1234566.2026-03-23.1'],
    ],
  )
  assert.is(ignored, 0)
})

BgMax('have the reference that was written where there is none in its field', () => {
  assert.is(one({ ore: 100, text: '12 30' }).ocr, '1230')
  assert.is(one({ ore: 100, reference: 'ANNA EK', text: '1230' }).ocr, '1230')
  assert.equal(one({ ore: 100, text: 'faktura 1230' }).unclear, { _tag: 'NoReference' })
  assert.equal(one({ ore: 100 }).unclear, { _tag: 'NoReference' })
})

BgMax('for several invoices are parts where it says how much is for which, and else left to a person', () => {
  const others = [
    { reference: '18', ore: 300 },
    { reference: '26', ore: 700 },
  ]
  const { payments } = told(read(bgMax(day({ ore: 1000, serial: '7', others }))))
  assert.equal(
    payments.map(({ reference, amount, ocr }) => [reference, amount.amount, ocr]),
    [
      ['bgmax.50501055.2026-03-20.7.1', 300, '18'],
      ['bgmax.50501055.2026-03-20.7.2', 700, '26'],
    ],
  )
  const several = { _tag: 'SeveralReferences', references: ['18', '26'] }
  const untold = others.map(({ reference }) => ({ reference, ore: 0 }))
  assert.equal(one({ ore: 1000, others: untold }).unclear, several)
  assert.equal(one({ ore: 1000, reference: '18 26', others: untold }).unclear, several)
  assert.equal(one({ ore: 1000, reference: '18', others: untold.slice(1) }).unclear, several)
  assert.equal(one({ ore: 900, others }).unclear, several, 'what is told is not the whole')
  assert.equal(
    one({ ore: 1000, reference: '34', others: [{ reference: '26', ore: 1000 }] }).unclear,
    { _tag: 'SeveralReferences', references: ['34', '26'] },
    'its own reference is none of them',
  )
  const withNote = [...others, { reference: '34', ore: 100, isDeduction: true }]
  assert.is(one({ ore: 1000, others: withNote }).unclear?._tag, 'SeveralReferences', 'a credit note was taken off')
})

BgMax('that were taken off, or are in another currency, are left to a person', () => {
  const { payments } = told(
    read(bgMax(day({ ore: 1000, reference: '18' }, { ore: 400, reference: '26', isDeduction: true }))),
  )
  assert.equal(
    payments.map(({ amount, ocr, unclear }) => [amount.amount, ocr, unclear?._tag]),
    [
      [1000, '18', undefined],
      [-400, undefined, 'Deduction'],
    ],
  )
  const [euro] = told(
    read(bgMax([{ date: '2026-03-20', currency: 'EUR', payments: [{ ore: 100, reference: '18' }] }])),
  ).payments
  assert.equal(euro?.unclear, { _tag: 'ForeignCurrency', currency: 'EUR' })
})

BgMax('of nothing are messages', () => {
  assert.equal(told(read(bgMax(day({ ore: 0, reference: '18' }, { ore: 5, reference: '26' })))).ignored, 1)
})

BgMax(
  'that a bank gave a serial number for the second time are left to a person, with a reference of their own',
  () => {
    const { payments } = told(
      read(bgMax(day({ ore: 1, reference: '18', serial: '7' }, { ore: 2, reference: '26', serial: '7' }))),
    )
    assert.equal(
      payments.map(({ reference, ocr, unclear }) => [reference, ocr, unclear?._tag]),
      [
        ['bgmax.50501055.2026-03-20.7', '18', undefined],
        ['bgmax.50501055.2026-03-20.7#2026-03-20.2.26', undefined, 'SameReference'],
      ],
    )
  },
)

BgMax('have the payer’s whole name, and a reference of 2 to 25 digits', () => {
  const rows = bgMaxRecords(day({ ore: 1, name: 'x' })).map((row) =>
    row.startsWith('26') ? `26${'Åke Öbergs Plåt och'.padEnd(35)}Bleck AB`.padEnd(80) : row,
  )
  assert.is(told(read(Buffer.from(rows.join('\n'), 'latin1'))).payments[0]?.payerName, 'Åke Öbergs Plåt och Bleck AB')
  assert.equal(one({ ore: 1, text: '1' }).unclear, { _tag: 'NoReference' })
  assert.is(one({ ore: 1, text: '12'.repeat(12) }).ocr, '12'.repeat(12))
  assert.equal(one({ ore: 1, text: '12'.repeat(13) }).unclear, { _tag: 'NoReference' })
  assert.equal([one({ ore: 1, text: '18' }).isWritten, one({ ore: 1, reference: '18' }).isWritten], [true, undefined])
})

BgMax(
  'without a serial number are known by their file and the place in it, also where it stands behind another',
  () => {
    const first = bgMaxRecords(day({ ore: 1, reference: '18' }))
    const second = bgMaxRecords([{ date: '2026-03-23', payments: [{ ore: 2, reference: '26' }] }])
    const referencesOf = (...rows: ReadonlyArray<string>) =>
      told(read(Buffer.from(rows.join('\n'), 'latin1'))).payments.map(({ reference }) => reference)
    const [alone] = referencesOf(...second)
    assert.is(
      referencesOf(...first, '', '\u001a', ...second.map((row) => row.replace('331P', '332P')))[1],
      alone?.replace('331', '332'),
    )
  },
)

BgMax('come in several files behind one another, with records that nobody knows, and an old mark of the end', () => {
  const first = bgMaxRecords(day({ ore: 1, reference: '18' }))
  const second = bgMaxRecords([{ date: '2026-03-23', payments: [{ ore: 2, reference: '26' }] }])
  const text = [...first, ...second.slice(0, 2), '99 of a later version', ...second.slice(2), '\u001a'].join('\n')
  assert.equal(
    told(read(Buffer.from(text, 'latin1'))).payments.map(({ ocr }) => ocr),
    ['18', '26'],
  )
})

BgMax('are not taken from a file that is no such file, and it says why', () => {
  const file = bgMaxRecords(day({ ore: 100, reference: '18' }))
  const changed = (line: number, from: number, text: string): Uint8Array =>
    Buffer.from(
      file
        .map((row, i) => (i === line ? row.slice(0, from - 1) + text + row.slice(from - 1 + text.length) : row))
        .join('\n'),
      'latin1',
    )
  const rows: ReadonlyArray<readonly [Uint8Array, RegExp]> = [
    [Buffer.from(''), /is empty/],
    [Buffer.from('<?xml version="1.0"?>'), /does not begin/],
    [bgMax(day({ ore: 100 }), 'T'), /test file/],
    [changed(2, 54, '2'), /Line 4: the payments before it are not the sum/],
    [changed(3, 79, '2'), /Line 4: there are not as many payments/],
    [changed(4, 10, '2'), /Line 5: there are not as many records/],
    [changed(2, 50, 'x'), /Line 3: columns 38 to 55 are no number/],
    [Buffer.from(file.toSpliced(3, 1).join('\n')), /Line 4: the section before it has no deposit/],
    [Buffer.from([...file.slice(0, 3), file[1], ...file.slice(3)].join('\n')), /Line 4: the section before it has no/],
    [changed(3, 42, '13'), /Line 4: columns 38 to 45 are no date/],
    [changed(2, 20, '\t'), /Line 3 is no record/],
    [Buffer.from(file.toSpliced(1, 1).join('\n')), /Line 2 stands before the opening record/],
    [Buffer.from(file.join('x\n'), 'latin1'), /Line 1 is no record/],
    [Buffer.from([...file.slice(0, 2), '25orphan', ...file.slice(2)].join('\n')), /Line 3 belongs to no payment/],
    [Buffer.from([...file, file[1]].join('\n')), /Line 6 stands after the end/],
    [Buffer.from([...file.slice(0, 3), ...file].join('\n')), /Line 4 begins a file before/],
  ]
  for (const [content, reason] of rows) assert.match(reasonOf(content), reason)
})

const anyTold = fc.record({
  ore: fc.integer({ min: 1, max: 10 ** 9 }),
  reference: fc.stringMatching(/^[1-9]\d{1,24}$/),
  serial: fc.stringMatching(/^[1-9]\d{0,11}$/),
})
const anySections = fc.array(
  fc.record({
    date: fc.constantFrom('2026-03-20', '2026-03-23', '2026-12-31'),
    payments: fc.array(anyTold, { minLength: 1, maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 4 },
)

BgMax('are all there, or the file is not taken: with any record lost, doubled or cut off', () => {
  fc.assert(
    fc.property(anySections, fc.nat(), fc.constantFrom('lost', 'doubled', 'cut'), (sections, at, how) => {
      const rows = bgMaxRecords(sections)
      const expected = sections.flatMap(({ payments }) => payments.map(({ ore }) => ore))
      assert.equal(
        told(read(bgMax(sections))).payments.map(({ amount }) => amount.amount),
        expected,
      )
      const i = at % rows.length
      const broken =
        how === 'lost'
          ? rows.toSpliced(i, 1)
          : how === 'doubled'
            ? rows.toSpliced(i, 0, rows[i] as string)
            : rows.slice(0, i)
      const done = read(Buffer.from(broken.join('\n'), 'latin1'))
      // An opening record twice opens the same section.
      if (how !== 'doubled' || !rows[i]?.startsWith('05')) assert.ok(isLeft(done), `${how} ${rows[i]}`)
    }),
  )
})

BgMax('are read in time that grows with the file, whatever it is filled with', () => {
  const began = performance.now()
  for (const filling of [' ', '\n', '\u001a', ' \n'])
    assert.match(reasonOf(Buffer.from(`01BGMAX${filling.repeat(500_000)}x`)), /Line \d+ |is cut off/)
  assert.ok(performance.now() - began < 5_000)
})
