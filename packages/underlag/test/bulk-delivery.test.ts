import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  type ApiFault,
  CLIENT,
  ENV,
  ORGANISATION,
  type PingenFault,
  pingenServer,
  storecoveServer,
} from '@underlag/channels/testing'
import { luhnDigit } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type DeliveryView, type Invoice, openUnderlag, type Payer, type UnderlagConfig } from '../src/index.js'
import { command, quickRenderer, right } from './support/clinic.js'
import { LEASE_TTL_MS } from './support/killed-commands.js'
import { mailServer } from './support/mail-server.js'
import { address, care, kr, onDay, clinic as seller, vat25 } from './support/samples.js'
import { temporaryFolder } from './support/stores.js'

const Bulk = suite('bulk: 500 invoices over all channels')

const program = fileURLToPath(new URL('./support/killed-deliverer.js', import.meta.url))

const PER_CHANNEL = 125
const KILLS = 6
const CHANNELS = ['email', 'letter', 'communication', 'eInvoice'] as const
type Way = (typeof CHANNELS)[number]

/** Payers are told apart by what the counterparts see of them. */
const payerOf = (way: Way, n: number): Payer =>
  way === 'eInvoice' ? { kind: 'company', id: `company-${n}` } : { kind: 'client', id: `${way}-${n}` }
const organisation = (n: number): string => {
  const digits = `5566${String(n).padStart(5, '0')}`
  return `${digits}${luhnDigit(digits)}`
}

/** Runs a deliverer, and kills it after some words of its own choosing. */
const killed = (path: string, config: UnderlagConfig): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, path, JSON.stringify(config)],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...ENV } },
    )
    const words = Math.ceil(Math.random() * 80)
    let out = ''
    let err = ''
    child.stdout.on('data', (data) => {
      out += data
      if (out.split('\n').length > words) setTimeout(() => child.kill('SIGKILL'), Math.random() * 20)
    })
    child.stderr.on('data', (data) => {
      err += data
    })
    child.on('error', reject)
    child.on('close', (code, signal) =>
      signal === 'SIGKILL'
        ? resolve(out.split('\n').length - 1)
        : reject(new Error(`the process ended by itself with ${code}: ${err}`)),
    )
  })

Bulk(`each goes out once, to its own recipient, through faults and ${KILLS} x kill -9`, async () => {
  const folder = await temporaryFolder()
  const letterFaults: ReadonlyArray<PingenFault> = [
    { step: 'letter', after: 'cut', times: 3 },
    { step: 'letter', instead: { status: 429, headers: { 'Retry-After': '1' } } },
    { step: 'upload', instead: { status: 500 }, times: 2 },
    { step: 'letter', after: { status: 502 }, times: 2 },
  ]
  const submissionFaults: ReadonlyArray<ApiFault | undefined> = [
    'cutAfter',
    undefined,
    'errorAfter',
    'error',
    'cutBefore',
  ]
  const letters = await pingenServer(letterFaults)
  const accessPoint = await storecoveServer()
  accessPoint.server.faults.push(
    ...submissionFaults,
    ...Array.from({ length: 40 }, () => undefined),
    'pageAfter',
    'cutAfter',
  )
  let mails = 0
  const mail = await mailServer({
    rcpt: () => (mails++ % 30 === 7 ? '451 4.3.0 not now' : undefined),
    end: () => (mails % 41 === 40 ? '452 4.2.2 full' : undefined),
  })
  const quick = { retry: { attempts: 50, firstDelayMs: 10, maxDelayMs: 30 }, rate: { atOnce: 4, perMinute: 60_000 } }
  const config = {
    bulkDeliveries: ['letter', 'communication', 'eInvoice'],
    email: { smtp: { host: '127.0.0.1', port: mail.port }, from: 'faktura@kliniken.se', ...quick },
    letter: {
      ...{ provider: 'pingen', organisationId: ORGANISATION, clientId: CLIENT.id, clientSecret: CLIENT.secret },
      ...{ apiUrl: letters.url, identityUrl: letters.url, ...quick },
    },
    communication: { documentsUrl: 'https://portal.klinik.se/fakturor/', ...quick },
    eInvoice: { ...accessPoint.config, ...quick },
  } as unknown as UnderlagConfig

  const path = join(folder, 'underlag.db')
  const opened = await openUnderlag({ store: `sqlite:${path}`, config, env: ENV, renderer: quickRenderer })()
  if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
  const underlag = opened.right
  const send = async (...given: Parameters<typeof command>) => {
    const answer = await right(underlag.execute(command(...given)))
    if (!answer.ok) throw new Error(`${given[0]} was refused: ${JSON.stringify(answer.refusal)}`)
    return answer
  }
  try {
    await send('ActivateInvoicing', {})
    await send('SetSeller', { ...seller, vatNumber: 'SE556677889901' })
    await send('SetTreatmentTypePrice', { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1200), vat: care })
    await Promise.all(
      CHANNELS.flatMap((way) =>
        Array.from({ length: PER_CHANNEL }, async (_, n) => {
          const payer = payerOf(way, n)
          if (payer.kind === 'company') {
            accessPoint.registered.add(`SE:ORGNR ${organisation(n)}`)
            await send('RegisterCompany', {
              ...{ companyId: payer.id, name: `Bolaget ${n} AB`, organisationNumber: organisation(n), address },
              ...{ buyerReference: 'R1', eInvoice: { scheme: '0007', id: organisation(n) } },
            })
            const line = { description: 'Handledning', quantity: '1', price: kr(900 + n), vat: vat25 }
            await send('AddLine', { lineId: `l${n}`, payer, date: '2026-03-02', ...line })
          } else {
            const contact = way === 'email' ? { email: `k${n}@example.se` } : { address }
            await send('RegisterClient', { clientId: payer.id, name: `Klient ${way} ${n}`, ...contact })
            await send('RecordBooking', {
              bookingId: `${way}-${n}`,
              clientId: payer.id,
              treatmentTypeId: 'therapy',
              startsAt: onDay(2),
            })
          }
        }),
      ),
    )
    const numbers = new Map<string, Payer>()
    for (const way of CHANNELS) {
      const payers = Array.from({ length: PER_CHANNEL }, (_, n) => payerOf(way, n))
      const { events, ...more } = await send('RegisterInvoices', { payers, delivery: way })
      assert.is(events.length, PER_CHANNEL, JSON.stringify(more).slice(0, 500))
      for (const { data } of events) {
        const { invoiceNumber, payer } = data as Invoice
        numbers.set(invoiceNumber, payer)
      }
    }

    let before = 0
    for (let kill = 0; kill < KILLS; kill++) before += await killed(path, config)
    assert.ok(before > 0)
    const progress: Array<readonly [number, number]> = []
    let ended: ReadonlyArray<DeliveryView> = []
    for (let tries = 0; tries < 600; tries++) {
      await right(underlag.deliver({ leaseTtlMs: LEASE_TTL_MS, onProgress: (...step) => progress.push(step) }))
      ended = await right(underlag.deliveries())
      if (!ended.some(({ status }) => status === 'requested' || status === 'waiting')) break
      await sleep(50)
    }

    assert.is(ended.length, CHANNELS.length * PER_CHANNEL)
    const [done, due] = progress.at(-1) ?? [0, 1]
    assert.is(done, due)
    const received = new Map<string, Array<string>>()
    const put = (invoiceNumber: string, recipient: string): void =>
      void received.set(invoiceNumber, [...(received.get(invoiceNumber) ?? []), recipient])
    for (const { to, raw } of mail.taken) put(/faktura-(\d+)\.pdf/.exec(raw)?.[1] ?? '?', to)
    for (const { pdf } of letters.letters) put(/^%PDF-1\.7\n(\d+)\n/.exec(pdf.toString())?.[1] ?? '?', 'letter')
    for (const { ubl, receiver } of accessPoint.taken) put(/<cbc:ID>(\d+)<\/cbc:ID>/.exec(ubl)?.[1] ?? '?', receiver)
    for (let n = 0; n < PER_CHANNEL; n++) {
      const { id } = payerOf('communication', n)
      for (const { messageId } of await right(underlag.clientInbox.messagesOf(id)))
        put(ended.find(({ idempotencyKey }) => idempotencyKey === messageId)?.invoiceNumber ?? '?', id)
    }

    const doubts: Array<string> = []
    for (const { invoiceNumber, delivery: way, status, attempts } of ended) {
      const payer = numbers.get(invoiceNumber)
      const got = received.get(invoiceNumber) ?? []
      assert.ok(got.length <= 1, `${invoiceNumber} by ${way} went out ${got.length} times: ${JSON.stringify(attempts)}`)
      if (status === 'inDoubt') doubts.push(way === 'email' ? way : `${way} ${got.length} ${JSON.stringify(attempts)}`)
      else
        assert.equal([status, got.length], ['accepted', 1], `${invoiceNumber} by ${way}: ${JSON.stringify(attempts)}`)
      const n = Number(payer?.id.split('-')[1])
      const own = {
        email: `k${n}@example.se`,
        letter: 'letter',
        communication: payer?.id,
        eInvoice: `SE:ORGNR:${organisation(n)}`,
      }
      for (const recipient of got) assert.is(recipient, own[way as Way])
    }
    // SMTP knows no intent again; every other counterpart here does.
    assert.equal(
      [...new Set(doubts)].filter((way) => way !== 'email'),
      [],
    )
    assert.equal([letters.violations, accessPoint.breaches], [[], []])
    const verified = await right(underlag.verify())
    assert.ok(verified.ok, JSON.stringify(verified.checks))
  } finally {
    await underlag.close()
    await Promise.all([mail.close(), letters.close(), accessPoint.server.close()])
    await rm(folder, { recursive: true, force: true })
  }
})
