import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Other libraries, installed in a place of their own in `folder`, or in one line why they are not there: they are no dependencies of the workspace. */
export const peersIn = (folder, versions) => {
  const place = mkdtempSync(join(folder, 'peers-'))
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, dependencies: versions }))
  try {
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: place, stdio: 'pipe' })
  } catch {
    return 'npm could not install the peers'
  }
  const importer = join(place, 'import.mjs')
  writeFileSync(importer, 'export const imported = (name) => import(name)\n')
  return {
    load: createRequire(importer),
    imported: async (name) => (await import(pathToFileURL(importer))).imported(name),
  }
}
