export type { ConnectionOptions } from './connection.js'
export type { FileOptions } from './database-file.js'
export type { Integrity } from './integrity.js'
export * from './sqlite-store.js'
