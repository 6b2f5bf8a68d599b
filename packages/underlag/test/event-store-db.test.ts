import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { invoicesView } from '@underlag/invoicing'
import { skipped, suite } from '@underlag/kernel/testing'
import { NO_SERVER, testServer } from '@underlag/store-eventstoredb/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { eventStoreDBPorts } from '../src/event-store-db.js'
import { type Answer, openUnderlag, type Underlag, type UnderlagOptions } from '../src/index.js'
import { runCli } from './support/cli.js'
import { quickRenderer, right } from './support/clinic.js'
import { jsonLines, oneLine, opening, register, secret } from './support/desk.js'
import { temporaryFolder } from './support/stores.js'

const server = await testServer()
const Cluster = suite('a store on EventStoreDB')

if (server === undefined) Cluster('is like any other', () => skipped(NO_SERVER))
else {
  const store = server.connection as `esdb://${string}`

  interface Machine {
    readonly folder: string
    readonly tenant: string
    readonly options: UnderlagOptions
    readonly open: (more?: Partial<UnderlagOptions>) => Promise<Underlag>
  }

  const onMachine = (test: (machine: Machine) => Promise<void>) => async (): Promise<void> => {
    const folder = await temporaryFolder()
    const tenant = `clinic-${randomUUID().slice(0, 8)}`
    const options = {
      store,
      tenant,
      config: { eventStoreDB: { files: join(folder, 'local') } },
      renderer: quickRenderer,
    }
    const opened: Array<Underlag> = []
    try {
      await test({
        folder,
        tenant,
        options,
        open: async (more = {}) => {
          const one = await openUnderlag({ ...options, ...more })()
          if (E.isLeft(one)) throw new Error(JSON.stringify(one.left))
          opened.push(one.right)
          return one.right
        },
      })
    } finally {
      for (const one of opened) await one.close()
      await rm(folder, { recursive: true, force: true })
    }
  }

  Cluster(
    'is named by its connection string, and shared by all of a process',
    onMachine(async ({ open, tenant }) => {
      const [one, other, stranger] = await Promise.all([open(), open(), open({ tenant: `${tenant}-b` })])
      for (const command of opening) assert.is((await right(one.execute(command))).ok, true)
      await one.close()
      assert.is((await right(other.basis())).payers.length, 1)
      assert.equal((await right(stranger.basis())).payers, [])
    }),
  )

  Cluster(
    'tells how it is followed and how far the read models are',
    onMachine(async ({ open }) => {
      const underlag = await open()
      for (const command of opening) await right(underlag.execute(command))
      const behind = await right(underlag.health())
      assert.is(behind.following?.state, 'idle')
      assert.ok(behind.readModels.some(({ position }) => position < behind.end))
      await right(underlag.caughtUp())
      const there = await right(underlag.health())
      assert.ok(there.readModels.every(({ position }) => position >= there.end))

      const stop = new AbortController()
      const delivering = right(underlag.deliver({ watch: true, signal: stop.signal }))
      let live = await right(underlag.health())
      for (let i = 0; i < 200 && live.following?.state !== 'live'; i++) {
        await sleep(20)
        live = await right(underlag.health())
      }
      stop.abort()
      await delivering
      assert.is(live.following?.state, 'live')
      assert.is(live.following?.restarts, 0)
      assert.ok((live.following?.lag ?? -1n) >= 0n)
      assert.is(live.following?.parked, undefined)
    }),
  )

  Cluster(
    'is read by a new machine from the log alone, with the keys brought along',
    onMachine(async ({ open, folder, options }) => {
      const old = await open()
      for (const command of [...opening, register()]) await right(old.execute(command as never))
      const before = [await right(old.basis()), await right(old.invoices()), await right(old.audit())]
      await old.close()

      const away = { ...options, config: { eventStoreDB: { files: join(folder, 'new') } } }
      const without = await openUnderlag(away)()
      assert.ok(E.isLeft(without) && without.left._tag === 'StoreUnavailable')
      assert.match(JSON.stringify(without.left), /key file .*new\.keys is missing on this machine/)

      await rename(join(folder, 'local.keys'), join(folder, 'new.keys'))
      const again = await open(away)
      assert.equal([await right(again.basis()), await right(again.invoices()), await right(again.audit())], before)
      assert.is((await right(again.verify())).ok, true)
    }),
  )

  Cluster(
    'makes its read models anew where they are ahead of the log: a backup was put back',
    onMachine(async ({ open, folder, tenant }) => {
      const one = await open()
      for (const command of [...opening, register()]) await right(one.execute(command as never))
      const before = await right(one.invoices())
      await one.close()

      const ports = await eventStoreDBPorts(
        { connection: store, config: { eventStoreDB: { files: join(folder, 'local') } }, env: {}, create: true },
        tenant,
      )()
      if (E.isLeft(ports)) throw new Error(JSON.stringify(ports.left))
      const { readModels, close } = ports.right
      const { table } = invoicesView
      const at = await right(readModels.checkpoint(table))
      const changes = { table, documents: new Map([['2', {}]]), added: [['all', '', '2'] as const], removed: [] }
      assert.ok(E.isRight(await readModels.commit(at, at + 10_000n, [changes])()))
      await close()

      const again = await open()
      assert.equal(await right(again.invoices()), before)
      assert.is((await right(again.verify())).ok, true)
    }),
  )

  Cluster(
    'says what in the configuration cannot be used, and shows no secret',
    onMachine(async ({ options }) => {
      const user = { username: 'underlag', password: { env: 'NO_SUCH' } }
      const missing = await openUnderlag({ ...options, env: {}, config: { eventStoreDB: { user } } })()
      assert.equal(
        missing,
        E.left({
          _tag: 'UnusableConfig',
          problems: ['eventStoreDB.user.password is read from the environment variable NO_SUCH, which is not set'],
        }),
      )
      const inTheClear = await openUnderlag({
        ...options,
        store: 'esdb://127.0.0.1:1?tls=false',
        env: { NO_SUCH: 'hemligt' },
        config: { eventStoreDB: { user } },
      })()
      assert.ok(E.isLeft(inTheClear))
      assert.match(JSON.stringify(inTheClear), /in the clear/)
      assert.not.match(JSON.stringify(inTheClear), /hemligt/)
    }),
  )

  Cluster(
    'serves the command line as a file does',
    onMachine(async ({ folder, tenant }) => {
      const run = (args: ReadonlyArray<string>, input = '') =>
        runCli([...args, '--store', store, '--tenant', tenant], { cwd: folder, input })
      oneLine(await run(['basis', '--json']), /nothing of the tenant/)
      const executed = await run(
        ['execute'],
        [...opening, register()].map((command) => `${JSON.stringify(command)}\n`).join(''),
      )
      assert.is(executed.code, 0, executed.err)
      assert.ok(jsonLines<Answer>(executed.out).every(({ ok }) => ok))
      const invoices = await run(['invoices', '--json'])
      assert.match(invoices.out, /"invoiceNumber":"1"/)
      const verified = await run(['verify', '--json'])
      assert.is(verified.code, 0, verified.out + verified.err)
      const wrong = await runCli(['basis', '--store', 'esdb://u:hemligt@127.0.0.1:1?tls=false'], { cwd: folder })
      assert.is(wrong.code, 2)
      oneLine(wrong, /in the clear/)
      assert.not.match(wrong.err, /hemligt/)
      assert.not.match(wrong.err, secret)
    }),
  )
}
