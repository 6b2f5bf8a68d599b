import type { Invoice } from '@underlag/invoicing'
import Handlebars from 'handlebars'
import type { Look } from '../../theme/look.js'
import { fontFaces } from '../font.js'
import type { Fonts, TemplateOptions } from '../options.js'
import { body, framed } from './markup.js'
import { style } from './style.js'
import { invoiceView, type View } from './view.js'

type Place = (context: View & { readonly style: string }) => string

const compiled = (markup: string, strict: boolean): Place => {
  const place = Handlebars.create().compile(framed(markup), { strict, knownHelpersOnly: true, preventIndent: true })
  return (context) => place(context)
}

// Strict: a name that is misspelt in the markup is an error in the first test, not a hole in a document.
const builtIn = compiled(body, true)
/** A clinic's own template was held against the view model when it was set up; it is compiled once while its theme is in use. */
const own = new WeakMap<Look, Place>()

const placeOf = (look: Look): Place => {
  if (look.template === undefined) return builtIn
  const known = own.get(look) ?? compiled(look.template, false)
  own.set(look, known)
  return known
}

/** What only goes on paper need not be laid out for a screen first: that is a quarter of a print's time. */
const PRINT_ONLY = '@media screen { html { display: none; } }\n'

/** Template 1. Frozen once released: a change of wording or looks that should not reach old invoices is template 2. */
export const render = (invoice: Invoice, { addressPosition, theme }: TemplateOptions, fonts: Fonts): string => {
  const view = invoiceView(invoice, addressPosition, theme)
  const first = fonts === 'embedded' ? fontFaces(JSON.stringify(view)) : PRINT_ONLY
  return placeOf(theme)({ ...view, style: `${first}${style(view, theme)}` })
}
