import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { mailContent } from '../../packages/channels/dist/src/email/content.js'
import { emailChannel } from '../../packages/channels/dist/src/email/index.js'
import { htmlBody, textBody } from '../../packages/channels/dist/src/email/templates.js'
import { pdfOf, sampleShipment, settingsFor } from '../../packages/channels/dist/test/support/samples.js'
import { right } from './clinic.mjs'
import { inTurns } from './measure.mjs'

const nodemailer = createRequire(new URL('../../packages/channels/package.json', import.meta.url))('nodemailer')

const MAILS = 400
const CONNECTIONS = 4
const pdf = pdfOf(60_000)

/** `MAILS` mails, as many under way at once as there are connections. */
const all = (send) => async () => {
  let left = MAILS
  const lane = async () => {
    while (left-- > 0) await send()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
  return MAILS
}

/** Line 13: invoices by e-mail, each with its PDF, against nodemailer's own pool given the same mail. */
export const mails = async () => {
  const sink = fork(new URL('mail-sink.mjs', import.meta.url))
  const [port] = await once(sink, 'message')
  const host = '127.0.0.1'
  const settings = settingsFor({ host, port }, { disclosure: 'full', maxConnections: CONNECTIONS })
  const channel = emailChannel(settings)
  const pool = nodemailer.createTransport({ pool: true, host, port, secure: false, maxConnections: CONNECTIONS })
  const shipment = sampleShipment({ pdf })
  const content = mailContent(shipment.invoice, 'full', undefined)
  const mail = {
    from: { name: shipment.invoice.seller.name, address: settings.from.address },
    to: { name: shipment.invoice.buyer.name, address: shipment.invoice.buyer.email },
    subject: content.subject,
    text: textBody(content),
    html: htmlBody(content),
    attachments: [{ filename: shipment.fileName, content: Buffer.from(pdf), contentType: 'application/pdf' }],
  }
  const ours = all(async () => right(await channel.send({ ...shipment, idempotencyKey: randomUUID() })()))
  const limit = all(() => pool.sendMail(mail))
  for (const warm of [ours, limit]) await warm()
  const measured = await inTurns({ ours, limit })
  await channel.close()
  pool.close()
  sink.disconnect()
  return measured
}
