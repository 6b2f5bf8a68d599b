import { oneOf, record } from '@underlag/kernel'
import type * as t from 'io-ts'
import { type ChannelConfig, channelFields } from '../../channel-config.js'
import { ApiUrl } from '../../http/api-url.js'
import { Secret } from '../../secret.js'

/** phase4-peppol-standalone, an open source sender that one runs oneself. It keeps nothing of what it sent. */
export interface Phase4Config extends ChannelConfig {
  readonly provider: 'phase4'
  /** Where it runs. */
  readonly url: string
  /** Its `phase4.api.requiredtoken`. */
  readonly token: Secret
}

export const Phase4Config: t.Type<Phase4Config, unknown, unknown> = record(
  { provider: oneOf('phase4'), url: ApiUrl, token: Secret },
  channelFields,
)
