import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { type LetterZones, letterZones, type PlacedWord, zoneViolations } from '../../src/letter/index.js'
import { ORGANISATION } from '../../src/testing/pingen-server.js'
import { settingsOf } from './support/letters.js'

const Zones = suite('letter: zones')

const pingen = letterZones(
  settingsOf({ provider: 'pingen', organisationId: ORGANISATION, clientId: 'a', clientSecret: 'b' }),
)

const word = (left: number, top: number, page = 1): PlacedWord => ({
  page,
  left,
  top,
  right: left + 20,
  bottom: top + 4,
})
const inside = word(25, 62)

const rules = (...words: ReadonlyArray<PlacedWord>): ReadonlyArray<unknown> =>
  zoneViolations([inside, ...words], pingen).map((violation) => [
    violation.rule,
    ...('word' in violation ? [violation.word] : []),
  ])

Zones('an address whole in its zone, and the rest of the page free to be written on', () => {
  assert.equal(rules(word(25, 66), word(22, 81), word(87.3, 60.2), word(25, 100), word(120, 45), word(20, 30)), [])
})

Zones('no address', () => {
  assert.equal(zoneViolations([word(120, 62), word(25, 62, 2)], pingen), [{ rule: 'addressMissing' }])
  assert.equal(zoneViolations([], pingen), [{ rule: 'addressMissing' }])
})

Zones('an address that is seen in part', () => {
  assert.equal(rules(word(25, 83)), [['acrossAddress', 1]])
  assert.equal(rules(word(95, 70)), [['acrossAddress', 1]])
  assert.equal(rules(word(15, 70)), [['acrossAddress', 1]])
})

Zones('where the postage goes', () => {
  assert.equal(rules(word(30, 45)), [['inKeepOut', 1]])
  assert.equal(rules(word(30, 58)), [
    ['acrossAddress', 1],
    ['inKeepOut', 1],
  ])
  assert.equal(rules(word(30, 45, 2)), [])
})

Zones('at the edge, on any page', () => {
  assert.equal(rules(word(2, 100), word(100, 2, 2), word(188, 100, 2), word(100, 290, 3)), [
    ['inMargin', 1],
    ['inMargin', 2],
    ['inMargin', 3],
    ['inMargin', 4],
  ])
})

Zones('of each provider lie on the page, clear of its margin and of each other', () => {
  const sftp = { provider: 'sftp', host: 'h', username: 'u', password: 'p', hostKey: `SHA256:${'a'.repeat(43)}` }
  const all: ReadonlyArray<LetterZones> = [
    pingen,
    letterZones(settingsOf({ provider: 'ekopost', apiKey: 'k' })),
    letterZones(settingsOf(sftp)),
    letterZones(settingsOf({ ...sftp, addressPosition: 'left' })),
  ]
  assert.equal(
    all.map(({ addressPosition }) => addressPosition),
    ['left', 'right', 'right', 'left'],
  )
  for (const { address, keepOut, margin } of all) {
    for (const { x, y, width, height } of [address, ...keepOut]) {
      assert.ok(width > 0 && height > 0 && x >= 0 && y >= 0 && x + width <= 210 && y + height <= 297)
    }
    assert.ok(address.x >= margin && address.y >= margin)
    for (const zone of keepOut) {
      const apart =
        zone.x + zone.width <= address.x ||
        address.x + address.width <= zone.x ||
        zone.y + zone.height <= address.y ||
        address.y + address.height <= zone.y
      assert.ok(apart)
    }
  }
})
