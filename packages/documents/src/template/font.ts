import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Source Sans 3 (SIL Open Font License), from the package @fontsource/source-sans-3: calm, narrow enough for tables,
 * with tabular figures. It travels inside each document as data, so that a print needs no network and looks the same
 * on every machine; only the glyphs used end up in the PDF.
 */
export const FONT_FAMILY = 'Source Sans 3'

const weights = [400, 600] as const

// What Google Fonts and fontsource call `latin`; all else that the font has is in `latin-ext`.
const LATIN =
  'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD'
const LATIN_EXT =
  'U+0100-0130,U+0132-0151,U+0154-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF'

/** One font file and what it is for. */
export interface FontFace {
  readonly weight: number
  /** CSS `unicode-range`: the characters it is used for. */
  readonly range: string
  /** The file as a data: URI. */
  readonly source: string
}

const faces = (subset: 'latin' | 'latin-ext', range: string): ReadonlyArray<FontFace> =>
  weights.map((weight) => {
    const file = fileURLToPath(
      import.meta.resolve(`@fontsource/source-sans-3/files/source-sans-3-${subset}-${weight}-normal.woff2`),
    )
    return { weight, range, source: `data:font/woff2;base64,${readFileSync(file).toString('base64')}` }
  })

const rule = (face: FontFace): string =>
  `@font-face{font-family:"${FONT_FAMILY}";font-style:normal;font-weight:${face.weight};src:url(${face.source}) format("woff2");unicode-range:${face.range}}\n`

const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
const latin = once(() => faces('latin', LATIN))
const latinExt = once(() => faces('latin-ext', LATIN_EXT))
const latinRules = once(() => latin().map(rule).join(''))
const latinExtRules = once(() => latinExt().map(rule).join(''))

const NEEDS_EXT = /[\u0100-\u0130\u0132-\u0151\u0154-\u02ba\u02bd-\u02ff\u1d00-\u1eff\u20a0-\u20ab\u20ad-\u20c0\u2113]/

/** The `@font-face` rules that `text` needs: the wider alphabet weighs 90 kB and few names ask for it. */
export const fontFaces = (text: string): string =>
  NEEDS_EXT.test(text) ? `${latinRules()}${latinExtRules()}` : latinRules()

/** All font files, for a page that is to have them before any document comes. */
export const allFonts = (): ReadonlyArray<FontFace> => [...latin(), ...latinExt()]
