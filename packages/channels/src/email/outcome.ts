import type { ShipmentFailure } from '@underlag/invoicing'
import { plainCode } from '../error-code.js'

/**
 * How far the dialogue with the server had come.
 * - `connecting`: not yet ready to take a mail (name, connection, greeting, TLS, login).
 * - `envelope`: MAIL, RCPT and DATA; not a byte of the message was sent.
 * - `data`: some of the message was sent, its end was not: a server must not deliver what did not end.
 * - `ended`: the end of the message (the final dot) was sent, or may have been. From here on silence means doubt.
 */
export type Phase = 'connecting' | 'envelope' | 'data' | 'ended'

/** What nodemailer says when something fails; only these fields are looked at. */
export interface SmtpError {
  readonly code?: string | undefined
  /** The system's or OpenSSL's own code behind `code`. */
  readonly originalCode?: string | undefined
  readonly command?: string | undefined
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
}

/** What a failure means for the shipment. */
export const failureOf = (error: SmtpError, phase: Phase): ShipmentFailure => {
  const detail = explained(error, phase)
  switch (phase) {
    case 'connecting':
      // Also a login refused (535): that is a setting to be put right, and the invoice goes out once it is.
      return { _tag: 'retry', detail }
    case 'envelope':
      return { _tag: isRefusal(error) ? 'refused' : 'retry', detail }
    case 'data':
      return { _tag: isAnswer(error) && isPermanent(error.responseCode) ? 'refused' : 'retry', detail }
    case 'ended':
      // Only a whole answer to the message itself is definite; everything else may have come after the server took it.
      if (!isAnswer(error)) return { _tag: 'inDoubt', detail }
      return { _tag: isPermanent(error.responseCode) ? 'refused' : 'retry', detail }
  }
}

/** The server's own negative answer to the message. nodemailer says EMESSAGE for that alone, and not when the answer was cut off. */
const isAnswer = ({ code, command, responseCode = 0 }: SmtpError): boolean =>
  code === 'EMESSAGE' && command === 'DATA' && responseCode >= 400 && responseCode < 600

/** This mail will never be taken: its sender, its recipient or its size. */
const isRefusal = ({ code, command, responseCode }: SmtpError): boolean => {
  // nodemailer itself: larger than the server's SIZE, or an address that cannot be written into a command.
  if (responseCode === undefined) return code === 'EMESSAGE' || (code === 'EENVELOPE' && command === 'API')
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && isPermanent(responseCode)
}

/** 5yz, except what is about the session and not about the mail: bad sequence (503), and that one must log in or encrypt first (530–538). */
const isPermanent = (code: number | undefined): boolean =>
  code !== undefined && code >= 500 && code < 600 && code !== 503 && !(code >= 530 && code <= 538)

const PHASES: Readonly<Record<Phase, string>> = {
  connecting: 'before the mail was offered',
  envelope: 'before the message was sent',
  data: 'while the message was sent, before its end',
  ended: 'after the message was sent',
}

/**
 * In words without personal data. Servers like to repeat the address they refuse, so of their answer only the code and the
 * enhanced status (RFC 3463) are kept: `RCPT TO: 550 5.1.1`.
 */
const explained = (error: SmtpError, phase: Phase): string => {
  const reply = error.response === undefined ? undefined : replyCodes(error.response)
  const code = [error.code, error.originalCode].flatMap((name) => plainCode(name) ?? [])
  const command = /^(MAIL FROM|RCPT TO|DATA|EHLO|HELO|STARTTLS|AUTH [A-Z0-9-]+|RSET|CONN)$/.exec(
    error.command ?? '',
  )?.[1]
  if (reply === undefined) return `${causeOf(error)} ${PHASES[phase]} (${code.join(', ') || 'unknown'})`
  const at = command === undefined || command === 'CONN' ? '' : `${command}: `
  return `${at}${reply}, ${PHASES[phase]}${error.code === 'EAUTH' ? `; ${HINTS.EAUTH}` : ''}`
}

const causeOf = ({ code = '', originalCode = '' }: SmtpError): string =>
  HINTS[originalCode] ??
  HINTS[code] ??
  (/^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_)/.test(originalCode)
    ? "the server's certificate is not trusted (email.smtp.tls.ca adds one that is)"
    : 'the connection failed')

const HINTS: { readonly EAUTH: string; readonly [code: string]: string } = {
  EAUTH: 'the server did not take the login of email.smtp.auth',
  ENOAUTH: 'the server offers no login, though email.smtp.auth is set,',
  ETIMEDOUT: 'the server did not answer in time',
  ECONNREFUSED: 'nobody answers at that host and port',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the port does not speak TLS from the first byte (email.smtp.secure)',
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is on another name (email.smtp.tls.servername)",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  EDNS: "the mail server's name was not found",
  ETLS: 'TLS could not be set up',
  EABORT: 'the attempt was stopped',
  EBUSY: 'no connection was free',
  ECLOSED: 'the channel was closed',
  EMESSAGE: 'the message is larger than the server takes,',
  EEARLY: 'the server answered too soon,',
}

/** `550 5.1.1` of `550 5.1.1 <anna@…>: no such user`. */
export const replyCodes = (response: string): string => {
  const [, code, status] = /^(\d{3})(?:[ -](\d\.\d{1,3}\.\d{1,3})\b)?/.exec(response) ?? []
  return code === undefined ? 'an answer that is no SMTP' : status === undefined ? code : `${code} ${status}`
}
