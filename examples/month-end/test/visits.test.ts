import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { instant, lastDayOf, monthBefore, monthsLater, workingDays } from '../src/calendar.js'
import { discountedVisit, upcomingVisit, visits } from '../src/visits.js'

const MONTHS = Array.from({ length: 36 }, (_, i) => monthsLater('2025-01', i))

const Visits = suite('visits of a month')

Visits('are the same every time they are asked for', () => {
  assert.equal(visits('2026-10'), visits('2026-10'))
})

Visits('never put a practitioner or a client in two places at once', () => {
  for (const month of MONTHS)
    for (const who of ['practitioner', 'client'] as const) {
      // A group is one sitting of many.
      const taken = visits(month)
        .filter(({ treatmentTypeId }) => treatmentTypeId !== 'gruppterapi')
        .map((visit) => `${who === 'client' ? visit.client.clientId : visit.practitioner} ${visit.date} ${visit.time}`)
      assert.is(new Set(taken).size, taken.length, `${who} in ${month}`)
    }
})

Visits('are some 300 in any month, some paid by card or Swish, some cancelled, one discounted and one to come', () => {
  for (const month of MONTHS) {
    const all = visits(month)
    assert.ok(all.length > 230 && all.length < 340, `${all.length} in ${month}`)
    for (const ending of ['card', 'swish', 'cancelled'] as const)
      assert.ok(all.filter((visit) => visit.ending === ending).length > 5, `${ending} in ${month}`)
    assert.ok(discountedVisit(month) !== undefined, month)
    assert.ok(upcomingVisit(month).date > lastDayOf(monthsLater(month, 1)))
  }
})

const Calendar = suite('calendar')

Calendar('knows the month before, also in January', () => {
  assert.is(monthBefore('2026-11-23'), '2026-10')
  assert.is(monthBefore('2027-01-01'), '2026-12')
  assert.is(lastDayOf('2028-02'), '2028-02-29')
})

Calendar('turns the clock of Stockholm into UTC, summer and winter', () => {
  assert.is(instant('2026-07-01', '09:00'), '2026-07-01T07:00:00.000Z')
  assert.is(instant('2026-12-01', '09:00'), '2026-12-01T08:00:00.000Z')
  assert.is(instant('2026-10-25', '09:00'), '2026-10-25T08:00:00.000Z')
})

Calendar('is open Monday to Friday, and closed at Christmas', () => {
  assert.is(workingDays('2026-12').includes('2026-12-25'), false)
  assert.is(workingDays('2026-12').includes('2026-12-05'), false)
  assert.is(workingDays('2026-12')[0], '2026-12-01')
})
