import type { AddressPosition } from '@underlag/invoicing'

/** A rectangle on a page, in millimetres from its top left corner. */
export interface LetterZone {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What a printer asks of the pages. */
export interface LetterZones {
  /** Holds the recipient's address on the first page, whole, and nothing else. */
  readonly address: LetterZone
  /** Free on the first page: postage and what is seen through the window beside the address. */
  readonly keepOut: ReadonlyArray<LetterZone>
  /** Free along the four edges of every page, in millimetres. */
  readonly margin: number
  /** Where the documents' template has to place the address. */
  readonly addressPosition: AddressPosition
  /** Rows of name and address, as the template sets them, that show. */
  readonly mostRows: number
}

/** A word where it stands, in millimetres; pages count from 1. */
export interface PlacedWord {
  readonly page: number
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * What is wrong with a document for a printer. Names words by their index and no text: what stands there is personal.
 * - `addressMissing`: nothing is in the address zone.
 * - `acrossAddress`: half in and half outside of it.
 * - `inKeepOut`, `inMargin`: where nothing may be.
 */
export type ZoneViolation =
  | { readonly rule: 'addressMissing' }
  | { readonly rule: 'acrossAddress' | 'inKeepOut' | 'inMargin'; readonly word: number }

const A4 = { width: 210, height: 297 }
/** The boxes of words have room above and below their letters, and are rounded. */
const TOLERANCE = 0.5

/** Checks the words of an A4 document against a printer's zones. */
export const zoneViolations = (
  words: ReadonlyArray<PlacedWord>,
  { address, keepOut, margin }: LetterZones,
): ReadonlyArray<ZoneViolation> => {
  const page: LetterZone = {
    x: margin,
    y: margin,
    width: A4.width - 2 * margin,
    height: A4.height - 2 * margin,
  }
  const found: Array<ZoneViolation> = []
  let addressed = false
  for (const [index, word] of words.entries()) {
    if (!isWithin(word, page)) found.push({ rule: 'inMargin', word: index })
    if (word.page !== 1) continue
    if (isWithin(word, address)) {
      addressed = true
      continue
    }
    if (touches(word, address)) found.push({ rule: 'acrossAddress', word: index })
    if (keepOut.some((zone) => touches(word, zone))) found.push({ rule: 'inKeepOut', word: index })
  }
  return addressed ? found : [{ rule: 'addressMissing' }, ...found]
}

const isWithin = (word: PlacedWord, { x, y, width, height }: LetterZone): boolean =>
  word.left >= x - TOLERANCE &&
  word.right <= x + width + TOLERANCE &&
  word.top >= y - TOLERANCE &&
  word.bottom <= y + height + TOLERANCE

const touches = (word: PlacedWord, { x, y, width, height }: LetterZone): boolean =>
  word.right > x + TOLERANCE &&
  word.left < x + width - TOLERANCE &&
  word.bottom > y + TOLERANCE &&
  word.top < y + height - TOLERANCE
