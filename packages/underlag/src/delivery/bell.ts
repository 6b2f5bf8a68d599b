/** Ends a wait early. A ring that nobody waited for ends the next wait at once, so that none is missed. */
export interface Bell {
  readonly ring: () => void
  /** Waits for so many ms at most. */
  readonly wait: (ms: number) => Promise<void>
}

export const bell = (): Bell => {
  let rung = false
  let answer: (() => void) | undefined
  return {
    ring: () => {
      rung = true
      answer?.()
    },
    wait: async (ms) => {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          answer = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      answer = undefined
      rung = false
    },
  }
}
