export * from './suite.js'
