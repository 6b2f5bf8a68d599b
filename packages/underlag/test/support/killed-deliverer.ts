/**
 * A process that delivers, to be killed: `node killed-deliverer.js PATH CONFIG`, with the configuration as JSON. Prints a line a step,
 * by a write that is done when the call returns.
 */
import { writeSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { openUnderlag } from '../../src/index.js'
import { quickRenderer, right } from './clinic.js'
import { LEASE_TTL_MS } from './killed-commands.js'

const [path = '', config = '{}'] = process.argv.slice(2)

const opened = await openUnderlag({ store: `sqlite:${path}`, config: JSON.parse(config), renderer: quickRenderer })()
if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))

await right(
  opened.right.deliver({
    watch: true,
    leaseTtlMs: LEASE_TTL_MS,
    onStep: ({ delivery, outcome }) => writeSync(1, `${delivery} ${outcome}\n`),
  }),
)
