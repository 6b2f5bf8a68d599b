import type { AddressPosition, Channel, Invoice, Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import { problems } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import {
  type AddressRows,
  LetterConfig,
  type LetterSettings,
  letterChannel,
  letterSettings,
} from '../../../src/letter/index.js'
import { pdfOf, sampleInvoice, sampleShipment } from '../../support/samples.js'

/** Everything that must never be seen in a detail. */
export const PERSONAL = /anna|andersson|example|depression|samtal|storgatan|222 22|lund/i

/** Settings as the configuration gives them; throws where they are wrong, for the test to fail. */
export const settingsOf = (config: unknown, env: Readonly<Record<string, string | undefined>> = {}): LetterSettings => {
  const decoded = LetterConfig.decode(config)
  if (E.isLeft(decoded)) throw new Error(problems(decoded.left).join('; '))
  const settings = letterSettings(env)(decoded.right)
  if (E.isLeft(settings)) throw new Error(settings.left.detail)
  return settings.right
}

/** Rows of an address none of whose lines is too long for one. */
export const oneRowALine: AddressRows = ({ address }) => 2 + (address?.lines.length ?? 0)

/** `timeoutMs`: shorter than a configuration may say, so that the tests of silence are not long. */
export const channelFor = (config: unknown, timeoutMs?: number): Channel => {
  const settings = settingsOf(config)
  return letterChannel(timeoutMs === undefined ? settings : { ...settings, timeoutMs }, oneRowALine)
}

const harmless = (detail: string): void => {
  if (PERSONAL.test(detail)) throw new Error(`personal data in: ${detail}`)
}

/** Letters whose page has the address on that side, and how they are sent. */
export const letters = (addressPosition: AddressPosition) => {
  const letterInvoice = (changes: Partial<Invoice> = {}): Invoice =>
    sampleInvoice({
      delivery: 'letter',
      addressPosition,
      buyer: {
        name: 'Anna Andersson',
        address: { lines: ['c/o Berg', 'Storgatan 12 A'], postalCode: '222 22', city: 'Lund', country: 'SE' },
      },
      ...changes,
    })
  const letterShipment = (changes: Partial<Shipment> = {}): Shipment =>
    sampleShipment({ invoice: letterInvoice(), ...changes })
  return {
    letterInvoice,
    letterShipment,
    /** To as many recipients, each with a document of its own. */
    manyLetters: (count: number): ReadonlyArray<Shipment> =>
      Array.from({ length: count }, (_, i) => {
        const { buyer } = letterInvoice()
        return letterShipment({
          idempotencyKey: `0b9f0f8e-52a5-5f0e-8c3d-${String(i).padStart(12, 'c')}`,
          invoice: letterInvoice({ invoiceNumber: String(100 + i), buyer: { ...buyer, name: `Klient ${i}` } }),
          pdf: pdfOf(2_000, 100 + i),
        })
      }),
    sent: async (channel: Channel, shipment: Shipment = letterShipment()): Promise<Sent> => {
      const result = await channel.send(shipment)()
      if (E.isLeft(result)) throw new Error(`not sent: ${result.left._tag}, ${result.left.detail}`)
      harmless(result.right.detail)
      return result.right
    },
    /** The failure, after it has been looked through for personal data. */
    failed: async (channel: Channel, shipment: Shipment = letterShipment()): Promise<ShipmentFailure> => {
      const result = await channel.send(shipment)()
      if (E.isRight(result)) throw new Error('it was sent')
      harmless(result.left.detail)
      return result.left
    },
  }
}
