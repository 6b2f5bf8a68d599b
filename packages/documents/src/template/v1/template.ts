import type { Invoice } from '@underlag/invoicing'
import Handlebars from 'handlebars'
import type { TemplateOptions } from '../template.js'
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
export const render = (invoice: Invoice, options: TemplateOptions): string => {
  const view = invoiceView(invoice, options.addressPosition)
  return place({ ...view, style: style(view, JSON.stringify(view)) })
}
