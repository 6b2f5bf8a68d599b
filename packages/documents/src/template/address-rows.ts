import { type Buyer, documentLanguage } from '@underlag/invoicing'
import type { AddressPosition } from './layout.js'
import { addressZones } from './layout.js'
import { addressLines } from './v1/format.js'

/** Advance widths of Source Sans 3 Regular in thousandths of its size, from the font's own table. */
const ADVANCES: ReadonlyArray<readonly [number, string]> = [
  [200, ' \u00a0'],
  [241, '|¦'],
  [246, 'iìíîïĩīĭį'],
  [247, 'jıĵ'],
  [249, "',.:;·‘’"],
  [255, 'lĺļ'],
  [263, 'IÌÍÎÏĨĪĬĮİ'],
  [265, 'ľ'],
  [271, 'ſ'],
  [289, '!¡'],
  [292, 'f'],
  [298, 'ł'],
  [303, '()[]{}'],
  [304, '•'],
  [311, '-\u00ad'],
  [331, '°'],
  [338, 'tţťŧ'],
  [345, 'ª'],
  [347, 'rŕŗř'],
  [350, '/\\'],
  [362, 'ŀ'],
  [365, 'º'],
  [367, '²³¹'],
  [418, '*'],
  [419, 'sśŝşš'],
  [423, '®'],
  [425, '?z¿źżž'],
  [426, '"“”'],
  [429, '«»'],
  [446, 'x'],
  [456, 'cçćĉċč'],
  [467, 'vyýÿŷ'],
  [476, 'YÝŶŸ'],
  [479, 'J'],
  [480, 'Ĵ–'],
  [486, 'LĹĻĽĿ'],
  [493, 'ĳ'],
  [494, 'F'],
  [495, 'kķĸ'],
  [496, 'eèéêëēĕėęě'],
  [497, '#$+0123456789<=>^~¢£¤¥§¬±×÷'],
  [500, '_Ł'],
  [504, 'agàáâãäåāăąĝğġģ'],
  [513, 'X'],
  [515, 'V'],
  [526, 'Ĳ'],
  [527, 'EÈÉÊËĒĔĖĘĚ'],
  [534, 'SŚŜŞŠ'],
  [536, 'TŢŤŦ'],
  [539, 'ZŹŻŽ'],
  [542, '`o¨¯´¸òóôõöøōŏő'],
  [543, 'A'],
  [544, 'huÀÁÂÃÄÅðùúûüĀĂĄĥũūŭůűų'],
  [547, 'nñńņňŋ'],
  [553, 'b'],
  [555, 'dpqþ'],
  [557, 'ħ'],
  [560, '¶'],
  [562, 'µđ'],
  [566, 'P'],
  [569, 'RŔŖŘ'],
  [571, 'CÇĆĈĊČ'],
  [573, 'ď'],
  [576, 'ß'],
  [579, 'KĶ'],
  [583, 'Þ'],
  [588, 'B'],
  [609, '&'],
  [615, 'DĎ'],
  [617, 'GĜĞĠĢ'],
  [635, 'ĐŊ'],
  [639, 'Ð'],
  [645, 'UÙÚÛÜŨŪŬŮŰŲ'],
  [647, 'NÑŃŅŇ'],
  [652, 'HĤ'],
  [664, 'OQÒÓÔÕÖØŌŎŐ'],
  [692, 'Ħ'],
  [718, 'ŵ'],
  [719, 'w'],
  [727, 'M'],
  [744, '©'],
  [769, 'ŉ'],
  [778, 'æ'],
  [781, '¼'],
  [786, 'WŴ'],
  [796, '¾'],
  [800, '—'],
  [808, '½'],
  [822, 'Æ'],
  [824, '%'],
  [829, 'm'],
  [839, 'œ'],
  [847, '@Œ'],
  [948, '…'],
]
/** Of all other letters: as wide as any. */
const WIDEST = 1000

const advances = new Map(ADVANCES.flatMap(([width, letters]) => [...letters].map((letter) => [letter, width] as const)))

const POINT = 25.4 / 72

const widthOf = (text: string, points: number): number =>
  ([...text].reduce((sum, letter) => sum + (advances.get(letter) ?? WIDEST), 0) / 1000) * points * POINT

/** Rows that a line takes where it may break after a space or a hyphen, and anywhere in a word that is longer than a row. */
const rowsOfLine = (line: string, points: number, width: number): number => {
  let rows = 1
  let used = 0
  for (const word of line.split(/(?<=[ -])/)) {
    const letters = word.trimEnd()
    if (used > 0 && used + widthOf(letters, points) > width) {
      rows += 1
      used = 0
    }
    if (widthOf(letters, points) > width)
      for (const letter of letters) {
        if (used + widthOf(letter, points) > width) {
          rows += 1
          used = 0
        }
        used += widthOf(letter, points)
      }
    else used += widthOf(word, points)
  }
  return rows
}

/** Sizes of the recipient's letters in points: usual, and where the usual would take too many rows. */
export const RECIPIENT = { usual: 10.5, dense: 10, mostUsualRows: 5, mostRows: 7 } as const

/** How many rows the recipient's lines take in the window at that size of letters. */
export const setRows = (lines: ReadonlyArray<string>, points: number, position: AddressPosition): number =>
  lines.reduce((sum, line) => sum + rowsOfLine(line, points, addressZones[position].width), 0)

/**
 * How many rows a recipient's name and address take in the window, as the template sets them: up to 5 in its usual letters and 7
 * in smaller ones stay in the zone. More are set below it, where no window shows them.
 */
export const addressRows = (
  { name = '', address, language }: Pick<Buyer, 'name' | 'address' | 'language'>,
  position: AddressPosition,
): number => {
  const lines = [name, ...(address === undefined ? [] : addressLines(address, documentLanguage(language)))]
  const usual = setRows(lines, RECIPIENT.usual, position)
  return usual <= RECIPIENT.mostUsualRows ? usual : setRows(lines, RECIPIENT.dense, position)
}
