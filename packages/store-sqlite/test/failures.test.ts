import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inspect } from 'node:util'
import { type NewEvent, NO_STREAM, type SealedPart, START, type StoreUnavailable } from '@underlag/kernel'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import * as assert from 'uvu/assert'
import { openReadModels, openSqlite, type SqliteOptions } from '../src/index.js'
import { type Temporary, temporary } from './temporary-store.js'

const Failures = suite('SQLite: files that are not as they should be')

const inFolder = (name: string, test: (place: Temporary) => Promise<void>): void =>
  Failures(name, async () => {
    const place = await temporary()
    try {
      await test(place)
    } finally {
      await place.cleanup()
    }
  })

/** Opens what must not open. Every failure names the path, in one sentence, and says what helps. */
const refused = async (path: string, options?: SqliteOptions): Promise<StoreUnavailable> => {
  const opened = await openSqlite(path, options)()
  if (E.isRight(opened)) throw new Error('it opened')
  assert.ok(opened.left.reason.includes(path), opened.left.reason)
  assert.match(opened.left.reason, /^[^\n]*\.$/)
  assert.match(opened.left.remedy, /^[^\n]*\.$/)
  return opened.left
}

const event = (): NewEvent<SealedPart> => ({
  id: crypto.randomUUID(),
  type: 'Happened',
  data: { text: 'x'.repeat(1000) },
  personal: [],
  metadata: { commandId: 'c', correlationId: 'c', causationId: 'c', at: '', recordedAt: '' },
})

const right = <L, A>(result: E.Either<L, A>): A => {
  if (E.isLeft(result)) throw new Error(inspect(result.left))
  return result.right
}

inFolder('says that a file is no database, and leaves it as it is', async ({ path }) => {
  const text = 'invoice;amount\n1;100\n'.repeat(200)
  await writeFile(path, text)
  assert.match((await refused(path)).reason, /is not an SQLite database/)
  assert.is(await readFile(path, 'utf8'), text)
})

inFolder("says that a database is another program's, and leaves it as it is", async ({ path }) => {
  const other = new DatabaseSync(path)
  other.exec('CREATE TABLE journal (id INTEGER); INSERT INTO journal VALUES (1)')
  other.close()
  const before = await readFile(path)
  assert.match((await refused(path)).reason, /another program/)
  assert.ok(before.equals(await readFile(path)))
})

inFolder('says that a file is of a newer version, and leaves it as it is', async ({ path, open }) => {
  await (await open()).close()
  for (const file of [path, `${path}.keys`, `${path}.read`]) {
    const database = new DatabaseSync(file)
    const { user_version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
    database.exec('PRAGMA user_version = 99')
    const before = await readFile(file)
    const failure = await refused(path)
    assert.match(failure.reason, /newer version of Underlag/)
    assert.ok(failure.reason.includes(file))
    assert.ok(before.equals(await readFile(file)))
    database.exec(`PRAGMA user_version = ${user_version}`)
    database.close()
  }
  await open()
})

inFolder(
  'says that it is a folder, or that the folder is missing, or that there is nothing',
  async ({ folder, path }) => {
    await mkdir(join(folder, 'sub'))
    assert.match((await refused(join(folder, 'sub'))).reason, /is a folder/)
    assert.match((await refused(join(folder, 'none', 'a.db'))).reason, /does not exist/)
    assert.match((await refused(path, { create: false })).reason, /There is no store/)
    assert.match((await refused(path, { readOnly: true })).reason, /There is no store/)
    assert.is(await stat(path).catch(() => 'none'), 'none')
  },
)

inFolder('says at once that what is no ordinary file is none of ours', async ({ folder }) => {
  if (process.platform === 'win32') skipped('no pipes')
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  assert.match((await refused(pipe)).reason, /pipe is no ordinary file/)
  for (const keysPath of [pipe, '/dev/zero']) {
    const opened = await openSqlite(join(folder, 'a.db'), { keysPath })()
    assert.is(E.isLeft(opened) && opened.left.reason, `${keysPath} is no ordinary file.`)
  }
})

inFolder(
  'says of a file that is broken to put back its backup, before anything else',
  async ({ folder, path, open }) => {
    await (await open()).close()
    for (const file of [path, `${path}.keys`]) {
      const whole = await readFile(file)
      await writeFile(file, 'no database')
      assert.match((await refused(path)).remedy, /^Put back (the|its) last backup/)
      await writeFile(file, whole)
    }
    await writeFile(join(folder, 'text.db'), 'no database')
    assert.match((await refused(join(folder, 'text.db'))).remedy, /name the right one/)
  },
)

inFolder('says that a file may not be read or written', async ({ folder, path, open }) => {
  if (process.getuid?.() === 0) skipped('root may read and write everything')
  await (await open()).close()
  await chmod(path, 0o400)
  const store = await open().catch(() => undefined)
  if (store !== undefined) {
    const answer = await store.eventStore('t').append('a/1', NO_STREAM, [event()])()
    assert.match(E.isLeft(answer) && 'reason' in answer.left ? answer.left.reason : '', /cannot be written/)
  }
  await chmod(path, 0)
  assert.match((await refused(path)).reason, /cannot be opened/)
  await chmod(path, 0o600)
  await chmod(folder, 0o500)
  await refused(join(folder, 'new.db'))
  await chmod(folder, 0o700)
})

inFolder('refuses writes where it was opened to be read only, and reads', async ({ open }) => {
  const store = await open()
  right(await store.eventStore('t').append('a/1', NO_STREAM, [event()])())
  await store.close()
  const reader = await open({ readOnly: true })
  const events = reader.eventStore('t')
  assert.is(right(await events.read('a/1', NO_STREAM)()).length, 1)
  const answer = await events.append('a/1', 0n, [event()])()
  assert.ok(E.isLeft(answer) && answer.left._tag === 'StoreUnavailable')
  assert.is(right(await events.end()), 1n)
})

inFolder('waits for a reader of the key file that stands still, too', async ({ path, open }) => {
  const store = await open()
  const keys = store.keys('default')
  right(await keys.obtain([{ subject: 'client:k1', purpose: 'care' }])())
  const reader = new DatabaseSync(`${path}.keys`)
  reader.exec('BEGIN; SELECT * FROM keys')
  const obtaining = keys.obtain([{ subject: 'client:k2', purpose: 'care' }])()
  await new Promise((resolve) => setTimeout(resolve, 200))
  reader.exec('COMMIT')
  reader.close()
  assert.is(right(await obtaining).length, 1)
  const busy = await open({ busyTimeoutMs: 50 })
  const still = new DatabaseSync(`${path}.keys`)
  still.exec('BEGIN; SELECT * FROM keys')
  const kept = await busy.keys('default').obtain([{ subject: 'client:k3', purpose: 'care' }])()
  assert.match(E.isLeft(kept) ? kept.left.reason : '', /is locked by another process/)
  still.close()
  assert.is(right(await busy.keys('default').obtain([{ subject: 'client:k3', purpose: 'care' }])()).length, 1)
})

inFolder('waits for a lock without holding the event loop, then says that it is locked', async ({ path, open }) => {
  const store = await open({ busyTimeoutMs: 300 })
  const events = store.eventStore('t')
  right(await events.append('a/1', NO_STREAM, [event()])())
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  let longest = 0
  let last = performance.now()
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  const answer = await events.append('a/1', 0n, [event()])()
  clearInterval(watch)
  assert.ok(E.isLeft(answer) && answer.left._tag === 'StoreUnavailable' && answer.left.transient)
  assert.ok(longest < 150, `the event loop was held for ${longest} ms`)
  assert.is(right(await events.read('a/1', NO_STREAM)()).length, 1)

  const waiting = events.append('a/1', 0n, [event()])()
  setTimeout(() => other.exec('ROLLBACK'), 100)
  assert.is(right(await waiting).revision, 1n)
  other.close()
})

inFolder(
  'says that the disk is full, keeps what was acknowledged, and goes on when there is room',
  async ({ folder }) => {
    const disk = join(folder, 'disk')
    await mkdir(disk)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
    if (mounted.status !== 0) skipped('only root can make a small disk')
    try {
      const path = join(disk, 'underlag.db')
      await writeFile(join(disk, 'ballast'), Buffer.alloc(600_000))
      const store = right(await openSqlite(path)())
      const events = store.eventStore('t')
      let stored = 0
      let answer = await events.append('a/1', NO_STREAM, [event()])()
      while (E.isRight(answer)) {
        stored += 1
        answer = await events.append('a/1', BigInt(stored) - 1n, [event()])()
      }
      const { left } = answer
      assert.is(left._tag, 'StoreUnavailable')
      assert.match(left._tag === 'StoreUnavailable' ? left.reason : '', /disk that holds .* is full\.$/)
      assert.is(right(await events.read('a/1', NO_STREAM)()).length, stored)
      await rm(join(disk, 'ballast'))
      right(await events.append('a/1', BigInt(stored) - 1n, [event()])())
      assert.equal(right(await store.integrity()), { ok: true, problems: [] })
      await store.close()
    } finally {
      spawnSync('umount', [disk])
    }
  },
)

inFolder('makes read models anew that are damaged, missing or those of another log', async ({ path, open }) => {
  const table = { name: 'items', version: 1 }
  const changes = [{ table, documents: new Map([['a', 1]]), added: [], removed: [] }]
  const fill = async (): Promise<void> => {
    const store = await open()
    const models = store.readModels('t')
    assert.is(right(await models.checkpoint(table)()), START)
    assert.equal(right(await models.get(table, ['a'])()), new Map())
    const stream = `a/${crypto.randomUUID()}` as const
    right(await store.eventStore('t').append(stream, NO_STREAM, [event()])())
    right(await models.commit(START, 1n, changes)())
    await store.close()
  }
  await fill()
  await writeFile(`${path}.read`, 'no database at all '.repeat(100))
  await fill()
  const file = await readFile(`${path}.read`)
  await writeFile(`${path}.read`, Buffer.concat([file.subarray(0, 100), Buffer.alloc(file.length - 100, 0x5a)]))
  await fill()

  const store = await open()
  assert.is(right(await store.readModels('t').checkpoint(table)()), 1n)
  // A position the log has not: an older backup of the log was put back.
  right(await store.readModels('t').commit(1n, 1000n, changes)())
  await store.close()
  await fill()
})

inFolder('keeps the read models of two logs apart that are used on one file at once', async ({ path }) => {
  const table = { name: 'items', version: 1 }
  const of = (id: string) => [{ table, documents: new Map([[id, 1]]), added: [], removed: [] }]
  const one = right(await openReadModels(`${path}.read`, 'one')())
  right(await one.readModels('t').commit(START, 5n, of('a'), 'serving', 'mark')())
  assert.equal(right(await one.taken('t', table)()), { position: 5n, mark: 'mark' })
  const other = right(await openReadModels(`${path}.read`, 'other')())
  assert.is(right(await other.readModels('t').checkpoint(table)()), START)
  right(await other.readModels('t').commit(START, 7n, of('b'))())
  assert.equal(right(await other.taken('t', table)()), { position: 7n, mark: undefined })
  // It begins anew, from its own log.
  assert.is(right(await one.readModels('t').checkpoint(table)()), START)
  assert.equal(right(await one.readModels('t').page(table, undefined, 9)()), [])
  right(await one.readModels('t').commit(START, 6n, of('c'))())
  assert.equal(right(await one.readModels('t').page(table, undefined, 9)()), [['c', 1]])
  assert.equal(right(await other.readModels('t').page(table, undefined, 9)()), [['b', 1]])
  await Promise.all([one.close(), other.close()])
})

inFolder('empties the read models when another log is put in the place of theirs', async ({ path, folder, open }) => {
  const table = { name: 'items', version: 1 }
  const store = await open()
  right(await store.eventStore('t').append('a/1', NO_STREAM, [event()])())
  right(
    await store
      .readModels('t')
      .commit(START, 1n, [{ table, documents: new Map([['a', 1]]), added: [], removed: [] }])(),
  )
  await store.close()
  const other = right(await openSqlite(join(folder, 'other.db'))())
  right(await other.eventStore('t').append('b/1', NO_STREAM, [event(), event()])())
  await other.close()
  await writeFile(path, await readFile(join(folder, 'other.db')))
  const swapped = await open()
  assert.is(right(await swapped.readModels('t').checkpoint(table)()), START)
  assert.equal(right(await swapped.readModels('t').page(table, undefined, 9)()), [])
})

inFolder('keeps keys in a file that only its owner may read, and no trace of an erased one', async ({ path, open }) => {
  const store = await open()
  const keys = store.keys('t')
  const subjects = Array.from({ length: 50 }, (_, i) => ({ subject: `client:c${i}`, purpose: 'care' as const }))
  const made = right(await keys.obtain(subjects)())
  assert.is((await stat(`${path}.keys`)).mode & 0o777, 0o600)
  const secret = Buffer.from(made[7]!.secret)
  const bytes = async (): Promise<Buffer> =>
    Buffer.concat(
      await Promise.all(
        ['', '-wal', '-journal'].map((suffix) => readFile(`${path}.keys${suffix}`).catch(() => Buffer.alloc(0))),
      ),
    )
  assert.ok((await bytes()).includes(secret))
  right(await keys.erase('client:c7')())
  const left = await bytes()
  assert.not.ok(left.includes(secret))
  assert.not.ok(left.includes('client:c7\u0000') || left.includes('client:c7care'))
  assert.ok(left.includes(made[7]!.id))
  assert.equal(right(await keys.find([made[7]!.id, made[8]!.id])()).map(O.isSome), [false, true])
})

inFolder('tells when the keys of a log are missing', async ({ path, open }) => {
  const store = await open()
  assert.is(store.keysWereMissing, false)
  right(await store.eventStore('t').append('a/1', NO_STREAM, [event()])())
  await store.close()
  assert.is((await open()).keysWereMissing, false)
  await rm(`${path}.keys`)
  assert.is((await open()).keysWereMissing, true)
})

inFolder('finds gaps and strays', async ({ path, open }) => {
  const store = await open()
  const events = store.eventStore('t')
  right(await events.append('a/1', NO_STREAM, [event(), event(), event()])())
  right(await events.append('a/2', NO_STREAM, [event()])())
  assert.equal(right(await store.integrity()), { ok: true, problems: [] })
  assert.equal(right(await store.tenants()), ['t'])
  await store.close()
  const database = new DatabaseSync(path)
  database.exec('DELETE FROM events WHERE revision = 1')
  database.close()
  const { ok, problems } = right(await (await open()).integrity())
  assert.is(ok, false)
  assert.is(problems.length, 2)
})
