/** A process to be killed: `node overflow-writer.js CONNECTION TENANT` appends what is too large for one append, again and again. */
import { writeSync } from 'node:fs'
import { NO_STREAM } from '@underlag/kernel'
import { answered, event, opened } from './world.js'

const [connection = '', tenant = ''] = process.argv.slice(2)
const log = (await opened(connection)).eventStore(tenant)
let revision = answered(await log.read('ledger/1', NO_STREAM)()).at(-1)?.revision ?? NO_STREAM
writeSync(1, 'begun\n')
for (;;) {
  const events = Array.from({ length: 800 }, (_, i) => event({ i, text: 'x'.repeat(2_000) }))
  revision = answered(await log.append('ledger/1', revision, events)()).revision
  writeSync(1, `stored ${revision}\n`)
}
