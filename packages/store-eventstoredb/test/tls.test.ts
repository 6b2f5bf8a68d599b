import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_STREAM } from '@underlag/kernel'
import { skipped, suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type EventStoreDBOptions, openEventStoreDB } from '../src/index.js'
import { canStartServers, NO_OWN_SERVER, startServer } from '../src/testing/index.js'
import { answered, event, tenantName } from './world.js'

const Tls = suite('EventStoreDB: TLS and log-in')

const hasOpenssl = (): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** An authority, and a node's certificate signed by it; both for a day. */
const certificates = (folder: string): { readonly authority: string; readonly args: ReadonlyArray<string> } => {
  const file = (name: string): string => join(folder, name)
  const openssl = (...args: ReadonlyArray<string>): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  writeFileSync(file('node.ext'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n')
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout']
  openssl('req', '-x509', ...key, file('ca.key'), '-out', file('ca.crt'), '-days', '1', '-subj', '/CN=Test CA')
  openssl('req', ...key, file('node.key'), '-out', file('node.csr'), '-subj', '/CN=eventstoredb-node')
  const signing = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '1']
  openssl('x509', '-req', '-in', file('node.csr'), ...signing, '-extfile', file('node.ext'), '-out', file('node.crt'))
  mkdirSync(file('trusted'))
  copyFileSync(file('ca.crt'), join(file('trusted'), 'ca.crt'))
  return {
    authority: file('ca.crt'),
    args: [
      ...['--certificate-file', file('node.crt'), '--certificate-private-key-file', file('node.key')],
      ...['--trusted-root-certificates-path', file('trusted')],
    ],
  }
}

if (!canStartServers() || !hasOpenssl())
  Tls('hold', () => skipped(canStartServers() ? 'there is no openssl' : NO_OWN_SERVER))
else {
  const folder = mkdtempSync(join(tmpdir(), 'underlag-tls-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const { authority, args } = certificates(folder)
  const { port } = await startServer(args)
  const secure = `esdb://127.0.0.1:${port}?tlsCAFile=${encodeURIComponent(authority)}`
  const admin = { user: { username: 'admin', password: 'changeit' } }
  const refusal = async (connection: string, options: EventStoreDBOptions): Promise<string> => {
    const opened = await openEventStoreDB(connection, options)()
    if (E.isRight(opened)) throw new Error('was let in')
    return `${opened.left.reason} ${opened.left.remedy}`
  }

  Tls('with the authority and a password, everything works', async () => {
    // The users come into being a moment after the server.
    let opened = await openEventStoreDB(secure, admin)()
    for (let i = 0; i < 100 && E.isLeft(opened); i++) {
      await sleep(100)
      opened = await openEventStoreDB(secure, admin)()
    }
    const store = answered(opened)
    const log = store.eventStore(tenantName())
    const { position } = answered(await log.append('a/1', NO_STREAM, [event()])())
    assert.is(answered(await log.end()), position)
    assert.is(answered(await log.readAll(0n, 9)()).length, 1)
    await store.close()
  })

  Tls('a wrong password, or none, is told as that, at once and without it', async () => {
    const wrong = await refusal(secure, { user: { username: 'admin', password: 'hemligt' } })
    assert.match(wrong, /does not let this user in/)
    assert.not.match(wrong, /hemligt/)
    assert.match(await refusal(secure, {}), /does not let this user in/)
  })

  Tls('an authority nobody named, or a connection without TLS, is no connection', async () => {
    assert.match(await refusal(`esdb://127.0.0.1:${port}`, admin), /no safe connection.*tlsCAFile/)
    assert.match(await refusal(`esdb://127.0.0.1:${port}?tls=false`, {}), /cannot be reached/)
  })
}
