import type { LetterCommon } from '../settings-parts.js'

/** What the Ekopost adapter runs on: every default filled in, every secret resolved. Made by `letterSettings`. */
export interface EkopostSettings extends LetterCommon {
  readonly provider: 'ekopost'
  readonly apiUrl: string
  readonly apiKey: string
  readonly postage: 'economy' | 'priority'
  readonly plex: 'simplex' | 'duplex'
  readonly color: boolean
  readonly costCenter?: string
  /** Whether Ekopost prints a page with the address before the letter; `whenNeeded`: for addresses too long for the window. */
  readonly coverPage: 'always' | 'never' | 'whenNeeded'
}
