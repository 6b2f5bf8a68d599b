import type { LetterCommon } from '../settings-parts.js'

/** What the hot folder adapter runs on: every default filled in, every secret resolved. Made by `letterSettings`. */
export interface SftpSettings extends LetterCommon {
  readonly provider: 'sftp'
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password?: string
  readonly privateKey?: string
  readonly passphrase?: string
  /** Fingerprints of the server's keys, `SHA256:…`; any other server is refused. */
  readonly hostKeys: ReadonlyArray<string>
  /** The hot folder, as the server names it. */
  readonly folder: string
  readonly addressPosition: 'left' | 'right'
  /** Passed on in every manifest: customer number, product, whatever was agreed with the mail house. */
  readonly options: Readonly<Record<string, string>>
}
