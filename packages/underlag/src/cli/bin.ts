#!/usr/bin/env node
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Nothing else is imported before it is known that it can be: an older Node knows no node:sqlite.
if (module.isBuiltin?.('node:sqlite') === true) {
  // Some 500 modules are compiled once, and not at each call. In the user's own folder: what lies in a common one may be another's.
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'underlag'))
  await import('./main.js')
} else {
  process.stderr.write(
    `underlag needs Node 22.13, 23.4 or later, and this is ${process.version}: install such a one.\n`,
  )
  process.exitCode = 2
}
