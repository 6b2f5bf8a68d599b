import type { RateLimit } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { type Environment, resolveSecret, type SecretMissing } from '../../secret.js'
import { commonSettings } from '../settings-parts.js'
import type { EkopostConfig } from './config.js'
import type { EkopostSettings } from './settings.js'

/** Five requests a letter, and nothing is published on how many Ekopost bears: a little at a time. */
const RATE: RateLimit = { atOnce: 2, perMinute: 60 }

/** The settings of a decoded `EkopostConfig`. */
export const ekopostSettings =
  (env: Environment) =>
  (config: EkopostConfig): E.Either<SecretMissing, EkopostSettings> => {
    const apiKey = resolveSecret(env)('letter.apiKey', config.apiKey)
    if (E.isLeft(apiKey)) return apiKey
    return E.right({
      provider: 'ekopost',
      ...commonSettings(config, RATE, ['SE']),
      apiUrl: config.apiUrl ?? 'https://api.ekopost.se',
      apiKey: apiKey.right,
      postage: config.postage ?? 'economy',
      plex: config.plex ?? 'simplex',
      color: config.color ?? false,
      coverPage: config.coverPage ?? 'whenNeeded',
      ...(config.costCenter === undefined ? {} : { costCenter: config.costCenter }),
    })
  }
