import type { Invoice } from '@underlag/invoicing'
import type { Fonts, TemplateOptions } from './template/options.js'
import { templateOf } from './template/template.js'

/**
 * The invoice or credit note as one self-contained HTML page: style, fonts and QR code are inside, nothing is fetched and nothing runs
 * (its own Content-Security-Policy says so). Pure: the same invoice gives the same text, set by the template version that it carries,
 * in its own language.
 *
 * It says what mervärdesskattelagen (2023:200) 17:24 asks of a full invoice and 17:22–23 of a credit note. What the host and the
 * user gave is escaped. What became of the invoice later (`paid`, `credited`, `status`) is not on it.
 */
export const invoiceHtml = (invoice: Invoice, options: Partial<TemplateOptions> = {}): string =>
  documentHtml(invoice, options, 'embedded')

/** The same, for a page that may have the fonts already. */
export const documentHtml = (invoice: Invoice, options: Partial<TemplateOptions>, fonts: Fonts): string =>
  templateOf(invoice.templateVersion)(
    invoice,
    { addressPosition: invoice.addressPosition ?? 'right', theme: {}, ...options },
    fonts,
  )
