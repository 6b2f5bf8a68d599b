import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import {
  addDays,
  DEFAULT_TIME_ZONE,
  divideRounded,
  Email,
  endOfDay,
  isBankgiro,
  isOrganisationNumber,
  isPersonalIdentityNumber,
  isPlusgiro,
  isSwish,
  isVatNumber,
  localDate,
  Percent,
  type PriceEntry,
  passesLuhn,
  priceOn,
  Quantity,
  quantityOf,
  scaled,
} from '../src/index.js'
import { care, kr } from './support/samples.js'

const all = (holds: (value: string) => boolean, ...values: ReadonlyArray<string>): void => {
  for (const value of values) assert.ok(holds(value), value)
}
const none = (holds: (value: string) => boolean, ...values: ReadonlyArray<string>): void =>
  all((value) => !holds(value), ...values)

const Numbers = suite('numbers and identifiers')

Numbers('organisation numbers have ten digits with Luhn; a sole trader has a personal one', () => {
  all(isOrganisationNumber, '556677-8899', '5566778899', '811218-9876', '19811218-9876')
  none(isOrganisationNumber, '556677-8898', '55667788990', '556677 8899', '', '0000000000', '551377-8890')
})

Numbers('personal identity numbers have Luhn and a date that exists; a coordination number adds 60 to the day', () => {
  all(isPersonalIdentityNumber, '811218-9876', '8112189876', '19811218-9876', '198112189876', '811218+9876')
  all(isPersonalIdentityNumber, '701063-2391', '000229-0005')
  none(
    isPersonalIdentityNumber,
    '811218-9877',
    '811318-9872',
    '19000229-0005',
    '211812189876',
    'x811218-9876',
    '0000000000',
  )
})

Numbers('VAT numbers: the Swedish one is the organisation number between SE and 01', () => {
  all(isVatNumber, 'SE556677889901', 'DE123456789', 'ATU12345678')
  none(isVatNumber, 'SE556677889801', 'SE556677889902', 'SE5566778899', '556677889901', 'D1')
})

Numbers('bankgiro, plusgiro and Swish', () => {
  all(isBankgiro, '5050-1055', '50501055', '991-2346')
  none(isBankgiro, '5050-1056', '505-01055', '123', '50501-055')
  all(isPlusgiro, '12 34-4', '12344', '1-8', '18')
  none(isPlusgiro, '12 34-7', '8', '123456789', 'x18')
  all(isSwish, '1234567890', '123 456 78 90', '0701234567', '+46701234567')
  none(isSwish, '1244567890', '123456789', '070123456')
})

Numbers('quantities and percentages', () => {
  all(Quantity.is, '1', '0', '1.5', '-2', '0.125', '9999999.999')
  none(Quantity.is, '01', '1.', '.5', '1,5', '+1', '1e3', '1.0005', '10000000', '', ' 1')
  all(Percent.is, '0', '10', '12.5', '100', '100.0', '0.0001')
  none(Percent.is, '100.01', '-1', '1e1', '10%', '101')
})

Numbers('an address of e-mail', () => {
  all(Email.is, 'anna@example.se', 'a.b+c@sub.example.com', 'åsa@exempel.se')
  none(Email.is, 'anna', 'anna@', '@x.se', 'a b@x.se', 'a@x', 'Anna <a@x.se>', 'a@x.se, b@x.se', 'a@x.se\nBcc: b@x.se')
})

Numbers('a decimal string and its thousandths are the same number', () => {
  fc.assert(
    fc.property(fc.bigInt(-9_999_999_999n, 9_999_999_999n), (thousandths) => {
      assert.ok(Quantity.is(quantityOf(thousandths)))
      assert.is(scaled(quantityOf(thousandths), 3), thousandths)
    }),
  )
  assert.is(quantityOf(1500n), '1.5')
  assert.is(quantityOf(-10n), '-0.01')
})

Numbers('rounding is half away from zero, alike on both sides', () => {
  const rounded = [
    [5n, 10n, 1n],
    [-5n, 10n, -1n],
    [4n, 10n, 0n],
    [-4n, 10n, 0n],
    [15n, -10n, -2n],
    [-15n, -10n, 2n],
  ] as const
  for (const [n, d, expected] of rounded) assert.is(divideRounded(n, d), expected)
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 15n), 10n ** 15n), fc.bigInt(1n, 10n ** 6n), (n, d) => {
      const twice = 2n * (divideRounded(n, d) * d - n)
      assert.ok(twice <= d && twice >= -d, 'never further than a half')
      if (twice === d || twice === -d) assert.is(twice > 0n, n > 0n, 'a half goes away from zero')
      assert.is(divideRounded(-n, d), -divideRounded(n, d))
    }),
  )
})

Numbers('Luhn finds every single wrong digit', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,24}$/), fc.nat(), fc.integer({ min: 1, max: 9 }), (body, place, by) => {
      const digits = [...'0123456789'].map((digit) => body + digit).filter(passesLuhn)
      assert.is(digits.length, 1)
      const right = digits[0] ?? ''
      const at = place % right.length
      const wrong = right.slice(0, at) + ((Number(right[at]) + by) % 10) + right.slice(at + 1)
      assert.not.ok(passesLuhn(wrong))
    }),
  )
})

const Days = suite('days')
const stockholm = (instant: string): string => localDate(instant, DEFAULT_TIME_ZONE)

Days('the day is the seller’s: late in the evening in UTC it is the next day in Stockholm', () => {
  assert.is(stockholm('2026-03-02T22:59:59Z'), '2026-03-02')
  assert.is(stockholm('2026-03-02T23:00:00Z'), '2026-03-03')
  assert.is(stockholm('2026-03-02T23:30Z'), '2026-03-03')
  assert.is(stockholm('2026-07-02T21:59:59.999999999Z'), '2026-07-02')
  assert.is(stockholm('2026-07-02T22:00:00Z'), '2026-07-03')
  assert.is(stockholm('2026-12-31T23:00:00Z'), '2027-01-01')
  assert.is(localDate('2026-03-02T23:30:00Z', 'America/New_York'), '2026-03-02')
  assert.is(localDate('2026-03-02T23:30:00Z', 'Europe/Helsinki'), '2026-03-03')
})

const ZONES = [
  'Europe/Stockholm',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Australia/Eucla',
  'America/St_Johns',
  'UTC',
]

Days('is the calendar’s, however often it was asked for', () => {
  const days = (timeZone: string, ...instants: readonly string[]): readonly string[] =>
    instants.map((instant) => localDate(instant, timeZone))
  assert.equal(days('Pacific/Kiritimati', '1973-10-10T10:30:00Z', '1973-10-10T10:40:00Z'), ['1973-10-09', '1973-10-10'])
  assert.equal(
    days('America/St_Johns', '2010-11-07T02:30:00Z', '2010-11-07T02:31:00Z', '2010-11-07T03:30:00Z'),
    ['2010-11-07', '2010-11-06', '2010-11-07'],
    'the clocks were put back at a minute past midnight',
  )
  const minute = fc.integer({ min: Date.parse('1960-01-01') / 60_000, max: Date.parse('2040-01-01') / 60_000 })
  fc.assert(
    fc.property(minute, fc.constantFrom(...ZONES), (at, timeZone) => {
      const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
      for (const near of [0, 1, 14, 15, 16, 60]) {
        const instant = new Date((at + near) * 60_000).toISOString()
        assert.is(localDate(instant, timeZone), format.format(Date.parse(instant)))
      }
    }),
    { numRuns: 300 },
  )
})

Days('lasts to its last millisecond', () => {
  assert.is(endOfDay('2026-03-09', DEFAULT_TIME_ZONE), Date.parse('2026-03-09T22:59:59.999Z'))
  assert.is(endOfDay('2026-03-29', DEFAULT_TIME_ZONE), Date.parse('2026-03-29T21:59:59.999Z'))
  for (const zone of ZONES) {
    const end = endOfDay('2026-02-28', zone)
    assert.equal(
      [end, end + 1].map((ms) => localDate(new Date(ms).toISOString(), zone)),
      ['2026-02-28', '2026-03-01'],
    )
  }
})

Days('the clocks’ change does not move a day', () => {
  assert.is(stockholm('2026-03-28T22:59:59Z'), '2026-03-28')
  assert.is(stockholm('2026-03-28T23:00:00Z'), '2026-03-29')
  assert.is(stockholm('2026-03-29T21:59:59Z'), '2026-03-29')
  assert.is(stockholm('2026-03-29T22:00:00Z'), '2026-03-30')
  assert.is(stockholm('2026-10-24T22:00:00Z'), '2026-10-25')
  assert.is(stockholm('2026-10-25T22:59:59Z'), '2026-10-25')
  assert.is(stockholm('2026-10-25T23:00:00Z'), '2026-10-26')
})

/** The last Sunday of a month at 01:00 UTC, when the Union changes its clocks. */
const lastSunday = (year: number, month: number): number => {
  const last = new Date(Date.UTC(year, month, 0, 1))
  return last.getTime() - last.getUTCDay() * 86_400_000
}

Days('the same by the Union’s rule of summer time', () => {
  const from = Date.UTC(1997, 0, 1)
  fc.assert(
    fc.property(fc.integer({ min: from, max: Date.UTC(2037, 11, 31) }), (time) => {
      const year = new Date(time).getUTCFullYear()
      const summer = time >= lastSunday(year, 3) && time < lastSunday(year, 10)
      const local = new Date(time + (summer ? 2 : 1) * 3_600_000).toISOString().slice(0, 10)
      assert.is(stockholm(new Date(time).toISOString()), local)
    }),
    { numRuns: 500 },
  )
})

Days('days are added over months, leap years and changes of the clock', () => {
  assert.is(addDays('2026-01-31', 30), '2026-03-02')
  assert.is(addDays('2028-02-28', 1), '2028-02-29')
  assert.is(addDays('2026-03-28', 2), '2026-03-30')
  assert.is(addDays('2026-03-28', 0), '2026-03-28')
})

const Prices = suite('prices over time')
const price = (amount: number, validFrom?: string): PriceEntry => ({
  name: 'Samtal',
  price: kr(amount),
  vat: care,
  ...(validFrom === undefined ? {} : { validFrom }),
})

Prices(
  'the latest that is not after the day of service; without validFrom always; of two for one day the later set',
  () => {
    const history = [price(3, '2026-03-01'), price(1), price(2, '2026-02-01'), price(4, '2026-03-01')]
    const on = (date: string) => (priceOn(history, date)?.price.amount ?? 0) / 100
    assert.equal(
      ['2020-01-01', '2026-01-31', '2026-02-01', '2026-02-28', '2026-03-01', '2030-01-01'].map(on),
      [1, 1, 2, 2, 4, 4],
    )
    assert.is(priceOn([price(3, '2026-03-01')], '2026-02-28'), undefined)
    assert.is(priceOn([], '2026-02-28'), undefined)
    assert.is(priceOn([price(1), price(2)], '2026-01-01')?.price.amount, 200)
  },
)

Prices('in any order of setting them', () => {
  const day = fc.integer({ min: 1, max: 9 }).map((n) => `2026-01-0${n}`)
  fc.assert(
    fc.property(fc.array(fc.option(day, { nil: undefined })), day, (froms, date) => {
      const history = froms.map((from, i) => price(i, from))
      const ranked = history
        .map((entry, set) => ({ entry, set, from: entry.validFrom ?? '0000' }))
        .filter(({ from }) => from <= date)
        .sort((a, b) => (a.from === b.from ? a.set - b.set : a.from < b.from ? -1 : 1))
      assert.is(priceOn(history, date), ranked.at(-1)?.entry)
    }),
  )
})
