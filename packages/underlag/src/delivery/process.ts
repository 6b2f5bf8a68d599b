import { randomUUID } from 'node:crypto'
import type { RenderFailure } from '@underlag/documents'
import { type Channel, type DeliveryDocument, deliveriesView, visits } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { heldInvoices } from '../queries/deliveries.js'
import { isTransient, type OperationFailure, type Runtime, sync } from '../runtime.js'
import { failureSentence } from '../sentences.js'
import { type Attempted, attemptDelivery } from './attempt.js'
import { bell } from './bell.js'
import { type Lane, lane } from './lane.js'
import { LEASE_TTL_MS, type LeaseHolder, leaseHolder } from './lease-holder.js'
import { observer } from './observer.js'
import { askAt, askForReport } from './reports.js'
import { setAside } from './set-aside.js'
import { type DeliveryStep, HELD, stepOf, waitsForSomebody } from './step.js'

export interface DeliverOptions {
  /** Goes on until `signal` ends it; otherwise until nothing is due. */
  readonly watch?: boolean
  readonly signal?: AbortSignal
  readonly onStep?: (step: DeliveryStep) => void
  /** How far a run is: deliveries it is done with, of those that were due so far. */
  readonly onProgress?: (done: number, due: number) => void
  /** Deliveries under way at once in one channel, at most; a channel's own limit may be lower. Default: that, or 4. */
  readonly concurrency?: number
  readonly leaseTtlMs?: number
}

/** What a run of the delivery process did. */
export interface DeliverySummary {
  /** What became of each delivery it touched; a run that watches tells it by `onStep` alone. */
  readonly steps: ReadonlyArray<DeliveryStep>
  /** Deliveries left until later, because the counterpart asked for a pause. */
  readonly paused: number
}

type Result<A> = Promise<E.Either<OperationFailure, A>>

/** How often it is looked for what became due, where nothing else wakes the process. */
const LOOK_MS = 1_000
const LONGEST_IDLE_MS = 30_000

/**
 * The delivery process: for every invoice that asks to be sent, records the attempt, sends, records the outcome.
 * Any number of processes may run it: one at a time delivers, and another takes over some seconds after it died.
 * Each channel has a lane of its own, so that one that is slow, stuck or paused holds up no other.
 */
export const deliver =
  (runtime: Runtime, options: DeliverOptions = {}) =>
  async (): Result<DeliverySummary> => {
    const { watch = false, signal, onStep } = options
    const leaseMs = options.leaseTtlMs ?? LEASE_TTL_MS
    const lease = leaseHolder(runtime, randomUUID(), leaseMs)
    const observe = observer(runtime)
    const isStopped = (): boolean => signal?.aborted === true

    const lanes = new Map<string, Lane>()
    const laneOf = ({ name, rate }: Channel): Lane => {
      const atOnce = Math.min(rate?.atOnce ?? 4, options.concurrency ?? Number.POSITIVE_INFINITY)
      const known = lanes.get(name) ?? lane({ ...rate, atOnce })
      lanes.set(name, known)
      return known
    }
    const steps: Array<DeliveryStep> = []
    const told = new Set<string>()
    const tell = (step: DeliveryStep): void => {
      if (waitsForSomebody(step)) {
        // Said once, not at every look.
        const key = `${step.deliveryId} ${step.outcome}`
        if (told.has(key)) return
        told.add(key)
      }
      // Who watches goes on for months: what was done is told, and not kept.
      if (!watch) steps.push(step)
      toHost(() => onStep?.(step))
    }

    const stirred = bell()
    let queue: ReadonlyArray<Job> = []
    const underWay = new Map<string, Promise<void>>()
    /** What could not be done in this run, or (watching) a while ago: looking at it again at once would not help. */
    const aside = setAside(watch)
    const asked = new Map<string, number>()
    let unprinted: RenderFailure | undefined
    let failed: OperationFailure | undefined
    let done = 0
    const progress = (): void => toHost(() => options.onProgress?.(done, done + underWay.size + queue.length))

    const paused = (): number => queue.filter(({ channel }) => laneOf(channel).isPaused(performance.now())).length

    const look = async (): Result<{ readonly nextAt: number | undefined }> => {
      const due = await dueNow(runtime, asked)
      if (E.isLeft(due)) return due
      due.right.waiting.forEach(tell)
      const now = performance.now()
      aside.keep(new Set(due.right.jobs.map(({ id }) => id)))
      queue = due.right.jobs.filter(({ id }) => !underWay.has(id) && aside.freeIn(id, now) === 0)
      observe.looked(due.right.jobs.length, due.right.waiting.length)
      return E.right({ nextAt: due.right.nextAt })
    }

    const run = async (job: Job, way: Lane): Promise<void> => {
      const { document, channel } = job
      let failure: OperationFailure | undefined
      const { step, pauseUntil } = await observe
        .job(document, job.kind, async (): Promise<Attempted> => {
          const result = await job.work(lease, isStopped)
          if (E.isRight(result)) return result.right
          failure = result.left
          return {}
        })
        .finally(way.end)
      done += 1
      if (failure === undefined) {
        if (step !== undefined) tell(step)
        if (step === undefined ? job.kind === 'report' : waitsForSomebody(step)) aside.put(job.id, performance.now())
        else {
          aside.forget(job.id)
          // Somebody else was there first: no use in looking again before that shows.
          if (step === undefined) await pause(50, signal)
        }
        if (pauseUntil !== undefined)
          laneOf(channel).pause(performance.now(), Date.parse(pauseUntil) - Date.parse(runtime.clock()))
      } else if (isRenderFailure(failure)) {
        // One document that cannot be printed holds up no other. Without a browser it is the same of all: that is said once, at the end.
        aside.put(job.id, performance.now())
        unprinted = failure
        if (unprinted._tag !== 'BrowserNotFound') tell(stepOf(document, 'noDocument', failureSentence(unprinted)))
      } else failed ??= failure
    }

    /** Begins what may begin now; how long until more may, `undefined`: nothing is queued. */
    const begin = (): number | undefined => {
      let soonest: number | undefined
      const rest: Array<Job> = []
      for (const job of queue) {
        const now = performance.now()
        const way = laneOf(job.channel)
        const freeIn = way.freeIn(now)
        if (freeIn === 0) {
          way.begin(now)
          underWay.set(
            job.id,
            run(job, way)
              .catch(() => {
                // All that is not our own, and is not caught where it is called, is a renderer of the host's.
                aside.put(job.id, performance.now())
                tell(stepOf(job.document, 'noDocument', 'the renderer failed by a fault of its own'))
              })
              .finally(() => {
                underWay.delete(job.id)
                stirred.ring()
              }),
          )
        } else {
          rest.push(job)
          if (freeIn !== undefined) soonest = Math.min(soonest ?? freeIn, freeIn)
        }
      }
      queue = rest
      return soonest ?? (rest.length > 0 ? LOOK_MS : undefined)
    }

    signal?.addEventListener('abort', stirred.ring)
    const stopListening = watch ? await listen(runtime, stirred.ring) : undefined
    // An attempt may take longer than the lease lasts: it is kept alive as long as this process is.
    const heartbeat = setInterval(() => void (underWay.size > 0 && lease.take()), leaseMs / 3)
    try {
      let lookedAt = Number.NEGATIVE_INFINITY
      let nextAt: number | undefined
      while (!isStopped()) {
        if (failed !== undefined) {
          observe.trouble(failureSentence(failed))
          if (!watch || !isTransient(failed)) break
          failed = undefined
          await pause(LOOK_MS, signal)
          continue
        }
        if (performance.now() - lookedAt >= LOOK_MS || (queue.length === 0 && underWay.size === 0)) {
          const looked = await look()
          if (E.isLeft(looked)) {
            failed = looked.left
            continue
          }
          nextAt = looked.right.nextAt
          lookedAt = performance.now()
        }
        if (queue.length === 0 && underWay.size === 0) {
          await lease.release()
          if (!watch || unprinted?._tag === 'BrowserNotFound') break
          unprinted = undefined
          const idle = Math.min(
            aside.soonest(performance.now()),
            (nextAt ?? Number.POSITIVE_INFINITY) - Date.parse(runtime.clock()),
          )
          await stirred.wait(Math.max(10, Math.min(idle, stopListening === undefined ? LOOK_MS : LONGEST_IDLE_MS)))
          continue
        }
        if (queue.length > 0) {
          const taken = await lease.take()
          if (E.isLeft(taken)) {
            failed = taken.left
            continue
          }
          if (taken.right === undefined) {
            await pause(leaseMs / 8, signal)
            lookedAt = Number.NEGATIVE_INFINITY
            continue
          }
        }
        const freeIn = begin()
        progress()
        // Left for another time, where all there is waits for a counterpart that asked for a pause.
        if (!watch && underWay.size === 0 && paused() === queue.length) break
        await stirred.wait(Math.min(freeIn ?? LOOK_MS, LOOK_MS))
      }
      const left = paused()
      queue = []
      await Promise.all(underWay.values())
      progress()
      if (failed !== undefined) return E.left(failed)
      return unprinted !== undefined && !isStopped() ? E.left(unprinted) : E.right({ steps, paused: left })
    } finally {
      clearInterval(heartbeat)
      signal?.removeEventListener('abort', stirred.ring)
      await Promise.all(underWay.values())
      await stopListening?.()
      await lease.release()
    }
  }

/** What the host is told of a run is its own affair: should it throw, the run goes on. */
const toHost = (tell: () => void): void => {
  try {
    tell()
  } catch {
    // Nobody is there to be told.
  }
}

/** Something to do in a channel's lane. */
interface Job {
  readonly id: string
  readonly document: DeliveryDocument
  readonly channel: Channel
  /** An attempt to send, or a question how it stands. */
  readonly kind: 'attempt' | 'report'
  readonly work: (lease: LeaseHolder, isStopped: () => boolean) => Result<Attempted>
}

interface Due {
  readonly jobs: ReadonlyArray<Job>
  readonly waiting: ReadonlyArray<DeliveryStep>
  /** When the next of those that wait is due, in ms. */
  readonly nextAt: number | undefined
}

/** What is to be sent and what to be asked about, the oldest invoice first. */
const dueNow = async (runtime: Runtime, asked: Map<string, number>): Result<Due> => {
  const synced = await sync(runtime, [deliveriesView, visits])()
  if (E.isLeft(synced)) return synced
  const held = await heldInvoices(runtime)()
  if (E.isLeft(held)) return held
  const open = await documentsUnder(runtime, 'open')
  if (E.isLeft(open)) return open
  const taken = await documentsUnder(runtime, 'taken')
  if (E.isLeft(taken)) return taken

  const now = Date.parse(runtime.clock())
  const jobs: Array<Job> = []
  const waiting: Array<DeliveryStep> = []
  let nextAt: number | undefined
  const isDue = (at: number): boolean => {
    if (at <= now) return true
    nextAt = Math.min(nextAt ?? at, at)
    return false
  }
  for (const document of open.right) {
    const { deliveryId: id, delivery: name, invoiceNumber, status, retryAt } = document
    if (retryAt !== null && !isDue(Date.parse(retryAt))) continue
    const channel = runtime.channels.get(name)
    if (status !== 'attempting' && held.right.has(invoiceNumber)) waiting.push(stepOf(document, 'held', HELD))
    else if (channel === undefined)
      waiting.push(stepOf(document, 'notConfigured', `the channel ${name} is not configured here`))
    else
      jobs.push({
        id,
        document,
        channel,
        kind: 'attempt',
        work: (lease, isStopped) => attemptDelivery(runtime, lease, channel, document, isStopped),
      })
  }
  const stillTaken = new Set(taken.right.map(({ deliveryId }) => deliveryId))
  for (const id of asked.keys()) if (!stillTaken.has(id)) asked.delete(id)
  for (const document of taken.right) {
    const { deliveryId: id, delivery: name, attempts } = document
    const channel = runtime.channels.get(name)
    const takenAt = Date.parse(attempts.at(-1)?.endedAt ?? '')
    if (channel?.report === undefined || Number.isNaN(takenAt)) continue
    const at = askAt(takenAt, asked.get(id), now)
    if (at === undefined || !isDue(at)) continue
    jobs.push({
      id,
      document,
      channel,
      kind: 'report',
      work: async () => {
        asked.set(id, now)
        return E.map((step: DeliveryStep | undefined): Attempted => (step === undefined ? {} : { step }))(
          await askForReport(runtime, channel, document),
        )
      },
    })
  }
  return E.right({ jobs, waiting, nextAt })
}

const documentsUnder = async ({ readModels }: Runtime, index: string): Result<ReadonlyArray<DeliveryDocument>> =>
  E.map((found: ReadonlyMap<string, unknown>) =>
    ([...found.values()] as ReadonlyArray<DeliveryDocument>).slice().sort((a, b) => a.sequence - b.sequence),
  )(await readModels.find(deliveriesView.table, index)())

const isRenderFailure = (failure: OperationFailure): failure is RenderFailure =>
  failure._tag === 'BrowserNotFound' ||
  failure._tag === 'BrowserFailed' ||
  failure._tag === 'RenderTimedOut' ||
  failure._tag === 'ThemeMissing' ||
  failure._tag === 'RendererClosed'

/** Calls `heard` when something was recorded, by whomever; `undefined`: that is not to be had now. */
const listen = async ({ store }: Runtime, heard: () => void): Promise<(() => Promise<void>) | undefined> => {
  const end = await store.end()
  return E.isLeft(end)
    ? undefined
    : store.subscribe(end.right, async ({ events }) => {
        if (events.length > 0) heard()
      }).stop
}

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
