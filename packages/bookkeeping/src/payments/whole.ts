import * as E from 'fp-ts/lib/Either.js'
import type { PaymentFile, ReadPayments, UnusableFile } from './incoming.js'

/** What ends the reading of a file from wherever in it: caught by `whole`, it leaves no reader. */
class Unusable extends Error {
  constructor(readonly told: UnusableFile) {
    super(told.reason)
  }
}

const ONCE_MORE = 'Fetch the file once more from the bank, and leave it as it is.'

/** Gives up the file. */
export const unusable = (reason: string, remedy = ONCE_MORE): never => {
  throw new Unusable({ _tag: 'UnusableFile', reason, remedy })
}

/** A reader that takes all of a file or nothing. */
export const whole =
  (read: (content: Uint8Array) => PaymentFile): ReadPayments =>
  (content) => {
    try {
      return E.right(read(content))
    } catch (error) {
      if (error instanceof Unusable) return E.left(error.told)
      throw error
    }
  }
