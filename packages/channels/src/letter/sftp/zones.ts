import type { LetterZones } from '../zones.js'

const COMMON = { keepOut: [], margin: 5, mostRows: 7 } as const

/**
 * By side of the window. `right`: what shows through the window of a Swedish C5 envelope (H2) wherever the folded sheet lies
 * in it. `left`: C5 and DL windows of other countries.
 *
 * PostNord wants 150 × 30 mm free at the bottom right of the envelope's front: paper of the envelope, where no window is, so
 * no word of the document can come there and no zone of the page says so.
 */
export const sftpZones: Readonly<Record<'left' | 'right', LetterZones>> = {
  right: { address: { x: 117, y: 48, width: 73, height: 27 }, addressPosition: 'right', ...COMMON },
  left: { address: { x: 22, y: 60, width: 85.5, height: 25.5 }, addressPosition: 'left', ...COMMON },
}
