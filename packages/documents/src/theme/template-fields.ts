import Handlebars from 'handlebars'
import { type Shape, viewShape } from '../template/v1/view-shape.js'

/** What is wrong with a template, and on which of its lines. */
export interface TemplateProblem {
  readonly line: number
  readonly reason: string
}

/** A `{{field}}` of a template: where it stands, and what it will be. */
export interface Output {
  readonly line: number
  readonly column: number
  readonly kind: 'text' | 'image'
}

export interface Fields {
  readonly problems: ReadonlyArray<TemplateProblem>
  readonly outputs: ReadonlyArray<Output>
}

const BLOCKS = ['if', 'unless', 'each', 'with'] as const
const isBlock = (name: string): name is (typeof BLOCKS)[number] => (BLOCKS as ReadonlyArray<string>).includes(name)

/** Every name in a template held against the view model: what is unknown, unescaped or more than a name is a problem. */
export const templateFields = (source: string): Fields => {
  // What Handlebars takes literally could not be told from markup.
  const literal = /\\\{\{|\{\{\{\{/.exec(source)
  if (literal !== null) {
    const line = source.slice(0, literal.index).split('\n').length
    return {
      problems: [{ line, reason: `${literal[0]} is not used here: a document says {{field}} and plain text` }],
      outputs: [],
    }
  }
  let program: hbs.AST.Program
  try {
    program = Handlebars.parseWithoutProcessing(source)
  } catch (thrown) {
    return { problems: [syntaxProblem(thrown)], outputs: [] }
  }
  const problems: Array<TemplateProblem> = []
  const outputs: Array<Output> = []
  const wrong = (node: hbs.AST.Node, reason: string): undefined => {
    problems.push({ line: node.loc.start.line, reason })
  }

  /** What a path is, seen from the contexts around it (the innermost last); `undefined`: nothing, and that was told. */
  const resolve = (node: hbs.AST.Expression, contexts: ReadonlyArray<Shape>): Shape | undefined => {
    if (node.type !== 'PathExpression') return wrong(node, 'only the name of a field can stand here')
    const path = node as hbs.AST.PathExpression
    const parts = path.parts as ReadonlyArray<string>
    if (path.data) {
      const [first = '', ...rest] = parts
      if (first === 'root') return below(path, viewShape, rest)
      return rest.length === 0 && (first === 'index' || first === 'first' || first === 'last')
        ? { kind: first === 'index' ? 'text' : 'flag', about: 'of the list' }
        : wrong(path, `{{${path.original}}} is no field (known with @: @root, @index, @first, @last)`)
    }
    const from = contexts.at(-1 - path.depth)
    return from === undefined ? wrong(path, `{{${path.original}}} goes out of the document`) : below(path, from, parts)
  }

  const below = (path: hbs.AST.PathExpression, from: Shape, parts: ReadonlyArray<string>): Shape | undefined => {
    let shape: Shape = from
    for (const part of parts) {
      const fields: Readonly<Record<string, Shape>> = shape.kind === 'group' ? shape.fields : {}
      const next = Object.hasOwn(fields, part) ? fields[part] : undefined
      if (next === undefined)
        return wrong(
          path,
          shape.kind === 'group'
            ? `{{${path.original}}}: ${part} is no field here (known: ${Object.keys(fields).join(', ')})`
            : `{{${path.original}}}: a ${shape.kind} has no ${part}`,
        )
      shape = next
    }
    return shape
  }

  const statements = (nodes: ReadonlyArray<hbs.AST.Statement>, contexts: ReadonlyArray<Shape>): void => {
    for (const node of nodes) statement(node, contexts)
  }

  const statement = (node: hbs.AST.Statement, contexts: ReadonlyArray<Shape>): undefined => {
    switch (node.type) {
      case 'ContentStatement':
      case 'CommentStatement':
        return
      case 'MustacheStatement':
        return output(node as hbs.AST.MustacheStatement, contexts)
      case 'BlockStatement':
        return block(node as hbs.AST.BlockStatement, contexts)
      default:
        return wrong(node, 'partials and decorators are not used here: write the part itself')
    }
  }

  const output = (node: hbs.AST.MustacheStatement, contexts: ReadonlyArray<Shape>): undefined => {
    if (!node.escaped) return wrong(node, '{{{…}}} and {{&…}} set text unescaped: write {{…}}')
    if (node.params.length > 0 || (node.hash?.pairs.length ?? 0) > 0)
      return wrong(node, `there is no helper here: write one field, or {{#${BLOCKS.join('}}, {{#')}}}`)
    const shape = resolve(node.path as hbs.AST.Expression, contexts)
    if (shape === undefined) return
    if (shape.kind !== 'text' && shape.kind !== 'image')
      return wrong(node, `{{${nameOf(node.path)}}} is a ${shape.kind}: ${HOW[shape.kind]}`)
    outputs.push({ ...node.loc.start, kind: shape.kind })
  }

  const block = (node: hbs.AST.BlockStatement, contexts: ReadonlyArray<Shape>): undefined => {
    const name = nameOf(node.path)
    if (!isBlock(name)) return wrong(node, `{{#${name}}} is no block here (known: ${BLOCKS.join(', ')})`)
    const [subject, ...more] = node.params
    if (subject === undefined || more.length > 0 || (node.hash?.pairs.length ?? 0) > 0)
      return wrong(node, `{{#${name}}} takes the name of one field`)
    if ((node.program?.blockParams?.length ?? 0) > 0)
      return wrong(node, `{{#${name} … as |…|}} is not used here: write {{this}} or the field`)
    const shape = resolve(subject, contexts)
    if (shape === undefined) return
    const inside =
      name === 'each' ? (shape.kind === 'list' ? shape.of : undefined) : name === 'with' ? shape : contexts.at(-1)
    if (inside === undefined) return wrong(node, `{{#each ${nameOf(subject)}}}: it is a ${shape.kind}, and no list`)
    const changes = name === 'each' || name === 'with'
    if (node.program !== undefined) statements(node.program.body, changes ? [...contexts, inside] : contexts)
    if (node.inverse !== undefined) statements(node.inverse.body, contexts)
  }

  statements(program.body, [viewShape])
  return { problems, outputs }
}

const HOW = {
  flag: 'write {{#if …}}',
  list: 'write {{#each …}}',
  group: 'write one of its fields, or {{#with …}}',
} as const

const nameOf = (node: hbs.AST.Node): string =>
  'original' in node ? String((node as hbs.AST.PathExpression).original) : '…'

/** The parser's message without its picture of the place and its list of tokens. */
const syntaxProblem = (thrown: unknown): TemplateProblem => {
  const { message = '', lineNumber } = thrown as { readonly message?: string; readonly lineNumber?: number }
  const line = lineNumber ?? Number(/error on line (\d+)/.exec(message)?.[1] ?? 1)
  const got = /got '(\w+)'$/m.exec(message)?.[1]
  const what =
    got === 'EOF'
      ? 'it ends before what was begun is closed'
      : got === undefined
        ? (message.split('\n', 1)[0] ?? '').replace(/ - \d+:\d+$/, '')
        : `it cannot be read from here on: ${got === 'INVALID' ? 'a character' : got.toLowerCase().replaceAll('_', ' ')} is not expected`
  return { line, reason: `is no Handlebars: ${what}` }
}
