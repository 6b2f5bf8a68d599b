import type * as E from 'fp-ts/lib/Either.js'
import type { Environment, SecretMissing } from '../secret.js'
import type { LetterConfig } from './config.js'
import { ekopostSettings } from './ekopost/resolve.js'
import type { EkopostSettings } from './ekopost/settings.js'
import { pingenSettings } from './pingen/resolve.js'
import type { PingenSettings } from './pingen/settings.js'
import type { LetterSettingUnusable } from './setting-unusable.js'
import { sftpSettings } from './sftp/resolve.js'
import type { SftpSettings } from './sftp/settings.js'

/** What the channel runs on: every default filled in, every secret resolved. Made by `letterSettings`. */
export type LetterSettings = PingenSettings | EkopostSettings | SftpSettings

/** The settings of a decoded configuration; `env` is where secrets are looked up. */
export const letterSettings =
  (env: Environment) =>
  (config: LetterConfig): E.Either<SecretMissing | LetterSettingUnusable, LetterSettings> => {
    switch (config.provider) {
      case 'pingen':
        return pingenSettings(env)(config)
      case 'ekopost':
        return ekopostSettings(env)(config)
      case 'sftp':
        return sftpSettings(env)(config)
    }
  }
