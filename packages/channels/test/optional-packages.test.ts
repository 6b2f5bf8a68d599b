import { register } from 'node:module'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'

// In this process neither is there, as after an installation without optional packages.
register(
  `data:text/javascript,${encodeURIComponent(`
    export const resolve = (name, context, next) => {
      const [, own] = /^(nodemailer|ssh2)(?:\\/|$)/.exec(name) ?? []
      if (own === undefined) return next(name, context)
      throw Object.assign(new Error("Cannot find package '" + own + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
    }`)}`,
)

// Loaded after that: what these import without being asked would not be found.
const { emailChannel } = await import('../src/email/index.js')
const { openSession } = await import('../src/letter/sftp/session.js')
const { notLoaded } = await import('../src/optional-package.js')
const { sampleShipment, settingsFor } = await import('./support/samples.js')

const Optional = suite('packages that are optional')

Optional('nodemailer: the mail waits, and says what is missing', async () => {
  const channel = emailChannel(settingsFor({ host: '127.0.0.1', port: 25 }))
  assert.equal(
    await channel.send(sampleShipment())(),
    E.left({ _tag: 'retry', detail: 'the package nodemailer is not installed' }),
  )
  await channel.close()
})

Optional('ssh2: no session, and it says what is missing', async () => {
  const settings = { host: '127.0.0.1', port: 22, username: 'clinic', password: 'secret', hostKeys: [] }
  const opened = await openSession(settings as never, new AbortController().signal)
  assert.equal(opened, E.left({ reason: 'notConnected', detail: 'the package ssh2 is not installed' }))
})

Optional('one that is there and broken is not told as missing', async () => {
  const thrown = async (code: string): Promise<unknown> => {
    try {
      return await import(`data:text/javascript,${encodeURIComponent(code)}`)
    } catch (error) {
      return error
    }
  }
  assert.is(notLoaded('ssh2', await thrown('(')), 'the package ssh2 could not be loaded (SyntaxError)')
  const file = "throw Object.assign(new Error('too many open files, open /home/anna'), { code: 'EMFILE' })"
  assert.is(notLoaded('ssh2', await thrown(file)), 'the package ssh2 could not be loaded (EMFILE)')
  const part = `throw Object.assign(new Error("Cannot find module '/x/ssh2/lib/a.js'"), { code: 'ERR_MODULE_NOT_FOUND' })`
  assert.is(notLoaded('ssh2', await thrown(part)), 'the package ssh2 could not be loaded (ERR_MODULE_NOT_FOUND)')
})
