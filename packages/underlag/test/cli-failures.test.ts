import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { skipped, suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { cliLine, type Ran, runCli, runProgram, shell } from './support/cli.js'
import { command } from './support/clinic.js'
import { atDesk, lines, oneLine, opening, secret } from './support/desk.js'
import { temporaryFolder } from './support/stores.js'

const Failures = suite('the command line: a store that fails')

const input = opening.map((one) => `${JSON.stringify(one)}\n`).join('')

Failures(
  'that is not there, empty, a folder, no database, or damaged: one line, 2, and the file as it was',
  atDesk(async ({ folder, execute, path }) => {
    await execute(...opening)
    const whole = readFileSync(path)
    const at = (name: string): string => join(folder, name)
    await mkdir(at('folder.db'))
    writeFileSync(at('text.db'), 'Anna Andersson, no database at all '.repeat(100))
    writeFileSync(at('empty.db'), '')
    for (const size of [100, 4096, 6000, 20_000]) {
      writeFileSync(at(`cut-${size}.db`), whole.subarray(0, size))
      writeFileSync(at(`cut-${size}.db.keys`), readFileSync(`${path}.keys`))
    }
    const other = new DatabaseSync(at('other.db'))
    other.exec('CREATE TABLE patients (name TEXT)')
    other.close()
    writeFileSync(at('newer.db'), whole)
    const newer = new DatabaseSync(at('newer.db'))
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    writeFileSync(at('keyless.db'), whole)
    writeFileSync(at('cut-0.db'), '')
    writeFileSync(at('cut-0.db.keys'), readFileSync(`${path}.keys`))
    const cases: ReadonlyArray<readonly [string, RegExp, ReadonlyArray<string>]> = [
      ['none.db', /There is no store at .*none\.db/, ['basis', 'invoices', 'verify', 'audit', 'deliver', 'rebuild']],
      ['empty.db', /There is no store at .*empty\.db/, ['basis', 'verify']],
      ['folder.db', /folder\.db is a folder/, ['execute', 'basis']],
      ['text.db', /text\.db is not an SQLite database/, ['execute', 'basis']],
      ...[100, 4096, 6000, 20_000].map(
        (size) => [`cut-${size}.db`, /cut-\d+\.db is damaged/, ['execute', 'basis']] as const,
      ),
      ['cut-0.db', /cut-0\.db is empty, and its key file .* is not/, ['execute']],
      ['other.db', /other\.db is an SQLite database of another program/, ['execute', 'basis']],
      ['newer.db', /newer\.db was written by a newer version of Underlag/, ['execute', 'basis']],
      ['keyless.db', /key file .*keyless\.db\.keys .* is missing/, ['execute', 'basis']],
      [join('no-folder', 'x.db'), /no-folder of .* does not exist/, ['execute']],
    ]
    const bytes = (name: string): Buffer | undefined => {
      try {
        return readFileSync(at(name))
      } catch {
        return undefined
      }
    }
    await Promise.all(
      cases.map(async ([name, says, calls]) => {
        const before = bytes(name)
        for (const call of calls) {
          const ran = await runCli([call, '--store', `sqlite:${at(name)}`], { input, cwd: folder })
          assert.is(ran.code, 2, `${call} of ${name}: ${ran.out}`)
          oneLine(ran, says)
          assert.not.match(ran.err, secret)
        }
        assert.equal(bytes(name), before, `${name} was changed`)
      }),
    )
    for (const made of ['none.db', 'keyless.db.keys', 'text.db.keys']) assert.not.ok(existsSync(at(made)), made)
  }),
)

Failures(
  'that another process keeps locked: after a while one line and 2; nothing changed, and later it goes',
  atDesk(async ({ run, execute, path, json }) => {
    await execute(...opening)
    const before = await json(['audit'])
    const more = `${JSON.stringify(command('CancelBooking', { bookingId: 'b1' }))}\n`
    const log = new DatabaseSync(path)
    log.exec('BEGIN IMMEDIATE')
    const models = new DatabaseSync(`${path}.read`)
    models.exec('BEGIN IMMEDIATE')
    const [writing, rebuilding] = await Promise.all([run(['execute'], { input: more }), run(['rebuild'])])
    assert.is(writing.code, 2)
    oneLine(writing, /clinic\.db is locked by another process\. Wait until/)
    assert.is(rebuilding.code, 2)
    oneLine(rebuilding, /clinic\.db\.read is locked by another process\. Wait until/)
    for (const one of [log, models]) {
      one.exec('ROLLBACK')
      one.close()
    }
    assert.equal(await json(['audit']), before)
    assert.is((await run(['execute'], { input: more })).code, 0)
  }),
)

Failures(
  'with an event that this version cannot read: one line and 2, nothing is done for that tenant, and the others go on',
  atDesk(async ({ run, execute, path, json }) => {
    await execute(...opening)
    assert.is((await run(['execute', '--tenant', 'other'], { input })).code, 0)
    const database = new DatabaseSync(path)
    database.exec(
      `UPDATE events SET type = 'BookingTeleported' WHERE type = 'BookingRecorded' AND key < ${2 ** 34} * 2`,
    )
    database.close()
    const before = readFileSync(path)
    const rest = `${JSON.stringify(command('CancelBooking', { bookingId: 'b1' }))}\n`
    for (const call of ['basis', 'rebuild', 'verify', 'execute']) {
      const ran = await run([call], { input: rest })
      assert.is(ran.code, 2, ran.out)
      oneLine(ran, /BookingTeleported/)
      assert.not.match(ran.err, secret)
    }
    assert.ok(before.equals(readFileSync(path)))
    const { payers } = await json<{ payers: ReadonlyArray<object> }>(['basis', '--tenant', 'other'])
    assert.is(payers.length, 1)
  }),
)

const MANY = 800
const many = Array.from(
  { length: MANY },
  (_, i) =>
    `${JSON.stringify({ type: 'RegisterClient', commandId: `c${i}`, data: { clientId: `c${i}`, name: `Anna Andersson ${'x'.repeat(150)}` } })}\n`,
).join('')

/** Runs out of room in the midst of many commands; then there is room again. */
const roomRunsOut = async (
  path: string,
  short: () => Promise<Ran>,
  makeRoom: () => Promise<void>,
  says: RegExp,
): Promise<void> => {
  const { code, out, err } = await short()
  assert.is(code, 2, err)
  assert.is(lines(err).length, 1, err)
  assert.match(err, says)
  assert.not.match(err, secret)
  const answered = lines(out)
  assert.ok(answered.length > 3 && answered.length < MANY, `${answered.length} answers`)
  await makeRoom()
  const store = ['--store', `sqlite:${path}`]
  const verified = await runCli(['verify', '--json', ...store])
  assert.is(verified.code, 0, verified.err + verified.out)
  const again = await runCli(['execute', ...store], { input: many })
  assert.is(again.code, 0, again.err)
  assert.equal(lines(again.out).slice(0, answered.length), answered, 'what was answered was lost')
}

Failures(
  'whose disk is full: one line and 2; what was answered is there, and the rest goes when there is room',
  async () => {
    const folder = await temporaryFolder()
    const disk = join(folder, 'disk')
    await mkdir(disk)
    const mounted = await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk])
    try {
      if (mounted !== 0) skipped('only root can make a small disk')
      const path = join(disk, 'clinic.db')
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(1_600_000))
      await roomRunsOut(
        path,
        () => runCli(['execute', '--store', `sqlite:${path}`], { input: many }),
        async () => {
          await rm(join(disk, 'ballast'))
          await runProgram('mount', ['-o', 'remount,size=64m', disk])
        },
        /disk that holds .*clinic\.db.* is full\. Free some space/,
      )
    } finally {
      await runProgram('umount', [disk])
      await rm(folder, { recursive: true, force: true })
    }
  },
)

Failures(
  'whose files may not grow any more (ulimit -f): one line and 2; what was answered is there',
  atDesk(async ({ path, folder }) => {
    if (process.platform === 'win32') skipped('no ulimit')
    writeFileSync(join(folder, 'many.jsonl'), many)
    await roomRunsOut(
      path,
      () =>
        shell(
          `ulimit -f 300; trap '' XFSZ; exec ${cliLine(['execute', join(folder, 'many.jsonl'), '--store', `sqlite:${path}`])}`,
        ),
      async () => {},
      /./,
    )
  }),
)
