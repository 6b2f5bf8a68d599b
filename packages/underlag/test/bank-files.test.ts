import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bgMax, camt054, ocr, type Section, wrote } from '@underlag/bookkeeping/testing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type ImportedPayments, refusalSentence } from '../src/index.js'
import { runCli, spawnCli } from './support/cli.js'
import { type Clinic, inClinic, right, settled } from './support/clinic.js'
import { anna, care, kr, onDay, clinic as seller } from './support/samples.js'
import { stores, temporaryFolder } from './support/stores.js'

const imported = async (
  { underlag }: Clinic,
  format: 'camt054' | 'bgmax',
  file: Uint8Array,
  actor?: string,
): Promise<ImportedPayments> => {
  const done = await right(underlag.importPayments(format, file, actor === undefined ? {} : { actor }))
  if (E.isLeft(done)) throw new Error(done.left.reason)
  return done.right
}

/** What became of each payment, in short. */
const outcomes = ({ payments }: ImportedPayments) =>
  payments.map(({ outcome, invoiceNumber, balance, refusal }) =>
    outcome === 'notRecorded' ? refusal?._tag : [outcome, invoiceNumber, balance?.amount],
  )

/** An invoice of 1 200 kronor each, whose numbers are 1 and 2, and OCR references 18 and 26. */
const twoInvoices = async (clinic: Clinic): Promise<void> => {
  await settled(clinic)
  for (const [bookingId, clientId] of [
    ['x', 'anna'],
    ['y', 'bo'],
  ] as const) {
    await clinic.accept('RecordBooking', { bookingId, clientId, treatmentTypeId: 'therapy', startsAt: onDay(2) })
    await clinic.accept('RegisterInvoice', { payer: { kind: 'client', id: clientId }, delivery: 'none' })
  }
}

const paid = (...payments: Section['payments']): Uint8Array => bgMax([{ date: '2026-03-20', payments }])

for (const kind of stores) {
  const Import = suite(`payments from files of banks on ${kind.name}`)

  Import(
    'are recorded on the invoice of their reference, each once, whichever file tells of it again',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const file = camt054([
        {
          ore: 170000,
          reference: 'B',
          details: [
            { ore: 120000, xml: ocr('18') },
            { ore: 50000, xml: wrote('0026') },
          ],
        },
        { ore: 1, status: 'PDNG', details: [{ ore: 1, xml: ocr('18') }] },
      ])
      const first = await imported(clinic, 'camt054', file, 'user:eva')
      assert.equal(outcomes(first), [
        ['recorded', '1', 0],
        ['recorded', '2', 70000],
      ])
      const { recorded, alreadyRecorded, notRecorded, ignored } = first
      assert.equal([recorded, alreadyRecorded, notRecorded, ignored], [2, 0, 0, 1])
      const invoices = await right(clinic.underlag.invoices())
      assert.equal(
        invoices.map(({ status, payments }) => [status, payments]),
        [
          ['paid', [{ amount: kr(1200), receivedOn: '2026-03-20', reference: 'camt054.50501055.B.1' }]],
          ['partlyPaid', [{ amount: kr(500), receivedOn: '2026-03-20', reference: 'camt054.50501055.B.2' }]],
        ],
      )
      const [payment] = (await right(clinic.underlag.audit({ about: '1' }))).slice(-1)
      assert.is(payment?.actor, 'user:eva')
      assert.match(payment?.correlationId ?? '', /^camt054:[0-9a-f]{32}$/)

      const again = await imported(clinic, 'camt054', file)
      assert.equal(outcomes(again), [
        ['alreadyRecorded', '1', 0],
        ['alreadyRecorded', '2', 70000],
      ])
      const later = camt054([
        { ore: 120000, reference: 'B', date: '2026-03-21', details: [{ ore: 120000, xml: ocr('18') }] },
      ])
      assert.equal(outcomes(await imported(clinic, 'camt054', later)), [['alreadyRecorded', '1', 0]])
      assert.equal(await right(clinic.underlag.invoices()), invoices)
    }),
  )

  Import(
    'that came twice, or too much, are recorded: what is to be paid back is seen',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const twice = paid({ ore: 120000, reference: '18', serial: '1' }, { ore: 120000, reference: '18', serial: '2' })
      assert.equal(outcomes(await imported(clinic, 'bgmax', twice)), [
        ['recorded', '1', -120000],
        ['recorded', '1', -120000],
      ])
    }),
  )

  Import(
    'that nobody could be sure of are left to a person with what the payer wrote, and known once that person recorded them',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      await clinic.accept('CreditInvoice', { invoiceNumber: '2', reason: 'x', releaseItems: false })
      const file = bgMax([
        {
          date: '2026-03-20',
          payments: [
            { ore: 1, serial: '1', name: 'Åke Öberg', text: 'tack' },
            { ore: 2, serial: '2', reference: '9999' },
            { ore: 3, serial: '3', reference: '34' },
            { ore: 4, serial: '4', reference: '18', isDeduction: true },
            { ore: 5, serial: '5', reference: '18 26' },
          ],
        },
        { date: '2026-03-20', bankgiro: '1234566', payments: [{ ore: 6, serial: '6', reference: '18' }] },
      ])
      const first = await imported(clinic, 'bgmax', file)
      assert.equal(outcomes(first), [
        ...['NoReference', 'UnknownInvoice', 'NotPayable', 'Deduction', 'SeveralReferences', 'OtherAccount'],
      ])
      assert.equal([first.recorded, first.notRecorded], [0, 6])
      const [unclear] = first.payments
      assert.equal([unclear?.payerName, unclear?.text], ['Åke Öberg', 'tack'])

      const { reference = '', receivedOn = '' } = unclear ?? {}
      await clinic.accept('RecordPayment', { invoiceNumber: '1', amount: kr(0.01), receivedOn, reference })
      const again = await imported(clinic, 'bgmax', file)
      assert.equal(outcomes(again)[0], ['alreadyRecorded', '1', 119999])
      assert.is(again.notRecorded, 5)
    }),
  )

  Import(
    'that are told of with a reference that stands for other money are left to a person: nothing is lost in silence',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const entry = { ore: 100, reference: 'B', details: [{ ore: 100, xml: ocr('18') }] }
      const told = async (...entries: Parameters<typeof camt054>[0]) =>
        outcomes(await imported(clinic, 'camt054', camt054(entries)))
      assert.equal(await told(entry), [['recorded', '1', 119900]])
      const others = [
        { ...entry, ore: 70, details: [{ ore: 70, xml: ocr('18') }] },
        { ...entry, details: [{ ore: 100, xml: ocr('26') }] },
      ]
      for (const other of others) assert.equal(await told(other), ['RecordedOtherwise'])
      assert.equal(await told({ ...entry, indicator: 'DBIT', isReversal: true }), ['Reversal'])
      assert.equal(await told(entry, entry), [
        ['alreadyRecorded', '1', 119900],
        ['alreadyRecorded', '1', 119900],
      ])
      const back = { amount: kr(-1), receivedOn: '2026-03-21', reference: 'camt054.50501055.B~reversal.1' }
      await clinic.accept('RecordPayment', { invoiceNumber: '1', ...back })
      assert.equal(await told({ ...entry, indicator: 'DBIT', isReversal: true }), [['alreadyRecorded', '1', 120000]])
    }),
  )

  Import(
    'that are other money under a known reference are known too, once a person recorded them with the other reference that is named',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const told = (ore: number, reference: string) =>
        camt054([{ ore, reference: 'B', details: [{ ore, xml: ocr(reference) }] }])
      await imported(clinic, 'camt054', told(100, '18'))
      const [other] = (await imported(clinic, 'camt054', told(70, '18'))).payments
      const reference = String(other?.refusal?.otherReference)
      await clinic.accept('RecordPayment', { invoiceNumber: '1', amount: kr(0.7), receivedOn: '2026-03-20', reference })
      for (const ore of [100, 70])
        assert.equal(outcomes(await imported(clinic, 'camt054', told(ore, '18'))), [['alreadyRecorded', '1', 119830]])
    }),
  )

  Import(
    'are told apart where the reference of one begins as another’s',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const file = camt054(
        ['B', 'B-2', 'B 3', 'B2', 'B.4'].map((reference, i) => ({
          ...{ ore: i + 1, reference },
          details: [{ ore: i + 1, xml: ocr(i % 2 === 0 ? '18' : '26') }],
        })),
      )
      assert.is((await imported(clinic, 'camt054', file)).recorded, 5)
      assert.is((await imported(clinic, 'camt054', file)).alreadyRecorded, 5)
    }),
  )

  Import(
    'that were told of whole, and then in parts, are the same money',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const details = [
        { ore: 4000, xml: ocr('18') },
        { ore: 6000, xml: ocr('26') },
      ]
      const whole = camt054([{ ore: 10000, reference: 'B' }])
      const inParts = camt054([{ ore: 10000, reference: 'B', details }])
      assert.equal(outcomes(await imported(clinic, 'camt054', whole)), ['NoReference'])
      for (const [invoiceNumber, kronor] of [
        ['1', 40],
        ['2', 60],
      ] as const)
        await clinic.accept('RecordPayment', {
          ...{ invoiceNumber, amount: kr(kronor), receivedOn: '2026-03-20', reference: 'camt054.50501055.B.1' },
        })
      assert.equal(outcomes(await imported(clinic, 'camt054', inParts)), [
        ['alreadyRecorded', '1', 116000],
        ['alreadyRecorded', '2', 114000],
      ])
      assert.is((await imported(clinic, 'camt054', whole)).alreadyRecorded, 1)
      const others = details.map((detail) => ({ ...detail, ore: detail.ore + 1 }))
      const more = camt054([{ ore: 10002, reference: 'B', details: others }])
      assert.equal(outcomes(await imported(clinic, 'camt054', more)), ['RecordedOtherwise', 'RecordedOtherwise'])
    }),
  )

  Import(
    'by two at once with other money under one reference: one is recorded, and the other left to a person',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const other = await clinic.open()
      const file = (ore: number) =>
        paid(...Array.from({ length: 30 }, (_, i) => ({ ore, reference: '18', serial: `${i + 1}` })))
      const both = await Promise.all([imported(clinic, 'bgmax', file(1)), imported(other, 'bgmax', file(2))])
      const count = (of: 'recorded' | 'alreadyRecorded' | 'notRecorded') => both.reduce((sum, one) => sum + one[of], 0)
      assert.equal([count('recorded'), count('alreadyRecorded'), count('notRecorded')], [30, 0, 30])
    }),
  )

  Import(
    'that came to a giro which the invoice does not name are left to a person',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      const { bankgiro: _, ...giroless } = seller
      const line = { payer: anna, description: 'x', quantity: '1', price: kr(10), vat: care }
      for (const [lineId, giro] of [
        ['l1', {}],
        ['l2', { plusgiro: '123456-6' }],
        ['l3', { bankgiro: '5050-1055' }],
      ] as const) {
        await clinic.accept('SetSeller', { ...giroless, ...giro })
        await clinic.accept('AddLine', { lineId, ...line })
        await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      }
      const payments = ['18', '26', '34'].map((reference, i) => ({ ore: 1000, reference, serial: `${i + 1}` }))
      const other = bgMax([{ date: '2026-03-20', bankgiro: '1234566', payments }])
      assert.equal(outcomes(await imported(clinic, 'bgmax', other)), [
        ['recorded', '1', 0],
        'OtherAccount',
        'OtherAccount',
      ])
      assert.equal(outcomes(await imported(clinic, 'bgmax', paid(...payments))), [
        ['recorded', '1', -1000],
        'OtherAccount',
        ['recorded', '3', 0],
      ])
    }),
  )

  Import(
    'with a number that is one invoice’s reference and another’s number are left to a person where it was written as text',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      for (let i = 1; i <= 18; i++) {
        const line = { payer: anna, description: 'x', quantity: '1', price: kr(10), vat: care }
        await clinic.accept('AddLine', { lineId: `l${i}`, ...line })
        await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      }
      const told = (xml: string) => camt054([{ ore: 1000, reference: 'B', details: [{ ore: 1000, xml }] }])
      const [left] = (await imported(clinic, 'camt054', told(wrote('18')))).payments
      assert.equal(left?.refusal, { _tag: 'AmbiguousReference', ocr: '18', invoiceNumbers: ['1', '18'] })
      assert.equal(outcomes(await imported(clinic, 'camt054', told(ocr('18')))), [['recorded', '1', 0]])
      const other = camt054([{ ore: 1000, reference: 'C', details: [{ ore: 1000, xml: wrote('17') }] }])
      const [number] = (await imported(clinic, 'camt054', other)).payments
      assert.equal(number?.refusal, { _tag: 'UnknownInvoice', ocr: '17', sameNumber: '17' })
      assert.is(
        refusalSentence(number?.refusal ?? { _tag: '' }),
        'No invoice has the OCR reference 17; there is an invoice 17.',
      )
    }),
  )

  Import(
    'of which a person recorded a part are not done',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const file = paid({ ore: 10000, reference: '18 26', serial: '7' })
      const part = async (invoiceNumber: string, kronor: number) =>
        clinic.accept('RecordPayment', {
          ...{ invoiceNumber, amount: kr(kronor), receivedOn: '2026-03-20' },
          reference: 'bgmax.50501055.2026-03-20.7',
        })
      assert.equal(outcomes(await imported(clinic, 'bgmax', file)), ['SeveralReferences'])
      await part('1', 40)
      const [half] = (await imported(clinic, 'bgmax', file)).payments
      assert.equal(half?.refusal, {
        ...{ _tag: 'RecordedOtherwise', invoiceNumbers: ['1'], amount: kr(40) },
        otherReference: 'bgmax.50501055.2026-03-20.7#2026-03-20.10000',
      })
      await part('2', 60)
      assert.equal(outcomes(await imported(clinic, 'bgmax', file)), [['alreadyRecorded', '1', 116000]])
    }),
  )

  Import(
    'are not taken from a file that cannot be read whole',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const file = paid({ ore: 120000, reference: '18', serial: '1' })
      const done = await right(clinic.underlag.importPayments('bgmax', file.slice(0, -83)))
      assert.is(E.isLeft(done) && done.left._tag, 'UnusableFile')
      assert.equal(
        (await right(clinic.underlag.audit())).filter(({ type }) => type === 'PaymentRecorded'),
        [],
      )
    }),
  )

  Import(
    'by two at once are recorded once',
    inClinic(kind, async (clinic) => {
      await twoInvoices(clinic)
      const other = await clinic.open()
      const file = paid(
        ...Array.from({ length: 40 }, (_, i) => ({
          ore: i + 1,
          reference: i % 2 === 0 ? '18' : '26',
          serial: `${i + 1}`,
        })),
      )
      const both = await Promise.all([imported(clinic, 'bgmax', file), imported(other, 'bgmax', file)])
      assert.is(
        both.reduce((sum, { recorded }) => sum + recorded, 0),
        40,
      )
      const all = await right(clinic.underlag.invoices())
      assert.equal(
        all.map(({ paid: sum, payments }) => [sum.amount, payments.length]),
        [
          [400, 20],
          [420, 20],
        ],
      )
    }),
  )

  const Export = suite(`bookkeeping of ${kind.name}`)

  Export(
    'is invoices, credit notes and payments of a period, by day',
    inClinic(
      kind,
      async (clinic) => {
        await twoInvoices(clinic)
        await clinic.accept(
          'CreditInvoice',
          { invoiceNumber: '2', reason: 'x', releaseItems: true },
          { at: '2026-03-15T10:00:00Z' },
        )
        await imported(clinic, 'bgmax', paid({ ore: 120000, reference: '18', serial: '1' }))
        const texts = async (query?: { from?: string; to?: string }) => {
          const found = await right(clinic.underlag.exportSie(query))
          if (found._tag === 'None') return undefined
          const { file, ...counts } = found.value
          const text = Buffer.from(file).toString('latin1')
          assert.is(text.includes('#TRANS 1920'), counts.payments > 0, 'the account of the configuration')
          return [[...text.matchAll(/#VER "" "" (\d+) "(.*)"/g)].map(([, day, about]) => `${day} ${about}`), counts]
        }
        assert.equal(await texts(), [
          [
            '20260310 Faktura 1',
            '20260310 Faktura 2',
            '20260315 Kreditfaktura 3 till faktura 2',
            '20260320 Betalning faktura 1',
          ],
          { invoices: 2, creditNotes: 1, payments: 1 },
        ])
        assert.equal(await texts({ from: '2026-03-15', to: '2026-03-15' }), [
          ['20260315 Kreditfaktura 3 till faktura 2'],
          { invoices: 0, creditNotes: 1, payments: 0 },
        ])
        assert.is(await texts({ from: '2026-03-21' }), undefined)
      },
      { config: { bookkeeping: { accounts: { bank: '1920' } } } },
    ),
  )

  Export(
    'is in the order of numbers within a day, of the seller as of the newest invoice, without what comes to nothing',
    inClinic(kind, async (clinic) => {
      await settled(clinic)
      for (let i = 1; i <= 11; i++) {
        if (i === 11) await clinic.accept('SetSeller', { ...seller, name: 'Nya Kliniken AB' })
        const line = { payer: anna, description: 'x', quantity: '1', price: kr(i === 2 ? 0 : i), vat: care }
        await clinic.accept('AddLine', { lineId: `l${i}`, ...line })
        await clinic.accept('RegisterInvoice', { payer: anna, delivery: 'none' })
      }
      const found = await right(clinic.underlag.exportSie())
      if (found._tag === 'None') throw new Error('nothing was exported')
      const text = Buffer.from(found.value.file).toString('latin1')
      assert.equal(
        [...text.matchAll(/Faktura (\d+)/g)].map(([, number]) => number),
        ['1', '3', '4', '5', '6', '7', '8', '9', '10', '11'],
      )
      assert.is(found.value.invoices, 10)
      assert.match(text, /#FNAMN "Nya Kliniken AB"/)
    }),
  )
}

const Picture = suite('an import at a terminal')

Picture('shows what was recorded, what a person has to look at, and what was passed over', async () => {
  const folder = await temporaryFolder()
  try {
    const store = ['--store', `sqlite:${join(folder, 'underlag.db')}`]
    const line = { payer: anna, description: 'x', quantity: '1', price: kr(10), vat: care }
    const commands = [
      { type: 'ActivateInvoicing' },
      { type: 'SetSeller', data: seller },
      { type: 'RegisterClient', data: { clientId: 'anna', name: 'Anna' } },
      { type: 'AddLine', data: { lineId: 'l1', ...line } },
      { type: 'RegisterInvoice', data: { payer: anna, delivery: 'none' } },
    ].map((command, i) => JSON.stringify({ commandId: `c${i}`, ...command }))
    assert.is((await runCli(['execute', ...store], { input: commands.join('\n') })).code, 0)
    const file = join(folder, 'a.xml')
    const name = '<RltdPties><Dbtr><Nm>Åke Öberg</Nm></Dbtr></RltdPties>'
    const entries = [
      { ore: 1500, reference: 'A', details: [{ ore: 1500, xml: ocr('18') }] },
      { ore: 700, reference: 'B', details: [{ ore: 700, xml: `${name}${wrote('tack')}` }] },
      { ore: 800, reference: 'C', currency: 'EUR', details: [{ ore: 800, xml: ocr('18') }] },
      { ore: 1, status: 'PDNG' },
    ]
    await writeFile(file, camt054(entries))
    const { code, out } = await runCli(['import', 'camt054', file, ...store])
    assert.is(code, 1)
    assert.match(out, /2026-03-20 {2}15\.00 SEK {2}1 +−5\.00 SEK {2}too much was paid/)
    assert.match(out, /! 7\.00 SEK of 2026-03-20 from Åke Öberg \(«tack»\): It names no OCR reference\./)
    assert.match(out, /! 8\.00 EUR of 2026-03-20: It is in EUR/)
    assert.match(out, /1 recorded, 0 recorded before, 2 left to you, 1 passed over \(/)
    const sie = join(folder, 'a.si')
    assert.match(
      (await runCli(['export', 'sie', sie, ...store, '--from', '2030-01-01'])).out,
      /no file was written\.\n/,
    )
    assert.match(
      (await runCli(['export', 'sie', sie, ...store])).out,
      /Vouchers of 1 invoices, 0 credit notes and 1 payments/,
    )
    const again = await runCli(['export', 'sie', sie, ...store, '--from', '2030-01-01'])
    assert.match(again.out, /The .*a\.si that is there is an older one/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

const Kill = suite('an import that is killed')

Kill('goes on with the same file: each payment is on its invoice once', async () => {
  const folder = await temporaryFolder()
  try {
    const store = `sqlite:${join(folder, 'underlag.db')}`
    const commands = [
      { type: 'ActivateInvoicing', data: {} },
      { type: 'SetSeller', data: seller },
      { type: 'RegisterClient', data: { clientId: 'anna', name: 'Anna' } },
      ...Array.from({ length: 20 }, (_, i) => [
        {
          type: 'AddLine',
          data: { lineId: `l${i}`, payer: anna, description: 'x', quantity: '1', price: kr(1000), vat: care },
        },
        { type: 'RegisterInvoice', data: { payer: anna, delivery: 'none' } },
      ]).flat(),
    ].map((command, i) => JSON.stringify({ commandId: `c${i}`, ...command }))
    const made = await runCli(['execute', '--store', store], { input: commands.join('\n') })
    assert.is(made.code, 0, made.out)
    const ocrs = made.out
      .split('\n')
      .filter((line) => line.includes('InvoiceRegistered'))
      .map((line) => JSON.parse(line).events[0].data.ocr as string)
    const file = join(folder, 'bgmax.txt')
    const payments = Array.from({ length: 3_000 }, (_, i) => ({
      ore: i + 1,
      reference: ocrs[i % ocrs.length] as string,
      serial: `${i + 1}`,
    }))
    await writeFile(file, bgMax([{ date: '2026-03-20', payments }]))
    const call = ['import', 'bgmax', file, '--store', store, '--json']
    let killed = 0
    for (let i = 0; i < 5; i++) {
      const child = spawnCli(call)
      const kill = setTimeout(() => child.kill('SIGKILL'), 200 + Math.random() * 600)
      const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
      clearTimeout(kill)
      if (signal === 'SIGKILL') killed += 1
    }
    assert.ok(killed > 0, 'none was killed')
    const last = await runCli(call)
    assert.is(last.code, 0, last.err)
    const { recorded, alreadyRecorded } = JSON.parse(last.out)
    assert.is(recorded + alreadyRecorded, 3_000)
    const { invoices } = JSON.parse((await runCli(['invoices', '--store', store, '--json'])).out)
    for (const { payments: found, paid: sum } of invoices) {
      const references = found.map(({ reference }: { reference: string }) => reference)
      assert.is(new Set(references).size, 150)
      assert.is(references.length, 150)
      assert.is(
        sum.amount,
        found.reduce((total: number, { amount }: { amount: { amount: number } }) => total + amount.amount, 0),
      )
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
