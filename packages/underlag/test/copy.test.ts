import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from '@underlag/kernel/testing'
import { testServer } from '@underlag/store-eventstoredb/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import * as assert from 'uvu/assert'
import { type CopyOptions, copyTenant, openUnderlag, type UnderlagConfig } from '../src/index.js'
import { runCli, spawnCli } from './support/cli.js'
import { command, quickRenderer, right } from './support/clinic.js'
import { opening, register } from './support/desk.js'
import { onDay } from './support/samples.js'
import { temporaryFolder } from './support/stores.js'

const server = await testServer()

interface World {
  readonly folder: string
  readonly tenant: string
  readonly from: `sqlite:${string}`
  readonly to: CopyOptions['to']
  readonly config: UnderlagConfig
}

const targets = ['SQLite', ...(server === undefined ? [] : ['EventStoreDB'])]

const inWorld = (kind: string, test: (world: World) => Promise<void>) => async (): Promise<void> => {
  const folder = await temporaryFolder()
  const from = `sqlite:${join(folder, 'from.db')}` as const
  try {
    await test({
      folder,
      tenant: `c-${randomUUID().slice(0, 8)}`,
      from,
      to: kind === 'SQLite' ? `sqlite:${join(folder, 'to.db')}` : (server?.connection as `esdb://${string}`),
      config: { eventStoreDB: { files: join(folder, 'to') }, keys: { file: join(folder, 'from.db.keys') } },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const openOn = async ({ tenant, config }: World, store: CopyOptions['to']) => {
  const opened = await openUnderlag({ store, tenant, config, renderer: quickRenderer })()
  if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
  return opened.right
}

/** An invoice with its document, and `more` bookings. */
const filled = async (world: World, more = 0): Promise<void> => {
  const underlag = await openOn(world, world.from)
  for (const one of [...opening, register()]) assert.is((await right(underlag.execute(one as never))).ok, true)
  for (let i = 0; i < more; i++)
    await right(
      underlag.execute(
        command('RecordBooking', {
          bookingId: `more-${i}`,
          clientId: 'anna',
          treatmentTypeId: 'therapy',
          startsAt: onDay(4),
        }),
      ),
    )
  assert.ok(O.isSome(await right(underlag.invoicePdf('1'))))
  await underlag.close()
}

const all = async (world: World, store: CopyOptions['to']) => {
  const underlag = await openOn(world, store)
  try {
    const audit = await right(underlag.audit())
    return {
      basis: await right(underlag.basis()),
      invoices: await right(underlag.invoices()),
      pdf: await right(underlag.invoicePdf('1')),
      audit: audit.map(({ position: _, ...entry }) => entry),
      verified: (await right(underlag.verify())).ok,
    }
  } finally {
    await underlag.close()
  }
}

const copied = async ({ from, to, tenant, config }: World, more: Partial<CopyOptions> = {}) => {
  const done = await copyTenant({ from, to, tenant, config, ...more })()
  if (E.isLeft(done)) throw new Error(JSON.stringify(done.left))
  return done.right
}

for (const kind of targets) {
  const Copy = suite(`copying a tenant from SQLite to ${kind}`)

  Copy(
    'brings over log and documents; what is read there is the same, to the letter',
    inWorld(kind, async (world) => {
      await filled(world)
      const before = await all(world, world.from)
      const progress: Array<number> = []
      const first = await copied(world, { onProgress: (events) => progress.push(events) })
      assert.is(first.added, first.events)
      assert.is(first.documents, 1)
      assert.is(progress.at(-1), first.events)
      assert.is(before.verified, true)
      assert.equal(await all(world, world.to), before)
    }),
  )

  Copy(
    'again brings only what is new, and back again gives the same hash',
    inWorld(kind, async (world) => {
      await filled(world)
      const first = await copied(world)
      assert.equal(await copied(world), { ...first, added: 0 })
      const underlag = await openOn(world, world.from)
      await right(underlag.execute(command('MarkBookingPaid', { bookingId: 'b1', method: 'card' })))
      await underlag.close()
      const second = await copied(world)
      assert.is(second.added, 1)
      const back = await copied(world, { from: world.to, to: `sqlite:${join(world.folder, 'back.db')}` })
      assert.equal(back, { ...second, added: second.events })
    }),
  )

  Copy(
    'goes on where it was cut off, however often',
    inWorld(kind, async (world) => {
      await filled(world, 120)
      let killed = 0
      for (let i = 0; i < 4; i++) {
        const child = spawnCli(['copy', '--from', world.from, '--to', world.to, '--tenant', world.tenant], {
          cwd: world.folder,
        })
        const timer = setTimeout(() => child.kill('SIGKILL'), 100 + 150 * i)
        const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
        clearTimeout(timer)
        if (signal === 'SIGKILL') killed += 1
      }
      assert.ok(killed > 0)
      const own = { ...world, config: {} }
      const { code, out, err } = await runCli(
        ['copy', '--from', own.from, '--to', own.to, '--tenant', own.tenant, '--json'],
        { cwd: own.folder },
      )
      assert.is(code, 0, err)
      const { ok, events } = JSON.parse(out)
      assert.equal([ok, events > 120], [true, true])
    }),
  )

  Copy(
    'refuses a target that has something else, and changes nothing there',
    inWorld(kind, async (world) => {
      await filled(world)
      const other = { ...world, config: { eventStoreDB: { files: join(world.folder, 'other') } } }
      const underlag = await openOn(other, world.to)
      await right(underlag.execute(command('ActivateInvoicing', {})))
      await underlag.close()
      const refused = await copyTenant({ from: world.from, to: world.to, tenant: world.tenant, config: world.config })()
      assert.match(JSON.stringify(refused), /in the target is not the source's/)
    }),
  )
}

const Refused = suite('copying')

Refused('from nothing, or onto itself, is refused', async () => {
  const folder = await temporaryFolder()
  const store = `sqlite:${join(folder, 'none.db')}`
  const nothing = await runCli(['copy', '--from', store, '--to', `sqlite:${join(folder, 'to.db')}`])
  assert.equal([nothing.code, nothing.out], [2, ''])
  assert.match(nothing.err, /There is no store at/)
  const itself = await copyTenant({ from: 'sqlite:a.db', to: 'sqlite:a.db' })()
  assert.match(JSON.stringify(itself), /the same store/)
  await rm(folder, { recursive: true, force: true })
})
