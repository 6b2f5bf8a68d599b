import { oneOf, record } from '@underlag/kernel'
import type * as t from 'io-ts'
import { type ChannelConfig, channelFields } from '../../channel-config.js'
import { ApiUrl } from '../../http/api-url.js'
import { Secret } from '../../secret.js'

/** phoss-ap, an open source access point that one runs oneself. */
export interface PhossApConfig extends ChannelConfig {
  readonly provider: 'phoss-ap'
  /** Where it runs, without `/api`. */
  readonly url: string
  /** Its `phase4.api.requiredtoken`. */
  readonly token: Secret
}

export const PhossApConfig: t.Type<PhossApConfig, unknown, unknown> = record(
  { provider: oneOf('phoss-ap'), url: ApiUrl, token: Secret },
  channelFields,
)
