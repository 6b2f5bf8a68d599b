import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { smtpSink } from '@underlag/channels/testing'
import { simpleParser } from 'mailparser'
import { sha256 } from './papers.js'

/** A mail that lies in the folder. */
export interface Mail {
  readonly file: string
  readonly to: string
  readonly subject: string
  /** Name and checksum of the PDF attached. */
  readonly attached: string
  readonly sha256: string
}

/** A mail server on this machine that delivers to a folder. */
export interface Mailbox {
  readonly host: string
  readonly port: number
  /** Writes what has come since, and says how many. */
  readonly save: () => number
  /** Every mail in the folder, those of earlier runs too, by name. */
  readonly read: () => Promise<ReadonlyArray<Mail>>
  readonly close: () => Promise<void>
}

export const openMailbox = async (folder: string): Promise<Mailbox> => {
  mkdirSync(folder, { recursive: true })
  const server = await smtpSink()
  let saved = 0
  return {
    host: server.host,
    port: server.port,
    save: () => {
      const come = server.mails.slice(saved)
      for (const { raw, parsed } of come) writeFileSync(free(folder, parsed.attachments[0]?.filename ?? 'mail'), raw)
      saved += come.length
      return come.length
    },
    read: () =>
      Promise.all(
        readdirSync(folder)
          .filter((name) => name.endsWith('.eml'))
          .sort((a, b) => a.localeCompare(b, 'sv', { numeric: true }))
          .map((name) => opened(join(folder, name))),
      ),
    close: server.close,
  }
}

/** `faktura-7.pdf` comes in `faktura-7.eml`; a second mail with it would lie beside the first, not over it. */
const free = (folder: string, attachment: string): string => {
  const name = attachment.replace(/\.pdf$/, '')
  for (let copy = 1; ; copy++) {
    const file = join(folder, copy === 1 ? `${name}.eml` : `${name} (${copy}).eml`)
    if (!existsSync(file)) return file
  }
}

const opened = async (file: string): Promise<Mail> => {
  const { to, subject, attachments } = await simpleParser(readFileSync(file))
  const [address] = [to ?? []].flat()
  const [pdf] = attachments
  return {
    file,
    to: address?.text ?? '',
    subject: subject ?? '',
    attached: pdf?.filename ?? '',
    sha256: pdf === undefined ? '' : sha256(pdf.content),
  }
}
