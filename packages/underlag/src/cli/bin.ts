#!/usr/bin/env node
import { mkdirSync, statSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The user's own, for what another put there would be run. Throws where there is none, or it cannot be made. */
const cacheFolder = (): string => {
  const named = process.env.XDG_CACHE_HOME ?? ''
  const cache = isAbsolute(named) ? named : join(homedir(), '.cache')
  if (!isAbsolute(cache)) throw new Error('there is no home')
  // One by one: Node's own way of making both never ends on some file systems, and makes a home where there shall be none.
  for (const folder of [cache, join(cache, 'underlag')])
    try {
      mkdirSync(folder, { mode: 0o700 })
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'EEXIST') throw error
    }
  const own = join(cache, 'underlag')
  // `sudo` keeps the home of whoever called it.
  if (process.getuid !== undefined && statSync(own).uid !== process.getuid()) throw new Error('it is another’s')
  return own
}

// Nothing else is imported before it is known that it can be: an older Node knows no node:sqlite.
if (module.isBuiltin?.('node:sqlite') === true) {
  try {
    // Some 400 modules are compiled once, and not at each call.
    module.enableCompileCache(cacheFolder())
  } catch {
    // Then at each call.
  }
  await import('./main.js')
} else {
  process.stderr.write(
    `underlag needs Node 22.13, 23.4 or later, and this is ${process.version}: install such a one.\n`,
  )
  process.exitCode = 2
}
