import { SaxesParser } from 'saxes'
import { cssProblem } from './css-problem.js'

const NAMESPACE = 'http://www.w3.org/2000/svg'
const ACTIVE = new Set(['script', 'foreignObject', 'iframe', 'object', 'embed', 'audio', 'video', 'a', 'handler'])

/** Why an SVG cannot be a logo, with its line; `undefined`: it can. Well-formed XML, no script, nothing fetched, no entities. */
export const svgProblem = (svg: string): string | undefined => {
  const parser = new SaxesParser({ xmlns: true })
  let problem: string | undefined
  let inStyle = 0
  let isRoot = true
  const found = (reason: string): void => {
    problem ??= `line ${parser.line}: ${reason}`
  }
  parser.on('error', ({ message }) => found(`is no well-formed XML (${message.replace(/^\d+:\d+:\s*/, '')})`))
  parser.on('doctype', (doctype) => {
    if (doctype.includes('[')) found('has declarations of its own (DOCTYPE): save it without')
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    if (isRoot && (local !== 'svg' || uri !== NAMESPACE)) found(`must be <svg xmlns="${NAMESPACE}">`)
    if (
      isRoot &&
      attributes.viewBox === undefined &&
      (attributes.width === undefined || attributes.height === undefined)
    )
      found('<svg> needs a viewBox, or a width and a height')
    isRoot = false
    if (ACTIVE.has(local)) found(`<${local}> has no place in a logo: it is a picture, nothing in it runs`)
    if (local === 'style') inStyle += 1
    for (const attribute of Object.values(attributes)) {
      const { local: name, value } = attribute
      if (/^on/i.test(name)) found(`${name} has no place in a logo: nothing in it runs`)
      else if (name === 'href' || name === 'src') {
        if (!/^(?:#|data:image\/)/.test(value.trim()))
          found(`${name} names an address: nothing is fetched, the picture must be whole in its file`)
      } else if (attribute.uri === '' || attribute.uri === NAMESPACE) {
        const css = cssProblem(value)
        if (css !== undefined) found(css.reason)
      }
    }
  })
  parser.on('closetag', ({ local }) => {
    if (local === 'style') inStyle -= 1
  })
  const style = (text: string): void => {
    const css = inStyle > 0 ? cssProblem(text) : undefined
    if (css !== undefined) found(css.reason)
  }
  parser.on('text', style)
  parser.on('cdata', style)
  parser.write(svg).close()
  return problem
}
