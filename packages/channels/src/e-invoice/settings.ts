import type { RateLimit } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { type Environment, resolveSecret, type Secret, type SecretMissing } from '../secret.js'
import type { EInvoiceConfig } from './config.js'
import type { InExchangeSettings } from './inexchange/api.js'
import type { Phase4Settings } from './phase4/access-point.js'
import type { PhossApSettings } from './phoss-ap/access-point.js'
import type { QvaliaSettings } from './qvalia/access-point.js'
import { commonSettings } from './settings-parts.js'
import { STORECOVE_SCHEMES, type StorecoveSettings } from './storecove/access-point.js'

/** What the channel runs on: every default filled in, every secret resolved. Made by `eInvoiceSettings`. */
export type EInvoiceSettings =
  | PhossApSettings
  | Phase4Settings
  | StorecoveSettings
  | InExchangeSettings
  | QvaliaSettings

/**
 * How much each is given to do. phoss-ap and phase4 are one's own and send while one waits; of the hosted ones none publishes a number
 * that holds for every customer, and all answer 429 with `Retry-After`, which is kept to: a clinic's bulk is done within minutes.
 */
const RATES: Readonly<Record<EInvoiceSettings['provider'], RateLimit>> = {
  'phoss-ap': { atOnce: 4 },
  phase4: { atOnce: 4 },
  storecove: { atOnce: 4, perMinute: 60 },
  inexchange: { atOnce: 2, perMinute: 60 },
  qvalia: { atOnce: 2, perMinute: 60 },
}

/** The settings of a decoded configuration; `env` is where secrets are looked up. */
export const eInvoiceSettings =
  (env: Environment) =>
  (config: EInvoiceConfig): E.Either<SecretMissing, EInvoiceSettings> => {
    const common = commonSettings(config, RATES[config.provider])
    const secret = (field: string, value: Secret): E.Either<SecretMissing, string> =>
      resolveSecret(env)(`eInvoice.${field}`, value)
    const optional = (field: string, value: Secret | undefined): E.Either<SecretMissing, string | undefined> =>
      value === undefined ? E.right(undefined) : secret(field, value)

    switch (config.provider) {
      case 'phoss-ap':
      case 'phase4': {
        const { provider, url } = config
        return E.map((token: string): EInvoiceSettings => ({ ...common, provider, url, token }))(
          secret('token', config.token),
        )
      }
      case 'inexchange': {
        const { provider, erpId, url = 'https://api.inexchange.com/v1/api' } = config
        return E.map((apiKey: string): EInvoiceSettings => ({ ...common, provider, url, erpId, apiKey }))(
          secret('apiKey', config.apiKey),
        )
      }
      case 'storecove': {
        const { provider, legalEntityId, url = 'https://api.storecove.com/api/v2', schemes, webhook } = config
        const apiKey = secret('apiKey', config.apiKey)
        if (E.isLeft(apiKey)) return apiKey
        const signed = optional('webhook.secret', webhook?.secret)
        if (E.isLeft(signed)) return signed
        return E.right({
          ...common,
          provider,
          url,
          legalEntityId,
          apiKey: apiKey.right,
          schemes: { ...STORECOVE_SCHEMES, ...schemes },
          ...(webhook === undefined || signed.right === undefined
            ? {}
            : { webhook: { header: webhook.header, secret: signed.right } }),
        })
      }
      case 'qvalia': {
        const { provider, partner, account = partner, url = 'https://api.qvalia.com' } = config
        const apiKey = secret('apiKey', config.apiKey)
        if (E.isLeft(apiKey)) return apiKey
        const signed = optional('webhookSecret', config.webhookSecret)
        if (E.isLeft(signed)) return signed
        return E.right({
          ...common,
          provider,
          url,
          partner,
          account,
          apiKey: apiKey.right,
          ...(signed.right === undefined ? {} : { webhookSecret: signed.right }),
        })
      }
    }
  }
