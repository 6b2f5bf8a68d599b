import * as E from 'fp-ts/lib/Either.js'
import { notLoaded } from '../../optional-package.js'

/** As much of the package ssh2 as is used here. Its published types bring the types of another Node with them. */
export interface SshClient {
  connect(options: SshConnectOptions): void
  sftp(done: (error: Error | undefined, sftp: SftpClient) => void): void
  setNoDelay(noDelay: boolean): void
  destroy(): void
  end(): void
  on(event: 'ready' | 'close', listener: () => void): this
  on(event: 'error', listener: (error: SshError) => void): this
}

export interface SshConnectOptions {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password?: string
  readonly privateKey?: string
  readonly passphrase?: string
  readonly readyTimeout: number
  readonly hostVerifier: (key: Uint8Array) => boolean
}

/** `level` says where it went wrong; `code` is the system's name or, of an SFTP answer, its status number. */
export interface SshError extends Error {
  readonly level?: string
  readonly code?: string | number
}

type Done = (error?: SshError | null) => void

export interface SftpClient {
  stat(path: string, done: (error: SshError | undefined, stats: { readonly size: number }) => void): void
  readFile(path: string, done: (error: SshError | undefined, bytes: Uint8Array) => void): void
  writeFile(path: string, bytes: Buffer, done: Done): void
  rename(from: string, to: string, done: Done): void
  unlink(path: string, done: Done): void
}

/** The package is optional, only this provider needs it: loaded with the first letter. Left: why it is not there, in words. */
export const newSshClient = async (): Promise<E.Either<string, SshClient>> => {
  // Held in a variable: the package has no types of its own, and the compiler is not to look for them.
  const name: string = 'ssh2'
  try {
    const { default: ssh2 } = (await import(name)) as { readonly default: { readonly Client: new () => SshClient } }
    return E.right(new ssh2.Client())
  } catch (error) {
    return E.left(notLoaded('ssh2', error))
  }
}
