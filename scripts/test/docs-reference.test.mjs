// The reference is complete, and says what the code says.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { anchorsOf, blocksOf, pages } from '../lib/docs-markdown.mjs'
import { commandsIn, covered, generated } from '../lib/docs-reference.mjs'
import { refusals } from '../lib/docs-refusals.mjs'
import { load } from '../lib/docs-world.mjs'

const { decodeCommand } = await load('invoicing/dist/src/index.js')
const { decodeConfig } = await load('underlag/dist/src/index.js')
const { rows } = await load('underlag/dist/test/support/outcomes.js')

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const all = pages(root)
const page = (name) => all.find((one) => one.name === `docs/reference/${name}.md`).text

const Reference = suite('reference')

Reference('it is what the code says now', async () => {
  const committed = all.filter(({ name }) => name.startsWith('docs/reference/'))
  for (const { name, text } of await generated(committed, page('commands')))
    if (text !== committed.find((one) => one.name === name).text) {
      assert.snapshot(committed.find((one) => one.name === name).text, text, `${name}: run node scripts/reference.mjs`)
    }
})

for (const name of ['commands', 'events', 'cli'])
  Reference(`${name}.md has a heading for each`, () => {
    const anchors = new Set(anchorsOf(page(name)))
    assert.equal(
      covered[name].filter((one) => !anchors.has(one.toLowerCase())),
      [],
    )
  })

Reference('refusals.md names every refusal, warning and failure that the domain and the facade may tell', () => {
  // What one part of the library tells another, never a caller.
  const inside = [
    ...['Refused', 'NotNow', 'HeldByAnother', 'OutcomeUnknown'],
    ...['InboxUnavailable', 'UnknownLink', 'SecretMissing', 'EmailSettingUnusable'],
  ]
  const text = page('refusals')
  assert.equal(
    covered.refusals.filter((tag) => !inside.includes(tag) && !new RegExp(`(^### ${tag}$|\`${tag}\`)`, 'm').test(text)),
    [],
  )
})

Reference(
  'every refusal that a command has here is among the outcomes that are tested, and the other way round',
  () => {
    const told = new Set(refusals.map(({ type, tag }) => `${type} ${tag}`))
    const tested = new Set(
      Object.entries(rows).flatMap(([type, cases]) =>
        cases.flatMap(({ outcome: { _tag } }) =>
          _tag === undefined || _tag === 'MalformedCommand' ? [] : [`${type} ${_tag}`],
        ),
      ),
    )
    assert.equal([...tested].sort(), [...told].sort())
  },
)

Reference('facade.md names everything that a host can import', () => {
  const text = page('facade')
  assert.equal(
    covered.facade.filter((name) => !new RegExp(`\\b${name}\\b`).test(text)),
    [],
  )
})

Reference('every command shown anywhere decodes, every configuration too', () => {
  const wrong = []
  let commands = 0
  for (const { name, text } of all.filter(({ name: own }) => /^(README|docs\/)/.test(own))) {
    for (const command of commandsIn(text).flat()) {
      commands++
      const decoded = decodeCommand(command)
      if (decoded._tag === 'Left') wrong.push(`${name}: ${command.commandId}: ${decoded.left.problems.join('; ')}`)
    }
    for (const { words, text: config } of blocksOf(text).filter(({ words: own }) => own.includes('config'))) {
      const decoded = decodeConfig(JSON.parse(config))
      if (decoded._tag === 'Left') wrong.push(`${name}: ${words.join(' ')}: ${decoded.left.problems.join('; ')}`)
    }
  }
  assert.equal(wrong, [])
  assert.ok(commands > 40)
})
