const list = (codes: string): ReadonlySet<string> => new Set(codes.split(' '))

/** ISO 3166-1 alpha-2, as EN 16931 knows them (BR-CL-14). */
export const COUNTRIES = list(
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI ' +
    'CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ ' +
    'GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS ' +
    'LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG ' +
    'PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK ' +
    'TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI YE YT ZA ZM ZW',
)

/** What a VAT number may begin with: a country, and Greece under the name it has there (BR-CO-09). */
export const VAT_PREFIXES: ReadonlySet<string> = new Set([...COUNTRIES, 'EL'])

/** Electronic address schemes (EAS) that Peppol accepts, release 3.0.21. */
export const ADDRESS_SCHEMES = list(
  '0002 0007 0009 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 0192 0195 0196 0198 0199 0200 0201 0204 0208 ' +
    '0209 0210 0211 0216 0218 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 ' +
    '9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 ' +
    '9952 9953 9957 9959',
)

/** Schemes whose ids Peppol checks, with the rule that does. */
export const ID_CHECKS: Readonly<Record<string, { readonly rule: string; readonly fits: (id: string) => boolean }>> = {
  '0007': { rule: 'PEPPOL-COMMON-R049', fits: (id) => /^\d{10}$/.test(id) && luhn(id) },
  '0088': { rule: 'PEPPOL-COMMON-R040', fits: (id) => /^\d+$/.test(id) && gs1(id) },
  '0096': { rule: 'PEPPOL-COMMON-R052', fits: (id) => /^\d{10}$/.test(id) },
  '0106': { rule: 'PEPPOL-COMMON-R054', fits: (id) => /^\d{8}$/.test(id) },
  '0151': { rule: 'PEPPOL-COMMON-R050', fits: (id) => /^\d{11}$/.test(id) && abn(id) },
  '0184': { rule: 'PEPPOL-COMMON-R042', fits: (id) => /^(DK\d{8}|\d{8})$/.test(id) },
  '0190': { rule: 'PEPPOL-COMMON-R055', fits: (id) => /^\d{20}$/.test(id) },
  '0192': { rule: 'PEPPOL-COMMON-R041', fits: (id) => /^\d{9}$/.test(id) && mod11(id) },
  '0198': { rule: 'PEPPOL-COMMON-R053', fits: (id) => /^DK\d{8}$/.test(id) },
  '0201': { rule: 'PEPPOL-COMMON-R044', fits: (id) => /^[A-Za-z0-9]{6}$/.test(id) },
  '0208': {
    rule: 'PEPPOL-COMMON-R043',
    fits: (id) => /^\d{10}$/.test(id) && 97 - (Number(id.slice(0, 8)) % 97) === Number(id.slice(8)),
  },
  '0210': {
    rule: 'PEPPOL-COMMON-R045',
    fits: (id) => /^(\d{11}|[A-Za-z]{6}\d\d[A-Za-z]\d\d[A-Za-z]\d{3}[A-Za-z])$/.test(id),
  },
  '0211': {
    rule: 'PEPPOL-COMMON-R047',
    fits: (id) => !/^it/i.test(id) || (/^..\d{11}$/.test(id) && luhn(id.slice(2))),
  },
  '9944': { rule: 'PEPPOL-COMMON-R056-1', fits: (id) => /^NL\d{9}B\d{2}$/.test(id) },
}

const digitsOf = (text: string): ReadonlyArray<number> => [...text].map(Number)

const luhn = (digits: string): boolean =>
  digitsOf(digits)
    .toReversed()
    .reduce((sum, digit, i) => sum + (i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit), 0) %
    10 ===
  0

const gs1 = (digits: string): boolean =>
  digitsOf(digits)
    .toReversed()
    .reduce((sum, digit, i) => sum + digit * (i % 2 === 0 ? 1 : 3), 0) %
    10 ===
  0

/** Norway's check digit. */
const mod11 = (digits: string): boolean => {
  const sum = digitsOf(digits.slice(0, -1))
    .toReversed()
    .reduce((total, digit, i) => total + digit * ((i % 6) + 2), 0)
  return Number(digits) > 0 && (11 - (sum % 11)) % 11 === Number(digits.at(-1))
}

/** Australia's. */
const abn = (digits: string): boolean => {
  const weights = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
  return (
    digitsOf(digits).reduce((sum, digit, i) => sum + (i === 0 ? digit - 1 : digit) * (weights[i] ?? 0), 0) % 89 === 0
  )
}
