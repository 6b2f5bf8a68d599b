import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { skipped, suite } from '@underlag/kernel/testing'
import { NO_SERVER, testServer } from '@underlag/store-eventstoredb/testing'
import { simpleParser } from 'mailparser'
import { type Invoice, openUnderlag } from 'underlag'
import * as assert from 'uvu/assert'
import { dayOf } from '../src/calendar.js'
import { WITHOUT_EMAIL } from '../src/customers.js'
import { done } from '../src/host.js'
import { monthEnd } from '../src/month-end.js'
import type { MonthEnd } from '../src/narrator.js'
import { onCluster, type Places, placesIn } from '../src/places.js'
import { story } from '../src/story.js'

const folder = mkdtempSync(join(tmpdir(), 'month-end-'))
const places = placesIn(folder)

interface Run extends MonthEnd {
  readonly text: string
  readonly seconds: number
}

const run = async (today: string, at = places): Promise<Run> => {
  const lines: Array<string> = []
  const began = performance.now()
  const end = await monthEnd(
    at,
    today,
    story(
      at,
      folder,
      (text) => void lines.push(text),
      () => {},
    ),
  )
  return { ...end, text: lines.join('\n'), seconds: (performance.now() - began) / 1000 }
}

/** Everything in the folder of invoices or mails, by name. */
const files = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(name)
      .sort()
      .map((file) => [file, readFileSync(join(name, file)).toString('base64')]),
  )

const register = async ({ open }: Places): Promise<ReadonlyArray<Invoice>> => {
  const underlag = await done(openUnderlag({ ...open, create: false }))
  try {
    return await done(underlag.invoices())
  } finally {
    await underlag.close()
  }
}

const Demo = suite('month end')
let first: Run
let invoices: ReadonlyArray<Invoice>

Demo.before(async () => {
  first = await run(dayOf(new Date()))
  invoices = await register(places)
})
Demo.after(() => rmSync(folder, { recursive: true, force: true }))

Demo('is over within a minute', () => {
  assert.ok(first.seconds < 60, `took ${first.seconds.toFixed(1)} s`)
})

Demo('invoices everybody who has something to pay, numbered without a gap', () => {
  assert.ok(invoices.length >= 30)
  assert.equal(
    invoices.map(({ sequence }) => sequence),
    invoices.map((_, i) => i + 1),
  )
  assert.ok(
    invoices.some(({ vatBreakdown }) => vatBreakdown.length === 2),
    'care and taxed lines on one invoice',
  )
  assert.ok(invoices.some(({ payer }) => payer.kind === 'company'))
})

Demo('sends each invoice by e-mail in exactly one mail, with the very bytes of its PDF', async () => {
  const byEmail = invoices.filter(({ delivery }) => delivery === 'email')
  const mails = readdirSync(places.mails)
  assert.is(mails.length, byEmail.length)
  assert.is(first.newMails, byEmail.length)
  assert.ok(first.mailsAreRight)
  for (const { invoiceNumber, buyer } of byEmail) {
    const { attachments, to } = await simpleParser(readFileSync(join(places.mails, `faktura-${invoiceNumber}.eml`)))
    assert.is([to ?? []].flat().length, 1)
    assert.ok([to ?? []].flat()[0]?.text.includes(`<${buyer.email}>`))
    assert.is(attachments.length, 1)
    const onDisk = readFileSync(join(places.invoices, `faktura-${invoiceNumber}.pdf`))
    assert.is(onDisk.subarray(0, 5).toString(), '%PDF-')
    assert.ok(onDisk.equals(attachments[0]!.content), `the PDF of ${invoiceNumber}`)
  }
})

Demo('names who could not be invoiced by e-mail, and gives them paper', () => {
  assert.match(first.text, new RegExp(`${WITHOUT_EMAIL}: DeliveryNotPossible .*on paper`))
  assert.is(invoices.find(({ buyer }) => buyer.name === WITHOUT_EMAIL)?.delivery, 'none')
  assert.match(first.text, /Rut Abrahamsson: PriceMissing \(booking:b\d+/)
})

Demo('takes in what the bank tells, and leaves to a person what names no invoice', () => {
  assert.match(first.text, /tells of (\d+) payments: \d+ recorded now, 0 before/)
  assert.match(first.text, /Left to a person: .*«tack för hjälpen» \(NoReference, camt054\.50501055\.5484-7731\.3\)/)
  const count = (of: (invoice: Invoice) => boolean): number => invoices.filter(of).length
  assert.ok(count(({ status }) => status === 'paid') > invoices.length / 2)
  assert.is(
    count(({ paid, balance }) => paid.amount > 0 && balance.amount > 0),
    1,
  )
  assert.ok(count(({ paid }) => paid.amount === 0) > 1)
  const vouchers = readFileSync(places.vouchers, 'latin1')
  const paid = invoices.reduce((all, { payments }) => all + payments.length, 0)
  assert.is(vouchers.match(/#VER/g)?.length, invoices.length + paid)
})

Demo('tells the way of one invoice, from its bookings until the mail was accepted', () => {
  assert.match(first.text, /The audit trail of invoice/)
  for (const step of ['was recorded', 'discountPercent', 'was registered', 'was stored', 'was accepted'])
    assert.ok(first.text.slice(first.text.indexOf('The audit trail')).includes(step), step)
})

Demo('is proved by the command it names', async () => {
  assert.ok(first.verification.ok)
  assert.match(first.text, /npm run --silent underlag -- verify --store sqlite:underlag\.db/)
  const cli = fileURLToPath(new URL('./cli/main.js', import.meta.resolve('underlag')))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [cli, 'verify', '--store', 'sqlite:underlag.db', '--json'],
    { cwd: folder },
  )
  assert.is(JSON.parse(stdout).ok, true)
})

Demo('run again, next month too, changes nothing', async () => {
  const before = [files(places.invoices), files(places.mails), readFileSync(places.notification, 'utf8')]
  const aMonthOn = dayOf(new Date(Date.now() + 35 * 86_400_000))
  for (const today of [dayOf(new Date()), aMonthOn]) {
    const again = await run(today)
    assert.is(again.newEvents, 0)
    assert.is(again.newMails, 0)
    assert.ok(again.verification.ok && again.mailsAreRight)
    assert.match(again.text, /: 0 recorded now, \d+ before/)
    assert.match(again.text, /Rut Abrahamsson: PriceMissing/)
  }
  assert.equal([files(places.invoices), files(places.mails), readFileSync(places.notification, 'utf8')], before)
  assert.equal(await register(places), invoices)
})

Demo('is the same on EventStoreDB: the same invoices, mails and proof', async () => {
  const server = await testServer()
  if (server === undefined) return skipped(NO_SERVER)
  const there = onCluster(
    placesIn(join(folder, 'cluster')),
    server.connection as `esdb://${string}`,
    `demo-${randomUUID().slice(0, 8)}`,
  )
  for (const newMails of [first.newMails, 0]) {
    const clustered = await run(dayOf(new Date()), there)
    assert.ok(clustered.verification.ok && clustered.mailsAreRight)
    assert.is(clustered.newMails, newMails)
  }
  assert.equal(await register(there), invoices)
})
