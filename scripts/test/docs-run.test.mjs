// What the documentation shows is what happens: its TypeScript compiles and runs, its calls of the command line print that.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from '@underlag/documents'
import { skipped, suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { pages } from '../lib/docs-markdown.mjs'
import { compile, layOut, runPage } from '../lib/docs-run.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const all = pages(root).filter(({ name }) => /^(README|docs\/)/.test(name))
const run = all.filter(({ name }) => /^README|^docs\/(tutorial|how-to|explanation|reference\/cli)/.test(name))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'underlag-docs-'))

const Run = suite('documentation that runs')

let problems
const results = new Map()
Run.before(async () => {
  if (process.platform === 'win32') skipped('the pages are written for a POSIX shell')
  layOut(all, folder)
  problems = compile(folder)
  const hasBrowser = findBrowser()._tag === 'Right'
  const queue = run.filter(({ text }) => hasBrowser || !text.includes('<!-- needs browser -->'))
  const worker = async () => {
    for (let page = queue.shift(); page !== undefined; page = queue.shift())
      results.set(page.name, await runPage(page, folder))
  }
  await Promise.all([worker(), worker()])
})
Run.after(() => fs.rmSync(folder, { recursive: true, force: true }))

Run('every block of TypeScript compiles, strictly', () => {
  assert.is(problems, '')
})

for (const { name } of run)
  Run(`${name} does what it shows`, () => {
    if (!results.has(name)) skipped('no browser to print with')
    assert.is(results.get(name).join('\n\n'), '')
  })
