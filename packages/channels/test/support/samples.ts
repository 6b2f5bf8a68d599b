import { type Channel, type Invoice, type Sent, type Shipment, type ShipmentFailure, sek } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { EmailConfig, type EmailSettings, emailChannel, emailSettings } from '../../src/email/index.js'

/** Everything that must never be seen in a detail. */
export const PERSONAL = /anna|andersson|example|depression|samtal/i

export const sampleInvoice = (changes: Partial<Invoice> = {}): Invoice => ({
  invoiceNumber: '12',
  sequence: 12,
  kind: 'invoice',
  ocr: '1230',
  invoiceDate: '2026-03-01',
  dueDate: '2026-03-31',
  payer: { kind: 'client', id: 'c1' },
  seller: {
    name: 'Åsas klinik',
    organisationNumber: '556036-0793',
    address: { lines: ['Storgatan 1'], postalCode: '111 22', city: 'Stockholm', country: 'SE' },
    email: 'asa@klinik.se',
    bankgiro: '5050-1055',
    fSkatt: true,
    paymentTermsDays: 30,
    pricesIncludeVat: false,
  },
  buyer: { name: 'Anna Andersson', email: 'anna.andersson@example.se' },
  language: 'sv',
  lines: [
    {
      itemId: 'booking:b1',
      sourceRevision: 0,
      clientId: 'c1',
      date: '2026-02-03',
      description: 'Samtal om depression',
      quantity: '1.5',
      unitPrice: sek(120_000),
      vat: { kind: 'exempt', reason: 'healthcare' },
      discountPercent: '0',
      net: sek(180_000),
    },
  ],
  vatBreakdown: [{ vat: { kind: 'exempt', reason: 'healthcare' }, taxable: sek(180_000), vatAmount: sek(0) }],
  net: sek(180_000),
  vatAmount: sek(0),
  rounding: sek(0),
  toPay: sek(180_000),
  delivery: 'email',
  templateVersion: 1,
  paid: sek(0),
  credited: sek(0),
  balance: sek(180_000),
  status: 'registered',
  creditedBy: [],
  payments: [],
  ...changes,
})

export const sampleCreditNote = (changes: Partial<Invoice> = {}): Invoice =>
  sampleInvoice({
    kind: 'creditNote',
    invoiceNumber: '13',
    sequence: 13,
    credits: '12',
    reason: 'Avbokat samtal',
    toPay: sek(-180_000),
    balance: sek(-180_000),
    ...changes,
  })

export const KEY = '0b9f0f8e-52a5-5f0e-8c3d-7d1f3f6f0a01'

export const sampleShipment = (changes: Partial<Shipment> = {}): Shipment => ({
  deliveryId: 'd1',
  idempotencyKey: KEY,
  invoice: sampleInvoice(),
  pdf: pdfOf(3_000),
  fileName: 'Faktura-12.pdf',
  signal: new AbortController().signal,
  ...changes,
})

/** Bytes of every kind, also those that a text transfer would spoil. */
export const pdfOf = (size: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    bytes[i] = state >> 16
  }
  bytes.set(new TextEncoder().encode('%PDF-1.7\n.\r\n.\n'))
  return bytes
}

/** Settings as the configuration gives them; throws where they are wrong, for the test to fail. */
export const settingsFor = (
  server: { readonly host: string; readonly port: number },
  changes: Omit<Partial<EmailConfig>, 'smtp'> & { readonly smtp?: Partial<EmailConfig['smtp']> } = {},
): EmailSettings => {
  const decoded = EmailConfig.decode({
    from: 'faktura@klinik.se',
    ...changes,
    smtp: { host: server.host, port: server.port, ...changes.smtp },
  })
  if (E.isLeft(decoded)) throw new Error('the sample configuration does not decode')
  const settings = emailSettings({})(decoded.right)
  if (E.isLeft(settings)) throw new Error(settings.left.detail)
  return settings.right
}

export const channelTo = (...args: Parameters<typeof settingsFor>): Channel => emailChannel(settingsFor(...args))

export const sent = async (channel: Channel, shipment: Shipment = sampleShipment()): Promise<Sent> => {
  const result = await channel.send(shipment)()
  if (E.isLeft(result)) throw new Error(`not sent: ${result.left._tag}, ${result.left.detail}`)
  return result.right
}

/** The failure, after it has been looked through for personal data. */
export const failed = async (channel: Channel, shipment: Shipment = sampleShipment()): Promise<ShipmentFailure> => {
  const result = await channel.send(shipment)()
  if (E.isRight(result)) throw new Error('it was sent')
  if (PERSONAL.test(result.left.detail)) throw new Error(`personal data in: ${result.left.detail}`)
  return result.left
}
