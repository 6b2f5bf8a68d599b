import { oneOf, record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { type ChannelConfig, channelFields } from '../../channel-config.js'
import { ApiUrl } from '../../http/api-url.js'
import { Secret } from '../../secret.js'

/** InExchange, a Swedish access point. */
export interface InExchangeConfig extends ChannelConfig {
  readonly provider: 'inexchange'
  /** The software's key; each clinic's token is got with it. */
  readonly apiKey: Secret
  /** What the clinic was registered as at InExchange (`erpId`). */
  readonly erpId: string
  /** Default `https://api.inexchange.com/v1/api`. */
  readonly url?: string
}

export const InExchangeConfig: t.Type<InExchangeConfig, unknown, unknown> = record(
  { provider: oneOf('inexchange'), apiKey: Secret, erpId: text('an erpId at InExchange', /^[A-Za-z0-9_.:-]{1,64}$/) },
  { url: ApiUrl, ...channelFields },
)
