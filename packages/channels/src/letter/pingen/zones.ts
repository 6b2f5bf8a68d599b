import type { LetterZones } from '../zones.js'

/** Pingen's layout requirements: the window to the left, the postage above it. */
export const pingenZones: LetterZones = {
  address: { x: 22, y: 60, width: 85.5, height: 25.5 },
  keepOut: [{ x: 20, y: 40, width: 89.5, height: 20 }],
  margin: 5,
  addressPosition: 'left',
  mostRows: 7,
}
