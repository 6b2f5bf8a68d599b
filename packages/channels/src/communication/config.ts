import { record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { type ChannelConfig, channelFields } from '../channel-config.js'
import { isSafeUrl } from '../http/api-url.js'

/** The section `communication` of the configuration file, as a person writes it. */
export interface CommunicationConfig extends ChannelConfig {
  /**
   * Where documents are read, behind the host's login: the link's token is put right after it, as in
   * `https://portal.klinik.se/fakturor/`. It begins with https://, except on this very machine.
   */
  readonly documentsUrl: string
  /** The embedded inbox and the links' tokens. Default: a file beside the store. */
  readonly inbox?: { readonly file: string }
}

/** Strict: an unknown field is a problem. There is no secret in it. */
export const CommunicationConfig: t.Type<CommunicationConfig, unknown, unknown> = record(
  {
    documentsUrl: text(
      'an address that begins with https:// and ends with / or =, such as https://portal.klinik.se/fakturor/',
      /^[^\s<>"'#@\\]{1,500}[/=]$/,
      isSafeUrl,
    ),
  },
  {
    inbox: record({ file: text('the path of a file', /^.+$/) }),
    ...channelFields,
  },
)
