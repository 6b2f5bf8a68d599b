import type { Language } from '@underlag/invoicing'
import type { TextLabel } from '../template/v1/text-labels.js'

/** Words of a theme in one language. */
export type ThemeTexts = { readonly [K in TextLabel]?: string } & {
  /** Stands below the totals of every document; line breaks make paragraphs. */
  readonly note?: string
}

/** What a theme changes of the built-in documents. Every part was checked before it came here. */
export interface Look {
  /** `#rrggbb`. */
  readonly colour?: string
  /** A data: URI. */
  readonly logo?: string
  readonly texts?: { readonly [L in Language]?: ThemeTexts }
  /** Handlebars; stands in place of the built-in body. */
  readonly template?: string
}
