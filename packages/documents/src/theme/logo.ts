import { crc32 } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'

/** A logo is part of every document that is stored: what is larger belongs in a smaller file. */
export const LOGO_BYTES = 100_000
/** Pixels of a side. 14 mm at 600 dots an inch are 331; what is much larger only costs memory at each print. */
export const LOGO_PIXELS = 2_000

/** Words for a logo of too many bytes. */
export const logoTooLarge = (bytes: number): string | undefined =>
  bytes <= LOGO_BYTES
    ? undefined
    : `is ${bytes} bytes; a logo has at most ${LOGO_BYTES}: save it as SVG, or as a smaller PNG`

/** A logo as a data: URI, or what is wrong with it. The kind is told by the bytes, not by a name. */
export const logoImage = async (bytes: Uint8Array): Promise<E.Either<string, string>> => {
  const tooLarge = logoTooLarge(bytes.length)
  if (tooLarge !== undefined) return E.left(tooLarge)
  const image = Buffer.from(bytes)
  if (image.subarray(0, 8).equals(PNG)) return raster('png', image, pngSize(image))
  if (image.subarray(0, 3).equals(JPEG)) return raster('jpeg', image, jpegSize(image))
  const text = image.toString('utf8')
  if (!/<svg[\s>]/.test(text)) return E.left('is neither PNG, JPEG nor SVG')
  // The parser is of another part of the package: only who has such a logo loads it.
  const { svgProblem } = await import('./svg.js')
  const problem = svgProblem(text)
  return problem === undefined ? E.right(`data:image/svg+xml;base64,${image.toString('base64')}`) : E.left(problem)
}

interface Size {
  readonly width: number
  readonly height: number
}

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
const JPEG = Buffer.from('ffd8ff', 'hex')

const raster = (kind: 'png' | 'jpeg', image: Buffer, size: Size | undefined): E.Either<string, string> =>
  size === undefined
    ? E.left(`is a damaged ${kind.toUpperCase()}: save it again`)
    : size.width > LOGO_PIXELS || size.height > LOGO_PIXELS
      ? E.left(`is ${size.width} × ${size.height} pixels; a side has at most ${LOGO_PIXELS}: make it smaller`)
      : E.right(`data:image/${kind};base64,${image.toString('base64')}`)

/** Every chunk in turn with its checksum, to the end (PNG, third edition, §5). */
const pngSize = (image: Buffer): Size | undefined => {
  let size: Size | undefined
  for (let at = PNG.length; at + 12 <= image.length; ) {
    const length = image.readUInt32BE(at)
    const end = at + 12 + length
    if (end > image.length) return undefined
    const type = image.toString('latin1', at + 4, at + 8)
    if (crc32(image.subarray(at + 4, end - 4)) !== image.readUInt32BE(end - 4)) return undefined
    if (type === 'IHDR') size = { width: image.readUInt32BE(at + 8), height: image.readUInt32BE(at + 12) }
    if (type === 'IEND') return size
    at = end
  }
  return undefined
}

/** The frame header (ITU-T T.81, B.2.2), in a file that has its end marker. */
const jpegSize = (image: Buffer): Size | undefined => {
  if (image.lastIndexOf(Buffer.from('ffd9', 'hex')) < 0) return undefined
  for (let at = 2; at + 9 < image.length; ) {
    if (image[at] !== 0xff) return undefined
    const marker = image[at + 1] ?? 0
    // SOF0 to SOF15, without the tables that lie among them (DHT, JPG, DAC).
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { height: image.readUInt16BE(at + 5), width: image.readUInt16BE(at + 7) }
    at += 2 + image.readUInt16BE(at + 2)
  }
  return undefined
}
