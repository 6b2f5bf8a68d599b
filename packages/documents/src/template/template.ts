import type { Invoice } from '@underlag/invoicing'
import type { AddressPosition } from './layout.js'
import { render as render1 } from './v1/template.js'

/** What may be chosen about a document's looks. */
export interface TemplateOptions {
  /** Where the window of the envelope is. */
  readonly addressPosition: AddressPosition
}

/** `embedded`: the document carries its fonts. `installed`: whoever sets it has them already (the renderer's warm pages). */
export type Fonts = 'embedded' | 'installed'

export type Template = (invoice: Invoice, options: TemplateOptions, fonts: Fonts) => string

/** The template that new invoices are issued with; each invoice carries the version that was in force (`templateVersion`). */
export const TEMPLATE_VERSION = 1

const templates: ReadonlyMap<number, Template> = new Map([[1, render1]])

/** The template of that version. A version from the future (a newer library wrote it) gets the newest known here. */
export const templateOf = (version: number): Template => templates.get(version) ?? render1
