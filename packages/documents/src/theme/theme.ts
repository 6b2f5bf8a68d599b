import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { contrastOnDocument, darkEnough, LEAST_CONTRAST } from './contrast.js'
import type { Look, ThemeTexts } from './look.js'

/** How documents look, named by its content: an invoice carries the name, so that it is rendered that way whenever it is rendered. */
export interface Theme {
  /** SHA-256 of `bytes`, in hex. */
  readonly sha256: string
  /** As it is stored. */
  readonly bytes: Uint8Array
  readonly look: Look
}

/** What a theme is made of, as its files hold it. */
export interface ThemeParts {
  /** `#rrggbb`. */
  readonly colour?: string
  readonly logo?: Uint8Array
  readonly texts?: NonNullable<Look['texts']>
  /** Handlebars. */
  readonly template?: string
}

/** What is wrong with one part of a theme. */
export interface ThemeProblem {
  readonly part: 'colour' | 'logo' | 'texts' | 'template'
  /** Of a template. */
  readonly line?: number
  readonly reason: string
}

export const TEMPLATE_BYTES = 200_000

/**
 * The theme of these parts, or everything that is wrong with them. What is accepted renders: a template's every field is one of the
 * view model, nothing in it runs, is fetched or stands unescaped, and what the act asks for is on the document.
 */
export const makeTheme = async (parts: ThemeParts): Promise<E.Either<ReadonlyArray<ThemeProblem>, Theme>> => {
  const problems: Array<ThemeProblem> = []
  const { colour, texts } = parts
  if (colour !== undefined) problems.push(...colourProblems(colour))
  let logo: string | undefined
  if (parts.logo !== undefined) {
    const { logoImage } = await import('./logo.js')
    const image = await logoImage(parts.logo)
    if (E.isRight(image)) logo = image.right
    else problems.push({ part: 'logo', reason: image.left })
  }
  const template = parts.template?.replace(/^\uFEFF/, '')
  if (template !== undefined) problems.push(...(await templateProblems(template)))
  if (problems.length > 0) return E.left(problems)
  const look: Look = {
    ...(colour === undefined ? {} : { colour: colour.toLowerCase() }),
    ...(logo === undefined ? {} : { logo }),
    ...(texts === undefined ? {} : { texts: inOrder(texts) }),
    ...(template === undefined ? {} : { template }),
  }
  return E.right(themeOf(look))
}

const colourProblems = (colour: string): ReadonlyArray<ThemeProblem> => {
  const contrast = contrastOnDocument(colour)
  return contrast >= LEAST_CONTRAST
    ? []
    : [
        {
          part: 'colour',
          reason: `${colour} has a contrast of ${(Math.floor(contrast * 10) / 10).toFixed(1)}:1 to the paper, and text needs ${LEAST_CONTRAST}:1 (WCAG 2.2, 1.4.3 AA): take a darker one, such as ${darkEnough(colour)}`,
        },
      ]
}

/** Words for a template of too many bytes. */
export const templateTooLarge = (bytes: number): string | undefined =>
  bytes <= TEMPLATE_BYTES ? undefined : `is ${bytes} bytes; a template has at most ${TEMPLATE_BYTES}`

const templateProblems = async (template: string): Promise<ReadonlyArray<ThemeProblem>> => {
  const tooLarge = templateTooLarge(Buffer.byteLength(template))
  if (tooLarge !== undefined) return [{ part: 'template', reason: tooLarge }]
  // Parsers that only who has a template of their own waits for.
  const [{ templateFields }, { templateMarkup }] = await Promise.all([
    import('./template-fields.js'),
    import('./template-markup.js'),
  ])
  const fields = templateFields(template)
  const found = fields.problems.length > 0 ? fields.problems : templateMarkup(template, fields.outputs)
  if (found.length > 0)
    return [...found].sort((a, b) => a.line - b.line).map((problem): ThemeProblem => ({ part: 'template', ...problem }))
  const { leftOut } = await import('./trial.js')
  return leftOut({ template }).map((what) => ({
    part: 'template',
    reason: `does not say ${what}, which an invoice must (mervärdesskattelagen 2023:200, 17:22–24)`,
  }))
}

/** Languages and labels in one order, whatever order they were written in: the same theme has the same name. */
const inOrder = (texts: NonNullable<Look['texts']>): NonNullable<Look['texts']> =>
  sorted(Object.entries(texts).map(([language, own]) => [language, sorted(Object.entries(own ?? {})) as ThemeTexts]))

const sorted = <T>(entries: ReadonlyArray<readonly [string, T]>): Readonly<Record<string, T>> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))

// The stored form. What is once stored stays readable: a field is added here, never changed.
const FORMAT = 1

const themeOf = (look: Look): Theme => {
  const { colour, logo, texts, template } = look
  const bytes = Buffer.from(JSON.stringify({ underlagTheme: FORMAT, colour, logo, texts, template }))
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes, look }
}

/** The look of a stored theme; `undefined`: it is none, or one of a newer version. */
export const storedLook = (bytes: Uint8Array): Look | undefined => {
  try {
    const { underlagTheme, ...look } = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return underlagTheme === FORMAT ? (look as Look) : undefined
  } catch {
    return undefined
  }
}
