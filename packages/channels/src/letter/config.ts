import type * as t from 'io-ts'
import { byProvider } from '../by-provider.js'
import { EkopostConfig } from './ekopost/config.js'
import { PingenConfig } from './pingen/config.js'
import { SftpConfig } from './sftp/config.js'

/** The section `letter` of the configuration file: one provider, and what it needs. */
export type LetterConfig = PingenConfig | EkopostConfig | SftpConfig

export const LetterConfig: t.Type<LetterConfig, unknown, unknown> = byProvider<LetterConfig>({
  pingen: PingenConfig,
  ekopost: EkopostConfig,
  sftp: SftpConfig,
})
