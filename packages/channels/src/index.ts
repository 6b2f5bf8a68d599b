/** What the channels share. Each channel is a subpath of its own (`@underlag/channels/email`), with dependencies of its own. */
export { type Environment, resolveSecret, Secret, type SecretMissing } from './secret.js'
export { type MakeUbl, type NoUbl, type UblNotNow, ublNotNow } from './ubl.js'
