import type { AddressPosition } from '@underlag/invoicing'

export type { AddressPosition }

/** A rectangle on the first page, in millimetres from its top left corner. */
export interface Zone {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * The zone that must hold the recipient's address and nothing else.
 *
 * `right`: Swedish C5 envelopes with the window to the right (H2). Folded to A5 the sheet may slide 19 mm sideways and
 * 13 mm up and down in the envelope, so the zone is what shows through a window of about 90 × 35 mm wherever it lies
 * (reported: makers' windows differ by some millimetres; hold a print against the envelope you buy).
 * `left`: the zone of Pingen, the letter service (x 22 mm, y 60 mm, 85.5 × 25.5 mm).
 */
export const addressZones: Readonly<Record<AddressPosition, Zone>> = {
  right: { x: 117, y: 48, width: 73, height: 27 },
  left: { x: 22, y: 60, width: 85.5, height: 25.5 },
}
