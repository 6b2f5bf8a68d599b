import type { RetryPolicy } from '@underlag/invoicing'
import type { CommunicationConfig } from './config.js'

/** What the channel runs on: every default filled in. Made by `communicationSettings`. */
export interface CommunicationSettings {
  readonly documentsUrl: string
  /** Path of the embedded inbox. */
  readonly inboxFile: string
  readonly retry: RetryPolicy
  readonly timeoutMs: number
}

/** An inbox is near: tried often at first, and given up within two days. */
const RETRY: RetryPolicy = { attempts: 12, firstDelayMs: 5_000, maxDelayMs: 6 * 60 * 60_000 }
const TIMEOUT_MS = 10_000

/** The settings of a decoded configuration; `besideStore` is the inbox' path where the configuration names none. */
export const communicationSettings = (config: CommunicationConfig, besideStore: string): CommunicationSettings => ({
  documentsUrl: config.documentsUrl,
  inboxFile: config.inbox?.file ?? besideStore,
  retry: { ...RETRY, ...config.retry },
  timeoutMs: config.timeoutMs ?? TIMEOUT_MS,
})
