import type { Batch, Position, RawEventStore, Subscription } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { Connection } from './connection.js'

/** Events handed over at once. */
const BATCH = 2000
/** Longest wait before a failing read is tried again, in ms. */
const LONGEST_PAUSE = 1000

/**
 * The subscriptions of one handle. Own commits wake them at once, other processes' are found by looking every 25 ms.
 * A subscription keeps the process alive until it is stopped or the store is closed. It begins with a batch, empty
 * where there is nothing to catch up with, so that a reader learns that it is at the end.
 */
export const subscriptions = (
  connection: Connection,
  readAll: RawEventStore['readAll'],
): Pick<RawEventStore, 'subscribe' | 'close'> => {
  const live = new Set<Subscription>()

  const subscribe = (after: Position, handle: (batch: Batch) => Promise<void>): Subscription => {
    let stopped = false
    let wake: () => void = () => {}
    const isOver = (): boolean => stopped || connection.isClosed()

    const run = async (): Promise<void> => {
      let position = after
      let caughtUp = false
      let pause = 10
      while (!isOver()) {
        // Asked for before reading: what is committed between reading and waiting ends the wait at once.
        const seen = connection.changes()
        const read = await readAll(position, BATCH)()
        if (isOver()) return
        if (E.isLeft(read)) {
          await new Promise<void>((resume) => {
            const timer = setTimeout(resume, pause)
            wake = () => {
              clearTimeout(timer)
              resume()
            }
          })
          pause = Math.min(pause * 2, LONGEST_PAUSE)
          continue
        }
        pause = 10
        const events = read.right
        const atEnd = events.length < BATCH
        if (events.length > 0 || !caughtUp) {
          position = events[events.length - 1]?.position ?? position
          caughtUp = atEnd
          await handle({ events, position, caughtUp })
        }
        if (!atEnd || isOver()) continue
        await new Promise<void>((resume) => {
          const cancel = connection.onChange(seen, resume)
          wake = () => {
            cancel()
            resume()
          }
        })
      }
    }

    const done = run().finally(() => live.delete(subscription))
    // Who never looks at `done` is not to be ended by it.
    done.catch(() => {})
    const subscription: Subscription = {
      done,
      stop: async () => {
        stopped = true
        wake()
        await done.catch(() => {})
      },
    }
    live.add(subscription)
    return subscription
  }

  return {
    subscribe,
    close: async () => {
      await Promise.all([...live].map((subscription) => subscription.stop()))
    },
  }
}
