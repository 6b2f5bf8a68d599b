import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { skipped } from '@underlag/kernel/testing'

const SERVERS = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/opt/homebrew/sbin/sshd']
const server = SERVERS.find((file) => existsSync(file))

/** Ends the suite's tests as skipped, in one line, where there is no OpenSSH server on this machine. */
export const needsSshd = (): void => {
  if (server === undefined || process.platform === 'win32')
    skipped('no sshd on this machine (Debian: apt-get install openssh-server)')
}

/** A real OpenSSH server with a hot folder, on a free port of loopback, with keys of its own. */
export interface Sshd {
  readonly port: number
  readonly username: string
  /** The client's private key. */
  readonly privateKey: string
  /** The same, behind the passphrase `lösenfras`. */
  readonly lockedKey: string
  /** Another key, which the server does not know. */
  readonly strangeKey: string
  readonly hostKey: string
  readonly folder: string
  readonly files: () => ReadonlyArray<string>
  readonly read: (name: string) => Buffer
  readonly close: () => Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error())))
    })
  })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

export const startSshd = async (): Promise<Sshd> => {
  if (server === undefined) throw new Error('no sshd')
  const home = mkdtempSync(path.join(tmpdir(), 'underlag-sshd-'))
  const at = (name: string): string => path.join(home, name)
  const folder = at('inkorg')
  mkdirSync(folder)
  const key = (name: string, passphrase = ''): string => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', at(name)])
    return readFileSync(at(name), 'utf8')
  }
  key('host')
  const privateKey = key('client')
  const lockedKey = key('locked', 'lösenfras')
  const strangeKey = key('strange')
  writeFileSync(at('authorized_keys'), ['client', 'locked'].map((name) => readFileSync(at(`${name}.pub`))).join(''))
  chmodSync(at('authorized_keys'), 0o600)
  const port = await freePort()
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host')}`,
    `PidFile ${at('pid')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'MaxStartups 100',
    `Subsystem sftp internal-sftp -d ${home}`,
  ]
  writeFileSync(at('config'), `${config.join('\n')}\n`)
  // As root, sshd wants this folder, which a machine that never started it lacks.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const said: Array<string> = []
  const process_ = spawn(server, ['-D', '-e', '-f', at('config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  process_.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const ended = new Promise<void>((resolve) => process_.on('close', () => resolve()))
  const deadline = Date.now() + 20_000
  while (!(await answers(port))) {
    if (process_.exitCode !== null || Date.now() > deadline) throw new Error(`sshd did not start: ${said.join('')}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    port,
    username: userInfo().username,
    privateKey,
    lockedKey,
    strangeKey,
    hostKey: execFileSync('ssh-keygen', ['-lf', at('host.pub')], { encoding: 'utf8' }).split(' ')[1] ?? '',
    folder,
    files: () => readdirSync(folder).sort(),
    read: (name) => readFileSync(path.join(folder, name)),
    close: async () => {
      process_.kill('SIGTERM')
      await ended
      rmSync(home, { recursive: true, force: true })
    },
  }
}
