import { given, suite } from '@underlag/kernel/testing'
import {
  type BookingCommand,
  type BookingEvent,
  bookingDecider,
  type EditCommand,
  type EditEvent,
  type JournalEntryEvent,
  journalEntryDecider,
  type LineEvent,
  type LineFacts,
  lineDecider,
} from '../src/index.js'
import { aBooking, aLine, anEntry, care, kr, vat25 } from './support/samples.js'

const recorded: BookingEvent = { type: 'BookingRecorded', data: aBooking }
const cancelled: BookingEvent = { type: 'BookingCancelled', data: { bookingId: 'b1' } }
const paid: BookingEvent = { type: 'BookingMarkedPaid', data: { bookingId: 'b1', clientId: 'c1', method: 'swish' } }
const unpaid: BookingEvent = { type: 'BookingMarkedUnpaid', data: { bookingId: 'b1' } }
const reschedule = (startsAt: string): BookingCommand => ({
  type: 'RescheduleBooking',
  data: { bookingId: 'b1', startsAt },
})
const cancel: BookingCommand = { type: 'CancelBooking', data: { bookingId: 'b1' } }
const pay: BookingCommand = { type: 'MarkBookingPaid', data: { bookingId: 'b1', method: 'swish' } }
const undo: BookingCommand = { type: 'MarkBookingUnpaid', data: { bookingId: 'b1' } }
const bookingGiven = given(bookingDecider)

const Bookings = suite('bookings')

Bookings('a booking is recorded once', () => {
  bookingGiven().when({ type: 'RecordBooking', data: aBooking }).then([recorded])
  bookingGiven(recorded)
    .when({ type: 'RecordBooking', data: aBooking })
    .refused({ _tag: 'BookingExists', bookingId: 'b1' })
  bookingGiven(recorded, cancelled)
    .when({ type: 'RecordBooking', data: aBooking })
    .refused({ _tag: 'BookingExists', bookingId: 'b1' })
})

Bookings('what is not recorded is unknown', () => {
  for (const command of [reschedule('2026-03-03T09:00:00Z'), cancel, pay, undo])
    bookingGiven().when(command).refused({ _tag: 'UnknownBooking', bookingId: 'b1' })
})

Bookings('a booking is put on another time, unless it is cancelled', () => {
  const later = '2026-03-03T09:00:00Z'
  bookingGiven(recorded)
    .when(reschedule(later))
    .then([{ type: 'BookingRescheduled', data: { bookingId: 'b1', startsAt: later } }])
  bookingGiven(recorded).when(reschedule(aBooking.startsAt)).nothing()
  bookingGiven(recorded, cancelled).when(reschedule(later)).refused({ _tag: 'BookingCancelled', bookingId: 'b1' })
})

Bookings('a booking is cancelled once, a paid one too', () => {
  bookingGiven(recorded).when(cancel).then([cancelled])
  bookingGiven(recorded, paid).when(cancel).then([cancelled])
  bookingGiven(recorded, cancelled).when(cancel).refused({ _tag: 'BookingCancelled', bookingId: 'b1' })
})

Bookings('a booking is paid once, and the payment undone, of a cancelled one too', () => {
  bookingGiven(recorded).when(pay).then([paid])
  bookingGiven(recorded, paid).when(pay).refused({ _tag: 'AlreadyPaid', bookingId: 'b1' })
  bookingGiven(recorded, cancelled).when(pay).refused({ _tag: 'BookingCancelled', bookingId: 'b1' })
  bookingGiven(recorded, paid).when(undo).then([unpaid])
  bookingGiven(recorded, paid, cancelled).when(undo).then([unpaid])
  bookingGiven(recorded).when(undo).refused({ _tag: 'NotPaid', bookingId: 'b1' })
  bookingGiven(recorded, paid, unpaid).when(undo).refused({ _tag: 'NotPaid', bookingId: 'b1' })
  bookingGiven(recorded, paid, unpaid).when(pay).then([paid])
})

const entryRecorded: JournalEntryEvent = { type: 'JournalEntryRecorded', data: anEntry }
const entryRemoved: JournalEntryEvent = { type: 'JournalEntryRemoved', data: { journalEntryId: 'e1' } }
const remove = { type: 'RemoveJournalEntry', data: { journalEntryId: 'e1' } } as const
const entryGiven = given(journalEntryDecider)

const Entries = suite('journal entries')

Entries('an entry is recorded once, and its id stays taken after it was removed', () => {
  const record = { type: 'RecordJournalEntry', data: anEntry } as const
  entryGiven().when(record).then([entryRecorded])
  entryGiven(entryRecorded).when(record).refused({ _tag: 'JournalEntryExists', journalEntryId: 'e1' })
  entryGiven(entryRecorded, entryRemoved).when(record).refused({ _tag: 'JournalEntryExists', journalEntryId: 'e1' })
})

Entries('an entry is removed; again changes nothing; the event tells whose visit it was of', () => {
  entryGiven().when(remove).refused({ _tag: 'UnknownJournalEntry', journalEntryId: 'e1' })
  entryGiven(entryRecorded).when(remove).then([entryRemoved])
  entryGiven(entryRecorded, entryRemoved).when(remove).nothing()
  entryGiven({ type: 'JournalEntryRecorded', data: { ...anEntry, bookingId: 'b1' } })
    .when(remove)
    .then([{ type: 'JournalEntryRemoved', data: { journalEntryId: 'e1', bookingId: 'b1' } }])
})

const added: LineEvent = { type: 'LineAdded', data: aLine }
const lineRemoved: LineEvent = { type: 'LineRemoved', data: { lineId: 'l1' } }
const lineGiven = given(lineDecider)

const Lines = suite('added lines')

Lines('a line is added once, and its id stays taken after it was removed', () => {
  const add = { type: 'AddLine', data: aLine as LineFacts } as const
  lineGiven().when(add).then([added])
  lineGiven(added).when(add).refused({ _tag: 'LineExists', lineId: 'l1' })
  lineGiven(added, lineRemoved).when(add).refused({ _tag: 'LineExists', lineId: 'l1' })
})

Lines('a line is removed; again changes nothing; one that is not there is an unknown item', () => {
  const command = { type: 'RemoveLine', data: { lineId: 'l1' } } as const
  lineGiven()
    .when(command)
    .refused({ _tag: 'UnknownItem', items: ['line:l1'] })
  lineGiven(added).when(command).then([lineRemoved])
  lineGiven(added, lineRemoved).when(command).nothing()
})

// Edits are the same on all three kinds of streams.
const ofBooking = { itemId: 'booking:b1', bookingId: 'b1', subject: 'client:c1' }
const change = (itemId: string, data: object): EditCommand => ({ type: 'ChangeLine', data: { itemId, ...data } })
const changed = (item: EditEvent['data'], data: object): EditEvent => ({
  type: 'LineChanged',
  data: { ...item, ...data },
})
const excluded: EditEvent = { type: 'ItemExcluded', data: ofBooking }
const included: EditEvent = { type: 'ItemIncluded', data: ofBooking }
const exclude: EditCommand = { type: 'ExcludeItem', data: { itemId: 'booking:b1' } }
const include: EditCommand = { type: 'IncludeItem', data: { itemId: 'booking:b1' } }

const Editing = suite('edits of items')

Editing('an item that is not there is unknown', () => {
  bookingGiven()
    .when(change('booking:b1', { quantity: '2' }))
    .refused({ _tag: 'UnknownItem', items: ['booking:b1'] })
  bookingGiven()
    .when(exclude)
    .refused({ _tag: 'UnknownItem', items: ['booking:b1'] })
  entryGiven()
    .when(change('journalEntry:e1', { quantity: '2' }))
    .refused({ _tag: 'UnknownItem', items: ['journalEntry:e1'] })
  lineGiven()
    .when({ type: 'IncludeItem', data: { itemId: 'line:l1' } })
    .refused({ _tag: 'UnknownItem', items: ['line:l1'] })
})

Editing('a change holds only what becomes different, whatever the order of its fields', () => {
  const edit = changed(ofBooking, { price: kr(800), quantity: '2' })
  bookingGiven(recorded)
    .when(change('booking:b1', { price: kr(800), quantity: '2' }))
    .then([edit])
  bookingGiven(recorded, edit)
    .when(change('booking:b1', { price: { currency: 'SEK', amount: 80000 }, quantity: '2' }))
    .nothing()
  bookingGiven(recorded, edit)
    .when(change('booking:b1', { price: kr(800), vat: vat25, discountPercent: '10' }))
    .then([changed(ofBooking, { vat: vat25, discountPercent: '10' })])
  bookingGiven(recorded).when(change('booking:b1', {})).nothing()
})

Editing('null goes back to the source, once', () => {
  const edit = changed(ofBooking, { price: kr(800), description: 'Telefonsamtal', vat: care })
  const back = changed(ofBooking, { price: null, description: null })
  bookingGiven(recorded)
    .when(change('booking:b1', { price: null, description: null }))
    .nothing()
  bookingGiven(recorded, edit)
    .when(change('booking:b1', { price: null, description: null }))
    .then([back])
  bookingGiven(recorded, edit, back)
    .when(change('booking:b1', { price: null, vat: care }))
    .nothing()
})

Editing('an item is kept off and put back; doing so again changes nothing', () => {
  bookingGiven(recorded).when(include).nothing()
  bookingGiven(recorded).when(exclude).then([excluded])
  bookingGiven(recorded, excluded).when(exclude).nothing()
  bookingGiven(recorded, excluded).when(include).then([included])
  bookingGiven(recorded, excluded, included).when(include).nothing()
})

Editing('any known item can be edited: paid, cancelled, removed', () => {
  const quantity = (itemId: string) => change(itemId, { quantity: '2' })
  bookingGiven(recorded, paid, cancelled)
    .when(quantity('booking:b1'))
    .then([changed(ofBooking, { quantity: '2' })])
  entryGiven(entryRecorded, entryRemoved)
    .when(quantity('journalEntry:e1'))
    .then([changed({ itemId: 'journalEntry:e1', subject: 'client:c1' }, { quantity: '2' })])
  lineGiven(added, lineRemoved)
    .when(quantity('line:l1'))
    .then([changed({ itemId: 'line:l1', subject: 'client:c1' }, { quantity: '2' })])
})

Editing('the words of a line are about its client, else about its payer', () => {
  const ofCompany: LineEvent = { type: 'LineAdded', data: { ...aLine, payer: { kind: 'company', id: 'f1' } } }
  const forClient: LineEvent = { type: 'LineAdded', data: { ...ofCompany.data, clientId: 'c7' } as LineFacts }
  const words = change('line:l1', { description: 'Utlåtande' })
  lineGiven(ofCompany)
    .when(words)
    .then([changed({ itemId: 'line:l1', subject: 'company:f1' }, { description: 'Utlåtande' })])
  lineGiven(forClient)
    .when(words)
    .then([changed({ itemId: 'line:l1', subject: 'client:c7' }, { description: 'Utlåtande' })])
})

Editing('an edit survives every later fact', () => {
  const edit = changed(ofBooking, { price: kr(800) })
  const moved: BookingEvent = {
    type: 'BookingRescheduled',
    data: { bookingId: 'b1', startsAt: '2026-04-01T09:00:00Z' },
  }
  bookingGiven(recorded, edit, moved, paid, unpaid)
    .when(change('booking:b1', { price: kr(800) }))
    .nothing()
})
