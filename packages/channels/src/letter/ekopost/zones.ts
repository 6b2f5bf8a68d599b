import type { LetterZones } from '../zones.js'

/**
 * Ekopost's window, to the right (reported by those who send with it: 112–207 mm from the left, 35–71 mm from the top).
 * Hold a print against it before the first real letter.
 */
export const ekopostZones: LetterZones = {
  address: { x: 112, y: 35, width: 95, height: 36 },
  keepOut: [],
  margin: 5,
  addressPosition: 'right',
  mostRows: 4,
}
