import type { IssuedInvoice, Payer, PricedLine, TotalsSettings } from '../../src/index.js'
import { sek, totals } from '../../src/index.js'
import { clinic } from './samples.js'

/** An invoice of these lines as it would have been registered: `line:0`, `line:1` … */
export const issue = (
  lines: ReadonlyArray<PricedLine>,
  settings: TotalsSettings = { pricesIncludeVat: false },
  payer: Payer = { kind: 'client', id: 'c1' },
): IssuedInvoice => {
  const { nets, ...amounts } = totals(lines, settings)
  return {
    invoiceNumber: '1',
    sequence: 1,
    kind: 'invoice',
    ocr: '18',
    invoiceDate: '2026-03-31',
    dueDate: '2026-04-30',
    payer,
    seller: { ...clinic, ...settings },
    buyer: { name: 'Anna Berg' },
    language: 'sv',
    lines: lines.map(({ unitPrice, quantity, discountPercent, vat }, i) => ({
      itemId: `line:${i}`,
      clientId: 'c1',
      date: '2026-03-02',
      description: `Rad ${i}`,
      quantity,
      unitPrice: sek(unitPrice),
      vat,
      discountPercent,
      net: sek(nets[i] ?? 0),
      sourceRevision: 0,
    })),
    ...amounts,
    delivery: 'none',
    templateVersion: 1,
  }
}
