import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { plainCode } from '../../error-code.js'
import type { SftpSettings } from './settings.js'
import { newSshClient, type SftpClient, type SshError } from './ssh2.js'

/**
 * Why something was not done on the server. `lost`: the connection broke before the answer came, so it may have been done.
 * `notConnected` and `login` (it was not taken) come before anything was asked; the rest are the server's answers. No message
 * of the server is kept.
 */
export interface SftpFailure {
  readonly reason: 'absent' | 'forbidden' | 'failed' | 'lost' | 'notConnected' | 'login'
  readonly detail: string
}

type Result<A> = Promise<E.Either<SftpFailure, A>>

/** A connection, logged in, for one letter. */
export interface SftpSession {
  readonly size: (path: string) => Result<number>
  readonly read: (path: string) => Result<Uint8Array>
  readonly write: (path: string, bytes: Uint8Array) => Result<void>
  /** Never over something that is there (servers of SFTP version 3 refuse that). */
  readonly rename: (from: string, to: string) => Result<void>
  readonly remove: (path: string) => Result<void>
  readonly close: () => void
}

/** `SHA256:…`, as OpenSSH shows it. */
export const fingerprint = (key: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** Connects to the server whose key is known, and to no other, and logs in. */
export const openSession = async (
  settings: Pick<SftpSettings, 'host' | 'port' | 'username' | 'password' | 'privateKey' | 'passphrase' | 'hostKeys'>,
  signal: AbortSignal,
): Result<SftpSession> => {
  const made = await newSshClient()
  if (E.isLeft(made)) return notConnected(made.left)
  const client = made.right
  if (signal.aborted) return notConnected('the attempt was stopped')
  const known = settings.hostKeys.map((key) => key.replace(/=+$/, ''))
  let strange: string | undefined
  let isLost = false
  const onLost = new Set<() => void>()
  const lose = (): void => {
    isLost = true
    for (const tell of onLost) tell()
    onLost.clear()
  }
  const onAbort = (): void => {
    lose()
    client.destroy()
  }
  signal.addEventListener('abort', onAbort, { once: true })

  const connected = await new Promise<E.Either<SftpFailure, SftpClient>>((resolve) => {
    const fail = (failure: E.Either<SftpFailure, never>): void => {
      resolve(failure)
      client.destroy()
    }
    onLost.add(() => resolve(notConnected('the connection was cut, or not ready in time')))
    // Stays on for the connection's life: one that breaks later must not throw.
    client.on('error', (error) =>
      fail(strange === undefined ? connectionError(error) : notConnected(stranger(strange))),
    )
    client.on('close', lose)
    client.on('ready', () =>
      client.sftp((error, sftp) =>
        error ? fail(notConnected('the server has no SFTP for this user')) : resolve(E.right(sftp)),
      ),
    )
    try {
      client.connect({
        host: settings.host,
        port: settings.port,
        username: settings.username,
        ...(settings.password === undefined ? {} : { password: settings.password }),
        ...(settings.privateKey === undefined ? {} : { privateKey: settings.privateKey }),
        ...(settings.passphrase === undefined ? {} : { passphrase: settings.passphrase }),
        // The attempt has its own limit, by `signal`.
        readyTimeout: 0,
        hostVerifier: (key) => {
          const shown = fingerprint(key)
          if (!known.includes(shown)) strange = shown
          return strange === undefined
        },
      })
      // Many small questions, each waited for: not to be held back for more to come.
      client.setNoDelay(true)
    } catch {
      fail(notConnected('letter.privateKey cannot be read; is letter.passphrase missing or wrong?'))
    }
  })
  const close = (): void => {
    signal.removeEventListener('abort', onAbort)
    client.end()
  }
  if (E.isLeft(connected)) {
    signal.removeEventListener('abort', onAbort)
    return connected
  }
  const sftp = connected.right

  const ask = <A>(question: (done: (error: SshError | null | undefined, value: A) => void) => void): Result<A> =>
    new Promise((resolve) => {
      const lost = (): void => resolve(E.left({ reason: 'lost', detail: 'the connection broke' }))
      // Said before it can happen: what was never asked was not done, and is called lost all the same.
      if (isLost) return lost()
      onLost.add(lost)
      question((error, value) => {
        onLost.delete(lost)
        resolve(
          error
            ? E.left(isLost ? { reason: 'lost', detail: 'the connection broke' } : answered(error))
            : E.right(value),
        )
      })
    })
  const act = (action: (done: (error?: SshError | null) => void) => void): Result<void> =>
    ask<void>((done) => action((error) => done(error, undefined)))

  return E.right({
    size: async (path) =>
      E.map(({ size }: { readonly size: number }) => size)(await ask((done) => sftp.stat(path, done))),
    read: (path) => ask((done) => sftp.readFile(path, done)),
    // Of anything but a Buffer the library writes what it says as text.
    write: (path, bytes) =>
      act((done) => sftp.writeFile(path, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), done)),
    rename: (from, to) => act((done) => sftp.rename(from, to, done)),
    remove: (path) => act((done) => sftp.unlink(path, done)),
    close,
  })
}

const stranger = (shown: string): string =>
  `the server's key ${shown} is none of letter.hostKey; nothing was sent: ask the mail house before adding it`

const notConnected = (detail: string): E.Either<SftpFailure, never> => E.left({ reason: 'notConnected', detail })

const connectionError = ({ level, code }: SshError): E.Either<SftpFailure, never> =>
  level === 'client-authentication'
    ? E.left({ reason: 'login', detail: 'the server did not take the login of letter.username' })
    : notConnected(`no connection (${plainCode(code) ?? plainLevel(level) ?? 'failed'})`)

const plainLevel = (level: string | undefined): string | undefined =>
  level !== undefined && /^[a-z-]{1,40}$/.test(level) ? level : undefined

/** The status of SFTP version 3. An error without one is the library's own word that no answer came. */
const answered = ({ code }: SshError): SftpFailure => {
  switch (code) {
    case 2:
      return { reason: 'absent', detail: 'no such file or folder (SFTP 2)' }
    case 3:
      return { reason: 'forbidden', detail: 'permission denied (SFTP 3)' }
    default:
      return typeof code === 'number'
        ? { reason: 'failed', detail: `the server answered SFTP ${code}` }
        : { reason: 'lost', detail: 'the connection broke' }
  }
}
