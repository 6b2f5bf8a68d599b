import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  type CreditDraft,
  type CreditRefusal,
  type CreditRequest,
  draftCredit,
  type IssuedInvoice,
  type PricedLine,
  quantityOf,
  scaled,
  type VatSubtotal,
  vatKey,
} from '../src/index.js'
import { anyPricedLine, anyTotalsSettings } from './support/arbitrary.js'
import { issue } from './support/issue.js'
import { care, vat25 } from './support/samples.js'

const priced = (unitPrice: number, quantity = '1', vat = vat25): PricedLine => ({
  unitPrice,
  quantity,
  discountPercent: '0',
  vat,
})
type Asked = Pick<CreditRequest, 'lines'> & { readonly releaseItems?: boolean }
const draft = (
  invoice: IssuedInvoice,
  notes: ReadonlyArray<IssuedInvoice> = [],
  asked: Asked = {},
): E.Either<CreditRefusal, CreditDraft> =>
  draftCredit(
    { invoiceNumber: invoice.invoiceNumber, reason: 'Fel', releaseItems: true, ...asked },
    invoice,
    notes,
    '2026-04-02',
    1,
  )
const drafted = (...of: Parameters<typeof draft>): CreditDraft => {
  const result = draft(...of)
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}
const refusedOf = (...of: Parameters<typeof draft>): CreditRefusal => {
  const result = draft(...of)
  if (E.isRight(result)) throw new Error('it was drafted')
  return result.left
}
const noted = (credit: CreditDraft, sequence = 2): IssuedInvoice => ({
  ...credit,
  kind: 'creditNote',
  invoiceNumber: String(sequence),
  sequence,
  ocr: '26',
})
const part = (itemId: string, quantity?: string) => ({
  lines: [{ itemId, ...(quantity === undefined ? {} : { quantity }) }],
})

const Credit = suite('credit notes')

Credit('a full credit takes everything back: what, for whom and why', () => {
  const invoice = { ...issue([priced(1000_00), priced(250_00, '2', care)]), reference: 'S-1' }
  const note = drafted(invoice)
  assert.equal(
    [
      note.credits,
      note.reason,
      note.invoiceDate,
      note.dueDate,
      note.payer,
      note.reference,
      note.delivery,
      note.nothingLeft,
    ],
    ['1', 'Fel', '2026-04-02', '2026-04-02', invoice.payer, 'S-1', 'none', true],
  )
  assert.equal(
    note.lines.map(({ quantity, unitPrice, net }) => [quantity, unitPrice.amount, net.amount]),
    [
      ['-1', 1000_00, -1000_00],
      ['-2', 250_00, -500_00],
    ],
  )
  assert.equal([note.net.amount, note.vatAmount.amount, note.toPay.amount], [-1500_00, -250_00, -1750_00])
  assert.equal([note.released, note.settled], [['line:0', 'line:1'], []])
})

Credit('without release the items stay claimed', () => {
  const note = drafted(issue([priced(1000_00)]), [], { releaseItems: false })
  assert.equal([note.released, note.settled], [[], ['line:0']])
})

Credit('of a part only what nothing is left of is given back', () => {
  const invoice = issue([priced(1000_00, '3'), priced(250_00)])
  const first = drafted(invoice, [], { lines: [{ itemId: 'line:0', quantity: '1' }, { itemId: 'line:1' }] })
  assert.equal([first.released, first.settled, first.nothingLeft], [['line:1'], [], false])
  assert.equal(
    first.lines.map(({ quantity }) => quantity),
    ['-1', '-1'],
  )
  const rest = drafted(invoice, [noted(first)])
  assert.equal(
    rest.lines.map(({ itemId, quantity }) => [itemId, quantity]),
    [['line:0', '-2']],
  )
  assert.equal([rest.released, rest.nothingLeft], [['line:0'], true])
})

Credit('a deduction is named by a positive quantity, and its credit note takes it back with a positive one', () => {
  const invoice = issue([priced(1000_00), priced(200_00, '-2')])
  const note = drafted(invoice, [], { lines: [{ itemId: 'line:0' }, { itemId: 'line:1', quantity: '1.5' }] })
  assert.equal(
    note.lines.map(({ quantity, net }) => [quantity, net.amount]),
    [
      ['-1', -1000_00],
      ['1.5', 300_00],
    ],
  )
})

Credit('a note that would charge is refused', () => {
  const invoice = issue([priced(1000_00), priced(200_00, '-1')])
  assert.equal(refusedOf(invoice, [], part('line:1')), {
    _tag: 'NegativeTotal',
    toPay: { amount: 250_00, currency: 'SEK' },
  })
})

Credit('more than is left is refused, by item', () => {
  const invoice = issue([priced(1000_00, '2'), priced(200_00)])
  assert.equal(refusedOf(invoice, [], part('line:0', '2.001')), { _tag: 'AlreadyCredited', items: ['line:0'] })
  const half = noted(drafted(invoice, [], part('line:0', '1.5')))
  assert.equal(refusedOf(invoice, [half], part('line:0', '1')), { _tag: 'AlreadyCredited', items: ['line:0'] })
  assert.is(drafted(invoice, [half], part('line:0')).lines[0]?.quantity, '-0.5')
  const all = noted(drafted(invoice, [half]), 3)
  assert.equal(refusedOf(invoice, [half, all]), { _tag: 'AlreadyCredited', items: ['line:0', 'line:1'] })
  assert.equal(refusedOf(invoice, [half, all], part('line:1')), { _tag: 'AlreadyCredited', items: ['line:1'] })
})

Credit('an item that is not on the invoice is unknown, and a credit note cannot be credited', () => {
  const invoice = issue([priced(1000_00)])
  assert.equal(refusedOf(invoice, [], part('line:7')), { _tag: 'UnknownItem', items: ['line:7'] })
  const note = noted(drafted(invoice))
  assert.equal(refusedOf(note), { _tag: 'NotCreditable', invoiceNumber: '2' })
})

Credit('a line of quantity 0 goes with the note that leaves nothing, once', () => {
  const invoice = issue([priced(1000_00), priced(500_00, '0')])
  const part1 = drafted(invoice, [], part('line:0', '0.5'))
  assert.equal(
    part1.lines.map(({ itemId }) => itemId),
    ['line:0'],
  )
  const rest = drafted(invoice, [noted(part1)])
  assert.equal(
    rest.lines.map(({ itemId, quantity }) => [itemId, quantity]),
    [
      ['line:0', '-0.5'],
      ['line:1', '0'],
    ],
  )
  assert.equal([rest.released, rest.nothingLeft], [['line:0', 'line:1'], true])
  const empty = issue([priced(500_00, '0')])
  const note = drafted(empty)
  assert.equal([note.released, note.toPay.amount], [['line:0'], 0])
  assert.equal(refusedOf(empty, [noted(note)]), { _tag: 'AlreadyCredited', items: ['line:0'] })
})

Credit('a line of quantity 0 can be named, once, and is given back or stays settled', () => {
  const invoice = issue([priced(1000_00), priced(500_00, '0')])
  const note = drafted(invoice, [], part('line:1'))
  assert.equal(
    [note.lines.map(({ itemId }) => itemId), note.toPay.amount, note.released, note.nothingLeft],
    [['line:1'], 0, ['line:1'], false],
  )
  assert.equal(drafted(invoice, [], { ...part('line:1', '0'), releaseItems: false }).settled, ['line:1'])
  assert.equal(refusedOf(invoice, [], part('line:1', '1')), { _tag: 'AlreadyCredited', items: ['line:1'] })
  assert.equal(refusedOf(invoice, [noted(note)], part('line:1')), { _tag: 'AlreadyCredited', items: ['line:1'] })
  const rest = drafted(invoice, [noted(note)])
  assert.equal([rest.released, rest.nothingLeft, rest.toPay.amount], [['line:0'], true, -1250_00])
})

Credit('the note that leaves nothing takes what the parts’ rounding left', () => {
  // 99.99 in two halves: 50.00 and then 49.99.
  const invoice = issue([priced(99_99, '1', care)])
  const first = drafted(invoice, [], part('line:0', '0.5'))
  assert.is(first.toPay.amount, -50_00)
  assert.is(drafted(invoice, [noted(first)]).toPay.amount, -49_99)
})

Credit('öre of a VAT of which no line is left go into the rounding', () => {
  // 0.10 + 0.10 at 25 %: VAT 5 öre together, 3 each alone: the parts took an öre too much of it.
  const invoice = issue([priced(10), priced(10), priced(1000, '1', care)])
  const one = noted(drafted(invoice, [], part('line:0')))
  const two = noted(drafted(invoice, [one], part('line:1')), 3)
  const rest = drafted(invoice, [one, two])
  assert.equal(
    rest.vatBreakdown.map(({ vat }) => vatKey(vat)),
    ['exempt:healthcare'],
  )
  assert.equal([rest.net.amount, rest.vatAmount.amount, rest.rounding.amount, rest.toPay.amount], [-1000, 0, 1, -999])
})

const Notes = suite('credit notes, in any sequence')

const total = (documents: ReadonlyArray<IssuedInvoice>, of: (document: IssuedInvoice) => number): number =>
  documents.reduce((sum, document) => sum + of(document), 0)
const subtotal = (vat: string, field: 'taxable' | 'vatAmount') => (document: IssuedInvoice) =>
  document.vatBreakdown.find((each: VatSubtotal) => vatKey(each.vat) === vat)?.[field].amount ?? 0

const holdsTogether = (document: IssuedInvoice): void => {
  const { net, vatAmount, rounding, toPay, vatBreakdown, lines } = document
  assert.is(net.amount + vatAmount.amount + rounding.amount, toPay.amount)
  assert.is(
    vatBreakdown.reduce((sum, { taxable }) => sum + taxable.amount, 0),
    net.amount,
  )
  assert.is(
    vatBreakdown.reduce((sum, each) => sum + each.vatAmount.amount, 0),
    vatAmount.amount,
  )
  for (const { vat, taxable } of vatBreakdown)
    assert.is(
      lines.filter((line) => vatKey(line.vat) === vatKey(vat)).reduce((sum, line) => sum + line.net.amount, 0),
      taxable.amount,
    )
  assert.ok(toPay.amount <= 0, 'a note never charges')
}

const anyInvoice = fc
  .tuple(fc.array(anyPricedLine, { minLength: 1, maxLength: 6 }), anyTotalsSettings)
  .map(([lines, settings]) => issue(lines, settings))
  .filter(({ toPay }) => toPay.amount >= 0)

Notes('a full credit is the exact negation: per line, per VAT and in all', () => {
  fc.assert(
    fc.property(anyInvoice, (invoice) => {
      const note = drafted(invoice)
      const opposite = (there: number, back: number): void => assert.is(there + back, 0)
      for (const [i, line] of invoice.lines.entries()) {
        opposite(line.net.amount, note.lines[i]!.net.amount)
        assert.is(scaled(line.quantity, 3) + scaled(note.lines[i]!.quantity, 3), 0n)
        assert.equal(note.lines[i]!.unitPrice, line.unitPrice)
      }
      assert.is(note.vatBreakdown.length, invoice.vatBreakdown.length)
      for (const [i, { taxable, vatAmount }] of invoice.vatBreakdown.entries()) {
        opposite(taxable.amount, note.vatBreakdown[i]!.taxable.amount)
        opposite(vatAmount.amount, note.vatBreakdown[i]!.vatAmount.amount)
      }
      for (const field of ['net', 'vatAmount', 'rounding', 'toPay'] as const)
        opposite(invoice[field].amount, note[field].amount)
      assert.ok(note.nothingLeft)
    }),
    { numRuns: 500 },
  )
})

Notes('parts, then the rest: to the öre nothing is left, per VAT and in all, and of no line', () => {
  const anyParts = fc.array(
    fc.array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 1, max: 100 })), { minLength: 1, maxLength: 4 }),
    { maxLength: 5 },
  )
  let whole = 0
  fc.assert(
    fc.property(anyInvoice, anyParts, (invoice, parts) => {
      const notes: Array<IssuedInvoice> = []
      const add = (asked: Asked): E.Either<CreditRefusal, CreditDraft> => {
        const result = draft(invoice, notes, asked)
        if (E.isLeft(result)) return result
        notes.push(noted(result.right, notes.length + 2))
        holdsTogether(notes.at(-1)!)
        const partial = !result.right.nothingLeft
        if (partial && invoice.seller.wholeKronor) assert.is(result.right.toPay.amount % 100, 0)
        return result
      }
      for (const wanted of parts) {
        const lines = new Map<string, string>()
        for (const [index, share] of wanted) {
          const line = invoice.lines[index % invoice.lines.length]!
          const size = scaled(line.quantity.replace('-', ''), 3)
          const quantity = (size * BigInt(share)) / 100n
          if (quantity > 0n) lines.set(line.itemId, quantityOf(quantity))
        }
        if (lines.size > 0) add({ lines: [...lines].map(([itemId, quantity]) => ({ itemId, quantity })) })
      }
      const taken = (itemId: string): bigint =>
        [invoice, ...notes].reduce(
          (sum, { lines }) =>
            sum + lines.filter((l) => l.itemId === itemId).reduce((q, l) => q + scaled(l.quantity, 3), 0n),
          0n,
        )
      for (const { itemId, quantity } of invoice.lines)
        assert.ok(quantity.startsWith('-') ? taken(itemId) <= 0n : taken(itemId) >= 0n, 'never more than there was')

      const rest = add({})
      // What is left may be a deduction alone: that note would charge, and is refused.
      if (E.isLeft(rest)) {
        assert.ok(
          notes.length > 0 && ['NegativeTotal', 'AlreadyCredited'].includes(rest.left._tag),
          JSON.stringify(rest.left),
        )
        if (rest.left._tag === 'NegativeTotal') return
      } else assert.ok(rest.right.nothingLeft)
      whole++
      const all = [invoice, ...notes]
      assert.is(
        total(all, ({ toPay }) => toPay.amount),
        0,
      )
      assert.is(
        total(all, ({ net, vatAmount, rounding }) => net.amount + vatAmount.amount + rounding.amount),
        0,
      )
      for (const { vat } of notes.at(-1)!.vatBreakdown)
        for (const field of ['taxable', 'vatAmount'] as const) assert.is(total(all, subtotal(vatKey(vat), field)), 0)
      for (const { itemId } of invoice.lines) assert.is(taken(itemId), 0n)
      const given = notes.flatMap((note) => (note as unknown as CreditDraft).released)
      assert.equal([...given].sort(), invoice.lines.map(({ itemId }) => itemId).sort(), 'each given back once')
    }),
    { numRuns: 1500 },
  )
  assert.ok(whole > 500, `most of them come to an end (${whole})`)
})
