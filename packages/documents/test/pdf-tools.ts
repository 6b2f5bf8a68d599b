import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const tools = ['pdfinfo', 'pdffonts', 'pdftotext', 'qpdf'] as const
export type PdfTool = (typeof tools)[number]

/** Programs that the tests need and this machine lacks. */
export const missingTools = (): ReadonlyArray<string> =>
  tools.filter((tool) => {
    try {
      execFileSync(tool, [tool === 'qpdf' ? '--version' : '-v'], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })

/** What the tool says about the PDF; throws where it finds fault (qpdf --check). */
export const inspect = (tool: PdfTool, pdf: Uint8Array, ...args: ReadonlyArray<string>): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'underlag-pdf-'))
  try {
    const file = path.join(folder, 'document.pdf')
    writeFileSync(file, pdf)
    const after = tool === 'pdftotext' ? ['-'] : []
    return execFileSync(tool, [...args, file, ...after], { encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A word on the first page; its box in millimetres from the top left corner. */
export interface Word {
  readonly text: string
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

const MM = 25.4 / 72

export const wordsOfFirstPage = (pdf: Uint8Array): ReadonlyArray<Word> => {
  const xml = inspect('pdftotext', pdf, '-bbox', '-l', '1')
  const pattern = /<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<\/word>/g
  return [...xml.matchAll(pattern)].map(([, left, top, right, bottom, text = '']) => ({
    text,
    left: Number(left) * MM,
    top: Number(top) * MM,
    right: Number(right) * MM,
    bottom: Number(bottom) * MM,
  }))
}
