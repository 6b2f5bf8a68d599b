// The runs that the reference is made of: the examples of commands.md, every refusal, deliveries that end in every way.
import fs from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { prepared, refusals } from './docs-refusals.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A module of a package as it is built. */
export const load = (file) => import(pathToFileURL(path.join(root, 'packages', file)).href)

const { openUnderlag } = await load('underlag/dist/src/index.js')
const { openSqlite } = await load('store-sqlite/dist/src/index.js')
const { sealing, START } = await load('kernel/dist/src/index.js')
const { bgMax, camt054, ocr, wrote } = await load('bookkeeping/dist/src/testing/index.js')

const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}
const done = async (operation) => right(await operation())

/** A channel in which each attempt ends as the next word says. */
const channel = (words) => ({
  name: 'email',
  afterCrash: 'hold',
  retry: { attempts: 2, firstDelayMs: 800, maxDelayMs: 800 },
  timeoutMs: 5_000,
  preflight: () => [],
  send: () => async () => {
    const word = words.shift() ?? 'accepted'
    return word === 'accepted' || word === 'delivered'
      ? { _tag: 'Right', right: { status: word, detail: '250 2.0.0', transportId: 'q7' } }
      : { _tag: 'Left', left: { _tag: word, detail: '450 4.2.0' } }
  },
  // What comes in is believed: the reference is about what is made of it.
  verifyWebhook: (rawBody) => ({ _tag: 'Right', right: JSON.parse(Buffer.from(rawBody).toString()) }),
  close: async () => {},
})
const renderer = {
  render: () => async () => ({ _tag: 'Right', right: new TextEncoder().encode('%PDF') }),
  close: async () => {},
}

const withStore = async (use) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'underlag-reference-'))
  const store = await done(openSqlite(path.join(folder, 'underlag.db')))
  const words = []
  let now = Date.parse('2026-04-01T08:00:00.000Z')
  const ports = {
    eventStore: store.eventStore('default'),
    readModels: store.readModels('default'),
    keys: store.keys('default'),
    documents: store.documents('default'),
    integrity: store.integrity,
    close: store.close,
  }
  const underlag = await done(
    openUnderlag({
      store: ports,
      clock: () => new Date(now).toISOString(),
      renderer,
      channels: [channel(words)],
      config: {
        communication: {
          documentsUrl: 'http://127.0.0.1/invoices/',
          inbox: { file: path.join(folder, 'inbox.db') },
        },
      },
    }),
  )
  try {
    return await use({
      underlag,
      words,
      ports,
      later: (ms) => {
        now += ms
      },
    })
  } finally {
    await underlag.close()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

let number = 0
const sent = ({ type, data }) => ({ type, commandId: `r-${++number}`, ...(data === undefined ? {} : { data }) })

/** Runs the examples (lists of commands), then everything else, and answers what came of each. */
export const world = (examples) =>
  withStore(async ({ underlag, words, ports, later }) => {
    const answers = []
    for (const commands of examples) {
      const of = []
      for (const command of commands) of.push(await done(underlag.execute(command)))
      answers.push(of)
    }

    const inDoubt = await delivered(underlag, words, later)
    const warnings = [...(await warned(underlag)), ...(await sentAgain(underlag))]
    const payments = await leftToAPerson(underlag)
    const shapes = await shown(underlag)
    for (const command of prepared) accepted(await done(underlag.execute(sent(command))), command)
    const refused = []
    for (const row of refusals)
      refused.push({
        ...row,
        refusal: row.given === undefined ? await refusalOf(underlag, row) : await refusedElsewhere(row),
      })
    refused.push(...(await ofEveryCommand(underlag)), ...(await ofSettling(underlag, inDoubt, later)))

    const events = right(
      await sealing('default', ports.keys).openEvents(await done(ports.eventStore.readAll(START, 100_000)))(),
    )
    return { answers, refused, warnings, payments, shapes, events }
  })

const accepted = (answer, command) => {
  if (!answer.ok) throw new Error(`${JSON.stringify(command)} was refused: ${JSON.stringify(answer.refusal)}`)
  return answer
}

const refusalOf = async (underlag, { type, tag, data }) => {
  const answer = await done(underlag.execute(sent({ type, data })))
  if (answer.ok || answer.refusal._tag !== tag)
    throw new Error(`${type} ${JSON.stringify(data)} was to be refused ${tag}: ${JSON.stringify(answer)}`)
  return answer.refusal
}

const refusedElsewhere = (row) =>
  withStore(async ({ underlag }) => {
    for (const command of row.given) accepted(await done(underlag.execute(sent(command))), command)
    return refusalOf(underlag, row)
  })

/** Deliveries that end in each way there is; answers one that is left in doubt. */
const delivered = async (underlag, words, later) => {
  const run = async (...next) => {
    words.push(...next)
    await done(underlag.deliver({ concurrency: 1 }))
  }
  const send = async () => {
    const command = { type: 'SendInvoice', data: { invoiceNumber: 'F1001', delivery: 'email' } }
    return accepted(await done(underlag.execute(sent(command)))).events[0].data.deliveryId
  }
  // Those that the examples asked for.
  await run('accepted', 'delivered')
  const report = { status: 'held', detail: 'mailbox full', transportId: 'q7', at: '2026-04-01T08:30:00.000Z' }
  right(await done(underlag.deliveryWebhook('email', Buffer.from(JSON.stringify([report])), {})))
  await opened(underlag)
  await send()
  await run('refused')
  const tried = await send()
  await run('retry')
  later(2_000)
  await run('inDoubt')
  accepted(await done(underlag.settleDelivery(tried, 'retry', 'user:anna')))
  await run('accepted')
  const inDoubt = await send()
  await run('inDoubt')
  return inDoubt
}

/** An invoice that is sent again while nobody knows what became of it. */
const sentAgain = async (underlag) => {
  const command = { type: 'SendInvoice', data: { invoiceNumber: 'F1001', delivery: 'email' } }
  const { warnings } = accepted(await done(underlag.execute(sent(command))))
  await done(underlag.deliver({ concurrency: 1 }))
  return warnings
}

/** A client reads the document that a message links to. */
const opened = async (underlag) => {
  const command = { type: 'SendInvoice', data: { invoiceNumber: 'F1001', delivery: 'communication' } }
  accepted(await done(underlag.execute(sent(command))))
  await done(underlag.deliver({ concurrency: 1 }))
  const [{ payer }] = await done(underlag.invoices())
  const [{ link }] = await done(underlag.clientInbox.messagesOf(payer.id))
  const server = createServer(underlag.clientInbox.documentHandler({ authenticate: () => payer.id }))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}${new URL(link).pathname}`)
    if (!answer.ok) throw new Error(`the document was answered with ${answer.status}`)
    await answer.arrayBuffer()
  } finally {
    server.close()
  }
}

/** Facts that meet an invoice, and an invoice without what has no price. */
const warned = async (underlag) => {
  const booking = (bookingId, treatmentTypeId) => ({
    type: 'RecordBooking',
    data: { bookingId, clientId: 'k1', treatmentTypeId, startsAt: '2026-03-27T09:00:00Z' },
  })
  for (const command of [booking('w1', 'samtal'), booking('w2', 'samtal')])
    accepted(await done(underlag.execute(sent(command))), command)
  const invoice = { payer: { kind: 'client', id: 'k1' }, delivery: 'none' }
  const priceMissing = accepted(await done(underlag.execute(sent({ type: 'RegisterInvoice', data: invoice }))))
  const alreadyInvoiced = accepted(
    await done(underlag.execute(sent({ type: 'MarkBookingPaid', data: { bookingId: 'w1', method: 'swish' } }))),
  )
  return [...priceMissing.warnings, ...alreadyInvoiced.warnings]
}

/** Files of banks with a payment of each kind that is not recorded; answers why. */
const leftToAPerson = async (underlag) => {
  const [{ ocr: known }] = await done(underlag.invoices())
  const detail = { ore: 100, xml: ocr(known) }
  const camt = camt054([
    { ore: 100, reference: 'a', details: [{ ore: 100, xml: wrote('tack') }] },
    { ore: 100, reference: 'b', indicator: 'DBIT', isReversal: true, details: [detail] },
    { ore: 100, reference: 'c', currency: 'EUR', details: [detail] },
    { ore: 200, reference: 'd', details: [detail] },
    { ore: 100, reference: 'e', details: [detail] },
    { ore: 70, reference: 'e', details: [{ ...detail, ore: 70 }] },
  ])
  const reused = camt054([{ ore: 80, reference: 'e', details: [{ ...detail, ore: 80 }] }])
  const bgmax = bgMax([
    {
      date: '2026-03-31',
      payments: [
        { ore: 1, reference: '59 67' },
        { ore: 1, reference: known, isDeduction: true },
      ],
    },
    { date: '2026-03-31', bankgiro: '1234566', payments: [{ ore: 1, reference: known }] },
  ])
  const files = [
    right(await done(underlag.importPayments('camt054', camt))),
    right(await done(underlag.importPayments('camt054', reused))),
    right(await done(underlag.importPayments('bgmax', bgmax))),
  ]
  return files.flatMap(({ payments }) => payments.flatMap(({ refusal }) => refusal ?? []))
}

/** What the calls of the command line answer with --json, in short: lists by their first elements. */
const shown = async (underlag) => {
  const command = {
    type: 'RecordBooking',
    data: { bookingId: 'w3', clientId: 'k2', treatmentTypeId: 'samtal', startsAt: '2026-03-27T13:00:00Z' },
  }
  accepted(await done(underlag.execute(sent(command))), command)
  const { payers, conflicts } = await done(underlag.basis())
  const audit = await done(underlag.audit({ about: 'b1' }))
  const deliveries = await done(underlag.deliveries())
  const why = await done(underlag.why('booking:b4'))
  const [{ ocr: known }] = await done(underlag.invoices())
  const details = [
    { ore: 54000, xml: ocr(known) },
    { ore: 1200, xml: `<RltdPties><Dbtr><Nm>Karin Ek</Nm></Dbtr></RltdPties>${wrote('tack')}` },
  ]
  const file = camt054([{ ore: 55200, reference: '5484-7731', details }])
  const imported = right(await done(underlag.importPayments('camt054', file)))
  const { file: _, ...exported } = (await done(underlag.exportSie())).value
  const steps = {
    deliveryId: '1001.1',
    invoiceNumber: 'F1001',
    delivery: 'email',
    outcome: 'accepted',
    detail: '250 2.0.0',
  }
  return {
    basis: { payers: payers.slice(0, 1), conflicts },
    preview: await done(
      underlag.preview({
        type: 'RegisterInvoice',
        commandId: 'p',
        data: { payer: { kind: 'client', id: 'k2' }, delivery: 'none' },
      }),
    ),
    deliver: { steps: [steps], paused: 0 },
    deliveries: { deliveries: deliveries.slice(0, 1) },
    audit: { entries: audit.slice(0, 1) },
    why: why.value,
    import: imported,
    export: { file: 'FAKT.SI', ...exported },
    rebuild: { ok: true, position: audit.at(-1).position },
    verify: await done(underlag.verify()),
  }
}

const ofEveryCommand = async (underlag) => {
  const wrong = { type: 'CancelBooking', commandId: 'r-wrong', data: { bookingid: 'b1', bookingId: 17 } }
  const other = {
    type: 'RecordBooking',
    commandId: 'booking-b1',
    data: { bookingId: 'b1', clientId: 'k1', treatmentTypeId: 'samtal', startsAt: '2026-03-31T09:00:00Z' },
  }
  const rows = []
  for (const [tag, command] of [
    ['MalformedCommand', wrong],
    ['CommandIdReused', other],
  ])
    rows.push({ type: undefined, tag, refusal: (await done(underlag.execute(command))).refusal })
  return rows
}

const ofSettling = async (underlag, inDoubt, later) => {
  accepted(await done(underlag.settleDelivery(inDoubt, 'sent', 'user:anna')))
  later(1)
  const rows = []
  for (const [tag, deliveryId] of [
    ['UnknownDelivery', '9999.1'],
    ['NotInDoubt', inDoubt],
  ])
    rows.push({ type: undefined, tag, refusal: (await done(underlag.settleDelivery(deliveryId, 'sent'))).refusal })
  return rows
}
