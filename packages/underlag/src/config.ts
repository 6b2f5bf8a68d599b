import { EmailConfig, emailChannel, emailSettings } from '@underlag/channels/email'
import { type Channel, DeliveryChannel } from '@underlag/invoicing'
import { problems, Refined, record, text } from '@underlag/kernel'
import { either as E } from 'fp-ts'
import type * as t from 'io-ts'
import { readonlyArray } from 'io-ts'

/** What a host sets up beside the store: the configuration file, as JSON. Secrets are `{ "env": "NAME" }`. */
export interface UnderlagConfig {
  /** The seller's time zone (IANA). Default: Europe/Stockholm. */
  readonly timeZone?: string
  readonly keys?: { readonly file: string }
  /** Channels that a bulk registration may use beside `none` and `email`. */
  readonly bulkDeliveries?: ReadonlyArray<DeliveryChannel>
  readonly email?: EmailConfig
  readonly browser?: { readonly executablePath: string }
}

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('sv-SE', { timeZone: name })
    return true
  } catch {
    return false
  }
}

const notYet = new Refined('left out: this channel is not in this version', (_u): _u is unknown => false, true)

export const UnderlagConfig: t.Type<UnderlagConfig, unknown, unknown> = record(
  {},
  {
    timeZone: text('a time zone of the IANA database, such as Europe/Stockholm', /^[A-Za-z0-9_+/-]{1,64}$/, isTimeZone),
    keys: record({ file: text('the path of the key file', /^.+$/) }),
    bulkDeliveries: readonlyArray(DeliveryChannel),
    email: EmailConfig,
    letter: notYet,
    communication: notYet,
    eInvoice: notYet,
    browser: record({ executablePath: text('the path of a Chromium', /^.+$/) }),
  },
)

/** A configuration that cannot be used; each problem names its field and shows no secret. */
export interface UnusableConfig {
  readonly _tag: 'UnusableConfig'
  readonly problems: ReadonlyArray<string>
}

export const decodeConfig = (input: unknown): E.Either<UnusableConfig, UnderlagConfig> => {
  const decoded = UnderlagConfig.decode(input)
  return E.isLeft(decoded) ? E.left({ _tag: 'UnusableConfig', problems: problems(decoded.left) }) : decoded
}

/** The channels that a configuration sets up, their secrets looked up in `env`. */
export const channelsOf = (
  config: UnderlagConfig,
  env: Readonly<Record<string, string | undefined>>,
): E.Either<UnusableConfig, ReadonlyArray<Channel>> => {
  if (config.email === undefined) return E.right([])
  const settings = emailSettings(env)(config.email)
  if (E.isRight(settings)) return E.right([emailChannel(settings.right)])
  const { left } = settings
  const problem =
    left._tag === 'EmailSettingUnusable'
      ? `${left.field} ${left.detail}`
      : `${left.field} needs the environment variable ${left.variable}, which is not set`
  return E.left({ _tag: 'UnusableConfig', problems: [problem] })
}
