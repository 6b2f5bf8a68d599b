// Makes the generated parts of docs/reference anew from the built packages: npm run build, then node scripts/reference.mjs.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { pages } from './lib/docs-markdown.mjs'
import { generated } from './lib/docs-reference.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const reference = pages(root).filter(({ name }) => name.startsWith('docs/reference/'))
const commands = reference.find(({ name }) => name.endsWith('/commands.md'))
for (const { name, text } of await generated(reference, commands.text)) {
  if (text === reference.find((page) => page.name === name).text) continue
  fs.writeFileSync(path.join(root, name), text)
  console.log(`${name} made anew`)
}
