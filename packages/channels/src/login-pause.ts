/** After a login was refused, nobody knocks for so long. */
const PAUSE_MS = 60_000

/** A bulk of invoices that tries a wrong password hundreds of times has the account locked, or the address banned. */
export interface LoginPause<F> {
  /** How the login was refused a moment ago; `undefined`: it may be tried. */
  readonly refused: () => F | undefined
  readonly refuse: (failure: F) => void
}

export const loginPause = <F>(): LoginPause<F> => {
  let last: { readonly failure: F; readonly at: number } | undefined
  return {
    refused: () => (last !== undefined && performance.now() - last.at < PAUSE_MS ? last.failure : undefined),
    refuse: (failure) => {
      last = { failure, at: performance.now() }
    },
  }
}
