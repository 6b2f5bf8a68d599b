import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** A mail as the sink took it. */
export interface SinkMail {
  /** The envelope: what MAIL FROM and RCPT TO said, whatever the headers say. */
  readonly from: string
  readonly to: ReadonlyArray<string>
  readonly raw: Buffer
  readonly parsed: ParsedMail
}

/** What the sink answers in place of yes: an SMTP reply code such as 450 or 550; `undefined`: yes. */
export interface SinkFaults {
  readonly mail?: (from: string) => number | undefined
  readonly rcpt?: (to: string) => number | undefined
  /** Asked when the whole message has come; it is not kept when there is a code. */
  readonly data?: (from: string, to: ReadonlyArray<string>) => number | undefined
}

export interface SmtpSinkOptions {
  /** Default: any free one. */
  readonly port?: number
  readonly faults?: SinkFaults
  /** Asks for this login. */
  readonly auth?: { readonly user: string; readonly pass: string }
  /** Certificate and key (PEM): offers STARTTLS, or TLS from the first byte where `implicit`. Without: plain text only. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly implicit?: boolean }
}

/** A mail server on loopback that keeps what it takes. For tests and examples; it delivers nothing. */
export interface SmtpSink {
  readonly host: '127.0.0.1'
  readonly port: number
  /** In the order they were taken. */
  readonly mails: ReadonlyArray<SinkMail>
  /** How many connections were opened. */
  readonly connections: () => number
  /** How many mails came over TLS. */
  readonly secured: () => number
  readonly clear: () => void
  readonly close: () => Promise<void>
}

/** Starts a sink. Rejects when the port is taken. */
export const smtpSink = async (options: SmtpSinkOptions = {}): Promise<SmtpSink> => {
  const { faults = {}, auth, tls } = options
  const mails: Array<SinkMail> = []
  let connections = 0
  let secured = 0
  const server = new SMTPServer({
    ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key, secure: tls.implicit ?? false }),
    hideSTARTTLS: tls === undefined,
    disabledCommands: auth === undefined ? ['AUTH'] : [],
    authOptional: auth === undefined,
    allowInsecureAuth: tls === undefined,
    disableReverseLookup: true,
    logger: false,
    onConnect: (_session, done) => {
      connections++
      done()
    },
    onAuth: ({ username, password }, _session, done) =>
      auth !== undefined && username === auth.user && password === auth.pass
        ? done(null, { user: username })
        : done(replied(535)),
    onMailFrom: ({ address }, _session, done) => done(refusal(faults.mail?.(address))),
    onRcptTo: ({ address }, _session, done) => done(refusal(faults.rcpt?.(address))),
    onData: (stream, session, done) => {
      const { mailFrom, rcptTo } = session.envelope
      const from = mailFrom === false ? '' : mailFrom.address
      const to = rcptTo.map(({ address }) => address)
      const chunks: Array<Buffer> = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const code = faults.data?.(from, to)
        if (code !== undefined) return done(replied(code))
        const raw = Buffer.concat(chunks)
        simpleParser(raw).then(
          (parsed) => {
            mails.push({ from, to, raw, parsed })
            if (session.secure) secured++
            done()
          },
          () => done(replied(451)),
        )
      })
    },
  })
  // A client that hangs up is none of the sink's business.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve())
  })
  return {
    host: '127.0.0.1',
    port: (server.server.address() as AddressInfo).port,
    mails,
    connections: () => connections,
    secured: () => secured,
    clear: () => {
      mails.length = 0
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const refusal = (code: number | undefined): Error | null => (code === undefined ? null : replied(code))

const replied = (code: number): Error => Object.assign(new Error(`answered ${code} as told`), { responseCode: code })
