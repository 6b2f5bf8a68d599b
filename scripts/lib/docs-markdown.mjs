// What the tests and generators of the documentation read out of Markdown: links, headings, code blocks.
import fs from 'node:fs'
import path from 'node:path'

const FENCE = /^( *)(`{3,})(\S*) *(.*)$/

/**
 * A code block with what says how it is meant: the comment `<!-- WORDS -->` on the line before it, if there is one.
 * `line` is where its content begins.
 */
export const blocksOf = (markdown) => {
  const lines = markdown.split('\n')
  const blocks = []
  for (let i = 0; i < lines.length; i++) {
    const [, indent, fence, language] = FENCE.exec(lines[i]) ?? []
    if (fence === undefined) continue
    const end = lines.findIndex((text, at) => at > i && text.trim() === fence)
    if (end < 0) throw new Error(`line ${i + 1}: the code block is not closed`)
    const [, words = ''] = /^\s*<!-- (.*) -->$/.exec(lines[i - 1] ?? '') ?? []
    blocks.push({
      language,
      words: words.split(' ').filter(Boolean),
      line: i + 2,
      text: lines
        .slice(i + 1, end)
        .map((text) => (text.startsWith(indent) ? text.slice(indent.length) : text))
        .join('\n'),
    })
    i = end
  }
  return blocks
}

/** The text without its code blocks: what is in them is neither link nor heading. Lines keep their numbers. */
const withoutBlocks = (markdown) => {
  let fence
  return markdown
    .split('\n')
    .map((line) => {
      const [, , opened] = FENCE.exec(line) ?? []
      if (fence === undefined && opened === undefined) return line
      if (fence === undefined) fence = opened
      else if (line.trim() === fence) fence = undefined
      return ''
    })
    .join('\n')
}

/** Every link and picture, `[text](target)`, with its line. */
export const linksOf = (markdown) =>
  withoutBlocks(markdown)
    .split('\n')
    .flatMap((text, at) =>
      [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({ target, line: at + 1 })),
    )

/** The anchors that a page's headings have where it is shown (as GitHub makes them). */
export const anchorsOf = (markdown) => {
  const seen = new Map()
  return withoutBlocks(markdown)
    .split('\n')
    .flatMap((line) => {
      const [, heading] = /^#{1,6} +(.*?) *#*$/.exec(line) ?? []
      if (heading === undefined) return []
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
      const anchor = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-')
      const count = seen.get(anchor) ?? 0
      seen.set(anchor, count + 1)
      return [count === 0 ? anchor : `${anchor}-${count}`]
    })
}

/** The Markdown files of the repository that people read: the root's and all of docs/. */
export const pages = (root) => {
  const walk = (folder) =>
    fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return folder === '' && entry.name !== 'docs' ? [] : walk(name)
      return entry.name.endsWith('.md') ? [name] : []
    })
  return walk('').map((name) => ({ name, text: fs.readFileSync(path.join(root, name), 'utf8') }))
}
