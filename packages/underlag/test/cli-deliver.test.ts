import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBrowser } from '@underlag/documents'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { spawnCli } from './support/cli.js'
import { command } from './support/clinic.js'
import { atDesk, type Desk, oneLine, opening, register, secret } from './support/desk.js'
import { mailServer } from './support/mail-server.js'
import { anna, kr, vat25 } from './support/samples.js'

const Deliver = suite('the command line: deliver')

const configured = (folder: string, port: number, more: object = {}): ReadonlyArray<string> => {
  const file = join(folder, 'config.json')
  writeFileSync(
    file,
    JSON.stringify({
      email: {
        smtp: { host: '127.0.0.1', port },
        from: 'faktura@kliniken.se',
        retry: { attempts: 5, firstDelayMs: 20, maxDelayMs: 20 },
        timeoutMs: 20_000,
        ...more,
      },
    }),
  )
  return ['--config', file]
}

const invoicedByEmail = async (desk: Desk, config: ReadonlyArray<string>, count: number): Promise<void> => {
  const lines = Array.from({ length: count }, (_, i) => [
    command('AddLine', { lineId: `l${i}`, payer: anna, description: 'x', quantity: '1', price: kr(100), vat: vat25 }),
    register({ delivery: 'email', items: [`line:l${i}`] }),
  ]).flat()
  const input = [...opening, ...lines].map((one) => `${JSON.stringify(one)}\n`).join('')
  const { code, out } = await desk.run(['execute', ...config], { input })
  assert.is(code, 0, out)
}

interface Listed {
  readonly deliveries: ReadonlyArray<{
    readonly deliveryId: string
    readonly status: string
    readonly attempts: ReadonlyArray<{ startedAt: string; endedAt: string | null; outcome: string; detail: string }>
  }>
}

Deliver(
  'sends what is due, lists it, and a person settles what is in doubt',
  atDesk(async (desk) => {
    if (E.isLeft(findBrowser())) skipped('no Chromium')
    const { run, json, folder } = desk
    let cut = true
    const mail = await mailServer({ end: () => (cut ? 'cut' : undefined) })
    try {
      const config = configured(folder, mail.port)
      await invoicedByEmail(desk, config, 1)
      assert.match((await run(['deliveries'])).out, /1\.1 .*requested/)
      const none = await run(['deliver'])
      assert.equal([none.code, none.out], [0, ''])
      assert.match(none.err, /notConfigured/)
      const noBrowser = await run(['deliver', ...config], { env: { UNDERLAG_BROWSER: '/nowhere/chromium' } })
      assert.is(noBrowser.code, 2)
      oneLine(noBrowser, /nowhere\/chromium/)
      const doubted = await run(['deliver', ...config, '--json'])
      assert.is(doubted.code, 0)
      assert.equal(
        JSON.parse(doubted.out).steps.map(({ outcome }: { outcome: string }) => outcome),
        ['inDoubt'],
      )
      assert.not.match(doubted.err, secret)
      const { deliveries } = await json<Listed>(['deliveries', '--status', 'inDoubt'])
      assert.equal(
        deliveries.map(({ deliveryId, attempts }) => [deliveryId, attempts.map(({ outcome }) => outcome)]),
        [['1.1', ['inDoubt']]],
      )
      const wrong = await run(['deliveries', 'settle', '9.9', 'sent'])
      assert.equal([wrong.code, /no delivery 9\.9/.test(wrong.out + wrong.err)], [1, true])
      assert.match((await run(['deliveries'])).out, /inDoubt .*after the message was sent/)
      assert.is((await run(['deliveries', 'settle', '1.1', 'retry', '--actor', 'user:eva'])).code, 0)
      assert.match((await run(['deliveries'])).out, /requested .*settled as retry by user:eva\n/)
      const twice = await run(['deliveries', 'settle', '1.1', 'retry', '--json'])
      assert.equal([twice.code, JSON.parse(twice.out).refusal._tag], [1, 'NotInDoubt'])
      cut = false
      assert.is((await run(['deliver', ...config])).code, 0)
      assert.is(mail.taken.length, 2)
      const after = await json<Listed>(['deliveries'])
      assert.equal(
        after.deliveries.map(({ status }) => status),
        ['accepted'],
      )
      assert.match((await run(['deliveries'])).out, /accepted .*message id/)
      assert.equal((await run(['deliver', ...config])).out, 'Nothing was due.\n')
      assert.is((await run(['verify'])).code, 0)
    } finally {
      await mail.close()
    }
  }),
)

Deliver(
  'by two processes at once: each mail once; watching goes on until SIGTERM',
  atDesk(async (desk) => {
    if (E.isLeft(findBrowser())) skipped('no Chromium')
    const { run, json, folder } = desk
    const mail = await mailServer({ delayMs: () => 20 })
    try {
      const config = configured(folder, mail.port)
      await invoicedByEmail(desk, config, 12)
      const watching = spawnCli(['deliver', '--watch', ...config, '--store', `sqlite:${desk.path}`], { cwd: folder })
      let said = ''
      let out = ''
      watching.stderr.on('data', (data) => {
        said += data
      })
      watching.stdout.on('data', (data) => {
        out += data
      })
      const ended = new Promise((resolve) => watching.on('close', resolve))
      const both = await Promise.all([run(['deliver', ...config]), run(['deliver', ...config])])
      for (const { code, err } of both) assert.is(code, 0, err)
      const ids = mail.taken.map(({ messageId }) => messageId)
      assert.equal([ids.length, new Set(ids).size], [12, 12])
      const input = `${JSON.stringify(command('SendInvoice', { invoiceNumber: '3', delivery: 'email' }))}\n`
      assert.is((await run(['execute', ...config], { input })).code, 0)
      for (let tries = 0; mail.taken.length < 13; tries++) {
        assert.ok(tries < 1000, 'the watching process sent nothing')
        await sleep(20)
      }
      for (let tries = 0; !/3\.2: .*accepted/.test(said); tries++) {
        assert.ok(tries < 500, `the watching process said nothing of it: ${said}`)
        await sleep(20)
      }
      watching.kill('SIGTERM')
      assert.is(await ended, 0)
      assert.is(out, '')
      const { deliveries } = await json<Listed>(['deliveries'])
      assert.ok(deliveries.every(({ status }) => status === 'accepted'))
    } finally {
      await mail.close()
    }
  }),
)

Deliver(
  'told to stop twice at once, as by Ctrl-C under npm, it lets the mail under way come to its end',
  atDesk(async (desk) => {
    if (E.isLeft(findBrowser())) skipped('no Chromium')
    const { json, folder } = desk
    const mail = await mailServer({ delayMs: () => 1_000 })
    try {
      const config = configured(folder, mail.port)
      await invoicedByEmail(desk, config, 1)
      const watching = spawnCli(['deliver', '--watch', ...config, '--store', `sqlite:${desk.path}`], { cwd: folder })
      const ended = new Promise((resolve) => watching.on('close', resolve))
      for (let tries = 0; mail.taken.length === 0; tries++) {
        assert.ok(tries < 1500, 'no mail was begun')
        await sleep(20)
      }
      watching.kill('SIGINT')
      await sleep(100)
      watching.kill('SIGHUP')
      assert.is(await ended, 0)
      const { deliveries } = await json<Listed>(['deliveries'])
      assert.equal(
        deliveries.map(({ status }) => status),
        ['accepted'],
      )
    } finally {
      await mail.close()
    }
  }),
)

Deliver(
  'killed in the midst of an attempt: in doubt afterwards, and not sent twice unnoticed',
  atDesk(async (desk) => {
    if (E.isLeft(findBrowser())) skipped('no Chromium')
    const { run, json, folder } = desk
    let hang = true
    const mail = await mailServer({ end: () => (hang ? 'hang' : undefined) })
    try {
      const config = configured(folder, mail.port)
      await invoicedByEmail(desk, config, 2)
      const child = spawnCli(['deliver', ...config, '--store', `sqlite:${desk.path}`], { cwd: folder })
      for (let tries = 0; mail.taken.length < 2; tries++) {
        assert.ok(tries < 1500, 'no mail was begun')
        await sleep(20)
      }
      child.kill('SIGKILL')
      await new Promise((resolve) => child.on('close', resolve))
      hang = false
      const after = await run(['deliver', ...config])
      assert.is(after.code, 0)
      assert.match(after.err, /1\.1: .*inDoubt/)
      const { deliveries } = await json<Listed>(['deliveries'])
      assert.equal(
        deliveries.map(({ deliveryId, status }) => [deliveryId, status]),
        [
          ['1.1', 'inDoubt'],
          ['2.1', 'inDoubt'],
        ],
      )
      assert.is(mail.taken.length, 2)
      assert.is((await run(['deliveries', 'settle', '1.1', 'sent'])).code, 0)
      assert.is((await run(['deliveries', 'settle', '2.1', 'failed', '--actor', 'user:eva'])).code, 0)
      const settled = (await run(['deliveries'])).out
      assert.match(settled, /accepted .*settled as sent\n/)
      assert.match(settled, /failed .*settled as failed by user:eva\n/)
      assert.is((await run(['verify'])).code, 0)
    } finally {
      await mail.close()
    }
  }),
)
