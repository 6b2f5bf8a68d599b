import { oneOf } from '@underlag/kernel'
import * as t from 'io-ts'
import { InExchangeConfig } from './inexchange/config.js'
import { Phase4Config } from './phase4/config.js'
import { PhossApConfig } from './phoss-ap/config.js'
import { QvaliaConfig } from './qvalia/config.js'
import { StorecoveConfig } from './storecove/config.js'

/** The section `eInvoice` of the configuration file: one access point, and what it needs. */
export type EInvoiceConfig = PhossApConfig | Phase4Config | StorecoveConfig | InExchangeConfig | QvaliaConfig

const PROVIDERS: Readonly<Record<EInvoiceConfig['provider'], t.Type<EInvoiceConfig, unknown, unknown>>> = {
  'phoss-ap': PhossApConfig as t.Type<EInvoiceConfig, unknown, unknown>,
  phase4: Phase4Config as t.Type<EInvoiceConfig, unknown, unknown>,
  inexchange: InExchangeConfig as t.Type<EInvoiceConfig, unknown, unknown>,
  storecove: StorecoveConfig as t.Type<EInvoiceConfig, unknown, unknown>,
  qvalia: QvaliaConfig as t.Type<EInvoiceConfig, unknown, unknown>,
}
const Provider = oneOf('phoss-ap', 'phase4', 'storecove', 'inexchange', 'qvalia')

const codecOf = (u: unknown): t.Type<EInvoiceConfig, unknown, unknown> | undefined =>
  typeof u === 'object' && u !== null && 'provider' in u && Provider.is(u.provider) ? PROVIDERS[u.provider] : undefined

/** Strict, and read by the access point it names: a problem speaks of that one's fields, and shows no secret. */
export const EInvoiceConfig: t.Type<EInvoiceConfig, unknown, unknown> = new t.Type(
  'an object',
  (u): u is EInvoiceConfig => codecOf(u)?.is(u) ?? false,
  (u, context) => {
    const codec = codecOf(u)
    if (codec !== undefined) return codec.validate(u, context)
    if (typeof u !== 'object' || u === null || Array.isArray(u)) return t.failure(u, context)
    const provider = 'provider' in u ? u.provider : undefined
    return t.failure(provider, t.appendContext(context, 'provider', Provider))
  },
  t.identity,
)
