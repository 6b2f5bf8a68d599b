import { register } from 'node:module'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { emailChannel } from '../src/email/index.js'
import { openSession } from '../src/letter/sftp/session.js'
import { sampleShipment, settingsFor } from './support/samples.js'

// This process has neither, as after an installation without optional packages.
register(
  `data:text/javascript,${encodeURIComponent(`
    export const resolve = (name, context, next) => {
      if (/^(nodemailer|ssh2)(\\/|$)/.test(name)) throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    }`)}`,
)

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
