import { oneOf, Refined, record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { type ChannelConfig, channelFields, whole } from '../../channel-config.js'
import { ApiUrl } from '../../http/api-url.js'
import { Secret } from '../../secret.js'

/** Storecove, a hosted access point. */
export interface StorecoveConfig extends ChannelConfig {
  readonly provider: 'storecove'
  readonly apiKey: Secret
  /** The sender's legal entity at Storecove. */
  readonly legalEntityId: number
  /** Default `https://api.storecove.com/api/v2`. */
  readonly url?: string
  /** Storecove's own names of schemes beside those that are known, such as `{"0195":"SG:UEN"}`. */
  readonly schemes?: Readonly<Record<string, string>>
  /** The header that Storecove was told to send with each webhook. */
  readonly webhook?: { readonly header: string; readonly secret: Secret }
}

const Schemes = new Refined(
  'an object of Storecove’s names by scheme, such as {"0007":"SE:ORGNR"}',
  (u): u is Readonly<Record<string, string>> =>
    typeof u === 'object' &&
    u !== null &&
    !Array.isArray(u) &&
    Object.entries(u).every(
      ([scheme, name]) => /^\d{4}$/.test(scheme) && typeof name === 'string' && /^[A-Za-z0-9:]{3,40}$/.test(name),
    ),
)

export const StorecoveConfig: t.Type<StorecoveConfig, unknown, unknown> = record(
  {
    provider: oneOf('storecove'),
    apiKey: Secret,
    legalEntityId: whole('the number of a legal entity', 1, Number.MAX_SAFE_INTEGER),
  },
  {
    url: ApiUrl,
    schemes: Schemes,
    webhook: record({ header: text('the name of a header', /^[A-Za-z0-9-]{1,80}$/), secret: Secret }),
    ...channelFields,
  },
)
