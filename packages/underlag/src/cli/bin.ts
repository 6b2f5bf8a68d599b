#!/usr/bin/env node
import module from 'node:module'

// Nothing else is imported before it is known that it can be: an older Node knows no node:sqlite.
if (module.isBuiltin?.('node:sqlite') === true) await import('./main.js')
else {
  process.stderr.write(
    `underlag needs Node 22.13, 23.4 or later, and this is ${process.version}: install such a one.\n`,
  )
  process.exitCode = 2
}
