import type { Invoice } from '@underlag/invoicing'
import Handlebars from 'handlebars'
import { fontFaces } from '../font.js'
import type { Fonts, TemplateOptions } from '../options.js'
import { markup } from './markup.js'
import { style } from './style.js'
import { invoiceView, type View } from './view.js'

// Strict: a name that is misspelt in the markup is an error in the first test, not a hole in a document.
const place = Handlebars.create().compile<View & { readonly style: string }>(markup, {
  strict: true,
  knownHelpersOnly: true,
  preventIndent: true,
})

/** Template 1. Frozen once released: a change of wording or looks that should not reach old invoices is template 2. */
export const render = (invoice: Invoice, options: TemplateOptions, fonts: Fonts): string => {
  const view = invoiceView(invoice, options.addressPosition)
  const faces = fonts === 'embedded' ? fontFaces(JSON.stringify(view)) : ''
  return place({ ...view, style: `${faces}${style(view)}` })
}
