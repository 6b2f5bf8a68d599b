import type { Json, RecordedEvent } from '@underlag/kernel'
import { given, suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  type CreditDraft,
  claimKeys,
  type Draft,
  draftCredit,
  type IssuedInvoice,
  joinedChunks,
  LEDGER_STREAM,
  type Ledger,
  type LedgerChunk,
  type LedgerCommand,
  type LedgerEvent,
  ledgerDecider,
  ledgerView,
  type OcrKind,
  ocrOf,
  type Payer,
  passesLuhn,
  type RegisteredCreditNote,
} from '../src/index.js'
import { issue } from './support/issue.js'
import { vat25 } from './support/samples.js'

interface Item {
  readonly itemId: string
  readonly bookingId?: string
}
const payer = (id: string): Payer => ({ kind: 'client', id })

/** A draft of an invoice of these items, 100 kr each. */
const draftOf = (items: ReadonlyArray<Item>, of: Payer = payer('c1'), ocr: OcrKind = 'mod10'): Draft => {
  const priced = items.map(() => ({ unitPrice: 100_00, quantity: '1', discountPercent: '0', vat: vat25 }))
  const { invoiceNumber: _, sequence: __, ocr: ___, kind: ____, ...rest } = issue(priced, undefined, of)
  return {
    ...rest,
    seller: { ...rest.seller, ocr },
    lines: rest.lines.map((line, i) => ({ ...line, ...items[i] })),
    leftOut: [],
  }
}
const register = (...items: ReadonlyArray<string>): LedgerCommand => ({
  type: 'RegisterInvoice',
  draft: draftOf(items.map((itemId) => ({ itemId }))),
})
const after = (...events: ReadonlyArray<LedgerEvent>): Ledger => ledgerDecider.fold(ledgerDecider.initial(), events)
const decided = (command: LedgerCommand, ...events: ReadonlyArray<LedgerEvent>): ReadonlyArray<LedgerEvent> => {
  const result = ledgerDecider.decide(command)(after(...events))
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}
/** What the ledger holds after these commands, one after another. */
const led = (...commands: ReadonlyArray<LedgerCommand>): ReadonlyArray<LedgerEvent> => {
  const events: Array<LedgerEvent> = []
  for (const command of commands) events.push(...decided(command, ...events))
  return events
}
const issuedIn = (events: ReadonlyArray<LedgerEvent>): ReadonlyArray<IssuedInvoice> =>
  events.flatMap((event) =>
    event.type === 'InvoiceRegistered' || event.type === 'InvoiceCredited' ? [event.data] : [],
  )
const numbers = (events: ReadonlyArray<LedgerEvent>) => issuedIn(events).map(({ invoiceNumber }) => invoiceNumber)
const creditOf = (
  invoiceNumber: string,
  events: ReadonlyArray<LedgerEvent>,
  asked: { lines?: ReadonlyArray<{ itemId: string; quantity?: string }>; releaseItems?: boolean } = {},
): E.Either<unknown, LedgerCommand> => {
  const issued = issuedIn(events)
  const invoice = issued.find((each) => each.invoiceNumber === invoiceNumber)
  if (invoice === undefined) throw new Error(`no invoice ${invoiceNumber}`)
  const notes = issued.filter(({ credits }) => credits === invoiceNumber)
  const request = { invoiceNumber, reason: 'Fel', releaseItems: true, ...asked }
  const draft = draftCredit(request, invoice, notes, '2026-04-02', 1)
  return E.isLeft(draft) ? draft : E.right({ type: 'CreditInvoice', draft: draft.right })
}
const credit = (...of: Parameters<typeof creditOf>): LedgerCommand => {
  const command = creditOf(...of)
  if (E.isLeft(command)) throw new Error(JSON.stringify(command.left))
  return command.right
}

const Numbers = suite('ledger')

Numbers('numbers run from 1, or from where another system stopped, with the prefix', () => {
  assert.equal(numbers(led(register('line:a'), register('line:b'))), ['1', '2'])
  const series: LedgerCommand = { type: 'SetNumberSeries', data: { prefix: 'F-', firstNumber: 1001 } }
  const events = led(series, register('line:a'), register('line:b'))
  assert.equal(numbers(events), ['F-1001', 'F-1002'])
  assert.equal(
    issuedIn(events).map(({ sequence, kind }) => [sequence, kind]),
    [
      [1001, 'invoice'],
      [1002, 'invoice'],
    ],
  )
})

Numbers('a series is set before the first invoice, also anew; the same again changes nothing', () => {
  const set = (firstNumber: number, prefix?: string): LedgerCommand => ({
    type: 'SetNumberSeries',
    data: { firstNumber, ...(prefix === undefined ? {} : { prefix }) },
  })
  const setEvent = (firstNumber: number): LedgerEvent => ({ type: 'NumberSeriesSet', data: { firstNumber } })
  given(ledgerDecider)()
    .when(set(7))
    .then([setEvent(7)])
  given(ledgerDecider)().when(set(1)).nothing()
  given(ledgerDecider)(setEvent(7)).when(set(7)).nothing()
  given(ledgerDecider)(setEvent(7))
    .when(set(9))
    .then([setEvent(9)])
  given(ledgerDecider)(...led(register('line:a')))
    .when(set(9))
    .refused({ _tag: 'SeriesStarted' })
})

Numbers('an item on an invoice, or the other half of its visit, is refused on another', () => {
  const booking: Item = { itemId: 'booking:b1', bookingId: 'b1' }
  const entry: Item = { itemId: 'journalEntry:e1', bookingId: 'b1' }
  const events = led({ type: 'RegisterInvoice', draft: draftOf([booking, { itemId: 'line:a' }]) })
  given(ledgerDecider)(...events)
    .when({ type: 'RegisterInvoice', draft: draftOf([{ itemId: 'line:b' }, booking]) })
    .refused({ _tag: 'AlreadyInvoiced', items: ['booking:b1'] })
  given(ledgerDecider)(...events)
    .when({ type: 'RegisterInvoice', draft: draftOf([entry, { itemId: 'line:a' }]) })
    .refused({ _tag: 'AlreadyInvoiced', items: ['journalEntry:e1', 'line:a'] })
  given(ledgerDecider)(...led({ type: 'RegisterInvoice', draft: draftOf([entry]) }))
    .when({ type: 'RegisterInvoice', draft: draftOf([booking]) })
    .refused({ _tag: 'AlreadyInvoiced', items: ['booking:b1'] })
})

Numbers('items without a price that were left out are kept on the event, and only then', () => {
  const [plain] = led(register('line:a'))
  assert.not.ok('leftOut' in (plain as LedgerEvent).data)
  const [told] = led({
    type: 'RegisterInvoice',
    draft: { ...draftOf([{ itemId: 'line:a' }]), leftOut: ['booking:b9'] },
  })
  assert.equal((told as { data: { leftOut?: unknown } }).data.leftOut, ['booking:b9'])
})

Numbers('a bulk is one step: consecutive numbers, and by payer who was refused', () => {
  const drafts = [draftOf([{ itemId: 'line:a' }], payer('c1')), draftOf([{ itemId: 'line:b' }], payer('c2'))]
  const refused = [{ payer: payer('c3'), refusal: { _tag: 'NothingToInvoice' } }]
  const first = led(register('line:x'))
  const events = decided({ type: 'RegisterInvoices', drafts, refused }, ...first)
  assert.equal(numbers(events), ['2', '3'])
  assert.equal(events.at(-1), { type: 'InvoicesRefused', data: { refused } })
  assert.equal(events.length, 3)
})

Numbers('in a bulk what another took is refused for its payer alone, also within the bulk', () => {
  const bulk: LedgerCommand = {
    type: 'RegisterInvoices',
    drafts: [
      draftOf([{ itemId: 'line:x' }], payer('c1')),
      draftOf([{ itemId: 'line:y' }], payer('c2')),
      draftOf([{ itemId: 'line:y' }, { itemId: 'line:z' }], payer('c3')),
    ],
    refused: [],
  }
  const events = decided(bulk, ...led(register('line:x')))
  assert.equal(numbers(events), ['2'])
  assert.equal(events.at(-1), {
    type: 'InvoicesRefused',
    data: {
      refused: [
        { payer: payer('c1'), refusal: { _tag: 'AlreadyInvoiced', items: ['line:x'] } },
        { payer: payer('c3'), refusal: { _tag: 'AlreadyInvoiced', items: ['line:y'] } },
      ],
    } as never,
  })
})

Numbers('a bulk of which nobody is invoiced leaves no trace', () => {
  const refused = [{ payer: payer('c3'), refusal: { _tag: 'NothingToInvoice' } }]
  given(ledgerDecider)().when({ type: 'RegisterInvoices', drafts: [], refused }).nothing()
})

Numbers('a credit note takes the next number, and gives back what it releases', () => {
  const first = led(register('line:a', 'line:b'))
  const events = [...first, ...decided(credit('1', first, { lines: [{ itemId: 'line:a' }] }), ...first)]
  assert.equal(
    issuedIn(events).map(({ invoiceNumber, kind, credits }) => [invoiceNumber, kind, credits]),
    [
      ['1', 'invoice', undefined],
      ['2', 'creditNote', '1'],
    ],
  )
  assert.equal(after(...events).entries.get('1')?.creditedBy, ['2'])
  given(ledgerDecider)(...events)
    .when(register('line:b'))
    .refused({ _tag: 'AlreadyInvoiced', items: ['line:b'] })
  assert.equal(numbers(decided(register('line:a'), ...events)), ['3'])
})

Numbers('credited without release, or in part, an item stays claimed, and so does its visit', () => {
  const booking: Item = { itemId: 'booking:b1', bookingId: 'b1' }
  const first = led({ type: 'RegisterInvoice', draft: draftOf([booking]) })
  const entry: LedgerCommand = {
    type: 'RegisterInvoice',
    draft: draftOf([{ itemId: 'journalEntry:e1', bookingId: 'b1' }]),
  }
  const part = decided(credit('1', first, { lines: [{ itemId: 'booking:b1', quantity: '0.5' }] }), ...first)
  const kept = decided(credit('1', first, { releaseItems: false }), ...first)
  for (const note of [part, kept])
    given(ledgerDecider)(...first, ...note)
      .when(entry)
      .refused({ _tag: 'AlreadyInvoiced', items: ['journalEntry:e1'] })
  assert.equal(after(...first, ...part).claims.get('booking:b1'), { invoiceNumber: '1', credited: false })
  assert.equal(after(...first, ...kept).claims.get('booking:b1'), { invoiceNumber: '1', credited: true })
  const released = decided(credit('1', first), ...first)
  assert.equal(numbers(decided(entry, ...first, ...released)), ['3'])
})

const Ocr = suite('OCR references')

Ocr('sequence and Luhn digit; with the length the digit before it is the length’s last', () => {
  const free = () => false
  assert.is(ocrOf(1, 'mod10', free), '18')
  assert.is(ocrOf(1, 'mod10WithLength', free), '133')
  assert.is(ocrOf(12345678, 'mod10WithLength', free).length, 10)
  assert.is(ocrOf(12345678, 'mod10WithLength', free).at(-2), '0')
  assert.is(ocrOf(123456789, 'mod10WithLength', free).at(-2), '1')
})

Ocr('none is given twice, however often the setting changes and however many are taken', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.array(fc.constantFrom<OcrKind>('mod10', 'mod10WithLength'), { minLength: 1, maxLength: 60 }),
      (from, kinds) => {
        const given = new Set<string>()
        for (const [i, kind] of kinds.entries()) {
          const ocr = ocrOf(from + i, kind, (taken) => given.has(taken))
          assert.not.ok(given.has(ocr))
          assert.match(ocr, /^\d{2,25}$/)
          assert.ok(passesLuhn(ocr))
          if (kind === 'mod10WithLength') assert.is(Number(ocr.at(-2)), ocr.length % 10)
          given.add(ocr)
        }
      },
    ),
  )
})

Ocr('the same number twice is told apart: what one setting gave the other does not give again', () => {
  // With the length, 1 is 1 3 3; without it, 13 is 13 3 as well.
  const taken = new Set([ocrOf(1, 'mod10WithLength', () => false)])
  assert.ok(taken.has(ocrOf(13, 'mod10', () => false)))
  const other = ocrOf(13, 'mod10', (ocr) => taken.has(ocr))
  assert.is(other, '1305')
  assert.ok(passesLuhn(other))
})

const Interleaved = suite('ledger, under any sequence of commands')

type Step =
  | { readonly _tag: 'register'; readonly items: ReadonlyArray<Item>; readonly ocr: OcrKind }
  | { readonly _tag: 'bulk'; readonly batches: ReadonlyArray<ReadonlyArray<Item>>; readonly ocr: OcrKind }
  | {
      readonly _tag: 'credit'
      readonly at: number
      readonly lines: ReadonlyArray<number>
      readonly part: boolean
      readonly release: boolean
    }
  | { readonly _tag: 'series'; readonly first: number; readonly prefix: string }

const anyItem: fc.Arbitrary<Item> = fc.oneof(
  fc.nat({ max: 4 }).map((n) => ({ itemId: `booking:b${n}`, bookingId: `b${n}` })),
  fc
    .tuple(fc.nat({ max: 4 }), fc.nat({ max: 1 }))
    .map(([n, m]) => ({ itemId: `journalEntry:e${n}-${m}`, bookingId: `b${n}` })),
  fc.nat({ max: 3 }).map((n) => ({ itemId: `journalEntry:alone${n}` })),
  fc.nat({ max: 3 }).map((n) => ({ itemId: `line:l${n}` })),
)
const visitOf = ({ itemId, bookingId }: Item): string => (bookingId === undefined ? itemId : `booking:${bookingId}`)
// An invoice holds a visit once: candidates see to that before the ledger does.
const anyItems = fc.uniqueArray(anyItem, { minLength: 1, maxLength: 3, selector: visitOf })
const anyOcr = fc.constantFrom<OcrKind>('mod10', 'mod10WithLength')
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant('register' as const), items: anyItems, ocr: anyOcr }) },
  {
    weight: 2,
    arbitrary: fc.record({
      _tag: fc.constant('bulk' as const),
      batches: fc.array(anyItems, { maxLength: 4 }),
      ocr: anyOcr,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      _tag: fc.constant('credit' as const),
      at: fc.nat({ max: 20 }),
      lines: fc.array(fc.nat({ max: 2 }), { maxLength: 2 }),
      part: fc.boolean(),
      release: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      _tag: fc.constant('series' as const),
      first: fc.integer({ min: 1, max: 99 }),
      prefix: fc.constantFrom('', 'F'),
    }),
  },
)

const commandOf = (step: Step, events: ReadonlyArray<LedgerEvent>): LedgerCommand | undefined => {
  switch (step._tag) {
    case 'series':
      return { type: 'SetNumberSeries', data: { firstNumber: step.first, prefix: step.prefix } }
    case 'register':
      return { type: 'RegisterInvoice', draft: draftOf(step.items, payer('c1'), step.ocr) }
    case 'bulk':
      return {
        type: 'RegisterInvoices',
        drafts: step.batches.map((items, i) => draftOf(items, payer(`c${i}`), step.ocr)),
        refused: [],
      }
    case 'credit': {
      const invoices = issuedIn(events).filter(({ kind }) => kind === 'invoice')
      const invoice = invoices[step.at % Math.max(1, invoices.length)]
      if (invoice === undefined) return undefined
      const lines = [...new Set(step.lines.map((i) => invoice.lines[i % invoice.lines.length]!.itemId))].map(
        (itemId) => ({
          itemId,
          ...(step.part ? { quantity: '0.5' } : {}),
        }),
      )
      const command = creditOf(invoice.invoiceNumber, events, {
        ...(lines.length === 0 ? {} : { lines }),
        releaseItems: step.release,
      })
      return E.isLeft(command) ? undefined : command.right
    }
  }
}

/** The visits on invoices, from the events alone: billed, less what was given back. */
const billed = (events: ReadonlyArray<LedgerEvent>): ReadonlyMap<string, number> => {
  const count = new Map<string, number>()
  const add = (item: Item, by: number) => count.set(visitOf(item), (count.get(visitOf(item)) ?? 0) + by)
  for (const event of events) {
    if (event.type === 'InvoiceRegistered') for (const line of event.data.lines) add(line, 1)
    if (event.type === 'InvoiceCredited')
      for (const line of event.data.lines) if (event.data.released.includes(line.itemId)) add(line, -1)
  }
  return count
}

const plain = ({ claims, entries, ocrs, ...rest }: Ledger) => ({
  ...rest,
  claims: [...claims].sort(([a], [b]) => (a < b ? -1 : 1)),
  entries: [...entries],
  ocrs: [...ocrs],
})

/** The ledger as its view keeps it, written and read. */
const viewed = (events: ReadonlyArray<LedgerEvent>, times = 1): LedgerChunk => {
  const chunks = new Map<string, Json>()
  for (let i = 0; i < events.length * times; i++) {
    const [event, commandId] = [events[i % events.length], `k${i >> 1}`]
    const recorded = { ...event, id: `e${i}`, stream: LEDGER_STREAM, revision: BigInt(i), metadata: { commandId } }
    for (const key of ledgerView.keys(recorded as unknown as RecordedEvent))
      chunks.set(key, ledgerView.evolve(chunks.get(key), recorded as unknown as RecordedEvent, key) ?? null)
  }
  const stored = JSON.parse(JSON.stringify([...chunks])) as ReadonlyArray<readonly [string, Json]>
  return joinedChunks(stored) ?? { facts: [], commands: [], last: '' }
}

Interleaved('numbers run without gap, no OCR and no visit twice, and any batches fold to the same', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 25 }), fc.array(fc.integer({ min: 1, max: 5 })), (steps, cuts) => {
      let events: ReadonlyArray<LedgerEvent> = []
      for (const step of steps) {
        const command = commandOf(step, events)
        if (command === undefined) continue
        const result = ledgerDecider.decide(command)(after(...events))
        if (E.isRight(result)) events = [...events, ...result.right]
        else if (result.left._tag === 'SeriesStarted') assert.ok(issuedIn(events).length > 0)
        else assert.ok(result.left.items.length > 0)
      }

      const issued = issuedIn(events)
      const state = after(...events)
      for (const [i, { sequence, invoiceNumber }] of issued.entries()) {
        assert.is(sequence, (issued[0]?.sequence ?? 0) + i)
        assert.is(invoiceNumber, `${state.series.prefix ?? ''}${sequence}`)
      }
      assert.is(new Set(issued.map(({ ocr }) => ocr)).size, issued.length)

      for (const [visit, times] of billed(events)) {
        assert.ok(times === 0 || times === 1, `${visit} is billed ${times} times`)
        assert.is(state.claims.has(visit), times === 1, visit)
      }
      for (const event of events)
        if (event.type === 'InvoiceCredited')
          for (const line of event.data.lines)
            for (const key of claimKeys(line))
              if ((event.data as RegisteredCreditNote & CreditDraft).settled.includes(line.itemId))
                assert.equal(state.claims.get(key), { invoiceNumber: event.data.credits, credited: true })

      let folded = ledgerDecider.initial()
      let rest = events
      for (const cut of [...cuts, events.length]) {
        folded = ledgerDecider.fold(folded, rest.slice(0, cut))
        rest = rest.slice(cut)
      }
      assert.equal(plain(folded), plain(state))
      assert.equal(plain(after(...(viewed(events).facts as ReadonlyArray<LedgerEvent>))), plain(state))
    }),
    { numRuns: 300 },
  )
})

const Given = suite('OCR references that the ledger gave')

Given('none is given twice: not what another setting gave before, nor what was given in the same breath', () => {
  const draft = (n: number, ocr: OcrKind): Draft => draftOf([{ itemId: `line:${n}` }], payer(`c${n}`), ocr)
  // 1 with its length is what 13 is without; 13 then takes a zero, and is what 130 would be.
  const events = led(
    { type: 'RegisterInvoice', draft: draft(1, 'mod10WithLength') },
    {
      type: 'RegisterInvoices',
      drafts: Array.from({ length: 130 }, (_, i) => draft(i + 2, 'mod10')),
      refused: [],
    },
  )
  const ocrs = issuedIn(events).map(({ ocr }) => ocr)
  assert.is(new Set(ocrs).size, ocrs.length)
  assert.equal(
    [1, 13, 130].map((n) => ocrs[n - 1]?.slice(0, -1)),
    ['13', '130', '1300'],
  )
  for (const ocr of ocrs) assert.ok(passesLuhn(ocr))
})

const View = suite('the view of the ledger')

View('of a long ledger every event is there, in order, with whose it is, and no word of what an invoice says', () => {
  const events = led(register('a', 'b'), register('c'))
  const { facts, commands, last } = viewed(events, 400)
  assert.equal([facts.length, last], [800, 'e799'])
  assert.equal(commands[0], ['k0', 2, null])
  assert.is(
    commands.reduce((sum, [, count]) => sum + count, 0),
    facts.length,
  )
  assert.equal(facts[3], {
    type: 'InvoiceRegistered',
    data: { invoiceNumber: '2', sequence: 2, kind: 'invoice', ocr: '26', lines: [{ itemId: 'c' }] },
  })
})

View('what does not follow on what was read before it is left to the stream', () => {
  const fact = { type: 'InvoicesRefused', data: {} }
  const chunk = (count: number): Json => ({ facts: Array(count).fill(fact), commands: [['k', count, null]], last: 'e' })
  const key = (n: number): string => String(n).padStart(12, '0')
  assert.is(joinedChunks([]), undefined)
  assert.is(joinedChunks([[key(1), chunk(3)]]), undefined)
  assert.is(
    joinedChunks([
      [key(0), chunk(256)],
      [key(1), chunk(3)],
    ])?.facts.length,
    259,
  )
  assert.is(
    joinedChunks([
      [key(0), chunk(200)],
      [key(1), chunk(3)],
    ])?.facts.length,
    200,
  )
})
