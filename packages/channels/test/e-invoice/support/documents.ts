import type { Invoice, Shipment } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import type { MakeUbl, Routing } from '../../../src/e-invoice/index.js'
import { KEY, sampleCreditNote, sampleInvoice } from '../../support/samples.js'

export const RECEIVER = { scheme: '0007', id: '5567212047' }

export const companyInvoice = (changes: Partial<Invoice> = {}): Invoice =>
  sampleInvoice({
    payer: { kind: 'company', id: 'bolaget' },
    buyer: { name: 'Bolaget AB', organisationNumber: '556721-2047', eInvoice: RECEIVER },
    delivery: 'eInvoice',
    ...changes,
  })

export const companyCreditNote = (changes: Partial<Invoice> = {}): Invoice => {
  const { kind, invoiceNumber, sequence, credits, reason, toPay, balance } = sampleCreditNote()
  return companyInvoice({
    kind,
    invoiceNumber,
    sequence,
    toPay,
    balance,
    ...(credits === undefined || reason === undefined ? {} : { credits, reason }),
    ...changes,
  })
}

/** As `@underlag/documents/ubl` writes it, as far as it matters here. */
export const ublOf = (invoice: Invoice, receiver = invoice.buyer.eInvoice): string => {
  const root = invoice.kind === 'invoice' ? 'Invoice' : 'CreditNote'
  return `<?xml version="1.0" encoding="UTF-8"?>
<${root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:${root}-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
  <cbc:ID>${invoice.invoiceNumber}</cbc:ID>
  <cac:AccountingSupplierParty><cac:Party>
    <cbc:EndpointID schemeID="0007">5560360793</cbc:EndpointID>
    <cac:PartyLegalEntity><cbc:RegistrationName>Åsas klinik</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>
    <cbc:EndpointID schemeID="${receiver?.scheme}">${receiver?.id}</cbc:EndpointID>
    <cac:PartyLegalEntity><cbc:RegistrationName>${invoice.buyer.name}</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:AccountingCustomerParty>
</${root}>`
}

/** Of `companyInvoice`. */
export const routing: Routing = {
  sender: { scheme: '0007', id: '5560360793' },
  receiver: RECEIVER,
  document: 'invoice',
  documentId: '12',
  country: 'SE',
}

export const makeUbl: MakeUbl = (invoice) => E.right(ublOf(invoice))

export const shipmentOf = (invoice: Invoice = companyInvoice(), changes: Partial<Shipment> = {}): Shipment => ({
  deliveryId: `${invoice.sequence}.1`,
  idempotencyKey: KEY,
  invoice,
  pdf: new Uint8Array(),
  fileName: 'faktura-12.pdf',
  signal: new AbortController().signal,
  ...changes,
})
