import { divideRounded, type IssuedInvoice, scaled, vatRate } from '@underlag/invoicing'
import { all, one, type Read, read, units } from './read.js'

/** Children in the order of the OASIS UBL 2.1 schemas, of those that we write. */
const ORDER: Readonly<Record<string, string>> = {
  Invoice:
    'CustomizationID ProfileID ID IssueDate DueDate InvoiceTypeCode Note DocumentCurrencyCode BuyerReference InvoicePeriod OrderReference BillingReference AccountingSupplierParty AccountingCustomerParty Delivery PaymentMeans TaxTotal LegalMonetaryTotal InvoiceLine',
  CreditNote:
    'CustomizationID ProfileID ID IssueDate CreditNoteTypeCode Note DocumentCurrencyCode BuyerReference InvoicePeriod OrderReference BillingReference AccountingSupplierParty AccountingCustomerParty Delivery PaymentMeans TaxTotal LegalMonetaryTotal CreditNoteLine',
  InvoicePeriod: 'StartDate EndDate',
  OrderReference: 'ID',
  BillingReference: 'InvoiceDocumentReference',
  InvoiceDocumentReference: 'ID IssueDate',
  AccountingSupplierParty: 'Party',
  AccountingCustomerParty: 'Party',
  Party: 'EndpointID PostalAddress PartyTaxScheme PartyLegalEntity Contact',
  PostalAddress: 'StreetName AdditionalStreetName CityName PostalZone AddressLine Country',
  AddressLine: 'Line',
  Country: 'IdentificationCode',
  PartyTaxScheme: 'CompanyID TaxScheme',
  TaxScheme: 'ID',
  PartyLegalEntity: 'RegistrationName CompanyID',
  Contact: 'ElectronicMail',
  Delivery: 'ActualDeliveryDate',
  PaymentMeans: 'PaymentMeansCode PaymentID PayeeFinancialAccount',
  PayeeFinancialAccount: 'ID FinancialInstitutionBranch',
  FinancialInstitutionBranch: 'ID',
  TaxTotal: 'TaxAmount TaxSubtotal',
  TaxSubtotal: 'TaxableAmount TaxAmount TaxCategory',
  TaxCategory: 'ID Percent TaxExemptionReasonCode TaxExemptionReason TaxScheme',
  ClassifiedTaxCategory: 'ID Percent TaxScheme',
  LegalMonetaryTotal: 'LineExtensionAmount TaxExclusiveAmount TaxInclusiveAmount PayableRoundingAmount PayableAmount',
  InvoiceLine: 'ID Note InvoicedQuantity LineExtensionAmount InvoicePeriod AllowanceCharge Item Price',
  CreditNoteLine: 'ID Note CreditedQuantity LineExtensionAmount InvoicePeriod AllowanceCharge Item Price',
  AllowanceCharge:
    'ChargeIndicator AllowanceChargeReasonCode AllowanceChargeReason MultiplierFactorNumeric Amount BaseAmount',
  Item: 'Description Name ClassifiedTaxCategory',
  Price: 'PriceAmount',
}
const MANY = new Set([
  'PaymentMeans',
  'TaxSubtotal',
  'InvoiceLine',
  'CreditNoteLine',
  'AllowanceCharge',
  'PartyTaxScheme',
])

/**
 * What the project itself holds of a document, stricter than the official rules where money is: those forgive almost a krona per VAT
 * rate, here every sum is the invoice's to the öre. Empty: nothing to say.
 */
export const ownFindings = (xml: string, invoice: IssuedInvoice): ReadonlyArray<string> => {
  const found: Array<string> = []
  const root = read(xml)
  const equal = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) found.push(`${what}: ${String(actual)}, not ${String(expected)}`)
  }

  for (const element of elements(root)) {
    const name = local(element)
    if (element.children.length === 0) {
      if (element.text.trim() === '') found.push(`${name} is empty`)
      continue
    }
    const order = ORDER[name]?.split(' ') ?? []
    const names = element.children.map(local)
    const positions = names.map((child) => order.indexOf(child))
    if (positions.includes(-1)) found.push(`${name} has ${names.join(' ')}`)
    if (positions.some((position, i) => i > 0 && position < (positions[i - 1] ?? 0)))
      found.push(`${name} has its children in the order ${names.join(' ')}`)
    for (const child of new Set(names))
      if (!MANY.has(child) && names.filter((other) => other === child).length > 1)
        found.push(`${name} has several ${child}`)
  }

  // Money: UBL writes a credit note positive.
  const sign = invoice.kind === 'creditNote' ? -1n : 1n
  const same = (path: string, ore: number): void => equal(path, units(one(root, path)), sign * BigInt(ore))
  const { net, vatAmount, rounding, toPay } = invoice
  same('LegalMonetaryTotal/LineExtensionAmount', net.amount)
  same('LegalMonetaryTotal/TaxExclusiveAmount', net.amount)
  same('LegalMonetaryTotal/TaxInclusiveAmount', net.amount + vatAmount.amount)
  same('LegalMonetaryTotal/PayableAmount', toPay.amount)
  same('TaxTotal/TaxAmount', vatAmount.amount)
  const payableRounding = one(root, 'LegalMonetaryTotal/PayableRoundingAmount')
  equal(
    'PayableRoundingAmount',
    payableRounding === undefined ? 0n : units(payableRounding),
    sign * BigInt(rounding.amount),
  )

  const category = ({ kind, ...rest }: IssuedInvoice['lines'][number]['vat']): string =>
    kind === 'standard' ? `S ${'rate' in rest ? rest.rate : ''}` : kind === 'exempt' ? 'E 0' : 'AE 0'
  const subtotals = new Map<string, readonly [bigint, bigint]>()
  for (const { vat, taxable, vatAmount: tax } of invoice.vatBreakdown) {
    const [before, taxBefore] = subtotals.get(category(vat)) ?? [0n, 0n]
    subtotals.set(category(vat), [before + sign * BigInt(taxable.amount), taxBefore + sign * BigInt(tax.amount)])
  }
  const written = all(root, 'TaxTotal/TaxSubtotal')
  equal('TaxSubtotals', written.length, subtotals.size)
  for (const each of written) {
    const key = `${one(each, 'TaxCategory/ID')} ${one(each, 'TaxCategory/Percent')}`
    const [taxable, tax] = subtotals.get(key) ?? []
    equal(`TaxableAmount of ${key}`, units(one(each, 'TaxableAmount')), taxable)
    equal(`TaxAmount of ${key}`, units(one(each, 'TaxAmount')), tax)
    equal(`reason of ${key}`, one(each, 'TaxCategory/TaxExemptionReason') === undefined, key.startsWith('S'))
  }

  // Words: as they were given, but for what XML cannot carry.
  const { buyer, seller } = invoice
  const supplier = 'AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName'
  equal('seller', one(root, supplier), legible(seller.name))
  equal('buyer', one(root, supplier.replace('Supplier', 'Customer')), legible(buyer.name))
  equal('note', one(root, 'Note'), legible([invoice.reason, invoice.message].filter(Boolean).join('\n')))
  equal('asked by', one(root, 'BuyerReference'), legible(buyer.buyerReference ?? invoice.reference))

  const lines = all(root, invoice.kind === 'creditNote' ? 'CreditNoteLine' : 'InvoiceLine')
  equal('lines', lines.length, invoice.lines.length)
  for (const [i, line] of invoice.lines.entries()) {
    const element = lines[i]
    if (element !== undefined)
      found.push(...lineFindings(element, line, sign, invoice).map((text) => `line ${i + 1}, ${text}`))
  }
  return found
}

/** Quantity × price, rounded, − allowances + charges = net, exactly; and the price is the line's own. */
const lineFindings = (
  element: Read,
  line: IssuedInvoice['lines'][number],
  sign: bigint,
  { kind, seller }: IssuedInvoice,
): ReadonlyArray<string> => {
  const found: Array<string> = []
  const quantity = units(one(element, kind === 'creditNote' ? 'CreditedQuantity' : 'InvoicedQuantity'), 3)
  const price = units(one(element, 'Price/PriceAmount'), 14)
  const net = units(one(element, 'LineExtensionAmount'))
  const charges = all(element, 'AllowanceCharge')
  const adjusted = charges.reduce(
    (sum, each) => sum + units(one(each, 'Amount')) * (one(each, 'ChargeIndicator') === 'true' ? 1n : -1n),
    0n,
  )
  if (quantity !== sign * scaled(line.quantity, 3)) found.push(`quantity ${quantity}`)
  if (net !== sign * BigInt(line.net.amount)) found.push(`net ${net}`)
  const [name, label] = [legible(line.description), legible(line.clientLabel)]
  if (name !== undefined && one(element, 'Item/Name') !== name) found.push(`name ${one(element, 'Item/Name')}`)
  if (label !== undefined && one(element, 'Note')?.endsWith(label) !== true) found.push(`note ${one(element, 'Note')}`)
  if (price < 0n) found.push(`price ${price}`)
  const gross = divideRounded(quantity * price, 10n ** 15n)
  if (gross + adjusted !== net) found.push(`${quantity} × ${price} = ${gross}, with ${adjusted} not ${net}`)

  const rate = seller.pricesIncludeVat ? BigInt(vatRate(line.vat)) : 0n
  const exact = divideRounded(BigInt(line.unitPrice.amount) * 10n ** 12n * 100n, 100n + rate)
  const size = (n: bigint): bigint => (n < 0n ? -n : n)
  // A rounding of the price to whole öre, or two öre on the line beside its own rounding.
  if (size(price - exact) > 10n ** 12n / 2n && size((price - exact) * quantity) > 3n * 10n ** 15n)
    found.push(`price ${price}, not ${exact}`)
  for (const each of charges) {
    const base = one(each, 'BaseAmount')
    const percent = one(each, 'MultiplierFactorNumeric')
    if ((base === undefined) !== (percent === undefined)) found.push('base without percentage')
    const amount = units(one(each, 'Amount'))
    if (amount <= 0n) found.push(`amount ${amount}`)
    if (base !== undefined && size(amount * 1_000_000n - units(base) * units(percent, 4)) > 1_000_000n)
      found.push(`${percent} % of ${base} is not ${amount}`)
  }
  return found
}

/** Without the characters that XML 1.0 forbids or warns of; `undefined` where nothing is left. */
const legible = (text = ''): string | undefined => {
  const left = [...text].filter((character) => {
    const code = character.codePointAt(0) ?? 0
    const isControl = (code < 0x20 && code !== 0x0a && code !== 0x09) || (code >= 0x7f && code <= 0x9f)
    return !isControl && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff
  })
  const whole = left.join('').trim()
  return whole === '' ? undefined : whole
}

const local = ({ name }: Read): string => name.split(':').at(-1) ?? name

const elements = (element: Read): ReadonlyArray<Read> => [element, ...element.children.flatMap(elements)]
