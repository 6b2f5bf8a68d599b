import { create } from 'xmlbuilder2'
import { tidy } from './xml-text.js'

/** One element: text, or children in the order in which the schema wants them. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly content: string | ReadonlyArray<Element>
}

/** An element that is there only if it says something: Peppol forbids empty ones (PEPPOL-EN16931-R008). */
export type Maybe = Element | null

/** A basic component: text. Absent where there is nothing to say. */
export const cbc = (
  name: string,
  text: string | undefined,
  attributes: Readonly<Record<string, string>> = {},
): Maybe => {
  const said = tidy(text)
  return said === '' ? null : { name: `cbc:${name}`, attributes, content: said }
}

/** An aggregate component: children. Absent where none of them is there. */
export const cac = (name: string, ...children: ReadonlyArray<Maybe | ReadonlyArray<Maybe>>): Maybe => {
  const present = children.flat().filter((child) => child !== null)
  return present.length === 0 ? null : { name: `cac:${name}`, attributes: {}, content: present }
}

/** The document as text, UTF-8 by its declaration. */
export const render = (root: 'Invoice' | 'CreditNote', children: ReadonlyArray<Maybe>): string => {
  const document = create({ version: '1.0', encoding: 'UTF-8' })
  const top = document.ele(`urn:oasis:names:specification:ubl:schema:xsd:${root}-2`, root)
  top.att(XMLNS, 'xmlns:cac', NAMESPACES.cac).att(XMLNS, 'xmlns:cbc', NAMESPACES.cbc)
  append(
    top,
    children.filter((child) => child !== null),
  )
  return document.end({ prettyPrint: true })
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'
const NAMESPACES = {
  cac: 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2',
  cbc: 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2',
}

const append = (parent: ReturnType<typeof create>, children: ReadonlyArray<Element>): void => {
  for (const { name, attributes, content } of children) {
    const element = parent.ele(name.startsWith('cac:') ? NAMESPACES.cac : NAMESPACES.cbc, name, attributes)
    if (typeof content === 'string') element.txt(literal(content))
    else append(element, content)
  }
}

/** The writer takes an `&amp;` in a text for one that is escaped already, and leaves it: so that `&amp;` reads as `&amp;`. */
const literal = (text: string): string => text.replaceAll('&', '&amp;')
