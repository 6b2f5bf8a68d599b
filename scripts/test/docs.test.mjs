// The documentation tells the truth: its links lead somewhere, its commands decode.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { anchorsOf, blocksOf, linksOf, pages } from '../lib/docs-markdown.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const all = pages(root)

const Docs = suite('documentation')

Docs('every link leads to a file, and to a heading where it names one', () => {
  const dead = all.flatMap(({ name, text }) =>
    linksOf(text)
      .filter(({ target }) => !/^[a-z]+:/.test(target))
      .filter(({ target }) => {
        const [file, anchor] = target.split('#')
        const full = file === '' ? path.join(root, name) : path.join(root, path.dirname(name), file)
        if (!fs.existsSync(full)) return true
        return anchor !== undefined && !anchorsOf(fs.readFileSync(full, 'utf8')).includes(anchor)
      })
      .map(({ target, line }) => `${name}:${line}: ${target}`),
  )
  assert.equal(dead, [])
})

Docs('the index of docs/ leads to every page there, to the decisions by their folder', () => {
  const index = all.find(({ name }) => name === 'docs/README.md')
  const linked = linksOf(index.text).map(({ target }) => path.posix.join('docs', target.split('#')[0]))
  const missing = all
    .map(({ name }) => name)
    .filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')
    .filter((name) => !linked.some((target) => name === target || name.startsWith(`${target}/`)))
  assert.equal(missing, [])
})

Docs('every code block says what it is', () => {
  const unnamed = all.flatMap(({ name, text }) =>
    blocksOf(text)
      .filter(({ language }) => language === '')
      .map(({ line }) => `${name}:${line}`),
  )
  assert.equal(unnamed, [])
})
