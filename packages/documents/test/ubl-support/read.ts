import { create } from 'xmlbuilder2'

/** An element as it stands in the document. */
export interface Read {
  /** With its prefix. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: ReadonlyArray<Read>
}

interface DomNode {
  readonly nodeType: number
  readonly nodeName: string
  readonly textContent: string | null
  readonly childNodes: Iterable<DomNode>
  readonly attributes?: Iterable<{ readonly name: string; readonly value: string }>
}

/** The document read back. */
export const read = (xml: string): Read => readNode(create(xml).root().node as unknown as DomNode)

const readNode = (node: DomNode): Read => ({
  name: node.nodeName,
  attributes: Object.fromEntries([...(node.attributes ?? [])].map(({ name, value }) => [name, value])),
  text: node.textContent ?? '',
  children: [...node.childNodes].filter(({ nodeType }) => nodeType === 1).map(readNode),
})

/** All elements at a path below, names without prefix: `all(root, 'LegalMonetaryTotal/PayableAmount')`. */
export const all = (from: Read, path: string): ReadonlyArray<Read> =>
  path
    .split('/')
    .reduce<ReadonlyArray<Read>>(
      (found, step) => found.flatMap(({ children }) => children.filter(({ name }) => name.split(':').at(-1) === step)),
      [from],
    )

/** The text of the one element at a path; `undefined` where there is none. */
export const one = (from: Read, path: string): string | undefined => {
  const found = all(from, path)
  if (found.length > 1) throw new Error(`${path} is there ${found.length} times`)
  return found[0]?.text
}

/** Kronor as exact öre, or other decimals as units of 10^-`decimals`. */
export const units = (text: string | undefined, decimals = 2): bigint => {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text ?? '')
  const [, minus, whole = '', fraction = ''] = parts ?? []
  if (parts === null || fraction.length > decimals) throw new Error(`${text} is no number of ${decimals} decimals`)
  const size = BigInt(whole + fraction.padEnd(decimals, '0'))
  return minus === '-' ? -size : size
}
