import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Channel } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { KEY, pdfOf } from '../support/samples.js'
import { channelFor, letters, PERSONAL } from './support/letters.js'
import { needsSshd, type Sshd, startSshd } from './support/sshd.js'
import { wireTo } from './support/wire.js'

const { failed, letterShipment, manyLetters, sent } = letters('right')

const Folder = suite('sftp: a hot folder of OpenSSH')

let sshd: Sshd | undefined
const server = (): Sshd => {
  if (sshd === undefined) throw new Error('no sshd')
  return sshd
}
Folder.before(async () => {
  needsSshd()
  sshd = await startSshd()
})
Folder.after(() => sshd?.close())

let number = 0
/** An intent of its own, and with it names of its own. */
const newKey = (): string => KEY.replace(/.{4}$/, (++number).toString(16).padStart(4, '0'))

const configFor = (changes: object = {}): object => ({
  provider: 'sftp',
  host: '127.0.0.1',
  port: server().port,
  username: server().username,
  privateKey: server().privateKey,
  hostKey: server().hostKey,
  folder: 'inkorg',
  ...changes,
})

const withChannel = async (use: (channel: Channel) => Promise<void>, changes: object = {}): Promise<void> => {
  const channel = channelFor(configFor(changes))
  try {
    await use(channel)
  } finally {
    await channel.close()
  }
}

Folder('holds document and manifest, whole, and the manifest names what is to be printed for whom', () =>
  withChannel(
    async (channel) => {
      const idempotencyKey = newKey()
      const pdf = pdfOf(300_000)
      const { status, detail } = await sent(channel, letterShipment({ idempotencyKey, pdf }))
      assert.is(status, 'accepted')
      assert.is(detail, `files ${idempotencyKey}.pdf and ${idempotencyKey}.json`)
      assert.equal(server().files(), [`${idempotencyKey}.json`, `${idempotencyKey}.pdf`])
      assert.ok(server().read(`${idempotencyKey}.pdf`).equals(pdf))
      assert.equal(JSON.parse(server().read(`${idempotencyKey}.json`).toString()), {
        version: 1,
        id: idempotencyKey,
        document: {
          file: `${idempotencyKey}.pdf`,
          sha256: createHash('sha256').update(pdf).digest('hex'),
          bytes: 300_000,
        },
        invoiceNumber: '12',
        recipient: {
          name: 'Anna Andersson',
          lines: ['c/o Berg', 'Storgatan 12 A'],
          postalCode: '222 22',
          city: 'Lund',
          country: 'SE',
        },
        sender: {
          name: 'Åsas klinik',
          lines: ['Storgatan 1'],
          postalCode: '111 22',
          city: 'Stockholm',
          country: 'SE',
        },
        addressPosition: 'right',
        options: { kundnummer: '4711' },
      })
    },
    { options: { kundnummer: '4711' } },
  ),
)

Folder('by its whole path, with a key behind a passphrase, and any of several host keys', () =>
  withChannel(
    async (channel) => {
      const idempotencyKey = newKey()
      await sent(channel, letterShipment({ idempotencyKey }))
      assert.ok(server().files().includes(`${idempotencyKey}.json`))
    },
    {
      folder: server().folder,
      privateKey: server().lockedKey,
      passphrase: 'lösenfras',
      hostKey: [`SHA256:${'a'.repeat(43)}`, `${server().hostKey}=`],
    },
  ),
)

Folder('the same intent again is the same letter', () =>
  withChannel(async (channel) => {
    const idempotencyKey = newKey()
    const shipment = letterShipment({ idempotencyKey })
    await sent(channel, shipment)
    const before = server().files().length
    assert.match((await sent(channel, shipment)).detail, /, there already$/)
    assert.is(server().files().length, before)
  }),
)

Folder('what an attempt left half-written is written over', () =>
  withChannel(async (channel) => {
    const idempotencyKey = newKey()
    const shipment = letterShipment({ idempotencyKey })
    writeFileSync(path.join(server().folder, `${idempotencyKey}.pdf.tmp`), 'x'.repeat(9_000))
    writeFileSync(path.join(server().folder, `${idempotencyKey}.json.tmp`), '{')
    await sent(channel, shipment)
    const files = server()
      .files()
      .filter((name) => name.startsWith(idempotencyKey))
    assert.equal(files, [`${idempotencyKey}.json`, `${idempotencyKey}.pdf`])
    assert.ok(server().read(`${idempotencyKey}.pdf`).equals(shipment.pdf))
  }),
)

Folder("another's document under our name is not touched, and another manifest is left to a person", () =>
  withChannel(async (channel) => {
    const [taken, told] = [newKey(), newKey()]
    writeFileSync(path.join(server().folder, `${taken}.pdf`), pdfOf(3_000, 7))
    assert.equal(await failed(channel, letterShipment({ idempotencyKey: taken })), {
      _tag: 'refused',
      detail: 'another document has its name',
    })
    assert.ok(server().read(`${taken}.pdf`).equals(pdfOf(3_000, 7)))
    writeFileSync(path.join(server().folder, `${told}.json`), '{}')
    assert.is((await failed(channel, letterShipment({ idempotencyKey: told })))._tag, 'inDoubt')
  }),
)

Folder('many letters at once are as many letters', () =>
  withChannel(async (channel) => {
    const keys = Array.from({ length: 12 }, newKey)
    await Promise.all(keys.map((idempotencyKey) => sent(channel, letterShipment({ idempotencyKey }))))
    for (const key of keys) assert.ok(server().files().includes(`${key}.json`))
  }),
)

Folder('is filled on no other server than the one whose key is known', async () => {
  const before = server().files()
  await withChannel(
    async (channel) => {
      const failure = await failed(channel, letterShipment({ idempotencyKey: newKey() }))
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, `the server's key ${server().hostKey} is none of letter.hostKey; nothing was sent`)
    },
    { hostKey: `SHA256:${'a'.repeat(43)}` },
  )
  assert.equal(server().files(), before)
})

Folder('a login that is not taken is said so', async () => {
  await withChannel(
    async (channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, 'did not take the login of letter.username')
    },
    { privateKey: server().strangeKey },
  )
  await withChannel(
    async (channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, 'letter.privateKey cannot be read')
    },
    { privateKey: server().lockedKey },
  )
})

Folder('that is not there, and a server that is not there', async () => {
  await withChannel(
    async (channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, 'writing the document: no such file or folder')
    },
    { folder: 'finns-inte' },
  )
  await withChannel(
    async (channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, 'no connection (ECONNREFUSED)')
    },
    { port: 1 },
  )
})

Folder('a name that is a folder is no letter', () =>
  withChannel(async (channel) => {
    const idempotencyKey = newKey()
    mkdirSync(path.join(server().folder, `${idempotencyKey}.pdf.tmp`))
    const failure = await failed(channel, letterShipment({ idempotencyKey }))
    assert.is(failure._tag, 'retry')
    assert.match(failure.detail, /writing the document: the server answered SFTP 4/)
  }),
)

Folder('wherever the line is cut, a letter is whole or not there', async () => {
  const wire = await wireTo(server().port)
  const pdf = pdfOf(200_000)
  try {
    await withChannel(
      async (channel) => {
        for (let ms = 0; ms < 120; ms += 8) {
          const idempotencyKey = newKey()
          const shipment = letterShipment({ idempotencyKey, pdf })
          const timer = setTimeout(wire.cut, ms)
          const first = await channel.send(shipment)()
          clearTimeout(timer)
          if (E.isLeft(first)) {
            assert.not.match(first.left.detail, PERSONAL)
            assert.is(first.left._tag, 'retry', first.left.detail)
            await sent(channel, shipment)
          }
          const files = server()
            .files()
            .filter((name) => name.startsWith(idempotencyKey))
          assert.equal(files, [`${idempotencyKey}.json`, `${idempotencyKey}.pdf`])
          assert.ok(server().read(`${idempotencyKey}.pdf`).equals(pdf))
        }
      },
      { port: wire.port },
    )
  } finally {
    await wire.close()
  }
})

Folder('holds each document beside its own recipient', () =>
  withChannel(async (channel) => {
    const letters = manyLetters(10)
    await Promise.all(letters.map((shipment) => sent(channel, shipment)))
    for (const { idempotencyKey, invoice, pdf } of letters) {
      const manifest = JSON.parse(server().read(`${idempotencyKey}.json`).toString()) as {
        readonly recipient: { readonly name: string }
        readonly document: { readonly sha256: string }
      }
      assert.is(manifest.recipient.name, invoice.buyer.name)
      assert.is(manifest.document.sha256, createHash('sha256').update(pdf).digest('hex'))
      assert.ok(server().read(`${idempotencyKey}.pdf`).equals(pdf))
    }
  }),
)
