import { oneOf, record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { Bool } from '../../channel-config.js'
import { ApiUrl } from '../../http/api-url.js'
import { Secret } from '../../secret.js'
import { type LetterCommonConfig, letterFields } from '../config-parts.js'

/** Letters by Ekopost, as a person writes it in the configuration file. Sends to Sweden unless `countries` says otherwise. */
export interface EkopostConfig extends LetterCommonConfig {
  readonly provider: 'ekopost'
  readonly apiKey: Secret
  /** Default https://api.ekopost.se. */
  readonly apiUrl?: string
  /** Default `economy`. */
  readonly postage?: 'economy' | 'priority'
  /** Default `simplex`. */
  readonly plex?: 'simplex' | 'duplex'
  /** Default false: black and white. */
  readonly color?: boolean
  /** The clinic's own cost centre, shown on Ekopost's invoice. */
  readonly costCenter?: string
  /** Default `whenNeeded`: a page with the address is printed before letters whose address is too long for the window. */
  readonly coverPage?: 'always' | 'never' | 'whenNeeded'
}

export const EkopostConfig: t.Type<EkopostConfig, unknown, unknown> = record(
  { provider: oneOf('ekopost'), apiKey: Secret },
  {
    ...letterFields,
    apiUrl: ApiUrl,
    postage: oneOf('economy', 'priority'),
    plex: oneOf('simplex', 'duplex'),
    color: Bool,
    costCenter: text('a line of 1 to 50 characters', /^[^\p{Cc}]{1,50}$/u),
    coverPage: oneOf('always', 'never', 'whenNeeded'),
  },
)
