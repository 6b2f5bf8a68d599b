import type * as t from 'io-ts'
import { byProvider } from '../by-provider.js'
import { InExchangeConfig } from './inexchange/config.js'
import { Phase4Config } from './phase4/config.js'
import { PhossApConfig } from './phoss-ap/config.js'
import { QvaliaConfig } from './qvalia/config.js'
import { StorecoveConfig } from './storecove/config.js'

/** The section `eInvoice` of the configuration file: one access point, and what it needs. */
export type EInvoiceConfig = PhossApConfig | Phase4Config | StorecoveConfig | InExchangeConfig | QvaliaConfig

export const EInvoiceConfig: t.Type<EInvoiceConfig, unknown, unknown> = byProvider<EInvoiceConfig>({
  'phoss-ap': PhossApConfig,
  phase4: Phase4Config,
  storecove: StorecoveConfig,
  inexchange: InExchangeConfig,
  qvalia: QvaliaConfig,
})
