import type { RateLimit } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { type Environment, resolveSecret, type SecretMissing } from '../../secret.js'
import { commonSettings } from '../settings-parts.js'
import type { PingenConfig } from './config.js'
import type { PingenSettings } from './settings.js'

const HOSTS = {
  production: { apiUrl: 'https://api.pingen.com', identityUrl: 'https://identity.pingen.com' },
  staging: { apiUrl: 'https://api-staging.pingen.com', identityUrl: 'https://identity-staging.pingen.com' },
} as const

/** Three requests a letter. Pingen publishes no number and answers 429 with `Retry-After`, which is kept to. */
const RATE: RateLimit = { atOnce: 4, perMinute: 60 }

/** The settings of a decoded `PingenConfig`. */
export const pingenSettings =
  (env: Environment) =>
  (config: PingenConfig): E.Either<SecretMissing, PingenSettings> => {
    const secret = resolveSecret(env)
    const clientId = secret('letter.clientId', config.clientId)
    if (E.isLeft(clientId)) return clientId
    const clientSecret = secret('letter.clientSecret', config.clientSecret)
    if (E.isLeft(clientSecret)) return clientSecret
    const webhookSecret =
      config.webhookSecret === undefined ? undefined : secret('letter.webhookSecret', config.webhookSecret)
    if (webhookSecret !== undefined && E.isLeft(webhookSecret)) return webhookSecret
    const hosts = HOSTS[config.environment ?? 'production']
    const deliveryProduct = config.deliveryProduct ?? 'cheap'
    return E.right({
      provider: 'pingen',
      ...commonSettings(config, RATE),
      apiUrl: config.apiUrl ?? hosts.apiUrl,
      identityUrl: config.identityUrl ?? hosts.identityUrl,
      organisationId: config.organisationId,
      clientId: clientId.right,
      clientSecret: clientSecret.right,
      ...(webhookSecret === undefined ? {} : { webhookSecret: webhookSecret.right }),
      deliveryProduct,
      printMode: config.printMode ?? 'simplex',
      printSpectrum: config.printSpectrum ?? 'grayscale',
      autoSend: config.autoSend ?? true,
      metaData: config.metaData ?? (deliveryProduct === 'registered' || deliveryProduct === 'premium'),
    })
  }
