import { vatRate } from '@underlag/invoicing'
import type { Texts } from './texts.js'

/** Swedish. */
export const swedish: Texts = {
  invoice: 'Faktura',
  creditNote: 'Kreditfaktura',
  number: 'Fakturanummer',
  invoiceDate: 'Fakturadatum',
  dueDate: 'Förfallodatum',
  credits: 'Krediterar faktura',
  reason: 'Skäl',
  reference: 'Referens',
  buyerReference: 'Er referens',
  organisationNumber: 'Org.nr',
  vatNumber: 'Momsreg.nr',
  buyerOrganisationNumber: 'Ert org.nr',
  buyerVatNumber: 'Ert momsreg.nr',
  toPay: 'Att betala',
  toRepay: 'Summa att kreditera',
  nothingToPay: 'Inget att betala',
  payment: 'Betalning',
  paymentReference: 'OCR-nummer',
  recipient: 'Mottagare',
  facts: 'Uppgifter om fakturan',
  lines: 'Fakturarader',
  supplied: 'Utfört',
  description: 'Beskrivning',
  quantity: 'Antal',
  unitPrice: 'À-pris',
  discount: 'Rabatt',
  vat: 'Moms',
  amount: 'Belopp',
  excludingVat: 'exkl. moms',
  includingVat: 'inkl. moms',
  vatSummary: 'Momsspecifikation',
  taxable: 'Underlag',
  sums: 'Summering',
  sum: 'Summa',
  sumExcludingVat: 'Summa exkl. moms',
  rounding: 'Öresavrundning',
  otherLines: 'Övrigt',
  erased: '(raderad)',
  fSkatt: 'Godkänd för F-skatt',
  page: 'Sida',
  of: 'av',
  paymentCode: (how) => (how === 'bank' ? 'QR-kod för betalning i bankens app' : 'QR-kod för betalning med Swish'),
  lineVat: (vat) => (vat.kind === 'standard' ? `${vatRate(vat)}\u00a0%` : vat.kind === 'exempt' ? 'Momsfri' : 'Omvänd'),
  vatGroup: (vat) =>
    vat.kind === 'standard'
      ? `Moms ${vatRate(vat)}\u00a0%`
      : vat.kind === 'reverseCharge'
        ? 'Omvänd betalningsskyldighet'
        : 'Undantaget från moms',
  vatStatement: (vat) => {
    switch (vat.kind) {
      case 'standard':
        return null
      case 'reverseCharge':
        return 'Omvänd betalningsskyldighet: köparen redovisar momsen.'
      case 'exempt':
        return vat.reason === 'healthcare'
          ? 'Undantagen från moms enligt 10 kap. 6 § mervärdesskattelagen (2023:200).'
          : 'Undantagen från moms enligt 18 kap. 4 § mervärdesskattelagen (2023:200), små företag.'
    }
  },
}
