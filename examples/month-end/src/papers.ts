import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as O from 'fp-ts/lib/Option.js'
import type { Invoice, Underlag } from 'underlag'
import { done } from './host.js'

/** The PDF of one invoice as it lies in the folder. */
export interface Paper {
  readonly invoiceNumber: string
  readonly file: string
  readonly sha256: string
  /** It lay there before, the same to the byte. */
  readonly unchanged: boolean
}

/** A mail, as far as it matters here: the name and the checksum of the PDF attached. */
interface Carrier {
  readonly attached: string
  readonly sha256: string
}

/** Whether every mail carries one of the papers as it lies there, and none of them comes in two mails. */
export const carryTheir = (papers: ReadonlyArray<Paper>, mails: ReadonlyArray<Carrier>): boolean => {
  const issued = new Map(papers.map((paper) => [basename(paper.file), paper.sha256]))
  return (
    mails.every(({ attached, sha256 }) => issued.get(attached) === sha256) &&
    new Set(mails.map(({ attached }) => attached)).size === mails.length
  )
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** At once; the library prints two at a time and stores while others print. */
const AT_ONCE = 3

/** Writes the PDF of every invoice into the folder. The library prints each the first time it is asked for, and keeps it. */
export const writePapers = async (
  underlag: Underlag,
  invoices: ReadonlyArray<Invoice>,
  folder: string,
  onWritten: (written: number) => void,
): Promise<ReadonlyArray<Paper>> => {
  mkdirSync(folder, { recursive: true })
  const papers: Array<Paper> = []
  const waiting = [...invoices]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const pdf = await done(underlag.invoicePdf(next.invoiceNumber))
      if (O.isSome(pdf)) papers.push(write(folder, next.invoiceNumber, pdf.value))
      onWritten(papers.length)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return papers.sort((a, b) => Number(a.invoiceNumber) - Number(b.invoiceNumber))
}

const write = (folder: string, invoiceNumber: string, pdf: Uint8Array): Paper => {
  const file = join(folder, `faktura-${invoiceNumber}.pdf`)
  const unchanged = existsSync(file) && readFileSync(file).equals(pdf)
  if (!unchanged) {
    writeFileSync(`${file}.part`, pdf)
    renameSync(`${file}.part`, file)
  }
  return { invoiceNumber, file, sha256: sha256(pdf), unchanged }
}
