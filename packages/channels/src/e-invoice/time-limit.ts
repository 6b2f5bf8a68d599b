/** Runs a task under `limit`, and no longer than so many milliseconds. */
export const limited = async <A>(
  limit: AbortSignal,
  ms: number,
  task: (signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  // Not AbortSignal.timeout: that lets a process end while it waits for this.
  const timeOut = new AbortController()
  const timer = setTimeout(() => timeOut.abort(), ms)
  try {
    return await task(AbortSignal.any([limit, timeOut.signal]))
  } finally {
    clearTimeout(timer)
  }
}
