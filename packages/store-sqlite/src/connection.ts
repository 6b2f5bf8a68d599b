import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoreUnavailable } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { describeOpening, type FileKind, type FileOptions, openFile, rowOf } from './database-file.js'
import { describe, isBusy, isDamaged, isDiskFailure, unavailable } from './failure.js'
import { BUSY_TIMEOUT, jitter, patiently } from './patience.js'

export interface ConnectionOptions extends FileOptions {
  /** How long to wait for other processes' locks, in ms. Default: 10 000. */
  readonly busyTimeoutMs?: number
}

/** The answer of COMMIT was lost with a failing disk: see `OutcomeUnknown`. */
export interface CommitLost {
  readonly _tag: 'CommitLost'
  readonly reason: string
}

/**
 * The one connection of this process to a file. `node:sqlite` works synchronously, so no transaction ever spans two turns
 * of the event loop and reading between transactions needs no connection of its own.
 */
export interface Connection {
  readonly path: string
  readonly prepare: (sql: string) => StatementSync
  /** Reads; repeated while another process is in the way. */
  readonly read: <A>(work: () => A) => TE.TaskEither<StoreUnavailable, A>
  /** Reads with several statements, all of which see the same state of the file. */
  readonly snapshot: <A>(work: () => A) => TE.TaskEither<StoreUnavailable, A>
  /**
   * Writes in a transaction that takes the lock at once. Everything asked for in one turn of the event loop shares one
   * transaction (one wait for the disk for all: group commit), and each is answered after that has been committed.
   * `work` may be run again after its effects were rolled back, and must leave nothing behind where it answers that it did nothing.
   */
  readonly write: <A>(work: () => A) => TE.TaskEither<StoreUnavailable | CommitLost, A>
  /** Counts what was committed, here or by any process; two equal numbers: nothing happened between. */
  readonly changes: () => number
  /** Calls `resume` once, when `changes` is no longer `seen` or the connection is closed. Gives back how to stop waiting. */
  readonly onChange: (seen: number, resume: () => void) => () => void
  readonly isClosed: () => boolean
  /** Writes what is waiting, then closes the file. */
  readonly close: () => Promise<void>
}

/** Most jobs one transaction takes: bounds how long the event loop is held. */
const GROUP = 512
/** How often other processes' commits are looked for while somebody waits for them, in ms. */
const POLL = 25

interface Job {
  readonly work: () => unknown
  readonly settle: (answer: E.Either<StoreUnavailable | CommitLost, never> | E.Right<unknown>) => void
  readonly deadline: number
}

export const connect = async (
  path: string,
  kind: FileKind,
  options: ConnectionOptions = {},
): Promise<E.Either<StoreUnavailable, Connection>> => {
  const timeout = options.busyTimeoutMs ?? BUSY_TIMEOUT
  const opened = await patiently(
    timeout,
    (error) => describe(path, error),
    () => {
      try {
        return openFile(path, kind, options)
      } catch (error) {
        if (isBusy(error)) throw error
        return E.left(describeOpening(path, kind, error))
      }
    },
  )
  if (E.isLeft(opened)) return opened
  if (E.isLeft(opened.right)) return opened.right
  return E.right(connection(path, kind, opened.right.right, timeout))
}

const connection = (path: string, kind: FileKind, database: DatabaseSync, timeout: number): Connection => {
  const explain = (error: unknown): StoreUnavailable =>
    closed
      ? closedFailure
      : isDamaged(error)
        ? { ...describe(path, error), remedy: kind.whenDamaged }
        : describe(path, error)
  const begin = database.prepare('BEGIN IMMEDIATE')
  const beginReading = database.prepare('BEGIN')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  const dataVersion = database.prepare('PRAGMA data_version')

  const closedFailure = unavailable(`${path} was closed by this program.`, 'Open it again.')
  let closing: Promise<void> | undefined
  let closed = false

  let queue: Array<Job> = []
  let scheduled = false
  let idle: (() => void) | undefined

  let changes = 0
  let lastDataVersion = 0
  const waiting = new Set<() => void>()
  let poll: NodeJS.Timeout | undefined

  const wake = (): void => {
    changes += 1
    const woken = [...waiting]
    waiting.clear()
    stopLooking()
    for (const resume of woken) resume()
  }

  const stopLooking = (): void => {
    clearInterval(poll)
    poll = undefined
  }

  const look = (): void => {
    try {
      const version = Number(rowOf(dataVersion)?.[0])
      if (version === lastDataVersion) return
      lastDataVersion = version
      wake()
    } catch {
      // Locked or failing: the next look, or the reader itself, will tell.
    }
  }

  const undo = (): void => {
    try {
      rollback.run()
    } catch {
      // SQLite rolled back by itself, as it does when the disk is full.
    }
  }

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    // Not a microtask: callers answered by the last commit ask again within this turn, and shall be in one group.
    setImmediate(flush)
  }

  const flush = (): void => {
    const jobs = queue.length <= GROUP ? queue : queue.slice(0, GROUP)
    queue = queue.length <= GROUP ? [] : queue.slice(GROUP)
    const again = transact(jobs)
    if (again.length > 0) {
      queue = again.concat(queue)
      setTimeout(flush, jitter())
      return
    }
    scheduled = false
    if (queue.length > 0) schedule()
    else idle?.()
  }

  /** Of jobs that a lock kept out those that have time left; the others are answered. */
  const shutOut = (jobs: ReadonlyArray<Job>, error: unknown): Array<Job> => {
    const now = performance.now()
    const isPatient = ({ deadline }: Job): boolean => isBusy(error) && deadline > now
    for (const job of jobs) if (!isPatient(job)) job.settle(E.left(explain(error)))
    return jobs.filter(isPatient)
  }

  /** Runs jobs in one transaction and answers them; gives back those to try again because of a lock. */
  const transact = (jobs: Array<Job>): Array<Job> => {
    try {
      begin.run()
    } catch (error) {
      return shutOut(jobs, error)
    }
    const results: Array<unknown> = []
    try {
      for (const job of jobs) results.push(job.work())
    } catch (error) {
      undo()
      if (jobs.length === 1) {
        for (const job of jobs) job.settle(E.left(explain(error)))
        return []
      }
      // One of them hurt the others: each alone, then.
      return jobs.flatMap((job) => transact([job]))
    }
    try {
      commit.run()
    } catch (error) {
      undo()
      // Without a write-ahead log a reader, even one that stands still, keeps a commit out as well; nothing was written.
      if (isBusy(error)) return shutOut(jobs, error)
      const answer = isDiskFailure(error)
        ? E.left<CommitLost>({ _tag: 'CommitLost', reason: explain(error).reason })
        : E.left(explain(error))
      for (const job of jobs) job.settle(answer)
      return []
    }
    for (let i = 0; i < jobs.length; i++) jobs[i]?.settle(E.right(results[i]) as E.Right<unknown>)
    wake()
    return []
  }

  return {
    path,
    prepare: (sql) => database.prepare(sql),
    read: (work) => () => (closed ? Promise.resolve(E.left(closedFailure)) : patiently(timeout, explain, work)),
    snapshot: (work) => () =>
      closed
        ? Promise.resolve(E.left(closedFailure))
        : patiently(timeout, explain, () => {
            beginReading.run()
            try {
              return work()
            } finally {
              undo()
            }
          }),
    write: (work) => () =>
      closing !== undefined
        ? Promise.resolve(E.left(closedFailure))
        : new Promise((resolve) => {
            queue.push({ work, settle: resolve as Job['settle'], deadline: performance.now() + timeout })
            schedule()
          }),
    changes: () => {
      if (!closed) look()
      return changes
    },
    onChange: (seen, resume) => {
      if (closed || changes !== seen) {
        resume()
        return () => {}
      }
      waiting.add(resume)
      // Referenced on purpose: who waits for events wants the process to live.
      poll ??= setInterval(look, POLL)
      return () => {
        waiting.delete(resume)
        if (waiting.size === 0) stopLooking()
      }
    },
    isClosed: () => closing !== undefined,
    close: () => {
      closing ??= (async () => {
        if (scheduled) {
          await new Promise<void>((resolve) => {
            idle = resolve
          })
        }
        closed = true
        wake()
        database.close()
      })()
      return closing
    },
  }
}
