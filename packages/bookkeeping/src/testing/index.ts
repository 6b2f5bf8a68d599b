// Files as banks write them, made from what they tell.

/** A payment in a file of either layout. */
export interface Told {
  readonly ore: number
  /** The field of the reference. */
  readonly reference?: string
  /** What the payer wrote. */
  readonly text?: string
  readonly name?: string
  readonly serial?: string
  readonly isDeduction?: boolean
  /** Further references, in BgMax with 0 where it is not told how much is for which. */
  readonly others?: ReadonlyArray<{ readonly reference: string; readonly ore: number; readonly isDeduction?: boolean }>
}

export interface Section {
  readonly bankgiro?: string
  readonly currency?: string
  readonly date: string
  readonly payments: ReadonlyArray<Told>
}

const left = (text: string, width: number): string => text.padEnd(width).slice(0, width)
const zeros = (value: number | string, width: number): string => String(value).padStart(width, '0')

/** The records of a BgMax file. */
export const bgMaxRecords = (sections: ReadonlyArray<Section>, mark = 'P'): ReadonlyArray<string> => {
  const payments = sections.flatMap((section) => section.payments)
  const count = (of: (payment: Told) => boolean): number => payments.filter(of).length
  const body = sections.flatMap(({ bankgiro = '50501055', currency = 'SEK', date, payments: told }) => {
    const sum = told.reduce((total, { ore, isDeduction }) => total + (isDeduction === true ? -ore : ore), 0)
    return [
      `05${zeros(bankgiro, 10)}${left('', 10)}${currency}`,
      ...told.flatMap(({ ore, reference = '', text, name, serial = '', isDeduction, others = [] }) => {
        const rest = (of: string, amount: number): string =>
          `${zeros('', 10)}${left(of, 25)}${zeros(amount, 18)}22${serial === '' ? left('', 12) : zeros(serial, 12)}0`
        return [
          `${isDeduction === true ? '21' : '20'}${rest(reference, ore)}`,
          ...others.map((other) => `${other.isDeduction === true ? '23' : '22'}${rest(other.reference, other.ore)}`),
          ...(text === undefined ? [] : [`25${left(text, 50)}`]),
          ...(name === undefined ? [] : [`26${left(name, 35)}`]),
        ]
      }),
      `15${zeros('58410000010098232', 35)}${date.replaceAll('-', '')}${zeros(36, 5)}${zeros(sum, 18)}${currency}${zeros(told.length, 8)}`,
    ]
  })
  const end = [
    count(({ isDeduction }) => isDeduction !== true),
    count(({ isDeduction }) => isDeduction === true),
    payments.reduce((sum, { others = [] }) => sum + others.length, 0),
    sections.length,
  ]
  return [
    `01${left('BGMAX', 20)}0120261129173035010331${mark}`,
    ...body,
    `70${end.map((number) => zeros(number, 8)).join('')}`,
  ].map((record) => left(record, 80))
}

export const bgMax = (sections: ReadonlyArray<Section>, mark?: string): Uint8Array =>
  Buffer.from(`${bgMaxRecords(sections, mark).join('\r\n')}\r\n`, 'latin1')

export interface Entry {
  readonly ore: number
  readonly currency?: string
  readonly indicator?: 'CRDT' | 'DBIT'
  readonly status?: string
  readonly isReversal?: boolean
  readonly date?: string
  readonly reference?: string
  /** Details, as XML after the transaction's amount. */
  readonly details?: ReadonlyArray<{ readonly ore: number; readonly xml?: string; readonly currency?: string }>
  readonly charges?: number
}

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
export const ocr = (reference: string): string =>
  `<RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>${escaped(reference)}</Ref></CdtrRefInf></Strd></RmtInf>`
export const wrote = (text: string): string => `<RmtInf><Ustrd>${escaped(text)}</Ustrd></RmtInf>`
export const BANKGIRO = '<Othr><Id>50501055</Id><SchmeNm><Prtry>BGNR</Prtry></SchmeNm></Othr>'

/** A camt.054 in the shape of a version: from .04 on a transaction has its own amount, from .08 a status is a code. */
export const camt054 = (
  entries: ReadonlyArray<Entry>,
  { version = 2, account = BANKGIRO }: { readonly version?: number; readonly account?: string } = {},
): Uint8Array => {
  const amount = (value: number, currency = 'SEK'): string => `<Amt Ccy="${currency}">${(value / 100).toFixed(2)}</Amt>`
  const xml = entries.map(
    ({ ore, currency, indicator = 'CRDT', status = 'BOOK', isReversal, date = '2026-03-20', reference, ...rest }) =>
      `<Ntry>${amount(ore, currency)}<CdtDbtInd>${indicator}</CdtDbtInd>${
        isReversal === undefined ? '' : `<RvslInd>${isReversal}</RvslInd>`
      }<Sts>${version < 8 ? status : `<Cd>${status}</Cd>`}</Sts><BookgDt><Dt>${date}</Dt></BookgDt>${
        reference === undefined ? '' : `<AcctSvcrRef>${reference}</AcctSvcrRef>`
      }${rest.charges === undefined ? '' : `<Chrgs><TtlChrgsAndTaxAmt Ccy="SEK">${rest.charges / 100}</TtlChrgsAndTaxAmt></Chrgs>`}${
        rest.details === undefined
          ? ''
          : `<NtryDtls>${rest.details
              .map((detail) => {
                const own = amount(detail.ore, detail.currency ?? currency)
                return `<TxDtls>${version < 4 ? `<AmtDtls><TxAmt>${own}</TxAmt></AmtDtls>` : own}${detail.xml ?? ''}</TxDtls>`
              })
              .join('')}</NtryDtls>`
      }</Ntry>`,
  )
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.${String(version).padStart(2, '0')}"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M1</MsgId></GrpHdr><Ntfctn><Id>N1</Id><Acct><Id>${account}</Id></Acct>${xml.join('')}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>\n`,
  )
}
