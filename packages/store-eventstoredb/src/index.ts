export * from './eventstoredb-store.js'
