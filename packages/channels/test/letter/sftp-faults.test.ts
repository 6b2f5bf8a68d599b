import type { Channel } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { KEY } from '../support/samples.js'
import { channelFor, letters as lettersTo, PERSONAL } from './support/letters.js'
import { LOGIN, type ScriptedSftp, type SftpFault, scriptedSftp } from './support/scripted-sftp.js'

const { failed, letterShipment, sent } = lettersTo('right')

const Faults = suite('sftp: faults')

const withServer = async (
  faults: ReadonlyArray<SftpFault>,
  use: (server: ScriptedSftp, channel: Channel) => Promise<void>,
  { timeoutMs, ...changes }: { readonly timeoutMs?: number; readonly password?: string } = {},
): Promise<void> => {
  const server = await scriptedSftp(faults)
  const config = {
    provider: 'sftp',
    host: '127.0.0.1',
    port: server.port,
    hostKey: server.hostKey,
    ...LOGIN,
    ...changes,
  }
  const channel = channelFor({ folder: '/in/', ...config }, timeoutMs)
  try {
    await use(server, channel)
  } finally {
    await channel.close()
    await server.close()
  }
}

const letters = ({ files, pickedUp }: ScriptedSftp): number =>
  [...files.keys()].filter((name) => name.endsWith('.json')).length + pickedUp.length

Faults('none: a password will do', () =>
  withServer([], async (server, channel) => {
    await sent(channel)
    assert.equal([...server.files.keys()].sort(), [`/in//${KEY}.json`, `/in//${KEY}.pdf`])
    assert.ok(server.files.get(`/in//${KEY}.pdf`)?.equals(letterShipment().pdf))
  }),
)

interface Case {
  readonly name: string
  readonly fault: SftpFault
  readonly is: 'accepted' | 'retry' | 'inDoubt'
  readonly detail?: RegExp
  readonly timeoutMs?: number
}

const json = /\.json$/
const cases: ReadonlyArray<Case> = [
  {
    name: 'cut while it looks for the manifest',
    fault: { operation: 'STAT', file: json, done: false, reply: 'cut' },
    is: 'retry',
    detail: /^looking for the manifest: the connection broke$/,
  },
  {
    name: 'silence while it looks for the manifest',
    fault: { operation: 'STAT', file: json, done: false, reply: 'hang' },
    is: 'retry',
    detail: /^looking for the manifest: the connection broke; not done within 1500 ms$/,
    timeoutMs: 1_500,
  },
  {
    name: 'cut while the document is written',
    fault: { operation: 'WRITE', file: /\.pdf\.tmp$/, done: true, reply: 'cut' },
    is: 'retry',
    detail: /^writing the document: /,
  },
  {
    name: 'a full disk',
    fault: { operation: 'WRITE', file: /\.pdf\.tmp$/, done: false, reply: 4 },
    is: 'retry',
    detail: /^writing the document: the server answered SFTP 4$/,
  },
  {
    name: 'a document of which only the beginning is there',
    fault: { operation: 'WRITE', file: /\.pdf\.tmp$/, done: false, reply: 0 },
    is: 'retry',
    detail: /^writing the document: 0 of 3000 bytes are there$/,
  },
  {
    name: 'cut before the document was renamed',
    fault: { operation: 'RENAME', file: /\.pdf$/, done: false, reply: 'cut' },
    is: 'retry',
  },
  {
    name: 'cut after the document was renamed',
    fault: { operation: 'RENAME', file: /\.pdf$/, done: true, reply: 'cut' },
    is: 'retry',
  },
  {
    name: 'cut while the manifest is written',
    fault: { operation: 'WRITE', file: /\.json\.tmp$/, done: true, reply: 'cut' },
    is: 'retry',
  },
  {
    name: 'no permission to rename the manifest',
    fault: { operation: 'RENAME', file: json, done: false, reply: 3 },
    is: 'retry',
    detail: /^renaming the manifest: permission denied \(SFTP 3\)$/,
  },
  {
    name: 'the manifest not renamed, and said so',
    fault: { operation: 'RENAME', file: json, done: false, reply: 4 },
    is: 'retry',
    detail: /^the manifest was not renamed$/,
  },
  {
    name: 'the manifest renamed, and said it was not',
    fault: { operation: 'RENAME', file: json, done: true, reply: 4 },
    is: 'accepted',
  },
  {
    name: 'cut before the manifest was renamed',
    fault: { operation: 'RENAME', file: json, done: false, reply: 'cut' },
    is: 'retry',
    detail: /^the manifest was not renamed$/,
  },
  {
    name: 'cut after the manifest was renamed',
    fault: { operation: 'RENAME', file: json, done: true, reply: 'cut' },
    is: 'accepted',
  },
  {
    name: 'silence after the manifest was renamed, to the end of the attempt',
    fault: { operation: 'RENAME', file: json, done: true, reply: 'hang' },
    is: 'accepted',
    timeoutMs: 1_500,
  },
  {
    name: 'silence before the manifest was renamed, to the end of the attempt',
    fault: { operation: 'RENAME', file: json, done: false, reply: 'hang' },
    is: 'retry',
    timeoutMs: 1_500,
  },
  {
    name: 'cut after the manifest was renamed, and both files taken by the mail house',
    fault: { operation: 'RENAME', file: json, done: true, pickedUp: true, reply: 'cut' },
    is: 'inDoubt',
    detail: /the mail house may have taken it$/,
  },
]

for (const { name, fault, is, detail = /./, timeoutMs } of cases)
  Faults(name, () =>
    withServer(
      [fault],
      async (server, channel) => {
        const result = await channel.send(letterShipment())()
        const [tag, said] = E.isRight(result)
          ? [result.right.status, result.right.detail]
          : [result.left._tag, result.left.detail]
        assert.is(tag, is, said)
        assert.match(said, detail)
        assert.not.match(said, PERSONAL)
        if (is === 'retry') {
          assert.is(letters(server), 0)
          await sent(channel)
        }
        assert.is(letters(server), 1)
      },
      timeoutMs === undefined ? {} : { timeoutMs },
    ),
  )

Faults(
  'whatever goes wrong, and however quick the mail house is: at most one letter, and one where it is said so',
  async () => {
    const operations = ['STAT', 'OPEN', 'READ', 'WRITE', 'CLOSE', 'RENAME', 'REMOVE'] as const
    for (let seed = 1; seed <= 40; seed++) {
      let state = seed * 7_919
      const random = (below: number): number => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
        return (state >> 8) % below
      }
      const faults = Array.from({ length: 1 + random(4) }, (): SftpFault => {
        const operation = operations[random(operations.length)] ?? 'RENAME'
        const file = [/\.pdf/, /\.json/, /./][random(3)] ?? /./
        const fault = { operation, file, done: random(2) === 0, reply: random(3) === 0 ? 4 : ('cut' as const) }
        return random(3) === 0 ? { ...fault, pickedUp: true } : fault
      })
      await withServer(faults, async (server, channel) => {
        let end = ''
        for (let attempt = 0; attempt < 8 && (end === '' || end === 'retry'); attempt++) {
          const result = await channel.send(letterShipment())()
          if (E.isLeft(result)) assert.not.match(result.left.detail, PERSONAL)
          end = E.isRight(result) ? 'accepted' : result.left._tag
          if (end === 'accepted') server.pickUp()
        }
        const there = letters(server)
        assert.ok(there <= 1, `seed ${seed}: ${there} letters`)
        if (end === 'accepted') assert.is(there, 1, `seed ${seed}`)
        if (end === 'retry' || end === 'refused') assert.is(there, 0, `seed ${seed}: ${end}`)
      })
    }
  },
)

Faults('a wrong password is said so, never shown, and not tried again at once', () =>
  withServer(
    [],
    async (server, channel) => {
      const failure = await failed(channel)
      assert.is(failure._tag, 'retry')
      assert.match(failure.detail, /^connecting: the server did not take the login of letter\.username$/)
      const logins = server.logins()
      assert.equal(await failed(channel), failure)
      assert.is(server.logins(), logins)
    },
    { password: 'fel-lösen' },
  ),
)

Faults('stopped from outside', () =>
  withServer([{ operation: 'WRITE', file: /./, done: false, reply: 'hang' }], async (server, channel) => {
    const stop = new AbortController()
    const sending = failed(channel, letterShipment({ signal: stop.signal }))
    while (server.files.size === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort()
    assert.is((await sending)._tag, 'retry')
    assert.is(letters(server), 0)
  }),
)
