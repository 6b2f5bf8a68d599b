import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const tools = ['pdfinfo', 'pdffonts', 'pdftoppm', 'pdftotext', 'qpdf'] as const
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

/** The first page as a picture, RGBA. */
export const pictureOfFirstPage = (
  pdf: Uint8Array,
): { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray } => {
  const folder = mkdtempSync(path.join(tmpdir(), 'underlag-pdf-'))
  try {
    const file = path.join(folder, 'document')
    writeFileSync(`${file}.pdf`, pdf)
    execFileSync('pdftoppm', ['-r', '150', '-l', '1', '-singlefile', `${file}.pdf`, file])
    // P6, width, height, 255, and then three bytes a pixel.
    const ppm = readFileSync(`${file}.ppm`)
    const [head = '', width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.toString('latin1', 0, 40)) ?? []
    const pixels = ppm.subarray(head.length)
    const data = new Uint8ClampedArray(Number(width) * Number(height) * 4).fill(255)
    for (let i = 0, j = 0; i < pixels.length; i += 3, j += 4) data.set(pixels.subarray(i, i + 3), j)
    return { width: Number(width), height: Number(height), data }
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
