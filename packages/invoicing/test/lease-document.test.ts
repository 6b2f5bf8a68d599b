import { given, suite } from '@underlag/kernel/testing'
import { type DocumentEvent, documentDecider, type LeaseCommand, type LeaseEvent, leaseDecider } from '../src/index.js'

const take = (worker: string, over = false): LeaseCommand => ({ type: 'Take', worker, ttlMs: 15_000, over })
const taken = (worker: string): LeaseEvent => ({ type: 'DeliveryLeaseTaken', data: { worker, ttlMs: 15_000 } })
const release = (worker: string): LeaseCommand => ({ type: 'Release', worker })
const released = (worker: string): LeaseEvent => ({ type: 'DeliveryLeaseReleased', data: { worker } })
const leaseGiven = given(leaseDecider)

const Lease = suite('the delivery lease')

Lease('is taken when it is free, renewed by its holder, and by another only when its time ran out', () => {
  leaseGiven()
    .when(take('w1'))
    .then([taken('w1')])
  leaseGiven(taken('w1'))
    .when(take('w1'))
    .then([taken('w1')])
  leaseGiven(taken('w1')).when(take('w2')).refused({ _tag: 'HeldByAnother' })
  leaseGiven(taken('w1'))
    .when(take('w2', true))
    .then([taken('w2')])
})

Lease('is given up by its holder alone', () => {
  leaseGiven(taken('w1'))
    .when(release('w1'))
    .then([released('w1')])
  leaseGiven(taken('w1')).when(release('w2')).nothing()
  leaseGiven(taken('w1'), taken('w2')).when(release('w1')).nothing()
  leaseGiven(taken('w1'), released('w1')).when(release('w1')).nothing()
  leaseGiven(taken('w1'), released('w1'))
    .when(take('w2'))
    .then([taken('w2')])
})

const Document = suite('the document of an invoice')

Document('the first that is issued stays', () => {
  const data = {
    invoiceNumber: '7',
    sequence: 7,
    mediaType: 'application/pdf',
    sha256: 'a',
    bytes: 9,
    templateVersion: 1,
  } as const
  const issued: DocumentEvent = { type: 'DocumentIssued', data }
  given(documentDecider)().when({ type: 'IssueDocument', data }).then([issued])
  given(documentDecider)(issued)
    .when({ type: 'IssueDocument', data: { ...data, sha256: 'b' } })
    .nothing()
})
