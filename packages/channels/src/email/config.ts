import { record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { Bool, type ChannelConfig, channelFields, whole } from '../channel-config.js'
import { Secret } from '../secret.js'
import { Disclosure } from './disclosure.js'
import { SenderText } from './sender.js'

/** The section `email` of the configuration file, as a person writes it. */
export interface EmailConfig extends ChannelConfig {
  readonly smtp: {
    readonly host: string
    readonly port: number
    /** TLS from the first byte (port 465, where it is the default). Otherwise STARTTLS (port 587 or 25). */
    readonly secure?: boolean
    /**
     * Whether a connection without TLS is given up. Default: yes, except to this very machine (loopback): an invoice is
     * personal data. `false` takes STARTTLS where it is offered, and plain text otherwise.
     */
    readonly requireTls?: boolean
    readonly auth?: { readonly user: Secret; readonly pass: Secret }
    /** Certificates (PEM) to trust beside those of Node, for a relay of one's own, and the name the certificate is on. */
    readonly tls?: { readonly ca?: string; readonly servername?: string }
  }
  /** `faktura@klinik.se` or `Kliniken <faktura@klinik.se>`; without a name, the seller's is shown. */
  readonly from: string
  readonly disclosure?: Disclosure
  /** Whether the invoice is attached as UBL too, where it can be written as that; with disclosure `notice` nothing is. Default false. */
  readonly attachUbl?: boolean
  /** Where the client logs in; shown in mails of disclosure `notice`. */
  readonly portalUrl?: string
  readonly dkim?: { readonly domainName: string; readonly keySelector: string; readonly privateKey: Secret }
  /** Connections held open to the server at most. Default 3. */
  readonly maxConnections?: number
}

const Host = text('the name or the address of a mail server', /^[A-Za-z0-9._:-]{1,253}$/)
const DomainName = text('a domain name, such as klinik.se', /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/)
const isHttps = (value: string): boolean => URL.canParse(value) && new URL(value).protocol === 'https:'

/** Strict: an unknown field is a problem, and no problem shows a secret. */
export const EmailConfig: t.Type<EmailConfig, unknown, unknown> = record(
  {
    smtp: record(
      { host: Host, port: whole('a port number', 1, 65_535) },
      {
        secure: Bool,
        requireTls: Bool,
        auth: record({ user: Secret, pass: Secret }),
        tls: record({}, { ca: text('a certificate in PEM', /-----BEGIN CERTIFICATE-----/), servername: Host }),
      },
    ),
    from: SenderText,
  },
  {
    disclosure: Disclosure,
    attachUbl: Bool,
    portalUrl: text('an address that begins with https://', /^https:\/\/[^\s<>"]{1,500}$/, isHttps),
    dkim: record({
      domainName: DomainName,
      keySelector: text('a DKIM selector', /^[A-Za-z0-9._-]{1,63}$/),
      privateKey: Secret,
    }),
    ...channelFields,
    maxConnections: whole('a whole number from 1 to 20', 1, 20),
  },
)
