/** WCAG 2.2, 1.4.3 (AA): the least contrast of text to what is behind it. */
export const LEAST_CONTRAST = 4.5

export const WHITE = '#ffffff'

type Rgb = readonly [number, number, number]

const parts = (colour: string): Rgb => {
  const value = Number.parseInt(colour.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

const hex = (rgb: Rgb): string => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`

/** `share` (0 to 1) of one colour in another, both as `#rrggbb`. */
export const mixed = (colour: string, other: string, share: number): string => {
  const [r, g, b] = parts(other)
  const [red, green, blue] = parts(colour)
  return hex([r + (red - r) * share, g + (green - g) * share, b + (blue - b) * share])
}

/** Relative luminance by WCAG 2.2. */
const luminance = (colour: string): number => {
  const [r, g, b] = parts(colour).map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** How much one colour stands out from another, 1 to 21 (WCAG 2.2, contrast ratio); `#rrggbb` each. */
export const contrast = (a: string, b: string): number => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other)
  return (light + 0.05) / (dark + 0.05)
}

/** The panel behind the amount to pay, of the document's colour. */
export const tintOf = (colour: string): string => mixed(colour, WHITE, 0.06)

/** The least contrast that text of this colour has on the document: on paper and on its own tint. */
export const contrastOnDocument = (colour: string): number =>
  Math.min(contrast(colour, WHITE), contrast(colour, tintOf(colour)))

/** The same hue, only as much darker as text needs. */
export const darkEnough = (colour: string): string => {
  for (let share = 0; share < 1; share += 0.02) {
    const darker = mixed('#000000', colour, share)
    if (contrastOnDocument(darker) >= LEAST_CONTRAST) return darker
  }
  return '#000000'
}
