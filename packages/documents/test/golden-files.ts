import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as assert from 'uvu/assert'

// Compiled, this file lies in dist/test; the golden files stay with the sources.
const folder = path.join(import.meta.dirname, '..', '..', 'test', 'golden')

/**
 * Compares with the file of that name under test/golden. When the difference is meant, write the files anew with
 * `UNDERLAG_UPDATE_GOLDEN=1 npm test -- documents`, look at `git diff`, and remember that template 1 is frozen once released.
 */
export const assertGolden = (name: string, actual: string): void => {
  const file = path.join(folder, name)
  if (process.env.UNDERLAG_UPDATE_GOLDEN === '1') {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, actual)
  }
  assert.fixture(actual, readFileSync(file, 'utf8'))
}
