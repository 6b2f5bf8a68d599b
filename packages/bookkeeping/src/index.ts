export { otherReference } from './payments/incoming.js'
export { AccountsConfig } from './sie/accounts.js'
