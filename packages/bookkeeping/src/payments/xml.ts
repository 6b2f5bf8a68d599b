import { SaxesParser } from 'saxes'
import { trimmed, unusable } from './whole.js'

/** An element with its local name, namespace left out: versions of a message differ in it alone. */
export interface Element {
  readonly name: string
  readonly namespace: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Array<Element>
  /** Its own text, trimmed. */
  text: string
}

/** Deeper than any message of a bank: a file that goes on is made to hang whoever reads it. */
const DEEPEST = 100

/** The root of a well-formed document. Declarations of its own (DOCTYPE) are not taken: an entity could stand for anything. */
export const parsed = (content: Uint8Array): Element => {
  const parser = new SaxesParser({ xmlns: true })
  const open: Array<Element> = []
  let root: Element | undefined
  const fail = (what: string): never => unusable(`Line ${parser.line}, column ${parser.column}: ${what}`)
  parser.on('error', () => fail('the file is no well-formed XML.'))
  parser.on('doctype', () => fail('the file has a DOCTYPE, which no bank writes.'))
  parser.on('opentag', ({ local, uri, attributes }) => {
    const element: Element = {
      name: local,
      namespace: uri,
      attributes: new Map(Object.values(attributes).map((attribute) => [attribute.local, attribute.value])),
      children: [],
      text: '',
    }
    if (open.length === DEEPEST) fail('the elements stand deeper within one another than in any file of a bank.')
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const take = (text: string): void => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  }
  parser.on('text', take)
  parser.on('cdata', take)
  parser.on('closetag', () => {
    const element = open.pop()
    if (element !== undefined) element.text = element.text.trim()
  })
  parser.write(decoded(content)).close()
  return root ?? unusable('The file has no element.')
}

/** Text by its byte order mark, or else by its XML declaration; without what some systems put around a file. */
const decoded = (content: Uint8Array): string => {
  const beginning = new TextDecoder('latin1').decode(content.subarray(0, 200))
  const marked = [['\u00ff\u00fe', 'utf-16le'] as const, ['\u00fe\u00ff', 'utf-16be'] as const].find(([mark]) =>
    beginning.startsWith(mark),
  )
  const [, declared] = /^[^<]*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']/.exec(beginning) ?? []
  const encoding = marked?.[1] ?? declared ?? 'utf-8'
  try {
    return trimmed(new TextDecoder(encoding, { fatal: true }).decode(content))
  } catch {
    return unusable(`The file is no text in the encoding ${encoding}.`)
  }
}

/** The elements at a path of names, `A/B`. */
export const all = (element: Element, path: string): ReadonlyArray<Element> =>
  path
    .split('/')
    .reduce<ReadonlyArray<Element>>(
      (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
      [element],
    )

/** The first at one of the paths; the paths in order. */
export const first = (element: Element, ...paths: ReadonlyArray<string>): Element | undefined => {
  for (const path of paths) {
    const [found] = all(element, path)
    if (found !== undefined) return found
  }
  return undefined
}

/** Every element of a name, wherever it stands. */
export const everywhere = (element: Element, name: string): ReadonlyArray<Element> =>
  element.name === name ? [element] : element.children.flatMap((child) => everywhere(child, name))
