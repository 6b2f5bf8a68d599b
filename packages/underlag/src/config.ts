import { AccountsConfig } from '@underlag/bookkeeping'
import { CommunicationConfig } from '@underlag/channels/communication'
import { EInvoiceConfig } from '@underlag/channels/e-invoice'
import { EmailConfig } from '@underlag/channels/email'
import { LetterConfig } from '@underlag/channels/letter'
import { ThemeConfig } from '@underlag/documents'
import { DeliveryChannel } from '@underlag/invoicing'
import { listOf, problems, record, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { EventStoreDBConfig } from './event-store-db-config.js'

/** What a host sets up beside the store: the configuration file, as JSON. Secrets are `{ "env": "NAME" }`. */
export interface UnderlagConfig {
  /** The seller's time zone (IANA). Default: Europe/Stockholm. */
  readonly timeZone?: string
  readonly keys?: { readonly file: string }
  /** For a store on EventStoreDB: who logs in, and where this machine's own files are. */
  readonly eventStoreDB?: EventStoreDBConfig
  /** Channels that a bulk registration may use beside `none` and `email`. */
  readonly bulkDeliveries?: ReadonlyArray<DeliveryChannel>
  readonly email?: EmailConfig
  readonly letter?: LetterConfig
  readonly communication?: CommunicationConfig
  readonly eInvoice?: EInvoiceConfig
  readonly browser?: { readonly executablePath: string }
  /** How invoices look that are registered from now on. */
  readonly documents?: ThemeConfig
  /** Accounts of the clinic's own, where they are others than those of BAS. */
  readonly bookkeeping?: { readonly accounts?: AccountsConfig }
}

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('sv-SE', { timeZone: name })
    return true
  } catch {
    return false
  }
}

export const UnderlagConfig: t.Type<UnderlagConfig, unknown, unknown> = record(
  {},
  {
    timeZone: text('a time zone of the IANA database, such as Europe/Stockholm', /^[A-Za-z0-9_+/-]{1,64}$/, isTimeZone),
    keys: record({ file: text('the path of the key file', /^.+$/) }),
    eventStoreDB: EventStoreDBConfig,
    bulkDeliveries: listOf(DeliveryChannel),
    email: EmailConfig,
    letter: LetterConfig,
    communication: CommunicationConfig,
    eInvoice: EInvoiceConfig,
    browser: record({ executablePath: text('the path of a Chromium', /^.+$/) }),
    documents: ThemeConfig,
    bookkeeping: record({}, { accounts: AccountsConfig }),
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
