import { createPrivateKey } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { type ChannelSettings, channelSettings } from '../channel-config.js'
import { type Environment, resolveSecret, type SecretMissing } from '../secret.js'
import type { EmailConfig } from './config.js'
import type { Disclosure } from './disclosure.js'
import { parseSender, type Sender } from './sender.js'

/** Where and how the mail server is reached, secrets resolved. */
export interface SmtpSettings {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly requireTls: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
  readonly tls?: { readonly ca?: string; readonly servername?: string }
  readonly maxConnections: number
}

/** What the channel runs on: every default filled in, every secret resolved. Made by `emailSettings`. */
export interface EmailSettings extends ChannelSettings {
  readonly smtp: SmtpSettings
  readonly from: Sender
  readonly disclosure: Disclosure
  readonly attachUbl: boolean
  readonly portalUrl?: string
  readonly dkim?: { readonly domainName: string; readonly keySelector: string; readonly privateKey: string }
}

/** A setting that has the right shape and yet cannot be used. Shows no secret. */
export interface EmailSettingUnusable {
  readonly _tag: 'EmailSettingUnusable'
  readonly field: string
  readonly detail: string
}

/** Ten hours at least, twenty at most: long enough for a mail server's bad night, short enough to be seen before the due date. */
const RETRY = { attempts: 13, firstDelayMs: 30_000, maxDelayMs: 6 * 60 * 60_000 }
const TIMEOUT_MS = 60_000
/**
 * As many as Microsoft 365 and others allow one sender at once. How many mails a minute a server takes differs from one to the next
 * (Microsoft 365: thirty), so no limit is set here.
 */
const MAX_CONNECTIONS = 3
/** RFC 8314: whoever is spoken to in plain text here says nothing. */
const IMPLICIT_TLS_PORT = 465

/** The settings of a decoded configuration; `env` is where secrets are looked up. */
export const emailSettings =
  (env: Environment) =>
  (config: EmailConfig): E.Either<SecretMissing | EmailSettingUnusable, EmailSettings> => {
    const { smtp, maxConnections = MAX_CONNECTIONS } = config
    const common = channelSettings(config, { retry: RETRY, timeoutMs: TIMEOUT_MS, rate: { atOnce: maxConnections } })
    const secret = resolveSecret(env)
    const from = parseSender(config.from)
    if (from === undefined) return unusable('email.from', 'is no e-mail address')

    const user = smtp.auth && secret('email.smtp.auth.user', smtp.auth.user)
    if (user && E.isLeft(user)) return user
    const pass = smtp.auth && secret('email.smtp.auth.pass', smtp.auth.pass)
    if (pass && E.isLeft(pass)) return pass
    const privateKey = config.dkim && secret('email.dkim.privateKey', config.dkim.privateKey)
    if (privateKey && E.isLeft(privateKey)) return privateKey
    // nodemailer sends the mail unsigned when the key cannot be used, so this is the last place where anybody would notice.
    if (privateKey && !isRsaKey(privateKey.right))
      return unusable('email.dkim.privateKey', 'is no RSA private key in PEM')

    return E.right({
      smtp: {
        host: smtp.host,
        port: smtp.port,
        secure: smtp.secure ?? smtp.port === IMPLICIT_TLS_PORT,
        requireTls: smtp.requireTls ?? !isLoopback(smtp.host),
        maxConnections,
        ...(user && pass ? { auth: { user: user.right, pass: pass.right } } : {}),
        ...(smtp.tls === undefined ? {} : { tls: smtp.tls }),
      },
      from,
      disclosure: config.disclosure ?? 'neutral',
      attachUbl: config.attachUbl ?? false,
      ...common,
      // More would wait for a connection, and the time of their attempts with them.
      rate: { ...common.rate, atOnce: Math.min(common.rate.atOnce, maxConnections) },
      ...(config.portalUrl === undefined ? {} : { portalUrl: config.portalUrl }),
      ...(config.dkim && privateKey
        ? {
            dkim: {
              domainName: config.dkim.domainName,
              keySelector: config.dkim.keySelector,
              privateKey: privateKey.right,
            },
          }
        : {}),
    })
  }

/** This very machine: nothing crosses a network. */
export const isLoopback = (host: string): boolean => /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i.test(host)

const isRsaKey = (pem: string): boolean => {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

const unusable = (field: string, what: string): E.Either<EmailSettingUnusable, never> =>
  E.left({ _tag: 'EmailSettingUnusable', field, detail: `${field} ${what}` })
