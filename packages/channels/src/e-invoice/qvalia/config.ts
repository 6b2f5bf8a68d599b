import { oneOf, record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { type ChannelConfig, channelFields } from '../../channel-config.js'
import { ApiUrl } from '../../http/api-url.js'
import { Secret } from '../../secret.js'

/** Qvalia, a Swedish access point. */
export interface QvaliaConfig extends ChannelConfig {
  readonly provider: 'qvalia'
  readonly apiKey: Secret
  /** The partner's registration number at Qvalia. */
  readonly partner: string
  /** The account the documents are sent from. Default: the partner's own. */
  readonly account?: string
  /** Default `https://api.qvalia.com`. */
  readonly url?: string
  /** The secret that Qvalia signs its webhooks with. */
  readonly webhookSecret?: Secret
}

const Registration = text('a registration number at Qvalia', /^[A-Za-z0-9_.:-]{1,64}$/)

export const QvaliaConfig: t.Type<QvaliaConfig, unknown, unknown> = record(
  { provider: oneOf('qvalia'), apiKey: Secret, partner: Registration },
  { account: Registration, url: ApiUrl, webhookSecret: Secret, ...channelFields },
)
