import { oneOf, record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { Bool } from '../../channel-config.js'
import { ApiUrl } from '../../http/api-url.js'
import { Secret } from '../../secret.js'
import { type LetterCommonConfig, letterFields } from '../config-parts.js'
import type { PingenProduct } from './settings.js'

/** Letters by Pingen, as a person writes it in the configuration file. */
export interface PingenConfig extends LetterCommonConfig {
  readonly provider: 'pingen'
  /** The organisation's id with Pingen (a UUID). */
  readonly organisationId: string
  readonly clientId: Secret
  readonly clientSecret: Secret
  /** What the webhooks are signed with. */
  readonly webhookSecret?: Secret
  /** Default `cheap`. */
  readonly deliveryProduct?: PingenProduct
  /** Default `simplex`. */
  readonly printMode?: 'simplex' | 'duplex'
  /** Default `grayscale`. */
  readonly printSpectrum?: 'grayscale' | 'color'
  /** Default true; `false` leaves each letter as a draft with Pingen. */
  readonly autoSend?: boolean
  /**
   * Whether sender and recipient are given as fields too. Default: for `registered` and `premium`, which ask for them. The
   * others read the address off the letter, and have been seen to refuse postal codes of five digits in the fields.
   */
  readonly metaData?: boolean
  /** `staging` is Pingen's test environment. Default `production`. */
  readonly environment?: 'production' | 'staging'
  readonly apiUrl?: string
  readonly identityUrl?: string
}

export const PingenConfig: t.Type<PingenConfig, unknown, unknown> = record(
  {
    provider: oneOf('pingen'),
    organisationId: text('a UUID', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
    clientId: Secret,
    clientSecret: Secret,
  },
  {
    ...letterFields,
    webhookSecret: Secret,
    deliveryProduct: oneOf('cheap', 'fast', 'bulk', 'premium', 'registered'),
    printMode: oneOf('simplex', 'duplex'),
    printSpectrum: oneOf('grayscale', 'color'),
    autoSend: Bool,
    metaData: Bool,
    environment: oneOf('production', 'staging'),
    apiUrl: ApiUrl,
    identityUrl: ApiUrl,
  },
)
