import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dayOf } from './calendar.js'
import { CouldNot } from './host.js'
import { monthEnd, placesIn } from './month-end.js'
import { story } from './story.js'

const HELP = `npm run demo -- [--fresh] [--dir FOLDER]
  --fresh        starts over: removes the store, the invoices and the mails of earlier runs
  --dir FOLDER   where they lie (default: demo)`

/** What an earlier run left, and nothing else. */
const clear = ({ store, invoices, mails }: ReturnType<typeof placesIn>): void => {
  for (const file of [store, `${store}.read`, `${store}.keys`])
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true })
  for (const folder of [invoices, mails]) rmSync(folder, { recursive: true, force: true })
}

/** One line on a terminal that is written over; nothing elsewhere. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

try {
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean' }, dir: { type: 'string', default: 'demo' }, help: { type: 'boolean' } },
  })
  if (values.help === true) process.stdout.write(`${HELP}\n`)
  else {
    const places = placesIn(resolve(values.dir))
    if (values.fresh === true) clear(places)
    const here = process.env.INIT_CWD ?? process.cwd()
    const write = (text: string): void => void process.stdout.write(`${text}\n`)
    const { verification } = await monthEnd(places, dayOf(new Date()), story(places, here, write, progress))
    if (!verification.ok) process.exitCode = 1
  }
} catch (error) {
  progress('')
  const usage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (!usage && !(error instanceof CouldNot)) throw error
  process.stderr.write(`${error.message}\n${usage ? `${HELP}\n` : ''}`)
  process.exitCode = 2
}
