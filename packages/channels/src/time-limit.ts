/** Runs a task under `limit`, and no longer than so many milliseconds. */
export const limited = async <A>(
  limit: AbortSignal,
  ms: number,
  task: (signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  // Not AbortSignal.timeout: that lets a process end while it waits for this.
  const timeOut = new AbortController()
  const timer = setTimeout(() => timeOut.abort(TIME_IS_OVER), ms)
  try {
    return await task(AbortSignal.any([limit, timeOut.signal]))
  } finally {
    clearTimeout(timer)
  }
}

const TIME_IS_OVER = Symbol('the time is over')

/** Whether it was the time of `limited` that ended a signal, and nobody from outside. */
export const isOutOfTime = (signal: AbortSignal): boolean => signal.reason === TIME_IS_OVER
