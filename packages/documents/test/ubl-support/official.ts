import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What the official rules find: OASIS XSD, CEN EN 16931, Peppol with the Swedish rules. */
export interface Finding {
  readonly layer: string
  readonly rule: string
  readonly flag: string
  readonly location: string
  readonly text: string
}
export type Validate = (xml: string) => ReadonlyArray<Finding>

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..', '..')

/**
 * The official validator, or in one line why it cannot be used here. It stays outside the repository: `UNDERLAG_PEPPOL` names its
 * folder, else `../shared/peppol` beside the checkout. It is copied to a temporary folder once and set up there.
 */
export const official = async (): Promise<Validate | string> => {
  const source = process.env.UNDERLAG_PEPPOL ?? path.join(root, '..', 'shared', 'peppol')
  if (!fs.existsSync(path.join(source, 'validator', 'lib.mjs')))
    return `no official Peppol validator in ${source} (UNDERLAG_PEPPOL names another folder): the project’s own checks alone`
  try {
    const { validateXml } = (await import(pathToFileURL(path.join(setUp(source), 'validator', 'lib.mjs')).href)) as {
      readonly validateXml: (xml: string) => { readonly findings: ReadonlyArray<Finding> }
    }
    return (xml) => validateXml(xml).findings
  } catch (error) {
    return `the official Peppol validator cannot be set up (${String(error).split('\n')[0]}): the project’s own checks alone`
  }
}

/** A copy with its packages installed; several processes may do it at once, the first one done stays. */
const setUp = (source: string): string => {
  const key = createHash('sha256')
    .update(source)
    .update(fs.readFileSync(path.join(source, 'validator', 'package-lock.json')))
    .update(fs.readFileSync(path.join(source, 'validator', 'lib.mjs')))
    .update(fs.readdirSync(path.join(source, 'rules')).join())
    .digest('hex')
    .slice(0, 12)
  const done = path.join(os.tmpdir(), `underlag-peppol-${os.userInfo().uid}-${key}`)
  if (fs.existsSync(done)) return done
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'underlag-peppol-'))
  try {
    for (const folder of ['validator', 'rules', 'xsd'])
      fs.cpSync(path.join(source, folder), path.join(own, folder), { recursive: true })
    execFileSync('chmod', ['-R', 'u+w', own])
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: path.join(own, 'validator'),
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 120_000,
    })
    fs.renameSync(own, done)
  } catch (error) {
    fs.rmSync(own, { recursive: true, force: true })
    if (!fs.existsSync(done)) throw error
  }
  return done
}
