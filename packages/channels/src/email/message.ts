import { createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { Email, type Shipment } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { mailContent } from './content.js'
import type { Nodemailer } from './nodemailer.js'
import { plainLine } from './plain-line.js'
import type { EmailSettings } from './settings.js'
import { htmlBody, textBody } from './templates.js'

/** A mail ready for the wire. */
export interface ComposedMail {
  readonly messageId: string
  readonly envelope: { readonly from: string; readonly to: readonly [string] }
  readonly bytes: Buffer
}

/**
 * The mail of a shipment. Left, with a reason that names nobody, where no mail with exactly one recipient can be made of it.
 * The whole message is made before the server is spoken to, so that nothing can fail halfway for reasons of our own. `ubl` goes beside
 * the PDF.
 */
export const composeMail = async (
  { MailComposer, DKIM }: Nodemailer,
  shipment: Shipment,
  settings: EmailSettings,
  ubl?: string,
): Promise<E.Either<string, ComposedMail>> => {
  const { invoice } = shipment
  const to = invoice.buyer.email
  if (to === undefined) return E.left('noEmailAddress')
  if (!Email.is(to)) return E.left('invalidEmailAddress')

  const content = mailContent(invoice, settings.disclosure, settings.portalUrl)
  const messageId = messageIdOf(shipment.idempotencyKey, settings.from.address)
  try {
    const message = new MailComposer({
      // Addresses as objects: a list in a string would be taken apart, and one address become two.
      from: { name: plainLine(settings.from.name ?? invoice.seller.name), address: settings.from.address },
      to: { name: plainLine(invoice.buyer.name ?? ''), address: to },
      ...(Email.is(invoice.seller.email)
        ? { replyTo: { name: plainLine(invoice.seller.name), address: invoice.seller.email } }
        : {}),
      subject: plainLine(content.subject),
      messageId,
      date: new Date(),
      // RFC 3834: no holiday answers to an invoice; the second is the same for Exchange.
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      text: textBody(content),
      html: htmlBody(content),
      attachments: settings.disclosure === 'notice' ? [] : attachments(shipment, ubl),
      disableFileAccess: true,
      disableUrlAccess: true,
      newline: 'win',
    }).compile()
    const { from, to: recipients } = message.getEnvelope()
    const [recipient] = recipients
    if (recipients.length !== 1 || recipient === undefined || from === false) return E.left('invalidEmailAddress')
    const bytes = await signed(DKIM, await message.build(), settings)
    return E.right({ messageId, envelope: { from, to: [recipient] }, bytes })
  } catch {
    // The error may quote what could not be encoded.
    return E.left('the message could not be composed')
  }
}

/** The same at every attempt of one intent, so that a receiver, and a person who looks, can tell a repetition from a new mail. */
export const messageIdOf = (idempotencyKey: string, from: string): string => {
  const local = /^[A-Za-z0-9_-]{1,100}$/.test(idempotencyKey)
    ? idempotencyKey
    : createHash('sha256').update(idempotencyKey).digest('hex')
  return `<${local}@${domainToASCII(from.slice(from.lastIndexOf('@') + 1)) || 'localhost'}>`
}

const attachments = ({ pdf, fileName }: Shipment, ubl: string | undefined): Attachments => {
  const filename = attachmentName(fileName)
  return [
    {
      filename,
      content: Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength),
      contentType: 'application/pdf',
      contentDisposition: 'attachment',
    },
    ...(ubl === undefined
      ? []
      : [
          {
            filename: `${filename.replace(/\.pdf$/i, '')}.xml`,
            content: Buffer.from(ubl),
            contentType: 'application/xml',
            contentDisposition: 'attachment' as const,
          },
        ]),
  ]
}

type Attachments = NonNullable<NonNullable<ConstructorParameters<Nodemailer['MailComposer']>[0]>['attachments']>

/** A name and not a path, whatever the document was called. */
const attachmentName = (fileName: string): string => plainLine(fileName).replace(/[\\/:*?"<>|]/g, '-') || 'faktura.pdf'

const signed = async (DKIM: Nodemailer['DKIM'], message: Buffer, { dkim }: EmailSettings): Promise<Buffer> => {
  if (dkim === undefined) return message
  const chunks: Array<Buffer> = []
  for await (const chunk of new DKIM({ ...dkim }).sign(message)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
