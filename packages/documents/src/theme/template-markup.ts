import { parseFragment, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import { cssProblem } from './css-problem.js'
import type { Output, TemplateProblem } from './template-fields.js'

const ELEMENTS = new Set(
  `a abbr address article aside b blockquote br caption cite code col colgroup dd del dfn div dl dt em figcaption figure footer
   h1 h2 h3 h4 h5 h6 header hr i img ins li main mark ol p pre q s section small span strong style sub sup table tbody td
   tfoot th thead time tr u ul wbr`.split(/\s+/),
)
const ATTRIBUTES = new Set(
  'class id lang dir title role alt src width height colspan rowspan span scope headers style datetime'.split(' '),
)
const VOID = new Set(['br', 'col', 'hr', 'img', 'wbr'])
/** Where the document's own text would be read as something else than text. */
const NO_FIELDS = new Set(['src', 'style', 'id'])

// Stand in for {{field}}, and for the beginning, middle and end of a block, while the markup is read.
const FIELD = '\ue000'
const OPEN = '\ue001'
const ELSE = '\ue002'
const CLOSE = '\ue003'
const ANY = /[\ue000-\ue003]/
const BLOCK_SIGNS = /[\ue001-\ue003]/g

const MUSTACHE = /\{\{~?(!--[\s\S]*?--|[^}]*?)~?\}\}/g

const signOf = (inside: string): string =>
  inside.startsWith('!')
    ? ' '
    : inside.startsWith('#')
      ? OPEN
      : inside.startsWith('/')
        ? CLOSE
        : /^(?:\^|else\b)/.test(inside.trim())
          ? ELSE
          : FIELD

/** The template with a sign for each `{{…}}`, every character and line where it was. */
const masked = (source: string): string =>
  source.replace(MUSTACHE, (whole, inside: string) => whole.replace(/[^\n]/g, ' ').replace(/^ /, signOf(inside)))

/**
 * The markup around the fields: elements and attributes of a document that is read and not run, nothing fetched, and each field
 * where its escaped text stays text.
 *
 * Both branches of a block are read one after the other. That is enough: a block may only begin, change and end between tags or
 * within one quoted value, so whichever branches a document takes, each piece begins and ends where the reading says.
 */
export const templateMarkup = (source: string, outputs: ReadonlyArray<Output>): ReadonlyArray<TemplateProblem> => {
  const signs = ANY.exec(source)
  if (signs !== null) return [{ line: lineAt(source, signs.index), reason: 'a character of the private use area' }]
  const lineStarts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)]
  const kinds = new Map(outputs.map(({ line, column, kind }) => [(lineStarts[line - 1] ?? 0) + column, kind]))
  const problems: Array<TemplateProblem> = []
  const wrong = (line: number | undefined, reason: string): undefined => {
    problems.push({ line: line ?? 1, reason })
  }

  const text = masked(source)
  const tree = parseFragment(text, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine }) => {
      if (TAG_ERRORS.has(code)) wrong(startLine, `a tag cannot be read (${code}); a block cannot stand inside a tag`)
    },
  })
  const headings: Array<number> = []
  const element = (node: Tree.Element): undefined => {
    const at = node.sourceCodeLocation
    if (ANY.test(node.tagName)) return wrong(at?.startLine, 'no field and no block can be part of a tag’s name')
    if (!ELEMENTS.has(node.tagName))
      return wrong(at?.startLine, `<${node.tagName}> has no place in a document: it is read, and nothing in it runs`)
    if (at?.startTag !== undefined && at.endTag === undefined && !VOID.has(node.tagName))
      wrong(at.startLine, `<${node.tagName}> is not closed where it should be`)
    if (node.tagName === 'h1') headings.push(at?.startLine ?? 1)
    if (node.tagName === 'img' && !node.attrs.some(({ name }) => name === 'alt'))
      wrong(at?.startLine, '<img> needs an alt text, alt="" where it says nothing new')
    for (const { name, value } of node.attrs) {
      const place = at?.attrs?.[name]
      const line = place?.startLine ?? at?.startLine
      if (ANY.test(name))
        wrong(line, 'a block cannot stand inside a tag: put it between tags, or inside a quoted value')
      else if (!ATTRIBUTES.has(name) && !/^aria-[a-z]+$/.test(name))
        wrong(line, `${name}="…" has no place in a document`)
      else if (ANY.test(value)) {
        if (!/["']$/.test(text.slice(place?.startOffset, place?.endOffset)))
          wrong(line, `put the value of ${name} in quotes`)
        else if (!isBalanced(value))
          wrong(line, `a block begins in ${name}="…" and ends elsewhere, or the other way round`)
        else if (name === 'src') {
          const from = (place?.startOffset ?? 0) + text.slice(place?.startOffset, place?.endOffset).indexOf(FIELD)
          if (value.trim() !== FIELD || kinds.get(from) !== 'image')
            wrong(line, 'src must be one picture of the document alone, such as {{logo}} or {{payment.code.image}}')
        } else if (NO_FIELDS.has(name)) wrong(line, `no field can stand in ${name}="…"`)
      } else if (name === 'src' && !/^data:image\/(?:png|jpeg|svg\+xml)[;,]/.test(value.trim()))
        wrong(line, 'src names an address: nothing is fetched. Write {{logo}}, {{payment.code.image}} or data:image/…')
      else if (name === 'style') css(value, line ?? 1)
      for (const at of fieldsIn(text, place)) if (name !== 'src' && kinds.get(at) === 'image') wrong(line, PICTURE)
    }
    if (node.tagName !== 'style') {
      children(node)
      return
    }
    const sheet = node.childNodes.map((child) => ('value' in child ? child.value : '')).join('')
    if (ANY.test(sheet)) return wrong(at?.startLine, 'no field and no block can stand in a style sheet')
    css(sheet, node.childNodes[0]?.sourceCodeLocation?.startLine ?? 1)
  }
  const css = (sheet: string, from: number): void => {
    const problem = cssProblem(sheet)
    if (problem !== undefined) wrong(from + problem.line - 1, problem.reason)
  }
  const children = (parent: Tree.ParentNode): void => {
    for (const node of parent.childNodes) {
      if (node.nodeName === '#comment' && ANY.test((node as Tree.CommentNode).data))
        wrong(node.sourceCodeLocation?.startLine, 'no field and no block can stand in <!-- -->: write {{! … }}')
      if ('tagName' in node) element(node)
      else
        for (const at of fieldsIn(text, node.sourceCodeLocation))
          if (kinds.get(at) === 'image') wrong(lineAt(source, at), PICTURE)
    }
  }
  children(tree)
  if (headings.length !== 1)
    wrong(
      headings[1] ?? 1,
      `a document has one <h1>, its heading (there ${headings.length === 0 ? 'is none' : `are ${headings.length}`})`,
    )
  return problems
}

const PICTURE = 'a picture stands in the src of an <img> alone'

/** Where in a stretch of the template fields stand. */
const fieldsIn = (
  text: string,
  place: { readonly startOffset: number; readonly endOffset: number } | null | undefined,
): ReadonlyArray<number> =>
  place === null || place === undefined
    ? []
    : [...text.slice(place.startOffset, place.endOffset).matchAll(new RegExp(FIELD, 'g'))].map(
        ({ index }) => place.startOffset + index,
      )

/** Whether every block that begins in the value ends in it. */
const isBalanced = (value: string): boolean => {
  let depth = 0
  for (const [sign] of value.matchAll(BLOCK_SIGNS)) {
    depth += sign === OPEN ? 1 : sign === CLOSE ? -1 : 0
    if (depth < 0 || (sign === ELSE && depth === 0)) return false
  }
  return depth === 0
}

const lineAt = (source: string, index: number): number => source.slice(0, index).split('\n').length

/** What the tokenizer says of a tag that is not one as it stands. */
const TAG_ERRORS = new Set([
  'abrupt-closing-of-empty-comment',
  'cdata-in-html-content',
  'duplicate-attribute',
  'end-tag-with-attributes',
  'end-tag-with-trailing-solidus',
  'eof-before-tag-name',
  'eof-in-comment',
  'eof-in-tag',
  'incorrectly-closed-comment',
  'incorrectly-opened-comment',
  'invalid-first-character-of-tag-name',
  'missing-attribute-value',
  'missing-end-tag-name',
  'missing-whitespace-between-attributes',
  'nested-comment',
  'unexpected-character-in-attribute-name',
  'unexpected-character-in-unquoted-attribute-value',
  'unexpected-equals-sign-before-attribute-name',
  'unexpected-null-character',
  'unexpected-question-mark-instead-of-tag-name',
  'unexpected-solidus-in-tag',
])
