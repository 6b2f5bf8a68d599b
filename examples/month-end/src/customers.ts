import type { Command, Payer } from 'underlag'
import { firstDayOf, instant } from './calendar.js'
import { ANNA } from './clinic.js'

/** What a client comes for, and how often: see `visits`. */
export type Care = 'fysioterapi' | 'psykoterapi' | 'handledning' | 'gruppterapi'

export interface Client {
  readonly clientId: string
  readonly name: string
  readonly care: Care
}

const people: ReadonlyArray<readonly [care: Care, name: string, street: string, postalCode: string, city: string]> = [
  ['fysioterapi', 'Astrid Lindqvist', 'Ystadsvägen 14', '121 51', 'Johanneshov'],
  ['fysioterapi', 'Olle Bergström', 'Halmstadsvägen 3', '121 53', 'Johanneshov'],
  ['fysioterapi', 'Fatima Hassan', 'Sofielundsvägen 27', '121 31', 'Enskededalen'],
  ['fysioterapi', 'Lars-Erik Öberg', 'Nynäsvägen 315', '122 34', 'Enskede'],
  ['fysioterapi', 'Ingrid Sjögren', 'Årstavägen 88', '120 54', 'Årsta'],
  ['fysioterapi', 'Mikael Nordin', 'Lagaplan 6', '128 46', 'Bagarmossen'],
  ['fysioterapi', 'Yasmin Demir', 'Skarpnäcks allé 45', '128 33', 'Skarpnäck'],
  ['fysioterapi', 'Per Åkesson', 'Hammarby allé 91', '120 63', 'Stockholm'],
  ['fysioterapi', 'Gunilla Ekström', 'Ringvägen 112', '116 61', 'Stockholm'],
  ['fysioterapi', 'Amir Rahimi', 'Götgatan 58', '118 26', 'Stockholm'],
  ['fysioterapi', 'Birgitta Wallin', 'Folkungagatan 97', '116 30', 'Stockholm'],
  ['fysioterapi', 'Jonas Hedlund', 'Bondegatan 21', '116 33', 'Stockholm'],
  ['fysioterapi', 'Sara Nyström', 'Skånegatan 76', '116 37', 'Stockholm'],
  ['fysioterapi', 'Tomasz Kowalski', 'Värmdövägen 203', '131 41', 'Nacka'],
  ['fysioterapi', 'Margareta Holm', 'Kyrkviken 4', '131 34', 'Nacka'],
  ['fysioterapi', 'Henrik Sandberg', 'Finnbergsvägen 12', '131 31', 'Nacka'],
  ['fysioterapi', 'Elin Forsberg', 'Lönnvägen 9', '121 47', 'Johanneshov'],
  ['fysioterapi', 'Kjell Lundin', 'Bägerstavägen 33', '120 47', 'Enskede gård'],
  ['fysioterapi', 'Mona Eriksson', 'Palmfeltsvägen 17', '121 62', 'Johanneshov'],
  ['fysioterapi', 'Daniel Blomqvist', 'Arenavägen 63', '121 77', 'Johanneshov'],
  ['fysioterapi', 'Leyla Karimi', 'Gullmarsplan 5', '121 40', 'Johanneshov'],
  ['fysioterapi', 'Stig Månsson', 'Tyresövägen 241', '122 46', 'Enskede'],
  ['fysioterapi', 'Annika Dahl', 'Herrgårdsvägen 8', '122 39', 'Enskede'],
  ['fysioterapi', 'Viktor Isaksson', 'Byälvsvägen 102', '128 44', 'Bagarmossen'],
  ['fysioterapi', 'Camilla Fransson', 'Statsrådsvägen 11', '128 38', 'Skarpnäck'],
  ['fysioterapi', 'Göran Håkansson', 'Sandsborgsvägen 52', '122 33', 'Enskede'],
  ['psykoterapi', 'Maja Engström', 'Åsögatan 149', '116 32', 'Stockholm'],
  ['psykoterapi', 'Emil Svensson', 'Katarina Bangata 40', '116 39', 'Stockholm'],
  ['psykoterapi', 'Helena Björk', 'Renstiernas gata 15', '116 28', 'Stockholm'],
  ['psykoterapi', 'Ali Mohammadi', 'Heliosgatan 22', '120 61', 'Stockholm'],
  ['psykoterapi', 'Kristina Löfgren', 'Hammarbybacken 7', '120 30', 'Stockholm'],
  ['psykoterapi', 'Andreas Palm', 'Svärdlångsvägen 36', '120 60', 'Årsta'],
  ['psykoterapi', 'Josefin Hellström', 'Sköntorpsvägen 80', '120 53', 'Årsta'],
  ['psykoterapi', 'Oskar Viklund', 'Enskedevägen 91', '122 63', 'Enskede'],
  ['psykoterapi', 'Nadia Petrova', 'Sockenvägen 402', '122 63', 'Enskede'],
  ['psykoterapi', 'Martin Gustafsson', 'Åkerbyvägen 2', '131 52', 'Nacka'],
  ['handledning', 'Eva Strand', 'Östgötagatan 64', '116 64', 'Stockholm'],
  ['handledning', 'Johan Melin', 'Blekingegatan 44', '116 62', 'Stockholm'],
  ['gruppterapi', 'Rut Abrahamsson', 'Tjärhovsgatan 19', '116 28', 'Stockholm'],
  ['gruppterapi', 'Nils Hallberg', 'Barnängsgatan 30', '116 41', 'Stockholm'],
]

export const CLIENTS: ReadonlyArray<Client> = people.map(([care, name], i) => ({
  clientId: `k${String(i + 1).padStart(2, '0')}`,
  name,
  care,
}))

/** Has no e-mail address, and is given the invoice on paper. */
export const WITHOUT_EMAIL = 'Stig Månsson'

const COMPANIES = [
  {
    companyId: 'nordvind',
    name: 'Nordvind Logistik AB',
    organisationNumber: '559999-0115',
    address: {
      lines: ['Ekonomiavdelningen', 'Partihandlarvägen 47'],
      postalCode: '120 44',
      city: 'Årsta',
      country: 'SE',
    },
    email: 'leverantor@nordvind.example.com',
    buyerReference: 'FHV-2210',
  },
  {
    companyId: 'fyrens',
    name: 'Fyrens Förskolor AB',
    organisationNumber: '559999-0271',
    address: { lines: ['Alphyddevägen 10'], postalCode: '131 35', city: 'Nacka', country: 'SE' },
    email: 'ekonomi@fyrens.example.com',
  },
] as const

/** Clients whose employer pays. What they came for is their own: the employer sees initials, or a number of its own. */
const PAID_BY: ReadonlyArray<{
  readonly companyId: (typeof COMPANIES)[number]['companyId']
  readonly client: string
  readonly showAs: 'initials' | 'reference'
  readonly reference?: string
}> = [
  { companyId: 'nordvind', client: 'Mikael Nordin', showAs: 'reference', reference: 'Anställd 1042' },
  { companyId: 'nordvind', client: 'Andreas Palm', showAs: 'reference', reference: 'Anställd 1187' },
  { companyId: 'fyrens', client: 'Eva Strand', showAs: 'initials' },
  { companyId: 'fyrens', client: 'Johan Melin', showAs: 'initials' },
]

export const clientNamed = (name: string): Client => {
  const found = CLIENTS.find((client) => client.name === name)
  if (found === undefined) throw new Error(`${name} is no client of this clinic`)
  return found
}

/** The host knows its own customers: Underlag answers with ids. */
export const nameOf = ({ kind, id }: Payer): string =>
  (kind === 'client'
    ? CLIENTS.find(({ clientId }) => clientId === id)
    : COMPANIES.find(({ companyId }) => companyId === id)
  )?.name ?? id

export const isPaidByEmployer = (client: Client): boolean => PAID_BY.some((paid) => paid.client === client.name)

/** `Lars-Erik Öberg` has lars-erik.oberg@example.com: a domain that delivers to nobody. */
const emailOf = (name: string): string =>
  `${name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll(' ', '.')}@example.com`

/** Clients, companies, and who pays for whom. */
export const customers = (month: string): ReadonlyArray<Command> => {
  const opening = { actor: ANNA, at: instant(firstDayOf(month), '07:15') }
  return [
    ...people.map(
      ([, name, street, postalCode, city], i): Command => ({
        type: 'RegisterClient',
        commandId: `client:${CLIENTS[i]?.clientId}`,
        ...opening,
        data: {
          clientId: clientNamed(name).clientId,
          name,
          address: { lines: [street], postalCode, city, country: 'SE' },
          ...(name === WITHOUT_EMAIL ? {} : { email: emailOf(name) }),
        },
      }),
    ),
    ...COMPANIES.map(
      (data): Command => ({ type: 'RegisterCompany', commandId: `company:${data.companyId}`, ...opening, data }),
    ),
    ...PAID_BY.map(({ client, companyId, ...how }): Command => {
      const { clientId } = clientNamed(client)
      return {
        type: 'AssignPayer',
        commandId: `payer:${clientId}`,
        ...opening,
        data: { clientId, payer: { kind: 'company', id: companyId }, ...how },
      }
    }),
  ]
}
