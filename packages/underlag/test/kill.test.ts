import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { messageIdOf } from '@underlag/channels/email'
import { skipped, suite } from '@underlag/kernel/testing'
import { NO_SERVER, testServer } from '@underlag/store-eventstoredb/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { idempotencyKey } from '../src/delivery/request.js'
import { type Answer, type Command, openUnderlag, type Underlag } from '../src/index.js'
import { runCli, spawnCli } from './support/cli.js'
import { quickRenderer, right } from './support/clinic.js'
import { chunk, LEASE_TTL_MS, onFile, opening, optionsOn, SENDER, type Where } from './support/killed-commands.js'
import { type MailServer, mailServer } from './support/mail-server.js'
import { temporaryFolder } from './support/stores.js'

const Kill = suite('kill -9')

const program = fileURLToPath(new URL('./support/killed-clinic.js', import.meta.url))

/** A fresh store now and then: what is killed at its very beginning is tried too, and no process has long to read. */
const STORES = 4
const ROUNDS = 25

interface Killed {
  readonly lines: ReadonlyArray<string>
}

/** Runs a process, kills it at a moment of its own, and gives back what it had said by then. */
const killed = (
  role: 'execute' | 'deliver',
  where: Where,
  port: number,
  from: number,
  cache: string,
): Promise<Killed> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, role, JSON.stringify(where), String(port), String(from)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_COMPILE_CACHE: cache },
      },
    )
    let out = ''
    let err = ''
    // Counted from the first word and in words, so that however slow the machine is there is something to lose.
    const kill = (ms: number): void => void setTimeout(() => child.kill('SIGKILL'), Math.random() * ms)
    const words = Math.random() * (role === 'execute' ? 140 : 8)
    if (Math.random() < 0.1) kill(300)
    child.stdout.on('data', (data) => {
      if (out === '') kill(1_200)
      out += data
      if (out.split('\n').length > words) kill(15)
    })
    child.stderr.on('data', (data) => {
      err += data
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the process of ${role} ended by itself with ${code}: ${err}`))
      // What follows the last line's end was cut off: that answer nobody got.
      const lines = out.slice(0, out.lastIndexOf('\n') + 1).split('\n')
      resolve({ lines: lines.slice(0, -1) })
    })
  })

const opened = async (where: Where, port: number): Promise<Underlag> => {
  const underlag = await openUnderlag({ ...optionsOn(where, port), renderer: quickRenderer })()
  if (E.isLeft(underlag)) throw new Error(JSON.stringify(underlag.left))
  return underlag.right
}

/** Delivers until nothing is under way any more, with what the killed processes left. */
const drained = async (underlag: Underlag): Promise<void> => {
  for (let tries = 0; tries < 600; tries++) {
    await right(underlag.deliver({ leaseTtlMs: LEASE_TTL_MS }))
    const open = (await right(underlag.deliveries())).filter(({ status }) => ['requested', 'waiting'].includes(status))
    if (open.length === 0) return
    await sleep(20)
  }
  throw new Error('some deliveries never came to an end')
}

/** The last chunk was cut off somewhere. */
class NotYetSent extends Error {}

const chunkOf = (commandId: string): number => Number(/-(\d+)/.exec(commandId)?.[1] ?? 0)

/** Every rule that must hold, whatever was killed when. */
const checked = async (
  underlag: Underlag,
  mail: MailServer,
  acknowledged: ReadonlyMap<string, string>,
  tenant = 'default',
) => {
  const verified = await right(underlag.verify())
  assert.ok(verified.ok, JSON.stringify(verified.checks))

  const invoices = await right(underlag.invoices())
  assert.equal(
    invoices.map(({ invoiceNumber }) => invoiceNumber),
    invoices.map((_, i) => String(i + 1)),
    'numbers are missing or double',
  )
  assert.is(new Set(invoices.map(({ ocr }) => ocr)).size, invoices.length)
  const claimed = new Set<string>()
  for (const invoice of invoices.filter(({ kind }) => kind === 'invoice'))
    for (const { itemId, bookingId } of invoice.lines)
      for (const source of new Set([itemId, bookingId === undefined ? itemId : `booking:${bookingId}`])) {
        assert.not.ok(claimed.has(source), `${source} is on two invoices`)
        claimed.add(source)
      }

  // Every answer that was given is still true: the same command is answered the same, and nothing new comes of it.
  const end = await right(underlag.caughtUp())
  const again = async (command: Command): Promise<Answer> => {
    if (chunkOf(command.commandId) === last && !acknowledged.has(command.commandId)) throw new NotYetSent()
    const answer = await right(underlag.execute(command))
    const before = acknowledged.get(command.commandId)
    if (before !== undefined) assert.equal(answer, JSON.parse(before), `${command.commandId} was answered otherwise`)
    return answer
  }
  const last = Math.max(0, ...[...acknowledged.keys()].map(chunkOf))
  for (const command of acknowledged.size === 0 ? [] : opening) await again(command)
  for (let i = 0; i < last; i++) await chunk(i, again)
  await chunk(last, again).catch((error) => {
    if (!(error instanceof NotYetSent)) throw error
  })
  assert.is(await right(underlag.caughtUp()), end, 'what was acknowledged was not stored')

  const mails = new Map<string, number>()
  for (const { messageId } of mail.taken) mails.set(messageId, (mails.get(messageId) ?? 0) + 1)
  const deliveries = await right(underlag.deliveries())
  const counts = { sent: 0, doubted: 0, held: 0 }
  for (const { deliveryId, invoiceNumber, delivery, status, attempts } of deliveries) {
    const key = idempotencyKey(tenant, invoiceNumber, delivery, Number(deliveryId.split('.')[1]))
    const sent = mails.get(messageIdOf(key, SENDER)) ?? 0
    mails.delete(messageIdOf(key, SENDER))
    const doubted = attempts.some(({ outcome }) => outcome === 'inDoubt')
    assert.ok(sent <= 1, `${deliveryId} was sent ${sent} times`)
    if (status === 'accepted' && !doubted) assert.is(sent, 1, `${deliveryId} was accepted and never came`)
    if (status === 'held') assert.is(attempts.filter(({ outcome }) => outcome === 'accepted').length, 0)
    assert.ok(['accepted', 'inDoubt', 'held'].includes(status), `${deliveryId} is ${status}`)
    counts.sent += sent
    if (doubted) counts.doubted += 1
    if (status === 'held') counts.held += 1
  }
  assert.equal([...mails.keys()], [], 'mails that belong to no delivery')
  for (const { messageId, to, raw } of mail.taken) {
    const of = deliveries.find(
      ({ invoiceNumber, delivery, deliveryId }) =>
        messageId ===
        messageIdOf(idempotencyKey(tenant, invoiceNumber, delivery, Number(deliveryId.split('.')[1])), SENDER),
    )
    const invoice = invoices.find(({ invoiceNumber }) => invoiceNumber === of?.invoiceNumber)
    assert.is(to, invoice?.buyer.email, 'a mail went to another than its recipient')
    assert.ok(raw.includes(`faktura-${invoice?.invoiceNumber}.pdf`), 'a mail carries the document of another invoice')
  }

  const contradicted = new Set((await right(underlag.basis())).conflicts.map(({ itemId }) => itemId))
  for (const [commandId, answer] of acknowledged) {
    if (!commandId.startsWith('late-')) continue
    const i = chunkOf(commandId)
    assert.match(answer, /"AlreadyInvoiced"/)
    const credited = i % 4 === 0 && i < last
    if (i < last) assert.is(contradicted.has(`booking:b${i}.2`), !credited)
  }
  return { invoices: invoices.length, ...counts }
}

Kill(
  '200 times, executing and delivering: no number missing or double, no source twice, no mail twice, nothing acknowledged lost',
  async () => {
    const folder = await temporaryFolder()
    const mail = await mailServer({
      delayMs: () => Math.random() * 25,
      rcpt: () => (Math.random() < 0.05 ? '451 4.3.0 not now' : undefined),
    })
    try {
      let kills = 0
      let answers = 0
      let mails = 0
      for (let store = 0; store < STORES; store++) {
        const where = onFile(join(folder, `${store}.db`))
        const acknowledged = new Map<string, string>()
        const taken = mail.taken.length
        for (let round = 0; round < ROUNDS; round++) {
          // The chunk at hand again, and the one before: the same commands come twice, answered or not.
          const from = Math.max(0, ...[...acknowledged.keys()].map(chunkOf)) - 1
          const [executing] = await Promise.all([
            killed('execute', where, mail.port, Math.max(0, from), join(folder, 'cache')),
            killed('deliver', where, mail.port, 0, join(folder, 'cache')),
          ])
          kills += 2
          for (const line of executing.lines) {
            const answer = JSON.parse(line) as Answer
            assert.ok(answer.ok, line)
            const before = acknowledged.get(answer.commandId)
            if (before !== undefined)
              assert.equal(answer, JSON.parse(before), `${answer.commandId} was answered otherwise`)
            else acknowledged.set(answer.commandId, line)
          }
        }
        const underlag = await opened(where, mail.port)
        try {
          await drained(underlag)
          const own = { ...mail, taken: mail.taken.slice(taken) }
          const { invoices, sent, doubted, held } = await checked(underlag, own, acknowledged)
          console.log(
            `store ${store}: ${acknowledged.size} answers, ${invoices} invoices, ${sent} mails, ${doubted} in doubt, ${held} held`,
          )
          answers += acknowledged.size
          mails += sent
        } finally {
          await underlag.close()
        }
      }
      assert.is(kills, 200)
      assert.ok(answers > 400, `only ${answers} answers were got`)
      assert.ok(mails > 40, `only ${mails} mails were sent`)

      // The last store again: a rebuild that is killed leaves the old read models serving.
      const path = join(folder, `${STORES - 1}.db`)
      for (let i = 0; i < 8; i++) {
        const child = spawnCli(['rebuild', '--store', `sqlite:${path}`])
        const closed = new Promise((resolve) => child.on('close', resolve))
        await sleep(150 + Math.random() * 350)
        child.kill('SIGKILL')
        await closed
        const verified = await runCli(['verify', '--store', `sqlite:${path}`])
        assert.is(verified.code, 0, verified.out)
      }
    } finally {
      await mail.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
)

Kill('stopped and continued at random while several deliver: whoever slept too long sends nothing twice', async () => {
  const folder = await temporaryFolder()
  const mail = await mailServer({ delayMs: () => 50 + Math.random() * 200 })
  const where = onFile(join(folder, 'clinic.db'))
  const underlag = await opened(where, mail.port)
  try {
    for (const command of opening) await right(underlag.execute(command))
    const processes = [0, 1, 2].map(() => {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', program, 'deliver', JSON.stringify(where), String(mail.port)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      return { child, closed: new Promise((resolve) => child.on('close', resolve)) }
    })
    try {
      await Promise.all(processes.map(({ child }) => new Promise((resolve) => child.stdout.once('data', resolve))))
      let last = 0
      const send = async (command: Command): Promise<Answer> => {
        const answer = await right(underlag.execute(command))
        assert.ok(answer.ok, JSON.stringify(answer))
        return answer
      }
      const until = performance.now() + 12_000
      const stopping = processes.map(async ({ child }) => {
        while (performance.now() < until) {
          await sleep(Math.random() * 400)
          child.kill('SIGSTOP')
          // Shorter and longer than the lease lasts.
          await sleep(Math.random() * 2 * LEASE_TTL_MS)
          child.kill('SIGCONT')
        }
      })
      for (; performance.now() < until; last++) {
        await chunk(last, send)
        await sleep(40)
      }
      await Promise.all(stopping)
    } finally {
      for (const { child, closed } of processes) {
        child.kill('SIGKILL')
        await closed
      }
    }
    await drained(underlag)
    const { sent, doubted } = await checked(underlag, mail, new Map())
    console.log(`${sent} mails, ${doubted} in doubt`)
    assert.ok(sent > 5, `only ${sent} mails were sent`)
  } finally {
    await underlag.close()
    await mail.close()
    await rm(folder, { recursive: true, force: true })
  }
})

Kill(
  'on EventStoreDB, several executing and delivering at once: the same holds, and who is killed is taken over from',
  async () => {
    const server = await testServer()
    if (server === undefined) return skipped(NO_SERVER)
    const folder = await temporaryFolder()
    const mail = await mailServer({ delayMs: () => Math.random() * 25 })
    const where: Where = {
      store: server.connection as `esdb://${string}`,
      tenant: `killed-${randomUUID().slice(0, 8)}`,
      files: join(folder, 'clinic'),
    }
    try {
      const acknowledged = new Map<string, string>()
      for (let round = 0; round < 8; round++) {
        const from = Math.max(0, ...[...acknowledged.keys()].map(chunkOf)) - 1
        const role = (name: 'execute' | 'deliver') =>
          killed(name, where, mail.port, Math.max(0, from), join(folder, 'cache'))
        // Two send the very same commands at the same moment: each happens once.
        const [one, other] = await Promise.all([role('execute'), role('execute'), role('deliver'), role('deliver')])
        for (const line of [...one.lines, ...other.lines]) {
          const answer = JSON.parse(line) as Answer
          assert.ok(answer.ok, line)
          const before = acknowledged.get(answer.commandId)
          if (before !== undefined)
            assert.equal(answer, JSON.parse(before), `${answer.commandId} was answered otherwise`)
          else acknowledged.set(answer.commandId, line)
        }
      }
      const underlag = await opened(where, mail.port)
      try {
        await drained(underlag)
        const { invoices, sent, doubted } = await checked(underlag, mail, acknowledged, where.tenant)
        console.log(`${acknowledged.size} answers, ${invoices} invoices, ${sent} mails, ${doubted} in doubt`)
        assert.ok(acknowledged.size > 40, `only ${acknowledged.size} answers were got`)
        assert.ok(sent > 0)
      } finally {
        await underlag.close()
      }
    } finally {
      await mail.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
