import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBrowser } from '@underlag/documents'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import type { Answer } from '../src/index.js'
import { type Ran, runBin, runCli, spawnCli } from './support/cli.js'
import { command } from './support/clinic.js'
import { atDesk, jsonLines, lines, oneLine, opening, register, secret } from './support/desk.js'
import { anna } from './support/samples.js'

const Usage = suite('the command line: usage')

Usage(
  'is told by --help, of all and of each call',
  atDesk(async ({ run, folder }) => {
    const all = await run(['--help'])
    assert.equal([all.code, all.err], [0, ''])
    for (const call of [
      'execute',
      'basis',
      'preview',
      'invoices',
      'invoice',
      'deliver',
      'deliveries',
      'audit',
      'import',
      'export',
      'rebuild',
      'verify',
    ]) {
      assert.match(all.out, new RegExp(`underlag ${call}`))
      const own = await run([call, '--help'])
      assert.equal([own.code, own.err], [0, ''])
      assert.match(own.out, /Example:/)
    }
    assert.not.ok(existsSync(join(folder, 'clinic.db')))
    const none = await runCli([], { cwd: folder })
    assert.equal([none.code, none.out], [2, ''])
  }),
)

Usage('of a Node without SQLite is one line that says which is needed, and 2', async () => {
  const without = 'data:text/javascript,import module from "node:module"; module.isBuiltin = () => false'
  const old = await runBin(['--import', without], ['--help'])
  assert.is(old.code, 2)
  oneLine(old, /needs Node 22\.13, 23\.4 or later, and this is v\d/)
  assert.match((await runBin([], ['--help'])).out, /underlag execute/)
})

Usage(
  'keeps its compiled code with the user, where that can be',
  atDesk(async ({ folder }) => {
    const helped = async (env: Readonly<Record<string, string | undefined>>, uid?: number) => {
      const own = { NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: undefined, ...env }
      const { code, out, err } = await runBin([], ['--help'], {
        env: own,
        cwd: folder,
        ...(uid === undefined ? {} : { uid }),
      })
      assert.equal([code, err], [0, ''], JSON.stringify(env))
      assert.match(out, /underlag execute/)
    }
    const home = join(folder, 'home')
    mkdirSync(home)
    await helped({ HOME: home })
    const kept = join(home, '.cache', 'underlag')
    assert.ok(readdirSync(kept).length > 0)
    assert.is(statSync(kept).mode & 0o077, 0)
    const named = join(folder, 'caches')
    await helped({ HOME: home, XDG_CACHE_HOME: named })
    assert.ok(readdirSync(join(named, 'underlag')).length > 0)

    writeFileSync(join(folder, 'file'), '')
    const before = readdirSync(folder)
    await helped({ HOME: join(folder, 'no', 'home') })
    await helped({ HOME: '' })
    await helped({ HOME: '', XDG_CACHE_HOME: 'relative' })
    await helped({ HOME: home, XDG_CACHE_HOME: join(folder, 'file') })
    if (process.getuid?.() === 0) {
      const strange = 54_321
      chmodSync(folder, 0o777)
      // Whom the system does not know; where that user can read the program at all.
      if ((await runBin(['--check'], [], { cwd: folder, uid: strange })).code === 0)
        await helped({ HOME: undefined }, strange)
      rmSync(kept, { recursive: true })
      mkdirSync(kept)
      chownSync(kept, strange, strange)
      await helped({ HOME: home })
      assert.equal(readdirSync(kept), [], 'the folder is another’s')
    }
    assert.equal(readdirSync(folder), before)
  }),
)

Usage(
  'that is bad ends with 2 and one line, before anything is touched',
  atDesk(async ({ folder, path, execute }) => {
    await execute(...opening)
    writeFileSync(join(folder, 'not.json'), '{')
    writeFileSync(join(folder, 'odd.json'), JSON.stringify({ email: { from: 'x' }, colour: 'blue' }))
    writeFileSync(
      join(folder, 'env.json'),
      JSON.stringify({
        email: {
          smtp: { host: 'localhost', port: 25, auth: { user: { env: 'NO_USER' }, pass: { env: 'NO_PASS' } } },
          from: 'a@example.se',
        },
      }),
    )
    const before = readFileSync(path)
    const store = ['--store', `sqlite:${path}`]
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
      [['nonsense'], /no call "nonsense"/],
      [['basis', '--colour'], /--colour/],
      [['basis', '--status', 'paid'], /no option --status/],
      [['basis', '--payer'], /--payer/],
      [['basis', '--payer', 'anna'], /client:ID or company:ID/],
      [['basis', '--as-of', 'yesterday'], /--as-of must be/],
      [['basis', 'extra'], /does not take "extra"/],
      [['audit', '--from', '2026-13-01'], /--from must be/],
      [['invoice'], /number/],
      [['invoice', '1', '2'], /does not take "2"/],
      [['invoice', '1', '--pdf', 'a.pdf', '--html', './a.pdf'], /--pdf and --html name the same file/],
      [['invoice', '1', '--html', 'a.xml', '--ubl', 'a.xml'], /--ubl and --html name the same file/],
      [['invoice', '1', '--pdf', '-'], /--pdf needs the name of a file: no document is written to standard output/],
      [['invoices', '--status', 'lost'], /--status must be one of/],
      [['deliveries', '--status', 'lost'], /--status must be one of/],
      [['deliveries', 'settle', '1.1', 'maybe'], /sent, failed or retry/],
      [['deliveries', 'settle', '1.1'], /sent, failed or retry/],
      [['preview'], /needs a file/],
      [['import', 'bgmax'], /needs the layout, camt054 or bgmax, and a file/],
      [['import', 'csv', 'not.json'], /needs the layout, camt054 or bgmax, and a file/],
      [['import', 'bgmax', 'none.txt'], /none\.txt cannot be read/],
      [['import', 'bgmax', 'not.json'], /not\.json was not imported\. .* does not begin as/],
      [['export', 'sie'], /needs the layout, sie, and a file/],
      [['export', 'sie', '-'], /needs the name of a file/],
      [['export', 'sie', 'a.si', '--from', '2026-03-01T09:00:00Z'], /--from must be a date/],
      [['export', 'sie', 'a.si', '--from', '2026-03-02', '--to', '2026-03-01'], /--to is before --from/],
      [['rebuild', 'nonsense'], /no read model nonsense/],
      [['basis', '--tenant', 'a/b'], /--tenant must be/],
      [['basis', '--config', 'none.json'], /none\.json cannot be read/],
      [['basis', '--config', 'not.json'], /not JSON/],
      [['basis', '--config', 'odd.json'], /colour/],
      [['basis', '--config', 'env.json'], /NO_USER/],
      [['execute', 'none.jsonl'], /none\.jsonl cannot be read/],
      [['execute', folder], /EISDIR/],
      [['preview', 'not.json'], /not JSON/],
    ]
    const ran = await Promise.all(cases.map(([args]) => runCli([...args, ...store], { cwd: folder })))
    for (const [i, [args, says]] of cases.entries()) {
      const one = ran[i] as Ran
      assert.is(one.code, 2, args.join(' '))
      oneLine(one, says)
    }
    const elsewhere = await runCli(['basis', '--store', 'postgres://x'], { cwd: folder })
    assert.is(elsewhere.code, 2)
    oneLine(elsewhere, /--store must be/)
    assert.ok(before.equals(readFileSync(path)))
  }),
)

const Execute = suite('the command line: execute')

Execute(
  'answers one JSON a line, from standard input, from - and from a file; --json changes nothing',
  atDesk(async ({ run, folder }) => {
    const [first, ...rest] = opening
    const input = rest.map((one) => `${JSON.stringify(one)}\n`).join('')
    const a = await run(['execute'], { input: `${JSON.stringify(first)}\n` })
    assert.equal([a.code, a.err], [0, ''])
    assert.equal(jsonLines(a.out), [
      {
        commandId: first?.commandId,
        ok: true,
        events: [{ type: 'InvoicingActivated', data: {}, stream: 'settings/clinic', revision: 0, position: 1 }],
      },
    ])
    const b = await run(['execute', '-', '--json'], { input })
    assert.is(b.code, 0)
    assert.equal(
      jsonLines<Answer>(b.out).map(({ commandId, ok }) => [commandId, ok]),
      rest.map(({ commandId }) => [commandId, true]),
    )
    // A byte order mark, carriage returns, empty lines and no end of the last line: as files come.
    writeFileSync(join(folder, 'in.jsonl'), `\uFEFF${input.trimEnd().replaceAll('\n', '\r\n\r\n')}`)
    const c = await run(['execute', 'in.jsonl'])
    assert.equal([c.code, jsonLines(c.out)], [0, jsonLines(b.out)])
    const none = await run(['execute'], { input: '' })
    assert.equal([none.code, none.out, none.err], [0, '', ''])
  }),
)

Execute(
  'answers a refused or malformed line in its place and goes on; then ends with 1',
  atDesk(async ({ run }) => {
    const text = [
      'this is no JSON',
      JSON.stringify(opening[0]),
      '[]',
      '',
      JSON.stringify({ type: 'CancelBooking', commandId: 'x1', data: { bookingId: 'none' } }),
      JSON.stringify({ type: 'CancelBooking', commandId: 'x2', data: { booking: 'b1', note: 'Anna\u2028Andersson' } }),
      JSON.stringify(opening[1]),
    ].join('\n')
    const { code, out, err } = await run(['execute'], { input: text })
    assert.equal([code, err], [1, ''])
    const answers = jsonLines<{
      line?: number
      commandId?: string
      ok: boolean
      refusal?: { _tag: string; problems?: ReadonlyArray<string> }
    }>(out)
    assert.equal(
      answers.map(({ line, commandId, ok, refusal }) => [line, commandId, ok, refusal?._tag]),
      [
        [1, undefined, false, 'MalformedCommand'],
        [undefined, opening[0]?.commandId, true, undefined],
        [3, undefined, false, 'MalformedCommand'],
        [undefined, 'x1', false, 'UnknownBooking'],
        [6, 'x2', false, 'MalformedCommand'],
        [undefined, opening[1]?.commandId, true, undefined],
      ],
    )
    for (const { refusal } of answers)
      if (refusal?._tag === 'MalformedCommand') assert.ok((refusal.problems?.length ?? 0) > 0)
    assert.not.match(out, /Andersson/)
  }),
)

Execute(
  'answers as soon as it is done, while the input is still open',
  atDesk(async ({ path }) => {
    const child = spawnCli(['execute', '--store', `sqlite:${path}`])
    let out = ''
    child.stdout.on('data', (data) => {
      out += data
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    for (const [i, one] of opening.entries()) {
      child.stdin.write(`${JSON.stringify(one)}\n`)
      for (let tries = 0; lines(out).length <= i; tries++) {
        assert.ok(tries < 1000, 'no answer came')
        await sleep(10)
      }
    }
    child.stdin.end()
    assert.is(await ended, 0)
  }),
)

Execute(
  'ends without a fuss when nobody reads its answers, and the same input again answers all',
  atDesk(async ({ run, path }) => {
    const input = Array.from(
      { length: 300 },
      (_, i) =>
        `${JSON.stringify({ type: 'RegisterClient', commandId: `c${i}`, data: { clientId: `c${i}`, name: 'Anna Andersson' } })}\n`,
    ).join('')
    const child = spawnCli(['execute', '--store', `sqlite:${path}`])
    let err = ''
    child.stderr.on('data', (data) => {
      err += data
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.on('close', resolve))
    assert.equal([code, err], [2, ''])
    const again = await run(['execute'], { input })
    assert.is(again.code, 0)
    assert.is(jsonLines(again.out).length, 300)
  }),
)

const Queries = suite('the command line: queries')

Queries(
  'show the underlag, previews, the register, the audit trail and the proof as JSON and to a person',
  atDesk(async ({ run, json, execute, folder, path }) => {
    await execute(...opening)
    const asOf = new Date().toISOString()
    const basis = await json<{ payers: ReadonlyArray<{ payer: object; items: ReadonlyArray<object> }> }>(['basis'])
    assert.equal(Object.keys(basis).sort(), ['conflicts', 'payers'])
    const { payers } = basis
    assert.equal([payers.length, payers[0]?.payer, payers[0]?.items.length], [1, anna, 2])
    assert.equal(await json(['basis', '--payer', 'client:anna']), basis)
    assert.equal(await json(['basis', '--payer', 'company:x']), { payers: [], conflicts: [] })
    const seen = await run(['basis'])
    assert.match(seen.out, /Anna Andersson/)
    assert.match(seen.out, /2 400\.00 SEK/)

    writeFileSync(join(folder, 'register.json'), JSON.stringify(register({ items: ['booking:b1'] })))
    const previewed = await json<{ invoices: unknown }>(['preview', 'register.json'])
    const fromInput = await json(['preview', '-'], { input: JSON.stringify(register({ items: ['booking:b1'] })) })
    assert.equal(fromInput, previewed)
    assert.equal(await json(['invoices']), { invoices: [] })
    const refused = await run(['preview', '-', '--json'], { input: JSON.stringify(register({ items: ['line:none'] })) })
    assert.is(refused.code, 1)
    assert.equal(JSON.parse(refused.out), {
      invoices: [],
      refused: [{ payer: anna, refusal: { _tag: 'UnknownItem', items: ['line:none'] } }],
    })
    const malformed = await run(['preview', '-', '--json'], { input: '{"type":"RegisterInvoice"}' })
    assert.equal([malformed.code, JSON.parse(malformed.out).refused[0].refusal._tag], [1, 'MalformedCommand'])

    const [answer] = await execute(register({ items: ['booking:b1'] }))
    const registered = { ...(answer?.ok === true ? answer.events[0]?.data : {}) } as Record<string, unknown>
    const { invoiceNumber: _, sequence: __, ocr: ___, ...numberless } = registered
    assert.equal(previewed.invoices, [numberless])
    assert.equal(await json(['invoices']), { invoices: [registered] })
    assert.equal(await json(['invoice', '1']), registered)
    assert.equal(await json(['invoices', '--payer', 'client:anna', '--status', 'credited']), { invoices: [] })
    assert.match((await run(['invoices'])).out, /client:anna/)
    assert.match((await run(['invoice', '1'])).out, /Invoice 1/)
    const unknown = await run(['invoice', '7'])
    assert.is(unknown.code, 1)
    oneLine(unknown, /no invoice 7/)
    const unknownJson = await run(['invoice', '7', '--json'])
    assert.equal(
      [unknownJson.code, JSON.parse(unknownJson.out)],
      [1, { ok: false, refusal: { _tag: 'UnknownInvoice', invoiceNumber: '7' } }],
    )
    for (const [about, refusal] of [
      ['7', { _tag: 'UnknownInvoice', invoiceNumber: '7' }],
      ['booking:none', { _tag: 'UnknownItem', items: ['booking:none'] }],
    ] as const) {
      const nothing = await run(['why', about, '--json'])
      assert.equal([nothing.code, nothing.err, JSON.parse(nothing.out)], [1, '', { ok: false, refusal }])
      oneLine(await run(['why', about]), /There is no/)
    }
    // The buyer is no company with an electronic address.
    const ubl = ['invoice', '1', '--ubl', join(folder, 'faktura.xml')]
    const noUbl = await run([...ubl, '--json'])
    const { ok, refusal } = JSON.parse(noUbl.out)
    assert.equal([noUbl.code, noUbl.err, ok, refusal._tag], [1, '', false, 'UblNotPossible'])
    oneLine(await run(ubl), /Invoice 1 cannot be an e-invoice\. \S+ \(\S+\): /)
    assert.not.ok(existsSync(join(folder, 'faktura.xml')))

    const page = join(folder, 'faktura.html')
    assert.equal(await json(['invoice', '1', '--html', page]), registered)
    assert.match(readFileSync(page, 'utf8'), /Anna Andersson/)
    const unwritable = await run(['invoice', '1', '--html', join(folder, 'none', 'x.html')])
    assert.is(unwritable.code, 2)
    oneLine(unwritable, /cannot be written/)

    // Over what is no document, the store above all, nothing is written; over an earlier document it is.
    for (const file of [path, `${path}.keys`]) {
      const before = readFileSync(file)
      for (const args of [
        ['invoice', '1', '--html', file],
        ['deliver', '--log', file],
      ]) {
        const slip = await run(args)
        assert.is(slip.code, 2)
        oneLine(slip, /is there and is no (document|log): name another file/)
      }
      assert.ok(before.equals(readFileSync(file)))
    }
    assert.is((await run(['invoice', '1', '--html', page])).code, 0)

    await execute({ ...command('MarkBookingPaid', { bookingId: 'b1', method: 'card' }), actor: 'user:kim' })
    const { conflicts } = await json<{ conflicts: ReadonlyArray<{ itemId: string }> }>(['basis'])
    assert.equal(
      conflicts.map(({ itemId }) => itemId),
      ['booking:b1'],
    )
    assert.equal(await json(['basis', '--as-of', asOf]), basis)

    const { entries } = await json<{
      entries: ReadonlyArray<Record<string, unknown>>
    }>(['audit', '--about', 'b1'])
    assert.equal(
      entries.map(({ type, actor }) => [type, actor]),
      [
        ['BookingRecorded', null],
        ['InvoiceRegistered', null],
        ['BookingMarkedPaid', 'user:kim'],
      ],
    )
    assert.equal(Object.keys(entries[0] ?? {}).sort(), [
      'actor',
      'at',
      'causationId',
      'commandId',
      'correlationId',
      'data',
      'position',
      'recordedAt',
      'stream',
      'summary',
      'type',
    ])
    const kim = await json<{ entries: ReadonlyArray<unknown> }>(['audit', '--actor', 'user:kim'])
    assert.is(kim.entries.length, 1)
    assert.equal(await json(['audit', '--to', '2020-01-01']), { entries: [] })
    assert.match((await run(['audit', '--actor', 'user:kim'])).out, /Booking b1 was paid/)

    const rebuilt = await json<{ ok: boolean; position: number }>(['rebuild'])
    assert.equal([rebuilt.ok, rebuilt.position], [true, 8])
    assert.is((await json<{ ok: boolean }>(['rebuild', 'visits'])).ok, true)
    const verified = await json<{ ok: boolean; checks: ReadonlyArray<{ name: string }> }>(['verify'])
    assert.ok(verified.ok)
    for (const name of ['numbersWithoutGap', 'noSourceTwice', 'readModelsEqualReplay', 'documentsUnchanged'])
      assert.ok(verified.checks.some((check) => check.name === name))
    assert.match((await run(['verify'])).out, /All is well\./)
  }),
)

Queries(
  'keep tenants of one file apart',
  atDesk(async ({ run, json, execute }) => {
    await execute(...opening)
    const input = opening.map((one) => `${JSON.stringify(one)}\n`).join('')
    assert.equal(await json(['basis', '--tenant', 'other']), { payers: [], conflicts: [] })
    assert.is((await run(['execute', '--tenant', 'other'], { input })).code, 0)
    await execute(register())
    assert.equal(await json(['invoices', '--tenant', 'other']), { invoices: [] })
    const mine = await json<{ invoices: ReadonlyArray<unknown> }>(['invoices'])
    assert.is(mine.invoices.length, 1)
  }),
)

Queries(
  'the proof fails, with 1 and what is wrong, when the log or its files were tampered with',
  atDesk(async ({ run, execute, path }) => {
    await execute(...opening, register({ items: ['booking:b1'] }), register({ items: ['booking:b2'] }))
    const pristine = readFileSync(path)
    const restored = async (): Promise<void> => {
      writeFileSync(path, pristine)
      for (const suffix of ['-wal', '-shm', '.read', '.read-wal', '.read-shm']) await rm(path + suffix, { force: true })
    }
    const tampered = async (sql: string): Promise<Ran> => {
      await restored()
      const database = new DatabaseSync(path)
      database.exec(sql)
      database.close()
      return run(['verify', '--json'])
    }
    const failing = ({ code, out }: Ran): ReadonlyArray<string> => {
      assert.is(code, 1)
      return (JSON.parse(out).checks as ReadonlyArray<{ name: string; ok: boolean }>)
        .filter(({ ok }) => !ok)
        .map(({ name }) => name)
    }
    const renumber = `UPDATE events SET data = replace(data, '"sequence":2', '"sequence":3') WHERE type = 'InvoiceRegistered'`
    assert.ok(failing(await tampered(renumber)).includes('numbersWithoutGap'))
    const twice = `UPDATE events SET data = replace(data, 'booking:b2', 'booking:b1') WHERE type = 'InvoiceRegistered'`
    assert.ok(failing(await tampered(twice)).includes('noSourceTwice'))
    const box = `UPDATE events SET personal = replace(personal, '"box":"', '"box":"A') WHERE type = 'InvoiceRegistered'`
    const altered = await tampered(box)
    assert.equal(failing(altered), ['sealedPartsOpen'])
    assert.match(altered.out, /a sealed part of InvoiceRegistered at position \d+ was altered/)
    const gap = `DELETE FROM events WHERE type = 'SellerSet'`
    assert.ok(failing(await tampered(gap)).includes('storeIntact'))
    await restored()
    assert.is((await run(['verify'])).code, 0)
    const models = new DatabaseSync(`${path}.read`)
    const tables = models.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all() as Array<{
      name: string
    }>
    for (const { name } of tables)
      try {
        models.exec(`UPDATE "${name}" SET document = replace(document, '"booking:b1"', '"booking:bx"')`)
      } catch {
        // a table without documents
      }
    models.close()
    const spoilt = await run(['verify', '--json'])
    assert.equal(failing(spoilt), ['readModelsEqualReplay'])
    assert.is((await run(['rebuild'])).code, 0)
    assert.is((await run(['verify'])).code, 0)
  }),
)

Queries(
  'the proof fails with a key file that is older than the log, empty or of another store, where everybody reads as erased',
  atDesk(async ({ run, json, execute, path, folder }) => {
    const keys = `${path}.keys`
    await execute(...opening)
    copyFileSync(keys, `${keys}.old`)
    await execute(command('RegisterClient', { clientId: 'bo', name: 'Bo Berg' }))
    copyFileSync(keys, `${keys}.good`)
    const other = ['--store', `sqlite:${join(folder, 'other.db')}`]
    const input = opening.map((one) => `${JSON.stringify(one)}\n`).join('')
    assert.is((await runCli(['execute', ...other], { input })).code, 0)
    for (const file of [`${keys}.old`, join(folder, 'other.db.keys'), undefined]) {
      if (file === undefined) writeFileSync(keys, '')
      else copyFileSync(file, keys)
      const { code, out } = await run(['verify', '--json'])
      const failed = (JSON.parse(out).checks as ReadonlyArray<{ name: string; ok: boolean; detail: string }>).filter(
        ({ ok }) => !ok,
      )
      assert.equal([code, failed.map(({ name }) => name)], [1, ['keysBelong']])
      assert.match(failed[0]?.detail ?? '', /neither holds nor erased.* Put back its newest backup/)
    }
    copyFileSync(`${keys}.good`, keys)
    assert.ok((await json<{ ok: boolean }>(['verify'])).ok)
  }),
)

Queries(
  'write the PDF of an invoice, the same bytes each time; without a browser they say so in one line',
  atDesk(async ({ run, execute, folder }) => {
    await execute(...opening, register())
    const file = join(folder, 'faktura.pdf')
    const without = await run(['invoice', '1', '--pdf', file], { env: { UNDERLAG_BROWSER: '/nowhere/chromium' } })
    assert.is(without.code, 2)
    oneLine(without, /nowhere\/chromium/)
    assert.not.ok(existsSync(file))
    if (E.isLeft(findBrowser())) skipped('no Chromium')
    assert.is((await run(['invoice', '1', '--pdf', file])).code, 0)
    const first = readFileSync(file)
    assert.is(first.subarray(0, 5).toString(), '%PDF-')
    // Stored: no browser is asked again.
    const again = await run(['invoice', '1', '--pdf', file], { env: { UNDERLAG_BROWSER: '/nowhere/chromium' } })
    assert.is(again.code, 0)
    assert.ok(first.equals(readFileSync(file)))
    assert.is((await run(['verify'])).code, 0)
  }),
)

const No = suite('the command line: personal data')

No(
  'is never on standard error, whatever fails',
  atDesk(async (desk) => {
    const { run, execute } = desk
    await execute(...opening)
    const commands = [
      { type: 'RegisterClient', commandId: 'x1', data: { clientId: 'anna', name: 'Anna Andersson' } },
      { type: 'RegisterClient', commandId: 'x2', data: { clientId: 'Anna Andersson', name: 'Anna Andersson' } },
      {
        type: 'RegisterClient',
        commandId: 'x3',
        data: { clientId: 'c9', name: 'Anna Andersson', personalIdentityNumber: '811218-9877' },
      },
      { type: 'RegisterClient', commandId: 'x4', data: { clientId: 'c9', name: 'x', email: 'anna@example' } },
    ]
    const refused = await run(['execute'], { input: commands.map((one) => `${JSON.stringify(one)}\n`).join('') })
    assert.is(refused.code, 1)
    assert.is(refused.err, '')
    assert.not.match(refused.out, secret)
    for (const call of [['basis'], ['audit'], ['verify'], ['rebuild'], ['invoices']])
      assert.is((await run(call)).err, '')
  }),
)
