import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { fingerprint } from '../../../src/letter/sftp/session.js'

/** A request of SFTP by its name, and the file it is about (of a renaming: its new name). */
export type Operation = 'STAT' | 'OPEN' | 'READ' | 'WRITE' | 'CLOSE' | 'RENAME' | 'REMOVE'

/** What goes wrong, once: the work is done or not, and then a status is answered, nothing more is, or the line is cut. */
export interface SftpFault {
  readonly operation: Operation
  readonly file: RegExp
  readonly done: boolean
  /** Also taken away by the mail house, as soon as it is there. */
  readonly pickedUp?: true
  readonly reply: 'cut' | 'hang' | number
  readonly times?: number
}

/** An SFTP server that keeps its files in memory and fails at any point. */
export interface ScriptedSftp {
  readonly port: number
  readonly hostKey: string
  readonly files: Map<string, Buffer>
  /** What the mail house has taken away. */
  readonly pickedUp: ReadonlyArray<string>
  readonly logins: () => number
  readonly pickUp: () => void
  readonly close: () => Promise<void>
}

interface Context {
  readonly method: string
  readonly username: string
  readonly password?: string
  readonly accept: () => void
  readonly reject: () => void
}
interface SftpStream {
  on(event: string, listener: (id: number, ...rest: Array<never>) => void): SftpStream
  readonly status: (id: number, code: number, message?: string) => void
  readonly handle: (id: number, handle: Buffer) => void
  readonly attrs: (id: number, attrs: object) => void
  readonly data: (id: number, data: Buffer) => void
}
interface Peer {
  on(event: string, listener: (...args: Array<never>) => void): Peer
  readonly _sock: { readonly destroy: () => void; readonly setNoDelay: (noDelay: boolean) => void }
}
interface Ssh2 {
  readonly Server: new (
    options: object,
    onPeer: (peer: Peer) => void,
  ) => {
    listen(port: number, host: string, done: () => void): void
    address(): AddressInfo
    close(done: () => void): void
  }
  readonly utils: { readonly parseKey: (key: string) => { readonly getPublicSSH: () => Buffer } }
}

const [OK, EOF, NO_SUCH_FILE, FAILURE] = [0, 1, 2, 4]
const SSH2: string = 'ssh2'

/** Of a kind that Node makes and ssh2 reads; made once, for it takes its time. */
const hostKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString()

export const LOGIN = { username: 'klinik', password: 'hemligt lösen' }

export const scriptedSftp = async (faults: ReadonlyArray<SftpFault> = []): Promise<ScriptedSftp> => {
  const { default: ssh2 } = (await import(SSH2)) as { readonly default: Ssh2 }
  const files = new Map<string, Buffer>()
  const pickedUp: Array<string> = []
  const left = faults.map((fault) => ({ ...fault, left: fault.times ?? 1 }))
  const peers = new Set<Peer>()
  let logins = 0

  /** The mail house takes every letter whose manifest is there. */
  const pickUp = (): void => {
    for (const manifest of [...files.keys()].filter((name) => name.endsWith('.json'))) {
      const document = manifest.replace(/json$/, 'pdf')
      if (!files.has(document)) throw new Error('a manifest without its document')
      pickedUp.push(manifest.split('/').at(-1) ?? '')
      files.delete(manifest)
      files.delete(document)
    }
  }

  const server = new ssh2.Server({ hostKeys: [hostKey] }, (peer) => {
    peers.add(peer)
    peer._sock.setNoDelay(true)
    peer.on('error', () => {})
    peer.on('close', () => peers.delete(peer))
    peer.on('authentication', (context: Context) => {
      if (context.method !== 'password') return context.reject()
      logins++
      return context.username === LOGIN.username && context.password === LOGIN.password
        ? context.accept()
        : context.reject()
    })
    peer.on('session', (accept: () => { on: (event: 'sftp', listener: (accept: () => SftpStream) => void) => void }) =>
      accept().on('sftp', (accepted) => serve(accepted(), () => peer._sock.destroy())),
    )
  })

  const serve = (sftp: SftpStream, cut: () => void): void => {
    const open = new Map<number, string>()
    let handles = 0
    const named = (handle: Buffer): string => open.get(handle.readUInt32BE(0)) ?? ''
    const step = (operation: Operation, id: number, file: string, work: () => number | undefined): void => {
      const fault = left.find((one) => one.left > 0 && one.operation === operation && one.file.test(file))
      if (fault === undefined) {
        const status = work()
        if (status !== undefined) sftp.status(id, status, 'Anna Andersson')
        return
      }
      fault.left--
      if (fault.done) work()
      if (fault.pickedUp) pickUp()
      if (fault.reply === 'cut') cut()
      else if (fault.reply !== 'hang') sftp.status(id, fault.reply, 'Anna Andersson')
    }
    sftp.on('STAT', (id, file: string) =>
      step('STAT', id, file, () => {
        const bytes = files.get(file)
        if (bytes === undefined) return NO_SUCH_FILE
        sftp.attrs(id, { mode: 0o100644, uid: 0, gid: 0, size: bytes.length, atime: 0, mtime: 0 })
        return undefined
      }),
    )
    sftp.on('FSTAT', (id, handle: Buffer) =>
      sftp.attrs(id, {
        mode: 0o100644,
        uid: 0,
        gid: 0,
        size: files.get(named(handle))?.length ?? 0,
        atime: 0,
        mtime: 0,
      }),
    )
    sftp.on('OPEN', (id, file: string, flags: number) =>
      step('OPEN', id, file, () => {
        const isWriting = (flags & 2) !== 0
        if (!isWriting && !files.has(file)) return NO_SUCH_FILE
        if (isWriting) files.set(file, Buffer.alloc(0))
        const handle = Buffer.alloc(4)
        handle.writeUInt32BE(++handles, 0)
        open.set(handles, file)
        sftp.handle(id, handle)
        return undefined
      }),
    )
    sftp.on('READ', (id, handle: Buffer, offset: number, length: number) =>
      step('READ', id, named(handle), () => {
        const bytes = files.get(named(handle))?.subarray(offset, offset + length)
        if (bytes === undefined || bytes.length === 0) return EOF
        sftp.data(id, bytes)
        return undefined
      }),
    )
    sftp.on('WRITE', (id, handle: Buffer, offset: number, data: Buffer) =>
      step('WRITE', id, named(handle), () => {
        const before = files.get(named(handle)) ?? Buffer.alloc(0)
        const after = Buffer.alloc(Math.max(before.length, offset + data.length))
        before.copy(after)
        data.copy(after, offset)
        files.set(named(handle), after)
        return OK
      }),
    )
    sftp.on('CLOSE', (id, handle: Buffer) => step('CLOSE', id, named(handle), () => OK))
    sftp.on('RENAME', (id, from: string, to: string) =>
      step('RENAME', id, to, () => {
        const bytes = files.get(from)
        if (bytes === undefined) return NO_SUCH_FILE
        if (files.has(to)) return FAILURE
        files.delete(from)
        files.set(to, bytes)
        return OK
      }),
    )
    sftp.on('REMOVE', (id, file: string) => step('REMOVE', id, file, () => (files.delete(file) ? OK : NO_SUCH_FILE)))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    hostKey: fingerprint(ssh2.utils.parseKey(hostKey).getPublicSSH()),
    files,
    pickedUp,
    logins: () => logins,
    pickUp,
    close: () =>
      new Promise((resolve) => {
        for (const peer of peers) peer._sock.destroy()
        server.close(() => resolve())
      }),
  }
}
