/**
 * A process of a clinic, to be killed: `node killed-clinic.js execute|deliver WHERE PORT CHUNK`, WHERE as JSON.
 * `execute` sends the clinic's commands from a chunk on and prints each answer, as JSON, by a write that is done when the call
 * returns; `deliver` runs the delivery process again and again.
 */
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { openUnderlag } from '../../src/index.js'
import { quickRenderer, right } from './clinic.js'
import { chunk, LEASE_TTL_MS, opening, optionsOn, type Where } from './killed-commands.js'

const [role, where = '', port = '', from = '0'] = process.argv.slice(2)

const opened = await openUnderlag({
  ...optionsOn(JSON.parse(where) as Where, Number(port)),
  renderer: quickRenderer,
})()
if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
const underlag = opened.right

if (role === 'execute') {
  for (const command of Number(from) === 0 ? opening : [])
    writeSync(1, `${JSON.stringify(await right(underlag.execute(command)))}\n`)
  for (let i = Number(from); ; i++)
    await chunk(i, async (command) => {
      const answer = await right(underlag.execute(command))
      writeSync(1, `${JSON.stringify(answer)}\n`)
      return answer
    })
}

writeSync(1, 'ready\n')
for (;;) {
  await right(underlag.deliver({ leaseTtlMs: LEASE_TTL_MS, onStep: () => writeSync(1, 'step\n') }))
  await sleep(10)
}
