import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dayOf } from './calendar.js'
import { CouldNot } from './host.js'
import { monthEnd } from './month-end.js'
import { clear, placesIn } from './places.js'
import { story } from './story.js'

const HELP = `npm run demo -- [--fresh] [--dir FOLDER]
  --fresh        starts over: removes the store, the invoices and the mails of earlier runs
  --dir FOLDER   where they lie (default: demo, beside README.md)`

/** One line on a terminal that is written over; nothing elsewhere. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

try {
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean' }, dir: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help === true) process.stdout.write(`${HELP}\n`)
  else {
    // npm moves to the folder of the workspace; what a person names and reads is seen from where they stand.
    const here = process.env.INIT_CWD ?? process.cwd()
    const places = placesIn(values.dir === undefined ? resolve('demo') : resolve(here, values.dir))
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
