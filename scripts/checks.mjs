// Lint, format and the directions of imports. `checks` is run first by the test runner; by itself this file is
// `npm run lint`, and with --write `npm run format`.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const home = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
// Another root only for the checks' own tests.
const root = process.env.UNDERLAG_CHECKS_ROOT ?? home

const output = (script, args) =>
  new Promise((resolve) => {
    let text = ''
    const proc = spawn(process.execPath, [path.join(home, 'node_modules', script), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
    })
    proc.stdout.on('data', (chunk) => {
      text += chunk
    })
    proc.stderr.on('data', (chunk) => {
      text += chunk
    })
    proc.on('error', (error) => resolve({ code: 1, text: String(error) }))
    proc.on('close', (code) => resolve({ code, text }))
  })

const biome = async (...args) => {
  const { code, text } = await output('@biomejs/biome/bin/biome', [...args, '--max-diagnostics=50'])
  return code === 0 ? undefined : text
}

// dependency-cruiser sees every import and export, also of types, but not import('…') inside a type.
const mayImport = {
  kernel: [],
  invoicing: ['kernel'],
  documents: ['kernel', 'invoicing'],
  channels: ['kernel', 'invoicing'],
}
const inlineImports = () => {
  const found = []
  for (const pkg of fs.readdirSync(path.join(root, 'packages'), { withFileTypes: true })) {
    const allowed = pkg.name.startsWith('store-') ? ['kernel'] : mayImport[pkg.name]
    if (!pkg.isDirectory() || allowed === undefined) continue
    for (const part of ['src', 'test']) {
      const dir = path.join(root, 'packages', pkg.name, part)
      if (!fs.existsSync(dir)) continue
      for (const name of fs.readdirSync(dir, { recursive: true })) {
        if (!name.endsWith('.ts')) continue
        const file = path.join(dir, name)
        for (const [, target] of fs.readFileSync(file, 'utf8').matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
          const other = /^(?:@underlag\/([^/]+)|(underlag)(?:\/|$))/.exec(target)
          const to = other?.[1] ?? other?.[2]
          const outside =
            target.startsWith('.') &&
            path
              .relative(path.join(root, 'packages', pkg.name), path.resolve(path.dirname(file), target))
              .startsWith('..')
          const impure =
            pkg.name === 'invoicing' &&
            part === 'src' &&
            !target.startsWith('.') &&
            to === undefined &&
            !/^(fp-ts|io-ts)(\/|$)/.test(target)
          if (outside || impure || (to !== undefined && to !== pkg.name && !allowed.includes(to))) {
            found.push(`  error ${path.relative(root, file)}: import('${target}') is not allowed there`)
          }
        }
      }
    }
  }
  return found
}

const directions = async () => {
  const folders = ['packages', 'examples']
    .flatMap((group) => {
      const dir = path.join(root, group)
      return fs.existsSync(dir)
        ? fs.readdirSync(dir).flatMap((name) => [`${group}/${name}/src`, `${group}/${name}/test`])
        : []
    })
    .filter((dir) => fs.existsSync(path.join(root, dir)))
  const { code, text } = await output('dependency-cruiser/bin/dependency-cruiser.mjs', [
    '--config',
    path.join(home, 'scripts', 'dependency-cruiser.cjs'),
    '--output-type',
    'err-long',
    ...folders,
  ])
  const inline = inlineImports()
  return code === 0 && inline.length === 0 ? undefined : [...(code === 0 ? [] : [text]), ...inline].join('\n')
}

const documented = () => {
  const page = path.join(root, 'docs', 'dependencies.md')
  const rows = fs.existsSync(page) ? fs.readFileSync(page, 'utf8') : ''
  const missing = new Set()
  for (const group of ['.', 'packages', 'examples']) {
    const dir = path.join(root, group)
    const names = group === '.' ? ['.'] : fs.existsSync(dir) ? fs.readdirSync(dir) : []
    for (const name of names) {
      const file = path.join(dir, name, 'package.json')
      if (!fs.existsSync(file)) continue
      const pkg = JSON.parse(fs.readFileSync(file, 'utf8'))
      for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']) {
        for (const [dependency, version] of Object.entries(pkg[kind] ?? {})) {
          if (!version.startsWith('workspace:') && !rows.includes(`| \`${dependency}\` |`)) {
            missing.add(`  ${path.relative(root, file)}: ${dependency} has no row in docs/dependencies.md`)
          }
        }
      }
    }
  }
  return missing.size === 0 ? undefined : [...missing].join('\n')
}

/** Each answers nothing when all is well, and otherwise what to show. */
export const checks = [
  { name: 'check: lint', run: () => biome('lint') },
  { name: 'check: format', run: () => biome('check', '--linter-enabled=false') },
  { name: 'check: directions', run: directions },
  { name: 'check: dependencies', run: async () => documented() },
]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--write')) {
    const text = await biome('check', '--write')
    if (text !== undefined) process.stdout.write(text)
    process.exitCode = text === undefined ? 0 : 1
  } else {
    for (const { name, run } of checks) {
      const text = await run()
      console.log(text === undefined ? `ok   ${name}` : `FAIL ${name}\n${text}`)
      if (text !== undefined) process.exitCode = 1
    }
  }
}
