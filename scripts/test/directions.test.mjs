// Every forbidden import is found, every allowed one passes: over a small workspace of sources written here.
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'

const checks = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'checks.mjs')
const ours = ['kernel', 'invoicing', 'store-sqlite', 'documents', 'channels', 'bookkeeping', 'underlag']

const write = (file, text) => {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}

/** What the directions check says of a workspace with one more file. */
const check = async (file, text) => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'underlag-directions-'))
  try {
    for (const name of ours) {
      const id = name === 'underlag' ? name : `@underlag/${name}`
      const exported = {
        '.': './dist/src/index.js',
        ...(name === 'kernel' ? { './testing': './dist/src/testing/index.js' } : {}),
      }
      write(
        path.join(root, 'packages', name, 'package.json'),
        JSON.stringify({ name: id, type: 'module', exports: exported }),
      )
      write(path.join(root, 'packages', name, 'src', 'index.ts'), 'export const a = 1\n')
      write(path.join(root, 'packages', name, 'dist', 'src', 'index.js'), 'export const a = 1\n')
      const link = path.join(root, 'node_modules', id)
      fs.mkdirSync(path.dirname(link), { recursive: true })
      fs.symlinkSync(path.join(root, 'packages', name), link, 'junction')
    }
    write(path.join(root, 'packages/kernel/dist/src/testing/index.js'), 'export const suite = 1\n')
    for (const name of ['fp-ts', 'io-ts', 'uuid']) {
      write(path.join(root, 'node_modules', name, 'package.json'), JSON.stringify({ name, main: 'index.js' }))
      write(path.join(root, 'node_modules', name, 'index.js'), '')
    }
    write(path.join(root, 'node_modules/fp-ts/lib/Either.js'), '')
    write(path.join(root, 'packages', file), text)
    const script = `import { checks } from ${JSON.stringify(`file://${checks}`)}
      const text = await checks.find((c) => c.name === 'check: directions').run()
      process.stdout.write(text ?? 'fine')`
    return await new Promise((resolve, reject) =>
      execFile(
        process.execPath,
        ['--input-type=module', '-e', script],
        { cwd: root, env: { ...process.env, UNDERLAG_CHECKS_ROOT: root } },
        (error, stdout) => (error ? reject(error) : resolve(stdout)),
      ),
    )
  } finally {
    fs.rmSync(root, { recursive: true, force: true })
  }
}

const Directions = suite('directions of imports')

const allowed = [
  [
    'invoicing/src/b.ts',
    "import { a } from '@underlag/kernel'\nimport { left } from 'fp-ts/lib/Either.js'\nexport const c = [a, left]\n",
  ],
  [
    'documents/src/b.ts',
    "import { a } from '@underlag/invoicing'\nimport fs from 'node:fs'\nexport const c = [a, fs]\n",
  ],
  [
    'store-sqlite/src/b.ts',
    "import { a } from '@underlag/kernel'\nimport { v5 } from 'uuid'\nexport const c = [a, v5]\n",
  ],
  ['underlag/src/b.ts', "export { a } from '@underlag/channels'\nexport { a as b } from '@underlag/store-sqlite'\n"],
  ['invoicing/test/b.test.ts', "import { suite } from '@underlag/kernel/testing'\nexport const s = suite\n"],
  ['store-sqlite/src/testing/b.ts', "import { suite } from '@underlag/kernel/testing'\nexport const s = suite\n"],
]
for (const [file, text] of allowed) {
  Directions(`allowed: ${file}`, async () => {
    assert.is(await check(file, text), 'fine')
  })
}

const forbidden = [
  ['kernel-alone', 'kernel/src/b.ts', "import { a } from '@underlag/invoicing'\nexport const c = a\n"],
  ['kernel-alone', 'kernel/src/b.ts', "import type { a } from 'underlag'\nexport type C = typeof a\n"],
  ['invoicing-on-kernel', 'invoicing/src/b.ts', "export type { a } from '@underlag/documents'\n"],
  ['invoicing-on-kernel', 'invoicing/src/b.ts', "export const c = () => import('@underlag/store-sqlite')\n"],
  ['not allowed there', 'invoicing/src/b.ts', "export type C = typeof import('@underlag/store-sqlite')\n"],
  ['invoicing-pure', 'invoicing/src/b.ts', "import fs from 'node:fs'\nexport const c = fs\n"],
  ['invoicing-pure', 'invoicing/src/b.ts', "import { v4 } from 'uuid'\nexport const c = v4\n"],
  ['stores-on-kernel', 'store-sqlite/src/b.ts', "import { a } from '@underlag/invoicing'\nexport const c = a\n"],
  ['documents-on-invoicing', 'documents/src/b.ts', "import { a } from '@underlag/channels'\nexport const c = a\n"],
  ['documents-on-invoicing', 'channels/src/b.ts', "import { a } from '@underlag/store-sqlite'\nexport const c = a\n"],
  ['documents-on-invoicing', 'bookkeeping/src/b.ts', "import { a } from '@underlag/documents'\nexport const c = a\n"],
  ['documents-on-invoicing', 'channels/src/b.ts', "import { a } from 'underlag'\nexport const c = a\n"],
  [
    'testing-only-in-tests',
    'underlag/src/b.ts',
    "import { suite } from '@underlag/kernel/testing'\nexport const c = suite\n",
  ],
  ['by-name', 'documents/src/b.ts', "import type { a } from '../../kernel/src/index.js'\nexport type C = typeof a\n"],
  ['resolvable', 'underlag/src/b.ts', "import { a } from '@underlag/nowhere'\nexport const c = a\n"],
  ['no-cycles', 'kernel/src/b.ts', "export * from './b.js'\n"],
]
for (const [rule, file, text] of forbidden) {
  Directions(`${rule}: ${text.split('\n')[0]}`, async () => {
    assert.match(await check(file, text), rule)
  })
}
