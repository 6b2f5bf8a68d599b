import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dayOf } from './calendar.js'
import { CouldNot } from './host.js'
import { monthEnd } from './month-end.js'
import { clear, onCluster, placesIn } from './places.js'
import { story } from './story.js'

const HELP = `npm run demo -- [--fresh] [--dir FOLDER] [--store esdb://HOST:PORT [--tenant ID]]
  --fresh        starts over: removes the store, the invoices and the mails of earlier runs
  --dir FOLDER   where they lie (default: demo, beside README.md)
  --store …      the log on EventStoreDB instead of a file
  --tenant ID    under which name there (default: demo)`

const isCluster = (store: string): store is `esdb://${string}` => store.startsWith('esdb://')

/** One line on a terminal that is written over; nothing elsewhere. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

try {
  const { values } = parseArgs({
    options: {
      fresh: { type: 'boolean' },
      dir: { type: 'string' },
      store: { type: 'string' },
      tenant: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) process.stdout.write(`${HELP}\n`)
  else {
    // npm moves to the folder of the workspace; what a person names and reads is seen from where they stand.
    const here = process.env.INIT_CWD ?? process.cwd()
    const inFolder = placesIn(values.dir === undefined ? resolve('demo') : resolve(here, values.dir))
    const { store } = values
    if (store !== undefined && !isCluster(store)) throw new CouldNot('--store must be esdb://HOST:PORT.')
    if (store !== undefined && values.fresh === true)
      throw new CouldNot('What is on a server stays there: begin anew under another --tenant, without --fresh.')
    const places = store === undefined ? inFolder : onCluster(inFolder, store, values.tenant ?? 'demo')
    if (values.fresh === true) clear(places)
    const write = (text: string): void => void process.stdout.write(`${text}\n`)
    const { verification, mailsAreRight } = await monthEnd(
      places,
      dayOf(new Date()),
      story(places, here, write, progress),
    )
    if (!verification.ok || !mailsAreRight) process.exitCode = 1
  }
} catch (error) {
  progress('')
  const usage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (!usage && !(error instanceof CouldNot)) throw error
  process.stderr.write(`${error.message}\n${usage ? `${HELP}\n` : ''}`)
  process.exitCode = 2
}
