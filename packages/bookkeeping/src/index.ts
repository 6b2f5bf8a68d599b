export { AccountsConfig } from './sie/accounts.js'
