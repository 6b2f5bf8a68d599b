import type { AccessPoint } from './access-point.js'
import { inExchange } from './inexchange/access-point.js'
import { phase4 } from './phase4/access-point.js'
import { phossAp } from './phoss-ap/access-point.js'
import { qvalia } from './qvalia/access-point.js'
import type { EInvoiceSettings } from './settings.js'
import { storecove } from './storecove/access-point.js'

/** The access point that the settings name. */
export const accessPointOf = (settings: EInvoiceSettings): AccessPoint => {
  switch (settings.provider) {
    case 'phoss-ap':
      return phossAp(settings)
    case 'phase4':
      return phase4(settings)
    case 'inexchange':
      return inExchange(settings)
    case 'storecove':
      return storecove(settings)
    case 'qvalia':
      return qvalia(settings)
  }
}
