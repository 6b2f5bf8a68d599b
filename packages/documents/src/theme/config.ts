import { readOrdinaryFile, record, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { THEME_LABELS } from '../template/v1/text-labels.js'
import { logoTooLarge } from './logo.js'
import type { Look, ThemeTexts } from './look.js'
import { makeTheme, type Theme, type ThemeParts, templateTooLarge } from './theme.js'

/** A theme as the configuration names it; files are paths from where the process runs. */
export interface ThemeConfig {
  readonly colour?: string
  readonly logo?: { readonly file: string }
  readonly texts?: NonNullable<Look['texts']>
  readonly template?: { readonly file: string }
}

const noControls = (value: string): boolean =>
  value.trim() !== '' && !/[\p{Cc}\p{Cs}]/u.test(value.replaceAll('\n', ''))

const Label = text('a text of 1 to 40 characters on one line', /^[^\n]{1,40}$/, noControls)
const Note = text('a text of 1 to 1 000 characters', /^[\s\S]{1,1000}$/, noControls)
const Texts = record({}, { note: Note, ...Object.fromEntries(THEME_LABELS.map((label) => [label, Label])) }) as t.Type<
  ThemeTexts,
  unknown,
  unknown
>

const Languages: t.Type<NonNullable<Look['texts']>, unknown, unknown> = record({}, { sv: Texts, en: Texts })

export const ThemeConfig: t.Type<ThemeConfig, unknown, unknown> = record(
  {},
  {
    colour: text('a colour as #rrggbb', /^#[0-9a-fA-F]{6}$/),
    logo: record({ file: text('the path of a PNG, JPEG or SVG file', /^.+$/) }),
    texts: Languages,
    template: record({ file: text('the path of a Handlebars file', /^.+$/) }),
  },
)

/** The theme that a configuration names, its files read and checked; or, a sentence each, why documents could not look like that. */
export const readTheme = async (config: ThemeConfig): Promise<E.Either<ReadonlyArray<string>, Theme>> => {
  const problems: Array<string> = []
  const read = (part: 'logo' | 'template', tooLarge: (bytes: number) => string | undefined): Buffer | undefined => {
    const file = config[part]?.file
    if (file === undefined) return undefined
    const found = readOrdinaryFile(file, tooLarge)
    if (E.isRight(found)) return found.right
    problems.push(`${part}.file ${file} ${found.left}`)
    return undefined
  }
  const [logo, template] = [read('logo', logoTooLarge), read('template', templateTooLarge)]
  const { colour, texts } = config
  const parts: ThemeParts = {
    ...(colour === undefined ? {} : { colour }),
    ...(texts === undefined ? {} : { texts }),
    ...(logo === undefined ? {} : { logo }),
    ...(template === undefined ? {} : { template: template.toString('utf8') }),
  }
  const made = await makeTheme(parts)
  if (E.isLeft(made))
    problems.push(
      ...made.left.map(({ part, line, reason }) => {
        const file = part === 'logo' || part === 'template' ? `.file ${config[part]?.file}` : ''
        return `${part}${file}${line === undefined ? '' : ` line ${line}`}: ${reason}`
      }),
    )
  return problems.length > 0 || E.isLeft(made) ? E.left(problems) : made
}
