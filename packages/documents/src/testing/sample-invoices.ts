import {
  divideRounded,
  type Invoice,
  type InvoiceLine,
  type Seller,
  scaled,
  sek,
  type Vat,
  vatKey,
  vatRate,
} from '@underlag/invoicing'

/** What a line is priced at; its `net` follows. */
export interface SampleLine {
  readonly date: string
  readonly description?: string | undefined
  readonly quantity?: string
  readonly price: number
  readonly vat?: Vat
  readonly discount?: string
  readonly client?: string
  readonly clientLabel?: string
  readonly practitioner?: string
}

export const healthcare: Vat = { kind: 'exempt', reason: 'healthcare' }
export const standard = (rate: 6 | 12 | 25): Vat => ({ kind: 'standard', rate })

export const seller: Seller = {
  name: 'Lindgården Psykologmottagning AB',
  organisationNumber: '5566778899',
  vatNumber: 'SE556677889901',
  address: { lines: ['Lindgatan 14'], postalCode: '41319', city: 'Göteborg', country: 'SE' },
  email: 'ekonomi@lindgarden.example',
  bankgiro: '50501055',
  fSkatt: true,
  paymentTermsDays: 30,
  pricesIncludeVat: true,
}

const amountOf = (line: SampleLine): number =>
  Number(
    divideRounded(
      BigInt(line.price) * scaled(line.quantity ?? '1', 3) * (1_000_000n - scaled(line.discount ?? '0', 4)),
      1_000_000_000n,
    ),
  )

/** An invoice reckoned by rule 8 of the language (whole öre; the inclusive remainder goes to the first lines, which is enough here). */
export const sample = (lines: ReadonlyArray<SampleLine>, changes: Partial<Invoice> = {}): Invoice => {
  const by = changes.seller ?? seller
  const sign = changes.kind === 'creditNote' ? -1 : 1
  const vatOf = (line: SampleLine): Vat => line.vat ?? healthcare
  const nets = new Map<SampleLine, number>()
  let rounding = 0
  const kinds = new Map(lines.map((line) => [vatKey(vatOf(line)), vatOf(line)]))
  const vatBreakdown = [...kinds.values()].map((vat) => {
    const mine = lines.filter((line) => vatKey(vatOf(line)) === vatKey(vat))
    const sum = mine.reduce((total, line) => total + amountOf(line), 0)
    const rate = vatRate(vat)
    const taxable = by.pricesIncludeVat ? Number(divideRounded(BigInt(sum) * 100n, BigInt(100 + rate))) : sum
    const vatAmount = Number(divideRounded(BigInt(taxable * rate), 100n))
    if (by.pricesIncludeVat) rounding += sum - taxable - vatAmount
    let left = taxable
    for (const line of mine) {
      const net = sum === 0 ? 0 : Math.floor((taxable * amountOf(line)) / sum)
      nets.set(line, net)
      left -= net
    }
    for (const line of mine) {
      if (left-- > 0) nets.set(line, (nets.get(line) ?? 0) + 1)
    }
    return { vat, taxable: sek(sign * taxable), vatAmount: sek(sign * vatAmount) }
  })
  const net = vatBreakdown.reduce((sum, each) => sum + each.taxable.amount, 0)
  const vatAmount = vatBreakdown.reduce((sum, each) => sum + each.vatAmount.amount, 0)
  let toPay = net + vatAmount + sign * rounding
  if (by.wholeKronor === true) toPay = sign * 100 * Math.floor((Math.abs(toPay) + 50) / 100)
  return {
    invoiceNumber: '1042',
    sequence: 1042,
    kind: 'invoice',
    ocr: '10421',
    invoiceDate: '2026-03-31',
    dueDate: '2026-04-30',
    payer: { kind: 'client', id: 'c1' },
    seller: by,
    buyer: {
      name: 'Märta Åkerström',
      address: { lines: ['Örtagårdsvägen 3 B, lgh 1203'], postalCode: '412 55', city: 'Göteborg', country: 'SE' },
    },
    language: 'sv',
    lines: lines.map(
      (line, index): InvoiceLine => ({
        itemId: `booking:b${index + 1}`,
        clientId: line.client ?? 'c1',
        date: line.date,
        ...(line.description === undefined ? {} : { description: line.description }),
        ...(line.clientLabel === undefined ? {} : { clientLabel: line.clientLabel }),
        ...(line.practitioner === undefined ? {} : { practitioner: line.practitioner }),
        quantity: sign < 0 ? `-${line.quantity ?? '1'}` : (line.quantity ?? '1'),
        unitPrice: sek(line.price),
        vat: vatOf(line),
        discountPercent: line.discount ?? '0',
        net: sek(sign * (nets.get(line) ?? 0)),
        sourceRevision: 0,
      }),
    ),
    vatBreakdown,
    net: sek(net),
    vatAmount: sek(vatAmount),
    rounding: sek(toPay - net - vatAmount),
    toPay: sek(toPay),
    delivery: 'email',
    templateVersion: 1,
    paid: sek(0),
    credited: sek(0),
    balance: sek(toPay),
    status: 'registered',
    creditedBy: [],
    payments: [],
    ...changes,
  }
}

const visit = (day: number, more: Partial<SampleLine> = {}): SampleLine => ({
  date: `2026-03-${String(day).padStart(2, '0')}`,
  description: 'Samtalsterapi, 45 minuter',
  price: 120000,
  ...more,
})

const exclusive: Seller = {
  ...seller,
  name: 'Nordlund & Ekwall Handledning AB',
  pricesIncludeVat: false,
  plusgiro: '41234566',
  swish: '1237856901',
}

const company: Partial<Invoice> = {
  payer: { kind: 'company', id: 'k1' },
  buyer: {
    name: 'Göteborgs Hamn & Logistik AB',
    organisationNumber: '5560360793',
    buyerReference: 'KST-4410 Anna Holm',
    address: { lines: ['Fakturaservice', 'Box 2553'], postalCode: '403 17', city: 'Göteborg', country: 'SE' },
  },
  reference: 'Avtal 2026-118',
}

const lorem = [
  'Samtalsterapi, 45 minuter',
  'Parsamtal, 90 minuter',
  'Utredning enligt DIVA-5, del 1 av 3',
  'Telefonuppföljning',
  'Intyg till Försäkringskassan',
]

/** The documents that are looked at, kept as golden files and measured. */
export const samples: Readonly<Record<string, Invoice>> = {
  'one-line': sample([visit(12, { practitioner: 'Leg. psykolog Ellen Sand' })]),
  'twelve-lines': sample(
    Array.from({ length: 12 }, (_, i) =>
      visit(i * 2 + 1, {
        description: lorem[i % lorem.length],
        price: [120000, 185000, 240000, 45000, 60000][i % 5] ?? 0,
        ...(i === 3 ? { discount: '12.5' } : {}),
        ...(i === 2 ? { quantity: '1.5' } : {}),
      }),
    ),
    { message: 'Tack för att du kommer till oss. Har du frågor om fakturan når du oss säkrast på förmiddagen.' },
  ),
  'many-lines': sample(
    Array.from({ length: 120 }, (_, i) => visit((i % 31) + 1, { description: lorem[i % lorem.length], price: 120000 })),
  ),
  'all-vat-kinds': sample(
    [
      visit(2),
      visit(5, { description: 'Handledning i grupp', price: 250000, vat: standard(25) }),
      visit(9, { description: 'Kurslitteratur: Att mötas i samtal', price: 33900, vat: standard(6), quantity: '3' }),
      visit(9, { description: 'Lunch, kursdag', price: 14500, vat: standard(12), quantity: '3', discount: '10' }),
    ],
    { seller: { ...seller, wholeKronor: true } },
  ),
  'full-page': sample(
    Array.from({ length: 9 }, (_, i) =>
      visit(i * 2 + 1, {
        description: lorem[i % lorem.length],
        price: 125000 + i * 1100,
        vat: standard(([25, 12, 6] as const)[i % 3] ?? 25),
        practitioner: 'Leg. psykolog Ellen Sand',
        discount: i % 2 === 0 ? '10' : '0',
      }),
    ),
  ),
  'exclusive-prices': sample(
    [
      visit(4, {
        description: 'Grupphandledning, ledningsgrupp',
        price: 145000,
        vat: standard(25),
        quantity: '2.5',
        practitioner: 'Jonas Ekwall',
      }),
      visit(18, {
        description: 'Föreläsning: Återhämtning i vardagen',
        price: 980000,
        vat: standard(25),
        discount: '10',
        practitioner: 'Sara Nordlund',
      }),
    ],
    { ...company, seller: exclusive },
  ),
  'reverse-charge': sample(
    [visit(4, { description: 'Supervision, two-day workshop', price: 2400000, vat: { kind: 'reverseCharge' } })],
    {
      seller: exclusive,
      language: 'en',
      payer: { kind: 'company', id: 'k2' },
      buyer: {
        name: 'Fjordklinikken AS',
        vatNumber: 'DK13585628',
        address: { lines: ['Havnegade 12, 3. sal'], postalCode: '1058', city: 'København K', country: 'DK' },
      },
    },
  ),
  'small-business': sample(
    [visit(20, { description: 'Coachande samtal', price: 90000, vat: { kind: 'exempt', reason: 'smallBusiness' } })],
    {
      seller: {
        name: 'Coach Ida Wiklund',
        organisationNumber: '8112189876',
        address: { lines: ['Backvägen 2'], postalCode: '903 37', city: 'Umeå', country: 'SE' },
        email: 'ida@wiklund.example',
        swish: '1231112223',
        fSkatt: true,
        paymentTermsDays: 10,
        pricesIncludeVat: true,
      },
    },
  ),
  'credit-note': sample(
    [
      visit(12, { practitioner: 'Leg. psykolog Ellen Sand' }),
      visit(19, { price: 250000, vat: standard(25), description: 'Handledning' }),
    ],
    {
      kind: 'creditNote',
      invoiceNumber: '1043',
      credits: '1042',
      reason: 'Besöket den 12 mars blev av misstag fakturerat två gånger.',
    },
  ),
  'company-clients': sample(
    [
      visit(3, { client: 'c1', clientLabel: 'A. L.' }),
      visit(10, { client: 'c1', clientLabel: 'A. L.' }),
      visit(4, { client: 'c2', clientLabel: 'Ref. 2026-0417', practitioner: 'Leg. psykolog Ellen Sand' }),
      visit(17, { client: 'c1', clientLabel: 'A. L.' }),
      visit(24, { client: 'c3', clientLabel: 'Bo Ek', description: 'Krissamtal, akut', price: 185000 }),
      visit(31, { client: 'c2', description: undefined }),
    ],
    company,
  ),
  'long-names': sample(
    [
      visit(12, {
        description:
          'Neuropsykologisk utredning med återgivning till patient, anhörig och remittent samt skriftligt utlåtande enligt överenskommelse den 14 januari',
        practitioner: 'Leg. psykolog, specialist i neuropsykologi Wilhelmina af Klercker-Silfverstolpe',
        price: 1234567800,
      }),
    ],
    {
      invoiceNumber: 'LINDGARDEN-2026-000001042',
      ocr: '1234567890123456789012347',
      seller: {
        ...exclusive,
        name: 'Stiftelsen Västra Götalands Kognitiva och Neuropsykologiska Specialistmottagning med Rehabilitering',
        email: 'fakturor.och.ekonomi@vastragotalandskognitivaspecialistmottagning.example',
        address: {
          lines: ['c/o Företagshotellet Lindholmen', 'Byggnad 7, plan 4, rum 4117', 'Lindholmspiren 11'],
          postalCode: '417 56',
          city: 'Göteborg',
          country: 'SE',
        },
      },
      buyer: {
        name: 'Dödsboet efter Karl-Gustaf Emanuel Rosencrantz-Oxenstierna af Eka och Lindö',
        address: {
          lines: [
            'c/o Advokatfirman Hammarskiöld & Söner KB',
            'Attn: Maria Björkegren-Lindström',
            'Södra Allégatan 13, uppgång C',
            'Box 11 025',
          ],
          postalCode: '404 21',
          city: 'Göteborg',
          country: 'SE',
        },
      },
      reference: 'Överenskommelse den 14 januari 2026, dnr 2026/000417-3',
    },
  ),
  english: sample(
    [visit(12, { description: 'Psychotherapy, 45 minutes' }), visit(19, { description: 'Psychotherapy, 45 minutes' })],
    {
      language: 'en',
      buyer: {
        name: 'Łukasz Wiśniewski',
        address: { lines: ['Flat 4', '12 Harbour Street'], postalCode: 'EH6 6JJ', city: 'Edinburgh', country: 'GB' },
      },
      message: 'Thank you for your visit.\nPlease state the payment reference.',
    },
  ),
  erased: (({ buyer: _, ...rest }) => ({ ...rest, buyer: {} }))(sample([{ date: '2026-03-12', price: 120000 }])),
}
