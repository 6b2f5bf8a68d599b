import type { TimeZone } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import type { PaymentFile, ReadPayments, UnusableFile } from './incoming.js'

/** What ends the reading of a file from wherever in it: caught by `whole`, it leaves no reader. */
class Unusable extends Error {
  constructor(readonly told: UnusableFile) {
    super(told.reason)
  }
}

/** What to do about a file that is damaged. */
const ONCE_MORE = 'Fetch the file once more from the bank, and leave it as it is.'

/** Gives up the file. */
export const unusable = (reason: string, remedy = ONCE_MORE): never => {
  throw new Unusable({ _tag: 'UnusableFile', reason, remedy })
}

/** A reader that takes all of a file or nothing. */
export const whole =
  (read: (content: Uint8Array, timeZone: TimeZone) => PaymentFile): ReadPayments =>
  (content, timeZone) => {
    try {
      if (content.length === 0) unusable('The file is empty.')
      return E.right(read(content, timeZone))
    } catch (error) {
      if (error instanceof Unusable) return E.left(error.told)
      throw error
    }
  }

/** A text without blanks, and the marks of an end that some systems put behind a file. By a loop: an expression would try each blank anew. */
export const trimmed = (text: string): string => {
  let end = text.length
  while (end > 0 && /[\s\u0000\u001a]/.test(text.charAt(end - 1))) end -= 1
  return text.slice(0, end).trimStart()
}
