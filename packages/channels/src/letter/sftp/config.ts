import { oneOf, Refined, record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { whole } from '../../channel-config.js'
import { Secret } from '../../secret.js'
import { type LetterCommonConfig, letterFields } from '../config-parts.js'

/** Letters by a mail house's hot folder, as a person writes it. Sends to Sweden unless `countries` says otherwise. */
export interface SftpConfig extends LetterCommonConfig {
  readonly provider: 'sftp'
  readonly host: string
  /** Default 22. */
  readonly port?: number
  readonly username: Secret
  /** A password, a private key (OpenSSH or PEM), or both. */
  readonly password?: Secret
  readonly privateKey?: Secret
  readonly passphrase?: Secret
  /**
   * The server's fingerprint, as `ssh-keyscan HOST | ssh-keygen -lf -` shows it and the mail house confirms it. A server has
   * one for each kind of key, and may show any of them: list all, and the next one too while a key is being replaced.
   */
  readonly hostKey: string | ReadonlyArray<string>
  /** Default: the folder one is in after logging in. */
  readonly folder?: string
  /** Side of the envelopes' window. Default `right`. */
  readonly addressPosition?: 'left' | 'right'
  readonly options?: Readonly<Record<string, string>>
}

const isFingerprint = (u: unknown): u is string => typeof u === 'string' && /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(u)

export const SftpConfig: t.Type<SftpConfig, unknown, unknown> = record(
  {
    provider: oneOf('sftp'),
    host: text('the name or the address of a server', /^[A-Za-z0-9._:-]{1,253}$/),
    username: Secret,
    hostKey: new Refined(
      'a fingerprint such as SHA256:…, or a list of them',
      (u): u is string | ReadonlyArray<string> =>
        isFingerprint(u) || (Array.isArray(u) && u.length > 0 && u.every(isFingerprint)),
    ),
  },
  {
    ...letterFields,
    port: whole('a port number', 1, 65_535),
    password: Secret,
    privateKey: Secret,
    passphrase: Secret,
    folder: text('the path of a folder on the server', /^[^\p{Cc}]{1,500}$/u),
    addressPosition: oneOf('left', 'right'),
    options: new Refined(
      'an object of texts',
      (u): u is Readonly<Record<string, string>> =>
        typeof u === 'object' &&
        u !== null &&
        !Array.isArray(u) &&
        Object.values(u).every((value) => typeof value === 'string' && value.length <= 200),
    ),
  },
)
