import type { LetterCommon } from '../settings-parts.js'

/** How Pingen sends: its own products, chosen per destination country from these classes. */
export type PingenProduct = 'cheap' | 'fast' | 'bulk' | 'premium' | 'registered'

/** What the Pingen adapter runs on: every default filled in, every secret resolved. Made by `letterSettings`. */
export interface PingenSettings extends LetterCommon {
  readonly provider: 'pingen'
  readonly apiUrl: string
  readonly identityUrl: string
  readonly organisationId: string
  readonly clientId: string
  readonly clientSecret: string
  /** Signs the webhooks; absent: none are taken. */
  readonly webhookSecret?: string
  readonly deliveryProduct: PingenProduct
  readonly printMode: 'simplex' | 'duplex'
  readonly printSpectrum: 'grayscale' | 'color'
  /** `false`: Pingen keeps each letter as a draft until a person sends it there. */
  readonly autoSend: boolean
  /** Whether sender and recipient are given as fields too (`meta_data`), beside the letter itself. */
  readonly metaData: boolean
}
