/** Invoices by e-mail: `EmailConfig` decodes the configuration, `emailSettings` resolves its secrets, `emailChannel` sends. */
export { type Environment, resolveSecret, Secret, type SecretMissing } from '../secret.js'
export { emailChannel } from './channel.js'
export { EmailConfig } from './config.js'
export { Disclosure } from './disclosure.js'
export { messageIdOf } from './message.js'
export type { Sender } from './sender.js'
export { type EmailSettings, type EmailSettingUnusable, emailSettings, type SmtpSettings } from './settings.js'
export { type MailTexts, mailTexts } from './texts.js'
