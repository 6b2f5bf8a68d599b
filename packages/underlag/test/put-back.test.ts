import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { skipped, suite } from '@underlag/kernel/testing'
import { canStartServers, connectionTo, NO_OWN_SERVER, startServer } from '@underlag/store-eventstoredb/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { openUnderlag, type Underlag } from '../src/index.js'
import { runCli } from './support/cli.js'
import { command, quickRenderer, right } from './support/clinic.js'
import { oneLine, opening, register } from './support/desk.js'
import { onDay } from './support/samples.js'
import { temporaryFolder } from './support/stores.js'

const PutBack = suite('a server on which a backup was put back')
const Unreachable = suite('a server that is none')

if (!canStartServers()) PutBack('is noticed', () => skipped(NO_OWN_SERVER))
else {
  PutBack(
    'is noticed by every machine, though others wrote beyond what it had seen, and by a program that runs',
    async () => {
      const folder = await temporaryFolder()
      const server = await startServer()
      const open = async (machine: string): Promise<Underlag> => {
        const opened = await openUnderlag({
          store: connectionTo(server.port) as `esdb://${string}`,
          config: { eventStoreDB: { files: join(folder, machine) }, keys: { file: join(folder, 'keys') } },
          renderer: quickRenderer,
        })()
        if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
        return opened.right
      }
      const book = (bookingId: string) =>
        command('RecordBooking', { bookingId, clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(4) })
      const book3 = async (underlag: Underlag, name: string): Promise<void> => {
        for (const i of [1, 2, 3]) assert.is((await right(underlag.execute(book(`${name}${i}`)))).ok, true)
      }
      const items = async (underlag: Underlag): Promise<ReadonlyArray<string>> =>
        (await right(underlag.basis())).payers.flatMap((payer) => payer.items.map(({ itemId }) => itemId))

      const first = await open('a')
      for (const one of [...opening, register()]) assert.is((await right(first.execute(one as never))).ok, true)
      await first.close()
      const restore = await server.backUp()
      const running = await open('a')
      await book3(running, 'lost')
      assert.equal(await items(running), ['booking:lost1', 'booking:lost2', 'booking:lost3'])
      await restore()

      const told = await running.basis()()
      assert.ok(E.isLeft(told) && told.left._tag === 'StoreUnavailable' && /backup was put back/.test(told.left.reason))
      assert.ok(E.isLeft(await running.execute(book('late'))()))
      await running.close()

      // Of the same sizes as what was lost, so that events begin at the same places; then more.
      const other = await open('b')
      await book3(other, 'kept')
      await book3(other, 'more')
      await other.close()
      const again = await open('a')
      assert.equal(
        await items(again),
        ['kept', 'more'].flatMap((name) => [1, 2, 3].map((i) => `booking:${name}${i}`)),
      )
      const { ok, checks } = await right(again.verify())
      assert.ok(ok, JSON.stringify(checks))
      await again.close()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  )
}

Unreachable('whatever it is, is told in one line, and the call ends', async () => {
  const silent = createServer((socket) => void socket.on('error', () => {}))
  const chatty = createServer((socket) => {
    socket.on('error', () => {})
    socket.end('220 mail.example.se ESMTP\r\n')
  })
  const ports: Array<number> = []
  for (const one of [silent, chatty]) {
    await new Promise<void>((resolve) => void one.listen(0, '127.0.0.1', resolve))
    ports.push((one.address() as { port: number }).port)
  }
  try {
    const calls = ports.flatMap((port) => [`esdb://127.0.0.1:${port}`, `esdb://127.0.0.1:${port}?tls=false`])
    for (const ran of await Promise.all(calls.map((store) => runCli(['basis', '--store', store])))) {
      assert.is(ran.signal, null, 'it does not end')
      assert.is(ran.code, 2)
      oneLine(ran, /^(EventStoreDB at|There is no safe connection to EventStoreDB at) 127\.0\.0\.1/)
    }
  } finally {
    silent.close()
    chatty.close()
  }
})
