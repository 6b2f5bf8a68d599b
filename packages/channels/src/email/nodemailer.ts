import type DKIM from 'nodemailer/lib/dkim'
import type MailComposer from 'nodemailer/lib/mail-composer'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'

/** What is used here of the package nodemailer. */
export interface Nodemailer {
  readonly DKIM: typeof DKIM
  readonly MailComposer: typeof MailComposer
  readonly SMTPConnection: typeof SMTPConnection
}

/** `undefined` where the package is not installed: it is optional, only this channel needs it. Loaded with the first mail. */
export const loadNodemailer = async (): Promise<Nodemailer | undefined> => {
  try {
    const [dkim, composer, connection] = await Promise.all([
      import('nodemailer/lib/dkim'),
      import('nodemailer/lib/mail-composer'),
      import('nodemailer/lib/smtp-connection'),
    ])
    return { DKIM: dkim.default, MailComposer: composer.default, SMTPConnection: connection.default }
  } catch {
    return undefined
  }
}
