import { type Aggregate, type Decider, eventCodec, record, type StreamName, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

// Events. Names and shapes are stored: another shape is another version.
/** Which process delivers. Taken and renewed by one event; how long it lasts, each process measures by its own clock. */
export type LeaseEvent =
  | { readonly type: 'DeliveryLeaseTaken'; readonly data: { readonly worker: string; readonly ttlMs: number } }
  | { readonly type: 'DeliveryLeaseReleased'; readonly data: { readonly worker: string } }

const Text = text('text', /^[\s\S]*$/)

export const leaseCodec = eventCodec<LeaseEvent>({
  DeliveryLeaseTaken: record({ worker: Text, ttlMs: t.number }),
  DeliveryLeaseReleased: record({ worker: Text }),
})

/** `null`: free. */
export type Lease = { readonly worker: string; readonly ttlMs: number } | null

export type LeaseCommand =
  /** `over`: whoever holds it has let its time run out, as the caller measured. */
  | { readonly type: 'Take'; readonly worker: string; readonly ttlMs: number; readonly over: boolean }
  | { readonly type: 'Release'; readonly worker: string }

export type LeaseRefusal = { readonly _tag: 'HeldByAnother' }

export const leaseDecider: Decider<Lease, LeaseCommand, LeaseEvent, LeaseRefusal> = {
  initial: () => null,
  fold: (lease, events) => {
    const last = events.at(-1)
    return last === undefined ? lease : last.type === 'DeliveryLeaseTaken' ? last.data : null
  },
  decide: (command) => (lease) => {
    const { worker } = command
    if (command.type === 'Release')
      return E.right(lease?.worker === worker ? [{ type: 'DeliveryLeaseReleased', data: { worker } }] : [])
    return lease === null || lease.worker === worker || command.over
      ? E.right([{ type: 'DeliveryLeaseTaken', data: { worker, ttlMs: command.ttlMs } }])
      : E.left({ _tag: 'HeldByAnother' })
  },
}

export const lease: Aggregate<Lease, LeaseCommand, LeaseEvent, LeaseRefusal> = {
  decider: leaseDecider,
  codec: leaseCodec,
  opened: false,
}

export const LEASE_STREAM: StreamName = 'lease/delivery'
