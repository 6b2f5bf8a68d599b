import { oneOf, record } from '@underlag/kernel'
import type * as t from 'io-ts'
import { Secret } from '../../secret.js'
import { commonFields, type EInvoiceCommonConfig } from '../config-parts.js'
import { ApiUrl } from '../http/api-url.js'

/** phase4-peppol-standalone, an open source sender that one runs oneself. It keeps nothing of what it sent. */
export interface Phase4Config extends EInvoiceCommonConfig {
  readonly provider: 'phase4'
  /** Where it runs. */
  readonly url: string
  /** Its `phase4.api.requiredtoken`. */
  readonly token: Secret
}

export const Phase4Config: t.Type<Phase4Config, unknown, unknown> = record(
  { provider: oneOf('phase4'), url: ApiUrl, token: Secret },
  commonFields,
)
