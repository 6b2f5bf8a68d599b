import { listOf, text } from '@underlag/kernel'
import { type ChannelConfig, channelFields } from '../channel-config.js'

/** What every provider's section may hold. */
export interface LetterCommonConfig extends ChannelConfig {
  /** Countries letters are sent to, such as `["SE","NO"]`. */
  readonly countries?: ReadonlyArray<string>
}

/** The codecs of `LetterCommonConfig`. */
export const letterFields = {
  ...channelFields,
  countries: listOf(text('a country as two capital letters (ISO 3166-1)', /^[A-Z]{2}$/)),
}
