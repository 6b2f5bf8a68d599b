import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Position, RecordedEvent, StoreUnavailable, Subscription } from '@underlag/kernel'
import { START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { ServerEvent } from './client.js'
import type { Server } from './server.js'
import { ownStream, PREFIX } from './stream-name.js'

/** How the one subscription of this process is. */
export interface Health {
  /** `idle`: nobody subscribes; `interrupted`: cut off, and being taken up again. */
  readonly state: 'idle' | 'connecting' | 'live' | 'interrupted'
  /** Everything at or before it was handed to the tenants. */
  readonly position: Position
  /** How often it was taken up again. */
  readonly restarts: number
  /** Why it was cut off the last time. */
  readonly reason?: string
  /** Tenants whose events cannot be read, and why. The others go on. */
  readonly parked: ReadonlyMap<string, string>
}

/** How one tenant's events are read and decoded. */
export interface TenantReader {
  readonly readAll: (
    after: Position,
    limit: number,
  ) => Promise<E.Either<StoreUnavailable, ReadonlyArray<RecordedEvent>>>
  readonly opened: (
    events: ReadonlyArray<ServerEvent>,
  ) => Promise<E.Either<StoreUnavailable, ReadonlyArray<RecordedEvent>>>
}

export interface Live {
  readonly subscribe: (after: Position, handle: (batch: Batch) => Promise<void>) => Subscription
  readonly close: () => Promise<void>
}

export interface Subscriptions {
  readonly ofTenant: (tenant: string, reader: TenantReader) => Live
  readonly health: () => Health
  readonly close: () => Promise<void>
}

/** Events handed over at once. */
const BATCH = 5_000
/** Events kept for a tenant that is slow; beyond, it reads them again when it has time. */
const KEPT = 5_000
/** Tenants that read what they missed at the same time; the others wait in a row. */
const CATCHING_UP = 4
/** Longest wait before an interrupted subscription, or a failing read, is tried again, in ms. */
const LONGEST_PAUSE = 1_000

/** One tenant's place in the subscription. */
interface Follower {
  queue: Array<ServerEvent>
  /** The queue has a hole: read from the log again. */
  missed: boolean
  wake: () => void
}

/**
 * One subscription of `$all` for all tenants of a process. It only ever sorts events into the tenants' queues, and so is never
 * slow itself; each tenant takes from its own queue at its own pace, reads from the log what its queue was too short for, and
 * fails alone. Cut off for whatever reason, it goes on after the last position it had sorted in: nothing is lost or doubled.
 */
export const subscriptions = (server: Server): Subscriptions => {
  const followers = new Map<string, Set<Follower>>()
  const parked = new Map<string, string>()
  const live = new Set<Subscription>()
  const turns = semaphore(CATCHING_UP)
  const waiting: Array<() => void> = []
  let isPlaced = false
  let stop: AbortController | undefined
  let state: Health['state'] = 'idle'
  let position = START
  let restarts = 0
  let reason: string | undefined

  const sortIn = (event: ServerEvent): void => {
    const tenant = ownStream(event.stream)?.tenant
    for (const follower of followers.get(tenant ?? '') ?? []) {
      if (follower.queue.length < KEPT) follower.queue.push(event)
      else follower.missed = true
      follower.wake()
    }
  }

  const isWanted = (): boolean => !server.isClosed() && followers.size > 0

  /** Whoever follows reads the log only after this: so nothing falls between its reading and the subscription. */
  const placed = (): Promise<void> => (isPlaced ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)))

  const place = async (): Promise<void> => {
    const last = await server.read(1, () => ({ of: 'all', backwards: true, count: 1 }))
    if (E.isLeft(last)) {
      reason = last.left.reason
      return
    }
    position = last.right[0]?.position ?? START
    isPlaced = true
    for (const resume of waiting.splice(0)) resume()
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    let pause = 10
    let begun = false
    try {
      while (isWanted()) {
        state = begun ? 'interrupted' : 'connecting'
        if (!isPlaced) await place()
        const after = position === START ? {} : { after: position }
        try {
          if (isPlaced) {
            await server.follow(
              { of: 'subscription', prefix: PREFIX, ...after },
              (said) => {
                state = 'live'
                begun = true
                pause = 10
                if (said._tag === 'Event') {
                  sortIn(said.event)
                  position = said.event.position
                } else if (said._tag === 'Checkpoint' && said.position > position) position = said.position
              },
              signal,
            )
          }
        } catch (error) {
          reason = server.explain(error).reason
        }
        if (!isWanted()) return
        if (begun) restarts += 1
        state = begun ? 'interrupted' : 'connecting'
        await sleep(pause)
        pause = Math.min(pause * 2, LONGEST_PAUSE)
      }
    } finally {
      // At once after the last look at who is there: whoever comes next begins at the end there is then.
      stop = undefined
      state = 'idle'
      isPlaced = false
      for (const resume of waiting.splice(0)) resume()
    }
  }

  const start = (): void => {
    if (stop !== undefined) return
    stop = new AbortController()
    void run(stop.signal)
  }

  const leave = (tenant: string, follower: Follower): void => {
    const others = followers.get(tenant)
    others?.delete(follower)
    if (others?.size !== 0) return
    followers.delete(tenant)
    parked.delete(tenant)
    if (followers.size === 0) stop?.abort()
  }

  const ofTenant = (tenant: string, { readAll, opened }: TenantReader): Live => {
    const own = new Set<Subscription>()

    const subscribe = (after: Position, handle: (batch: Batch) => Promise<void>): Subscription => {
      let stopped = false
      const follower: Follower = { queue: [], missed: true, wake: () => {} }
      const isOver = (): boolean => stopped || server.isClosed()
      const others = followers.get(tenant) ?? new Set()
      followers.set(tenant, others.add(follower))
      start()

      let giveUp = (): void => {}
      /** What a stop does not wait for: a server that is away takes its time. */
      const unlessStopped = <A>(work: Promise<A>): Promise<A | undefined> =>
        new Promise((resolve, reject) => {
          giveUp = () => resolve(undefined)
          work.then(resolve, reject)
        })

      const awakened = (ms: number): Promise<void> =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, ms)
          follower.wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })

      const run = async (): Promise<void> => {
        let at = after
        let told = false
        let pause = 10
        const failed = async ({ reason }: StoreUnavailable): Promise<void> => {
          parked.set(tenant, reason)
          follower.missed = true
          await awakened(pause)
          pause = Math.min(pause * 2, LONGEST_PAUSE)
        }
        while (!isOver()) {
          if (follower.missed) {
            // From here on the queue fills; what both have is taken once, by its position.
            await unlessStopped(placed())
            if (isOver()) return
            if (!isPlaced) continue
            follower.queue = []
            follower.missed = false
            for (let full = true; full && !isOver() && !follower.missed; ) {
              const read = await unlessStopped(turns(() => readAll(at, BATCH)))
              if (read === undefined || isOver()) return
              if (E.isLeft(read)) {
                await failed(read.left)
                break
              }
              parked.delete(tenant)
              pause = 10
              const events = read.right
              full = events.length === BATCH
              at = events.at(-1)?.position ?? at
              if (events.length > 0 || (!full && !told)) {
                told = true
                await handle({ events, position: at, caughtUp: !full })
              }
            }
            continue
          }
          const waiting = follower.queue.splice(0, BATCH).filter((event) => event.position > at)
          if (waiting.length > 0) {
            const events = await unlessStopped(opened(waiting))
            if (events === undefined || isOver()) return
            if (E.isLeft(events)) {
              await failed(events.left)
              continue
            }
            at = waiting.at(-1)?.position ?? at
            await handle({
              events: events.right,
              position: at,
              caughtUp: follower.queue.length === 0 && !follower.missed,
            })
          }
          if (follower.queue.length === 0 && !follower.missed && !isOver()) await awakened(IDLE)
        }
      }

      const done = run().finally(() => {
        leave(tenant, follower)
        own.delete(subscription)
        live.delete(subscription)
      })
      // Who never looks at `done` is not to be ended by it.
      done.catch(() => {})
      const subscription: Subscription = {
        done,
        stop: async () => {
          stopped = true
          follower.wake()
          giveUp()
          await done.catch(() => {})
        },
      }
      own.add(subscription)
      live.add(subscription)
      return subscription
    }

    return {
      subscribe,
      close: async () => {
        await Promise.all([...own].map((subscription) => subscription.stop()))
      },
    }
  }

  return {
    ofTenant,
    health: () => ({ state, position, restarts, parked: new Map(parked), ...(reason === undefined ? {} : { reason }) }),
    close: async () => {
      await Promise.all([...live].map((subscription) => subscription.stop()))
    },
  }
}

/** An idle subscriber looks around so often, in ms. */
const IDLE = 60_000

/** Lets `most` work at a time, in the order in which they came. */
const semaphore = (most: number) => {
  const waiting: Array<() => void> = []
  let running = 0
  return async <A>(work: () => Promise<A>): Promise<A> => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
