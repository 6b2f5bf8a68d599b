import {
  communicationChannel,
  communicationSettings,
  type EmbeddedInbox,
  embeddedInbox,
  type Inbox,
} from '@underlag/channels/communication'
import { accessPointOf, eInvoiceChannel, eInvoiceSettings, type MakeUbl } from '@underlag/channels/e-invoice'
import { type EmailSettingUnusable, emailChannel, emailSettings } from '@underlag/channels/email'
import {
  type LetterSettingUnusable,
  letterChannel,
  letterSettings,
  letterZones,
  type SecretMissing,
} from '@underlag/channels/letter'
import { addressRows } from '@underlag/documents'
import type { AddressPosition, Channel } from '@underlag/invoicing'
import type { Clock } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { UnderlagConfig, UnusableConfig } from './config.js'

/** What the channels of a configuration need from around them. */
export interface Surroundings {
  readonly tenant: string
  readonly clock: Clock
  /** Where `{ "env": "NAME" }` is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The embedded inbox' file where the configuration names none; `undefined`: then it has to. */
  readonly inboxFile: string | undefined
  /** The host's chat, in place of the embedded inbox. */
  readonly inbox: Inbox | undefined
  readonly makeUbl: MakeUbl
  /** The host's own channels. */
  readonly channels: ReadonlyArray<Channel>
}

/** The ways out of the house that a configuration sets up, and what follows from them. */
export interface WaysOut {
  readonly channels: ReadonlyArray<Channel>
  /** Where the letters' printer wants the address; `undefined`: nobody prints letters. */
  readonly addressPosition: AddressPosition | undefined
  /** The links of `communication`, and the clients' messages where the host has no chat of its own. */
  readonly inbox: EmbeddedInbox | undefined
  readonly close: () => Promise<void>
}

/** Opens nothing and connects to nobody; a channel that lacks something is a problem that names its field. */
export const waysOut = (config: UnderlagConfig, around: Surroundings): E.Either<UnusableConfig, WaysOut> => {
  const { env } = around
  const unusable: Array<string> = []
  const usable = <A>(settings: E.Either<SettingProblem, A>): ReadonlyArray<A> => {
    if (E.isRight(settings)) return [settings.right]
    unusable.push(sentence(settings.left))
    return []
  }
  const email = config.email === undefined ? [] : usable(emailSettings(env)(config.email))
  const letter = config.letter === undefined ? [] : usable(letterSettings(env)(config.letter))
  const eInvoice = config.eInvoice === undefined ? [] : usable(eInvoiceSettings(env)(config.eInvoice))
  const { communication } = config
  const file = communication?.inbox?.file ?? around.inboxFile
  if (communication !== undefined && file === undefined)
    unusable.push('communication.inbox.file needs the path of a file: this store has none beside which it could be')
  if (unusable.length > 0) return E.left({ _tag: 'UnusableConfig', problems: unusable })

  const inbox =
    communication === undefined || file === undefined
      ? undefined
      : embeddedInbox({ file, tenant: around.tenant, clock: around.clock })
  const channels: ReadonlyArray<Channel> = [
    ...email.map((settings) => emailChannel(settings, around.makeUbl)),
    ...letter.map((settings) => letterChannel(settings, addressRows)),
    ...(communication === undefined || inbox === undefined || file === undefined
      ? []
      : [communicationChannel(around.inbox ?? inbox, inbox, communicationSettings(communication, file))]),
    ...eInvoice.map((settings) => eInvoiceChannel(accessPointOf(settings), around.makeUbl, settings)),
    ...around.channels,
  ]
  const [zones] = letter.map(letterZones)
  return E.right({
    channels,
    addressPosition: zones?.addressPosition,
    inbox,
    close: async () => {
      await Promise.all(channels.map((channel) => channel.close()))
      inbox?.close()
    },
  })
}

type SettingProblem = SecretMissing | EmailSettingUnusable | LetterSettingUnusable

const sentence = (problem: SettingProblem): string =>
  problem._tag === 'SecretMissing'
    ? `${problem.field} needs the environment variable ${problem.variable}, which is not set`
    : problem.detail
