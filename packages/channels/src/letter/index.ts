/** Invoices on paper: `LetterConfig` decodes the configuration, `letterSettings` resolves its secrets, `letterChannel` sends. */
export { type Environment, resolveSecret, Secret, type SecretMissing } from '../secret.js'
export { letterChannel } from './channel.js'
export { LetterConfig } from './config.js'
export type { PingenConfig } from './pingen/config.js'
export type { PingenProduct, PingenSettings } from './pingen/settings.js'
export { type LetterSettings, letterSettings } from './settings.js'
