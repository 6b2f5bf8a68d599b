export * from './proxy.js'
export * from './test-server.js'
