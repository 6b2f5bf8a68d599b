// Runs what the documentation shows, as a reader would: a folder of one's own per page, a shell, and the library as a
// host has it in node_modules.
//
// ```console   `$ COMMAND` (and `> ` for its further lines), then what it prints, stdout and stderr. A line `…` stands for any
//              lines, `…` within a line for anything. A command that fails is followed by `$ echo $?`.
// ```ts        all of a page make one module, run where the last of them stands; what one prints follows it as
//              ```text after <!-- prints -->
// <!-- file: NAME --> before a block: its content is written to that file first. <!-- not run -->: shown only.
// docs/how-to/clinic.jsonl is there too. <!-- needs browser --> stands on a page that prints PDFs.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { blocksOf } from './docs-markdown.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const CLOCK = '2026-03-31T14:00:05Z'

const isShown = ({ words }) => words[0] === 'not'
const isCode = (block) => block.language === 'ts' && !isShown(block) && block.words[0] !== 'file:'

/** Puts every page's TypeScript into `folder`, as a project beside the packages it may import. */
export const layOut = (pages, folder) => {
  for (const name of ['underlag', 'kernel', 'invoicing', 'channels', 'documents', 'store-sqlite']) {
    const link = path.join(folder, 'node_modules', name === 'underlag' ? name : `@underlag/${name}`)
    fs.mkdirSync(path.dirname(link), { recursive: true })
    fs.symlinkSync(path.join(root, 'packages', name), link, 'junction')
  }
  fs.symlinkSync(path.join(root, 'node_modules', '@types'), path.join(folder, 'node_modules', '@types'), 'junction')
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}')
  const { compilerOptions } = JSON.parse(fs.readFileSync(path.join(root, 'tsconfig.base.json'), 'utf8'))
  const { composite, declaration, declarationMap, sourceMap, noUnusedLocals, ...strict } = compilerOptions
  fs.writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...strict, outDir: 'dist', rootDir: '.' }, include: ['pages'] }),
  )
  fs.mkdirSync(path.join(folder, 'pages'))
  for (const page of pages) {
    const blocks = blocksOf(page.text).filter(({ language }) => language === 'ts')
    for (const [i, { text, words }] of blocks.entries())
      if (words[0] === 'not')
        fs.writeFileSync(path.join(folder, 'pages', `${slug(page)}.${i}.ts`), `${text}\nexport {}\n`)
    const run = blocks.filter(isCode)
    if (run.length > 0) fs.writeFileSync(path.join(folder, 'pages', `${slug(page)}.ts`), moduleOf(run))
  }
}

const slug = ({ name }) => name.replaceAll(/[/.]/g, '-')
const mark = (line) => `@@ ${line}`
const moduleOf = (blocks) =>
  `${blocks.map(({ text, line }) => `console.log('${mark(line)}')\n${text}`).join('\n')}\nexport {}\n`

/** What the compiler says of all of it; empty when nothing is wrong. */
export const compile = (folder) => {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: folder,
  })
  return `${stdout}${stderr}`.trim()
}

const commandsOf = ({ text, line }) => {
  const commands = []
  for (const [i, row] of text.split('\n').entries()) {
    if (row.startsWith('$ ')) commands.push({ line: line + i, command: row.slice(2), expected: [] })
    else if (row.startsWith('> ') && commands.at(-1)?.expected.length === 0)
      commands.at(-1).command += `\n${row.slice(2)}`
    else commands.at(-1)?.expected.push(row)
  }
  return commands
}

const shell = (folder, script, env) =>
  new Promise((resolve) => {
    const child = spawn('bash', ['-c', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text
    })
    child.on('close', () => resolve({ out, err }))
  })

/** Runs one page in `folder`/run/PAGE. Answers what differs from what the page shows, a text per difference. */
export const runPage = async (page, folder) => {
  const place = path.join(folder, 'run', slug(page))
  fs.mkdirSync(place, { recursive: true })
  fs.copyFileSync(path.join(root, 'docs/how-to/clinic.jsonl'), path.join(place, 'clinic.jsonl'))

  const blocks = blocksOf(page.text).filter((block) => !isShown(block))
  const code = blocks.filter(isCode)
  const steps = []
  for (const block of blocks) {
    if (block.words[0] === 'file:') fs.writeFileSync(path.join(place, block.words[1]), `${block.text}\n`)
    if (block.language === 'console') steps.push(...commandsOf(block))
    if (block === code.at(-1))
      steps.push({
        line: block.line,
        command: `command node ${path.join(folder, 'dist', 'pages', `${slug(page)}.js`)}`,
      })
  }
  const clock = pathToFileURL(path.join(root, 'scripts', 'lib', 'docs-clock.mjs')).href
  const { out, err } = await shell(
    place,
    [
      // `node FILE.ts` of a page is its module, compiled here, for a Node that does not run TypeScript by itself.
      `node() { command node ${path.join(folder, 'dist', 'pages', `${slug(page)}.js`)} | grep -v '^@@ '; }`,
      `underlag() { command node ${path.join(root, 'packages/underlag/dist/src/cli/main.js')} "$@"; }`,
      ...steps.map(
        ({ command, line }) => `{ ${command}\n} 2>&1; __=$?; printf '\\n@@exit %s ${line}\\n' $__; (exit $__)`,
      ),
    ].join('\n'),
    {
      ...process.env,
      DOCS_CLOCK_SHIFT: String(Date.parse(CLOCK) - Date.now()),
      NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import ${clock}`,
      NODE_COMPILE_CACHE: path.join(folder, 'cache'),
      TZ: 'UTC',
    },
  )
  if (err !== '') return [`${page.name}: the shell said: ${err}`]

  const differences = []
  let rest = out
  for (const [i, { line, command, expected }] of steps.entries()) {
    const [whole, status] = new RegExp(`\n@@exit (\\d+) ${line}\n`).exec(rest) ?? []
    if (whole === undefined) return [...differences, `${page.name}:${line}: did not end: ${rest}`]
    const at = rest.indexOf(whole)
    const printed = rest.slice(0, at)
    rest = rest.slice(at + whole.length)
    if (status !== '0' && steps[i + 1]?.command !== 'echo $?')
      differences.push(`${page.name}:${line}: \`${command}\` ended with ${status}:\n${printed}`)
    if (expected !== undefined) compare(page, line, expected, printed, differences)
    else {
      const parts = new Map(printed.split(/^@@ /m).map((part) => [part.split('\n', 1)[0], part.replace(/^.*\n/, '')]))
      for (const block of code) {
        const shown = blocks[blocks.indexOf(block) + 1]
        if (shown?.words[0] === 'prints')
          compare(page, shown.line, shown.text.split('\n'), parts.get(String(block.line)) ?? '', differences)
      }
    }
  }
  return differences
}

const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Instants with milliseconds are those of the run itself. */
const settled = (text) => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '2026-03-31T14:00:00.000Z')

const compare = (page, line, expected, printed, differences) => {
  const pattern = settled(
    expected
      .map((row) => row.trimEnd())
      .join('\n')
      .trim(),
  )
    .split('\n')
    .map((row) => (row === '…' ? '(?:.*\n)*?.*' : row.split('…').map(escaped).join('.*')))
    .join('\n')
  const got = settled(printed)
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n')
    .trim()
  if (!new RegExp(`^${pattern}$`).test(got))
    differences.push(`${page.name}:${line}: shows\n${expected.join('\n').trim()}\n-- and it prints --\n${got}`)
}
