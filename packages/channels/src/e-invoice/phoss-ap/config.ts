import { oneOf, record } from '@underlag/kernel'
import type * as t from 'io-ts'
import { Secret } from '../../secret.js'
import { commonFields, type EInvoiceCommonConfig } from '../config-parts.js'
import { ApiUrl } from '../http/api-url.js'

/** phoss-ap, an open source access point that one runs oneself. */
export interface PhossApConfig extends EInvoiceCommonConfig {
  readonly provider: 'phoss-ap'
  /** Where it runs, without `/api`. */
  readonly url: string
  /** Its `phase4.api.requiredtoken`. */
  readonly token: Secret
}

export const PhossApConfig: t.Type<PhossApConfig, unknown, unknown> = record(
  { provider: oneOf('phoss-ap'), url: ApiUrl, token: Secret },
  commonFields,
)
