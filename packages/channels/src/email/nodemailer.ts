import * as E from 'fp-ts/lib/Either.js'
import type DKIM from 'nodemailer/lib/dkim'
import type MailComposer from 'nodemailer/lib/mail-composer'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { notLoaded } from '../optional-package.js'

/** What is used here of the package nodemailer. */
export interface Nodemailer {
  readonly DKIM: typeof DKIM
  readonly MailComposer: typeof MailComposer
  readonly SMTPConnection: typeof SMTPConnection
}

/** The package is optional, only this channel needs it: loaded with the first mail. Left: why it is not there, in words. */
export const loadNodemailer = async (): Promise<E.Either<string, Nodemailer>> => {
  try {
    const [dkim, composer, connection] = await Promise.all([
      import('nodemailer/lib/dkim'),
      import('nodemailer/lib/mail-composer'),
      import('nodemailer/lib/smtp-connection'),
    ])
    return E.right({
      DKIM: dkim.default,
      MailComposer: composer.default,
      SMTPConnection: connection.default,
    })
  } catch (error) {
    return E.left(notLoaded('nodemailer', error))
  }
}
