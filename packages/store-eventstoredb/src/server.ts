import { setTimeout as sleep } from 'node:timers/promises'
import type { OutcomeUnknown, StoreUnavailable, TooLarge } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import {
  type AppendAnswer,
  type Client,
  type ClientOptions,
  openClient,
  type Reading,
  type Said,
  type SentEvent,
  type ServerEvent,
  type Take,
} from './client.js'
import { shownAddress } from './connection-string.js'
import { CLOSED, faultOf, isNoPlace, PUT_BACK, Stalled } from './failure.js'

export interface ServerOptions extends Pick<ClientOptions, 'address' | 'authority'> {
  /** How long a call is tried again while the server cannot be reached, in ms. */
  readonly patienceMs: number
}

/** A server, or a cluster, over connections that are replaced as soon as one goes silent. */
export interface Server {
  /**
   * Appends at the exact revision. What was cut off is sent again: with equal ids at an explicit revision the server stores it
   * once. `OutcomeUnknown` only when patience ends after something was sent.
   */
  readonly append: (
    stream: string,
    expected: bigint,
    events: ReadonlyArray<SentEvent>,
  ) => Promise<E.Either<StoreUnavailable | OutcomeUnknown | TooLarge, AppendAnswer>>
  /** At most `limit` events; none at a position where none begins. `next` is asked where to go on, after what was read already. */
  readonly read: (
    limit: number,
    next: (last: ServerEvent | undefined, left: number) => Reading,
  ) => Promise<E.Either<StoreUnavailable, ReadonlyArray<ServerEvent>>>
  /** One attempt at a reading that ends by the signal alone; it throws what `explain` explains. */
  readonly follow: (reading: Reading, take: (said: Said) => void, signal: AbortSignal) => Promise<void>
  readonly explain: (error: unknown) => StoreUnavailable
  readonly isClosed: () => boolean
  readonly close: () => Promise<void>
}

/** A reading that says nothing for so long, in ms, is asked for a sign of life … */
const SILENCE = 3_000
/** … which has to come within this. */
const SIGN_OF_LIFE = 4_000
/** To find the leader and a connection to it, in ms. */
const OPENING = 8_000
/** One attempt at an append, in ms: the first gives up soon, for the leader may be another by now; a slow server is given more. */
const DEADLINE = 10_000
const FIRST_DEADLINE = 4_000
/** How often a reading is tried again whose position is no event's. */
const NO_PLACE = 3
/** Longest wait before the next attempt, in ms. */
const LONGEST_PAUSE = 500

/** The client's default, and the least it takes without a warning. */
const KEEP_ALIVE = 10_000
/** Connections of this process: no two have the same options, for then they would be one, and a dead one hang them all. */
let connections = 0

export const connectServer = ({ patienceMs, ...clientOptions }: ServerOptions): Server => {
  let closed = false
  const name = shownAddress(clientOptions.address)

  const lane = () => {
    let client: Client | undefined
    const replaced = new Set<Client>()
    return {
      current: (): Client => {
        if (client === undefined) {
          connections += 1
          client = openClient({ ...clientOptions, keepAliveMs: KEEP_ALIVE + connections })
        }
        return client
      },
      replace: (failed: Client): void => {
        if (client === failed) client = undefined
        if (replaced.has(failed)) return
        replaced.add(failed)
        // Others' calls on it may still be answered.
        setTimeout(() => {
          void failed.close().finally(() => replaced.delete(failed))
        }, DEADLINE).unref()
      },
      close: async (): Promise<void> => {
        await Promise.all([...replaced, ...(client === undefined ? [] : [client])].map((one) => one.close()))
      },
    }
  }
  // An append that fails must not take a reading with it, nor the other way round.
  const appends = lane()
  const reads = lane()
  const follows = lane()

  const alive = async (client: Client): Promise<boolean> => {
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), SIGN_OF_LIFE)
    try {
      await client.read({ of: 'all', backwards: true, count: 1 }, () => true, limit.signal)
      return !limit.signal.aborted
    } catch {
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  /** gRPC has no deadline for readings, and a dead connection says nothing: a silent one is asked, and given up. */
  const watched = async (client: Client, reading: Reading, take: Take, signal?: AbortSignal): Promise<void> => {
    const stalled = new AbortController()
    let heard = performance.now()
    let asking = false
    const ask = async (): Promise<void> => {
      asking = true
      if (await alive(client)) heard = performance.now()
      else stalled.abort()
      asking = false
    }
    const watch = setInterval(() => {
      if (!asking && performance.now() - heard > SILENCE) void ask()
    }, SILENCE / 4)
    try {
      await client.read(
        reading,
        (said) => {
          heard = performance.now()
          return take(said)
        },
        signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
      )
    } finally {
      clearInterval(watch)
    }
    if (stalled.signal.aborted) throw new Stalled()
  }

  const append: Server['append'] = async (stream, expected, events) => {
    const end = performance.now() + patienceMs
    let mayBeStored = false
    /** What ends it says nothing about the attempts before: one of them may have been stored. */
    const ended = (failure: StoreUnavailable): StoreUnavailable | OutcomeUnknown =>
      mayBeStored ? { _tag: 'OutcomeUnknown', reason: failure.reason } : failure
    for (let attempt = 0; ; attempt++) {
      if (closed) return E.left(ended(CLOSED))
      const client = appends.current()
      try {
        const deadline = Math.min(DEADLINE, FIRST_DEADLINE * (attempt + 1))
        return E.right(await within(deadline + OPENING, client.append(stream, expected, events, deadline)))
      } catch (error) {
        const fault = faultOf(error, name)
        if (fault._tag === 'AboveLimit') return E.left({ _tag: 'TooLarge', size: sizeOf(events), limit: fault.limit })
        if (fault._tag === 'Refused') return E.left(ended(fault.failure))
        mayBeStored ||= fault.sent
        if (!fault.elsewhere) appends.replace(client)
        if (closed || performance.now() > end) return E.left(ended(fault.failure))
        await pause(attempt)
      }
    }
  }

  const read: Server['read'] = async (limit, next) => {
    const end = performance.now() + patienceMs
    const events: Array<ServerEvent> = []
    for (let attempt = 0; events.length < limit; attempt++) {
      if (closed) return E.left(CLOSED)
      const client = reads.current()
      const reading = next(events.at(-1), limit - events.length)
      try {
        await watched(client, reading, (said) => {
          if (said._tag === 'Event') events.push(said.event)
          return events.length < limit
        })
        return E.right(events)
      } catch (error) {
        const fault = faultOf(error, name)
        if (fault._tag === 'Refused') return E.left(fault.failure)
        if (isNoPlace(error)) {
          // A disk that is slow to answer says the same.
          if (attempt >= NO_PLACE) return reading.of === 'position' ? E.right(events) : E.left(PUT_BACK)
        } else if (fault._tag === 'Lost' && !fault.elsewhere) reads.replace(client)
        if (closed || fault._tag === 'AboveLimit' || performance.now() > end) return E.left(explain(error))
        await pause(attempt)
      }
    }
    return E.right(events)
  }

  const follow: Server['follow'] = async (reading, take, signal) => {
    const client = follows.current()
    try {
      await watched(
        client,
        reading,
        (said) => {
          take(said)
          return true
        },
        signal,
      )
    } catch (error) {
      const fault = faultOf(error, name)
      if (fault._tag === 'Lost' && !fault.elsewhere) follows.replace(client)
      throw error
    }
  }

  const explain = (error: unknown): StoreUnavailable => {
    const fault = faultOf(error, name)
    return fault._tag === 'AboveLimit' ? CLOSED : fault.failure
  }

  return {
    append,
    read,
    follow,
    explain,
    isClosed: () => closed,
    close: async () => {
      closed = true
      await Promise.all([appends.close(), reads.close(), follows.close()])
    },
  }
}

/** Bytes as the server counts them: data alone. */
export const sizeOf = (events: ReadonlyArray<SentEvent>): number =>
  events.reduce((sum, { data }) => sum + data.byteLength, 0)

const pause = (attempt: number): Promise<unknown> =>
  sleep((0.5 + Math.random() / 2) * Math.min(LONGEST_PAUSE, 20 * 2 ** attempt))

const within = async <A>(ms: number, work: Promise<A>): Promise<A> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Stalled()), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
