import * as E from 'fp-ts/lib/Either.js'
import {
  type AccessPoint,
  accessPointOf,
  EInvoiceConfig,
  type EInvoiceSettings,
  eInvoiceSettings,
} from '../e-invoice/index.js'
import type { Environment } from '../secret.js'
import type { ApiServer } from './api-server.js'

/** What a server has taken, as it goes out to the network: once per entry. */
export interface Taken {
  readonly key: string
  readonly ubl: string
  readonly receiver: string
}

/** An access point on loopback, by its documented contract. */
export interface Provider {
  readonly server: ApiServer
  readonly taken: ReadonlyArray<Taken>
  /** Contract breaches found in requests: a missing header, a wrong field. Empty in every test. */
  readonly breaches: ReadonlyArray<string>
  /** Who is registered in the network. */
  readonly registered: Set<string>
  /** Documents that the provider refuses for what is in them, by their number. */
  readonly invalid: Set<string>
  readonly config: Readonly<Record<string, unknown>>
}

export const ENV: Environment = { E_INVOICE_KEY: 'k3y-hemlig', E_INVOICE_HOOK: 'h00k-hemlig' }

/** Settings as the configuration gives them; quick, for tests. */
export const settingsOf = (config: unknown, changes: Partial<EInvoiceSettings> = {}): EInvoiceSettings => {
  const decoded = EInvoiceConfig.decode(config)
  if (E.isLeft(decoded)) throw new Error('the sample configuration does not decode')
  const settings = eInvoiceSettings(ENV)(decoded.right)
  if (E.isLeft(settings)) throw new Error(settings.left.detail)
  return { ...settings.right, timeoutMs: 3_000, askAgainAfterMs: [5, 10], ...changes } as EInvoiceSettings
}

export const accessPointTo = ({ config }: Provider, changes: Partial<EInvoiceSettings> = {}): AccessPoint =>
  accessPointOf(settingsOf(config, changes))

/** How a document stands; throws of an access point that keeps none. */
export const statusBy = (accessPoint: AccessPoint): NonNullable<AccessPoint['status']> => {
  if (accessPoint.status === undefined) throw new Error(`${accessPoint.name} keeps none`)
  return accessPoint.status
}

/** Collects what does not fit the contract. */
export const contract = (): {
  readonly breaches: Array<string>
  readonly expect: (fits: boolean, what: string) => void
} => {
  const breaches: Array<string> = []
  return {
    breaches,
    expect: (fits, what) => {
      if (!fits) breaches.push(what)
    },
  }
}
