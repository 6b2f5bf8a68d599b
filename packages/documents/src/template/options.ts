import type { Invoice } from '@underlag/invoicing'
import type { Look } from '../theme/look.js'
import type { AddressPosition } from './layout.js'

/** What may be chosen about a document's looks. */
export interface TemplateOptions {
  /** Where the window of the envelope is. Default: as the invoice was registered. */
  readonly addressPosition: AddressPosition
  /** The theme that was in force when the invoice was issued. */
  readonly theme: Look
}

/** `embedded`: the document carries its fonts. `installed`: whoever sets it has them already and only prints it (the renderer's warm pages). */
export type Fonts = 'embedded' | 'installed'

export type Template = (invoice: Invoice, options: TemplateOptions, fonts: Fonts) => string
