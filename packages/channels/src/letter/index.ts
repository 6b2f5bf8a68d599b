/**
 * Invoices on paper: `LetterConfig` decodes the configuration, `letterSettings` resolves its secrets, `letterChannel` sends,
 * and `letterZones` says where the address has to stand.
 */
export { type Environment, resolveSecret, Secret, type SecretMissing } from '../secret.js'
export { letterChannel, letterZones } from './channel.js'
export { LetterConfig } from './config.js'
export type { EkopostConfig } from './ekopost/config.js'
export type { EkopostSettings } from './ekopost/settings.js'
export type { PingenConfig } from './pingen/config.js'
export type { PingenProduct, PingenSettings } from './pingen/settings.js'
export type { AddressRows } from './preflight.js'
export type { LetterSettingUnusable } from './setting-unusable.js'
export { type LetterSettings, letterSettings } from './settings.js'
export type { SftpConfig } from './sftp/config.js'
export type { LetterManifest } from './sftp/manifest.js'
export type { SftpSettings } from './sftp/settings.js'
export { type LetterZone, type LetterZones, type PlacedWord, type ZoneViolation, zoneViolations } from './zones.js'
