import type { RateLimit } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { type Environment, resolveSecret, type SecretMissing } from '../../secret.js'
import { type LetterSettingUnusable, unusable } from '../setting-unusable.js'
import { commonSettings } from '../settings-parts.js'
import type { SftpConfig } from './config.js'
import type { SftpSettings } from './settings.js'

/** A connection a letter: OpenSSH begins to drop new ones at ten that are not logged in yet (`MaxStartups`), other servers sooner. */
const RATE: RateLimit = { atOnce: 2 }

/** The settings of a decoded `SftpConfig`. */
export const sftpSettings =
  (env: Environment) =>
  (config: SftpConfig): E.Either<SecretMissing | LetterSettingUnusable, SftpSettings> => {
    const secret = resolveSecret(env)
    const username = secret('letter.username', config.username)
    if (E.isLeft(username)) return username
    const password = config.password === undefined ? undefined : secret('letter.password', config.password)
    if (password !== undefined && E.isLeft(password)) return password
    const privateKey = config.privateKey === undefined ? undefined : secret('letter.privateKey', config.privateKey)
    if (privateKey !== undefined && E.isLeft(privateKey)) return privateKey
    const passphrase = config.passphrase === undefined ? undefined : secret('letter.passphrase', config.passphrase)
    if (passphrase !== undefined && E.isLeft(passphrase)) return passphrase
    if (password === undefined && privateKey === undefined)
      return unusable('letter', 'needs password or privateKey: without either nobody can log in')
    // Read by the SSH library only when it connects; this much is seen at once, such as a path in place of the key.
    if (privateKey !== undefined && !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(privateKey.right))
      return unusable('letter.privateKey', 'is no private key (OpenSSH or PEM)')
    const { hostKey } = config
    return E.right({
      provider: 'sftp',
      ...commonSettings(config, RATE, ['SE']),
      host: config.host,
      port: config.port ?? 22,
      username: username.right,
      ...(password === undefined ? {} : { password: password.right }),
      ...(privateKey === undefined ? {} : { privateKey: privateKey.right }),
      ...(passphrase === undefined ? {} : { passphrase: passphrase.right }),
      hostKeys: typeof hostKey === 'string' ? [hostKey] : hostKey,
      folder: config.folder ?? '.',
      addressPosition: config.addressPosition ?? 'right',
      options: config.options ?? {},
    })
  }
